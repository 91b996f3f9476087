//! Where the person is: screen, detail, popup, prompt, marks. What is known of the daemon stands in the model.

use super::detail::Detail;
use super::list::ListView;
use super::popup::Popup;
use super::toast::Toasts;
use crate::input::{Edit, Key};
use crate::model::{Model, Row};
use std::collections::BTreeSet;

/// A screen. Their numbers are the keys that lead there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Screen {
    /// 1: what runs, waits, asks and failed.
    #[default]
    Active,
    /// 3: what ended.
    History,
}

impl Screen {
    /// The screens there are, with key and title.
    pub const ALL: [(Self, char, &'static str); 2] = [
        (Self::Active, '1', "Active"),
        (Self::History, '3', "History"),
    ];
}

/// What is typed into the bottom line.
#[derive(Debug, Clone, PartialEq)]
pub enum Prompt {
    /// `/` on a list: applied while it is typed; the filter before it comes back with Esc.
    Filter {
        /// The line.
        edit: Edit,
        /// The text of the filter before.
        before: String,
        /// Why what is typed can't be read.
        problem: Option<String>,
    },
    /// `/` on a log.
    Search {
        /// The line.
        edit: Edit,
        /// Why what is typed can't be read.
        problem: Option<String>,
    },
    /// `:`
    Palette {
        /// The line.
        edit: Edit,
        /// Which of the offers stands out.
        chosen: usize,
    },
}

/// What ended, as far as it was fetched.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct History {
    /// Newest first, as the daemon lists them.
    pub rows: Vec<Row>,
    /// How many there are.
    pub total: u64,
    /// It was fetched at least once.
    pub loaded: bool,
    /// Something ended since.
    pub outdated: bool,
    /// Why the last fetch failed.
    pub problem: Option<String>,
}

/// A picture held still.
#[derive(Debug, Clone, PartialEq)]
pub struct Frozen {
    /// The model as it was.
    pub model: Model,
    /// Since when, in Unix milliseconds.
    pub at_ms: i64,
}

/// Where the person is.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct View {
    /// Columns and rows of the terminal.
    pub size: (u16, u16),
    /// The terminal has the eye.
    pub focused: bool,
    /// The list below.
    pub screen: Screen,
    /// The screen before it, for the way back.
    pub last: Option<(Screen, Option<String>)>,
    /// The Active list.
    pub active: ListView,
    /// The History list.
    pub ended: ListView,
    /// What the History list shows.
    pub history: History,
    /// One workflow, over the list.
    pub detail: Option<Detail>,
    /// Over everything.
    pub popup: Option<Popup>,
    /// The bottom line takes the keys.
    pub prompt: Option<Prompt>,
    /// Keys of a sequence that isn't whole yet.
    pub chord: Vec<Key>,
    /// What was said lately.
    pub toasts: Toasts,
    /// Acts mean these, if there are any.
    pub marks: BTreeSet<String>,
    /// The picture stands still.
    pub frozen: Option<Frozen>,
    /// Earlier filters and commands, newest last.
    pub typed: Vec<String>,
    /// Which of them the prompt shows.
    pub recalled: Option<usize>,
    /// Last `C-c`, in Unix milliseconds.
    pub interrupted_ms: Option<i64>,
}

impl View {
    /// The list of the screen.
    #[must_use]
    pub fn list(&self) -> &ListView {
        match self.screen {
            Screen::Active => &self.active,
            Screen::History => &self.ended,
        }
    }

    /// The list of the screen.
    pub fn list_mut(&mut self) -> &mut ListView {
        match self.screen {
            Screen::Active => &mut self.active,
            Screen::History => &mut self.ended,
        }
    }
}
