//! What changes something at a daemon: acts on workflows, deeds on anything else, each with its verb and its request.

use crate::model::key;
use reel_shared::client::{Method, segment};
use reel_shared::request::{
    ClarifyRequest, ConfirmRequest, DrainRequest, ExtendRequest, PriorityRequest, RetryRequest,
};
use serde_json::{Map, Value, json};

/// An act on one workflow.
#[derive(Debug, Clone, PartialEq)]
pub enum Act {
    /// Cancel it.
    Cancel,
    /// Try again.
    Retry {
        /// From this stage's id on, where one is named.
        from: Option<String>,
        /// Other values of parameters.
        params: Map<String, Value>,
    },
    /// Hold it.
    Pause,
    /// Let it go.
    Resume,
    /// Move it in the queue.
    Priority(i32),
    /// Remove it with its logs and files.
    Delete,
    /// Answer its questions.
    Answer {
        /// The stage that asks, for an approval.
        stage: Option<String>,
        /// By the question's key.
        responses: Map<String, Value>,
    },
    /// Give what asks more time before its deadline.
    Extend {
        /// The stage that asks, for an approval.
        stage: Option<String>,
        /// How much: `30m`.
        by: String,
    },
    /// Let it go on, or refuse.
    Confirm {
        /// The stage that asks, for an approval.
        stage: Option<String>,
        /// It may.
        yes: bool,
    },
}

impl Act {
    /// A retry from what failed, with the same inputs.
    #[must_use]
    pub fn retry(from: Option<String>) -> Self {
        Self::Retry {
            from,
            params: Map::new(),
        }
    }

    /// For a row and for toasts, while it is under way.
    #[must_use]
    pub fn under_way(&self) -> &'static str {
        match self {
            Self::Cancel => "cancelling",
            Self::Retry { .. } => "retrying",
            Self::Pause => "pausing",
            Self::Resume => "resuming",
            Self::Priority(_) => "moving",
            Self::Delete => "deleting",
            Self::Answer { .. } | Self::Confirm { .. } => "answering",
            Self::Extend { .. } => "extending",
        }
    }

    /// The verb, for messages.
    #[must_use]
    pub fn verb(&self) -> &'static str {
        match self {
            Self::Cancel => "cancel",
            Self::Retry { .. } => "retry",
            Self::Pause => "pause",
            Self::Resume => "resume",
            Self::Priority(_) => "priority",
            Self::Delete => "delete",
            Self::Answer { .. } => "answer",
            Self::Extend { .. } => "extend",
            Self::Confirm { yes: true, .. } => "confirm",
            Self::Confirm { yes: false, .. } => "refuse",
        }
    }

    pub(super) fn request(&self) -> (&'static str, Value) {
        match self {
            Self::Cancel => ("cancel", json!({})),
            Self::Retry { from, params } => {
                let (from, params) = (from.clone(), params.clone());
                ("retry", body(&RetryRequest { from, params }))
            }
            Self::Pause => ("pause", json!({})),
            Self::Resume => ("resume", json!({})),
            Self::Priority(priority) => {
                let priority = i64::from(*priority);
                ("priority", body(&PriorityRequest { priority }))
            }
            Self::Delete => ("", json!({})),
            Self::Answer { stage, responses } => {
                let (stage, responses) = (stage.clone(), responses.clone());
                ("clarify", body(&ClarifyRequest { responses, stage }))
            }
            Self::Extend { stage, by } => {
                let (by, stage) = (Some(by.clone()), stage.clone());
                let until = None;
                ("extend", body(&ExtendRequest { by, until, stage }))
            }
            Self::Confirm { stage, yes } => {
                let (confirmed, stage) = (Some(*yes), stage.clone());
                ("confirm", body(&ConfirmRequest { confirmed, stage }))
            }
        }
    }
}

/// An act on something else than a workflow.
#[derive(Debug, Clone, PartialEq)]
pub enum Deed {
    /// Send a failed delivery again.
    Replay(String),
    /// Send every failed delivery again.
    ReplayAll,
    /// Enable an endpoint, or disable it.
    Enable(String, bool),
    /// Give an endpoint a new secret.
    Rotate(String),
    /// Send an endpoint a test.
    Ping(String),
    /// A box takes no more; none: the daemon's own.
    Drain(String),
    /// A box takes work again.
    Undrain(String),
}

impl Deed {
    /// The verb, for messages.
    #[must_use]
    pub fn verb(&self) -> &'static str {
        match self {
            Self::Replay(_) | Self::ReplayAll => "replay",
            Self::Enable(_, true) => "enable",
            Self::Enable(_, false) => "disable",
            Self::Rotate(_) => "rotate the secret of",
            Self::Ping(_) => "test",
            Self::Drain(_) => "drain",
            Self::Undrain(_) => "undrain",
        }
    }

    /// What it is done to, for messages.
    #[must_use]
    pub fn target(&self) -> &str {
        match self {
            Self::Replay(key) | Self::Enable(key, _) | Self::Rotate(key) | Self::Ping(key) => {
                key::id(key)
            }
            Self::ReplayAll => "all failed deliveries",
            Self::Drain(name) | Self::Undrain(name) => name,
        }
    }

    pub(super) fn request(&self) -> (Method, String, Option<Value>) {
        let post = |path: String, body: Value| (Method::POST, path, Some(body));
        let at = |key: &str| segment(key::id(key));
        match self {
            Self::Replay(key) => post(format!("/api/webhooks/failed/{}/retry", at(key)), json!({})),
            Self::ReplayAll => post("/api/webhooks/failed/retry".to_owned(), json!({})),
            Self::Enable(key, active) => (
                Method::PATCH,
                format!("/api/webhooks/{}", at(key)),
                Some(json!({ "active": active })),
            ),
            Self::Rotate(key) => post(
                format!("/api/webhooks/{}/rotate-secret", at(key)),
                json!({}),
            ),
            Self::Ping(key) => post(format!("/api/webhooks/{}/test", at(key)), json!({})),
            Self::Drain(name) => post("/api/drain".to_owned(), drained(name)),
            Self::Undrain(name) => post("/api/undrain".to_owned(), drained(name)),
        }
    }
}

fn drained(name: &str) -> Value {
    body(&DrainRequest {
        box_name: Some(name.to_owned()),
    })
}

fn body(request: &impl serde::Serialize) -> Value {
    serde_json::to_value(request).unwrap_or_else(|_| json!({}))
}
