//! When each stage ran and waited, put together from a workflow's numbered events: what the timeline draws.

use super::row::{Row, unix_ms};
use serde::Deserialize;
use serde_json::Value;

/// What a stage did for a while.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doing {
    /// It ran, to its end or until now.
    Ran,
    /// A try that failed or was lost.
    Failed,
    /// It waited: for a retry, a person, a time, a callback.
    Waited,
}

/// A stretch of a stage's life.
#[derive(Debug, Clone, PartialEq)]
pub struct Span {
    /// The stage's id.
    pub stage: String,
    /// What.
    pub doing: Doing,
    /// Unix milliseconds.
    pub from_ms: i64,
    /// Unix milliseconds; none while it goes on.
    pub to_ms: Option<i64>,
    /// What was waited for, or why a try failed; empty where nothing was told.
    pub why: String,
}

/// One numbered event, as `/api/workflow/{id}/events` lists it.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct EventLine {
    /// Its number.
    pub seq: u64,
    /// When.
    pub timestamp: String,
    /// `stage.started`…
    pub kind: String,
    /// By kind.
    pub data: Value,
}

impl EventLine {
    /// A text of its data.
    #[must_use]
    pub fn text(&self, key: &str) -> Option<&str> {
        self.data.get(key).and_then(Value::as_str)
    }
}

/// The stretches of each stage, in the order they began. Without events (not loaded yet) the rows' own times serve.
#[must_use]
pub fn spans<'a>(row: &Row, events: impl Iterator<Item = &'a EventLine>) -> Vec<Span> {
    let mut spans: Vec<Span> = Vec::new();
    for event in events {
        let (Some(at), Some(stage)) = (unix_ms(&event.timestamp), event.text("stage")) else {
            continue;
        };
        let begins = match event.kind.as_str() {
            "stage.started" => Some(Doing::Ran),
            "stage.waiting" | "stage.ready" => Some(Doing::Waited),
            _ => None,
        };
        let fails = matches!(
            event.kind.as_str(),
            "stage.failed" | "stage.lost" | "stage.waiting"
        );
        let ends = begins.is_some()
            || fails
            || matches!(
                event.kind.as_str(),
                "stage.completed" | "stage.ready" | "stage.cancelled" | "stage.not_begun"
            );
        if !ends {
            continue;
        }
        if let Some(open) = spans
            .iter_mut()
            .rev()
            .find(|span| span.stage == stage && span.to_ms.is_none())
        {
            open.to_ms = Some(at);
            if fails && open.doing == Doing::Ran && !waits_unfailed(event) {
                open.doing = Doing::Failed;
                open.why = said(&event.data, "error", "message");
            }
        }
        if let Some(doing) = begins {
            spans.push(Span {
                stage: stage.to_owned(),
                doing,
                from_ms: at,
                to_ms: None,
                why: waited_for(event),
            });
        }
    }
    for stage in &row.stages {
        let known = spans.iter().any(|span| span.stage == stage.id);
        if let (false, Some(from_ms)) = (known, stage.started_ms) {
            let doing = if stage.view.status == "failed" {
                Doing::Failed
            } else {
                Doing::Ran
            };
            spans.push(Span {
                stage: stage.id.clone(),
                doing,
                from_ms,
                to_ms: stage.completed_ms,
                why: String::new(),
            });
        }
    }
    close_ended(row, &mut spans);
    spans
}

fn said(data: &Value, object: &str, key: &str) -> String {
    let text = data[object][key]
        .as_str()
        .or_else(|| data["reason"].as_str());
    super::log::clean(text.unwrap_or_default())
}

/// What a wait is for, in a word or the stage's own words.
fn waited_for(event: &EventLine) -> String {
    match event.kind.as_str() {
        "stage.ready" => "slot".to_owned(),
        "stage.waiting" => {
            let reason = event.data["wait"]["reason"].as_str().unwrap_or_default();
            match event.data["wait"]["for"].as_str() {
                Some(word) if reason.is_empty() => word.to_owned(),
                Some(word) => super::log::clean(&format!("{word}: {reason}")),
                None => String::new(),
            }
        }
        _ => String::new(),
    }
}

/// Time that a stage lost waiting, over all its waits for the same thing.
#[derive(Debug, Clone, PartialEq)]
pub struct Lost {
    /// The stage's place in the row.
    pub stage: usize,
    /// What was waited for.
    pub why: String,
    /// In milliseconds.
    pub total_ms: i64,
    /// From when to when; none while it goes on.
    pub stretches: Vec<(i64, Option<i64>)>,
}

/// Shorter waits are no loss, in milliseconds.
const NO_LOSS_MS: i64 = 1_000;

/// What each stage lost, by what it waited for, at `now_ms`.
#[must_use]
pub fn lost(row: &Row, spans: &[Span], now_ms: i64) -> Vec<Lost> {
    let mut found: Vec<Lost> = Vec::new();
    for span in spans.iter().filter(|span| span.doing == Doing::Waited) {
        let Some(stage) = row.stages.iter().position(|stage| stage.id == span.stage) else {
            continue;
        };
        let word = span.why.split(':').next().unwrap_or_default();
        let took = (span.to_ms.unwrap_or(now_ms) - span.from_ms).max(0);
        let stretch = (span.from_ms, span.to_ms);
        match found
            .iter_mut()
            .find(|one| one.stage == stage && one.why == word)
        {
            Some(one) => {
                one.total_ms += took;
                one.stretches.push(stretch);
            }
            None => found.push(Lost {
                stage,
                why: word.to_owned(),
                total_ms: took,
                stretches: vec![stretch],
            }),
        }
    }
    found.retain(|one| one.total_ms >= NO_LOSS_MS);
    found
}

/// The stages that made it take as long as it did: from the one that ended last back to what it waited for.
#[must_use]
pub fn critical(row: &Row) -> Vec<String> {
    let end = |id: &str| {
        row.stages
            .iter()
            .find(|stage| stage.id == id)
            .and_then(|stage| stage.completed_ms.or(stage.started_ms.map(|_| i64::MAX)))
    };
    let begun = row.stages.iter().filter(|stage| stage.started_ms.is_some());
    let Some(mut at) = begun.max_by_key(|stage| (end(&stage.id), stage.started_ms)) else {
        return Vec::new();
    };
    let mut path = vec![at.id.clone()];
    while path.len() < row.stages.len() {
        let needed = row
            .stages
            .iter()
            .filter(|stage| at.view.needs.contains(&stage.id) && stage.started_ms.is_some())
            .max_by_key(|stage| end(&stage.id));
        let Some(before) = needed.filter(|stage| !path.contains(&stage.id)) else {
            break;
        };
        at = before;
        path.push(at.id.clone());
    }
    path.reverse();
    path
}

/// Parked for a person, a time or a callback: the run before it was no failure.
fn waits_unfailed(event: &EventLine) -> bool {
    event.kind == "stage.waiting"
        && event.data.get("error").is_none_or(Value::is_null)
        && event.data.get("failure").is_none_or(Value::is_null)
}

/// Nothing of a workflow that ended still goes on, even if its last events are not here.
fn close_ended(row: &Row, spans: &mut [Span]) {
    let Some(end) = row
        .completed_ms
        .or((!row.is_active()).then_some(row.updated_ms))
    else {
        return;
    };
    for span in spans.iter_mut().filter(|span| span.to_ms.is_none()) {
        span.to_ms = Some(end.max(span.from_ms));
    }
}
