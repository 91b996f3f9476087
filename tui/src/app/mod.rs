//! The dashboard without a terminal and without a network: an event comes in, the state moves, actions go out.
//!
//! ```text
//!   keys, resize, focus ─┐
//!   link, frames ────────┼─▶ App::handle(event, now) ─▶ Vec<Action> ─▶ the runner does them
//!   replies, ticks ──────┘          │
//!                                   ▼
//!                          ui::draw(&App)  (pure)
//! ```
//!
//! Invariants:
//! * nothing here reads a clock, waits or does I/O, so that any run of events replays to the same picture;
//! * a key never waits for the daemon: what was asked stands in `calls` until its reply comes;
//! * nothing is shown as done before the daemon said so: a row says `cancelling`, never `cancelled`, on our word alone;
//! * an act that was confirmed meant the workflows its question named, and no others.

pub mod act;
pub mod acts;
mod answering;
pub mod areas;
mod ask;
pub mod call;
pub mod choosing;
mod commands;
mod core;
pub mod cursor;
mod daemons;
pub mod detail;
pub mod event;
pub mod field;
pub mod form;
mod frames;
mod going;
pub mod happenings;
pub mod held;
mod hook_acts;
pub mod hooks;
mod keys;
pub mod list;
pub mod log_scan;
pub mod log_view;
mod looking;
mod marking;
pub mod memory;
mod mouse;
mod moves;
pub mod palette;
mod past;
pub mod picture;
pub mod places;
pub mod popup;
mod prompt;
pub mod queue;
mod refresh;
mod replies;
mod schedule;
mod settle;
pub mod stats;
pub mod toast;
pub mod view;

pub use core::{App, Settings};
pub use event::{Action, Event, LinkEvent};
pub use view::{Screen, View};

#[cfg(test)]
pub(crate) mod fixture;
#[cfg(test)]
mod tests;
