//! Handing slots to what is ready, finding again what ran before, and looking at the clock.

use super::Transactor;
use crate::domain::pick::pick;
use crate::domain::workflow::{StageState, State};
use crate::domain::{Command, Timestamp, Workflow};
use crate::engine::ports::Order;
use crate::store::{StoreError, queue, rows};
use rusqlite::Connection;
use std::sync::Arc;

/// How many of each kind the scheduler looks at in one transaction.
const DEPTH: u32 = 128;
/// Due workflows handled in one transaction; the rest follow at once.
const DUE: u32 = 256;

impl Transactor {
    pub(in crate::engine) fn open(&self) -> bool {
        self.adopted && !self.full && !self.disk_low && self.window.is_none() && !self.stopped
    }

    /// Hands free slots to what is ready.
    pub(super) fn pick(&mut self, connection: &Connection) -> Result<(), StoreError> {
        if !self.open() {
            return Ok(());
        }
        let now = self.shared.clock.now();
        let mut slots: Vec<_> = self
            .boxes
            .iter()
            .map(|state| state.slots_ahead(true, now))
            .collect();
        let spare = slots.iter().any(|slot| {
            slot.accepting
                && slot
                    .capacity
                    .iter()
                    .any(|(name, total)| slot.used.get(name).copied().unwrap_or(0) < *total)
        });
        if !spare {
            return Ok(());
        }
        let candidates = queue::candidates(connection, DEPTH)?;
        for picked in pick(&candidates, &mut slots) {
            let candidate = &candidates[picked.candidate];
            let command = Command::Lease {
                stage: candidate.stage,
                box_name: slots[picked.on].name.clone(),
            };
            match self.command(connection, &candidate.workflow, &command, now) {
                Ok(Ok(ack)) => self.order(&ack.workflow, candidate.stage),
                Ok(Err(refusal)) => {
                    tracing::error!(component = "QUEUE_MANAGER", videoId = %candidate.workflow, "a ready stage was not leased: {refusal}");
                }
                Err(StoreError::Decode { what, problem }) => {
                    tracing::error!(component = "QUEUE_MANAGER", videoId = %candidate.workflow, "{what} can't be read and is passed over: {problem}");
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    fn order(&mut self, workflow: &Arc<Workflow>, stage: usize) {
        if let StageState::InProgress(lease) = &workflow.stages[stage].state {
            self.pending.orders.push(Order {
                workflow: Arc::clone(workflow),
                stage,
                attempt: lease.attempt,
                ordinal: lease.ordinal,
            });
        }
    }

    pub(super) fn adopt(&mut self, connection: &Connection) -> Result<(), StoreError> {
        self.adopted = true;
        self.pending.due_moved = true;
        self.pending.adopting = true;
        for lease in queue::leases(connection)? {
            let workflow = match self.load(connection, &lease.holds.workflow) {
                Ok(Some(workflow)) => workflow,
                Ok(None) => continue,
                // One unreadable row must not keep the others from being found again.
                Err(StoreError::Decode { what, problem }) => {
                    tracing::error!(component = "QUEUE_MANAGER", videoId = %lease.holds.workflow, "{what} can't be read and is passed over: {problem}");
                    continue;
                }
                Err(error) => return Err(error),
            };
            let stage = lease.holds.stage;
            if let StageState::InProgress(lease) = &workflow.stages[stage].state {
                let order = Order {
                    attempt: lease.attempt,
                    ordinal: lease.ordinal,
                    stage,
                    workflow: Arc::clone(&workflow),
                };
                if matches!(workflow.state, State::Cancelling { .. } | State::Failing(_)) {
                    self.pending.cancels.push(order.key());
                }
                self.pending.adopted.push(order);
            }
        }
        Ok(())
    }

    pub(super) fn due(
        &mut self,
        connection: &Connection,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let ids = rows::due(connection, now, DUE)?;
        let more = ids.len() == DUE as usize;
        self.pending.due_moved = true;
        for id in ids {
            match self.command(connection, &id, &Command::Due, now) {
                Ok(Ok(_)) => {}
                Ok(Err(refusal)) => {
                    tracing::error!(component = "QUEUE_MANAGER", videoId = %id, "what was due was refused: {refusal}");
                }
                Err(StoreError::Decode { what, problem }) => {
                    tracing::error!(component = "QUEUE_MANAGER", videoId = %id, "{what} can't be read and is passed over: {problem}");
                }
                Err(error) => return Err(error),
            }
        }
        Ok(more)
    }
}
