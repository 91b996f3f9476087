//! What is kept from one session to the next, per daemon: where the person was and how they looked at it. Marks are not: they
//! are a thought, not a habit.

use super::choosing;
use super::core::App;
use super::list::{COLUMNS, Column};
use super::view::Screen;
use crate::model::filter::Filter;
use crate::model::order::SORTS;
use serde::{Deserialize, Serialize};

/// What is kept.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Memory {
    /// The screen's title.
    pub screen: String,
    /// Of Active, then of History.
    pub lists: Vec<Looked>,
    /// Which of the times of Stats.
    pub window: usize,
    /// The list over the whole width.
    pub zoomed: bool,
    /// The names of the columns, where they were chosen.
    pub columns: Option<Vec<String>>,
    /// Earlier filters and commands, newest last.
    pub typed: Vec<String>,
}

/// How a list was looked at.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Looked {
    /// As it was typed.
    pub filter: String,
    /// The order's word.
    pub sort: String,
    /// The other way round.
    pub reversed: bool,
}

impl App {
    /// What is to be kept.
    #[must_use]
    pub fn memory(&self) -> Memory {
        let looked = |list: &super::list::ListView| Looked {
            filter: list.filter.text().to_owned(),
            sort: list.sort.word().to_owned(),
            reversed: list.sort.reversed,
        };
        Memory {
            screen: self.view.screen.title().to_owned(),
            lists: vec![looked(&self.view.active), looked(&self.view.ended)],
            window: self.view.stats.window,
            zoomed: self.view.zoomed,
            columns: self.view.columns.as_ref().map(|columns| {
                let name = |column: &Column| choosing::name(*column).to_owned();
                columns.iter().map(name).collect()
            }),
            typed: self.view.typed.clone(),
        }
    }

    /// Goes on where the last session ended. What can't be read any more is passed over.
    pub fn recall_session(&mut self, memory: &Memory) {
        let known = Screen::ALL
            .iter()
            .find(|(_, _, title, _)| *title == memory.screen);
        if let Some((screen, ..)) = known {
            self.view.screen = *screen;
        }
        let lists = [&mut self.view.active, &mut self.view.ended];
        for (list, looked) in lists.into_iter().zip(&memory.lists) {
            list.filter = Filter::parse(&looked.filter).unwrap_or_default();
            let sort = SORTS.iter().find(|(_, _, word)| *word == looked.sort);
            if let Some((_, key, _)) = sort {
                list.sort.key = *key;
            }
            list.sort.reversed = looked.reversed;
        }
        self.view.stats.window = memory.window.min(super::stats::WINDOWS.len() - 1);
        self.view.zoomed = memory.zoomed;
        self.view.columns = memory.columns.as_ref().map(|names| {
            let read = |name: &String| COLUMNS.iter().find(|(known, _)| known == name);
            let columns = names.iter().filter_map(read);
            columns.map(|(_, column)| *column).collect()
        });
        let kept = super::prompt::TYPED_KEPT;
        let first = memory.typed.len().saturating_sub(kept);
        self.view.typed = memory.typed.get(first..).unwrap_or_default().to_vec();
        self.touch_all();
    }
}
