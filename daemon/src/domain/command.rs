//! What may be asked of a workflow, by people, programs and our own loops.

use super::pipeline::{ErrorClass, Pipeline, Resources, RetryPolicy};
use super::time::Timestamp;
use super::value::Values;
use super::workflow::{Dependency, Failure, Question};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// A new workflow, checked and complete: all that `decide::submit` needs.
#[derive(Debug, Clone)]
pub struct Submit {
    /// Free, or refused with `IdTaken`.
    pub id: String,
    /// Its pipeline.
    pub plan: Arc<Pipeline>,
    /// For people.
    pub name: String,
    /// Who.
    pub user: String,
    /// Where it came in.
    pub surface: String,
    /// The request.
    pub request_id: String,
    /// An outside service's id.
    pub execution_id: Option<String>,
    /// −1000 to 1000.
    pub priority: i32,
    /// For filters.
    pub labels: BTreeMap<String, String>,
    /// Types checked; defaults filled in; required ones may miss only where `plan.clarify`.
    pub params: Values,
    /// Called at the end.
    pub webhook_url: Option<String>,
    /// Each with what is known of it: done, or already ended otherwise.
    pub depends_on: Vec<(Dependency, DependencyState)>,
    /// Not before.
    pub not_before: Option<Timestamp>,
    /// A person confirms first.
    pub wants_confirmation: bool,
    /// How long a clarification or confirmation may wait; none is for ever.
    pub gate_deadline: Option<Duration>,
    /// `command`'s own resources.
    pub resources: Option<Resources>,
    /// `command`'s own retry.
    pub retry: Option<RetryPolicy>,
}

impl Submit {
    /// Of this pipeline under this id, with nothing else said.
    #[must_use]
    pub fn of(id: &str, plan: Arc<Pipeline>) -> Self {
        Self {
            id: id.to_owned(),
            plan,
            name: id.to_owned(),
            user: String::new(),
            surface: String::new(),
            request_id: String::new(),
            execution_id: None,
            priority: 0,
            labels: BTreeMap::new(),
            params: Values::new(),
            webhook_url: None,
            depends_on: Vec::new(),
            not_before: None,
            wants_confirmation: false,
            gate_deadline: None,
            resources: None,
            retry: None,
        }
    }
}

/// How a dependency stands when it is looked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DependencyState {
    /// Not ended.
    Open,
    /// `completed`.
    Completed,
    /// `failed`, `cancelled` or deleted.
    Ended,
}

/// How much longer a gate stays open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extension {
    /// Until then.
    Until(Timestamp),
    /// By so much, from the deadline that stands.
    By(Duration),
}

/// What is asked of a workflow that is there.
#[derive(Debug, Clone)]
pub enum Command {
    /// Answers to a gate. Values are already checked against the parameter definitions.
    Clarify {
        /// By key.
        responses: Values,
        /// An approval's stage, where several are open.
        stage: Option<String>,
        /// Who.
        by: String,
    },
    /// Yes or no to a gate.
    Confirm {
        /// Yes.
        confirmed: bool,
        /// An approval's stage, where several are open.
        stage: Option<String>,
        /// Who.
        by: String,
    },
    /// More time for an open gate.
    Extend {
        /// How much.
        extension: Extension,
        /// An approval's stage, where several are open.
        stage: Option<String>,
        /// Who.
        by: String,
    },
    /// End it.
    Cancel {
        /// Who.
        by: String,
    },
    /// Hold it.
    Pause {
        /// Who.
        by: String,
    },
    /// Let it go on.
    Resume {
        /// Who.
        by: String,
    },
    /// Open it again, or end a wait for time now.
    Retry {
        /// Redo from this stage; else from what failed.
        from: Option<String>,
        /// New parameter values, already checked; merged over the old.
        params: Values,
        /// Who.
        by: String,
    },
    /// Move it in the queue.
    Prioritise {
        /// −1000 to 1000.
        priority: i32,
        /// Who.
        by: String,
    },
    /// Give it another name: whatever it is called by people, at any time.
    Rename {
        /// One line.
        name: String,
        /// Who.
        by: String,
    },
    /// Forget it.
    Delete {
        /// Who.
        by: String,
    },
    /// A workflow it depends on has ended.
    DependencyEnded {
        /// Which.
        id: String,
        /// It completed.
        completed: bool,
    },
    /// Look at the clock: start times, back-offs, parks, deadlines.
    Due,
    /// The scheduler found a slot for a stage.
    Lease {
        /// Index of the stage.
        stage: usize,
        /// The box.
        box_name: String,
    },
    /// A tenth of a stage's progress was reached.
    Progress {
        /// Index of the stage.
        stage: usize,
        /// The attempt that says so.
        attempt: u32,
        /// 0–100.
        progress: f64,
        /// In words.
        message: Option<String>,
    },
    /// What a stage gives is told anew: by its running attempt, or, of a completed one, because files that had stayed here
    /// were stored after all.
    Amend {
        /// Index of the stage.
        stage: usize,
        /// The running attempt that says so; none for a completed stage.
        attempt: Option<u32>,
        /// Laid over what it gave; null takes a key away.
        outputs: Values,
    },
    /// An attempt ended.
    Ended {
        /// Index of the stage.
        stage: usize,
        /// Which attempt: another than the current changes nothing.
        attempt: u32,
        /// When its program really started, where known.
        started_at: Option<Timestamp>,
        /// How.
        outcome: Outcome,
        /// A draw from [0, 1) for the back-off's jitter.
        jitter: f64,
    },
}

/// How an attempt ended.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// Done.
    Completed {
        /// What it gives.
        outputs: Values,
    },
    /// Failed; `failure.class` decides what next.
    Failed {
        /// Why.
        failure: Failure,
    },
    /// Waits for a time: spends no try.
    Parked {
        /// How long.
        wait: Duration,
        /// In words.
        reason: String,
        /// `Quota`, `RateLimit`, or none.
        class: Option<ErrorClass>,
    },
    /// Waits for a person.
    NeedsApproval {
        /// What is asked.
        questions: Vec<Question>,
        /// How long; none is for ever.
        deadline: Option<Duration>,
        /// The answer at the deadline.
        default: bool,
    },
    /// Waits for a callback.
    NeedsCallback {
        /// How long.
        deadline: Duration,
        /// In words.
        reason: String,
        /// The service's own id of the work, where it named one.
        execution_id: Option<String>,
    },
    /// Its processes are gone because cancel was asked.
    Cancelled,
    /// The daemon or box went away under it: spends no try, thrice at most.
    Lost {
        /// In words.
        reason: String,
    },
    /// It never began (the daemon died between lease and start): as if never leased.
    NotBegun,
}
