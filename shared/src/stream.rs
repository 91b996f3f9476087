//! Frames of the event stream, `GET /api/events`: JSON text frames told apart by `type`.

use crate::workflow::WorkflowView;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A frame that the daemon sends. Unknown types read as `Unknown`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(
    tag = "type",
    rename_all = "snake_case",
    rename_all_fields = "camelCase"
)]
pub enum Frame {
    /// First of all.
    Hello {
        /// The protocol's version.
        protocol: u32,
        /// The daemon's.
        version: String,
        /// Its box's name.
        host: String,
        /// Made with the database, stays over restarts.
        instance: String,
        /// The last event's number.
        seq: u64,
    },
    /// Everything there is to know at `seq`.
    Snapshot {
        /// The number that the events after it follow.
        seq: u64,
        /// Active ones, and those failed in the last 24 h.
        workflows: Vec<WorkflowView>,
        /// As `/api/workers`.
        queue: Value,
        /// Counts.
        webhooks: Value,
        /// As `/api/attention`.
        attention: Value,
    },
    /// Durable, without a gap.
    Event {
        /// Its number.
        seq: u64,
        /// When.
        timestamp: String,
        /// Null for endpoint, box, disk, schedule.
        workflow_id: Option<String>,
        /// `workflow.created`, `stage.started`…
        kind: String,
        /// By kind.
        data: Value,
        /// The workflow afterwards.
        workflow: Option<Box<WorkflowView>>,
    },
    /// Lossy, no number.
    Progress {
        /// Whose.
        workflow_id: String,
        /// The stage's id.
        stage: String,
        /// The stage's, 0–100.
        progress: f64,
        /// The workflow's, 0–100.
        workflow_progress: f64,
        /// In words.
        message: Option<String>,
        /// Seconds.
        eta_seconds: Option<f64>,
    },
    /// A line of a subscribed log.
    Log {
        /// Whose.
        workflow_id: String,
        /// The stage's id.
        stage: String,
        /// When.
        timestamp: String,
        /// `debug info warn error`
        level: String,
        /// Without the line end.
        line: String,
        /// Resumes after this one.
        offset: u64,
    },
    /// A word for a user (document 003).
    Notification {
        /// Its fields.
        #[serde(flatten)]
        fields: serde_json::Map<String, Value>,
    },
    /// Too slow: a fresh snapshot follows.
    Lagged,
    /// Every 10 s.
    Ping,
    /// A type that this reader doesn't know.
    #[serde(other)]
    Unknown,
}

/// What a client may send at any time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ClientFrame {
    /// Replaces the set of followed logs.
    Subscribe {
        /// These, each from its offset on.
        logs: Vec<LogSubscription>,
    },
}

/// A log to follow.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogSubscription {
    /// The workflow's id.
    pub id: String,
    /// Only this stage's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stage: Option<String>,
    /// The first offset wanted; without it from the beginning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offset: Option<u64>,
}
