//! The log of one attempt of one stage, as files: written by the shim (a program's output) and by built-in stages (their
//! own words), read by whoever serves logs.
//!
//! - `DATA_DIR/attempts/ID/STAGE-N.log`, one line each: `2026-11-20T10:17:50.123Z info the text`.
//! - A log that outgrows its cap keeps its head and its tail: the head is the file above, up to half of the cap; what
//!   comes after goes to segments `STAGE-N.log.tFIRST`, named by the number of their first line, of which the oldest goes
//!   when a fifth is wanted. A reader sees the gap as a jump in the numbers.
//! - The files are made with the first line: an attempt that says nothing leaves nothing.
//! - Several processes may append to one log at once. A lock on the head orders them, so that lines never interleave and
//!   the numbers of the lines hold.

mod name;
mod read;
mod write;

pub use name::{LogName, UnsafeName};
pub use read::{Page, Place, Query, last, read, read_at, tail_text};
pub use write::Writer;

use std::fmt;

/// Longest text of one line in bytes; what is over is cut.
pub const MAX_TEXT: usize = 16 * 1024;

/// How much a line matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Of use to whoever looks for a fault.
    Debug,
    /// The course of things; all plain output of programs.
    Info,
    /// Went on, but not as wanted.
    Warn,
    /// Did not go on.
    Error,
}

impl Level {
    /// The word in the file and on the wire.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Debug => "debug",
            Self::Info => "info",
            Self::Warn => "warn",
            Self::Error => "error",
        }
    }

    /// The level of a word, if it is one.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Debug, Self::Info, Self::Warn, Self::Error]
            .into_iter()
            .find(|level| level.word() == word)
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// One line of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Its number within the attempt, from 0.
    pub number: u64,
    /// When it was said: RFC 3339, UTC, milliseconds.
    pub timestamp: String,
    /// How much it matters.
    pub level: Level,
    /// Without the line end.
    pub text: String,
}

#[cfg(test)]
mod tests;
