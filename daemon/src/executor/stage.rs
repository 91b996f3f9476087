//! What a built-in stage sees of the world, and what it may answer.
//!
//! A stage is an async function from `StageContext` to its outputs. It is **re-entrant**: after the daemon died, the same
//! attempt's function is called again, from its beginning, on the same work directory. Therefore:
//!
//! - heavy work is done by programs through `StageContext::step`. A step is known by its name within the attempt: one that
//!   runs already is waited for, one that ended gives the result it had, and only else it is begun;
//! - all else that a stage does must be harmless when done twice (write to a `.part` file, then rename);
//! - dropping the function's future ends nothing: steps live in processes of their own. `StageError::Cancelled` comes out
//!   of `step` when cancel was asked, after the step's processes are gone.

use super::outside::Outside;
use crate::attempt_log::Level;
use crate::config::Config;
use crate::domain::workflow::{Answer, Question};
use crate::domain::{ErrorClass, Values};
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::future::Future;
use std::ops::Deref;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// A boxed future, as the ports of this room give them.
pub type BoxFuture<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// A built-in stage. Async functions `fn(StageContext) -> Result<Values, StageError>` are stages.
pub trait Stage: Send + Sync + 'static {
    /// Does the work, from the beginning or from what an earlier call of the same attempt left.
    fn run(&self, context: StageContext) -> BoxFuture<Result<Values, StageError>>;
}

impl<F, R> Stage for F
where
    F: Fn(StageContext) -> R + Send + Sync + 'static,
    R: Future<Output = Result<Values, StageError>> + Send + 'static,
{
    fn run(&self, context: StageContext) -> BoxFuture<Result<Values, StageError>> {
        Box::pin(self(context))
    }
}

/// The facts of an attempt.
#[derive(Debug, Clone)]
pub struct Facts {
    /// The workflow's id: letters, digits, `_`, `-`.
    pub workflow_id: String,
    /// The workflow's name, for people.
    pub workflow_name: String,
    /// Whose it is. May hold anything: not fit for a path as it is.
    pub user: String,
    /// The request that the workflow came from.
    pub request_id: String,
    /// The stage's id.
    pub stage_id: String,
    /// The attempt's number.
    pub attempt: u32,
    /// Which attempt of the whole workflow this is part of: 1, and one more with each retry.
    pub run: u32,
    /// A failure of this attempt is the stage's failure: no try is left.
    pub last_try: bool,
    /// The workflow's parameters, defaults filled in.
    pub params: Values,
    /// The further keys of the stage in the pipeline's file.
    pub with: Values,
    /// What people answered this stage since it began.
    pub answers: Vec<Answer>,
    /// What other stages gave, by their ids.
    pub outputs: BTreeMap<String, Values>,
    /// The workflow's scratch directory; is there; gone when the workflow ends.
    pub work_dir: PathBuf,
    /// Where finished media is kept: `DATA_DIR/media`.
    pub media_dir: PathBuf,
    /// The daemon's configuration.
    pub config: Arc<Config>,
    /// How outside services are reached, and how they reach us.
    pub outside: Arc<Outside>,
}

/// A built-in stage's hold on its attempt; clones share it. The facts are its fields by `Deref`.
#[derive(Clone)]
pub struct StageContext {
    facts: Arc<Facts>,
    host: Arc<dyn Host>,
}

impl Deref for StageContext {
    type Target = Facts;

    fn deref(&self) -> &Facts {
        &self.facts
    }
}

impl StageContext {
    /// A context of these facts in the hands of this host.
    #[must_use]
    pub fn new(facts: Facts, host: Arc<dyn Host>) -> Self {
        Self {
            facts: Arc::new(facts),
            host,
        }
    }

    /// Says something in the attempt's log.
    pub fn log(&self, level: Level, text: &str) {
        self.host.log(level, text);
    }

    /// Tells the stage's progress, 0–100. What goes back is not shown.
    pub fn progress(&self, percent: f64, message: Option<&str>) {
        self.host.progress(percent, message.map(str::to_owned));
    }

    /// Cancelled when cancel was asked. Stages that wait for something else than a step must watch it.
    #[must_use]
    pub fn cancelled(&self) -> &CancellationToken {
        self.host.cancelled()
    }

    /// Tells what the stage gives so far: shown, and kept if it fails. Returns when the word is on its way.
    pub async fn gave(&self, outputs: Values) {
        self.host.gave(outputs).await;
    }

    /// A provider was used now: so many tokens, characters, requests, clips. It is the stage's cost, however the attempt ends.
    pub fn paid(&self, provider: &str, units: u64) {
        self.host.paid(provider, units);
    }

    /// Runs a program under the shim, once per attempt and name: see the module's words. Steps of different names may run
    /// at the same time.
    ///
    /// # Errors
    /// - `Failed`: the program is missing or could not be started (class `config`), it was killed (`resources`), it took
    ///   longer than its timeout (`timeout`) or stalled (`stalled`). An exit code other than 0 is no error here: see
    ///   `StepResult::require_success`.
    /// - `Cancelled`: cancel was asked.
    pub async fn step(&self, name: &str, step: Step) -> Result<StepResult, StageError> {
        self.host.step(name, step).await
    }
}

