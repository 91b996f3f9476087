//! Stages that are any program: from the order to the task for its shim, and from its end to the outcome.

use super::outcome::{self, Fault};
use super::outputs;
use super::run_key;
use super::shims::{Ended, Task};
use super::spent::Spent;
use crate::attempt_log::LogName;
use crate::domain::pipeline::Work;
use crate::domain::{ErrorClass, Outcome, Timestamp, Value, template};
use crate::engine::ports::Order;
use crate::shim::Instructions;
use std::ffi::OsString;
use std::fs;
use std::io::ErrorKind;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use tokio_util::sync::CancellationToken;

/// Where the files of an attempt lie.
#[derive(Debug, Clone)]
pub struct Places {
    /// The workflow's scratch directory.
    pub work_dir: PathBuf,
    /// The attempt's log.
    pub log: LogName,
}

impl Places {
    /// Below this data directory.
    ///
    /// # Errors
    /// When an id can't be part of a path: such a workflow should not have been accepted.
    pub fn of(data_dir: &Path, order: &Order) -> Result<Self, Fault> {
        let workflow = &order.workflow;
        let unsafe_name = |error: crate::attempt_log::UnsafeName| {
            Fault::new(
                ErrorClass::Input,
                "id",
                error.to_string(),
                "Submit it under another id.",
            )
        };
        let log = LogName::new(
            data_dir,
            &workflow.id,
            &workflow.plan.stages[order.stage].id,
            order.attempt,
        )
        .map_err(unsafe_name)?;
        // The log's name was made of the same id: it holds nothing that could lead elsewhere.
        Ok(Self {
            work_dir: data_dir.join("work").join(&workflow.id),
            log,
        })
    }

    /// Makes the work directory.
    ///
    /// # Errors
    /// When that is not possible.
    pub fn make(&self) -> Result<(), Fault> {
        let made = match fs::create_dir(&self.work_dir) {
            Err(error) if error.kind() == ErrorKind::NotFound => fs::create_dir_all(&self.work_dir),
            other => other,
        };
        match made {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(Fault::new(
                ErrorClass::Storage,
                "work_dir",
                format!(
                    "the work directory {} can't be made: {error}",
                    self.work_dir.display()
                ),
                "Look whether the data directory can be written and its disk has room.",
            )),
            _ => Ok(()),
        }
    }

    fn outputs(&self, order: &Order) -> PathBuf {
        self.work_dir.join(format!(
            ".output-{}-{}",
            order.workflow.plan.stages[order.stage].id, order.attempt
        ))
    }
}

/// The variables by which every program of an attempt is told its place, and found again.
#[must_use]
pub fn marks(order: &Order, places: &Places) -> Vec<(&'static str, String)> {
    vec![
        ("REEL_WORKFLOW_ID", order.workflow.id.clone()),
        (
            "REEL_STAGE",
            order.workflow.plan.stages[order.stage].id.clone(),
        ),
        ("REEL_ATTEMPT", order.attempt.to_string()),
        (
            "REEL_WORKDIR",
            places.work_dir.to_string_lossy().into_owned(),
        ),
    ]
}

