//! Webhook endpoints and deliveries, as the daemon lists them.

use super::{key, row::unix_ms};
use serde::Deserialize;
use serde_json::Value;

/// An endpoint.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Endpoint {
    /// Its id; a key once read.
    pub webhook_id: String,
    /// Where it is.
    pub url: String,
    /// What it wants to hear.
    pub events: Vec<String>,
    /// It is sent to.
    pub active: bool,
    /// Why it is off.
    pub disabled_reason: Option<String>,
    /// It stands in the configuration.
    pub configured: bool,
    /// RFC 3339; since when nothing gets through.
    pub failing_since: Option<String>,
}

/// A delivery.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Delivery {
    /// Its id; a key once read.
    pub delivery_id: String,
    /// The endpoint's id; a key once read. None for a workflow's own `webhookUrl`.
    pub webhook_id: Option<String>,
    /// Where it goes.
    pub url: Option<String>,
    /// Whose event.
    pub video_id: Option<String>,
    /// The event's name.
    pub event_type: String,
    /// `pending`, `delivered` or `failed`.
    pub status: String,
    /// RFC 3339.
    pub created_at: Option<String>,
    /// RFC 3339.
    pub next_attempt_at: Option<String>,
    /// Oldest first.
    pub attempts: Vec<Attempt>,
    /// The request as the next attempt would send it; only where one delivery was asked for.
    pub request: Option<Value>,
}

/// One attempt at a delivery.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Attempt {
    /// From 1.
    pub number: u32,
    /// RFC 3339.
    pub at: String,
    /// The answer's HTTP status.
    pub status: Option<u16>,
    /// Milliseconds.
    pub latency: u64,
    /// Why there was no answer.
    pub error: Option<String>,
    /// The answer's beginning.
    pub response: Option<String>,
}

impl Attempt {
    /// How it went: `410`, or why there was no answer.
    #[must_use]
    pub fn outcome(&self) -> String {
        match (&self.error, self.status) {
            (Some(error), _) => error.clone(),
            (None, Some(status)) => status.to_string(),
            (None, None) => "no answer yet".to_owned(),
        }
    }

    /// The answer's first line with anything on it.
    #[must_use]
    pub fn said(&self) -> String {
        let text = self.response.as_deref().unwrap_or_default();
        let line = text.lines().find(|line| !line.trim().is_empty());
        super::log::clean(line.unwrap_or_default())
    }
}

impl Delivery {
    /// When it was made, in Unix milliseconds.
    #[must_use]
    pub fn created_ms(&self) -> Option<i64> {
        self.created_at
            .as_deref()
            .or_else(|| self.attempts.first().map(|first| first.at.as_str()))
            .and_then(unix_ms)
    }

    /// The answer that counts: the last one.
    #[must_use]
    pub fn last(&self) -> Option<&Attempt> {
        self.attempts.last()
    }

    /// The body that is sent, set out a field a line where it is JSON.
    #[must_use]
    pub fn body_lines(&self) -> Vec<String> {
        let body = self
            .request
            .as_ref()
            .and_then(|request| request["body"].as_str());
        match body.map(serde_json::from_str::<Value>) {
            Some(Ok(value)) => serde_json::to_string_pretty(&value)
                .unwrap_or_default()
                .lines()
                .map(str::to_owned)
                .collect(),
            Some(Err(_)) => body
                .unwrap_or_default()
                .lines()
                .map(super::log::clean)
                .collect(),
            None => Vec::new(),
        }
    }
}

/// Endpoints of `GET /api/webhooks` at this daemon.
pub fn endpoints(value: &Value, daemon: usize) -> Vec<Endpoint> {
    let listed = value["webhooks"].as_array().into_iter().flatten();
    listed
        .filter_map(|one| serde_json::from_value::<Endpoint>(one.clone()).ok())
        .map(|mut one| {
            one.webhook_id = key::of(daemon, &one.webhook_id);
            one
        })
        .collect()
}

/// Deliveries of a listing at this daemon, and how many there are in all.
pub fn deliveries(value: &Value, daemon: usize) -> (Vec<Delivery>, u64) {
    let listed = value["deliveries"].as_array().into_iter().flatten();
    let rows: Vec<Delivery> = listed.filter_map(|one| delivery(one, daemon)).collect();
    let total = value["total"].as_u64().unwrap_or(rows.len() as u64);
    (rows, total)
}

/// One delivery.
pub fn delivery(value: &Value, daemon: usize) -> Option<Delivery> {
    let mut one: Delivery = serde_json::from_value(value.clone()).ok()?;
    one.delivery_id = key::of(daemon, &one.delivery_id);
    one.webhook_id = one.webhook_id.map(|id| key::of(daemon, &id));
    one.video_id = one.video_id.map(|id| key::of(daemon, &id));
    Some(one)
}
