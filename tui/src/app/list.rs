//! A list of workflows: which pass the filter, in which order, and where the cursor stands. The cursor holds to a workflow,
//! not to a line: rows come and go above it. When its workflow goes, it stays at the same height.

use crate::model::Row;
use crate::model::filter::{Filter, Sieve};
use crate::model::listed::Listed;
use crate::model::order::{Sort, SortKey};
use crate::model::past::{Entry, Past};
use crate::model::strings::Strings;

/// A column of a list of workflows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Column {
    /// The id's beginning.
    Id,
    /// The name.
    Name,
    /// The stages as letters.
    Stages,
    /// Progress as a bar.
    Bar,
    /// Progress as a number.
    Percent,
    /// When it ends, or what it waits for.
    Eta,
    /// Where it runs.
    Box,
    /// The pipeline's name.
    Pipeline,
    /// Who submitted it.
    User,
    /// Larger goes first.
    Priority,
    /// Since when it is here.
    Age,
}

/// The columns by their names.
pub const COLUMNS: [(&str, Column); 11] = [
    ("id", Column::Id),
    ("name", Column::Name),
    ("stages", Column::Stages),
    ("bar", Column::Bar),
    ("percent", Column::Percent),
    ("eta", Column::Eta),
    ("box", Column::Box),
    ("pipeline", Column::Pipeline),
    ("user", Column::User),
    ("priority", Column::Priority),
    ("age", Column::Age),
];

/// A list as it stands on the screen.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListView {
    /// What passes.
    pub filter: Filter,
    /// In which order.
    pub sort: Sort,
    /// Keys that pass, in order.
    pub ids: Strings,
    /// Rows before the filter.
    pub total: usize,
    /// Keys that pass whatever the filter says of them here: the daemon found them by it.
    pub also: std::collections::BTreeSet<String>,
    /// The workflow under the cursor.
    pub cursor: Option<String>,
    /// Its place among `ids`.
    pub at: usize,
    /// The first row on the screen.
    pub top: usize,
}

impl ListView {
    /// Takes the rows there are now.
    pub fn fill<'a>(&mut self, rows: impl Iterator<Item = &'a Row>) {
        let mut total = 0;
        let mut passing: Vec<&Row> = rows
            .inspect(|_| total += 1)
            .filter(|row| self.filter.matches(*row) || self.also.contains(&row.key))
            .collect();
        passing.sort_by(|a, b| self.sort.order(*a, *b));
        self.total = total;
        self.ids.clear();
        self.ids
            .extend(passing.into_iter().map(|row| row.key.as_str()));
        self.find_cursor();
    }

    /// Takes what ended; in the usual order it stays as it comes, newest first.
    pub fn fill_past(&mut self, past: &Past) {
        let also = |entry: &Entry<'_>| !self.also.is_empty() && self.also.contains(&entry.key());
        let mut sieve = Sieve::of(&self.filter);
        let passes = |entry: &Entry<'_>| sieve.passes(entry) || also(entry);
        let mut ids = std::mem::take(&mut self.ids);
        ids.clear();
        let mut push = |entry: Entry<'_>| match entry.place() {
            (0, id) => ids.push(id),
            _ => ids.push(&entry.key()),
        };
        if self.sort == Sort::default() {
            past.entries().filter(passes).for_each(|entry| {
                push(entry);
            });
        } else if self.sort.key == SortKey::default() {
            past.entries().rev().filter(passes).for_each(|entry| {
                push(entry);
            });
        } else {
            let mut passing: Vec<Entry<'_>> = past.entries().filter(passes).collect();
            passing.sort_by(|a, b| self.sort.order(a, b));
            passing.into_iter().for_each(|entry| {
                push(entry);
            });
        }
        self.ids = ids;
        self.total = past.len();
        self.find_cursor();
    }

    fn find_cursor(&mut self) {
        // Mostly it stands where it stood.
        let same = self.cursor.is_some() && self.ids.get(self.at) == self.cursor.as_deref();
        let held = match &self.cursor {
            Some(_) if same => Some(self.at),
            Some(key) => self.ids.position(key),
            None => None,
        };
        self.go(held.unwrap_or(self.at));
    }

    /// Moves the cursor to a place; beyond the ends it stops at them.
    pub fn go(&mut self, at: usize) {
        self.at = at.min(self.ids.len().saturating_sub(1));
        self.cursor = self.ids.get(self.at).map(str::to_owned);
    }

    /// Moves the cursor by some rows.
    pub fn step(&mut self, by: isize) {
        self.go(self.at.saturating_add_signed(by));
    }

    /// Puts the cursor on a workflow, if it is there.
    pub fn go_to(&mut self, id: &str) -> bool {
        match self.ids.position(id) {
            Some(at) => {
                self.go(at);
                true
            }
            None => false,
        }
    }

    /// Scrolls as little as needed for the cursor to stand within `height` rows.
    pub fn scroll(&mut self, height: usize) {
        let height = height.max(1);
        if self.at < self.top {
            self.top = self.at;
        } else if self.at >= self.top + height {
            self.top = self.at + 1 - height;
        }
        self.top = self.top.min(self.ids.len().saturating_sub(height));
    }
}
