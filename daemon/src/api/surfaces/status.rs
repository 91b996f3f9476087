//! `GET /api/workflow/status/{id}`, `…/active`, `…/youtube/{id}/{channel}`.

use crate::api::Api;
use crate::api::answer::{self, Answer};
use crate::api::auth::Caller;
use crate::api::extract::{Asked, Id};
use crate::api::problem::Problem;
use crate::api::{show, view};
use crate::attempt_log::{self, LogName};
use crate::domain::workflow::{StageState, Workflow};
use crate::domain::{State as Stands, Value};
use crate::pipeline::json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Response};
use reel_shared::workflow::{LogEntry, WorkflowView};
use serde_json::{Map, json};
use std::sync::Arc;

/// More events than any workflow's last transitions take.
const EVENTS: u32 = 5_000;
/// Lines of the log that a failure's `stack` ends with.
const STACK_LINES: usize = 20;

/// A workflow that is there for this caller.
///
/// # Errors
/// 404.
pub async fn find(api: &Api, caller: &Caller, id: &str) -> Result<Arc<Workflow>, Problem> {
    let found = api.engine().reader().workflow(id).await?;
    found
        .filter(|workflow| caller.sees(&workflow.user))
        .ok_or_else(|| Problem::not_found("workflow", id))
}

/// `GET /api/workflow/status/{id}`: the workflow whole, with its transitions.
pub async fn one(
    State(api): State<Api>,
    caller: Caller,
    Id(id): Id,
) -> Result<Answer<WorkflowView>, Problem> {
    let workflow = find(&api, &caller, &id).await?;
    let mut shown = api.show(&workflow).await?;
    shown.logs = transitions(&api, &workflow).await?;
    Ok(answer::ok(shown))
}

async fn transitions(api: &Api, workflow: &Arc<Workflow>) -> Result<Vec<LogEntry>, Problem> {
    let events = api
        .engine()
        .reader()
        .last_events(&workflow.id, EVENTS)
        .await?;
    let stack = match view::failure(workflow) {
        Some(_) => stack(api, workflow).await,
        None => None,
    };
    Ok(view::log::transitions(
        &workflow.id,
        &events,
        stack.as_deref(),
    ))
}

/// The chain of causes and the last log lines of a failed workflow's failed stage.
async fn stack(api: &Api, workflow: &Arc<Workflow>) -> Option<String> {
    let failure = view::failure(workflow)?;
    let mut lines = vec![format!("{}: {}", failure.code, failure.message)];
    let index = failure
        .stage
        .as_deref()
        .and_then(|stage| workflow.stage_index(stage));
    if let Some(index) = index {
        let (spec, stage) = (
            workflow.plan.stages.get(index)?,
            workflow.stages.get(index)?,
        );
        lines.push(format!(
            "in stage {} ({}), attempt {}",
            spec.id, spec.title, stage.attempts
        ));
        let name = LogName::new(
            &api.config().data_dir,
            &workflow.id,
            &spec.id,
            stage.attempts,
        )
        .ok()?;
        let last = tokio::task::spawn_blocking(move || attempt_log::last(&name, STACK_LINES)).await;
        if let Ok(Ok(page)) = last {
            lines.extend(
                page.lines
                    .into_iter()
                    .map(|line| format!("  {} {}", line.level, line.text)),
            );
        }
    }
    Some(lines.join("\n"))
}

/// `GET /api/workflow/active`
pub async fn active(
    State(api): State<Api>,
    caller: Caller,
    Asked(asked): Asked,
) -> Result<Response, Problem> {
    asked.finish()?;
    let workflows = api.engine().reader().active(caller.only()).await?;
    let insight = api.engine().insight_about(&workflows).await?;
    // There may be thousands: put together off the runtime's threads, so that others don't wait.
    let encoded = tokio::task::spawn_blocking(move || {
        let shown: Vec<WorkflowView> = workflows
            .iter()
            .map(|workflow| show(&insight, workflow))
            .collect();
        answer::ok(json!({ "count": shown.len(), "workflows": shown })).into_response()
    });
    encoded
        .await
        .map_err(|error| Problem::internal("the answer could not be put together", &error))
}

/// `GET /api/workflow/youtube/{id}/{channel}`
pub async fn youtube(
    State(api): State<Api>,
    caller: Caller,
    Path((id, channel)): Path<(String, String)>,
) -> Result<Answer<serde_json::Value>, Problem> {
    if !crate::api::extract::is_id(&id) {
        return Err(Problem::not_found("workflow", &id));
    }
    let workflow = find(&api, &caller, &id).await?;
    let upload = upload(&workflow, &channel);
    upload
        .map(answer::ok)
        .ok_or_else(|| Problem::not_found("upload of this video to channel", &channel))
}

/// The state of publishing to a channel, if the video is to be published there.
fn upload(workflow: &Workflow, channel: &str) -> Option<serde_json::Value> {
    let channels = workflow.params.get("channels").and_then(Value::as_list)?;
    if !channels.iter().any(|one| one.as_text() == Some(channel)) {
        return None;
    }
    let index = workflow.stage_index("publishing")?;
    let stage = workflow.stages.get(index)?;
    let told = stage
        .outputs
        .get("channels")
        .and_then(Value::as_map)
        .and_then(|channels| channels.get(channel));
    let mut upload = Map::new();
    upload.insert("videoId".into(), workflow.id.as_str().into());
    upload.insert("channelName".into(), channel.into());
    let state = match (&stage.state, &workflow.state) {
        (StageState::InProgress(_), _) => "uploading",
        (StageState::Completed, _) => "uploaded",
        (StageState::Failed | StageState::Cancelled | StageState::Skipped, _)
        | (_, Stands::Failed(_) | Stands::Cancelled) => "failed",
        _ => "pending",
    };
    upload.insert("state".into(), state.into());
    let started = stage
        .started_at
        .or(workflow.started_at)
        .unwrap_or(workflow.created_at);
    upload.insert("startedAt".into(), view::time::text(started).into());
    if let Some(ended) = stage.ended_at {
        upload.insert("completedAt".into(), view::time::text(ended).into());
    }
    let failure = stage
        .failure
        .as_ref()
        .or_else(|| view::failure(workflow))
        .filter(|_| state != "uploaded");
    if let Some(failure) = failure {
        let error = json!({ "message": failure.message, "code": failure.code, "retryable": failure.class.retryable() });
        upload.insert("error".into(), error);
    }
    // What the publishing stage itself says of the channel goes before what is inferred.
    let told = told.and_then(Value::as_map);
    for (said, shown) in [
        ("status", "state"),
        ("startedAt", "startedAt"),
        ("completedAt", "completedAt"),
        ("error", "error"),
        ("youtubeVideoId", "youtubeVideoId"),
        ("youtubeUrl", "youtubeUrl"),
    ] {
        if let Some(value) = told.and_then(|told| told.get(said)) {
            upload.insert(shown.into(), json::to_json(value));
        }
    }
    Some(serde_json::Value::Object(upload))
}