/// The task of an order for a program.
///
/// # Errors
/// What is wrong with the pipeline or the parameters.
pub fn task(order: &Order, places: &Places, cancel: CancellationToken) -> Result<Task, Fault> {
    let workflow = &order.workflow;
    let spec = &workflow.plan.stages[order.stage];
    let mut environment = vec![
        (
            OsString::from("REEL_REQUEST_ID"),
            OsString::from(&workflow.request_id),
        ),
        (
            OsString::from("REEL_OUTPUT"),
            places.outputs(order).into_os_string(),
        ),
    ];
    let mut dir = places.work_dir.clone();
    let argv: Vec<OsString> = match &spec.work {
        Work::Program { run } => run
            .iter()
            .map(|argument| Ok(render(order, argument)?.into()))
            .collect::<Result<_, Fault>>()?,
        Work::Command => {
            if let Some(wanted) = workflow.params.get("dir").and_then(Value::as_text) {
                dir.push(wanted);
            }
            let given = workflow
                .params
                .get("env")
                .and_then(Value::as_map)
                .into_iter()
                .flatten();
            environment.splice(
                0..0,
                given.map(|(name, value)| (name.into(), value.to_string().into())),
            );
            workflow
                .params
                .get("argv")
                .and_then(Value::as_list)
                .unwrap_or_default()
                .iter()
                .map(|argument| argument.to_string().into())
                .collect()
        }
        Work::BuiltIn { uses, .. } => {
            return Err(Fault::new(
                ErrorClass::Config,
                "built_in",
                format!("{uses} is no program"),
                "Report this.",
            ));
        }
    };
    check(&argv, &environment)?;
    let mut argv = argv.into_iter();
    let program = argv.next().filter(|program| !program.is_empty()).ok_or_else(|| {
        Fault::new(ErrorClass::Input, "argv", "there is no program to run: the first element of the argument list is missing or empty", "Name one.")
    })?;
    Ok(Task {
        attempt: order.key(),
        instructions: Instructions {
            key: run_key::of_attempt(order),
            log: places.log.head().to_owned(),
            dir,
            timeout: spec.timeout,
            stall: spec.stall,
            program,
            args: argv.collect(),
            ..Instructions::default()
        },
        marks: marks(order, places),
        environment,
        range: Some((0.0, 100.0)),
        cancel,
    })
}

/// What the end of the task's run means, when the program was started, and what it used.
#[must_use]
pub fn outcome(
    order: &Order,
    places: &Places,
    task: &Task,
    ended: Ended,
) -> (Option<Timestamp>, Outcome, Spent) {
    let (started, spent) = match &ended {
        Ended::End(end) => (Some(Timestamp(end.started)), Spent::cpu(end.cpu_ms)),
        _ => (None, Spent::default()),
    };
    let spec = &order.workflow.plan.stages[order.stage];
    let program = task.instructions.program.to_string_lossy();
    (
        started,
        outcome::of_program(spec, &program, &places.log, ended, || {
            outputs::read(&places.outputs(order))
        }),
        spent,
    )
}

fn render(order: &Order, argument: &str) -> Result<String, Fault> {
    let workflow = &order.workflow;
    let output = |stage: &str, key: &str| {
        workflow.stages[workflow.stage_index(stage)?]
            .outputs
            .get(key)
            .cloned()
    };
    template::render(argument, &workflow.params, &output).map_err(|error| {
        Fault::new(
            ErrorClass::Config,
            "template",
            format!("an argument can't be filled in: {error}"),
            "Mend the stage's `run` in the pipeline's file.",
        )
    })
}

/// Refuses what no process can be given.
///
/// # Errors
/// Names the argument or variable.
pub fn check(argv: &[OsString], environment: &[(OsString, OsString)]) -> Result<(), Fault> {
    if let Some(at) = argv
        .iter()
        .position(|argument| argument.as_bytes().contains(&0))
    {
        return Err(Fault::new(
            ErrorClass::Input,
            "nul",
            format!("argument {at} holds a NUL character, which no program can be given"),
            "Remove it.",
        ));
    }
    let is_wrong = |(name, value): &&(OsString, OsString)| {
        name.is_empty()
            || name.as_bytes().iter().any(|byte| matches!(byte, 0 | b'='))
            || value.as_bytes().contains(&0)
    };
    match environment.iter().find(is_wrong) {
        Some((name, _)) => Err(Fault::new(
            ErrorClass::Input,
            "env",
            format!(
                "`env` entry {:?} can't be a variable: names hold no `=` and aren't empty, neither part holds a NUL",
                name.to_string_lossy()
            ),
            "Rename or remove it.",
        )),
        None => Ok(()),
    }
}
