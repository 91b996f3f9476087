//! `GET /api/attention`: all that waits for a person, each with the act that helps. The snapshot's `attention` is the same.

use super::health::free_bytes;
use crate::api::Api;
use crate::api::answer::{self, Answer};
use crate::api::auth::{Caller, Scope};
use crate::api::extract::Asked;
use crate::api::problem::Problem;
use crate::api::view::time::text;
use crate::api::view::{self, gates};
use crate::domain::Timestamp;
use crate::domain::workflow::{Status, Workflow};
use crate::store::list::Filter;
use axum::extract::State;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

/// Failed workflows are named for so long; then they are history.
const FRESH: Duration = Duration::from_secs(7 * 24 * 3600);
/// Failed workflows that are named.
const NAMED: u32 = 200;

/// Workflows that are looked at for gates.
const LISTED: u32 = 1000;
/// The statuses in which a gate can be open.
const ASKING: [Status; 5] = [
    Status::PendingClarification,
    Status::PendingConfirmation,
    Status::Waiting,
    Status::Running,
    Status::Paused,
];

/// `GET /api/attention`
pub async fn list(
    State(api): State<Api>,
    caller: Caller,
    Asked(asked): Asked,
) -> Result<Answer<Value>, Problem> {
    asked.finish()?;
    let filter = Filter {
        statuses: ASKING.to_vec(),
        user: caller.only().map(str::to_owned),
        limit: LISTED,
        ..Filter::default()
    };
    let active = api.engine().reader().list(filter).await?.workflows;
    Ok(answer::ok(data(&api, &caller, &active).await?))
}

/// The data, with the workflows that are active.
///
/// # Errors
/// The database's.
pub async fn data(api: &Api, caller: &Caller, active: &[Arc<Workflow>]) -> Result<Value, Problem> {
    let now = api.engine().now();
    let filter = Filter {
        statuses: vec![Status::Failed],
        ended: Some(true),
        user: caller.only().map(str::to_owned),
        since: Some(Timestamp(now.0.saturating_sub(
            i64::try_from(FRESH.as_millis()).unwrap_or(i64::MAX),
        ))),
        limit: NAMED,
        ..Filter::default()
    };
    let failed = api.engine().reader().list(filter).await?;
    let mut items: Vec<Value> = active.iter().flat_map(|workflow| asks(workflow)).collect();
    items.extend(
        failed
            .workflows
            .iter()
            .filter_map(|workflow| broken(workflow)),
    );
    if !caller.own {
        items.extend(disk(api).await);
        items.extend(broken_pipelines(api, now));
        items.extend(drained(api, now, caller));
        items.extend(dead_endpoints(api).await?);
        items.extend(unstored(api).await?);
    }
    Ok(json!({ "count": items.len(), "items": items }))
}

fn asks(workflow: &Workflow) -> Vec<Value> {
    let id = &workflow.id;
    let item = |gate: reel_shared::workflow::Gate| {
        let question = gate
            .questions
            .first()
            .map_or(String::new(), |one| one.question.clone());
        let (label, act) = if gate.kind == "confirmation"
            || gate.questions.iter().all(|one| one.key == "confirm")
        {
            ("confirm", "confirm")
        } else {
            ("answer", "clarify")
        };
        json!({
            "kind": "gate", "severity": "ask", "since": text(workflow.updated_at), "videoId": id,
            "message": format!("{} asks: {question}", workflow.name), "stage": gate.stage, "deadline": gate.deadline,
            "action": { "label": label, "method": "POST", "path": format!("/api/workflow/{id}/{act}") },
        })
    };
    gates::open(workflow).into_iter().map(item).collect()
}

fn broken(workflow: &Workflow) -> Option<Value> {
    let failure = view::failure(workflow)?;
    let place = failure
        .stage
        .as_ref()
        .map(|stage| format!(" at {stage}"))
        .unwrap_or_default();
    Some(json!({
        "kind": "failed", "severity": "error", "since": text(workflow.completed_at.unwrap_or(workflow.updated_at)),
        "videoId": workflow.id, "stage": failure.stage, "class": failure.class.word(),
        "message": format!("{} failed{place}: {}", workflow.name, failure.message), "hint": failure.hint,
        "action": { "label": "retry", "method": "POST", "path": format!("/api/workflow/{}/retry", workflow.id) },
    }))
}

async fn disk(api: &Api) -> Option<Value> {
    let config = api.config();
    let (dir, least) = (config.data_dir.clone(), config.retention.min_free_disk);
    let free = tokio::task::spawn_blocking(move || free_bytes(&dir))
        .await
        .ok()?
        .ok()?;
    (free < least || api.engine().disk_is_low()).then(|| {
        json!({
            "kind": "disk", "severity": "error", "since": text(api.engine().now()), "videoId": null,
            "message": format!(
                "{free} bytes are free where the data directory is, and [retention] min_free_disk wants {least}: nothing new starts"
            ),
            "action": { "label": "free some space; it resumes by itself", "method": "GET", "path": "/readyz" },
        })
    })
}

fn broken_pipelines(api: &Api, now: Timestamp) -> Vec<Value> {
    let item = |problem: &crate::pipeline::FileError| {
        json!({
            "kind": "pipeline", "severity": "warn", "since": text(now), "videoId": null, "message": problem.to_string(),
            "action": { "label": "mend the file, then reload", "method": "POST", "path": "/api/reload" },
        })
    };
    api.catalogue().loaded().problems.iter().map(item).collect()
}

fn drained(api: &Api, now: Timestamp, caller: &Caller) -> Vec<Value> {
    let boxes = api
        .engine()
        .boxes()
        .into_iter()
        .filter(|one| one.drained && caller.scope >= Scope::Read);
    let item = |name: String| {
        json!({
            "kind": "box", "severity": "warn", "since": text(now), "videoId": null,
            "message": format!("box {name} is drained: it takes no more work"),
            "action": { "label": "undrain", "method": "POST", "path": "/api/undrain" },
        })
    };
    boxes.map(|one| item(one.name)).collect()
}

async fn dead_endpoints(api: &Api) -> Result<Vec<Value>, Problem> {
    let rows = api
        .engine()
        .reader()
        .ask(crate::store::endpoints::all)
        .await?;
    let item = |row: crate::store::endpoints::EndpointRow| {
        let reason = row.disabled?;
        Some(json!({
            "kind": "endpoint", "severity": "error", "since": text(row.failing_since.unwrap_or(row.updated_at)),
            "videoId": null, "webhookId": row.id,
            "message": format!("webhook {} to {} is off: {reason}; what waits for it is kept", row.id, row.url),
            "action": { "label": "enable", "method": "PATCH", "path": format!("/api/webhooks/{}", row.id), "body": { "active": true } },
        }))
    };
    Ok(rows.into_iter().filter_map(item).collect())
}

async fn unstored(api: &Api) -> Result<Vec<Value>, Problem> {
    let rows = api
        .engine()
        .reader()
        .ask(crate::store::unstored::all)
        .await?;
    let item = |row: crate::store::unstored::UnstoredRow| {
        let last = if row.error.is_empty() {
            String::new()
        } else {
            format!(
                "; the last of {} tries since then: {}",
                row.tries, row.error
            )
        };
        json!({
            "kind": "unstored", "severity": "error", "since": text(row.since), "videoId": row.workflow, "stage": row.stage,
            "message": format!(
                "the files of {} stayed on this box, for the store could not be reached; it is tried each minute{last}",
                row.workflow
            ),
            "action": { "label": "store them now", "method": "POST", "path": "/api/store/retry" },
        })
    };
    Ok(rows.into_iter().map(item).collect())
}
