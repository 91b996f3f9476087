//! A workflow as document 004's job: durations in seconds, a cancel as a failure.

use super::super::videos::current_stage;
use super::super::words;
use crate::api::view::{self, time::text};
use crate::domain::Workflow;
use crate::domain::workflow::Status;
use crate::webhook::payload;
use reel_shared::workflow::WorkflowView;
use serde_json::{Value, json};

/// The job.
#[must_use]
pub fn job(workflow: &Workflow, view: &WorkflowView) -> Value {
    let status = workflow.status();
    let done = status == Status::Completed;
    #[allow(clippy::cast_possible_truncation, reason = "seconds, far below 2^53")]
    let left = view
        .estimated_time_remaining
        .map(|left| left.round() as i64);
    json!({
        "job_id": workflow.id,
        "job_type": payload::job_type(workflow),
        "status": words::job(words::standing(workflow)),
        "progress": view.progress,
        "current_stage": current_stage(workflow),
        "message": message(workflow, view),
        "eta_seconds": if status.is_terminal() { Some(0) } else { left },
        "created_at": text(workflow.created_at),
        "started_at": workflow.started_at.map(text),
        "completed_at": workflow.completed_at.map(text),
        "result": done.then(|| payload::job_result(workflow)),
        "error": error(workflow),
    })
}

/// Why it failed.
fn error(workflow: &Workflow) -> Option<Value> {
    if workflow.status() == Status::Cancelled {
        return Some(json!({ "code": "cancelled", "message": "it was cancelled", "stage": null }));
    }
    view::failure(workflow).map(|failure| {
        json!({ "code": failure.code, "message": failure.message, "stage": failure.stage })
    })
}

/// What is to be said of it now.
fn message(workflow: &Workflow, view: &WorkflowView) -> String {
    let waits = view.waiting_for.as_ref().map(|waiting| &waiting.message);
    match workflow.status() {
        Status::Completed => "Completed".to_owned(),
        Status::Cancelled => "Cancelled".to_owned(),
        Status::Failed => view::failure(workflow)
            .map_or_else(|| "Failed".to_owned(), |failure| failure.message.clone()),
        _ if view.cancelling == Some(true) => "Cancelling".to_owned(),
        Status::Running => view
            .message
            .clone()
            .or_else(|| waits.cloned())
            .unwrap_or_else(|| "Running".to_owned()),
        Status::PendingClarification => "Waits for answers".to_owned(),
        Status::PendingConfirmation => "Waits for a confirmation".to_owned(),
        Status::Paused => "Paused".to_owned(),
        _ => waits.cloned().unwrap_or_else(|| "Queued".to_owned()),
    }
}
