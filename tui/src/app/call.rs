//! What the dashboard asks of a daemon, as method, path and body: the one place that knows routes. What a call names, it
//! names by key: the key says which daemon is asked.

use crate::model::key;
use reel_shared::client::{Method, segment};
use serde_json::Value;

pub use super::act::{Act, Deed};

/// A request.
#[derive(Debug, Clone, PartialEq)]
pub enum Call {
    /// Change a workflow.
    Act {
        /// Whose key.
        id: String,
        /// How.
        act: Act,
    },
    /// Change something else.
    Deed {
        /// The daemon's number.
        daemon: usize,
        /// What.
        deed: Deed,
    },
    /// Why it waits.
    Why {
        /// Whose key.
        id: String,
    },
    /// The workflow whole, with its transitions.
    Show {
        /// Whose key.
        id: String,
    },
    /// Its numbered events.
    Events {
        /// Whose key.
        id: String,
        /// Behind this number.
        after: u64,
    },
    /// A page of what ended.
    History {
        /// The daemon's number.
        daemon: usize,
        /// From this one on.
        offset: u64,
        /// What the daemon is to look for.
        query: String,
    },
    /// The last good run of a pipeline.
    LastGood {
        /// Of which daemon, and beside which workflow it is put.
        id: String,
        /// The pipeline's name.
        pipeline: String,
    },
    /// Lines of a log, from its beginning.
    LogPage {
        /// Whose key.
        id: String,
    },
    /// Its picture, as bytes in base64.
    Picture {
        /// Whose key.
        id: String,
    },
    /// What ended lately, for the Stats screen.
    Ended {
        /// The daemon's number.
        daemon: usize,
        /// RFC 3339.
        since: String,
    },
    /// What waits for a person.
    Attention {
        /// The daemon's number.
        daemon: usize,
    },
    /// Slots and places in line.
    Workers {
        /// The daemon's number.
        daemon: usize,
    },
    /// Webhook endpoints.
    Endpoints {
        /// The daemon's number.
        daemon: usize,
    },
    /// Failed deliveries.
    Failed {
        /// The daemon's number.
        daemon: usize,
        /// From this one on.
        offset: u64,
    },
    /// An endpoint's deliveries.
    Deliveries {
        /// The endpoint's key.
        id: String,
        /// From this one on.
        offset: u64,
    },
    /// One delivery with its request.
    Delivery {
        /// Its key.
        id: String,
    },
    /// What happened, from a number back.
    Past {
        /// The daemon's number.
        daemon: usize,
        /// Older than this one; none: the newest.
        before: Option<u64>,
    },
    /// Numbers over a window of so many hours.
    Stats {
        /// The daemon's number.
        daemon: usize,
        /// How long.
        hours: u32,
    },
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
    /// The number of the daemon that is asked.
    #[must_use]
    pub fn daemon(&self) -> usize {
        match self {
            Self::Act { id, .. }
            | Self::Why { id }
            | Self::Show { id }
            | Self::Events { id, .. }
            | Self::LastGood { id, .. }
            | Self::LogPage { id }
            | Self::Picture { id }
            | Self::Deliveries { id, .. }
            | Self::Delivery { id } => key::split(id).0,
            Self::Deed { daemon, .. }
            | Self::History { daemon, .. }
            | Self::Ended { daemon, .. }
            | Self::Attention { daemon }
            | Self::Workers { daemon }
            | Self::Past { daemon, .. }
            | Self::Endpoints { daemon }
            | Self::Failed { daemon, .. }
            | Self::Stats { daemon, .. } => *daemon,
        }
    }

    /// Method, path and body.
    #[must_use]
    pub fn request(&self) -> (Method, String, Option<Value>) {
        let at = |id: &str| segment(key::id(id));
        match self {
            Self::Act {
                id,
                act: Act::Delete,
            } => (Method::DELETE, format!("/api/workflow/{}", at(id)), None),
            Self::Act { id, act } => {
                let (word, body) = act.request();
                (
                    Method::POST,
                    format!("/api/workflow/{}/{word}", at(id)),
                    Some(body),
                )
            }
            Self::Deed { deed, .. } => deed.request(),
            Self::Why { id } => get(format!("/api/workflow/{}/why", at(id))),
            Self::Show { id } => get(format!("/api/workflow/status/{}", at(id))),
            Self::Events { id, after } => get(format!(
                "/api/workflow/{}/events?after={after}&limit={PAGE}",
                at(id)
            )),
            Self::History { offset, query, .. } => get(format!(
                "/api/workflow/history?limit={PAGE}&offset={offset}{query}"
            )),
            Self::LastGood { pipeline, .. } => get(format!(
                "/api/workflow/history?limit=5&status=completed&pipeline={}",
                segment(pipeline)
            )),
            Self::LogPage { id } => get(format!("/api/workflow/{}/logs?limit={PAGE}", at(id))),
            Self::Picture { id } => get(format!("/api/v1/videos/jobs/{}/thumbnail", at(id))),
            Self::Ended { since, .. } => get(format!(
                "/api/workflow/history?limit={PAGE}&since={}",
                segment(since)
            )),
            Self::Past { before, .. } => {
                let before = before.map_or_else(String::new, |seq| format!("&before={seq}"));
                get(format!("/api/events/past?limit={PAGE}{before}"))
            }
            Self::Attention { .. } => get("/api/attention".to_owned()),
            Self::Workers { .. } => get("/api/workers".to_owned()),
            Self::Endpoints { .. } => get("/api/webhooks".to_owned()),
            Self::Failed { offset, .. } => {
                get(format!("/api/webhooks/failed?limit={PAGE}&offset={offset}"))
            }
            Self::Deliveries { id, offset } => get(format!(
                "/api/webhooks/{}/deliveries?limit={PAGE}&offset={offset}",
                at(id)
            )),
            Self::Delivery { id } => get(format!("/api/webhooks/deliveries/{}", at(id))),
            Self::Stats { hours, .. } => get(format!("/api/stats?window={hours}h")),
        }
    }

    /// It changes something.
    #[must_use]
    pub fn is_act(&self) -> bool {
        matches!(self, Self::Act { .. } | Self::Deed { .. })
    }
}

fn get(path: String) -> (Method, String, Option<Value>) {
    (Method::GET, path, None)
}
