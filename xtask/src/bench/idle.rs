//! A daemon with nothing to do: memory, processor time, switches.

use super::table::Table;
use super::{Ground, daemon};
use reel_tests::{Failure, Result};
use std::time::Duration;

/// How long it is looked at.
const WATCHED: Duration = Duration::from_secs(30);

/// Waits until the start is over, then looks.
pub fn measure(_ground: &Ground) -> Result<Table> {
    let (_home, daemon) = daemon()?;
    std::thread::sleep(Duration::from_secs(3));
    let before = Usage::of(daemon.pid())?;
    std::thread::sleep(WATCHED);
    let after = Usage::of(daemon.pid())?;
    daemon.terminate()?;
    let seconds = WATCHED.as_secs_f64();
    let mut table = Table::default();
    table.most("idle: resident memory", after.resident, 12.0, "MiB");
    table.most(
        "idle: of a core",
        (after.busy - before.busy) / seconds * 100.0,
        0.01,
        "%",
    );
    table.most(
        "idle: switches a second",
        (after.switches - before.switches) / seconds,
        1.0,
        "/s",
    );
    Ok(table)
}

/// What a process has used so far.
pub struct Usage {
    /// MiB.
    pub resident: f64,
    /// Seconds of processor time, to the nanosecond.
    busy: f64,
    switches: f64,
}

impl Usage {
    /// Of a core, in percent, since an earlier look so many seconds ago.
    pub fn core_since(&self, before: &Self, seconds: f64) -> f64 {
        (self.busy - before.busy) / seconds * 100.0
    }

    /// Of this process, over all its threads.
    pub fn of(pid: u32) -> Result<Self> {
        let status = std::fs::read_to_string(format!("/proc/{pid}/status"))
            .map_err(Failure::at("the daemon's status"))?;
        let mut usage = Self {
            resident: field(&status, "VmRSS:") / 1024.0,
            busy: 0.0,
            switches: 0.0,
        };
        let tasks = std::fs::read_dir(format!("/proc/{pid}/task"))
            .map_err(Failure::at("the daemon's threads"))?;
        for task in tasks.flatten() {
            let status = std::fs::read_to_string(task.path().join("status")).unwrap_or_default();
            usage.switches += field(&status, "voluntary_ctxt_switches:")
                + field(&status, "nonvoluntary_ctxt_switches:");
            let schedule =
                std::fs::read_to_string(task.path().join("schedstat")).unwrap_or_default();
            let nanoseconds: f64 = schedule
                .split_whitespace()
                .next()
                .and_then(|text| text.parse().ok())
                .unwrap_or(0.0);
            usage.busy += nanoseconds / 1e9;
        }
        Ok(usage)
    }
}

fn field(status: &str, name: &str) -> f64 {
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    line.and_then(|rest| rest.split_whitespace().next()?.parse().ok())
        .unwrap_or(0.0)
}
