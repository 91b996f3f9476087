//! The state machine: what a workflow is, what may be asked of it, and what that leads to. Pure: no input or output,
//! no clock, no randomness, no wire types; times and draws are handed in.
//!
//! ```text
//!  submit ─┬─▶ pending_clarification ─clarify─▶ pending_confirmation ─confirm─┐
//!          ├───────────────────────────────────▶ (wants confirmation)         │
//!          └─▶ blocked ─dependencies─▶ scheduled ─start time─▶ queued ◀───────┘
//!                                                                │ first stage starts
//!                      paused ◀──pause / resume──▶               ▼
//!                                   waiting ◀─────────────▶   running ──▶ completed
//!                            all that could go on waits          ├──────▶ failed    ─retry─▶ queued
//!                                                                └cancel─▶ cancelled ─retry─▶ queued
//! ```
//!
//! - `decide` answers a command with events, with "already so", or with a typed refusal. It changes nothing.
//! - `evolve` folds one event into a workflow. It is the only mutation, and cannot fail.
//! - Nothing leaves a terminal state but retry; `completed` never changes.
//! - A stage's lease names its attempt. What an older attempt sends changes nothing.
//! - A wait (quota, back-off, approval, callback) holds no slot; a park or a loss spends no try.

pub mod backoff;
pub mod command;
pub mod condition;
pub mod decide;
pub mod eta;
pub mod event;
pub mod evolve;
pub mod nearest;
pub mod params;
pub mod pick;
pub mod pipeline;
pub mod progress;
pub mod ready;
pub mod refusal;
pub mod status;
pub mod template;
pub mod time;
pub mod value;
pub mod why;

#[cfg(test)]
pub(in crate::domain) mod tests;
pub mod workflow;

pub use command::{Command, DependencyState, Outcome, Submit};
pub use decide::{allowed, decide, submit};
pub use event::Event;
pub use evolve::{create, evolve};
pub use pipeline::{ErrorClass, Pipeline, Resources};
pub use ready::{next_due, rank, ready};
pub use refusal::{Decision, Effect, Refusal};
pub use time::Timestamp;
pub use value::{Value, Values};
pub use workflow::{Failure, Lease, Stage, StageState, State, Status, Wait, Workflow};
