//! What the dashboard asks of the daemon, as method, path and body: the one place that knows routes.

use reel_shared::client::Method;
use reel_shared::request::{PriorityRequest, RetryRequest};
use serde_json::{Value, json};

/// An act on one workflow.
#[derive(Debug, Clone, PartialEq)]
pub enum Act {
    /// Cancel it.
    Cancel,
    /// Try again; from this stage on, where one is named.
    Retry {
        /// A stage's id.
        from: Option<String>,
    },
    /// Hold it.
    Pause,
    /// Let it go.
    Resume,
    /// Move it in the queue.
    Priority(i32),
}

impl Act {
    /// For a row and for toasts, while it is under way.
    #[must_use]
    pub fn under_way(&self) -> &'static str {
        match self {
            Self::Cancel => "cancelling",
            Self::Retry { .. } => "retrying",
            Self::Pause => "pausing",
            Self::Resume => "resuming",
            Self::Priority(_) => "moving",
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
        }
    }
}

/// A request.
#[derive(Debug, Clone, PartialEq)]
pub enum Call {
    /// Change a workflow.
    Act {
        /// Whose.
        id: String,
        /// How.
        act: Act,
    },
    /// Why it waits.
    Why {
        /// Whose.
        id: String,
    },
    /// The workflow whole, with its transitions.
    Show {
        /// Whose.
        id: String,
    },
    /// Its numbered events.
    Events {
        /// Whose.
        id: String,
        /// Behind this number.
        after: u64,
    },
    /// A page of what ended.
    History {
        /// From this one on.
        offset: u64,
    },
    /// What waits for a person.
    Attention,
    /// Slots and places in line.
    Workers,
}

/// How many events or history rows one call asks for.
pub const PAGE: u64 = 200;

/// Why a call has no answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Failure {
    /// In words, with the remedy where there is one.
    pub message: String,
    /// The HTTP status of a refusal.
    pub status: Option<u16>,
    /// The daemon may have acted all the same.
    pub uncertain: bool,
}

impl Call {
    /// Method, path and body.
    #[must_use]
    pub fn request(&self) -> (Method, String, Option<Value>) {
        match self {
            Self::Act { id, act } => {
                let id = reel_shared::client::segment(id);
                let (word, body) = match act {
                    Act::Cancel => ("cancel", json!({})),
                    Act::Retry { from } => (
                        "retry",
                        body(&RetryRequest {
                            from: from.clone(),
                            ..RetryRequest::default()
                        }),
                    ),
                    Act::Pause => ("pause", json!({})),
                    Act::Resume => ("resume", json!({})),
                    Act::Priority(priority) => (
                        "priority",
                        body(&PriorityRequest {
                            priority: i64::from(*priority),
                        }),
                    ),
                };
                (
                    Method::POST,
                    format!("/api/workflow/{id}/{word}"),
                    Some(body),
                )
            }
            Self::Why { id } => get(format!(
                "/api/workflow/{}/why",
                reel_shared::client::segment(id)
            )),
            Self::Show { id } => get(format!(
                "/api/workflow/status/{}",
                reel_shared::client::segment(id)
            )),
            Self::Events { id, after } => get(format!(
                "/api/workflow/{}/events?after={after}&limit={PAGE}",
                reel_shared::client::segment(id)
            )),
            Self::History { offset } => get(format!(
                "/api/workflow/history?limit={PAGE}&offset={offset}"
            )),
            Self::Attention => get("/api/attention".to_owned()),
            Self::Workers => get("/api/workers".to_owned()),
        }
    }

    /// It changes something.
    #[must_use]
    pub fn is_act(&self) -> bool {
        matches!(self, Self::Act { .. })
    }
}

fn get(path: String) -> (Method, String, Option<Value>) {
    (Method::GET, path, None)
}

fn body(request: &impl serde::Serialize) -> Value {
    serde_json::to_value(request).unwrap_or_else(|_| json!({}))
}
