//! What of a workflow may start now, when it wants to be looked at again, and where it stands in the queue.

use super::pipeline::StageSpec;
use super::time::Timestamp;
use super::workflow::{Stage, StageState, State, Wait, Workflow};

/// What one step of priority is worth in waiting time: a workflow of priority 1 is as far ahead as one that has waited
/// five minutes longer. A fixed rate keeps the order fixed, and lets nothing starve: whatever is submitted later falls
/// behind in the end.
pub const AGEING_MS: i64 = 300_000;

/// Indices of the stages that may be leased now, in the pipeline's order.
#[must_use]
pub fn ready(workflow: &Workflow) -> Vec<usize> {
    match workflow.state {
        State::Queued | State::Running { pausing: false } => could_start(workflow).collect(),
        _ => Vec::new(),
    }
}

/// Pending stages whose needs are met, whatever the workflow's state.
pub(super) fn could_start(workflow: &Workflow) -> impl Iterator<Item = usize> + '_ {
    workflow
        .stages
        .iter()
        .zip(&workflow.plan.stages)
        .enumerate()
        .filter_map(|(index, (stage, spec))| {
            let met = || {
                spec.needs
                    .iter()
                    .all(|need| is_behind(&workflow.stages[*need], &workflow.plan.stages[*need]))
            };
            (stage.state == StageState::Pending && met()).then_some(index)
        })
}

/// Whether what needs this stage may go on.
pub(super) fn is_behind(stage: &Stage, spec: &StageSpec) -> bool {
    match stage.state {
        StageState::Completed | StageState::Skipped => true,
        StageState::Failed => spec.optional,
        _ => false,
    }
}

/// The earliest time at which `Command::Due` would do something; none while only an event can move the workflow.
///
/// A paused workflow has none: its deadlines and waits stand still for it until it is resumed.
#[must_use]
pub fn next_due(workflow: &Workflow) -> Option<Timestamp> {
    match &workflow.state {
        State::PendingClarification { deadline } | State::PendingConfirmation { deadline } => {
            *deadline
        }
        State::Scheduled => workflow.not_before,
        State::Running { .. } | State::Waiting => workflow
            .stages
            .iter()
            .filter_map(|stage| until(&stage.state))
            .min(),
        _ => None,
    }
}

/// When a stage's wait ends by time.
#[must_use]
pub fn until(state: &StageState) -> Option<Timestamp> {
    match state {
        StageState::Waiting(Wait::Backoff { until } | Wait::Parked { until, .. }) => Some(*until),
        StageState::Waiting(Wait::Approval { deadline, .. }) => *deadline,
        StageState::Waiting(Wait::Callback { deadline, .. }) => Some(*deadline),
        _ => None,
    }
}

/// The place in the queue: smaller starts first. Milliseconds since the epoch, moved by priority.
#[must_use]
pub fn rank(workflow: &Workflow) -> i64 {
    let since = workflow.queued_at.unwrap_or(workflow.created_at);
    since
        .0
        .saturating_sub(i64::from(workflow.priority) * AGEING_MS)
}
