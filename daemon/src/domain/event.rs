//! What happened to a workflow. Folding these with `evolve` is the only way a workflow changes.

use super::command::Submit;
use super::time::Timestamp;
use super::value::Values;
use super::workflow::{Answer, Failure, Lease, Wait};

/// One thing that happened. Times are those of the transaction unless said.
#[derive(Debug, Clone)]
pub enum Event {
    /// Submitted. The next event says into which state.
    Created(Box<Submit>),
    /// Questions stand.
    ClarificationAsked {
        /// Until when.
        deadline: Option<Timestamp>,
    },
    /// An answer was given; the parameters take it.
    Answered {
        /// New parameter values.
        params: Values,
        /// Who said what.
        answers: Vec<Answer>,
    },
    /// A person is asked to confirm.
    ConfirmationAsked {
        /// Until when.
        deadline: Option<Timestamp>,
    },
    /// A gate stays open for longer.
    DeadlineExtended {
        /// The approval's stage; none where the workflow itself asks.
        stage: Option<usize>,
        /// Until when.
        deadline: Timestamp,
        /// Who said so.
        by: String,
    },
    /// Waits for dependencies.
    Blocked,
    /// One of them completed.
    DependencyMet {
        /// Which.
        id: String,
    },
    /// Waits for its start time.
    Scheduled,
    /// Ready.
    Queued,
    /// The first stage of this attempt started.
    Started,
    /// Something runs again, or could.
    WentOn,
    /// All that could go on waits.
    Waiting,
    /// Pause was asked while a stage runs.
    PauseAsked,
    /// Held.
    Paused,
    /// Let go.
    Resumed,
    /// Moved in the queue.
    Prioritised {
        /// The new one.
        priority: i32,
    },
    /// Called otherwise from now on.
    Renamed {
        /// The new name.
        name: String,
        /// Who said so.
        by: String,
    },
    /// Cancel was asked while a stage runs.
    CancelAsked {
        /// Who.
        by: String,
    },
    /// All stages are done.
    Completed,
    /// It failed.
    Failed {
        /// Why.
        failure: Failure,
    },
    /// It was cancelled.
    Cancelled {
        /// Who.
        by: String,
    },
    /// Opened again: `stages` go back to pending, the rest is kept.
    Retried {
        /// Indices to redo.
        stages: Vec<usize>,
        /// New parameter values.
        params: Values,
        /// Who.
        by: String,
    },
    /// Forgotten.
    Deleted {
        /// Who.
        by: String,
    },
    /// The outside service told its own id of the work.
    ExecutionNamed {
        /// Which.
        id: String,
    },
    /// A stage was leased to a box.
    StageStarted {
        /// Index.
        stage: usize,
        /// Attempt, ordinal, box.
        lease: Lease,
    },
    /// A tenth was reached.
    StageProgress {
        /// Index.
        stage: usize,
        /// 0–100.
        progress: f64,
        /// In words.
        message: Option<String>,
    },
    /// Done.
    StageCompleted {
        /// Index.
        stage: usize,
        /// When it really started, where known.
        started_at: Option<Timestamp>,
        /// What it gave.
        outputs: Values,
    },
    /// What a stage gives has changed.
    StageAmended {
        /// Index.
        stage: usize,
        /// Laid over what it gave; null takes a key away.
        outputs: Values,
    },
    /// Failed for good.
    StageFailed {
        /// Index.
        stage: usize,
        /// Why.
        failure: Failure,
    },
    /// Failed, and will be tried again (`wait` is a back-off), or waits for a person, time or callback.
    StageWaiting {
        /// Index.
        stage: usize,
        /// For what.
        wait: Wait,
        /// The failure that led here, if any.
        failure: Option<Failure>,
        /// A try was spent.
        spent: bool,
    },
    /// The wait is over: pending again.
    StageReady {
        /// Index.
        stage: usize,
    },
    /// The attempt was lost with its daemon or box: pending again.
    StageLost {
        /// Index.
        stage: usize,
        /// In words.
        reason: String,
    },
    /// The attempt never began: pending again, the attempt number stays spent.
    StageNotBegun {
        /// Index.
        stage: usize,
    },
    /// `when` did not hold.
    StageSkipped {
        /// Index.
        stage: usize,
    },
    /// Ended by a cancel, or because the workflow failed.
    StageCancelled {
        /// Index.
        stage: usize,
    },
}
