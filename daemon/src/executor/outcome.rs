//! From the end of a run to what the engine is told: classes, codes, words and remedies. Pure but for `PATH`'s value.

use super::shims::Ended;
use crate::attempt_log::{LogName, tail_text};
use crate::domain::pipeline::{FailMatch, StageSpec};
use crate::domain::{ErrorClass, Failure, Outcome, Values};
use crate::shim::{End, EndReason, SpawnProblem};
use rustix::io::Errno;
use std::borrow::Cow;
use std::time::Duration;

/// So much of the log's end is held against the patterns of `[stages.fail]`.
const PATTERN_TAIL: u64 = 64 * 1024;
/// `EX_TEMPFAIL`: the program asks to be run again.
const TRY_AGAIN: i32 = 75;

/// A failure, before it is known whose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Decides what happens next.
    pub class: ErrorClass,
    /// A short stable word.
    pub code: String,
    /// What happened.
    pub message: String,
    /// What a person can do.
    pub hint: String,
}

impl Fault {
    /// A failure.
    pub fn new(
        class: ErrorClass,
        code: impl Into<String>,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) -> Self {
        Self {
            class,
            code: code.into(),
            message: message.into(),
            hint: hint.into(),
        }
    }

    /// As the outcome of this stage's attempt.
    #[must_use]
    pub fn of(self, stage: &str) -> Outcome {
        let Self {
            class,
            code,
            message,
            hint,
        } = self;
        match class {
            ErrorClass::Lost => Outcome::Lost { reason: message },
            ErrorClass::Cancelled => Outcome::Cancelled,
            _ => Outcome::Failed {
                failure: Failure {
                    class,
                    code,
                    message,
                    stage: Some(stage.to_owned()),
                    hint,
                },
            },
        }
    }
}

/// What a program's end means for its stage. `outputs` is asked only when it ended well.
pub fn of_program(
    spec: &StageSpec,
    program: &str,
    log: &LogName,
    ended: Ended,
    outputs: impl FnOnce() -> Result<Values, Fault>,
) -> Outcome {
    let end = match of_run(program, spec.timeout, spec.stall, ended) {
        Ok(end) => end,
        Err(RunFault::NotBegun) => return Outcome::NotBegun,
        Err(RunFault::Fault(fault)) => return fault.of(&spec.id),
    };
    match (end.exit, end.park) {
        (Some(0), _) => match outputs() {
            Ok(outputs) => Outcome::Completed { outputs },
            Err(fault) => fault.of(&spec.id),
        },
        (Some(TRY_AGAIN), Some(park)) => {
            let reason = if park.reason.is_empty() {
                format!("{program} asked to be run again later")
            } else {
                park.reason
            };
            Outcome::Parked {
                wait: Duration::from_millis(park.wait_ms),
                reason,
                class: None,
            }
        }
        (exit, _) => exit_fault(spec, program, log, exit, end.signal, &end.tail).of(&spec.id),
    }
}

/// Why a run gives no exit of its program.
#[derive(Debug)]
pub enum RunFault {
    /// It never began.
    NotBegun,
    /// It failed before, or was ended.
    Fault(Fault),
}

/// The end of a program that ended by itself; else why it did not.
pub fn of_run(
    program: &str,
    timeout: Option<Duration>,
    stall: Option<Duration>,
    ended: Ended,
) -> Result<End, RunFault> {
    let fault = match ended {
        Ended::End(end) => match end.reason {
            EndReason::Exited => return Ok(end),
            EndReason::Cancelled => Fault::new(ErrorClass::Cancelled, "cancelled", "cancelled", ""),
            EndReason::Timeout => {
                let limit = timeout.map_or_else(String::new, |limit| format!(" of {limit:?}"));
                Fault::new(
                    ErrorClass::Timeout,
                    "timeout",
                    format!("{program} ran longer than its time limit{limit} and was ended"),
                    "Raise the stage's `timeout`, or find out from the log what took so long.",
                )
            }
            EndReason::Stalled => {
                let limit = stall.map_or_else(String::new, |limit| format!(" for {limit:?}"));
                Fault::new(
                    ErrorClass::Stalled,
                    "stalled",
                    format!(
                        "{program} gave no output, made no progress and used no processor time{limit}, and was ended"
                    ),
                    "Find out from the log what it waited for; raise the stage's `stall` if that is as it should be.",
                )
            }
            EndReason::SpawnFailed(problem) => spawn_fault(program, problem),
        },
        Ended::Cancelled => Fault::new(ErrorClass::Cancelled, "cancelled", "cancelled", ""),
        Ended::NotBegun => return Err(RunFault::NotBegun),
        Ended::Vanished(why) => Fault::new(
            ErrorClass::Lost,
            "shim_killed",
            format!("{program} was lost: {why}"),
            "",
        ),
        Ended::NoShim(error) => Fault::new(
            if matches!(
                error.kind(),
                std::io::ErrorKind::NotFound | std::io::ErrorKind::PermissionDenied
            ) {
                ErrorClass::Config
            } else {
                ErrorClass::Resources
            },
            "shim",
            format!("reel-shim, under which {program} would run, could not be started: {error}"),
            "Look whether reel-shim is beside reeld (or where REEL_SHIM says), and whether processes and memory are left.",
        ),
    };
    Err(RunFault::Fault(fault))
}

