//! The one path of change: a command goes in, is decided and folded inside the writer's transaction, and what was
//! committed comes out on the feed. There is no second way to change a status.

pub mod feed;
pub mod ports;

use crate::domain::{Command, Refusal, Submit, Timestamp, Workflow};
use feed::Message;
use ports::AttemptKey;
use std::sync::Arc;
use tokio::sync::broadcast;

/// The answer to a command, given after its commit is on disk.
#[derive(Debug, Clone)]
pub struct Ack {
    /// The number of the last event this led to (or the current one when nothing changed).
    pub seq: u64,
    /// The workflow afterwards. After a delete: as it last was.
    pub workflow: Arc<Workflow>,
    /// Nothing changed: it was already so.
    pub already: bool,
}

/// Why a command was not taken. Nothing changed.
#[derive(Debug, Clone, thiserror::Error)]
pub enum EngineError {
    /// By the state machine.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// A member of a batch was refused: none was taken.
    #[error("workflow {index} of the batch: {refusal}")]
    BatchRefused {
        /// Which, from 0.
        index: usize,
        /// Why.
        refusal: Refusal,
    },
    /// The disk is full.
    #[error("the disk that holds the database is full; free some space and try again")]
    DiskFull,
    /// The daemon stops.
    #[error("the daemon is stopping")]
    Stopping,
    /// The database failed.
    #[error("the database failed: {0}")]
    Store(String),
}

/// A handle on the engine; clones share it.
#[derive(Clone)]
pub struct Engine {
    _private: Arc<()>,
}

#[allow(unused_variables, clippy::unimplemented, clippy::unused_async)]
impl Engine {
    /// Makes a workflow.
    ///
    /// # Errors
    /// Refused (`IdTaken`), disk full, stopping, store.
    pub async fn submit(&self, submit: Submit) -> Result<Ack, EngineError> {
        unimplemented!()
    }
    /// Makes all of them or none.
    ///
    /// # Errors
    /// As `submit`; `BatchRefused` names the member.
    pub async fn submit_batch(&self, submits: Vec<Submit>) -> Result<Vec<Ack>, EngineError> {
        unimplemented!()
    }
    /// Asks something of a workflow.
    ///
    /// # Errors
    /// Refused, disk full, stopping, store.
    pub async fn command(&self, id: &str, command: Command) -> Result<Ack, EngineError> {
        unimplemented!()
    }
    /// A running attempt's progress: shown at once to watchers, at most ten a second for a workflow; each full tenth is made durable.
    pub fn progress(&self, key: &AttemptKey, progress: f64, message: Option<String>) {
        unimplemented!()
    }
    /// An attempt's log has grown: watchers are told.
    pub fn log_grew(&self, key: &AttemptKey) {
        unimplemented!()
    }
    /// All that is committed or ticks from now on.
    #[must_use]
    pub fn subscribe(&self) -> broadcast::Receiver<Message> {
        unimplemented!()
    }
    /// The clock that the engine was given.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        unimplemented!()
    }
}
