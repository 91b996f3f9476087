//! The writer's group: one transaction's operations applied, closed and settled.

use super::Transactor;
use crate::domain::command::Outcome;
use crate::domain::{Command, Refusal};
use crate::engine::op::{Ask, Op};
use crate::engine::pending::Pending;
use crate::engine::ports::AttemptKey;
use crate::engine::slots::BoxState;
use crate::engine::{Ack, EngineError};
use crate::store::writer::Group;
use crate::store::{StoreError, rows};
use rusqlite::Connection;
use std::sync::PoisonError;

impl Group for Transactor {
    type Op = Op;

    fn begin(&mut self) {
        self.pending = Pending::default();
    }

    fn apply(&mut self, connection: &Connection, op: &mut Op) -> Result<(), StoreError> {
        if self.stale {
            self.reload(connection)?;
        }
        if self.full && op.makes_work() {
            op.answer = Some(Err(EngineError::DiskFull));
            return Ok(());
        }
        let now = self.shared.clock.now();
        let one = |taken: Result<Ack, Refusal>| {
            Some(taken.map(|ack| vec![ack]).map_err(EngineError::Refused))
        };
        match &mut op.ask {
            Ask::Submit(submit) => op.answer = one(self.submit(connection, submit, now)?),
            Ask::Batch(submits) => op.answer = Some(self.batch(connection, submits, now)?),
            Ask::Command {
                id,
                command,
                beside,
            } => {
                let taken = self.command(connection, id, command, now)?;
                if let (Ok(ack), Some(beside)) = (&taken, beside) {
                    beside(connection, ack)?;
                }
                op.answer = one(taken);
            }
            Ask::Attempt { key, command } => {
                let taken = self.command(connection, &key.workflow, command, now)?;
                if let (Err(refusal), Command::Ended { outcome, .. }) = (&taken, &*command) {
                    late(key, outcome, refusal);
                }
            }
            Ask::Due => op.count = u64::from(self.due(connection, now)?),
            Ask::Pick => {}
            Ask::Adopt => self.adopt(connection)?,
            Ask::Drain { box_name, on } => {
                let known = self.drain(connection, box_name, *on)?;
                op.count = u64::from(known);
            }
            Ask::Hold { disk_low, window } => self.hold(connection, *disk_low, *window)?,
            Ask::Retain {
                keep,
                max_age_ms,
                limit,
            } => {
                op.count = self.retain(connection, *keep, *max_age_ms, *limit)?;
            }
            Ask::Box(word) => self.box_word(connection, word, now)?,
            Ask::Fold { fold, refused } => {
                let told = self.fold(connection, fold, now)?;
                *refused.lock().unwrap_or_else(PoisonError::into_inner) = told;
            }
            Ask::Write(write) => {
                for told in write(connection)? {
                    self.notice(connection, told.kind, &told.data)?;
                }
            }
            Ask::Stop => self.stopped = true,
        }
        Ok(())
    }

    fn close(&mut self, connection: &Connection) -> Result<(), StoreError> {
        self.pick(connection)?;
        if self.pending.due_moved {
            self.pending.next_due = Some(rows::next_due(connection)?);
        }
        Ok(())
    }

    fn committed(&mut self, ops: Vec<Op>) {
        let cleanups = self.settle();
        for op in ops {
            op.tell(Ok(()));
        }
        // Before the next transaction, so that a workflow of the same id finds nothing; after the answers, which don't wait for it.
        self.clean_up(cleanups);
    }

    fn failed(&mut self, ops: Vec<Op>, error: &StoreError) -> Vec<Op> {
        self.abandon(ops, error)
    }

    fn forget(&mut self) {
        self.forget_all();
    }

    fn may_linger(&self, ops: &[Op]) -> bool {
        self.boxes.iter().any(BoxState::is_ahead) && !ops.iter().any(Op::is_awaited)
    }

    fn stopped(&self) -> bool {
        self.stopped
    }
}

/// A late word of an attempt that is over: told in the log, never applied.
fn late(key: &AttemptKey, outcome: &Outcome, refusal: &Refusal) {
    tracing::warn!(
        component = "QUEUE_MANAGER", videoId = %key.workflow, attempt = key.attempt,
        "a late result changes nothing ({refusal}): {outcome:?}"
    );
}
