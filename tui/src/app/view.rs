//! Where the person is: screen, detail, popup, prompt, marks. What is known of the daemon stands in the model.

use super::detail::Detail;
use super::list::ListView;
use super::popup::Popup;
use super::toast::Toasts;
use crate::input::{Edit, Key};
use crate::model::past::Past;
use crate::model::{Model, Row};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// A screen. Their numbers are the keys that lead there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash, PartialOrd, Ord)]
pub enum Screen {
    /// 1: what runs, waits, asks and failed.
    #[default]
    Active,
    /// 2: what waits for an answer.
    Asks,
    /// 3: what ended.
    History,
    /// 4: endpoints and deliveries.
    Hooks,
    /// 5: boxes and the line.
    Queue,
    /// 6: numbers.
    Stats,
    /// 7: what happened.
    Events,
}

impl Screen {
    /// The screens with key, title and a title for short lines.
    pub const ALL: [(Self, char, &'static str, &'static str); 7] = [
        (Self::Active, '1', "Active", "Act"),
        (Self::Asks, '2', "Asks", "Ask"),
        (Self::History, '3', "History", "Hist"),
        (Self::Hooks, '4', "Hooks", "Hook"),
        (Self::Queue, '5', "Queue", "Queue"),
        (Self::Stats, '6', "Stats", "Stat"),
        (Self::Events, '7', "Events", "Ev"),
    ];

    /// The title.
    #[must_use]
    pub fn title(self) -> &'static str {
        Self::ALL
            .iter()
            .find(|(screen, ..)| *screen == self)
            .map_or("", |(_, _, title, _)| title)
    }

    /// Something is shown beside its list, or under it.
    #[must_use]
    pub fn has_preview(self) -> bool {
        matches!(
            self,
            Self::Active | Self::Asks | Self::History | Self::Hooks | Self::Queue
        )
    }

    /// Workflows are listed there, so that marks, filters and orders mean something.
    #[must_use]
    pub fn lists_workflows(self) -> bool {
        matches!(self, Self::Active | Self::Asks | Self::History)
    }
}

/// A view as the way back remembers it: a screen, or a workflow opened over it.
pub type Place = (Screen, Option<String>);

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
    /// `&` on a log: lines that pass.
    LogFilter {
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

/// What is typed, whatever it is for.
impl Prompt {
    /// The line.
    pub fn edit_mut(&mut self) -> &mut Edit {
        match self {
            Self::Filter { edit, .. }
            | Self::Search { edit, .. }
            | Self::LogFilter { edit, .. }
            | Self::Palette { edit, .. } => edit,
        }
    }
}

/// What ended, as far as it was fetched.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct History {
    /// All that was fetched, packed.
    pub past: Past,
    /// Those that were told whole lately, the newest word last.
    pub whole: VecDeque<Row>,
    /// Those in sight and those marked, unpacked, by key.
    pub sight: BTreeMap<String, Row>,
    /// The one that was last asked for whole.
    pub asked: Option<String>,
    /// How many there are.
    pub total: u64,
    /// It was fetched at least once.
    pub loaded: bool,
    /// Something ended since.
    pub outdated: bool,
    /// Why the last fetch failed.
    pub problem: Option<String>,
    /// What the daemon was asked for, beyond all that ended: the part of a filter that it can look for itself.
    pub query: String,
    /// Rows that each daemon has given so far.
    pub fetched: BTreeMap<usize, (u64, u64)>,
}

/// A picture held still.
#[derive(Debug, Clone, PartialEq)]
pub struct Frozen {
    /// The models as they were, by the daemon's number.
    pub models: Vec<Model>,
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
    /// Views in the order they were seen, and where among them the person stands.
    pub places: super::places::Places,
    /// The list over the whole width, or the log over the whole height.
    pub zoomed: bool,
    /// Text alone, without frames, for the terminal's own selection.
    pub plain: bool,
    /// Columns chosen while looking.
    pub columns: Option<Vec<super::list::Column>>,
    /// The last click: when, and on which line.
    pub pressed: Option<(i64, u16)>,
    /// The Active list.
    pub active: ListView,
    /// The History list.
    pub ended: ListView,
    /// What the History list shows.
    pub history: History,
    /// The Asks list.
    pub asks: ListView,
    /// The form that is being filled in.
    pub form: Option<super::form::Form>,
    /// The Hooks screen.
    pub hooks: super::hooks::HooksView,
    /// The Queue screen.
    pub queue: super::queue::QueueView,
    /// The Stats screen.
    pub stats: super::stats::StatsView,
    /// The Events screen.
    pub events: super::happenings::EventsView,
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
    /// Where the last mark was set: a range begins there.
    pub mark_from: Option<String>,
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
    /// The list of workflows of the screen; on screens without one, the Active list.
    #[must_use]
    pub fn list(&self) -> &ListView {
        match self.screen {
            Screen::Asks => &self.asks,
            Screen::History => &self.ended,
            _ => &self.active,
        }
    }

    /// The list of workflows of the screen; on screens without one, the Active list.
    pub fn list_mut(&mut self) -> &mut ListView {
        match self.screen {
            Screen::Asks => &mut self.asks,
            Screen::History => &mut self.ended,
            _ => &mut self.active,
        }
    }
}
