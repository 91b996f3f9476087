//! Aligned columns of text, by display width: wide and combining characters count as the terminal draws them.
//!
//! The last column is cut to the terminal's width where one is known; nothing is cut for a program that reads.

use super::failure::Outcome;
use super::output::{Look, Output, plain};
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// Where a column's text stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// Words.
    Left,
    /// Numbers.
    Right,
}

/// One cell: text and how it looks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cell {
    text: String,
    look: Look,
}

impl Cell {
    /// Plain text; what could disturb a terminal is made visible.
    pub fn new(text: impl AsRef<str>) -> Self {
        Self::with(text, Look::Plain)
    }

    /// Text with a look.
    pub fn with(text: impl AsRef<str>, look: Look) -> Self {
        Self {
            text: plain(text.as_ref()),
            look,
        }
    }

    /// A status word in its colour.
    pub fn status(word: &str) -> Self {
        Self::with(word, Look::of_status(word))
    }
}

/// Rows under a heading.
#[derive(Debug)]
pub struct Table {
    heading: Vec<(&'static str, Side)>,
    rows: Vec<Vec<Cell>>,
}

impl Table {
    /// A table with these columns.
    pub fn new(heading: &[(&'static str, Side)]) -> Self {
        Self {
            heading: heading.to_vec(),
            rows: Vec::new(),
        }
    }

    /// Adds a row; missing cells are empty.
    pub fn row(&mut self, cells: Vec<Cell>) {
        self.rows.push(cells);
    }

    /// True without rows.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Prints it; `width` is the terminal's.
    pub fn print(&self, out: &mut Output, width: Option<usize>) -> Outcome {
        let widths = self.widths();
        let heading = self
            .heading
            .iter()
            .map(|(word, _)| Cell::with(word, Look::Bold))
            .collect();
        for row in std::iter::once(&heading).chain(&self.rows) {
            let line = self.line(row, &widths, out, width);
            out.line(&line)?;
        }
        Ok(())
    }

    fn widths(&self) -> Vec<usize> {
        let mut widths: Vec<usize> = self.heading.iter().map(|(word, _)| word.width()).collect();
        for row in &self.rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = (*width).max(cell.text.width());
            }
        }
        widths
    }

    fn line(&self, row: &[Cell], widths: &[usize], out: &Output, limit: Option<usize>) -> String {
        let mut line = String::new();
        let mut used = 0;
        let last = row.len().saturating_sub(1);
        for (index, ((cell, width), (_, side))) in
            row.iter().zip(widths).zip(&self.heading).enumerate()
        {
            if index > 0 {
                line.push_str("  ");
                used += 2;
            }
            let text = match limit {
                Some(limit) if index == last => cut(&cell.text, limit.saturating_sub(used)),
                _ => cell.text.clone(),
            };
            let pad = " ".repeat(width.saturating_sub(text.width()));
            let painted = out.paint(&text, cell.look);
            match side {
                Side::Right => line.extend([pad.as_str(), &painted]),
                // No blanks at a line's end.
                Side::Left if index == last => line.push_str(&painted),
                Side::Left => line.extend([painted.as_str(), &pad]),
            }
            used += width;
        }
        line.truncate(line.trim_end().len());
        line
    }
}

/// `text` cut to `width` columns, an ellipsis in place of what is missing; never inside a grapheme.
pub fn cut(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut kept = String::new();
    let mut used = 0;
    for part in text.graphemes(true) {
        let next = used + part.width();
        if next + 1 > width {
            break;
        }
        kept.push_str(part);
        used = next;
    }
    if width > 0 {
        kept.push('…');
    }
    kept
}
