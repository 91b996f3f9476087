//! Attempts of built-in stages: the function in the async runtime, its steps on lanes, each under a shim.

use super::facts::facts;
use super::lock::lock;
use super::outcome::{self, Fault, RunFault};
use super::program::{self, Places, marks};
use super::run_key;
use super::runner::Inner;
use super::shims::{Ended, Task};
use super::spent::Spent;
use super::stage::{BoxFuture, Host, StageContext, StageError, Stdout, Step, StepResult};
use crate::attempt_log::{Level, Writer};
use crate::domain::pipeline::Work;
use crate::domain::{ErrorClass, Outcome, Timestamp, Values};
use crate::engine::ports::{AttemptKey, Order};
use crate::shim::{EndReason, Instructions};
use std::fs::File;
use std::io::Read as _;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;
use tracing::Instrument as _;

/// What a step's result holds of its log.
const STEP_TAIL: usize = 32 * 1024;

/// Carries an attempt of a built-in stage to its end. Returns at once; the end is told from a lane.
pub fn carry(
    inner: &Arc<Inner>,
    order: Order,
    places: &Places,
    cancel: CancellationToken,
    adopted: bool,
) {
    let spec = &order.workflow.plan.stages[order.stage];
    let Work::BuiltIn { uses, with } = &spec.work else {
        return;
    };
    let Some(stage) = inner.stages.get(uses) else {
        let known: Vec<_> = inner.stages.names().collect();
        let fault = Fault::new(
            ErrorClass::Config,
            "unknown_stage",
            format!("there is no built-in stage `{uses}`"),
            format!("These are: {}.", known.join(", ")),
        );
        return inner.finish_with(&order, fault);
    };
    let facts = facts(inner, &order, places, with.clone());
    let spec_id = spec.id.clone();
    let attempt = Arc::new(Attempt {
        key: order.key(),
        run_key: run_key::of_attempt(&order),
        log: Mutex::new(Writer::new(places.log.clone(), inner.config.limits.log)),
        places: places.clone(),
        order,
        cancel,
        spent: Mutex::default(),
        inner: Arc::clone(inner),
    });
    // The start of an adopted attempt is the one that is known already.
    let started = (!adopted).then(|| Timestamp(jiff::Timestamp::now().as_millisecond()));
    let work = stage.run(StageContext::new(
        facts,
        Arc::new(Hold(Arc::clone(&attempt))),
    ));
    let span = tracing::info_span!(
        "stage", videoId = %attempt.key.workflow, userId = %attempt.order.workflow.user,
        requestId = %attempt.order.workflow.request_id, state = %spec_id, attempt = attempt.order.attempt
    );
    inner.runtime.spawn(async move {
        let outcome = drive(&attempt, work.instrument(span)).await;
        let inner = Arc::clone(&attempt.inner);
        inner.lanes.run(move || {
            let spent = lock(&attempt.spent).clone();
            attempt
                .inner
                .finish(&attempt.order, started, outcome, &spent);
        });
    });
}

/// Waits for the function within its time limit; what it then answers, or that it panicked, is the outcome.
async fn drive(
    attempt: &Arc<Attempt>,
    work: impl Future<Output = Result<Values, StageError>> + Send + 'static,
) -> Outcome {
    let spec = &attempt.order.workflow.plan.stages[attempt.order.stage];
    // A task of its own, so that a panic in a stage is that stage's failure and nobody else's.
    let mut work = tokio::spawn(work);
    let mut is_late = false;
    let answer = match spec.timeout {
        None => work.await,
        Some(limit) => match tokio::time::timeout(limit, &mut work).await {
            Ok(answer) => answer,
            Err(_) => {
                is_late = true;
                attempt.log(
                    Level::Warn,
                    &format!("reel: the time limit of {limit:?} is reached; ending the stage"),
                );
                attempt.cancel.cancel();
                attempt.inner.shims.cancel(&attempt.key);
                work.await
            }
        },
    };
    match answer {
        Ok(Ok(outputs)) => Outcome::Completed { outputs },
        Ok(Err(_)) if is_late => Fault::new(
            ErrorClass::Timeout,
            "timeout",
            format!(
                "{} took longer than its time limit and was ended",
                spec.title
            ),
            "Raise the stage's `timeout`, or find out from the log what took so long.",
        )
        .of(&spec.id),
        Ok(Err(_)) if attempt.cancel.is_cancelled() => Outcome::Cancelled,
        Ok(Err(error)) => of_stage_error(error, &spec.id),
        Err(panic) => Fault::new(
            ErrorClass::Provider,
            "internal",
            format!("the stage's own code failed: {panic}"),
            "This is a fault of Reel: report it with the log.",
        )
        .of(&spec.id),
    }
}

