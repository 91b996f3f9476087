//! Counts what a transaction did, once it is on disk.

use crate::domain::value::Value;
use crate::engine::feed::Committed;
use crate::engine::pending::Pending;
use crate::metrics::{Metrics, metrics};
use std::time::Duration;

/// Counts all of it.
pub(super) fn all(pending: &Pending) {
    let metrics = metrics();
    for event in &pending.events {
        happened(metrics, event);
    }
    for (pipeline, stage, ms) in &pending.runs {
        metrics.stage(pipeline, stage, Duration::from_millis(*ms));
    }
    for (stage, class) in &pending.failures {
        metrics.stage_failed(stage, class);
    }
}

fn happened(metrics: &Metrics, event: &Committed) {
    let Some(workflow) = &event.workflow else {
        return;
    };
    let pipeline = workflow.plan.name.as_str();
    match event.kind {
        "workflow.created" => metrics.created(pipeline, &workflow.surface),
        "workflow.started" => {
            if let Some(queued) = workflow.queued_at {
                metrics.waited(event.at.since(queued));
            }
        }
        "workflow.completed" | "workflow.failed" | "workflow.cancelled" => {
            let took = workflow.started_at.map(|at| event.at.since(at));
            metrics.finished(pipeline, workflow.status().word(), took);
            if let Some(Value::Int(bytes)) = workflow.outputs.get("fileSize") {
                metrics.output(u64::try_from(*bytes).unwrap_or(0));
            }
        }
        _ => {}
    }
}
