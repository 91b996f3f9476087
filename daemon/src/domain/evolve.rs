//! Folding events into a workflow: the only mutation there is. It decides nothing and cannot fail; an event whose stage
//! the workflow does not have is passed over.
//!
//! Replaying a workflow's events from `create` on gives the very workflow that was stored, when each is folded with the
//! time it was committed at.

use super::command::{DependencyState, Submit};
use super::event::Event;
use super::progress;
use super::time::Timestamp;
use super::value::{Value, Values};
use super::workflow::{Dependency, PausedFrom, Stage, StageState, State, Wait, Workflow};

/// The outputs' reserved key: a map under it belongs to the workflow, the rest to the stage.
pub const WORKFLOW_KEY: &str = "workflow";
/// The outputs' key of what a stage cost; a retry does not forget it.
const COST_KEY: &str = "cost";
/// The parameter by which people name a video.
const TITLE: &str = "title";

/// The workflow that `Event::Created` stands for. Until the next event, which names its first state, it counts as blocked.
#[must_use]
pub fn create(submit: &Submit, now: Timestamp) -> Workflow {
    let stage = Stage {
        state: StageState::Pending,
        attempts: 0,
        tries: 0,
        losses: 0,
        progress: 0.0,
        message: None,
        outputs: Values::new(),
        resources: submit.resources.clone(),
        retry: submit.retry,
        started_at: None,
        ended_at: None,
        failure: None,
        box_name: None,
    };
    Workflow {
        id: submit.id.clone(),
        plan: submit.plan.clone(),
        name: if submit.name.is_empty() {
            submit.id.clone()
        } else {
            submit.name.clone()
        },
        user: submit.user.clone(),
        surface: submit.surface.clone(),
        request_id: submit.request_id.clone(),
        execution_id: submit.execution_id.clone(),
        priority: submit.priority,
        labels: submit.labels.clone(),
        params: submit.params.clone(),
        webhook_url: submit.webhook_url.clone(),
        created_at: now,
        updated_at: now,
        started_at: None,
        completed_at: None,
        attempt: 1,
        depends_on: submit
            .depends_on
            .iter()
            .map(|(dependency, state)| Dependency {
                id: dependency.id.clone(),
                done: dependency.done || *state == DependencyState::Completed,
            })
            .collect(),
        not_before: submit.not_before,
        wants_confirmation: submit.wants_confirmation || submit.plan.confirm,
        state: State::Blocked,
        stages: vec![stage; submit.plan.stages.len()],
        answers: Vec::new(),
        progress: 0.0,
        outputs: Values::new(),
        next_lease: 0,
        queued_at: None,
    }
}

/// The title that the stages yet to come publish under is a name too.
fn rename(workflow: &mut Workflow, name: &str) {
    workflow.name = name.to_owned();
    if workflow.plan.params.iter().any(|spec| spec.name == TITLE) {
        workflow.params.insert(TITLE.to_owned(), name.into());
    }
}

fn extend(workflow: &mut Workflow, stage: Option<usize>, until: Timestamp) {
    let deadline = match stage {
        None => match &mut workflow.state {
            State::PendingClarification { deadline } | State::PendingConfirmation { deadline } => {
                deadline
            }
            _ => return,
        },
        Some(index) => match workflow.stages.get_mut(index).map(|stage| &mut stage.state) {
            Some(StageState::Waiting(Wait::Approval { deadline, .. })) => deadline,
            _ => return,
        },
    };
    *deadline = Some(until);
}

