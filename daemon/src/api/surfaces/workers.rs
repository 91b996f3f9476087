//! `GET /api/workers`: the queue, what runs where, and the boxes. The snapshot's `queue` is the same.

use crate::api::Api;
use crate::api::answer::{self, Answer};
use crate::api::auth::Caller;
use crate::api::extract::Asked;
use crate::api::problem::Problem;
use crate::api::view::time::text;
use crate::domain::rank;
use crate::domain::why::Closed;
use crate::domain::workflow::{StageState, Status, Workflow};
use crate::engine::boxes::Presence;
use crate::store::list::Filter;
use axum::extract::State;
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// Queued workflows that are listed; the rest is in the history's `status=queued`.
const LISTED: usize = 200;
/// Running workflows that are listed.
const RUNNING: u32 = 1000;

/// `GET /api/workers`
pub async fn list(
    State(api): State<Api>,
    caller: Caller,
    Asked(asked): Asked,
) -> Result<Answer<Value>, Problem> {
    asked.finish()?;
    let only = caller.only().map(str::to_owned);
    let of = |status, limit| Filter {
        statuses: vec![status],
        user: only.clone(),
        limit,
        ..Filter::default()
    };
    let mut active = api
        .engine()
        .reader()
        .list(of(Status::Running, RUNNING))
        .await?
        .workflows;
    // The queue is in the scheduler's order; whoever sees only part of it gets that part.
    active.extend(
        api.engine()
            .reader()
            .queue(RUNNING)
            .await?
            .into_iter()
            .filter(|one| caller.sees(&one.user)),
    );
    Ok(answer::ok(data(&api, &active)))
}

/// The data, of the workflows among these that are queued or run.
#[must_use]
pub fn data(api: &Api, active: &[Arc<Workflow>]) -> Value {
    let mut queued: Vec<&Arc<Workflow>> = active
        .iter()
        .filter(|workflow| workflow.status() == Status::Queued)
        .collect();
    queued
        .sort_by_cached_key(|workflow| (rank(workflow), workflow.created_at, workflow.id.clone()));
    let queue: Vec<Value> = queued
        .into_iter()
        .take(LISTED)
        .zip(1_u64..)
        .map(|(workflow, place)| {
            json!({
                "jobId": workflow.id, "priority": workflow.priority, "createdAt": text(workflow.created_at),
                "status": "queued", "position": place,
            })
        })
        .collect();
    let mut jobs: Vec<Value> = Vec::new();
    for workflow in active {
        for (stage, spec) in workflow.stages.iter().zip(&workflow.plan.stages) {
            if let StageState::InProgress(lease) = &stage.state {
                jobs.push(json!({
                    "jobId": workflow.id, "workerId": lease.box_name, "stage": spec.id, "startedAt": text(lease.since),
                }));
            }
        }
    }
    let workers: Vec<Value> = api
        .engine()
        .boxes()
        .into_iter()
        .map(|one| {
            let current = jobs.iter().find(|job| job["workerId"] == one.name.as_str()).map(|job| job["jobId"].clone());
            let resources: Map<String, Value> = one
                .capacity
                .iter()
                .map(|(name, total)| {
                    let used = one.used.get(name).copied().unwrap_or(0);
                    (name.clone(), json!({ "total": total, "used": used }))
                })
                .collect();
            let status = match (one.presence, one.closed, current.is_some()) {
                (Presence::Lost | Presence::Left, ..) => "lost",
                (_, Some(Closed::Drained | Closed::Stopping), _) => "draining",
                (_, _, true) => "active",
                (_, _, false) => "idle",
            };
            let runs: Vec<&Value> = jobs.iter().filter(|job| job["workerId"] == one.name.as_str()).collect();
            let blocked: Vec<Value> = one
                .blocked
                .iter()
                .map(|(kind, until)| json!({ "kind": kind, "until": text(*until) }))
                .collect();
            json!({
                "workerId": one.name, "lastHeartbeat": one.beat_at.map(text), "status": status, "stale": one.presence == Presence::Silent, "left": one.presence == Presence::Left, "currentJobId": current,
                "resources": resources, "labels": one.labels, "version": one.version, "home": one.home,
                "runs": runs, "closed": one.closed.map(word), "blocked": blocked,
            })
        })
        .collect();
    json!({ "queue": queue, "activeJobs": jobs, "workers": workers })
}

/// Why a box takes nothing new, as a word.
fn word(closed: Closed) -> &'static str {
    match closed {
        Closed::Drained => "drained",
        Closed::LowDisk => "disk",
        Closed::Window { .. } => "window",
        Closed::Silent => "silent",
        Closed::Stopping => "stopping",
    }
}
