//! The followed log of one workflow. Lines come by offset: `(attempt ordinal << 32) | line`, one sequence an attempt, so that
//! stages that run at once interleave. A line is taken once; after a reconnect the stream is asked from the earliest
//! offset that may still be missing, and what comes again is passed over.

use std::collections::{BTreeMap, VecDeque};

/// Lines kept; what goes is counted.
pub const KEPT: usize = 50_000;

/// How loud a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs, reason = "the daemon's own words")]
pub enum Level {
    Debug,
    Info,
    Warn,
    Error,
}

impl Level {
    /// From a word; what isn't known is `Info`.
    #[must_use]
    pub fn read(word: &str) -> Self {
        match word {
            "debug" | "trace" => Self::Debug,
            "warn" | "warning" => Self::Warn,
            "error" | "fatal" => Self::Error,
            _ => Self::Info,
        }
    }

    /// Three letters for a column.
    #[must_use]
    pub fn short(self) -> &'static str {
        match self {
            Self::Debug => "DBG",
            Self::Info => "INF",
            Self::Warn => "WRN",
            Self::Error => "ERR",
        }
    }

    /// The next one for `L`: all, info, warn, error, and all again.
    #[must_use]
    pub fn next(self) -> Self {
        match self {
            Self::Debug => Self::Info,
            Self::Info => Self::Warn,
            Self::Warn => Self::Error,
            Self::Error => Self::Debug,
        }
    }

    /// The word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Debug => "debug",
            Self::Info => "info",
            Self::Warn => "warn",
            Self::Error => "error",
        }
    }
}

/// A line.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// Where it stands.
    pub offset: u64,
    /// Unix milliseconds.
    pub at_ms: i64,
    /// How loud.
    pub level: Level,
    /// The stage's id.
    pub stage: String,
    /// Without control characters.
    pub text: String,
}

/// What is kept of it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Log {
    lines: VecDeque<Line>,
    next: BTreeMap<u32, (String, u32)>,
    /// Lines that had to go.
    pub dropped: u64,
}

impl Log {
    /// The lines, oldest first.
    #[must_use]
    pub fn lines(&self) -> &VecDeque<Line> {
        &self.lines
    }

    /// Takes a line; false if it was here already.
    pub fn push(&mut self, line: Line) -> bool {
        let ordinal = (line.offset >> 32) as u32;
        let number = (line.offset & u64::from(u32::MAX)) as u32;
        let next = self
            .next
            .entry(ordinal)
            .or_insert_with(|| (line.stage.clone(), 0));
        if number < next.1 {
            return false;
        }
        next.1 = number.saturating_add(1);
        self.lines.push_back(line);
        while self.lines.len() > KEPT {
            self.lines.pop_front();
            self.dropped += 1;
        }
        true
    }

    /// The first offset wanted when the stream is asked again: of the earliest attempt whose stage still runs, else behind the
    /// last line.
    #[must_use]
    pub fn resume(&self, runs: impl Fn(&str) -> bool) -> Option<u64> {
        let open = self
            .next
            .iter()
            .find(|(_, (stage, _))| runs(stage))
            .or_else(|| self.next.last_key_value());
        open.map(|(ordinal, (_, line))| (u64::from(*ordinal) << 32) | u64::from(*line))
    }
}

/// A line's text as cells can show it: tabs are spaces, colours and other controls are left out.
#[must_use]
pub fn clean(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\t' => out.push_str("    "),
            '\u{1b}' => skip_escape(&mut chars),
            c if c.is_control() || is_invisible(c) => {}
            c => out.push(c),
        }
    }
    out
}

/// Marks that turn the direction of what follows, and selectors of emoji looks: they move cells where no cell is.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}')
}

fn skip_escape(chars: &mut std::iter::Peekable<std::str::Chars<'_>>) {
    match chars.peek() {
        Some('[') => {
            chars.next();
            for c in chars.by_ref() {
                if ('\u{40}'..='\u{7e}').contains(&c) {
                    break;
                }
            }
        }
        Some(']') => {
            for c in chars.by_ref() {
                if c == '\u{7}' || c == '\\' {
                    break;
                }
            }
        }
        _ => {
            chars.next();
        }
    }
}
