//! Finds the processes that a daemon's directory is named by, and ends those that a test left over.

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, Signal, kill_process, pidfd_open};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// A running process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Process {
    /// Its id.
    pub pid: i32,
    /// When it was started, in the kernel's ticks: with the id it names one process for good.
    pub started: u64,
    /// Its command line, by arguments.
    pub command: Vec<String>,
}

/// The processes, zombies aside, whose command line or environment names this directory.
pub fn running_under(root: &Path) -> Vec<Process> {
    let needle = root.as_os_str().as_bytes();
    let own = std::process::id();
    let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    entries
        .filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok())
        .filter(|pid| u32::try_from(*pid) != Ok(own))
        .filter_map(|pid| read(pid, needle))
        .collect()
}

fn read(pid: i32, needle: &[u8]) -> Option<Process> {
    let command = std::fs::read(format!("/proc/{pid}/cmdline"))
        .ok()
        .filter(|command| !command.is_empty())?;
    let environment = std::fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
    let holds = |text: &[u8]| text.windows(needle.len()).any(|window| window == needle);
    if !holds(&command) && !holds(&environment) {
        return None;
    }
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let command = command
        .split(|byte| *byte == 0)
        .map(|part| String::from_utf8_lossy(part).into_owned());
    Some(Process {
        pid,
        started: fields.get(19)?.parse().ok()?,
        command: command.filter(|part| !part.is_empty()).collect(),
    })
}

/// Kills what still runs under this directory. Shims first would only hand their children on, so it goes on until none is left.
pub(crate) fn sweep(root: &Path) {
    for _ in 0..20 {
        let left = running_under(root);
        if left.is_empty() {
            return;
        }
        left.iter()
            .filter_map(|process| Pid::from_raw(process.pid))
            .for_each(kill_and_wait);
    }
}

/// A process that is gone already is as good as killed.
fn kill_and_wait(pid: Pid) {
    let Ok(end) = pidfd_open(pid, PidfdFlags::empty()) else {
        return;
    };
    if kill_process(pid, Signal::KILL).is_ok() {
        let _ = poll(
            &mut [PollFd::new(&end, PollFlags::IN)],
            Some(&Timespec {
                tv_sec: 5,
                tv_nsec: 0,
            }),
        );
    }
}
