//! The workflow object: the one shape of listings, `show`, snapshot and event post-state (document 000's
//! `WorkflowStatus`, grown as INTERFACE says). Times are RFC 3339 UTC with milliseconds, as text.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// One workflow.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct WorkflowView {
    /// Its id.
    pub id: String,
    /// The same.
    pub video_id: String,
    /// The pipeline's name.
    pub pipeline: String,
    /// For people.
    pub name: String,
    /// Who submitted it.
    pub user_id: String,
    /// The outside service's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub execution_id: Option<String>,
    /// A word of INTERFACE's states.
    pub status: String,
    /// The first stage `in_progress`, else the status.
    pub current_state: String,
    /// 0–100, at most one decimal.
    pub progress: f64,
    /// Last progress text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// 1, and one more with each retry.
    pub attempt: u32,
    /// Larger first.
    pub priority: i32,
    /// For filters.
    pub labels: BTreeMap<String, String>,
    /// As checked.
    pub params: Map<String, Value>,
    /// When it was submitted.
    pub created_at: String,
    /// `created_at` until it starts.
    pub started_at: String,
    /// When anything last changed.
    pub updated_at: String,
    /// When it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub completed_at: Option<String>,
    /// Seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub estimated_time_remaining: Option<f64>,
    /// Seconds, optimistic.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub eta_low: Option<f64>,
    /// Seconds, pessimistic.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub eta_high: Option<f64>,
    /// From 1, while it waits for its first slot.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub queue_position: Option<u64>,
    /// Why it waits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waiting_for: Option<WaitingFor>,
    /// What a person is asked.
    pub gates: Vec<Gate>,
    /// What was answered.
    pub answers: Vec<AnswerView>,
    /// Cancel was asked, processes still end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cancelling: Option<bool>,
    /// Pause was asked, the stage still runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pausing: Option<bool>,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<ErrorView>,
    /// What it gave.
    pub outputs: Map<String, Value>,
    /// Where it runs or ran.
    #[serde(rename = "box", skip_serializing_if = "Option::is_none")]
    pub box_name: Option<String>,
    /// Ids.
    pub depends_on: Vec<String>,
    /// Transitions, the last 200; filled on `status/{id}` and `show`.
    pub logs: Vec<LogEntry>,
    /// By stage id, in the pipeline's order.
    pub stages: Map<String, Value>,
}

/// Why something waits.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct WaitingFor {
    /// `slot dependency time quota approval callback box`
    pub kind: String,
    /// In words.
    pub message: String,
    /// Until about when.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
}

/// An open gate.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Gate {
    /// An approval's stage.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stage: Option<String>,
    /// `clarification confirmation approval`
    pub kind: String,
    /// What is asked.
    pub questions: Vec<QuestionView>,
    /// The default is taken then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deadline: Option<String>,
}

/// One question of a gate.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct QuestionView {
    /// The parameter.
    pub key: String,
    /// In words.
    pub question: String,
    /// Its type.
    #[serde(rename = "type")]
    pub kind: String,
    /// Allowed values.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub options: Option<Vec<String>>,
    /// Taken when nothing is said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default: Option<Value>,
    /// Must be answered.
    pub required: bool,
}

/// An answer that was given.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct AnswerView {
    /// An approval's stage.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stage: Option<String>,
    /// What was asked.
    pub key: String,
    /// What was said.
    pub value: Value,
    /// Who.
    pub by: String,
    /// When.
    pub at: String,
}

/// Why a workflow failed.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ErrorView {
    /// A short stable word.
    pub code: String,
    /// A word of INTERFACE's error classes.
    pub class: String,
    /// What happened.
    pub message: String,
    /// Where.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stage: Option<String>,
    /// What a person can do.
    pub hint: String,
}

/// A transition (document 000's `WorkflowLogEntry`).
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct LogEntry {
    /// Whose.
    pub video_id: String,
    /// When.
    pub timestamp: String,
    /// Into this.
    pub state: String,
    /// Out of that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub previous_state: Option<String>,
    /// Milliseconds spent in `previous_state`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration: Option<u64>,
    /// `progress`, `details`, `error {message, stack, code}`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Value>,
}

/// A stage, as it stands in `stages`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct StageView {
    /// For people.
    pub title: String,
    /// A word of INTERFACE's stage states.
    pub status: String,
    /// 0–100.
    pub progress: f64,
    /// Begun so far, over retries of the workflow too.
    pub attempts: u32,
    /// Tries begun since the workflow's last start: those that its retries are counted by. A look at what a service still makes, a
    /// wait for a limit and a loss are attempts, and no tries.
    #[serde(default)]
    pub tries: u32,
    /// When.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started_at: Option<String>,
    /// When.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub completed_at: Option<String>,
    /// Milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration: Option<u64>,
    /// In words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// Ids of stages before it.
    pub needs: Vec<String>,
    /// Where.
    #[serde(rename = "box", skip_serializing_if = "Option::is_none")]
    pub box_name: Option<String>,
    /// What it gave.
    pub outputs: Map<String, Value>,
}

impl WorkflowView {
    /// The stages in the pipeline's order; what can't be read is passed over.
    pub fn stage_views(&self) -> impl Iterator<Item = (&str, StageView)> {
        self.stages.iter().filter_map(|(id, value)| {
            serde_json::from_value(value.clone())
                .ok()
                .map(|view| (id.as_str(), view))
        })
    }
}
