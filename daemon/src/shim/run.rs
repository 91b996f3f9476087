//! The shim from its start to its end: what it owes before the program starts, and the End record.

use super::instructions::Instructions;
use super::output::Output;
use super::record::{End, EndReason, Record, SpawnProblem};
use super::signals::Signals;
use super::supervise::{Finished, Limits, supervise};
use super::tree;
use crate::attempt_log::Level;
use rustix::event::{Timespec, poll};
use rustix::process::{getpid, getppid, set_child_subreaper, setsid};
use std::fs::File;
use std::io::{self, Write as _};
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::{Duration, SystemTime};

/// A run that was shorter has not used enough processor time to be worth reading it.
const WORTH_COUNTING: i64 = 100;
/// How often, a second apart, the End record is tried on a disk that has no room for it.
const END_TRIES: u32 = 3600;

/// Runs as the shim with these arguments (without its own name). Standard input is the journal.
pub fn run(args: impl IntoIterator<Item = std::ffi::OsString>) -> ExitCode {
    let instructions = match Instructions::from_args(args) {
        Ok(instructions) => instructions,
        Err(error) => {
            // Only a person who starts the shim by hand sees this: under the daemon it goes nowhere.
            let _ = writeln!(io::stderr(), "{error}");
            return ExitCode::from(64);
        }
    };
    match carry(&instructions) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "reel-shim: {error}");
            ExitCode::from(71)
        }
    }
}

/// The run itself. An error means that the journal holds no End: the daemon sees that the shim is gone without one.
fn carry(instructions: &Instructions) -> io::Result<()> {
    // From here on a cancel is noted and not fatal, so that after Start there is always an End.
    let mut signals = Signals::new()?;
    if instructions.session {
        setsid()?;
    }
    set_child_subreaper(Some(getpid()))?;
    let key = &instructions.key;
    let started = now_ms();
    append(&Record::Start {
        key: key.clone(),
        pid: getpid().as_raw_nonzero().get(),
        boot: instructions.boot.clone(),
        at: started,
    })?;
    if getppid().map(|pid| pid.as_raw_nonzero().get()) != Some(instructions.parent) {
        return append(&Record::Aborted { key: key.clone() });
    }
    let mut output = Output::new(instructions);
    let finished = match spawn(instructions) {
        Ok(child) => {
            let limits = Limits {
                timeout: instructions.timeout,
                stall: instructions.stall,
                grace: instructions.grace,
            };
            supervise(child, &mut signals, &mut output, &limits)?
        }
        Err(problem) => Finished {
            reason: EndReason::SpawnFailed(problem),
            exit: None,
            signal: None,
        },
    };
    let ended = now_ms();
    let wants_tail = instructions.tail > 0 || finished.exit != Some(0);
    let end = End {
        reason: finished.reason,
        exit: finished.exit,
        signal: finished.signal,
        started,
        ended,
        cpu_ms: if ended - started < WORTH_COUNTING {
            0
        } else {
            tree::ticks(&[]) * 1000 / rustix::param::clock_ticks_per_second().max(1)
        },
        park: output.take_park(),
        tail: if wants_tail {
            output.tail().to_owned()
        } else {
            String::new()
        },
    };
    write_end(
        &Record::End {
            key: key.clone(),
            end,
        },
        &mut output,
    )
}

fn spawn(instructions: &Instructions) -> Result<Child, SpawnProblem> {
    let errno = |error: &io::Error| error.raw_os_error().unwrap_or(0);
    std::env::set_current_dir(&instructions.dir)
        .map_err(|error| SpawnProblem::Directory(errno(&error)))?;
    let stdout = match &instructions.stdout {
        Some(path) => {
            Stdio::from(File::create(path).map_err(|error| SpawnProblem::Output(errno(&error)))?)
        }
        None => Stdio::piped(),
    };
    Command::new(&instructions.program)
        .args(&instructions.args)
        .stdin(Stdio::null())
        .stdout(stdout)
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| SpawnProblem::Program(errno(&error)))
}

/// One write to the journal, which is open for appending: whole or not at all as far as a reader can tell.
fn append(record: &Record) -> io::Result<()> {
    let journal = io::stdin();
    let line = record.encode();
    if rustix::io::write(&journal, &line)? == line.len() {
        return Ok(());
    }
    // The torn line must not swallow the next record.
    rustix::io::write(&journal, b"\n")?;
    Err(io::ErrorKind::StorageFull.into())
}

/// The End record must get there: on a full disk it is tried again until there is room.
fn write_end(record: &Record, output: &mut Output) -> io::Result<()> {
    let second = Timespec {
        tv_sec: 1,
        tv_nsec: 0,
    };
    for tries_left in (0..END_TRIES).rev() {
        match append(record) {
            Err(error) if tries_left > 0 && error.kind() == io::ErrorKind::StorageFull => {
                output.say(
                    Level::Warn,
                    "the disk is full: how the program ended can't be written down; trying again",
                );
                poll(&mut [], Some(&second))?;
            }
            result => return result,
        }
    }
    Ok(())
}

fn now_ms() -> i64 {
    let since_epoch = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or(Duration::ZERO);
    i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX)
}
