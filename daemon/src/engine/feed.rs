//! The feed: what was committed, and the lossy ticks between commits, to everyone who watches.
//!
//! - A `Committed` is published only after its transaction is on disk, in the order of its numbers.
//! - The channel is bounded. A reader that falls behind is told so (`RecvError::Lagged`) and starts again from a snapshot.

use crate::domain::{Timestamp, Workflow};
use std::sync::{Arc, OnceLock};

/// How many messages a slow reader may be behind before it is told that it lagged.
pub const CAPACITY: usize = 4096;

/// One message of the feed.
#[derive(Debug, Clone)]
pub enum Message {
    /// Durable: has a number.
    Event(Arc<Committed>),
    /// Lossy: at most ten a second for a workflow.
    Progress(Arc<ProgressTick>),
    /// An attempt's log has grown.
    Log(LogGrew),
}

/// A committed event.
#[derive(Debug)]
pub struct Committed {
    /// Without a gap over the daemon's whole life.
    pub seq: u64,
    /// When it was committed.
    pub at: Timestamp,
    /// None for endpoint, box, disk and schedule events.
    pub workflow_id: Option<String>,
    /// `workflow.created`, `stage.started`…
    pub kind: &'static str,
    /// JSON object text.
    pub data: String,
    /// The workflow after the transaction (none when it was deleted, or the event has none).
    pub workflow: Option<Arc<Workflow>>,
    /// The encoded WebSocket frame: made once by whoever needs it first, shared by all.
    pub frame: OnceLock<Arc<str>>,
}

/// A progress report between commits.
#[derive(Debug)]
pub struct ProgressTick {
    /// Whose.
    pub workflow_id: String,
    /// It, as last committed.
    pub workflow: Arc<Workflow>,
    /// The stage's id.
    pub stage: String,
    /// The stage's, 0–100.
    pub progress: f64,
    /// The workflow's, 0–100.
    pub workflow_progress: f64,
    /// In words.
    pub message: Option<String>,
    /// The encoded frame, as above.
    pub frame: OnceLock<Arc<str>>,
}

/// A hint that an attempt's log has more to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogGrew {
    /// Whose.
    pub workflow_id: Arc<str>,
    /// Index of the stage.
    pub stage: usize,
    /// Which attempt.
    pub attempt: u32,
}
