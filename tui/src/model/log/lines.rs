//! Lines side by side in one text: what is open, and what a block is unpacked into.

use super::Level;

/// A line by itself.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// Where it stands in the daemon's log.
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

/// A line where it is kept.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Seen<'a> {
    /// Counted from the first line ever taken.
    pub place: u32,
    /// Where it stands in the daemon's log.
    pub offset: u64,
    /// Unix milliseconds.
    pub at_ms: i64,
    /// How loud.
    pub level: Level,
    /// The stage's id.
    pub stage: &'a str,
    /// Without control characters.
    pub text: &'a str,
}

impl Seen<'_> {
    /// By itself.
    #[must_use]
    pub fn to_line(&self) -> Line {
        Line {
            offset: self.offset,
            at_ms: self.at_ms,
            level: self.level,
            stage: self.stage.to_owned(),
            text: self.text.to_owned(),
        }
    }
}

/// What stands beside a line's text.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Mark {
    pub offset: u64,
    pub at_ms: i64,
    pub level: Level,
    pub stage: u16,
    /// Where its text ends.
    pub end: u32,
}

/// Some lines.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Lines {
    pub(super) text: String,
    pub(super) marks: Vec<Mark>,
}

impl Lines {
    /// How many.
    #[must_use]
    pub fn len(&self) -> usize {
        self.marks.len()
    }

    /// None.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.marks.is_empty()
    }

    pub(super) fn text_len(&self) -> usize {
        self.text.len()
    }

    pub(super) fn clear(&mut self) {
        self.text.clear();
        self.marks.clear();
    }

    pub(super) fn push(&mut self, line: &Line, stage: u16) {
        self.text.push_str(&line.text);
        self.marks.push(Mark {
            offset: line.offset,
            at_ms: line.at_ms,
            level: line.level,
            stage,
            // A block is packed long before its text is too long for this.
            end: u32::try_from(self.text.len()).unwrap_or(u32::MAX),
        });
    }

    pub(super) fn get<'a>(
        &'a self,
        at: usize,
        place: u32,
        stages: &'a [String],
    ) -> Option<Seen<'a>> {
        let mark = self.marks.get(at)?;
        let begin = match at {
            0 => 0,
            _ => self.marks.get(at - 1)?.end,
        };
        Some(Seen {
            place,
            offset: mark.offset,
            at_ms: mark.at_ms,
            level: mark.level,
            stage: stages
                .get(usize::from(mark.stage))
                .map_or("", String::as_str),
            text: self.text.get(begin as usize..mark.end as usize)?,
        })
    }
}
