//! After the commit, or after its failure: what the world is told, and what is tried again.

use super::Transactor;
use crate::domain::Workflow;
use crate::engine::EngineError;
use crate::engine::feed::Message;
use crate::engine::op::Op;
use crate::engine::shared::BoxesNow;
use crate::store::StoreError;
use std::sync::Arc;
use std::time::Duration;

/// Workflows kept parsed between transactions.
const CACHE: usize = 4096;
/// A disk that failed gives no signal when it no longer does: it is asked again after this.
const PAUSE: Duration = Duration::from_millis(250);
/// Word of an attempt that the database refuses for another reason than a full disk is given up after so many tries.
const TRIES: u32 = 20;

impl Transactor {
    /// Publishes and starts what was committed; answers what is left to clean up.
    pub(super) fn settle(&mut self) -> Vec<(Arc<Workflow>, bool)> {
        let pending = std::mem::take(&mut self.pending);
        super::count::all(&pending);
        if self.cache.len() + pending.touched.len() > CACHE {
            self.cache
                .retain(|_, workflow| workflow.completed_at.is_none());
            if self.cache.len() > CACHE / 2 {
                self.cache.clear();
            }
        }
        for (id, workflow) in pending.touched {
            match workflow {
                Some(workflow) => {
                    self.plans.remember(&workflow.plan);
                    self.shared.live.committed(&workflow);
                    if workflow.completed_at.is_some() {
                        self.cache.remove(&id);
                    } else {
                        self.cache.insert(id, workflow);
                    }
                }
                None => {
                    self.cache.remove(&id);
                }
            }
        }
        self.shared
            .committed(self.seq, pending.ended, &pending.runs);
        if let Some(runner) = self.shared.runner.get() {
            if pending.adopting {
                // What was leased before this start reports at once, and not only after its next commit.
                for order in &pending.adopted {
                    self.shared.live.committed(&order.workflow);
                }
                runner.adopt(pending.adopted);
            }
            if !pending.orders.is_empty() {
                runner.start(pending.orders);
            }
            for key in pending.cancels {
                runner.cancel(key);
            }
        }
        if let Some(outbox) = self.outbox.as_mut().filter(|_| !pending.events.is_empty()) {
            outbox.committed();
        }
        for event in pending.events {
            // No receiver is no error: nobody watches.
            let _ = self.shared.feed.send(Message::Event(Arc::new(event)));
        }
        if let Some(next) = pending.next_due {
            self.shared.due.send_if_modified(|due| {
                let moved = *due != next;
                *due = next;
                moved
            });
        }
        self.shared.set_boxes(BoxesNow {
            boxes: self.boxes.clone(),
            open: self.open(),
            disk: self.full || self.disk_low,
            window: self.window,
        });
        pending.cleanups
    }

    /// Removes what ended or deleted workflows leave.
    pub(super) fn clean_up(&self, cleanups: Vec<(Arc<Workflow>, bool)>) {
        if let Some(runner) = self.shared.runner.get() {
            for (workflow, logs) in cleanups {
                runner.clean_up(workflow, logs);
            }
        }
    }

    /// Nothing of the transaction happened: what was read or counted in it is forgotten.
    pub(super) fn forget_all(&mut self) {
        if let Some(outbox) = &mut self.outbox {
            outbox.forget();
        }
        self.cache.clear();
        self.stale = true;
        self.stopped = false;
    }

    /// Nothing of the transaction happened: who is refused, and what is tried again.
    ///
    /// Word of an attempt is not refused, for nobody would ever say it again: it is tried until it is stored, a few times
    /// where the fault is not the disk's.
    pub(super) fn abandon(&mut self, ops: Vec<Op>, error: &StoreError) -> Vec<Op> {
        self.forget_all();
        tracing::error!(
            component = "STORE",
            "a transaction of {} operations failed: {error}",
            ops.len()
        );
        if matches!(error, StoreError::Corrupt(_)) {
            self.stopped = true;
            self.shared.fatal(&error.to_string());
        }
        let full = matches!(error, StoreError::Full);
        let had_ballast = full && self.ballast.release();
        self.full |= full;
        let mut again = Vec::new();
        for mut op in ops {
            op.tries += 1;
            let keep = if full {
                !op.makes_work()
            } else {
                !self.stopped && !op.is_awaited() && op.tries < TRIES
            };
            if keep {
                again.push(op);
            } else {
                op.tell(Err(if full {
                    EngineError::DiskFull
                } else {
                    EngineError::Store(error.to_string())
                }));
            }
        }
        if !had_ballast && !again.is_empty() {
            std::thread::sleep(PAUSE);
        }
        again
    }
}
