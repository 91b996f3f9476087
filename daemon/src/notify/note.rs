//! One thing worth telling: what it is called, what makes two of them equal, and its words.

use crate::config::Rules;
use crate::domain::Workflow;
use crate::domain::pipeline::ErrorClass;
use crate::domain::workflow::{Failure, State};
use crate::store::events::EventRow;
use serde_json::Value;
use std::collections::BTreeMap;

/// Something to tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// Every name it goes by: the log's, the webhooks', the notifications'.
    pub names: Vec<&'static str>,
    /// The kind in the log, where it has no name here.
    pub kind: String,
    /// Equal notes have the same.
    pub key: String,
    /// One line.
    pub title: String,
    /// Why, what happens next, how to act: a line each.
    pub lines: Vec<String>,
    /// The workflow it is about.
    pub workflow: Option<String>,
    /// Its pipeline.
    pub pipeline: Option<String>,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
}

impl Note {
    /// A note about the house itself.
    #[must_use]
    pub fn of_house(name: &'static str, title: String, lines: Vec<String>) -> Self {
        Self {
            names: vec![name],
            kind: name.to_owned(),
            key: format!("{name} {title}"),
            title,
            lines,
            workflow: None,
            pipeline: None,
            labels: BTreeMap::new(),
        }
    }

    /// Whether somebody asked to be told.
    #[must_use]
    pub fn is_wanted(&self, rules: &Rules) -> bool {
        let named = |event: &String| {
            event == &self.kind
                || self.names.contains(&event.as_str())
                || event == "*" && !self.names.is_empty()
        };
        let pipeline = |name: &String| rules.pipelines.is_empty() || rules.pipelines.contains(name);
        rules.events.iter().any(named)
            && self.pipeline.as_ref().is_none_or(pipeline)
            && (self.pipeline.is_none()
                || rules
                    .labels
                    .iter()
                    .all(|(key, value)| self.labels.get(key) == Some(value)))
    }
}

/// The names that a kind of the log goes by outside; none: it is told only where it is asked for by its kind.
fn names(kind: &str, pipeline: Option<&str>) -> Vec<&'static str> {
    let generation = pipeline == Some("generation");
    match kind {
        "workflow.completed" if generation => vec!["video.completed", "generation.completed"],
        "workflow.failed" if generation => vec!["video.failed", "generation.failed"],
        "workflow.started" if generation => vec!["generation.started"],
        "workflow.completed" => vec!["video.completed"],
        "workflow.failed" => vec!["video.failed"],
        "endpoint.disabled" => vec!["endpoint_disabled", "endpoint.disabled"],
        "disk.low" => vec!["disk_low"],
        "box.lost" => vec!["box_lost"],
        _ => Vec::new(),
    }
}

/// An event of the log as a note.
#[must_use]
pub fn of_event(event: &EventRow, workflow: Option<&Workflow>) -> Note {
    let data: Value = serde_json::from_str(&event.data).unwrap_or_default();
    let names = names(
        &event.kind,
        workflow.map(|workflow| workflow.plan.name.as_str()),
    );
    let (title, lines, key) = match (event.kind.as_str(), workflow) {
        ("endpoint.disabled", _) => endpoint(&data),
        ("disk.low", _) => (
            "the disk is nearly full".to_owned(),
            vec![
                format!(
                    "Why: {} bytes are free where the data directory is.",
                    data["freeBytes"]
                ),
                "Next: nothing new starts; what runs goes on.".to_owned(),
                "Act: free some space; it resumes by itself.".to_owned(),
            ],
            "disk.low".to_owned(),
        ),
        (_, Some(workflow)) => of_workflow(event, workflow, &data),
        (kind, None) => (
            kind.replace('.', " "),
            vec![event.data.clone()],
            format!("{kind} {}", event.data),
        ),
    };
    Note {
        names,
        kind: event.kind.clone(),
        key,
        title,
        lines,
        workflow: event.workflow_id.clone(),
        pipeline: workflow.map(|workflow| workflow.plan.name.clone()),
        labels: workflow
            .map(|workflow| workflow.labels.clone())
            .unwrap_or_default(),
    }
}

