//! Runs of programs under shims: begun, waited for, found again, cancelled. Blocking: called from lanes.

use super::journal::{Journal, Run};
use super::lock::lock;
use crate::engine::ports::AttemptKey;
use crate::shim::{End, Instructions, kill_all_with_environment, shim_of};
use rustix::event::{PollFd, PollFlags, poll};
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};
use std::collections::{HashMap, HashSet};
use std::ffi::OsString;
use std::fs;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// What of the daemon's environment a program gets, besides `LC_*`.
const ALLOWED: [&str; 6] = ["PATH", "HOME", "LANG", "TZ", "TMPDIR", "USER"];

/// All runs of this daemon.
pub struct Shims {
    shim: PathBuf,
    directory: PathBuf,
    boot: String,
    environment: Vec<(OsString, OsString)>,
    has_terminal: bool,
    log_cap: u64,
    grace: Duration,
    journal: Mutex<Journal>,
    live: Mutex<HashMap<String, Live>>,
}

struct Live {
    attempt: AttemptKey,
    range: Option<(f64, f64)>,
    handle: Option<Arc<OwnedFd>>,
}

/// A program to run.
#[derive(Debug, Clone)]
pub struct Task {
    /// Whose it is.
    pub attempt: AttemptKey,
    /// The run's own key, the program, its limits. What is the daemon's (log cap, grace, parent…) is filled in here.
    pub instructions: Instructions,
    /// Variables that tell this run's processes from all others: by these they are found when their shim is gone.
    pub marks: Vec<(&'static str, String)>,
    /// Further variables.
    pub environment: Vec<(OsString, OsString)>,
    /// The part of the stage's progress that this run's covers; none: not shown.
    pub range: Option<(f64, f64)>,
    /// Cancelled when the attempt shall end.
    pub cancel: CancellationToken,
}

/// How a run ended, as far as can be known.
#[derive(Debug)]
pub enum Ended {
    /// As its shim wrote down.
    End(End),
    /// It was cancelled before it began.
    Cancelled,
    /// It never began, although it was ordered.
    NotBegun,
    /// Its shim is gone without a word; so is now all that it had started.
    Vanished(&'static str),
    /// The shim could not be started.
    NoShim(io::Error),
}

impl Shims {
    /// With this shim program, on the journal of this directory.
    ///
    /// # Errors
    /// When the journal can't be begun.
    pub fn open(
        shim: PathBuf,
        directory: PathBuf,
        log_cap: u64,
        grace: Duration,
    ) -> io::Result<Self> {
        let journal = Journal::open(directory.clone())?;
        let allowed = |name: &str| ALLOWED.contains(&name) || name.starts_with("LC_");
        let environment = std::env::vars_os()
            .filter(|(name, _)| name.to_str().is_some_and(allowed))
            .collect();
        let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id")
            .unwrap_or_default()
            .trim()
            .to_owned();
        Ok(Self {
            shim,
            directory,
            boot,
            environment,
            has_terminal: fs::File::open("/dev/tty").is_ok(),
            log_cap,
            grace,
            journal: Mutex::new(journal),
            live: Mutex::default(),
        })
    }

    /// Runs a program to its end.
    pub fn run(&self, task: &Task) -> Ended {
        let key = &task.instructions.key;
        if task.cancel.is_cancelled() {
            return Ended::Cancelled;
        }
        let spawned = lock(&self.journal)
            .begin(key)
            .and_then(|journal| self.command(task).stdin(Stdio::from(journal)).spawn());
        let mut child = match spawned {
            Ok(child) => child,
            Err(error) => return Ended::NoShim(error),
        };
        // The process can't be reaped before `wait` below: the number is its own.
        let handle = i32::try_from(child.id())
            .ok()
            .and_then(Pid::from_raw)
            .and_then(|pid| pidfd_open(pid, PidfdFlags::empty()).ok());
        self.watch(task, handle.map(Arc::new));
        let waited = child.wait();
        self.unwatch(key);
        if let Err(error) = waited {
            return Ended::NoShim(error);
        }
        match self.look(key) {
            Some(Run { end: Some(end), .. }) => Ended::End(end),
            Some(Run { start: Some(_), .. }) => self.bury(task, "its shim was killed"),
            _ if task.cancel.is_cancelled() => Ended::Cancelled,
            _ => Ended::NoShim(io::Error::other("it ended before it had begun")),
        }
    }

