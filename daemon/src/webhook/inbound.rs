//! Callbacks: what an outside service says of the work it was asked for. Who it is was judged before; here it is found which
//! stage waits, what the word means for it, and the first answer is kept together with what it changed.
//!
//! ```text
//!  known key ───────────────────────────────▶ the first answer again
//!  new ─▶ no such workflow: 404
//!      ├▶ ended already ─▶ duplicate, nothing changes
//!      ├▶ no stage waits for a callback: 409
//!      └▶ progress, completion, failure ─▶ command and answer in one transaction ─▶ answered
//! ```

use crate::clock;
use crate::domain::command::Outcome;
use crate::domain::pipeline::{ErrorClass, Work};
use crate::domain::workflow::{Failure, StageState, State, Wait};
use crate::domain::{Command, Refusal, Values, Workflow};
use crate::engine::{Engine, EngineError};
use crate::store::callbacks::{self, CallbackRow};
use std::sync::Arc;

/// The built-in stage that asks an outside maker: a callback counts as soon as its request is out.
const EXTERNAL: &str = "external";

/// What is said of the work.
#[derive(Debug, Clone, PartialEq)]
pub enum Word {
    /// It has begun.
    Started,
    /// It is so far.
    Progress {
        /// 0–100.
        progress: f64,
        /// In words.
        message: Option<String>,
    },
    /// It is done.
    Completed {
        /// What came of it: a file to fetch, or its place in the store.
        outputs: Values,
    },
    /// It came to nothing.
    Failed {
        /// In words.
        message: String,
        /// A short word, where one was given.
        code: Option<String>,
    },
}

impl Word {
    /// As document 002 calls it.
    #[must_use]
    pub const fn status(&self) -> &'static str {
        match self {
            Self::Started | Self::Progress { .. } => "processing",
            Self::Completed { .. } => "completed",
            Self::Failed { .. } => "failed",
        }
    }
}

/// A callback, its sender known.
#[derive(Debug, Clone)]
pub struct Callback {
    /// By which route it came.
    pub route: &'static str,
    /// What it is known again by.
    pub key: String,
    /// SHA-256 of its body.
    pub hash: [u8; 32],
    /// Whose work it is about.
    pub workflow: Arc<Workflow>,
    /// What it says.
    pub word: Word,
}

/// What became of a callback.
#[derive(Debug, Clone, PartialEq)]
pub enum Taken {
    /// It was taken; the workflow afterwards.
    Applied(Arc<Workflow>),
    /// The workflow had ended already.
    Duplicate(Arc<Workflow>),
    /// Nothing waits for it.
    NotWaiting(Arc<Workflow>),
}

/// How an answer looks: its status and its bytes, made while the transaction is open.
pub type Phrase = dyn Fn(&Workflow, bool) -> Vec<u8> + Send + Sync;

/// The stage that a callback is for, and its attempt.
#[must_use]
pub fn awaited(workflow: &Workflow) -> Option<(usize, u32)> {
    if !matches!(
        workflow.state,
        State::Running { .. } | State::Waiting | State::Paused { .. }
    ) {
        return None;
    }
    let stages = workflow
        .stages
        .iter()
        .zip(&workflow.plan.stages)
        .enumerate();
    let waits = |state: &StageState, work: &Work| match state {
        StageState::Waiting(Wait::Callback { .. }) => true,
        StageState::InProgress(_) => matches!(work, Work::BuiltIn { uses, .. } if uses == EXTERNAL),
        _ => false,
    };
    stages
        .filter(|(_, (stage, spec))| waits(&stage.state, &spec.work))
        .map(|(index, (stage, _))| (index, stage.attempts))
        .next()
}

fn command(word: Word, stage: usize, attempt: u32) -> Command {
    let ended = |outcome| Command::Ended {
        stage,
        attempt,
        started_at: None,
        outcome,
        jitter: clock::draw(),
    };
    match word {
        Word::Started => Command::Progress {
            stage,
            attempt,
            progress: 0.0,
            message: None,
        },
        Word::Progress { progress, message } => Command::Progress {
            stage,
            attempt,
            progress,
            message,
        },
        Word::Completed { outputs } => ended(Outcome::Completed { outputs }),
        Word::Failed { message, code } => ended(Outcome::Failed {
            failure: Failure {
                class: ErrorClass::Rejected,
                code: code.unwrap_or_else(|| "callback_failed".to_owned()),
                message,
                stage: None,
                hint: "the outside service gave up; look there, then retry the workflow".to_owned(),
            },
        }),
    }
}

/// The first answer to this callback, where it came before.
///
/// # Errors
/// The database's.
pub async fn known(
    engine: &Engine,
    route: &'static str,
    key: &str,
) -> Result<Option<CallbackRow>, EngineError> {
    let key = key.to_owned();
    let asked = engine
        .reader()
        .ask(move |connection| callbacks::known(connection, route, &key))
        .await;
    asked.map_err(|error| EngineError::Store(error.to_string()))
}

/// Takes a callback: what it changes and what it is answered are on disk together.
///
/// # Errors
/// Stopping, store.
pub async fn take(
    engine: &Engine,
    callback: Callback,
    phrase: Arc<Phrase>,
) -> Result<Taken, EngineError> {
    let Callback {
        route,
        key,
        hash,
        workflow,
        word,
    } = callback;
    let keep = move |connection: &rusqlite::Connection, after: &Workflow, duplicate: bool, at| {
        let row = CallbackRow {
            hash,
            status: 200,
            body: phrase(after, duplicate),
        };
        callbacks::keep(connection, route, &key, &row, at)
    };
    let now = engine.now();
    if workflow.status().is_terminal() {
        let after = Arc::clone(&workflow);
        engine
            .write(move |connection| keep(connection, &after, true, now))
            .await?;
        return Ok(Taken::Duplicate(workflow));
    }
    let Some((stage, attempt)) = awaited(&workflow) else {
        return Ok(Taken::NotWaiting(workflow));
    };
    let beside = move |connection: &rusqlite::Connection, ack: &crate::engine::Ack| {
        keep(connection, &ack.workflow, false, now)
    };
    match engine
        .command_with(&workflow.id, command(word, stage, attempt), beside)
        .await
    {
        Ok(ack) => Ok(Taken::Applied(ack.workflow)),
        // Something else moved the stage since it was looked at.
        Err(EngineError::Refused(Refusal::StaleAttempt { .. })) => Ok(Taken::NotWaiting(workflow)),
        Err(error) => Err(error),
    }
}