/// Folds one event, committed at `now`, into the workflow.
pub fn evolve(workflow: &mut Workflow, event: &Event, now: Timestamp) {
    workflow.updated_at = now;
    match event {
        Event::Created(_) | Event::Deleted { .. } => {}
        Event::ClarificationAsked { deadline } => {
            workflow.state = State::PendingClarification {
                deadline: *deadline,
            };
        }
        Event::Answered { params, answers } => {
            workflow.params.extend(params.clone());
            workflow.answers.extend(answers.iter().cloned());
        }
        Event::ConfirmationAsked { deadline } => {
            workflow.state = State::PendingConfirmation {
                deadline: *deadline,
            }
        }
        Event::DeadlineExtended {
            stage, deadline, ..
        } => extend(workflow, *stage, *deadline),
        Event::Blocked => workflow.state = State::Blocked,
        Event::DependencyMet { id } => {
            for dependency in workflow
                .depends_on
                .iter_mut()
                .filter(|dependency| dependency.id == *id)
            {
                dependency.done = true;
            }
        }
        Event::Scheduled => workflow.state = State::Scheduled,
        Event::Queued => {
            workflow.state = State::Queued;
            workflow.queued_at = Some(now);
        }
        Event::Started => {
            workflow.state = State::Running { pausing: false };
            workflow.started_at.get_or_insert(now);
        }
        Event::WentOn => workflow.state = State::Running { pausing: false },
        Event::Waiting => workflow.state = State::Waiting,
        Event::PauseAsked => workflow.state = State::Running { pausing: true },
        Event::Paused => pause(workflow),
        Event::Resumed => resume(workflow),
        Event::ExecutionNamed { id } => workflow.execution_id = Some(id.clone()),
        Event::Prioritised { priority } => workflow.priority = *priority,
        Event::Renamed { name, .. } => rename(workflow, name),
        Event::CancelAsked { by } => workflow.state = State::Cancelling { by: by.clone() },
        Event::Completed => end(workflow, State::Completed, now),
        Event::Failed { failure } => end(workflow, State::Failed(failure.clone()), now),
        Event::Cancelled { .. } => end(workflow, State::Cancelled, now),
        Event::Retried { stages, params, .. } => reopen(workflow, stages, params),
        Event::StageStarted { stage: index, .. }
        | Event::StageProgress { stage: index, .. }
        | Event::StageCompleted { stage: index, .. }
        | Event::StageAmended { stage: index, .. }
        | Event::StageFailed { stage: index, .. }
        | Event::StageWaiting { stage: index, .. }
        | Event::StageReady { stage: index }
        | Event::StageLost { stage: index, .. }
        | Event::StageNotBegun { stage: index }
        | Event::StageSkipped { stage: index }
        | Event::StageCancelled { stage: index } => stage_event(workflow, *index, event, now),
    }
}

fn pause(workflow: &mut Workflow) {
    let from = match workflow.state {
        State::Scheduled => PausedFrom::Scheduled,
        State::Queued => PausedFrom::Queued,
        State::Running { .. } => PausedFrom::Running,
        State::Waiting => PausedFrom::Waiting,
        _ => PausedFrom::Blocked,
    };
    workflow.state = State::Paused { from };
}

/// Also takes back a pause that was asked and has not come about.
fn resume(workflow: &mut Workflow) {
    workflow.state = match workflow.state {
        State::Paused {
            from: PausedFrom::Blocked,
        } => State::Blocked,
        State::Paused {
            from: PausedFrom::Scheduled,
        } => State::Scheduled,
        State::Paused {
            from: PausedFrom::Queued,
        } => State::Queued,
        State::Paused {
            from: PausedFrom::Waiting,
        } => State::Waiting,
        _ => State::Running { pausing: false },
    };
}

/// A stage that never came to an end goes with its workflow.
fn end(workflow: &mut Workflow, state: State, now: Timestamp) {
    for stage in &mut workflow.stages {
        if matches!(
            stage.state,
            StageState::Pending | StageState::Waiting(_) | StageState::InProgress(_)
        ) {
            stage.state = StageState::Cancelled;
        }
    }
    if state == State::Completed {
        workflow.progress = 100.0;
    }
    workflow.state = state;
    workflow.completed_at = Some(now);
}

fn reopen(workflow: &mut Workflow, redo: &[usize], params: &Values) {
    workflow.attempt = workflow.attempt.saturating_add(1);
    workflow.params.extend(params.clone());
    workflow.completed_at = None;
    workflow.state = State::Blocked;
    for index in redo {
        if let Some(stage) = workflow.stages.get_mut(*index) {
            *stage = Stage {
                state: StageState::Pending,
                tries: 0,
                losses: 0,
                progress: 0.0,
                message: None,
                // What it cost was paid.
                outputs: stage.outputs.remove_entry(COST_KEY).into_iter().collect(),
                started_at: None,
                ended_at: None,
                failure: None,
                box_name: None,
                attempts: stage.attempts,
                resources: stage.resources.take(),
                retry: stage.retry,
            };
        }
    }
    workflow.outputs = outputs(workflow);
    workflow.progress = progress::by_file(workflow);
}