/// Who carries an attempt of a built-in stage: the runner, or a fake in tests.
pub trait Host: Send + Sync + 'static {
    /// See `StageContext::log`.
    fn log(&self, level: Level, text: &str);
    /// See `StageContext::progress`.
    fn progress(&self, percent: f64, message: Option<String>);
    /// See `StageContext::gave`.
    fn gave(&self, outputs: Values) -> BoxFuture<()>;
    /// See `StageContext::paid`.
    fn paid(&self, provider: &str, units: u64);
    /// See `StageContext::cancelled`.
    fn cancelled(&self) -> &CancellationToken;
    /// See `StageContext::step`.
    fn step(&self, name: &str, step: Step) -> BoxFuture<Result<StepResult, StageError>>;
}

/// A program to run as a part of a built-in stage.
#[derive(Debug, Clone, Default)]
pub struct Step {
    /// Looked for in `PATH` when it has no `/`.
    pub program: OsString,
    /// Its arguments. No shell sees them.
    pub args: Vec<OsString>,
    /// Where it runs; the work directory by default.
    pub dir: Option<PathBuf>,
    /// Besides the daemon's allowed variables and `REEL_*`.
    pub env: Vec<(String, String)>,
    /// What becomes of its standard output; standard error always goes to the attempt's log.
    pub stdout: Stdout,
    /// How long the media is that ffmpeg makes: turns its `-progress` times into percent. Without it, the length of the first
    /// input that ffmpeg names is taken.
    pub expected: Option<Duration>,
    /// The part of the stage's progress that this step's 0–100 covers; none: not shown.
    pub progress: Option<(f64, f64)>,
    /// The longest it may take.
    pub timeout: Option<Duration>,
}

impl Step {
    /// This program with these arguments, and nothing else said.
    pub fn new<P, A>(program: P, args: A) -> Self
    where
        P: Into<OsString>,
        A: IntoIterator,
        A::Item: Into<OsString>,
    {
        Self {
            program: program.into(),
            args: args.into_iter().map(Into::into).collect(),
            ..Self::default()
        }
    }
}

/// What becomes of a step's standard output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Stdout {
    /// To the attempt's log.
    #[default]
    Log,
    /// Not to the log, but into `StepResult::stdout`, at most so many bytes of it.
    Capture {
        /// What is over is cut.
        limit: usize,
    },
}

/// How a step ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepResult {
    /// Exit code; none when a signal ended it.
    pub exit: Option<i32>,
    /// The signal that ended it.
    pub signal: Option<i32>,
    /// The end of what it said in the log, at most 32 KiB.
    pub log_tail: String,
    /// What was captured.
    pub stdout: Vec<u8>,
}

impl StepResult {
    /// This result if the program ended with 0, else a failure of class `provider` that names it, its exit and its last words.
    ///
    /// # Errors
    /// When the exit code isn't 0.
    pub fn require_success(self, what: &str) -> Result<Self, StageError> {
        if self.exit == Some(0) {
            return Ok(self);
        }
        let (code, ended) = match (self.exit, self.signal) {
            (Some(exit), _) => (
                format!("exit_{exit}"),
                format!("ended with exit code {exit}"),
            ),
            (None, Some(signal)) => (
                format!("signal_{signal}"),
                format!("was ended by signal {signal}"),
            ),
            (None, None) => ("ended".to_owned(), "ended in an unknown way".to_owned()),
        };
        let words = self
            .log_tail
            .lines()
            .rev()
            .find(|line| !line.trim().is_empty())
            .map_or_else(String::new, |line| format!(": {}", line.trim()));
        Err(StageError::failed(
            ErrorClass::Provider,
            &code,
            format!("{what} {ended}{words}"),
            "The attempt's log shows what it said.",
        ))
    }
}

/// Why a built-in stage gives no outputs (yet).
#[derive(Debug, Clone, PartialEq)]
pub enum StageError {
    /// It failed; the class decides what happens next.
    Failed {
        /// The class.
        class: ErrorClass,
        /// A short stable word: `quality`, `program_missing`…
        code: String,
        /// What happened, for people.
        message: String,
        /// What a person can do.
        hint: String,
    },
    /// Waits for a time, without a slot; spends no try. The next attempt goes on then.
    Parked {
        /// How long.
        wait: Duration,
        /// In words.
        reason: String,
        /// `Quota`, `RateLimit`, or none.
        class: Option<ErrorClass>,
    },
    /// Waits for a person's answer.
    NeedsApproval {
        /// What is asked.
        questions: Vec<Question>,
        /// How long; none is for ever.
        deadline: Option<Duration>,
        /// The answer at the deadline.
        default: bool,
    },
    /// Waits for a service's callback.
    NeedsCallback {
        /// How long.
        deadline: Duration,
        /// In words.
        reason: String,
        /// The service's own id of the work, where it named one: callbacks find the workflow by it too.
        execution_id: Option<String>,
    },
    /// Cancel was asked, and nothing of it runs any more.
    Cancelled,
}

impl StageError {
    /// A failure.
    pub fn failed(
        class: ErrorClass,
        code: &str,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) -> Self {
        Self::Failed {
            class,
            code: code.to_owned(),
            message: message.into(),
            hint: hint.into(),
        }
    }
}
