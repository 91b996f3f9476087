//! A workflow: one run of a pipeline. The data of every state, and nothing that only another state needs.

pub use super::status::Status;

use super::pipeline::{ErrorClass, ParamKind, Pipeline, Resources, RetryPolicy};
use super::time::Timestamp;
use super::value::{Value, Values};
use std::collections::BTreeMap;
use std::sync::Arc;

/// One run of a pipeline.
#[derive(Debug, Clone, PartialEq)]
pub struct Workflow {
    /// Ours, or the client's own.
    pub id: String,
    /// The pipeline as it was at submit.
    pub plan: Arc<Pipeline>,
    /// For people; the id where none was given.
    pub name: String,
    /// Who submitted it.
    pub user: String,
    /// The surface it came by: `workflow`, `video`, `cli`…
    pub surface: String,
    /// The request that made it.
    pub request_id: String,
    /// The outside service's own id.
    pub execution_id: Option<String>,
    /// −1000 to 1000, larger first.
    pub priority: i32,
    /// For filters.
    pub labels: BTreeMap<String, String>,
    /// Checked against the pipeline's definitions, defaults filled in.
    pub params: Values,
    /// Called when it ends.
    pub webhook_url: Option<String>,
    /// When it was submitted.
    pub created_at: Timestamp,
    /// When anything last changed.
    pub updated_at: Timestamp,
    /// When the first stage first started.
    pub started_at: Option<Timestamp>,
    /// When it last entered a terminal state; none while it is in another.
    pub completed_at: Option<Timestamp>,
    /// 1, and one more with each retry.
    pub attempt: u32,
    /// What must complete first.
    pub depends_on: Vec<Dependency>,
    /// Not before this.
    pub not_before: Option<Timestamp>,
    /// A person confirms first (`requireConfirmation`, or the pipeline's `confirm`).
    pub wants_confirmation: bool,
    /// Where it stands.
    pub state: State,
    /// Dynamic part of each of `plan.stages`, by the same index.
    pub stages: Vec<Stage>,
    /// Every answer that was ever given.
    pub answers: Vec<Answer>,
    /// High-water mark within this attempt, 0–100; 100 only at `Completed`.
    pub progress: f64,
    /// What it gives at the end (and by then).
    pub outputs: Values,
    /// The next lease's ordinal: every attempt of every stage has one of its own.
    pub next_lease: u32,
    /// When it became ready to run, for ageing: set on entering `Queued`, kept after.
    pub queued_at: Option<Timestamp>,
}

/// A workflow that must complete first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dependency {
    /// Its id.
    pub id: String,
    /// It has completed.
    pub done: bool,
}

/// Where a workflow stands. `mod.rs` draws it.
#[derive(Debug, Clone, PartialEq)]
pub enum State {
    /// Parameters are missing; a person or program answers.
    PendingClarification {
        /// The default answers are taken then, if each question has one; else it fails.
        deadline: Option<Timestamp>,
    },
    /// A person confirms.
    PendingConfirmation {
        /// The pipeline's default is the answer then: refused, unless it says otherwise.
        deadline: Option<Timestamp>,
    },
    /// By dependencies.
    Blocked,
    /// By `not_before`.
    Scheduled,
    /// Ready, no stage has started in this attempt.
    Queued,
    /// A stage runs, or could as soon as there is a slot.
    Running {
        /// Becomes `Paused` at the stage boundary.
        pausing: bool,
    },
    /// All that could go on waits for a person, a time or a callback.
    Waiting,
    /// Held by a person.
    Paused {
        /// What it goes back to.
        from: PausedFrom,
    },
    /// Cancel was asked; processes still end. Shown as `running` with `cancelling`.
    Cancelling {
        /// Who asked.
        by: String,
    },
    /// A stage failed for good; the processes of the others still end. Shown as `running`.
    Failing(Failure),
    /// Done. Never changes.
    Completed,
    /// Ended by a failure; retry reopens it.
    Failed(Failure),
    /// Ended by a person; retry reopens it.
    Cancelled,
}

/// What a paused workflow goes back to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PausedFrom {
    /// `blocked`
    Blocked,
    /// `scheduled`
    Scheduled,
    /// `queued`
    Queued,
    /// `running`
    Running,
    /// `waiting`
    Waiting,
}

/// A failure as it is kept and shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Decides what happens next.
    pub class: ErrorClass,
    /// A short stable word: `exit_9`, `timeout`, `quality`, `spawn`…
    pub code: String,
    /// What happened, for people.
    pub message: String,
    /// The stage's id.
    pub stage: Option<String>,
    /// What a person can do.
    pub hint: String,
}

/// The dynamic part of a stage.
#[derive(Debug, Clone, PartialEq)]
pub struct Stage {
    /// Where it stands.
    pub state: StageState,
    /// Attempts begun, counting on over retries of the workflow. The current attempt's number while in progress.
    pub attempts: u32,
    /// Tries spent since the workflow's last (re)start: losses and parks spend none.
    pub tries: u32,
    /// Losses since the workflow's last (re)start.
    pub losses: u32,
    /// 0–100, never back within an attempt.
    pub progress: f64,
    /// Last words of its progress.
    pub message: Option<String>,
    /// What it gave; kept after completion.
    pub outputs: Values,
    /// `command` brings its own.
    pub resources: Option<Resources>,
    /// `command` brings its own.
    pub retry: Option<RetryPolicy>,
    /// First start since the workflow's last (re)start.
    pub started_at: Option<Timestamp>,
    /// When it last ended.
    pub ended_at: Option<Timestamp>,
    /// The last failed attempt's failure; shown while it waits to retry too.
    pub failure: Option<Failure>,
    /// The box that holds its work.
    pub box_name: Option<String>,
}

