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

use super::output::Output;
use super::pipes::Pipes;
use super::record::EndReason;
use super::signals::Signals;
use super::stall::Stall;
use super::tree;
use crate::attempt_log::Level;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::process::{Signal, WaitOptions, wait};
use std::collections::HashSet;
use std::io;
use std::process::Child;
use std::time::{Duration, Instant};

/// Between two rounds of SIGKILL: first, and at most.
const KILL_AGAIN: (Duration, Duration) = (Duration::from_millis(10), Duration::from_secs(1));

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
    /// The program is gone; something that it started, or somebody who holds a pipe of it, is not.
    Lingering {
        until: Instant,
    },
    Stopping {
        kill_at: Instant,
        wait: Duration,
    },
}

struct Supervision<'a> {
    main: i32,
    ended: Option<(Option<i32>, Option<i32>)>,
    children_left: bool,
    pipes: Pipes,
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
    let mut it = Supervision {
        main: i32::try_from(child.id()).unwrap_or(0),
        ended: None,
        children_left: true,
        pipes: Pipes::of(&mut child),
        output,
        limits,
        phase: Phase::Running,
        reason: EndReason::Exited,
        timeout_at: limits.timeout.map(|limit| now + limit),
        stall: limits.stall.map(|limit| Stall::new(limit, now)),
    };
    loop {
        let (is_signalled, speaking) = it.wait(signals)?;
        if is_signalled {
            signals.drain();
            it.reap()?;
        }
        let now = Instant::now();
        for number in speaking.into_iter().flatten() {
            it.hear(number, now);
        }
        it.judge(signals, now);
        it.output.flush(now);
        if let Some((exit, signal)) = it.ended.filter(|_| it.is_over(now)) {
            it.pipes.drain(it.output);
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
    /// Waits for anything; tells whether there was a signal, and which pipes have something.
    fn wait(&self, signals: &Signals) -> io::Result<(bool, [Option<usize>; 2])> {
        let timeout = self
            .next_deadline()
            .map(|at| at.saturating_duration_since(Instant::now()));
        let timeout = timeout.and_then(|left| Timespec::try_from(left).ok());
        let mut fds = vec![PollFd::new(signals, PollFlags::IN)];
        fds.extend(
            self.pipes
                .each()
                .map(|(_, pipe)| PollFd::new(pipe, PollFlags::IN)),
        );
        match poll(&mut fds, timeout.as_ref()) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        let has_something = |fd: &PollFd<'_>| !fd.revents().is_empty();
        let mut speaking = [None; 2];
        for (fd, (number, _)) in fds[1..].iter().zip(self.pipes.each()) {
            speaking[number] = has_something(fd).then_some(number);
        }
        Ok((has_something(&fds[0]), speaking))
    }

    fn next_deadline(&self) -> Option<Instant> {
        let by_phase = match self.phase {
            Phase::Running => [self.timeout_at, self.stall.as_ref().map(Stall::next_look)]
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
                Ok(Some(_)) | Err(Errno::INTR) => {}
                Ok(None) => break,
                Err(Errno::CHILD) => {
                    self.children_left = false;
                    break;
                }
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

    fn hear(&mut self, number: usize, now: Instant) {
        let read = self.pipes.read(number, self.output);
        if let Some(stall) = self.stall.as_mut().filter(|_| read > 0) {
            stall.moved(now);
        }
    }

    /// Whether nothing of the tree is left, and nobody is waited for who may still say something.
    fn is_over(&self, now: Instant) -> bool {
        let may_speak = match self.phase {
            Phase::Lingering { until } => now < until && !self.pipes.are_closed(),
            _ => false,
        };
        !self.children_left && !may_speak
    }

    /// Acts on cancel and on every deadline that has passed.
    fn judge(&mut self, signals: &Signals, now: Instant) {
        match self.phase {
            Phase::Running => {
                if signals.is_cancelled() {
                    self.stop(EndReason::Cancelled, "cancel was asked", now);
                } else if let Some(limit) = self
                    .limits
                    .timeout
                    .filter(|_| self.timeout_at.is_some_and(|at| at <= now))
                {
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
                if self.children_left && (signals.is_cancelled() || until <= now) {
                    self.stop(
                        EndReason::Exited,
                        "the program ended and left processes behind",
                        now,
                    );
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
}

/// SIGKILL to the tree, walked again as long as a walk finds somebody who was not there before: forks can't outrun it for long.
fn kill_until_none_is_new() {
    let mut seen = HashSet::new();
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
