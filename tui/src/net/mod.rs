//! The way to the daemon, in tasks of its own: the screen never waits for it.
//!
//! ```text
//!                 ┌─ connection ─▶ LinkEvent (state, frames) ─┐
//!   Handle ──────▶│                                           ├─▶ the runner's loop
//!   (controls,    ├─ requests ───▶ replies by ticket ─────────┤
//!    calls)       └─ probe ──────▶ LinkEvent::Rtt ────────────┘
//! ```
//!
//! Invariants: every channel is bounded. A screen that falls behind slows the reading of the stream, until the daemon
//! answers with `lagged` and a fresh snapshot; nothing piles up here. An act is sent once: whether it may be sent again is
//! the person's to say. Tasks end when the handle is dropped.

pub mod backoff;
mod connection;
mod probe;
mod requests;
mod words;

use crate::app::LinkEvent;
use crate::app::call::{Call, Failure};
use reel_shared::client::Endpoint;
use reel_shared::stream::LogSubscription;
use serde_json::Value;
use tokio::sync::mpsc;

/// Frames that wait for the screen.
const FRAMES: usize = 1024;

/// Calls and controls that wait for their task; beyond them the newest is refused in words.
const WAITING: usize = 256;

/// What the connection is told.
#[derive(Debug, Clone)]
pub enum Control {
    /// Connect now, without the wait.
    Dial,
    /// Drop the stream, and come back for a fresh snapshot.
    Resync,
    /// Follow these logs, and no others.
    Subscribe(Vec<LogSubscription>),
    /// The next connection resumes behind this.
    Seen(u64, String),
}

/// An answered call.
#[derive(Debug)]
pub struct Reply {
    /// Which.
    pub ticket: u64,
    /// The answer's `data`, or why there is none.
    pub result: Result<Value, Failure>,
}

/// The screen's end of it.
#[derive(Debug)]
pub struct Handle {
    /// What the connection says.
    pub link: mpsc::Receiver<LinkEvent>,
    /// Answered calls.
    pub replies: mpsc::Receiver<Reply>,
    controls: mpsc::Sender<Control>,
    calls: mpsc::Sender<(u64, Call)>,
}

impl Handle {
    /// Starts the tasks; the first connect is under way when this returns.
    #[must_use]
    pub fn start(endpoint: Endpoint) -> Self {
        let (link_in, link) = mpsc::channel(FRAMES);
        let (reply_in, replies) = mpsc::channel(WAITING);
        let (controls, control_out) = mpsc::channel(WAITING);
        let (calls, call_out) = mpsc::channel(WAITING);
        tokio::spawn(connection::run(
            endpoint.clone(),
            control_out,
            link_in.clone(),
        ));
        tokio::spawn(probe::run(endpoint.clone(), link_in));
        tokio::spawn(requests::run(endpoint, call_out, reply_in));
        Self {
            link,
            replies,
            controls,
            calls,
        }
    }

    /// Tells the connection something. False if it has too much to do already.
    pub fn control(&self, control: Control) -> bool {
        self.controls.try_send(control).is_ok()
    }

    /// Asks the daemon. Gives back why it can't be asked.
    pub fn call(&self, ticket: u64, call: Call) -> Result<(), Failure> {
        self.calls.try_send((ticket, call)).map_err(|_| Failure {
            message: "too many requests wait already; nothing was sent".to_owned(),
            status: None,
            uncertain: false,
        })
    }
}

#[cfg(test)]
mod tests;
