//! What keeps the house in order inside the transaction: holding back while the disk is low, drained boxes, retention.

use super::Transactor;
use crate::domain::{Command, Timestamp};
use crate::store::{StoreError, events, queue, rows, schedules};
use rusqlite::Connection;

impl Transactor {
    pub(super) fn hold(
        &mut self,
        connection: &Connection,
        disk_low: Option<bool>,
        window: Option<Option<Timestamp>>,
    ) -> Result<(), StoreError> {
        if let Some(low) = disk_low.filter(|low| *low != self.disk_low) {
            self.disk_low = low;
            let free = self.ballast.free_bytes();
            let kind = if low { "disk.low" } else { "disk.ok" };
            self.notice(connection, kind, &serde_json::json!({"freeBytes": free}))?;
        }
        if self.full && self.ballast.hold() {
            self.full = false;
            self.notice(
                connection,
                "disk.ok",
                &serde_json::json!({"freeBytes": self.ballast.free_bytes()}),
            )?;
        }
        if let Some(window) = window {
            self.window = window;
        }
        Ok(())
    }

    pub(super) fn retain(
        &mut self,
        connection: &Connection,
        keep: u64,
        max_age_ms: Option<i64>,
        limit: u32,
    ) -> Result<u64, StoreError> {
        let now = self.shared.clock.now();
        let horizon = max_age_ms.map(|age| Timestamp(now.0.saturating_sub(age)));
        let expired = rows::expired(connection, &self.plans, keep, horizon, limit)?;
        let count = expired.len() as u64;
        for workflow in expired {
            let delete = Command::Delete {
                by: "retention".into(),
            };
            if let Err(refusal) = self.command(connection, &workflow.id, &delete, now)? {
                tracing::error!(component = "STORE", videoId = %workflow.id, "retention was refused: {refusal}");
            }
        }
        Ok(count)
    }

    /// Reads the slots anew from the rows: at the start, and after a transaction that was abandoned.
    pub(super) fn reload(&mut self, connection: &Connection) -> Result<(), StoreError> {
        self.know_boxes(connection)?;
        let drained = schedules::drained(connection)?;
        for state in &mut self.boxes {
            state.used.clear();
            state.drained = drained.contains(&state.name);
        }
        for lease in queue::leases(connection)? {
            if let Some(state) = self
                .boxes
                .iter_mut()
                .find(|state| state.name == lease.box_name)
            {
                state.take(&lease.holds.wants);
            }
        }
        self.seq = events::last(connection)?;
        self.stale = false;
        Ok(())
    }

    /// A box takes no more, or takes again.
    pub(super) fn drain(
        &mut self,
        connection: &Connection,
        box_name: &str,
        on: bool,
    ) -> Result<bool, StoreError> {
        let Some(state) = self.boxes.iter_mut().find(|state| state.name == box_name) else {
            return Ok(false);
        };
        if state.drained == on {
            return Ok(true);
        }
        state.drained = on;
        schedules::set_drained(connection, box_name, on)?;
        let kind = if on { "box.drained" } else { "box.undrained" };
        self.notice(connection, kind, &serde_json::json!({"box": box_name}))?;
        Ok(true)
    }
}