fn of_stage_error(error: StageError, stage: &str) -> Outcome {
    match error {
        StageError::Failed {
            class,
            code,
            message,
            hint,
        } => Fault {
            class,
            code,
            message,
            hint,
        }
        .of(stage),
        StageError::Parked {
            wait,
            reason,
            class,
        } => Outcome::Parked {
            wait,
            reason,
            class,
        },
        StageError::NeedsApproval {
            questions,
            deadline,
            default,
        } => Outcome::NeedsApproval {
            questions,
            deadline,
            default,
        },
        StageError::NeedsCallback {
            deadline,
            reason,
            execution_id,
        } => Outcome::NeedsCallback {
            deadline,
            reason,
            execution_id,
        },
        StageError::Cancelled => Outcome::Cancelled,
    }
}

struct Attempt {
    key: AttemptKey,
    run_key: String,
    order: Order,
    places: Places,
    log: Mutex<Writer>,
    cancel: CancellationToken,
    spent: Mutex<Spent>,
    inner: Arc<Inner>,
}

/// The attempt as its stage holds it.
struct Hold(Arc<Attempt>);

impl Host for Hold {
    fn log(&self, level: Level, text: &str) {
        self.0.log(level, text);
    }

    fn progress(&self, percent: f64, message: Option<String>) {
        if let Some(reports) = self
            .0
            .inner
            .reports_if_attached()
            .filter(|_| percent.is_finite())
        {
            reports.progress(&self.0.key, percent.clamp(0.0, 100.0), message);
        }
    }

    fn gave(&self, outputs: Values) -> BoxFuture<()> {
        let attempt = Arc::clone(&self.0);
        Box::pin(async move {
            let (done, is_done) = oneshot::channel();
            let teller = Arc::clone(&attempt);
            attempt.inner.lanes.run(move || {
                teller.inner.reports().gave(teller.key.clone(), outputs);
                // Nobody waits any more when the runtime has stopped.
                let _ = done.send(());
            });
            let _ = is_done.await;
        })
    }

    fn paid(&self, provider: &str, units: u64) {
        lock(&self.0.spent).pay(provider, units);
    }

    fn cancelled(&self) -> &CancellationToken {
        &self.0.cancel
    }

    fn step(&self, name: &str, step: Step) -> BoxFuture<Result<StepResult, StageError>> {
        let (attempt, name) = (Arc::clone(&self.0), name.to_owned());
        Box::pin(async move {
            let (done, is_done) = oneshot::channel();
            let carrier = Arc::clone(&attempt);
            attempt.inner.lanes.run(move || {
                // Nobody waits any more when the runtime has stopped: the step is found again by its name.
                let _ = done.send(carrier.step(&name, &step));
            });
            is_done.await.unwrap_or(Err(StageError::Cancelled))
        })
    }
}

impl Attempt {
    fn log(&self, level: Level, text: &str) {
        let mut log = lock(&self.log);
        log.push(level, text);
        log.flush();
        drop(log);
        if let Some(reports) = self.inner.reports_if_attached() {
            reports.log_grew(&self.key);
        }
    }

