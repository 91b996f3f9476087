//! `GET /api/v1/videos/jobs/{id}/status`

use super::super::status::find;
use super::super::words;
use super::current_stage;
use crate::api::Api;
use crate::api::answer;
use crate::api::auth::Caller;
use crate::api::extract::{Asked, Id};
use crate::api::problem::Problem;
use crate::api::view::{self, time};
use crate::domain::Workflow;
use crate::domain::workflow::{State as Stands, Status};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use reel_shared::workflow::WorkflowView;
use serde_json::{Value, json};

/// `GET …/jobs/{id}/status`
pub async fn status(
    State(api): State<Api>,
    caller: Caller,
    Id(id): Id,
    Asked(asked): Asked,
) -> Result<Response, Problem> {
    asked.finish()?;
    let workflow = find(&api, &caller, &id).await?;
    let view = api.show(&workflow).await?;
    let shown = shown(&workflow, &view).to_string();
    Ok(answer::json(StatusCode::OK, shown.into()))
}

fn shown(workflow: &Workflow, view: &WorkflowView) -> Value {
    let stages: Vec<Value> = view
        .stages
        .iter()
        .map(|(id, stage)| {
            json!({
                "name": id, "status": stage["status"], "progress": stage["progress"],
                "duration": stage["duration"].as_f64().map(|milliseconds| milliseconds / 1000.0),
            })
        })
        .collect();
    let retries = workflow
        .stages
        .iter()
        .map(|stage| stage.attempts.saturating_sub(1))
        .max();
    json!({
        "job_id": workflow.id,
        "status": words::job(words::standing(workflow)),
        "progress": view.progress,
        "current_stage": current_stage(workflow),
        "message": message(workflow, view),
        "eta_seconds": eta(workflow, view),
        "retry_count": retries.unwrap_or(0).max(workflow.attempt.saturating_sub(1)),
        "stages": stages,
        "created_at": time::text(workflow.created_at),
        "started_at": workflow.started_at.map(time::text),
        "updated_at": time::text(workflow.updated_at),
        "completed_at": workflow.completed_at.map(time::text),
        "error": error(workflow),
    })
}

/// Whole seconds that are left; null where nobody knows.
fn eta(workflow: &Workflow, view: &WorkflowView) -> Option<f64> {
    if workflow.status().is_terminal() {
        return Some(0.0);
    }
    view.estimated_time_remaining.map(f64::round)
}

fn message(workflow: &Workflow, view: &WorkflowView) -> String {
    if let Some(failure) = view::failure(workflow) {
        return failure.message.clone();
    }
    let waits = || {
        view.waiting_for
            .as_ref()
            .map(|waiting| waiting.message.clone())
    };
    let said = view.message.clone().or_else(waits);
    said.unwrap_or_else(|| {
        let text = match workflow.status() {
            Status::Completed => "Video generation completed",
            Status::Cancelled => "Cancelled",
            Status::Running => "Video generation running",
            Status::Paused => "Paused",
            _ => "Video generation queued",
        };
        text.to_owned()
    })
}

/// What went wrong, in this document's three fields; a cancel is a failure here.
fn error(workflow: &Workflow) -> Option<Value> {
    match &workflow.state {
        Stands::Failed(failure) => Some(
            json!({ "code": failure.code, "message": failure.message, "stage": failure.stage }),
        ),
        Stands::Cancelled => {
            Some(json!({ "code": "cancelled", "message": "it was cancelled", "stage": null }))
        }
        _ => None,
    }
}
