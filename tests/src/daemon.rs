//! One life of a daemon: started, ready, ended. Readiness is what it tells its service manager, which here is the test.

use crate::program::bare;
use crate::{Failure, Home, LIMIT, Result, processes};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, Signal, kill_process, pidfd_open};
use std::fs::OpenOptions;
use std::os::unix::net::UnixDatagram;
use std::process::{Child, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// A running daemon. Dropping it ends it and whatever runs under its directory.
#[derive(Debug)]
pub struct Daemon {
    child: Child,
    home: Home,
    ready_after: Duration,
    ended: bool,
}

impl Daemon {
    /// Starts one on this home and waits until it serves. A port of its own is picked for TCP.
    pub fn start(home: &Home) -> Result<Self> {
        Self::start_with(home, &["--listen", "127.0.0.1:0"], &[])
    }

    /// Starts one with further flags and variables.
    pub fn start_with(home: &Home, flags: &[&str], variables: &[(&str, &str)]) -> Result<Self> {
        let socket = home.socket().display().to_string();
        let mut all = vec!["--socket", &socket];
        all.extend(flags);
        Self::launch(home, "run", &all, variables)
    }

    /// Starts a worker of this name on this home, whose key is there, and waits until Redis took its first beat.
    pub fn start_worker(home: &Home, redis: &str, name: &str) -> Result<Self> {
        let flags = ["--redis", redis, "--name", name];
        Self::launch(home, "worker", &flags, &[])
    }

    fn launch(home: &Home, verb: &str, flags: &[&str], variables: &[(&str, &str)]) -> Result<Self> {
        let manager = home.root().join("notify.sock");
        let _ = std::fs::remove_file(&manager);
        let told = UnixDatagram::bind(&manager).map_err(Failure::at("the notification socket"))?;
        let log = OpenOptions::new()
            .create(true)
            .append(true)
            .open(home.log())
            .map_err(Failure::at("the log"))?;
        let mut command = bare("reeld", home)?;
        command
            .arg(verb)
            .arg("--config")
            .arg(home.config())
            .arg("--data-dir")
            .arg(home.data())
            .args(flags)
            .env("NOTIFY_SOCKET", &manager)
            .envs(variables.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log);
        let began = Instant::now();
        let child = command.spawn().map_err(Failure::at("starting reeld"))?;
        let mut daemon = Self {
            child,
            home: home.clone(),
            ready_after: Duration::ZERO,
            ended: false,
        };
        daemon.wait_until_ready(&told, began)?;
        Ok(daemon)
    }

    fn wait_until_ready(&mut self, told: &UnixDatagram, began: Instant) -> Result<()> {
        let pid = self.process()?;
        let end = pidfd_open(pid, PidfdFlags::empty()).map_err(Failure::at("watching reeld"))?;
        let mut words = [0u8; 4096];
        loop {
            let left = LIMIT.saturating_sub(began.elapsed());
            let mut watched = [
                PollFd::new(told, PollFlags::IN),
                PollFd::new(&end, PollFlags::IN),
            ];
            let wait = Timespec {
                tv_sec: i64::try_from(left.as_secs()).unwrap_or(60),
                tv_nsec: 1,
            };
            let found =
                poll(&mut watched, Some(&wait)).map_err(Failure::at("waiting for reeld"))?;
            let (spoke, is_gone) = (
                !watched[0].revents().is_empty(),
                !watched[1].revents().is_empty(),
            );
            if spoke {
                let length = told
                    .recv(&mut words)
                    .map_err(Failure::at("reeld's words"))?;
                if words[..length]
                    .split(|byte| *byte == b'\n')
                    .any(|line| line == b"READY=1")
                {
                    self.ready_after = began.elapsed();
                    return Ok(());
                }
            } else if is_gone {
                self.ended = true;
                let status = self.child.wait().map_err(Failure::at("reeld's end"))?;
                return Err(Failure::new(format!(
                    "reeld ended ({status}) before it was ready:\n{}",
                    self.home.last_words()
                )));
            } else if found == 0 {
                return Err(Failure::new(format!(
                    "reeld is not ready after {LIMIT:?}:\n{}",
                    self.home.last_words()
                )));
            }
        }
    }

    /// How long it took to serve.
    pub fn ready_after(&self) -> Duration {
        self.ready_after
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    fn process(&self) -> Result<Pid> {
        let pid = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw);
        pid.ok_or_else(|| Failure::new("reeld has no process id"))
    }

    /// Ends it as `kill -9` does: nothing of its own runs any more.
    pub fn kill(mut self) -> Result<()> {
        self.end(Signal::KILL).map(drop)
    }

    /// Ends it as `systemctl stop` does.
    pub fn terminate(mut self) -> Result<ExitStatus> {
        self.end(Signal::TERM)
    }

    /// Sends it a signal and leaves it running.
    pub fn signal(&self, signal: Signal) -> Result<()> {
        kill_process(self.process()?, signal).map_err(Failure::at("a signal to reeld"))
    }

    fn end(&mut self, signal: Signal) -> Result<ExitStatus> {
        self.signal(signal)?;
        self.ended = true;
        self.child.wait().map_err(Failure::at("reeld's end"))
    }
}

impl Drop for Daemon {
    /// A life that was ended on purpose leaves its programs to the next one; any other ends with everything it started.
    fn drop(&mut self) {
        if !self.ended {
            let _ = self.child.kill();
            let _ = self.child.wait();
            processes::sweep(self.home.root());
        }
    }
}
