//! Webhooks: events go out as signed requests, callbacks come in as signed requests.
//!
//! ```text
//!  event ─(same transaction)─▶ outbox: one delivery an endpoint ─▶ sender ─▶ signed POST ─▶ record ─▶ delivered
//!                                                                    ▲                        ├──▶ due again
//!                                                                    └── retry by hand ◀──────┴──▶ failed, kept
//! ```
//!
//! - An event on disk has its deliveries on disk; a crash loses neither, and what is sent twice has the same id.
//! - The bytes that are signed are the bytes that are sent and kept, for every attempt.
//! - No target delays another, and nothing here delays the engine.
//! - A callback is answered only after what it changes is on disk, and a repeated one gets the first answer.

pub mod attempt;
pub mod book;
pub mod configured;
pub mod inbound;
pub mod outbox;
pub mod payload;
mod record;
pub mod schedule;
pub mod sender;
pub mod subscription;
mod upkeep;

#[cfg(test)]
mod tests;

pub use crate::signing::{self as sign, secret};
pub use outbox::{Outbox, Stir};
pub use sender::Context;

use tokio_util::task::TaskTracker;

/// Starts the sender and the upkeep.
pub fn start(context: &Context, tracker: &TaskTracker) {
    tracker.spawn(upkeep::run(context.clone()));
    tracker.spawn(sender::run(context.clone()));
}
