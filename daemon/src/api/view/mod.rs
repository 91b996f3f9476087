//! A workflow as it is shown: the domain's nouns and what the engine knows beyond the row, in the printed shape. The one
//! place where that shape is made, for listings, answers, the snapshot and events alike.

mod cost;
pub mod gates;
pub mod log;
pub mod time;

use crate::domain::pipeline::ErrorClass;
use crate::domain::workflow::{Failure, Stage, StageState, State, Wait, Workflow};
use crate::pipeline::json;
use reel_shared::workflow::{AnswerView, ErrorView, StageView, WaitingFor, WorkflowView};
use serde_json::{Map, Value};
use time::text;

/// What is known of a workflow beyond its row.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Live {
    /// What it waits for.
    pub waiting_for: Option<WaitingFor>,
    /// Seconds that are left: optimistic, likely, pessimistic.
    pub eta: Option<(f64, f64, f64)>,
    /// From 1, while it waits for its first slot.
    pub queue_position: Option<u64>,
    /// The whole, 0–100.
    pub progress: Option<f64>,
    /// Last progress text.
    pub message: Option<String>,
    /// By stage index, 0–100.
    pub stage_progress: Vec<f64>,
}

/// At most one decimal; 100 only for what is done.
fn shown(progress: f64, done: bool) -> f64 {
    if done {
        return 100.0;
    }
    ((progress.clamp(0.0, 100.0) * 10.0).floor() / 10.0).min(99.9)
}

fn seconds(value: f64) -> f64 {
    (value.max(0.0) * 10.0).round() / 10.0
}

/// The workflow as shown, without its transitions.
#[must_use]
pub fn workflow(workflow: &Workflow, live: &Live) -> WorkflowView {
    let progress = live
        .progress
        .unwrap_or(workflow.progress)
        .max(workflow.progress);
    let done = matches!(workflow.state, State::Completed);
    WorkflowView {
        id: workflow.id.clone(),
        video_id: workflow.id.clone(),
        pipeline: workflow.plan.name.clone(),
        name: workflow.name.clone(),
        user_id: workflow.user.clone(),
        execution_id: workflow.execution_id.clone(),
        status: workflow.status().word().to_owned(),
        current_state: workflow.current_state().to_owned(),
        progress: shown(progress, done),
        message: live.message.clone().or_else(|| last_message(workflow)),
        attempt: workflow.attempt,
        priority: workflow.priority,
        labels: workflow.labels.clone(),
        params: json::object(&workflow.params),
        created_at: text(workflow.created_at),
        started_at: text(workflow.started_at.unwrap_or(workflow.created_at)),
        updated_at: text(workflow.updated_at),
        completed_at: workflow.completed_at.map(text),
        estimated_time_remaining: live.eta.map(|(_, likely, _)| seconds(likely)),
        eta_low: live.eta.map(|(low, _, _)| seconds(low)),
        eta_high: live.eta.map(|(_, _, high)| seconds(high)),
        queue_position: live.queue_position,
        waiting_for: live.waiting_for.clone(),
        gates: gates::open(workflow),
        answers: workflow.answers.iter().map(answer).collect(),
        cancelling: matches!(workflow.state, State::Cancelling { .. }).then_some(true),
        pausing: matches!(workflow.state, State::Running { pausing: true }).then_some(true),
        error: failure(workflow).map(error),
        outputs: cost::outputs(workflow),
        box_name: box_name(workflow),
        depends_on: workflow
            .depends_on
            .iter()
            .map(|one| one.id.clone())
            .collect(),
        logs: Vec::new(),
        stages: stages(workflow, live),
    }
}

/// The last words of the stage that spoke last: one that runs before one that ended.
fn last_message(workflow: &Workflow) -> Option<String> {
    let runs = workflow
        .stages
        .iter()
        .find(|stage| matches!(stage.state, StageState::InProgress(_)));
    runs.and_then(|stage| stage.message.clone())
}

fn answer(answer: &crate::domain::workflow::Answer) -> AnswerView {
    AnswerView {
        stage: answer.stage.clone(),
        key: answer.key.clone(),
        value: json::to_json(&answer.value),
        by: answer.by.clone(),
        at: text(answer.at),
    }
}

/// Why it failed.
#[must_use]
pub fn failure(workflow: &Workflow) -> Option<&Failure> {
    match &workflow.state {
        State::Failed(failure) => Some(failure),
        _ => None,
    }
}