    /// Follows the step if it was begun, else runs it.
    fn step(&self, name: &str, step: &Step) -> Result<StepResult, StageError> {
        let (task, captured) = self.task(name, step);
        let failed = |Fault {
                          class,
                          code,
                          message,
                          hint,
                      }| StageError::Failed {
            class,
            code,
            message,
            hint,
        };
        program::check(&task.instructions.args, &task.environment).map_err(failed)?;
        let shims = &self.inner.shims;
        let ended = match shims.resume(&task) {
            Ended::NotBegun => shims.run(&task),
            Ended::Vanished(why) => {
                self.log(
                    Level::Warn,
                    &format!("reel: step {name} was lost ({why}) and is run again"),
                );
                shims.run(&task)
            }
            // Ended by a cancel that is not this attempt's: somebody's hand, or a daemon that died while it cancelled.
            Ended::End(end)
                if end.reason == EndReason::Cancelled && !self.cancel.is_cancelled() =>
            {
                shims.run(&task)
            }
            ended => ended,
        };
        let program = step.program.to_string_lossy();
        let stall = self.order.workflow.plan.stages[self.order.stage].stall;
        let end =
            outcome::of_run(&program, step.timeout, stall, ended).map_err(|fault| match fault {
                RunFault::NotBegun => StageError::failed(
                    ErrorClass::Lost,
                    "lost",
                    format!("step {name} could not be begun"),
                    "",
                ),
                RunFault::Fault(fault) if fault.class == ErrorClass::Cancelled => {
                    StageError::Cancelled
                }
                RunFault::Fault(fault) => failed(fault),
            })?;
        lock(&self.spent).cpu_ms += end.cpu_ms;
        if end.signal == Some(rustix::process::Signal::KILL.as_raw()) {
            let hint = "Most often memory ran out: give the stage fewer neighbours (`resources`) or the box more memory.";
            return Err(StageError::failed(
                ErrorClass::Resources,
                "signal_9",
                format!("{program} was killed (signal 9)"),
                hint,
            ));
        }
        Ok(StepResult {
            exit: end.exit,
            signal: end.signal,
            log_tail: end.tail,
            stdout: self.captured(step, captured)?,
        })
    }

    fn task(&self, name: &str, step: &Step) -> (Task, Option<PathBuf>) {
        let spec = &self.order.workflow.plan.stages[self.order.stage];
        let file = |name: char| {
            if name.is_ascii_alphanumeric() {
                name
            } else {
                '_'
            }
        };
        let captured = matches!(step.stdout, Stdout::Capture { .. }).then(|| {
            self.places.work_dir.join(format!(
                ".step-{}-{}-{}",
                spec.id,
                self.order.attempt,
                name.chars().map(file).collect::<String>()
            ))
        });
        let mut marks = marks(&self.order, &self.places);
        marks.push(("REEL_STEP", name.to_owned()));
        let given = step
            .env
            .iter()
            .map(|(name, value)| (name.into(), value.into()));
        let task = Task {
            attempt: self.key.clone(),
            instructions: Instructions {
                key: run_key::of_step(&self.run_key, name),
                log: self.places.log.head().to_owned(),
                dir: step
                    .dir
                    .clone()
                    .unwrap_or_else(|| self.places.work_dir.clone()),
                timeout: step.timeout,
                stall: spec.stall,
                expected: step.expected,
                stdout: captured.clone(),
                tail: STEP_TAIL,
                program: step.program.clone(),
                args: step.args.clone(),
                ..Instructions::default()
            },
            marks,
            environment: given
                .chain([(
                    "REEL_REQUEST_ID".into(),
                    (&self.order.workflow.request_id).into(),
                )])
                .collect(),
            range: step.progress,
            cancel: self.cancel.clone(),
        };
        (task, captured)
    }

    fn captured(&self, step: &Step, file: Option<PathBuf>) -> Result<Vec<u8>, StageError> {
        let (Some(path), Stdout::Capture { limit }) = (file, step.stdout) else {
            return Ok(Vec::new());
        };
        let mut bytes = Vec::new();
        File::open(&path)
            .and_then(|file| file.take(limit as u64).read_to_end(&mut bytes))
            .map_err(|error| {
                let message = format!(
                    "what {} wrote can't be read from {}: {error}",
                    step.program.to_string_lossy(),
                    path.display()
                );
                StageError::failed(
                    ErrorClass::Storage,
                    "step_output",
                    message,
                    "Look whether the data directory can be read and its disk has room.",
                )
            })?;
        Ok(bytes)
    }
}