fn spawn_fault(program: &str, problem: SpawnProblem) -> Fault {
    let (errno, place) = match problem {
        SpawnProblem::Directory(errno) => (errno, "its working directory can't be entered"),
        SpawnProblem::Output(errno) => (errno, "the file for its output can't be made"),
        SpawnProblem::Program(errno) => (errno, "could not be started"),
    };
    let system = std::io::Error::from_raw_os_error(errno);
    let general = format!("{program}: {place}: {system}");
    let by_path = program.contains('/');
    match (problem, Errno::from_raw_os_error(errno)) {
        (SpawnProblem::Directory(_), Errno::NOENT | Errno::NOTDIR | Errno::ACCESS) => Fault::new(
            ErrorClass::Config,
            "dir",
            general,
            "Make the directory, let the daemon's user into it, or give another `dir`.",
        ),
        (SpawnProblem::Output(_), _) => Fault::new(
            ErrorClass::Storage,
            "output_file",
            general,
            "Look whether the data directory can be written and its disk has room.",
        ),
        (SpawnProblem::Program(_), Errno::NOENT) if by_path => Fault::new(
            ErrorClass::Config,
            "program_missing",
            format!("{program} is not there, or the interpreter that its first line names is not"),
            "Install it, or name it rightly in the pipeline.",
        ),
        (SpawnProblem::Program(_), Errno::NOENT) => Fault::new(
            ErrorClass::Config,
            "program_missing",
            format!(
                "{program} is in none of the daemon's directories for programs: {}",
                std::env::var("PATH").unwrap_or_default()
            ),
            install_hint(program),
        ),
        (SpawnProblem::Program(_), Errno::ACCESS) => Fault::new(
            ErrorClass::Config,
            "program_not_executable",
            general,
            "Make it executable for the daemon's user (chmod +x).",
        ),
        (SpawnProblem::Program(_), Errno::NOEXEC) => Fault::new(
            ErrorClass::Config,
            "not_a_program",
            general,
            "A script needs a first line such as `#!/bin/sh`.",
        ),
        (SpawnProblem::Program(_), Errno::TOOBIG) => Fault::new(
            ErrorClass::Input,
            "arguments_too_long",
            general,
            "Give large values by a file instead of an argument.",
        ),
        (_, Errno::AGAIN | Errno::NOMEM | Errno::MFILE | Errno::NFILE) => Fault::new(
            ErrorClass::Resources,
            "spawn",
            general,
            "The box is short of memory, processes or open files: free some or raise the limits.",
        ),
        _ => Fault::new(
            ErrorClass::Provider,
            "spawn",
            general,
            "Look whether the program can be run by the daemon's user.",
        ),
    }
}

fn install_hint(program: &str) -> Cow<'static, str> {
    match program {
        "ffmpeg" | "ffprobe" => "Install it: apt install ffmpeg".into(),
        "espeak-ng" => "Install it: apt install espeak-ng".into(),
        _ => format!("Install {program}, or name it by its whole path in the pipeline.").into(),
    }
}

fn exit_fault(
    spec: &StageSpec,
    program: &str,
    log: &LogName,
    exit: Option<i32>,
    signal: Option<i32>,
    tail: &str,
) -> Fault {
    let last_words = tail
        .lines()
        .map(str::trim)
        .rfind(|line| !line.is_empty())
        .map_or_else(String::new, |line| format!(": {line}"));
    let Some(exit) = exit else {
        let signal = signal.unwrap_or(0);
        // Nobody else kills a program's tree but the kernel, when memory is out, and people.
        let (class, hint) = if signal == rustix::process::Signal::KILL.as_raw() {
            (
                ErrorClass::Resources,
                "Most often memory ran out: give the stage fewer neighbours (`resources`) or the box more memory.",
            )
        } else {
            (
                ErrorClass::Provider,
                "The log may tell why; a crash is a fault of the program.",
            )
        };
        return Fault::new(
            class,
            format!("signal_{signal}"),
            format!("{program} was ended by signal {signal}{last_words}"),
            hint,
        );
    };
    let class = if exit == TRY_AGAIN {
        ErrorClass::Provider
    } else {
        mapped(spec, log, exit).unwrap_or(ErrorClass::Provider)
    };
    Fault::new(
        class,
        format!("exit_{exit}"),
        format!("{program} ended with exit code {exit}{last_words}"),
        "The attempt's log shows what it said.",
    )
}

/// The class that the stage's `fail` table gives: by the code, else by the first pattern that the log's end matches.
fn mapped(spec: &StageSpec, log: &LogName, exit: i32) -> Option<ErrorClass> {
    let by_code = spec
        .fail
        .iter()
        .find(|(on, _)| *on == FailMatch::Code(exit))
        .map(|(_, class)| *class);
    let patterns = spec.fail.iter().filter_map(|(on, class)| match on {
        FailMatch::Pattern(pattern) => Some((pattern, *class)),
        FailMatch::Code(_) => None,
    });
    by_code.or_else(|| {
        let mut patterns = patterns.peekable();
        patterns.peek()?;
        let text = tail_text(log, PATTERN_TAIL).unwrap_or_default();
        // Patterns were compiled once when the file was read; one that can't be any more matches nothing.
        patterns
            .find(|(pattern, _)| {
                regex::Regex::new(pattern).is_ok_and(|pattern| pattern.is_match(&text))
            })
            .map(|(_, class)| class)
    })
}
