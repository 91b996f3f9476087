//! A domain event as it stands in the numbered log: its kind and the facts a reader may want, as a JSON object.

use crate::domain::event::Event;
use crate::domain::workflow::{Failure, Wait, Workflow};
use crate::pipeline::json;
use serde_json::{Map, Value as Json, json};

/// Kinds, by what happened.
pub(super) fn kind(event: &Event) -> &'static str {
    match event {
        Event::Created(_) => "workflow.created",
        Event::ClarificationAsked { .. } => "workflow.clarification_asked",
        Event::Answered { .. } => "workflow.answered",
        Event::ConfirmationAsked { .. } => "workflow.confirmation_asked",
        Event::DeadlineExtended { .. } => "workflow.deadline_extended",
        Event::Blocked => "workflow.blocked",
        Event::DependencyMet { .. } => "workflow.dependency_met",
        Event::Scheduled => "workflow.scheduled",
        Event::Queued => "workflow.queued",
        Event::Started => "workflow.started",
        Event::WentOn => "workflow.went_on",
        Event::Waiting => "workflow.waiting",
        Event::PauseAsked => "workflow.pausing",
        Event::Paused => "workflow.paused",
        Event::Resumed => "workflow.resumed",
        Event::Prioritised { .. } => "workflow.prioritised",
        Event::Renamed { .. } => "workflow.renamed",
        Event::CancelAsked { .. } => "workflow.cancelling",
        Event::Completed => "workflow.completed",
        Event::Failed { .. } => "workflow.failed",
        Event::Cancelled { .. } => "workflow.cancelled",
        Event::Retried { .. } => "workflow.retried",
        Event::Deleted { .. } => "workflow.deleted",
        Event::ExecutionNamed { .. } => "workflow.execution_named",
        Event::StageStarted { .. } => "stage.started",
        Event::StageProgress { .. } => "stage.progress",
        Event::StageCompleted { .. } => "stage.completed",
        Event::StageAmended { .. } => "stage.amended",
        Event::StageFailed { .. } => "stage.failed",
        Event::StageWaiting { .. } => "stage.waiting",
        Event::StageReady { .. } => "stage.ready",
        Event::StageLost { .. } => "stage.lost",
        Event::StageNotBegun { .. } => "stage.not_begun",
        Event::StageSkipped { .. } => "stage.skipped",
        Event::StageCancelled { .. } => "stage.cancelled",
    }
}

fn failure(failure: &Failure) -> Json {
    json!({
        "code": failure.code,
        "class": failure.class.word(),
        "message": failure.message,
        "stage": failure.stage,
        "hint": failure.hint,
    })
}

fn waiting(wait: &Wait) -> Json {
    match wait {
        Wait::Backoff { until } => json!({"for": "retry", "untilMs": until.0}),
        Wait::Parked {
            until,
            reason,
            class,
        } => json!({
            "for": class.map_or("time", |class| class.word()), "untilMs": until.0, "reason": reason,
        }),
        Wait::Approval { deadline, .. } => {
            json!({"for": "approval", "untilMs": deadline.map(|at| at.0)})
        }
        Wait::Callback { deadline, reason } => {
            json!({"for": "callback", "untilMs": deadline.0, "reason": reason})
        }
    }
}

