//! The loop around a running program: drains its output, keeps its limits, ends its tree, and returns when nothing of it
//! is left.
//!
//! ```text
//!  Running ──program ended──▶ Lingering ──nothing left──▶ done
//!     │                          │ grace over
//!     │ timeout, stall, cancel   ▼
//!     └─────────────────────▶ Stopping (TERM) ──grace over──▶ Stopping (KILL, again and again) ──nothing left──▶ done
//! ```
//!
//! One thread, woken by the program's output, its end, a signal to the shim, or the next deadline.

use super::output::{Lines, Output};
use super::record::EndReason;
use super::tree;
use crate::attempt_log::Level;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Signal, WaitOptions, wait};
use signal_hook::consts::{SIGCHLD, SIGTERM};
use std::io::{self, Read as _};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::process::Child;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Between two rounds of SIGKILL: first, and at most.
const KILL_AGAIN: (Duration, Duration) = (Duration::from_millis(10), Duration::from_secs(1));
/// How often a stalled tree's processor time is looked at, at the least and at the most.
const STALL_LOOK: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(60));
const READ: usize = 64 * 1024;

/// What the shim is told by signals.
pub struct Signals {
    wake: UnixStream,
    cancel: Arc<AtomicBool>,
}

impl Signals {
    /// Notes SIGTERM, and is woken by it and by the end of any child.
    ///
    /// # Errors
    /// When the handlers can't be set.
    pub fn new() -> io::Result<Self> {
        let (wake, waker) = UnixStream::pair()?;
        wake.set_nonblocking(true)?;
        let cancel = Arc::new(AtomicBool::new(false));
        // The flag first: whoever is woken sees it set.
        signal_hook::flag::register(SIGTERM, Arc::clone(&cancel))?;
        signal_hook::low_level::pipe::register(SIGTERM, waker.try_clone()?)?;
        signal_hook::low_level::pipe::register(SIGCHLD, waker)?;
        Ok(Self { wake, cancel })
    }

    fn drain(&mut self) {
        let mut bytes = [0; 64];
        while matches!(self.wake.read(&mut bytes), Ok(read) if read > 0) {}
    }
}

/// What a program is held to.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// The longest it may run.
    pub timeout: Option<Duration>,
    /// The longest that nothing may move.
    pub stall: Option<Duration>,
    /// Between SIGTERM and SIGKILL.
    pub grace: Duration,
}

/// How it ended.
#[derive(Debug)]
pub struct Finished {
    /// Why.
    pub reason: EndReason,
    /// The program's exit code.
    pub exit: Option<i32>,
    /// The signal that ended it.
    pub signal: Option<i32>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Phase {
    Running,
    /// The program is gone, something that it started is not.
    Lingering {
        until: Instant,
    },
    Stopping {
        kill_at: Instant,
        wait: Duration,
    },
}

struct Stall {
    limit: Duration,
    moved_at: Instant,
    look_at: Instant,
    ticks: u64,
}

struct Supervision<'a> {
    main: i32,
    ended: Option<(Option<i32>, Option<i32>)>,
    children_left: bool,
    pipes: [Option<(OwnedFd, Lines)>; 2],
    buffer: Vec<u8>,
    output: &'a mut Output,
    limits: &'a Limits,
    phase: Phase,
    reason: EndReason,
    timeout_at: Option<Instant>,
    stall: Option<Stall>,
}

