//! An attempt's life: it is leased, reports, and ends.
//!
//! Every lease has a number of its own; what another than the current attempt says is refused and changes nothing.

use super::draft::Draft;
use super::{Answered, not_now};
use crate::domain::backoff;
use crate::domain::command::Outcome;
use crate::domain::event::Event;
use crate::domain::pipeline::ErrorClass;
use crate::domain::ready::ready;
use crate::domain::refusal::{Decision, Refusal};
use crate::domain::time::Timestamp;
use crate::domain::value::Values;
use crate::domain::workflow::{Failure, Lease, StageState, State, Wait, Workflow};
use std::time::Duration;

/// When so many attempts were lost with their daemon or box the stage fails.
const LOSSES: u32 = 3;

pub(super) fn lease(mut draft: Draft, stage: usize, box_name: String) -> Answered {
    if !ready(&draft.workflow).contains(&stage) {
        return Err(not_now(&draft.workflow));
    }
    if draft.workflow.state == State::Queued {
        draft.push(Event::Started);
    }
    let attempt = draft.workflow.stages[stage].attempts.saturating_add(1);
    let lease = Lease {
        attempt,
        ordinal: draft.workflow.next_lease,
        box_name,
        since: draft.now,
    };
    draft.push(Event::StageStarted { stage, lease });
    Ok(draft.finish())
}

pub(super) fn progress(
    mut draft: Draft,
    stage: usize,
    attempt: u32,
    progress: f64,
    message: Option<String>,
) -> Answered {
    let heard = is_current(&draft.workflow, stage, attempt)
        || is_awaited_callback(&draft.workflow, stage, attempt);
    if !heard {
        return Err(Refusal::StaleAttempt { attempt });
    }
    let reached = if progress.is_finite() {
        progress.clamp(0.0, 100.0)
    } else {
        0.0
    };
    if reached <= draft.workflow.stages[stage].progress {
        return Ok(Decision::AlreadySo);
    }
    draft.push(Event::StageProgress {
        stage,
        progress: reached,
        message,
    });
    Ok(draft.finish())
}

/// The workflow's state does not matter, and does not change: only what the stage gives is told anew.
pub(super) fn amend(
    mut draft: Draft,
    stage: usize,
    attempt: Option<u32>,
    outputs: Values,
) -> Answered {
    if let Some(attempt) = attempt {
        if !is_current(&draft.workflow, stage, attempt) {
            return Err(Refusal::StaleAttempt { attempt });
        }
        draft.push(Event::StageAmended { stage, outputs });
        return Ok(draft.finish());
    }
    let is_done = draft
        .workflow
        .stages
        .get(stage)
        .is_some_and(|stage| stage.state == StageState::Completed);
    if !is_done {
        return Err(not_now(&draft.workflow));
    }
    draft.push(Event::StageAmended { stage, outputs });
    Ok(draft.finish())
}

/// One attempt's end, as it was told.
pub(super) struct End {
    pub stage: usize,
    pub attempt: u32,
    pub started_at: Option<Timestamp>,
    pub outcome: Outcome,
    pub jitter: f64,
}

pub(super) fn ended(mut draft: Draft, end: End) -> Answered {
    if is_awaited_callback(&draft.workflow, end.stage, end.attempt) {
        return callback(draft, end);
    }
    if !is_current(&draft.workflow, end.stage, end.attempt) {
        return late(draft, end);
    }
    match draft.workflow.state {
        State::Cancelling { .. } | State::Failing(_) => end_of_ending(&mut draft, end),
        _ => end_of_running(&mut draft, end),
    }
    draft.settle();
    Ok(draft.finish())
}

/// A callback may come before the service has answered the request that asked for it: of that answer only the service's
/// own id of the work is news. All else that a late attempt says changes nothing.
fn late(mut draft: Draft, end: End) -> Answered {
    let refusal = Refusal::StaleAttempt {
        attempt: end.attempt,
    };
    let is_last = draft
        .workflow
        .stages
        .get(end.stage)
        .is_some_and(|stage| stage.attempts == end.attempt);
    let open = !draft.workflow.status().is_terminal();
    match end.outcome {
        Outcome::NeedsCallback {
            execution_id: Some(id),
            ..
        } if is_last && open && draft.workflow.execution_id.as_ref() != Some(&id) => {
            name_execution(&mut draft, Some(id));
            Ok(draft.finish())
        }
        _ => Err(refusal),
    }
}

fn name_execution(draft: &mut Draft, id: Option<String>) {
    if let Some(id) = id.filter(|id| draft.workflow.execution_id.as_ref() != Some(id)) {
        draft.push(Event::ExecutionNamed { id });
    }
}

/// The workflow is on its way out: what was really finished is kept, a failure of its own is told, the rest is cancelled.
fn end_of_ending(
    draft: &mut Draft,
    End {
        stage,
        started_at,
        outcome,
        ..
    }: End,
) {
    match outcome {
        Outcome::Completed { outputs } => draft.push(Event::StageCompleted {
            stage,
            started_at,
            outputs,
        }),
        Outcome::Failed { failure } if matches!(draft.workflow.state, State::Failing(_)) => {
            let failure = at(draft, stage, failure);
            draft.push(Event::StageFailed { stage, failure });
        }
        _ => draft.push(Event::StageCancelled { stage }),
    }
}

