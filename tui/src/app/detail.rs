//! One workflow, opened: its tabs, its events, its log.

use super::log_scan::{Hits, Passing};
use crate::model::Row;
use crate::model::hooks::Delivery;
use crate::model::log::{Level, Line, Log};
use crate::model::span::EventLine;
use regex::Regex;
use std::collections::{BTreeMap, BTreeSet};

/// A tab of the detail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Tab {
    /// Stages with bars, and the log's end.
    #[default]
    Timeline,
    /// The log alone.
    Logs,
    /// The parameters as checked.
    Inputs,
    /// What it gave.
    Files,
    /// Each try of each stage.
    Tries,
    /// Who was told of it.
    Hooks,
    /// Its transitions and numbered events.
    Events,
}

impl Tab {
    /// In their order, with titles.
    pub const ALL: [(Self, &'static str); 7] = [
        (Self::Timeline, "Timeline"),
        (Self::Logs, "Logs"),
        (Self::Inputs, "Inputs"),
        (Self::Files, "Files"),
        (Self::Tries, "Tries"),
        (Self::Hooks, "Hooks"),
        (Self::Events, "Events"),
    ];

    /// The one so many further, round and round.
    #[must_use]
    pub fn step(self, by: usize) -> Self {
        let at = Self::ALL
            .iter()
            .position(|(tab, _)| *tab == self)
            .unwrap_or(0);
        Self::ALL[(at + by) % Self::ALL.len()].0
    }
}

/// How times stand before log lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Times {
    /// Of the day, here.
    #[default]
    Local,
    /// Of the day, UTC.
    Utc,
    /// Since the workflow began.
    Relative,
    /// Not at all.
    Off,
}

impl Times {
    /// The next one for `t`.
    #[must_use]
    pub fn next(self) -> Self {
        match self {
            Self::Local => Self::Utc,
            Self::Utc => Self::Relative,
            Self::Relative => Self::Off,
            Self::Off => Self::Local,
        }
    }
}

/// A search of the log.
#[derive(Debug, Clone)]
pub struct Search {
    /// As typed.
    pub text: String,
    /// Compiled.
    pub regex: Regex,
}

impl PartialEq for Search {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

/// How the log is looked at.
#[derive(Debug, Clone, PartialEq)]
pub struct LogView {
    /// The end stays in sight.
    pub follow: bool,
    /// The place of the first line shown while not following.
    pub anchor: Option<u32>,
    /// Columns to the right.
    pub x: u16,
    /// Long lines go on below.
    pub wrap: bool,
    /// Times before the lines.
    pub times: Times,
    /// At least this loud.
    pub level: Level,
    /// Not before this moment, in Unix milliseconds.
    pub since_ms: Option<i64>,
    /// Which of the windows that is.
    pub window: usize,
    /// This stage alone.
    pub stage: Option<String>,
    /// What is looked for.
    pub search: Option<Search>,
    /// Only lines with this; with a `!` before it, only those without.
    pub filter: Option<Search>,
    /// Lines that repeat are one line with their number.
    pub fold: bool,
    /// Places of lines that a person marked.
    pub marks: BTreeSet<u32>,
    /// The lines that pass.
    pub passing: Passing,
    /// The lines that hold what is searched for.
    pub hits: Hits,
    /// Place among those that pass of the first line on the screen.
    pub top: usize,
    /// The lines in sight, from there on, with their places.
    pub sight: Vec<(u32, Line)>,
}

impl Default for LogView {
    fn default() -> Self {
        Self {
            follow: true,
            anchor: None,
            x: 0,
            wrap: false,
            times: Times::Local,
            level: Level::Debug,
            since_ms: None,
            window: 0,
            stage: None,
            search: None,
            filter: None,
            fold: true,
            marks: BTreeSet::new(),
            passing: Passing::default(),
            hits: Hits::default(),
            top: 0,
            sight: Vec::new(),
        }
    }
}

/// One workflow, opened.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Detail {
    /// Whose key.
    pub id: String,
    /// What is shown.
    pub tab: Tab,
    /// As `status/{id}` told it last, with its transitions; the model's row goes before it where both are.
    pub shown: Option<Row>,
    /// Its events by number. Pages and the stream both fill it, in whatever order they come.
    pub events: BTreeMap<u64, EventLine>,
    /// Why something of it can't be had.
    pub problem: Option<String>,
    /// The log.
    pub log: Log,
    /// How it is looked at.
    pub log_view: LogView,
    /// The first line shown of the other tabs.
    pub top: usize,
    /// Deliveries that told of it.
    pub hooks: Vec<Delivery>,
    /// The last good run beside it, once asked for.
    pub compare: Option<Comparison>,
}

/// The last good run of the same pipeline.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Comparison {
    /// It, once it is known.
    pub other: Option<Row>,
    /// Lines of its log from the beginning.
    pub other_log: Option<Vec<String>>,
    /// Lines of the opened one's log from the beginning.
    pub own_log: Option<Vec<String>>,
    /// Why there is none.
    pub problem: Option<String>,
}

impl Detail {
    /// Of a workflow, with nothing fetched yet.
    #[must_use]
    pub fn new(id: String, tab: Tab) -> Self {
        Self {
            id,
            tab,
            ..Self::default()
        }
    }
}
