//! Writing events into the numbered log: each is handed to the outbox within its transaction, and to everyone after it.

use super::Transactor;
use crate::domain::event::Event;
use crate::domain::{Timestamp, Workflow};
use crate::engine::ports::Written;
use crate::engine::record;
use crate::store::{StoreError, events};
use rusqlite::Connection;
use std::sync::Arc;

impl Transactor {
    /// Numbers what happened to a workflow, in order.
    pub(super) fn append(
        &mut self,
        connection: &Connection,
        workflow: &Arc<Workflow>,
        log: Vec<(&Event, String, String)>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        for (event, data, state) in log {
            self.seq += 1;
            let kind = record::kind(event);
            events::append(
                connection,
                &events::NewEvent {
                    seq: self.seq,
                    at: now,
                    workflow: Some(&workflow.id),
                    user: Some(&workflow.user),
                    kind,
                    state: Some(&state),
                    data: &data,
                },
            )?;
            let after = (!matches!(event, Event::Deleted { .. })).then_some(workflow);
            self.hand_out(connection, kind, &data, now, after.map(Arc::as_ref))?;
            self.pending
                .publish(self.seq, now, kind, data, &workflow.id, after);
        }
        Ok(())
    }

    /// An event that is about no workflow: a box, the disk.
    pub(super) fn notice(
        &mut self,
        connection: &Connection,
        kind: &'static str,
        data: &serde_json::Value,
    ) -> Result<(), StoreError> {
        self.seq += 1;
        let now = self.shared.clock.now();
        let data = data.to_string();
        events::append(
            connection,
            &events::NewEvent {
                seq: self.seq,
                at: now,
                workflow: None,
                user: None,
                kind,
                state: None,
                data: &data,
            },
        )?;
        self.hand_out(connection, kind, &data, now, None)?;
        self.pending.publish_notice(self.seq, now, kind, data);
        Ok(())
    }

    fn hand_out(
        &mut self,
        connection: &Connection,
        kind: &'static str,
        data: &str,
        at: Timestamp,
        workflow: Option<&Workflow>,
    ) -> Result<(), StoreError> {
        let event = Written {
            seq: self.seq,
            at,
            kind,
            data,
            workflow,
        };
        self.outbox
            .as_mut()
            .map_or(Ok(()), |outbox| outbox.written(connection, event))
    }
}