/// Returns when nothing of the program's tree is left and all its output is in the log.
///
/// # Errors
/// When the kernel refuses to wait: the tree is then ended unwatched by whoever finds it.
pub fn supervise(
    mut child: Child,
    signals: &mut Signals,
    output: &mut Output,
    limits: &Limits,
) -> io::Result<Finished> {
    let now = Instant::now();
    let pipes = [
        child
            .stdout
            .take()
            .map(|pipe| (pipe.into(), Lines::default())),
        child
            .stderr
            .take()
            .map(|pipe| (pipe.into(), Lines::default())),
    ];
    let mut it = Supervision {
        main: i32::try_from(child.id()).unwrap_or(0),
        ended: None,
        children_left: true,
        pipes,
        buffer: Vec::new(),
        output,
        limits,
        phase: Phase::Running,
        reason: EndReason::Exited,
        timeout_at: limits.timeout.map(|limit| now + limit),
        stall: limits.stall.map(|limit| Stall {
            limit,
            moved_at: now,
            look_at: now + look_every(limit),
            ticks: 0,
        }),
    };
    loop {
        let ready = it.wait(signals)?;
        if ready[0] {
            signals.drain();
            it.reap()?;
        }
        for index in 0..2 {
            if ready[index + 1] {
                it.read(index);
            }
        }
        let now = Instant::now();
        it.judge(signals, now);
        it.output.flush(now);
        let all_said =
            it.pipes.iter().all(Option::is_none) || matches!(it.phase, Phase::Stopping { .. });
        if let (Some((exit, signal)), false, true) = (it.ended, it.children_left, all_said) {
            it.finish_lines();
            it.output.flush(Instant::now());
            return Ok(Finished {
                reason: it.reason,
                exit,
                signal,
            });
        }
    }
}

