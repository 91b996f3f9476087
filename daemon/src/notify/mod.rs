//! Telling people where they look: Slack, mail, any program; what failed, where, why, what happens next and how to act.
//!
//! ```text
//!  event log, from a kept place on ─┐
//!  queue and failures, each minute ─┴▶ note ─▶ rules of each way ─▶ gathered (equal ones, rate, quiet hours) ─▶ sent
//! ```
//!
//! - Each note is read from the log on disk, so that neither a crash nor a slow mail server loses one; the place in the log
//!   moves on only behind what was gathered.
//! - Equal notes are told once at once, and then together; nobody is told more often than the rate, nor in quiet hours.
//! - A way that fails is tried again later and delays no other; nothing here delays the engine.

mod command;
mod conditions;
mod gather;
mod mail;
mod note;
mod slack;
mod watch;
mod way;

#[cfg(test)]
mod tests;

pub use watch::{Context, run};
