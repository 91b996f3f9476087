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
//! From everywhere but the ends leads a way to `cancelled` (a cancel, a refused or unanswered confirmation), and from
//! every gate and wait one to `failed` (a dependency that did not complete, a question nobody answered).
//!
//! - `decide` answers a command with events, with "already so", or with a typed refusal. It changes nothing.
//! - `evolve` folds one event into a workflow. It is the only mutation, and cannot fail.
//! - Nothing leaves a terminal state but retry; `completed` never changes.
//! - A stage's lease names its attempt. What an older attempt sends changes nothing.
//! - A wait (quota, back-off, approval, callback) holds no slot; a park or a loss spends no try.
//! - A slot is free only when the process that held it is gone: a workflow that is cancelled, or fails, while stages run
//!   shows as `running` until the last of them has ended.
//! - A crash loses nothing of this: state is what the committed events fold to. What was leased then is found again or
//!   reported as lost or not begun; effects that were not carried out are asked for again.
//!
//! Around the machine stand the pure rules that look at many workflows or at none: `params` and `template` on the way in,
//! `ready` and `pick` for what starts next, `why` and `eta` for those who wait.

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
