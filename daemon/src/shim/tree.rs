//! The tree of processes below one: who is in it, what time they used, and how all of them are ended.
//!
//! Processes come from `/proc`: the children of each thread, or, on a kernel without that list, everybody's parent. A walk
//! can miss a process that is born during it; whoever ends a tree walks again until nothing is left.

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, Signal, getpid, pidfd_open, pidfd_send_signal};
use std::collections::HashSet;
use std::fs;
use std::os::fd::OwnedFd;
use std::path::Path;

/// All that descend from this process now.
#[must_use]
pub fn descendants() -> Vec<i32> {
    let root = getpid().as_raw_nonzero().get();
    let children: &dyn Fn(i32) -> Vec<i32> = if Path::new("/proc/self/task")
        .join(root.to_string())
        .join("children")
        .exists()
    {
        &children_listed
    } else {
        &children_searched
    };
    let mut seen = HashSet::from([root]);
    let mut found = Vec::new();
    let mut left = vec![root];
    while let Some(pid) = left.pop() {
        for child in children(pid) {
            if seen.insert(child) {
                found.push(child);
                left.push(child);
            }
        }
    }
    found
}

/// Sends this signal to each of them that still is where it was seen: a number that was given to a stranger since is left alone.
pub fn signal(pids: &[i32], signal: Signal) {
    let tree: HashSet<i32> = pids
        .iter()
        .copied()
        .chain([getpid().as_raw_nonzero().get()])
        .collect();
    for &pid in pids {
        let Some(handle) = open(pid) else { continue };
        if stat(pid).is_some_and(|stat| tree.contains(&stat.parent)) {
            // It may have ended by now, which is as well.
            let _ = pidfd_send_signal(&handle, signal);
        }
    }
}

/// The processor time that the tree has used, in clock ticks: what ended and was waited for, and what lives.
#[must_use]
pub fn ticks(pids: &[i32]) -> u64 {
    let own = stat(getpid().as_raw_nonzero().get()).map_or(0, |stat| stat.children_ticks);
    own + pids
        .iter()
        .filter_map(|pid| stat(*pid))
        .map(|stat| stat.own_ticks + stat.children_ticks)
        .sum::<u64>()
}

/// Kills everything of ours whose environment holds all of these variables, and waits until it is gone: what remains of a
/// run whose shim was killed. Gives how many were found; gives up after half a minute on what the kernel can't end.
pub fn kill_all_with_environment(variables: &[(&str, &str)]) -> usize {
    let wanted: Vec<String> = variables
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    let mut killed = HashSet::new();
    for _ in 0..30 {
        let found = with_environment(&wanted);
        if found.is_empty() {
            break;
        }
        for (pid, handle) in &found {
            // It may have ended by now, which is as well.
            let _ = pidfd_send_signal(handle, Signal::KILL);
            killed.insert(*pid);
        }
        let second = Timespec {
            tv_sec: 1,
            tv_nsec: 0,
        };
        for (_, handle) in &found {
            // Whether it ended shows in the next round.
            let _ = poll(&mut [PollFd::new(handle, PollFlags::IN)], Some(&second));
        }
    }
    killed.len()
}

fn with_environment(wanted: &[String]) -> Vec<(i32, OwnedFd)> {
    let own = getpid().as_raw_nonzero().get();
    let mut found = Vec::new();
    for pid in all_pids().filter(|pid| *pid != own) {
        let Some(handle) = open(pid) else { continue };
        let Ok(environment) = fs::read(format!("/proc/{pid}/environ")) else {
            continue;
        };
        let entries: HashSet<&[u8]> = environment.split(|byte| *byte == 0).collect();
        if wanted
            .iter()
            .all(|entry| entries.contains(entry.as_bytes()))
        {
            found.push((pid, handle));
        }
    }
    found
}

/// A handle that stays with this process whatever becomes of its number.
fn open(pid: i32) -> Option<OwnedFd> {
    pidfd_open(Pid::from_raw(pid)?, PidfdFlags::empty()).ok()
}

/// A handle on the shim that carries this run, if this process is it.
#[must_use]
pub fn shim_of(pid: i32, key: &str) -> Option<OwnedFd> {
    let handle = open(pid)?;
    let wanted = format!("key={key}");
    // Read after the handle was opened: if it is the shim now, the handle is the shim's.
    let line = fs::read(format!("/proc/{pid}/cmdline")).ok()?;
    (line.split(|byte| *byte == 0).nth(1) == Some(wanted.as_bytes())).then_some(handle)
}

struct Stat {
    parent: i32,
    own_ticks: u64,
    children_ticks: u64,
}

/// The fields behind the name, which may itself hold spaces and brackets.
fn stat(pid: i32) -> Option<Stat> {
    let text = fs::read(format!("/proc/{pid}/stat")).ok()?;
    let text = String::from_utf8_lossy(&text);
    let fields: Vec<&str> = text[text.rfind(')')? + 1..]
        .split_ascii_whitespace()
        .collect();
    let number = |at: usize| fields.get(at).and_then(|field| field.parse::<u64>().ok());
    // Counted from the state, the third field of proc(5).
    Some(Stat {
        parent: fields.get(1)?.parse().ok()?,
        own_ticks: number(11)? + number(12)?,
        children_ticks: number(13)? + number(14)?,
    })
}

fn children_listed(pid: i32) -> Vec<i32> {
    let Ok(threads) = fs::read_dir(format!("/proc/{pid}/task")) else {
        return Vec::new();
    };
    let mut children = Vec::new();
    for thread in threads.flatten() {
        let list = fs::read_to_string(thread.path().join("children")).unwrap_or_default();
        children.extend(
            list.split_ascii_whitespace()
                .filter_map(|child| child.parse::<i32>().ok()),
        );
    }
    children
}

fn children_searched(pid: i32) -> Vec<i32> {
    all_pids()
        .filter(|other| stat(*other).is_some_and(|stat| stat.parent == pid))
        .collect()
}

fn all_pids() -> impl Iterator<Item = i32> {
    fs::read_dir("/proc")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}
