//! What stands over the screen and takes the keys until it is closed.

use super::call::Act;
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

/// A question before an act. It means the ids it names; when one of them changes so that the act no longer fits, it closes.
#[derive(Debug, Clone, PartialEq)]
pub struct Confirm {
    /// What would be done.
    pub act: Act,
    /// To these.
    pub ids: Vec<String>,
    /// What is asked, and what would be lost, a line each.
    pub lines: Vec<String>,
    /// More than a few: the count is typed instead of `y`.
    pub typed: Option<Edit>,
}

/// From where to retry.
#[derive(Debug, Clone, PartialEq)]
pub struct RetryMenu {
    /// These.
    pub ids: Vec<String>,
    /// What can be chosen: the words, and the stage to begin with.
    pub choices: Vec<(String, Option<String>)>,
    /// The one that Enter takes.
    pub chosen: usize,
}