    /// Follows a run that an earlier daemon, or an earlier life of the attempt, may have begun.
    pub fn resume(&self, task: &Task) -> Ended {
        let key = &task.instructions.key;
        let Some(Run {
            start: Some((pid, boot)),
            aborted,
            end,
            ..
        }) = self.look(key)
        else {
            return Ended::NotBegun;
        };
        if let Some(end) = end {
            return Ended::End(end);
        }
        if aborted {
            return Ended::NotBegun;
        }
        if boot != self.boot {
            return Ended::Vanished("the box was started anew");
        }
        if let Some(handle) = shim_of(pid, key).map(Arc::new) {
            self.watch(task, Some(Arc::clone(&handle)));
            let mut fds = [PollFd::new(&*handle, PollFlags::IN)];
            while matches!(poll(&mut fds, None), Err(rustix::io::Errno::INTR)) {}
            self.unwatch(key);
        }
        // Gone by now, whenever that was: its last word is in the journal, if it had one.
        match self.look(key) {
            Some(Run { end: Some(end), .. }) => Ended::End(end),
            Some(Run { aborted: true, .. }) => Ended::NotBegun,
            _ => self.bury(task, "its shim was killed while no daemon watched it"),
        }
    }

    /// Ends all runs of an attempt whose token was cancelled just before.
    pub fn cancel(&self, attempt: &AttemptKey) {
        for live in lock(&self.live)
            .values()
            .filter(|live| live.attempt == *attempt)
        {
            live.terminate();
        }
    }

    /// Whose run this is, and which part of the stage's progress it covers.
    pub fn watched(&self, key: &str) -> Option<(AttemptKey, Option<(f64, f64)>)> {
        lock(&self.live)
            .get(key)
            .map(|live| (live.attempt.clone(), live.range))
    }

    /// Reads what earlier daemons' runs left, as far as it is of these attempts.
    ///
    /// # Errors
    /// When a file of the journal can't be read.
    pub fn load_earlier(&self, attempts: &HashSet<String>) -> io::Result<()> {
        lock(&self.journal).load_earlier(attempts)
    }

    /// Forgets an attempt whose end was told.
    pub fn forget(&self, attempt: &str) {
        lock(&self.journal).forget(attempt);
    }

    /// The directory of journal, logs and hints.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    fn command(&self, task: &Task) -> Command {
        let instructions = Instructions {
            parent: i32::try_from(std::process::id()).unwrap_or(0),
            boot: self.boot.clone(),
            session: self.has_terminal,
            attempts_dir: self.directory.clone(),
            log_cap: self.log_cap,
            grace: self.grace,
            ..task.instructions.clone()
        };
        let mut command = Command::new(&self.shim);
        command
            .args(instructions.to_args())
            .env_clear()
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .envs(task.environment.iter().map(|(name, value)| (name, value)))
            .envs(task.marks.iter().map(|(name, value)| (name, value)))
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        // What is typed at the daemon's terminal, and the terminal's end, must not reach the shim: a session sees to that,
        // and makes a group as well. Without a terminal a group is enough, and costs nothing.
        if !self.has_terminal {
            command.process_group(0);
        }
        command
    }

    fn watch(&self, task: &Task, handle: Option<Arc<OwnedFd>>) {
        let live = Live {
            attempt: task.attempt.clone(),
            range: task.range,
            handle,
        };
        // In this order, so that a cancel finds the run or the run finds the cancel.
        let mut all = lock(&self.live);
        if task.cancel.is_cancelled() {
            live.terminate();
        }
        all.insert(task.instructions.key.clone(), live);
    }

    fn unwatch(&self, key: &str) {
        lock(&self.live).remove(key);
    }

    fn look(&self, key: &str) -> Option<Run> {
        match lock(&self.journal).look(key) {
            Ok(run) => run,
            Err(error) => {
                tracing::error!(component = "WORKER", %error, run = key, "the journal of runs can't be read: how this one ended is not known");
                None
            }
        }
    }

    /// Ends what is left of a run whose shim is gone.
    pub fn bury(&self, task: &Task, why: &'static str) -> Ended {
        let marks: Vec<(&str, &str)> = task
            .marks
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        let killed = kill_all_with_environment(&marks);
        tracing::warn!(
            component = "WORKER",
            run = task.instructions.key,
            killed,
            "{why}; what it had left was ended"
        );
        Ended::Vanished(why)
    }
}

impl Live {
    fn terminate(&self) {
        if let Some(handle) = &self.handle {
            // It may have ended by itself.
            let _ = pidfd_send_signal(handle, Signal::TERM);
        }
    }
}

/// The shim's program: where `REEL_SHIM` says, else beside the daemon's own.
///
/// # Errors
/// Where it was looked for in vain.
pub fn find_shim() -> Result<PathBuf, String> {
    let path = match std::env::var_os("REEL_SHIM") {
        Some(path) => PathBuf::from(path),
        None => std::env::current_exe()
            .map_err(|error| format!("the daemon's own program can't be found: {error}"))?
            .with_file_name("reel-shim"),
    };
    if path.is_file() {
        return Ok(path);
    }
    Err(format!(
        "{} is missing: install reel-shim beside reeld, or name it in REEL_SHIM",
        path.display()
    ))
}
