//! The one path of change: a command goes in, is decided and folded inside the writer's transaction, and what was
//! committed comes out on the feed. There is no second way to change a status.
//!
//! ```text
//!  submit / command ─▶ queue (bounded) ─▶ writer thread: transact ─▶ COMMIT ─┬─▶ answer
//!  runner's reports ─▶                                                      ├─▶ feed (bounded; a slow reader lags)
//!  timers, disk, retention ─▶                                               └─▶ runner: start, cancel, clean up
//! ```
//!
//! - An answer means: it is on disk.
//! - Effects after the commit are hints. Losing one (a crash) costs time, never correctness: the rows say what runs.
//! - Stages are leased in the transaction that frees their slots or makes them ready, so there is no gap to poll in.

pub mod boxes;
pub mod feed;
mod handle;
pub mod insight;
mod live;
mod op;
mod pending;
pub mod ports;
mod record;
mod shared;
mod slots;
mod transact;
mod watching;

#[cfg(test)]
mod tests;

pub use handle::{BoxFacts, Engine, Node};
pub use live::Shown;
pub use op::Notice;

use crate::domain::{Refusal, Workflow};
use std::sync::Arc;

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
    /// No such box.
    #[error("no box `{0}`")]
    NoBox(String),
    /// The daemon stops.
    #[error("the daemon is stopping")]
    Stopping,
    /// The database failed.
    #[error("the database failed: {0}")]
    Store(String),
}