fn endpoint(data: &Value) -> (String, Vec<String>, String) {
    let text = |name: &str| data[name].as_str().unwrap_or_default().to_owned();
    let lines = vec![
        format!("Why: {}.", text("reason")),
        "Next: nothing is sent to it; what waits is kept.".to_owned(),
        format!("Act: {}.", text("remedy")),
    ];
    (
        format!("webhook {} to {} is off", text("webhookId"), text("url")),
        lines,
        format!("endpoint {}", text("webhookId")),
    )
}

fn of_workflow(
    event: &EventRow,
    workflow: &Workflow,
    data: &Value,
) -> (String, Vec<String>, String) {
    let pipeline = &workflow.plan.name;
    let called = if workflow.name == workflow.id {
        format!("{pipeline} {}", workflow.id)
    } else {
        format!("{pipeline} `{}` ({})", workflow.name, workflow.id)
    };
    match (&workflow.state, event.kind.as_str()) {
        (State::Failed(failure), "workflow.failed") => {
            let stage = failure.stage.as_deref().unwrap_or("the start");
            let key = format!(
                "{pipeline} {stage} {} {} {}",
                failure.class.word(),
                failure.code,
                said(failure)
            );
            (
                format!("{called} failed at {stage}"),
                failed(workflow, failure),
                key,
            )
        }
        (_, "workflow.completed") => {
            let lines = workflow
                .outputs
                .get("videoPath")
                .and_then(crate::domain::Value::as_text);
            let lines = lines
                .map(|path| format!("Result: {path}"))
                .into_iter()
                .collect();
            (
                format!("{called} is done"),
                lines,
                format!("{pipeline} completed"),
            )
        }
        (_, kind) => {
            let stage = data["stage"]
                .as_str()
                .map(|stage| format!(" at {stage}"))
                .unwrap_or_default();
            let why = data["error"]["message"]
                .as_str()
                .or_else(|| data["wait"]["reason"].as_str());
            let lines = why.map(|why| format!("Why: {why}")).into_iter().collect();
            let word = kind.replace(['.', '_'], " ");
            let key = format!("{pipeline} {kind}{stage} {}", data["error"]["class"]);
            (format!("{called}: {word}{stage}"), lines, key)
        }
    }
}

fn failed(workflow: &Workflow, failure: &Failure) -> Vec<String> {
    let place = workflow
        .stages
        .iter()
        .zip(&workflow.plan.stages)
        .find(|(_, spec)| Some(&spec.id) == failure.stage.as_ref());
    let mut lines = vec![format!(
        "Why: {} ({}, {}).",
        failure.message.trim_end_matches('.'),
        failure.class.word(),
        failure.code
    )];
    if let Some((stage, _)) = place {
        let on = stage
            .box_name
            .as_ref()
            .map(|name| format!(" on {name}"))
            .unwrap_or_default();
        lines.push(format!("Where: attempt {}{on}.", stage.attempts));
    }
    lines.push("Next: nothing more happens by itself.".to_owned());
    let hint = failure.hint.trim_end_matches('.');
    let retry = format!("reel retry {}", workflow.id);
    lines.push(if hint.is_empty() {
        format!("Act: {retry}")
    } else {
        format!("Act: {hint}; then {retry}")
    });
    lines
}

/// The first words of a failure, its numbers left out: what differs from one to the next.
fn said(failure: &Failure) -> String {
    if matches!(failure.class, ErrorClass::RateLimit | ErrorClass::Quota) {
        return String::new();
    }
    failure
        .message
        .chars()
        .filter(|c| !c.is_ascii_digit())
        .take(60)
        .collect()
}
