//! The tree of processes below one: who is in it, what time they used, and how all of them are ended.
//!
//! Processes come from `/proc`: the children of each thread, or, on a kernel without that list, everybody's parent. A walk
//! can miss a process that is born during it; whoever ends a tree walks again until nothing is left.

use rustix::process::{Pid, PidfdFlags, Signal, getpid, pidfd_open, pidfd_send_signal};
use std::collections::HashSet;
use std::fs;
use std::path::Path;

/// All that descend from this process now.
#[must_use]
pub fn descendants() -> Vec<i32> {
    let root = getpid().as_raw_nonzero().get();
    let children: &dyn Fn(i32) -> Vec<i32> = if Path::new("/proc/self/task").join(root.to_string()).join("children").exists() {
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
    let tree: HashSet<i32> = pids.iter().copied().chain([getpid().as_raw_nonzero().get()]).collect();
    for &pid in pids {
        let Some(handle) = Pid::from_raw(pid).and_then(|pid| pidfd_open(pid, PidfdFlags::empty()).ok()) else { continue };
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
    own + pids.iter().filter_map(|pid| stat(*pid)).map(|stat| stat.own_ticks + stat.children_ticks).sum::<u64>()
}

/// Whether this process is a shim that carries this run.
#[must_use]
pub fn is_shim_of(pid: i32, key: &str) -> bool {
    let wanted = format!("key={key}");
    fs::read(format!("/proc/{pid}/cmdline")).is_ok_and(|line| line.split(|byte| *byte == 0).nth(1) == Some(wanted.as_bytes()))
}

/// Kills everything of ours whose environment holds all of these variables, until nothing of it is left: what remains of a
/// run whose shim was killed. Gives how many were found.
pub fn kill_all_with_environment(variables: &[(&str, &str)]) -> usize {
    let wanted: Vec<String> = variables.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let own = getpid().as_raw_nonzero().get();
    let mut killed = HashSet::new();
    loop {
        let mut found_new = false;
        for pid in all_pids().filter(|pid| *pid != own) {
            let Some(handle) = Pid::from_raw(pid).and_then(|pid| pidfd_open(pid, PidfdFlags::empty()).ok()) else { continue };
            let Ok(environment) = fs::read(format!("/proc/{pid}/environ")) else { continue };
            let entries: HashSet<&[u8]> = environment.split(|byte| *byte == 0).collect();
            if wanted.iter().all(|entry| entries.contains(entry.as_bytes())) {
                let _ = pidfd_send_signal(&handle, Signal::KILL);
                found_new |= killed.insert(pid);
            }
        }
        if !found_new {
            return killed.len();
        }
    }
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
    let fields: Vec<&str> = text[text.rfind(')')? + 1..].split_ascii_whitespace().collect();
    let number = |at: usize| fields.get(at).and_then(|field| field.parse::<u64>().ok());
    // Counted from the state, the third field of proc(5).
    Some(Stat { parent: fields.get(1)?.parse().ok()?, own_ticks: number(11)? + number(12)?, children_ticks: number(13)? + number(14)? })
}

fn children_listed(pid: i32) -> Vec<i32> {
    let Ok(threads) = fs::read_dir(format!("/proc/{pid}/task")) else { return Vec::new() };
    let mut children = Vec::new();
    for thread in threads.flatten() {
        let list = fs::read_to_string(thread.path().join("children")).unwrap_or_default();
        children.extend(list.split_ascii_whitespace().filter_map(|child| child.parse::<i32>().ok()));
    }
    children
}

fn children_searched(pid: i32) -> Vec<i32> {
    all_pids().filter(|other| stat(*other).is_some_and(|stat| stat.parent == pid)).collect()
}

fn all_pids() -> impl Iterator<Item = i32> {
    fs::read_dir("/proc").into_iter().flatten().flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}