fn error(failure: &Failure) -> ErrorView {
    ErrorView {
        code: failure.code.clone(),
        class: failure.class.word().to_owned(),
        message: failure.message.clone(),
        stage: failure.stage.clone(),
        hint: if failure.hint.is_empty() {
            remedy(failure.class).to_owned()
        } else {
            failure.hint.clone()
        },
    }
}

/// What helps with a class where nobody knew better.
fn remedy(class: ErrorClass) -> &'static str {
    match class {
        ErrorClass::Config => {
            "mend the configuration or the pipeline (`reeld check` tells more), then retry"
        }
        ErrorClass::Input => "correct the parameters: `reel retry ID -p KEY=VALUE`",
        ErrorClass::Dependency => "retry what it depends on, then this one",
        ErrorClass::Rejected => "a person said no; retry asks again",
        ErrorClass::Provider | ErrorClass::Network | ErrorClass::Storage | ErrorClass::Stalled => {
            "see its log (`reel logs ID`), then retry"
        }
        ErrorClass::Resources => "free memory or disk, then retry",
        ErrorClass::Timeout => "give the stage more time in its pipeline, then retry",
        ErrorClass::Quota | ErrorClass::RateLimit => "retry when the quota is there again",
        ErrorClass::Lost => "the daemon or box went away under it too often; retry",
        ErrorClass::Cancelled => "retry begins it again",
    }
}

/// Where it runs, else where it last ran.
fn box_name(workflow: &Workflow) -> Option<String> {
    let running = workflow.stages.iter().find_map(|stage| match &stage.state {
        StageState::InProgress(lease) => Some(lease.box_name.clone()),
        _ => None,
    });
    running.or_else(|| {
        workflow
            .stages
            .iter()
            .rev()
            .find_map(|stage| stage.box_name.clone())
    })
}

fn stages(workflow: &Workflow, live: &Live) -> Map<String, Value> {
    let specs = &workflow.plan.stages;
    let views = workflow
        .stages
        .iter()
        .zip(specs)
        .enumerate()
        .map(|(index, (stage, spec))| {
            let completed = matches!(stage.state, StageState::Completed);
            let progress = live
                .stage_progress
                .get(index)
                .copied()
                .unwrap_or(0.0)
                .max(stage.progress);
            let started = match &stage.state {
                StageState::InProgress(lease) => Some(stage.started_at.unwrap_or(lease.since)),
                _ => stage.started_at,
            };
            let duration = started
                .zip(stage.ended_at)
                .map(|(from, to)| to.since(from).as_millis());
            let view = StageView {
                title: spec.title.clone(),
                status: status(&stage.state).to_owned(),
                progress: shown(progress, completed),
                attempts: stage.attempts,
                tries: tries(stage),
                started_at: started.map(text),
                completed_at: stage.ended_at.map(text),
                duration: duration.map(|ms| u64::try_from(ms).unwrap_or(u64::MAX)),
                error: (!completed)
                    .then(|| {
                        stage
                            .failure
                            .as_ref()
                            .map(|failure| failure.message.clone())
                    })
                    .flatten(),
                needs: spec
                    .needs
                    .iter()
                    .filter_map(|need| specs.get(*need))
                    .map(|need| need.id.clone())
                    .collect(),
                box_name: stage.box_name.clone(),
                outputs: json::object(&stage.outputs),
            };
            // A view is plain data and always has a JSON form.
            (
                spec.id.clone(),
                serde_json::to_value(view).unwrap_or_default(),
            )
        });
    views.collect()
}

/// The word of a stage's state.
#[must_use]
pub fn status(state: &StageState) -> &'static str {
    match state {
        StageState::Pending => "pending",
        StageState::InProgress(_) => "in_progress",
        StageState::Waiting(_) => "waiting",
        StageState::Completed => "completed",
        StageState::Failed => "failed",
        StageState::Skipped => "skipped",
        StageState::Cancelled => "cancelled",
    }
}

/// Tries begun: those that are spent, and the one that goes on or ended the stage.
fn tries(stage: &Stage) -> u32 {
    let is_one_more = match &stage.state {
        StageState::InProgress(_) | StageState::Completed | StageState::Failed => true,
        StageState::Waiting(wait) => !matches!(wait, Wait::Backoff { .. }),
        StageState::Pending | StageState::Skipped | StageState::Cancelled => false,
    };
    stage.tries.saturating_add(u32::from(is_one_more))
}

#[cfg(test)]
mod tests;
