//! A list of workflows: which pass the filter, in which order, and where the cursor stands. The cursor holds to a workflow,
//! not to a line: rows come and go above it. When its workflow goes, it stays at the same height.

use crate::model::Row;
use crate::model::filter::Filter;
use crate::model::order::Sort;

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
    pub ids: Vec<String>,
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
    /// Takes the rows there are now; `keep_order` leaves them as they come.
    pub fn fill<'a>(&mut self, rows: impl Iterator<Item = &'a Row>, keep_order: bool) {
        let mut total = 0;
        let mut passing: Vec<&Row> = rows
            .inspect(|_| total += 1)
            .filter(|row| self.filter.matches(row) || self.also.contains(&row.key))
            .collect();
        if !keep_order {
            self.sort.arrange(&mut passing);
        } else if self.sort.reversed {
            passing.reverse();
        }
        self.total = total;
        self.ids.clear();
        self.ids
            .extend(passing.into_iter().map(|row| row.key.clone()));
        self.find_cursor();
    }

    fn find_cursor(&mut self) {
        let held = self
            .cursor
            .as_ref()
            .and_then(|id| self.ids.iter().position(|known| known == id));
        self.at = held.unwrap_or_else(|| self.at.min(self.ids.len().saturating_sub(1)));
        self.cursor = self.ids.get(self.at).cloned();
    }

    /// Moves the cursor to a place; beyond the ends it stops at them.
    pub fn go(&mut self, at: usize) {
        self.at = at.min(self.ids.len().saturating_sub(1));
        self.cursor = self.ids.get(self.at).cloned();
    }

    /// Moves the cursor by some rows.
    pub fn step(&mut self, by: isize) {
        self.go(self.at.saturating_add_signed(by));
    }

    /// Puts the cursor on a workflow, if it is there.
    pub fn go_to(&mut self, id: &str) -> bool {
        match self.ids.iter().position(|known| known == id) {
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
