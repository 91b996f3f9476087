//! What can happen to the dashboard, and what it can want done. Both are closed: this file is the table of all of it.

use super::call::{Call, Failure};
use crate::input::Key;
use crate::input::mouse::Mouse;
use crate::model::link::Link;
use reel_shared::stream::{Frame, LogSubscription};
use serde_json::Value;

/// Something happened.
#[derive(Debug, Clone)]
pub enum Event {
    /// A key was pressed.
    Key(Key),
    /// The mouse did something.
    Mouse(Mouse),
    /// Text was pasted.
    Paste(String),
    /// The terminal has this many columns and rows.
    Resize(u16, u16),
    /// The terminal has the eye, or lost it.
    Focus(bool),
    /// A connection says something.
    Link {
        /// The daemon's number.
        daemon: usize,
        /// What.
        event: LinkEvent,
    },
    /// A call was answered.
    Reply {
        /// Which.
        ticket: u64,
        /// The answer's `data`, or why there is none.
        result: Result<Value, Failure>,
    },
    /// A moment that was asked for has come.
    Tick,
    /// `tui.toml` was read.
    Configured(Box<crate::config::Config>),
    /// What was written or read for the person is done, or failed: in words.
    Told {
        /// It went well.
        good: bool,
        /// In words.
        text: String,
    },
}

impl Event {
    /// The first daemon's connection says something.
    #[must_use]
    pub fn link(event: LinkEvent) -> Self {
        Self::Link { daemon: 0, event }
    }
}

/// A connection says something.
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
    /// Follow these logs of this daemon, and no others.
    Subscribe(usize, Vec<LogSubscription>),
    /// Connect to this daemon now, without the wait.
    Dial(usize),
    /// Drop this daemon's stream and come back for a fresh snapshot.
    Resync(usize),
    /// The numbers that the next connection resumes behind.
    Seen {
        /// The daemon's number.
        daemon: usize,
        /// The last event's number.
        seq: u64,
        /// Whose numbers.
        instance: String,
    },
    /// Ask the terminal to tell of the mouse, or no longer.
    Mouse(bool),
    /// Draw every cell again.
    Repaint,
    /// The terminal's title.
    Title(String),
    /// Text for the clipboard, through the terminal.
    Copy(String),
    /// Tell the person, who looks elsewhere: the bell, and words where the terminal shows them.
    Notify(String),
    /// Write text to a file; the words of the outcome come as a toast.
    Save {
        /// Where, as typed; `~` is the home.
        path: String,
        /// What.
        text: String,
    },
    /// Read `tui.toml` again.
    Reload,
    /// Stop into the shell.
    Suspend,
    /// End; with the last picture left on the terminal or not.
    Quit {
        /// Leave it.
        leave_picture: bool,
    },
}
