//! One line of text under a cursor: the filter, the search, the palette.

use super::key::{Code, Key};
use unicode_segmentation::UnicodeSegmentation;

/// The longest line taken, in bytes.
const LIMIT: usize = 1_000;

/// A line and where its cursor stands.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Edit {
    text: String,
    cursor: usize,
}

impl Edit {
    /// With `text`, the cursor behind it.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self {
            text: text.to_owned(),
            cursor: text.len(),
        }
    }

    /// The text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What stands before the cursor.
    #[must_use]
    pub fn before(&self) -> &str {
        &self.text[..self.cursor]
    }

    /// Puts text in at the cursor; controls are left out, and what would be too long is not taken.
    pub fn insert(&mut self, text: &str) {
        for c in text.chars().filter(|c| !c.is_control()) {
            if self.text.len() + c.len_utf8() > LIMIT {
                return;
            }
            self.text.insert(self.cursor, c);
            self.cursor += c.len_utf8();
        }
    }

    /// Takes an editing key; false if it is none.
    pub fn key(&mut self, key: Key) -> bool {
        match (key.code, key.ctrl) {
            (Code::Char(c), false) => self.insert(c.encode_utf8(&mut [0; 4])),
            (Code::Char('u'), true) => {
                self.text.drain(..self.cursor);
                self.cursor = 0;
            }
            (Code::Char('w'), true) => {
                let kept = self.before().trim_end().rfind(' ').map_or(0, |at| at + 1);
                self.text.drain(kept..self.cursor);
                self.cursor = kept;
            }
            (Code::Backspace, _) => {
                let kept = self.left();
                self.text.drain(kept..self.cursor);
                self.cursor = kept;
            }
            (Code::Delete, _) => {
                let end = self.right();
                self.text.drain(self.cursor..end);
            }
            (Code::Left, _) => self.cursor = self.left(),
            (Code::Right, _) => self.cursor = self.right(),
            (Code::Home, _) => self.cursor = 0,
            (Code::End, _) => self.cursor = self.text.len(),
            _ => return false,
        }
        true
    }

    fn left(&self) -> usize {
        self.before()
            .grapheme_indices(true)
            .next_back()
            .map_or(0, |(at, _)| at)
    }

    fn right(&self) -> usize {
        self.text[self.cursor..]
            .graphemes(true)
            .next()
            .map_or(self.cursor, |next| self.cursor + next.len())
    }
}