/// Where a stage stands.
#[derive(Debug, Clone, PartialEq)]
pub enum StageState {
    /// Waits for its needs, then for a slot.
    Pending,
    /// Leased to a box.
    InProgress(Lease),
    /// Waits without a slot.
    Waiting(Wait),
    /// Done.
    Completed,
    /// Failed for good (in this workflow attempt).
    Failed,
    /// Its `when` did not hold.
    Skipped,
    /// The workflow was cancelled or failed before or while it ran.
    Cancelled,
}

/// One attempt's hold on a box. `attempt` fences: whatever an older attempt sends changes nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// The stage's attempt number.
    pub attempt: u32,
    /// Unique within the workflow: orders logs, names the lease.
    pub ordinal: u32,
    /// Whose slots it holds.
    pub box_name: String,
    /// When it was given; replaced by the real start once known.
    pub since: Timestamp,
}

/// Why a stage waits without a slot.
#[derive(Debug, Clone, PartialEq)]
pub enum Wait {
    /// For the next try.
    Backoff {
        /// When.
        until: Timestamp,
    },
    /// For a quota, a rate limit, or as the program asked (`::park`).
    Parked {
        /// When it goes on.
        until: Timestamp,
        /// In words.
        reason: String,
        /// `Quota`, `RateLimit`, or none where a program parked itself.
        class: Option<ErrorClass>,
    },
    /// For a person.
    Approval {
        /// What is asked.
        questions: Vec<Question>,
        /// The default is taken then.
        deadline: Option<Timestamp>,
        /// The answer taken at the deadline: go on or fail.
        default: bool,
    },
    /// For a service's callback.
    Callback {
        /// Fails with class `timeout` then.
        deadline: Timestamp,
        /// In words.
        reason: String,
    },
}

/// One question of a gate.
#[derive(Debug, Clone, PartialEq)]
pub struct Question {
    /// The parameter.
    pub key: String,
    /// In words.
    pub question: String,
    /// Its type.
    pub kind: ParamKind,
    /// Allowed values.
    pub options: Vec<String>,
    /// Taken at the deadline.
    pub default: Option<Value>,
    /// Must be answered.
    pub required: bool,
}

/// An answer that was given.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// The approval's stage; none for clarification and confirmation.
    pub stage: Option<String>,
    /// What was asked; `confirm` for confirmations and approvals.
    pub key: String,
    /// What was said.
    pub value: Value,
    /// Who said it; `deadline` when time did.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

impl Stage {
    /// What it gave, without the reserved key under which it gives to the workflow: what people are shown as its outputs.
    pub fn own_outputs(&self) -> impl Iterator<Item = (&String, &Value)> {
        self.outputs
            .iter()
            .filter(|(key, value)| *key != super::evolve::WORKFLOW_KEY || value.as_map().is_none())
    }
}

impl Workflow {
    /// The status word that the state shows as.
    #[must_use]
    pub fn status(&self) -> Status {
        match &self.state {
            State::PendingClarification { .. } => Status::PendingClarification,
            State::PendingConfirmation { .. } => Status::PendingConfirmation,
            State::Blocked => Status::Blocked,
            State::Scheduled => Status::Scheduled,
            State::Queued => Status::Queued,
            State::Running { .. } | State::Cancelling { .. } | State::Failing(_) => Status::Running,
            State::Waiting => Status::Waiting,
            State::Paused { .. } => Status::Paused,
            State::Completed => Status::Completed,
            State::Failed(_) => Status::Failed,
            State::Cancelled => Status::Cancelled,
        }
    }

    /// The id of the first stage in progress, else the status word (`currentState` of document 000).
    #[must_use]
    pub fn current_state(&self) -> &str {
        self.stages
            .iter()
            .zip(&self.plan.stages)
            .find(|(stage, _)| matches!(stage.state, StageState::InProgress(_)))
            .map_or_else(|| self.status().word(), |(_, spec)| spec.id.as_str())
    }

    /// Whether it was given files of the coordinator's box, which no other box can read.
    #[must_use]
    pub fn holds_files(&self) -> bool {
        let given = |name: &str| {
            self.params
                .get(name)
                .is_some_and(|value| *value != Value::Null)
        };
        let mut params = self.plan.params.iter();
        params.any(|param| param.kind == ParamKind::File && given(&param.name))
    }

    /// The index of the stage with this id.
    #[must_use]
    pub fn stage_index(&self, id: &str) -> Option<usize> {
        self.plan.stages.iter().position(|spec| spec.id == id)
    }

    /// What a stage takes from its box.
    #[must_use]
    pub fn resources(&self, index: usize) -> &Resources {
        self.stages[index]
            .resources
            .as_ref()
            .unwrap_or(&self.plan.stages[index].resources)
    }

    /// How a stage's failures are retried.
    #[must_use]
    pub fn retry_policy(&self, index: usize) -> RetryPolicy {
        self.stages[index]
            .retry
            .unwrap_or(self.plan.stages[index].retry)
    }
}