impl Supervision<'_> {
    /// Waits for anything; tells whether the signals and either pipe have something.
    fn wait(&self, signals: &Signals) -> io::Result<[bool; 3]> {
        let timeout = self
            .next_deadline()
            .map(|at| at.saturating_duration_since(Instant::now()));
        let timeout = timeout.and_then(|left| Timespec::try_from(left).ok());
        let mut owners = vec![0];
        let mut fds = vec![PollFd::new(&signals.wake, PollFlags::IN)];
        for (index, pipe) in self.pipes.iter().enumerate() {
            if let Some((pipe, _)) = pipe {
                owners.push(index + 1);
                fds.push(PollFd::new(pipe, PollFlags::IN));
            }
        }
        let mut ready = [false; 3];
        match poll(&mut fds, timeout.as_ref()) {
            Ok(_) => fds
                .iter()
                .zip(owners)
                .for_each(|(fd, owner)| ready[owner] = !fd.revents().is_empty()),
            Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        Ok(ready)
    }

    fn next_deadline(&self) -> Option<Instant> {
        let by_phase = match self.phase {
            Phase::Running => [
                self.timeout_at,
                self.stall.as_ref().map(|stall| stall.look_at),
            ]
            .into_iter()
            .flatten()
            .min(),
            Phase::Lingering { until } => Some(until),
            Phase::Stopping { kill_at, .. } => Some(kill_at),
        };
        [by_phase, self.output.next_flush()]
            .into_iter()
            .flatten()
            .min()
    }

    /// Waits for all that ended, the program and whatever came to us as its heirs.
    fn reap(&mut self) -> io::Result<()> {
        loop {
            match wait(WaitOptions::NOHANG) {
                Ok(Some((pid, status))) if pid.as_raw_nonzero().get() == self.main => {
                    self.ended = Some((status.exit_status(), status.terminating_signal()));
                }
                Ok(Some(_)) => {}
                Ok(None) => break,
                Err(rustix::io::Errno::CHILD) => {
                    self.children_left = false;
                    break;
                }
                Err(rustix::io::Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
        if self.ended.is_some() && self.phase == Phase::Running {
            self.phase = Phase::Lingering {
                until: Instant::now() + self.limits.grace,
            };
        }
        Ok(())
    }

    fn read(&mut self, index: usize) {
        let Some((pipe, lines)) = &mut self.pipes[index] else {
            return;
        };
        self.buffer.resize(READ, 0);
        match rustix::io::read(&*pipe, &mut self.buffer[..]) {
            Ok(0) => {
                lines.finish(|line, kept| self.output.line(line, kept));
                self.pipes[index] = None;
            }
            Ok(read) => {
                lines.take(&self.buffer[..read], |line, kept| {
                    self.output.line(line, kept)
                });
                if read == READ {
                    // The program writes faster than it is read: a larger pipe saves both of them switches. It may be refused.
                    let _ = rustix::pipe::fcntl_setpipe_size(&*pipe, 1024 * 1024);
                }
                if let Some(stall) = &mut self.stall {
                    stall.moved_at = Instant::now();
                }
            }
            Err(rustix::io::Errno::INTR | rustix::io::Errno::AGAIN) => {}
            Err(_) => self.pipes[index] = None,
        }
    }

    /// Acts on cancel and on every deadline that has passed.
    fn judge(&mut self, signals: &Signals, now: Instant) {
        match self.phase {
            Phase::Running => {
                if signals.cancel.load(Ordering::Relaxed) {
                    self.stop(EndReason::Cancelled, "cancel was asked", now);
                } else if self.timeout_at.is_some_and(|at| at <= now) {
                    let limit = self.limits.timeout.unwrap_or_default();
                    self.stop(
                        EndReason::Timeout,
                        &format!("the time limit of {limit:?} is reached"),
                        now,
                    );
                } else if let Some(limit) = self.stall.as_mut().and_then(|stall| stall.passed(now))
                {
                    self.stop(
                        EndReason::Stalled,
                        &format!("no output, progress or processor time for {limit:?}"),
                        now,
                    );
                }
            }
            Phase::Lingering { until } => {
                let cancelled = signals.cancel.load(Ordering::Relaxed);
                if self.children_left && (cancelled || until <= now) {
                    self.stop(
                        EndReason::Exited,
                        "the program ended and left processes behind",
                        now,
                    );
                } else if !self.children_left && until <= now {
                    // Somebody outside the tree was handed a pipe; what it says there is not the program's.
                    self.pipes = [None, None];
                }
            }
            Phase::Stopping { kill_at, wait } => {
                if self.children_left && kill_at <= now {
                    kill_until_none_is_new();
                    self.phase = Phase::Stopping {
                        kill_at: now + wait,
                        wait: (wait * 2).min(KILL_AGAIN.1),
                    };
                }
            }
        }
    }

    fn stop(&mut self, reason: EndReason, why: &str, now: Instant) {
        self.output
            .say(Level::Warn, &format!("reel: {why}; ending its processes"));
        let pids = tree::descendants();
        tree::signal(&pids, Signal::TERM);
        // One that is stopped gets its SIGTERM only once it goes on.
        tree::signal(&pids, Signal::CONT);
        self.reason = reason;
        self.phase = Phase::Stopping {
            kill_at: now + self.limits.grace,
            wait: KILL_AGAIN.0,
        };
    }

    /// What the pipes still hold, and the last lines without an end.
    fn finish_lines(&mut self) {
        for index in 0..2 {
            while self.pipes[index]
                .as_ref()
                .is_some_and(|(pipe, _)| has_input(pipe))
            {
                self.read(index);
            }
            if let Some((_, lines)) = &mut self.pipes[index] {
                lines.finish(|line, kept| self.output.line(line, kept));
            }
        }
    }
}

impl Stall {
    /// The limit, if it has passed without anything moving.
    fn passed(&mut self, now: Instant) -> Option<Duration> {
        if now < self.look_at {
            return None;
        }
        self.look_at = now + look_every(self.limit);
        let ticks = tree::ticks(&tree::descendants());
        if ticks != self.ticks {
            self.ticks = ticks;
            self.moved_at = now;
        }
        (now.saturating_duration_since(self.moved_at) >= self.limit).then_some(self.limit)
    }
}

fn look_every(limit: Duration) -> Duration {
    (limit / 8).clamp(STALL_LOOK.0, STALL_LOOK.1)
}

/// SIGKILL to the tree, walked again as long as a walk finds somebody who was not there before: forks can't outrun it for long.
fn kill_until_none_is_new() {
    let mut seen = std::collections::HashSet::new();
    for _ in 0..1000 {
        let pids = tree::descendants();
        tree::signal(&pids, Signal::KILL);
        if !pids
            .into_iter()
            .fold(false, |new, pid| seen.insert(pid) | new)
        {
            return;
        }
    }
}

fn has_input(pipe: &OwnedFd) -> bool {
    let mut fds = [PollFd::new(pipe, PollFlags::IN)];
    poll(&mut fds, Some(&Timespec::default())).is_ok_and(|ready| ready > 0)
        && fds[0].revents().contains(PollFlags::IN)
}
