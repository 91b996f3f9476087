//! What one transaction has gathered, to be let out only after its commit.

use super::feed::Committed;
use super::ports::{AttemptKey, Order};
use crate::domain::{Timestamp, Workflow};
use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

/// Dropped whole when the transaction is abandoned.
#[derive(Default)]
pub(super) struct Pending {
    pub events: Vec<Committed>,
    /// What each workflow has become; none: deleted.
    pub touched: HashMap<String, Option<Arc<Workflow>>>,
    pub orders: Vec<Order>,
    pub adopted: Vec<Order>,
    /// The runner is told of `adopted`, however few they are.
    pub adopting: bool,
    pub cancels: Vec<AttemptKey>,
    /// Whose files may go, and whether their logs too.
    pub cleanups: Vec<(Arc<Workflow>, bool)>,
    /// Pipeline, stage, milliseconds of stages that completed.
    pub runs: Vec<(String, String, u64)>,
    /// Stage and class of attempts that failed.
    pub failures: Vec<(String, &'static str)>,
    /// How many workflows ended.
    pub ended: u64,
    /// Something's due time changed.
    pub due_moved: bool,
    /// The earliest of them afterwards, where it may have changed.
    pub next_due: Option<Option<Timestamp>>,
}

impl Pending {
    pub fn publish(
        &mut self,
        seq: u64,
        at: Timestamp,
        kind: &'static str,
        data: String,
        id: &str,
        workflow: Option<&Arc<Workflow>>,
    ) {
        self.events.push(Committed {
            seq,
            at,
            workflow_id: Some(id.to_owned()),
            kind,
            data,
            workflow: workflow.cloned(),
            frame: OnceLock::new(),
        });
    }

    pub fn publish_notice(&mut self, seq: u64, at: Timestamp, kind: &'static str, data: String) {
        self.events.push(Committed {
            seq,
            at,
            workflow_id: None,
            kind,
            data,
            workflow: None,
            frame: OnceLock::new(),
        });
    }
}
