//! Frames as text. One that many get is encoded by whoever needs it first.

use crate::api::{Api, logs, show, view};
use crate::domain::Workflow;
use crate::engine::feed::{Committed, ProgressTick};
use crate::store::events::EventRow;
use reel_shared::stream::Frame;
use reel_shared::workflow::WorkflowView;
use serde::Serialize;
use serde_json::value::RawValue;
use std::sync::Arc;

/// An event with its data as it is stored: never parsed to be sent.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Event<'a> {
    r#type: &'static str,
    seq: u64,
    timestamp: String,
    workflow_id: Option<&'a str>,
    kind: &'a str,
    data: &'a RawValue,
    workflow: Option<WorkflowView>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Progress<'a> {
    r#type: &'static str,
    workflow_id: &'a str,
    stage: &'a str,
    progress: f64,
    workflow_progress: f64,
    message: Option<&'a str>,
    eta_seconds: Option<f64>,
}

/// Plain data always has a JSON form; should it not, the frame is left out rather than sent broken.
fn text(frame: &impl Serialize) -> Arc<str> {
    match serde_json::to_string(frame) {
        Ok(text) => text.into(),
        Err(error) => {
            tracing::error!(component = "HTTP", %error, "a frame has no JSON form");
            Arc::from("")
        }
    }
}

/// A frame of the shared kinds.
pub(super) fn plain(frame: &Frame) -> Arc<str> {
    text(frame)
}

fn raw(data: &str) -> &RawValue {
    serde_json::from_str(data).unwrap_or(RawValue::NULL)
}

/// A committed event's frame.
pub(super) fn event(api: &Api, event: &Committed) -> Arc<str> {
    let made = event.frame.get_or_init(|| {
        text(&Event {
            r#type: "event",
            seq: event.seq,
            timestamp: view::time::text(event.at),
            workflow_id: event.workflow_id.as_deref(),
            kind: event.kind,
            data: raw(&event.data),
            workflow: event
                .workflow
                .as_ref()
                .map(|workflow| api.show_at_hand(workflow)),
        })
    });
    Arc::clone(made)
}

/// A stored event's frame, with its workflow as it stands now.
pub(super) fn stored(api: &Api, row: &EventRow, workflow: Option<&Workflow>) -> Arc<str> {
    text(&Event {
        r#type: "event",
        seq: row.seq,
        timestamp: view::time::text(row.at),
        workflow_id: row.workflow_id.as_deref(),
        kind: &row.kind,
        data: raw(&row.data),
        workflow: workflow.map(|workflow| show(&api.engine().insight(), workflow)),
    })
}

/// A progress tick's frame.
pub(super) fn progress(api: &Api, tick: &ProgressTick) -> Arc<str> {
    let tenth = |value: f64| (value * 10.0).floor() / 10.0;
    let made = tick.frame.get_or_init(|| {
        text(&Progress {
            r#type: "progress",
            workflow_id: &tick.workflow_id,
            stage: &tick.stage,
            progress: tenth(tick.progress),
            workflow_progress: tenth(tick.workflow_progress).min(99.9),
            message: tick.message.as_deref(),
            eta_seconds: api
                .engine()
                .insight()
                .of(&tick.workflow)
                .eta
                .map(|(_, likely, _)| tenth(likely)),
        })
    });
    Arc::clone(made)
}

/// A log line's frame.
pub(super) fn log(workflow: &str, line: logs::Line) -> Arc<str> {
    plain(&Frame::Log {
        workflow_id: workflow.to_owned(),
        stage: line.stage.to_string(),
        timestamp: line.timestamp,
        level: line.level.word().to_owned(),
        line: line.text,
        offset: line.offset,
    })
}
