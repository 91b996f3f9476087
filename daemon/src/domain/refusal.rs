//! Why a command was refused, and what to do after one was taken.

use super::workflow::Status;

/// A command that changes nothing, and why. The api room maps these to HTTP.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The id belongs to another workflow.
    #[error("the id `{0}` is taken by another workflow")]
    IdTaken(String),
    /// No such workflow.
    #[error("no workflow `{0}`")]
    NotFound(String),
    /// Not in this status.
    #[error("a workflow that is {} can't do that; allowed: {}", .status.word(), .allowed.join(", "))]
    InvalidTransition {
        /// What it is.
        status: Status,
        /// The acts that are allowed, as words of INTERFACE's table.
        allowed: Vec<&'static str>,
    },
    /// A field's value is wrong.
    #[error("{field}: {problem}")]
    Invalid {
        /// Which.
        field: String,
        /// What, with the remedy.
        problem: String,
    },
    /// An attempt that is not the current one: a late message.
    #[error("attempt {attempt} is not the current one")]
    StaleAttempt {
        /// The one that spoke.
        attempt: u32,
    },
}

/// What a decision led to.
#[derive(Debug)]
pub enum Decision {
    /// These events, and then these effects.
    Done {
        /// In order.
        events: Vec<super::event::Event>,
        /// After the commit.
        effects: Vec<Effect>,
    },
    /// It is already so: answered 200, nothing changes.
    AlreadySo,
}

/// What to do after the commit. Hints only: losing one costs time, never correctness.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// End this attempt's processes.
    CancelAttempt {
        /// Stage index.
        stage: usize,
        /// Which.
        attempt: u32,
    },
    /// Dependants must be told.
    Ended,
    /// It was opened again while dependencies of it have not completed: look up each that is not `done`, and send
    /// `DependencyEnded` for every one that has ended (or is gone) meanwhile.
    LookUpDependencies,
    /// Work directory and files may go.
    CleanUp,
}
