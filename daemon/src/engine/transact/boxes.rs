//! Other boxes inside the transaction: who joins, who is silent or lost, and what they wrote.

use super::Transactor;
use crate::domain::{Command, Outcome, Timestamp};
use crate::engine::boxes::{BoxOffer, BoxWord, Fold, Presence};
use crate::engine::ports::AttemptKey;
use crate::engine::slots::BoxState;
use crate::store::boxes::BoxRow;
use crate::store::{StoreError, boxes, queue, schedules};
use rusqlite::Connection;
use serde_json::json;

impl Transactor {
    /// The boxes of an earlier life: silent until they are heard of, so that what they hold is neither lost nor given away.
    pub(super) fn know_boxes(&mut self, connection: &Connection) -> Result<(), StoreError> {
        for row in boxes::all(connection)? {
            if self.boxes.iter().any(|state| state.name == row.name) {
                continue;
            }
            let presence = match (row.lost_at, row.has_left) {
                (_, true) => Presence::Left,
                (Some(_), false) => Presence::Lost,
                (None, false) => Presence::Silent,
            };
            let offer = BoxOffer {
                name: row.name,
                resources: row.resources,
                labels: row.labels,
                version: row.version,
                rests: None,
            };
            self.boxes.push(BoxState::new(offer, presence));
        }
        Ok(())
    }

    pub(super) fn box_word(
        &mut self,
        connection: &Connection,
        word: &BoxWord,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        match word {
            BoxWord::Here(offer) => self.box_here(connection, offer, now),
            BoxWord::Silent(name) => {
                let state = self.boxes.iter_mut().find(|state| state.name == *name);
                match state.filter(|state| state.presence == Presence::Here) {
                    Some(state) => {
                        state.presence = Presence::Silent;
                        self.notice(connection, "box.silent", &json!({ "box": name }))
                    }
                    None => Ok(()),
                }
            }
            BoxWord::Lost(name) => self.box_lost(connection, name, now),
            BoxWord::Left(name) => self.box_left(connection, name),
        }
    }

    fn box_here(
        &mut self,
        connection: &Connection,
        offer: &BoxOffer,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let row = BoxRow {
            name: offer.name.clone(),
            resources: offer.resources.clone(),
            labels: offer.labels.clone(),
            version: offer.version.clone(),
            lost_at: None,
            has_left: false,
        };
        let Some(state) = self.boxes.iter_mut().find(|state| state.name == offer.name) else {
            boxes::heard(connection, &row, now)?;
            let mut state = BoxState::new(offer.clone(), Presence::Here);
            state.drained = schedules::drained(connection)?.contains(&offer.name);
            self.boxes.push(state);
            return self.notice(
                connection,
                "box.joined",
                &json!({"box": offer.name, "resources": offer.resources, "labels": offer.labels, "version": offer.version}),
            );
        };
        if state.home {
            // Nobody else may speak under the coordinator's own name; the transport says so where it is read.
            return Ok(());
        }
        let was = std::mem::replace(&mut state.presence, Presence::Here);
        let is_changed = state.capacity != offer.resources
            || state.labels != offer.labels
            || state.version != offer.version;
        state.rests = offer.rests;
        if is_changed || was.is_away() {
            state.capacity.clone_from(&offer.resources);
            state.labels.clone_from(&offer.labels);
            state.version.clone_from(&offer.version);
            boxes::heard(connection, &row, now)?;
        }
        match was {
            Presence::Here => Ok(()),
            Presence::Silent | Presence::Lost | Presence::Left => {
                self.notice(connection, "box.back", &json!({"box": offer.name}))
            }
        }
    }

    fn box_left(&mut self, connection: &Connection, name: &str) -> Result<(), StoreError> {
        let leases = queue::leases(connection)?;
        let state = self.boxes.iter_mut().find(|state| state.name == name);
        let Some(state) = state.filter(|state| !state.home && !state.presence.is_away()) else {
            return Ok(());
        };
        if leases.iter().any(|lease| lease.box_name == name) {
            // It holds something after all, and is waited for like any other.
            state.presence = Presence::Silent;
            return Ok(());
        }
        state.presence = Presence::Left;
        boxes::left(connection, name)?;
        self.notice(connection, "box.left", &json!({ "box": name }))
    }

    fn box_lost(
        &mut self,
        connection: &Connection,
        name: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let state = self.boxes.iter_mut().find(|state| state.name == name);
        let Some(state) = state.filter(|state| !state.home && state.presence != Presence::Lost)
        else {
            return Ok(());
        };
        state.presence = Presence::Lost;
        boxes::lost(connection, name, now)?;
        let held: Vec<_> = queue::leases(connection)?
            .into_iter()
            .filter(|lease| lease.box_name == name)
            .collect();
        let stages: Vec<_> = held
            .iter()
            .map(|lease| json!({"id": lease.holds.workflow, "stage": lease.holds.stage, "attempt": lease.attempt}))
            .collect();
        self.notice(
            connection,
            "box.lost",
            &json!({"box": name, "held": stages}),
        )?;
        for lease in held {
            let command = Command::Ended {
                stage: lease.holds.stage,
                attempt: lease.attempt,
                started_at: None,
                outcome: Outcome::Lost {
                    reason: format!("box {name} has not been heard of"),
                },
                jitter: 0.0,
            };
            if let Err(refusal) = self.command(connection, &lease.holds.workflow, &command, now)? {
                tracing::error!(component = "QUEUE_MANAGER", videoId = %lease.holds.workflow, "what a lost box held was not given back: {refusal}");
            }
        }
        Ok(())
    }

    /// Folds what a box wrote, and notes how far. What is no longer wanted is refused and told.
    pub(super) fn fold(
        &mut self,
        connection: &Connection,
        fold: &Fold,
        now: Timestamp,
    ) -> Result<Vec<AttemptKey>, StoreError> {
        let mut refused = Vec::new();
        for (key, command) in &fold.commands {
            if let Err(refusal) = self.command(connection, &key.workflow, command, now)? {
                tracing::warn!(
                    component = "QUEUE_MANAGER", videoId = %key.workflow, attempt = key.attempt, r#box = %fold.box_name,
                    "what a box says of an attempt that is not the current one changes nothing ({refusal})"
                );
                refused.push(key.clone());
            }
        }
        boxes::fold(connection, &fold.box_name, &fold.ledger, fold.upto)?;
        Ok(refused)
    }

    /// A stage of this kind ended here, well or not: a box that fails at it again and again gets none of it for a while,
    /// as long as there are others.
    pub(super) fn judge_box(
        &mut self,
        connection: &Connection,
        (box_name, kind, workflow): (&str, &str, &str),
        failed: bool,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        if self.boxes.len() < 2 {
            return Ok(());
        }
        let Some(state) = self.boxes.iter_mut().find(|state| state.name == box_name) else {
            return Ok(());
        };
        if !failed {
            state.succeeded(kind);
        } else if state.failed(kind, workflow, now) {
            return self.notice(
                connection,
                "box.blocked",
                &json!({"box": box_name, "kind": kind}),
            );
        }
        Ok(())
    }
}
