//! What can happen to the dashboard, and what it can want done. Both are closed: this file is the table of all of it.

use super::call::{Call, Failure};
use crate::input::Key;
use crate::model::link::Link;
use reel_shared::stream::{Frame, LogSubscription};
use serde_json::Value;

/// Something happened.
#[derive(Debug, Clone)]
pub enum Event {
    /// A key was pressed.
    Key(Key),
    /// Text was pasted.
    Paste(String),
    /// The terminal has this many columns and rows.
    Resize(u16, u16),
    /// The terminal has the eye, or lost it.
    Focus(bool),
    /// The connection says something.
    Link(LinkEvent),
    /// A call was answered.
    Reply {
        /// Which.
        ticket: u64,
        /// The answer's `data`, or why there is none.
        result: Result<Value, Failure>,
    },
    /// A moment that was asked for has come.
    Tick,
}

/// The connection says something.
#[derive(Debug, Clone)]
pub enum LinkEvent {
    /// It stands otherwise now.
    State(Link),
    /// A frame came.
    Frame(Box<Frame>),
    /// There and back took so many milliseconds.
    Rtt(u32),
}

/// Something is wanted.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    /// Ask the daemon; the reply comes with the ticket.
    Call {
        /// Names the reply.
        ticket: u64,
        /// What.
        call: Call,
    },
    /// Follow these logs, and no others.
    Subscribe(Vec<LogSubscription>),
    /// Connect now, without the wait.
    Dial,
    /// Drop the stream and come back for a fresh snapshot.
    Resync,
    /// The numbers that the next connection resumes behind.
    Seen {
        /// The last event's number.
        seq: u64,
        /// Whose numbers.
        instance: String,
    },
    /// Draw every cell again.
    Repaint,
    /// The terminal's title.
    Title(String),
    /// Text for the clipboard, through the terminal.
    Copy(String),
    /// Ring.
    Bell,
    /// Stop into the shell.
    Suspend,
    /// End; with the last picture left on the terminal or not.
    Quit {
        /// Leave it.
        leave_picture: bool,
    },
}
