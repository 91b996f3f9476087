//! Why a workflow does not move, and until about when. The one answer that the scheduler's insight, the interface, the
//! command line and the dashboard all show.
//!
//! Messages name who holds what and what a person can do; they hold no relative times, which would be stale when read.

mod slot;

#[cfg(test)]
mod tests;

use super::pick::BoxSlots;
use super::pipeline::{ErrorClass, Resources};
use super::time::Timestamp;
use super::workflow::{Stage, StageState, State, Wait, Workflow};

/// What a workflow waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaitingFor {
    /// The kind.
    pub kind: WaitKind,
    /// In words.
    pub message: String,
    /// When it goes on: known for times and deadlines, estimated for slots.
    pub until: Option<Timestamp>,
}

/// The kinds of waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum WaitKind {
    /// Free resources of a box.
    Slot,
    /// Other workflows.
    Dependency,
    /// A start time, a back-off, a rate limit, a window.
    Time,
    /// A quota.
    Quota,
    /// A person.
    Approval,
    /// An outside service.
    Callback,
    /// A box that could run it and accepts work.
    Box,
}

impl WaitKind {
    /// The word on the wire.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Slot => "slot",
            Self::Dependency => "dependency",
            Self::Time => "time",
            Self::Quota => "quota",
            Self::Approval => "approval",
            Self::Callback => "callback",
            Self::Box => "box",
        }
    }
}

/// What stands around the workflow: the boxes and the queue as the scheduler knows them.
#[derive(Debug, Clone, Copy, Default)]
pub struct Context<'a> {
    /// Every box; `closed` says why one does not accept.
    pub boxes: &'a [BoxSlots],
    /// Why boxes do not accept work, by the same index; missing ones do.
    pub closed: &'a [Option<Closed>],
    /// Who holds slots now.
    pub holders: &'a [Holder],
    /// The workflow's place in the queue, from 1.
    pub position: Option<u64>,
    /// Ids of those ahead of it, the nearest to start first; not necessarily all.
    pub ahead: &'a [String],
    /// When it is likely to start.
    pub starts_about: Option<Timestamp>,
}

/// Why a box takes no work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Closed {
    /// A person drained it.
    Drained,
    /// Too little free space.
    LowDisk,
    /// A time window in which nothing new starts.
    Window {
        /// Its end.
        until: Timestamp,
    },
    /// It has not been heard of.
    Silent,
    /// It was told to stop.
    Stopping,
}

/// A running stage and what it holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// Its workflow's id.
    pub workflow: String,
    /// Its stage's id.
    pub stage: String,
    /// The box.
    pub box_name: String,
    /// How much.
    pub holds: Resources,
}

/// What the workflow waits for; none when a stage of it runs, and when it has ended or is about to.
#[must_use]
pub fn why(workflow: &Workflow, context: &Context<'_>) -> Option<WaitingFor> {
    match &workflow.state {
        State::PendingClarification { deadline } => {
            let open = super::params::questions(&workflow.plan, &workflow.params);
            let keys: Vec<&str> = open.iter().map(|question| question.key.as_str()).collect();
            let message = format!("for answers: {}", listed(&keys));
            Some(WaitingFor {
                kind: WaitKind::Approval,
                message,
                until: *deadline,
            })
        }
        State::PendingConfirmation { deadline } => Some(WaitingFor {
            kind: WaitKind::Approval,
            message: "for a person to confirm it".to_owned(),
            until: *deadline,
        }),
        State::Blocked => {
            let open: Vec<&str> = workflow
                .depends_on
                .iter()
                .filter(|one| !one.done)
                .map(|one| one.id.as_str())
                .collect();
            let message = format!("for {} to complete", listed(&open));
            Some(WaitingFor {
                kind: WaitKind::Dependency,
                message,
                until: None,
            })
        }
        State::Scheduled => Some(WaitingFor {
            kind: WaitKind::Time,
            message: "for its start time".to_owned(),
            until: workflow.not_before,
        }),
        State::Paused { .. } => Some(WaitingFor {
            kind: WaitKind::Approval,
            message: "it is paused; resume lets it go on".to_owned(),
            until: None,
        }),
        State::Queued | State::Running { .. } if !runs(workflow) => slot::waits(workflow, context),
        State::Waiting => stage_waits(workflow),
        _ => None,
    }
}

fn runs(workflow: &Workflow) -> bool {
    workflow
        .stages
        .iter()
        .any(|stage| matches!(stage.state, StageState::InProgress(_)))
}

/// All waits of its stages; the first of them leads: what a person can end, else what ends first.
fn stage_waits(workflow: &Workflow) -> Option<WaitingFor> {
    let mut waits: Vec<WaitingFor> = workflow
        .stages
        .iter()
        .zip(&workflow.plan.stages)
        .enumerate()
        .filter_map(|(index, (stage, spec))| match &stage.state {
            StageState::Waiting(wait) => Some(stage_wait(workflow, index, &spec.id, stage, wait)),
            _ => None,
        })
        .collect();
    waits.sort_by_key(|wait| {
        (
            wait.kind != WaitKind::Approval,
            wait.until.is_none(),
            wait.until,
        )
    });
    let messages: Vec<String> = waits.iter().map(|wait| wait.message.clone()).collect();
    waits.into_iter().next().map(|first| WaitingFor {
        message: messages.join("; "),
        ..first
    })
}

fn stage_wait(
    workflow: &Workflow,
    index: usize,
    id: &str,
    stage: &Stage,
    wait: &Wait,
) -> WaitingFor {
    match wait {
        Wait::Backoff { until } => {
            let tries = workflow.retry_policy(index).times.saturating_add(1);
            let why = stage
                .failure
                .as_ref()
                .map(|failure| format!(": {}", failure.message))
                .unwrap_or_default();
            let message = format!(
                "`{id}` failed{why}; try {} of {tries} follows",
                stage.tries.saturating_add(1)
            );
            WaitingFor {
                kind: WaitKind::Time,
                message,
                until: Some(*until),
            }
        }
        Wait::Parked {
            until,
            reason,
            class,
        } => {
            let kind = if *class == Some(ErrorClass::Quota) {
                WaitKind::Quota
            } else {
                WaitKind::Time
            };
            let reason = if reason.is_empty() {
                "it asked to be called again later"
            } else {
                reason
            };
            WaitingFor {
                kind,
                message: format!("`{id}` goes on by itself: {reason}"),
                until: Some(*until),
            }
        }
        Wait::Approval {
            questions,
            deadline,
            ..
        } => {
            let asked: Vec<&str> = questions
                .iter()
                .map(|question| question.question.as_str())
                .collect();
            let what = if asked.is_empty() {
                String::new()
            } else {
                format!(": {}", asked.join(" "))
            };
            WaitingFor {
                kind: WaitKind::Approval,
                message: format!("`{id}` wants an answer{what}"),
                until: *deadline,
            }
        }
        Wait::Callback { deadline, reason } => {
            let reason = if reason.is_empty() {
                "an outside service"
            } else {
                reason
            };
            WaitingFor {
                kind: WaitKind::Callback,
                message: format!("`{id}` waits for word from outside: {reason}"),
                until: Some(*deadline),
            }
        }
    }
}

/// Names for a sentence, the first few of many.
fn listed(names: &[&str]) -> String {
    const SHOWN: usize = 3;
    let shown: Vec<String> = names
        .iter()
        .take(SHOWN)
        .map(|name| format!("`{name}`"))
        .collect();
    match names.len().saturating_sub(SHOWN) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}