/// The object's text. `before` is the workflow as it was ahead of the event, `after` as it is behind it.
pub(super) fn data(event: &Event, before: Option<&Workflow>, after: &Workflow) -> String {
    let mut data = Map::new();
    let mut put = |key: &str, value: Json| {
        data.insert(key.to_owned(), value);
    };
    if let Some(index) = stage(event) {
        put("stage", after.plan.stages[index].id.as_str().into());
        put("attempt", after.stages[index].attempts.into());
    } else if let Some(before) = before.filter(|before| before.status() != after.status()) {
        put("from", before.status().word().into());
        put("to", after.status().word().into());
    }
    match event {
        Event::Created(submit) => {
            put("pipeline", submit.plan.name.as_str().into());
            put("by", submit.user.as_str().into());
            put("surface", submit.surface.as_str().into());
            put("requestId", submit.request_id.as_str().into());
        }
        Event::ClarificationAsked { deadline } | Event::ConfirmationAsked { deadline } => {
            put("deadlineMs", deadline.map(|at| at.0).into());
        }
        Event::Answered { answers, .. } => {
            let given = answers.iter().map(
                |answer| json!({"key": answer.key, "value": json::to_json(&answer.value), "by": answer.by, "stage": answer.stage}),
            );
            put("answers", given.collect());
        }
        Event::DeadlineExtended { deadline, by, .. } => {
            put("deadlineMs", deadline.0.into());
            put("by", by.as_str().into());
        }
        Event::DependencyMet { id } => put("dependency", id.as_str().into()),
        Event::ExecutionNamed { id } => put("executionId", id.as_str().into()),
        Event::Prioritised { priority } => put("priority", (*priority).into()),
        Event::Renamed { name, by } => {
            put("name", name.as_str().into());
            put("by", by.as_str().into());
        }
        Event::CancelAsked { by } | Event::Cancelled { by } | Event::Deleted { by } => {
            put("by", by.as_str().into())
        }
        Event::Failed { failure: why } => put("error", failure(why)),
        Event::Retried { stages, by, .. } => {
            put("by", by.as_str().into());
            put("attempt", after.attempt.into());
            put(
                "stages",
                stages
                    .iter()
                    .map(|index| Json::from(after.plan.stages[*index].id.as_str()))
                    .collect(),
            );
        }
        Event::StageStarted { lease, .. } => {
            put("box", lease.box_name.as_str().into());
            put("ordinal", lease.ordinal.into());
        }
        Event::StageProgress {
            progress, message, ..
        } => {
            put("progress", (*progress).into());
            put("message", message.as_deref().into());
        }
        Event::StageCompleted { stage, .. } => {
            if let (Some(start), Some(end)) = (
                after.stages[*stage].started_at,
                after.stages[*stage].ended_at,
            ) {
                put(
                    "durationMs",
                    u64::try_from(end.since(start).as_millis())
                        .unwrap_or(u64::MAX)
                        .into(),
                );
            }
        }
        Event::StageAmended { outputs, .. } => {
            put(
                "outputs",
                outputs.keys().map(|key| Json::from(key.as_str())).collect(),
            );
        }
        Event::StageFailed { failure: why, .. } => put("error", failure(why)),
        Event::StageWaiting {
            wait,
            failure: why,
            spent,
            ..
        } => {
            put("wait", waiting(wait));
            put("spent", (*spent).into());
            if let Some(why) = why {
                put("error", failure(why));
            }
        }
        Event::StageLost { reason, .. } => put("reason", reason.as_str().into()),
        Event::Blocked
        | Event::Scheduled
        | Event::Queued
        | Event::Started
        | Event::WentOn
        | Event::Waiting
        | Event::PauseAsked
        | Event::Paused
        | Event::Resumed
        | Event::Completed
        | Event::StageReady { .. }
        | Event::StageNotBegun { .. }
        | Event::StageSkipped { .. }
        | Event::StageCancelled { .. } => {}
    }
    Json::Object(data).to_string()
}

/// The stage an event is about.
pub(super) fn stage(event: &Event) -> Option<usize> {
    match event {
        Event::StageStarted { stage, .. }
        | Event::StageProgress { stage, .. }
        | Event::StageCompleted { stage, .. }
        | Event::StageAmended { stage, .. }
        | Event::StageFailed { stage, .. }
        | Event::StageWaiting { stage, .. }
        | Event::StageReady { stage }
        | Event::StageLost { stage, .. }
        | Event::StageNotBegun { stage }
        | Event::StageSkipped { stage }
        | Event::StageCancelled { stage } => Some(*stage),
        Event::DeadlineExtended { stage, .. } => *stage,
        _ => None,
    }
}
