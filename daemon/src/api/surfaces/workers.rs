//! `GET /api/workers`: the queue, what runs where, and the boxes. The snapshot's `queue` is the same.

use crate::api::Api;
use crate::api::answer::{self, Answer};
use crate::api::auth::Caller;
use crate::api::extract::Asked;
use crate::api::problem::Problem;
use crate::api::view::time::text;
use crate::domain::workflow::{StageState, Status, Workflow};
use axum::extract::State;
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// Queued workflows that are listed; the rest is in the history's `status=queued`.
const LISTED: usize = 200;

/// `GET /api/workers`
pub async fn list(State(api): State<Api>, caller: Caller, Asked(asked): Asked) -> Result<Answer<Value>, Problem> {
    asked.finish()?;
    let active = api.engine().reader().active(caller.only()).await?;
    Ok(answer::ok(data(&api, &active)))
}

/// The data, of workflows that are active.
#[must_use]
pub fn data(api: &Api, active: &[Arc<Workflow>]) -> Value {
    let insight = api.engine().insight();
    let mut queue: Vec<(u64, &Arc<Workflow>)> = active
        .iter()
        .filter(|workflow| workflow.status() == Status::Queued)
        .map(|workflow| (insight.of(workflow).queue_position.unwrap_or(u64::MAX), workflow))
        .collect();
    queue.sort_by_key(|(position, workflow)| (*position, workflow.created_at, workflow.id.clone()));
    let queue: Vec<Value> = queue
        .iter()
        .take(LISTED)
        .zip(1_u64..)
        .map(|((_, workflow), place)| {
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
    let now = text(api.engine().now());
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
            let status = match (one.drained, current.is_some()) {
                (true, _) => "draining",
                (false, true) => "active",
                (false, false) => "idle",
            };
            json!({
                "workerId": one.name, "lastHeartbeat": now, "status": status, "currentJobId": current,
                "resources": resources, "labels": one.labels,
            })
        })
        .collect();
    json!({ "queue": queue, "activeJobs": jobs, "workers": workers })
}
