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

pub mod acts;
pub mod areas;
mod ask;
pub mod call;
mod commands;
mod core;
pub mod detail;
pub mod event;
mod frames;
mod keys;
pub mod list;
mod log_view;
mod moves;
pub mod palette;
pub mod popup;
mod refresh;
mod replies;
mod schedule;
pub mod toast;
pub mod view;

pub use core::{App, Settings};
pub use event::{Action, Event, LinkEvent};
pub use view::{Screen, View};

#[cfg(test)]
pub(crate) mod fixture;
#[cfg(test)]
mod tests;
