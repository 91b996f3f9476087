//! Loops that bring the house back to what it should be: each is woken by a signal and by a period, takes no input, and
//! compares what is with what should be. A pass that fails is not retried inside: the next pass is the retry. Missing a
//! signal costs a period, never correctness.
//!
//! | loop | woken by | does |
//! |---|---|---|
//! | `timers` | the earliest due time | start times, back-offs, parks, deadlines of gates |
//! | `retention` | ended workflows, each hour | forgets what is beyond the limits |
//! | `disk` | each few seconds | holds new starts while the disk is low, lets kept results give way, puts the ballast back |
//! | `storing` | each minute | stores what stayed here while the store was away, gives up parts nobody puts together |
//! | `schedules` | the next time of any schedule or window | submits, holds new starts |
//!
//! Expired leases need no loop on one box: the runner learns of every end, and the start hands it every lease again.

mod disk;
mod retention;
pub mod runs;
mod schedules;
mod storing;
mod timers;

pub use storing::{Round, Storer};

use crate::cache::Cache;
use crate::config::Config;
use crate::engine::Engine;
use crate::pipeline::Catalogue;
use std::sync::Arc;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// What every loop is given.
#[derive(Clone)]
pub struct Context {
    /// The engine.
    pub engine: Engine,
    /// What may be submitted.
    pub catalogue: Arc<Catalogue>,
    /// Stores later what could not be stored.
    pub storer: Arc<Storer>,
    /// What was made before: gives way where the disk is low.
    pub cache: Cache,
    /// The configuration that holds now.
    pub config: watch::Receiver<Arc<Config>>,
    /// Cancelled when the daemon stops.
    pub stop: CancellationToken,
}

/// Starts every loop.
pub fn start(context: &Context, tracker: &TaskTracker) {
    tracker.spawn(timers::run(context.clone()));
    tracker.spawn(retention::run(context.clone()));
    tracker.spawn(disk::run(context.clone()));
    tracker.spawn(schedules::run(context.clone()));
    tracker.spawn(storing::run(context.clone()));
}
