//! Standard output: buffered, coloured only for a person, quiet when its reader is gone.

use super::failure::Outcome;
use serde_json::Value;
use std::io::{self, BufWriter, IsTerminal, Write};

/// Where a verb prints.
pub struct Output {
    to: Box<dyn Write>,
    /// A person reads it: local times, columns cut to the width.
    pub terminal: bool,
    /// Colour is wanted: a terminal, and no `NO_COLOR`.
    pub colour: bool,
    /// `--json`: what the daemon said, instead of words.
    pub json: bool,
}

/// The looks that words may have. Colour never carries a meaning alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    /// As the terminal has it.
    Plain,
    /// A heading.
    Bold,
    /// Less important.
    Dim,
    /// Done.
    Good,
    /// At work.
    Busy,
    /// Waits for a person or a time.
    Ask,
    /// Failed.
    Bad,
}

impl Look {
    fn code(self) -> &'static str {
        match self {
            Self::Plain => "",
            Self::Bold => "1",
            Self::Dim => "2",
            Self::Good => "32",
            Self::Busy => "36",
            Self::Ask => "33",
            Self::Bad => "31",
        }
    }

    /// The look of a workflow's or a stage's status.
    pub fn of_status(status: &str) -> Self {
        match status {
            "completed" => Self::Good,
            "running" | "in_progress" => Self::Busy,
            "failed" | "lost" => Self::Bad,
            "waiting" | "paused" | "pending_clarification" | "pending_confirmation" => Self::Ask,
            "cancelled" | "skipped" | "pending" => Self::Dim,
            _ => Self::Plain,
        }
    }
}

impl Output {
    /// The process's own standard output.
    pub fn stdout(json: bool) -> Self {
        let terminal = io::stdout().is_terminal();
        let no_colour = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        Self {
            to: Box::new(BufWriter::with_capacity(32 << 10, io::stdout())),
            terminal,
            colour: terminal && !no_colour,
            json,
        }
    }

    /// Anything else, for tests.
    #[cfg(test)]
    pub fn to(to: Box<dyn Write>, json: bool) -> Self {
        Self {
            to,
            terminal: false,
            colour: false,
            json,
        }
    }

    /// One line.
    pub fn line(&mut self, text: &str) -> Outcome {
        self.to.write_all(text.as_bytes())?;
        self.to.write_all(b"\n")?;
        Ok(())
    }

    /// A value as JSON: on one line, or indented for a person.
    pub fn json(&mut self, value: &Value) -> Outcome {
        let text = if self.terminal {
            serde_json::to_string_pretty(value)
        } else {
            serde_json::to_string(value)
        };
        match text {
            Ok(text) => self.line(&text),
            Err(error) => Err(io::Error::other(error).into()),
        }
    }

    /// `text` with a look, if colour is wanted.
    pub fn paint(&self, text: &str, look: Look) -> String {
        if self.colour && look != Look::Plain && !text.is_empty() {
            format!("\x1b[{}m{text}\x1b[m", look.code())
        } else {
            text.to_owned()
        }
    }

    /// Hands everything over; a verb that streams does it after each line.
    pub fn flush(&mut self) -> Outcome {
        self.to.flush()?;
        Ok(())
    }
}

/// Text of others on one line, harmless to a terminal: control characters and line ends become visible.
pub fn plain(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '\t' => ' ',
            '\n' | '\r' => '⏎',
            // Direction overrides could make one word look like another.
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => '�',
            c if c.is_control() => '�',
            c => c,
        })
        .collect()
}
