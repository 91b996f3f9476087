//! What stands over the screen and takes the keys until it is closed.

use super::call::{Act, Deed};
use crate::input::Edit;
use serde::Deserialize;

/// A popup.
#[derive(Debug, Clone, PartialEq)]
pub enum Popup {
    /// The keys that work here.
    Help {
        /// The first line shown.
        top: usize,
    },
    /// Why a workflow waits.
    Why(Why),
    /// A question before an act.
    Confirm(Confirm),
    /// From where to retry.
    Retry(RetryMenu),
    /// Which columns show.
    Columns {
        /// The one under the cursor.
        at: usize,
    },
    /// A delivery beside the last accepted one.
    Delivery {
        /// Its key.
        id: String,
        /// The first line shown.
        top: usize,
    },
    /// The opened workflow beside the last good run of its pipeline.
    Compare {
        /// The first line shown.
        top: usize,
    },
    /// A picture; the terminal may show it better than cells can.
    Picture(Box<super::picture::Picture>),
    /// Words to read: a line of JSON set out, a new secret, how the links stand.
    Text {
        /// What.
        title: String,
        /// A line each.
        lines: Vec<String>,
        /// The first line shown.
        top: usize,
    },
}

/// Why a workflow waits.
#[derive(Debug, Clone, PartialEq)]
pub struct Why {
    /// Whose.
    pub id: String,
    /// The daemon's answer.
    pub answer: Answer,
}

/// The daemon's answer to why.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// Asked.
    Asked,
    /// Told.
    Told(WhyView),
    /// Not told.
    Failed(String),
}

/// `/api/workflow/{id}/why`
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct WhyView {
    /// Its status.
    pub status: String,
    /// What it waits for.
    pub waiting_for: Option<reel_shared::workflow::WaitingFor>,
    /// Ids before it in line.
    pub ahead: Vec<String>,
    /// What would help.
    pub help: Vec<Help>,
}

/// An act that would help, and how.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(default)]
pub struct Help {
    /// `priority`, `retry`…
    pub act: String,
    /// In words.
    pub effect: String,
}

/// What a question is about.
#[derive(Debug, Clone, PartialEq)]
pub enum Asked {
    /// An act on workflows, by key.
    Act(Act, Vec<String>),
    /// Deeds at daemons.
    Deeds(Vec<(usize, Deed)>),
}

/// A question before an act. It means what it names; when that changes so that the act no longer fits, it closes.
#[derive(Debug, Clone, PartialEq)]
pub struct Confirm {
    /// The act's name, for the frame.
    pub title: String,
    /// What would be done, to what.
    pub asked: Asked,
    /// What is asked, and what would be lost, a line each.
    pub lines: Vec<String>,
    /// More than a few, another box, or a drain: this is typed instead of `y`.
    pub wanted: Option<String>,
    /// What is typed of it.
    pub typed: Edit,
}

/// A way to retry.
#[derive(Debug, Clone, PartialEq)]
pub enum Choice {
    /// From this stage on; none: from what failed.
    From(Option<String>),
    /// With other inputs.
    Inputs,
}

/// From where to retry.
#[derive(Debug, Clone, PartialEq)]
pub struct RetryMenu {
    /// These.
    pub ids: Vec<String>,
    /// What can be chosen: the words, and what they mean.
    pub choices: Vec<(String, Choice)>,
    /// The one that Enter takes.
    pub chosen: usize,
}
