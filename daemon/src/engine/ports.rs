//! What outer rooms implement for the engine: the runner of stages (local and remote ones look alike from here), and the
//! outbox that turns events into deliveries.

use crate::domain::{Outcome, Timestamp, Values, Workflow};
use crate::store::StoreError;
use rusqlite::Connection;
use std::sync::Arc;

/// Names one attempt of one stage.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct AttemptKey {
    /// The workflow's id.
    pub workflow: String,
    /// The stage's index in `plan.stages`.
    pub stage: usize,
    /// The attempt's number.
    pub attempt: u32,
}

/// Run this: the workflow as it stands after the lease was committed.
#[derive(Debug, Clone)]
pub struct Order {
    /// With all parameters and the outputs of earlier stages.
    pub workflow: Arc<Workflow>,
    /// Index of the leased stage; its state is `InProgress` with the lease.
    pub stage: usize,
    /// The lease's attempt.
    pub attempt: u32,
    /// The lease's ordinal: orders the workflow's logs.
    pub ordinal: u32,
}

impl Order {
    /// The attempt's name.
    #[must_use]
    pub fn key(&self) -> AttemptKey {
        AttemptKey {
            workflow: self.workflow.id.clone(),
            stage: self.stage,
            attempt: self.attempt,
        }
    }
}

/// Runs attempts. None of these block; how an attempt ends is told by `Engine::ended`.
pub trait StageRunner: Send + Sync + 'static {
    /// Starts these attempts, in this order, each as soon as its resources are free of earlier ones.
    fn start(&self, orders: Vec<Order>);
    /// Ends an attempt's processes; the attempt then ends as `Outcome::Cancelled` once they are gone. Unknown: ignored.
    fn cancel(&self, key: AttemptKey);
    /// At boot: these attempts are leased to this box since an earlier life of the daemon. Each is found again and goes on,
    /// or its end is learned, or it is reported as `Lost` or `NotBegun`.
    fn adopt(&self, orders: Vec<Order>);
    /// A workflow was deleted or ended: its work directory and, when `logs`, its attempt logs may go.
    fn clean_up(&self, workflow: Arc<Workflow>, logs: bool);
}

/// A runner of this box: what the box's own side may ask of it besides.
pub trait OwnRunner: StageRunner {
    /// Takes back all orders that have not begun. No end is told for them: who calls answers for them.
    fn withdraw(&self) -> Vec<AttemptKey>;
}

/// An event that has just been written to the log, its transaction still open.
#[derive(Debug, Clone, Copy)]
pub struct Written<'a> {
    /// Its number.
    pub seq: u64,
    /// When.
    pub at: Timestamp,
    /// `workflow.created`…
    pub kind: &'static str,
    /// JSON object text.
    pub data: &'a str,
    /// The workflow as it is after the whole operation; none for what is about no workflow, and for a deletion.
    pub workflow: Option<&'a Workflow>,
}

/// Writes what an event causes elsewhere into the event's own transaction, so that neither is ever without the other. Called
/// by the writer for every event: it must cost next to nothing when nobody listens.
pub trait Outbox: Send + 'static {
    /// An event was written.
    ///
    /// # Errors
    /// The database's: the whole transaction is abandoned then.
    fn written(&mut self, connection: &Connection, event: Written<'_>) -> Result<(), StoreError>;
    /// The transaction is on disk.
    fn committed(&mut self);
    /// The transaction was abandoned: whatever was remembered of it never happened.
    fn forget(&mut self);
}

/// Several outboxes, told in order; one's error abandons the transaction for all.
impl Outbox for Vec<Box<dyn Outbox>> {
    fn written(&mut self, connection: &Connection, event: Written<'_>) -> Result<(), StoreError> {
        self.iter_mut()
            .try_for_each(|outbox| outbox.written(connection, event))
    }

    fn committed(&mut self) {
        self.iter_mut().for_each(|outbox| outbox.committed());
    }

    fn forget(&mut self) {
        self.iter_mut().for_each(|outbox| outbox.forget());
    }
}

/// What a runner tells the engine. `Engine` is one; tests bring their own.
pub trait Reports: Send + Sync + 'static {
    /// An attempt ended. Returns once the report is in the writer's queue (waits while that is full); what the engine took it
    /// makes durable. Called from plain threads only.
    fn ended(&self, key: AttemptKey, started_at: Option<Timestamp>, outcome: Outcome);
    /// What a running attempt gives so far. Called from plain threads only, and in order with `ended`.
    fn gave(&self, key: AttemptKey, outputs: Values);
    /// A running attempt's progress, 0–100, with words.
    fn progress(&self, key: &AttemptKey, progress: f64, message: Option<String>);
    /// An attempt's log has grown.
    fn log_grew(&self, key: &AttemptKey);
}
