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
    pub link: mpsc::Receiver<(usize, LinkEvent)>,
    /// Answered calls.
    pub replies: mpsc::Receiver<Reply>,
    daemons: Vec<Daemon>,
}

/// The ways to one daemon's tasks.
#[derive(Debug)]
struct Daemon {
    controls: mpsc::Sender<Control>,
    calls: mpsc::Sender<(u64, Call)>,
}

impl Handle {
    /// Starts the tasks of each daemon; the first connects are under way when this returns. None waits for another.
    #[must_use]
    pub fn start(endpoints: Vec<Endpoint>) -> Self {
        let (link_in, link) = mpsc::channel(FRAMES);
        let (reply_in, replies) = mpsc::channel(WAITING);
        let daemons = endpoints
            .into_iter()
            .enumerate()
            .map(|(number, endpoint)| {
                let (controls, control_out) = mpsc::channel(WAITING);
                let (calls, call_out) = mpsc::channel(WAITING);
                tokio::spawn(connection::run(
                    endpoint.clone(),
                    control_out,
                    Out::new(number, link_in.clone()),
                ));
                tokio::spawn(probe::run(
                    endpoint.clone(),
                    Out::new(number, link_in.clone()),
                ));
                tokio::spawn(requests::run(endpoint, call_out, reply_in.clone()));
                Daemon { controls, calls }
            })
            .collect();
        Self {
            link,
            replies,
            daemons,
        }
    }

    /// Tells a daemon's connection something. False if it has too much to do already.
    pub fn control(&self, daemon: usize, control: Control) -> bool {
        self.daemons
            .get(daemon)
            .is_some_and(|daemon| daemon.controls.try_send(control).is_ok())
    }

    /// Asks the daemon that the call names. Gives back why it can't be asked.
    pub fn call(&self, ticket: u64, call: Call) -> Result<(), Failure> {
        let Some(daemon) = self.daemons.get(call.daemon()) else {
            return Err(refused("no such daemon is looked at; nothing was sent"));
        };
        daemon
            .calls
            .try_send((ticket, call))
            .map_err(|_| refused("too many requests wait already; nothing was sent"))
    }
}

fn refused(message: &str) -> Failure {
    Failure {
        message: message.to_owned(),
        status: None,
        uncertain: false,
    }
}

/// Where a daemon's tasks say what they have to say, under its number.
#[derive(Debug, Clone)]
pub(crate) struct Out {
    daemon: usize,
    to: mpsc::Sender<(usize, LinkEvent)>,
}

impl Out {
    fn new(daemon: usize, to: mpsc::Sender<(usize, LinkEvent)>) -> Self {
        Self { daemon, to }
    }

    /// None when the screen is gone.
    async fn send(&self, event: LinkEvent) -> Option<()> {
        self.to.send((self.daemon, event)).await.ok()
    }

    /// The screen is gone.
    async fn closed(&self) {
        self.to.closed().await;
    }
}

#[cfg(test)]
mod tests;