fn end_of_running(
    draft: &mut Draft,
    End {
        stage,
        started_at,
        outcome,
        jitter,
        ..
    }: End,
) {
    match outcome {
        Outcome::Completed { outputs } => draft.push(Event::StageCompleted {
            stage,
            started_at,
            outputs,
        }),
        Outcome::Failed { failure } => failed(draft, stage, failure, jitter),
        Outcome::Parked {
            wait,
            reason,
            class,
        } => park(draft, stage, wait, reason, class, None),
        Outcome::NeedsApproval {
            questions,
            deadline,
            default,
        } => {
            let deadline = deadline.map(|span| draft.now.plus(span));
            let wait = Wait::Approval {
                questions,
                deadline,
                default,
            };
            draft.push(Event::StageWaiting {
                stage,
                wait,
                failure: None,
                spent: false,
            });
        }
        Outcome::NeedsCallback {
            deadline,
            reason,
            execution_id,
        } => {
            name_execution(draft, execution_id);
            let wait = Wait::Callback {
                deadline: draft.now.plus(deadline),
                reason,
            };
            draft.push(Event::StageWaiting {
                stage,
                wait,
                failure: None,
                spent: false,
            });
        }
        // Nobody asked for a cancel: whatever took the processes away is a loss.
        Outcome::Cancelled => lost(
            draft,
            stage,
            "its processes were ended from outside".to_owned(),
        ),
        Outcome::Lost { reason } => lost(draft, stage, reason),
        Outcome::NotBegun => draft.push(Event::StageNotBegun { stage }),
    }
}

fn failed(draft: &mut Draft, stage: usize, failure: Failure, jitter: f64) {
    let failure = at(draft, stage, failure);
    let policy = draft.workflow.retry_policy(stage);
    let spent = draft.workflow.stages[stage].tries;
    if let Some(wait) = backoff::pause(failure.class) {
        park(
            draft,
            stage,
            wait,
            failure.message.clone(),
            Some(failure.class),
            Some(failure),
        );
    } else if matches!(failure.class, ErrorClass::Lost | ErrorClass::Cancelled) {
        lost(draft, stage, failure.message);
    } else if failure.class.retryable() && spent < policy.times {
        let until = draft.now.plus(backoff::delay(policy, spent, jitter));
        let wait = Wait::Backoff { until };
        draft.push(Event::StageWaiting {
            stage,
            wait,
            failure: Some(failure),
            spent: true,
        });
    } else {
        draft.fail_stage(stage, failure);
    }
}

fn park(
    draft: &mut Draft,
    stage: usize,
    wait: Duration,
    reason: String,
    class: Option<ErrorClass>,
    failure: Option<Failure>,
) {
    let wait = Wait::Parked {
        until: draft.now.plus(wait),
        reason,
        class,
    };
    draft.push(Event::StageWaiting {
        stage,
        wait,
        failure,
        spent: false,
    });
}

fn lost(draft: &mut Draft, stage: usize, reason: String) {
    if draft.workflow.stages[stage].losses + 1 < LOSSES {
        draft.push(Event::StageLost { stage, reason });
        return;
    }
    let failure = Failure {
        class: ErrorClass::Lost,
        code: "lost".to_owned(),
        message: format!("its attempt was lost {LOSSES} times; the last time: {reason}"),
        stage: Some(draft.workflow.plan.stages[stage].id.clone()),
        hint: "find out what takes the daemon or the box down while this stage runs (memory, disk), then retry".to_owned(),
    };
    draft.fail_stage(stage, failure);
}

/// What an outside service tells is the end of its stage: a failure told by callback is final.
fn callback(
    mut draft: Draft,
    End {
        stage,
        attempt,
        started_at,
        outcome,
        ..
    }: End,
) -> Answered {
    match outcome {
        Outcome::Completed { outputs } => draft.push(Event::StageCompleted {
            stage,
            started_at,
            outputs,
        }),
        Outcome::Failed { failure } => {
            let failure = at(&draft, stage, failure);
            draft.fail_stage(stage, failure);
        }
        _ => return Err(Refusal::StaleAttempt { attempt }),
    }
    draft.settle();
    Ok(draft.finish())
}

/// The failure with the stage's id filled in.
fn at(draft: &Draft, stage: usize, failure: Failure) -> Failure {
    Failure {
        stage: Some(draft.workflow.plan.stages[stage].id.clone()),
        ..failure
    }
}

fn is_current(workflow: &Workflow, stage: usize, attempt: u32) -> bool {
    workflow
        .stages
        .get(stage)
        .is_some_and(|stage| match &stage.state {
            StageState::InProgress(lease) => lease.attempt == attempt,
            _ => false,
        })
}

fn is_awaited_callback(workflow: &Workflow, stage: usize, attempt: u32) -> bool {
    matches!(
        workflow.state,
        State::Running { .. } | State::Waiting | State::Paused { .. }
    ) && workflow.stages.get(stage).is_some_and(|stage| {
        matches!(stage.state, StageState::Waiting(Wait::Callback { .. }))
            && stage.attempts == attempt
    })
}