fn stage_event(workflow: &mut Workflow, index: usize, event: &Event, now: Timestamp) {
    let (Some(stage), Some(spec)) = (
        workflow.stages.get_mut(index),
        workflow.plan.stages.get(index),
    ) else {
        return;
    };
    match event {
        Event::StageStarted { lease, .. } => {
            stage.attempts = lease.attempt;
            stage.progress = 0.0;
            stage.message = None;
            stage.failure = None;
            stage.ended_at = None;
            stage.started_at.get_or_insert(now);
            stage.box_name = Some(lease.box_name.clone());
            stage.state = StageState::InProgress(lease.clone());
            workflow.next_lease = workflow.next_lease.max(lease.ordinal.saturating_add(1));
        }
        Event::StageProgress {
            progress, message, ..
        } => {
            stage.progress = stage.progress.max(*progress);
            if message.is_some() {
                stage.message.clone_from(message);
            }
        }
        Event::StageCompleted {
            started_at,
            outputs: given,
            ..
        } => {
            if let (StageState::InProgress(lease), Some(real)) = (&stage.state, started_at)
                && stage.started_at == Some(lease.since)
            {
                stage.started_at = Some(*real);
            }
            stage.state = StageState::Completed;
            stage.progress = 100.0;
            stage.failure = None;
            stage.ended_at = Some(now);
            let cost = stage.outputs.remove(COST_KEY);
            stage.outputs.clone_from(given);
            if let Some(cost) = cost {
                // Who ended it knew nothing of what it had cost: an outside maker's callback.
                stage.outputs.entry(COST_KEY.to_owned()).or_insert(cost);
            }
            workflow.outputs = outputs(workflow);
        }
        Event::StageAmended { outputs: given, .. } => {
            stage.outputs.extend(given.clone());
            stage.outputs.retain(|_, value| *value != Value::Null);
            workflow.outputs = outputs(workflow);
        }
        Event::StageFailed { failure, .. } => {
            stage.state = StageState::Failed;
            stage.failure = Some(failure.clone());
            stage.ended_at = Some(now);
            if !spec.optional
                && matches!(
                    workflow.state,
                    State::Running { .. } | State::Waiting | State::Paused { .. }
                )
            {
                workflow.state = State::Failing(failure.clone());
            }
        }
        Event::StageWaiting {
            wait,
            failure,
            spent,
            ..
        } => {
            stage.tries = stage.tries.saturating_add(u32::from(*spent));
            stage.failure.clone_from(failure);
            // A stage that waits for its next try has an attempt behind it; one that waits for a person or a service goes on.
            stage.ended_at = matches!(wait, Wait::Backoff { .. }).then_some(now);
            stage.state = StageState::Waiting(wait.clone());
        }
        Event::StageLost { .. } => {
            stage.losses = stage.losses.saturating_add(1);
            stage.state = StageState::Pending;
        }
        Event::StageReady { .. } | Event::StageNotBegun { .. } => stage.state = StageState::Pending,
        Event::StageSkipped { .. } => stage.state = StageState::Skipped,
        Event::StageCancelled { .. } => {
            stage.state = StageState::Cancelled;
            stage.ended_at = Some(now);
        }
        _ => {}
    }
    workflow.progress = workflow.progress.max(progress::by_file(workflow));
}

/// What the workflow gives: what its stages gave under the reserved key; of a pipeline with one stage, all of it.
fn outputs(workflow: &Workflow) -> Values {
    let mut all = Values::new();
    for stage in workflow
        .stages
        .iter()
        .filter(|stage| stage.state == StageState::Completed)
    {
        if workflow.stages.len() == 1 {
            all.extend(
                stage
                    .own_outputs()
                    .map(|(key, value)| (key.clone(), value.clone())),
            );
        }
        if let Some(shared) = stage.outputs.get(WORKFLOW_KEY).and_then(Value::as_map) {
            all.extend(shared.clone());
        }
    }
    all
}
