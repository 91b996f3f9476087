//! One daemon per data directory: an exclusive lock on `DATA_DIR/lock`, released by the kernel whenever its holder ends.
//!
//! A daemon that was killed while it started a program leaves, for a moment, that program's process between fork and exec,
//! which still holds the lock. So where the holder that the file names is gone, its last children are waited for.

use super::error::OpenError;
use rustix::fs::{FlockOperation, flock};
use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, Write};
use std::path::Path;
use std::sync::mpsc::sync_channel;
use std::time::Duration;

/// How long a killed daemon's last children are waited for; they need a few milliseconds.
const LAST_CHILDREN: Duration = Duration::from_secs(2);

/// Holds the directory as long as it lives.
#[derive(Debug)]
pub struct DirectoryLock {
    _file: File,
}

impl DirectoryLock {
    /// Takes the lock at once or refuses, naming who has it.
    ///
    /// # Errors
    /// `InUse`, or the file can't be made.
    pub fn take(dir: &Path) -> Result<Self, OpenError> {
        let path = dir.join("lock");
        let failed = |source| OpenError::File {
            path: path.clone(),
            source,
        };
        let open = || {
            OpenOptions::new()
                .read(true)
                .write(true)
                .create(true)
                .truncate(false)
                .open(&path)
        };
        let mut file = open().map_err(failed)?;
        if flock(&file, FlockOperation::NonBlockingLockExclusive).is_err() {
            let mut pid = String::new();
            let pid = file
                .read_to_string(&mut pid)
                .ok()
                .map(|_| pid.trim().to_owned())
                .filter(|pid| !pid.is_empty());
            let gone = pid.as_deref().is_some_and(is_gone);
            let given = if gone {
                wait_for(open().map_err(failed)?)
            } else {
                None
            };
            file = given.ok_or_else(|| OpenError::InUse {
                dir: dir.to_owned(),
                pid,
            })?;
        }
        file.set_len(0).map_err(failed)?;
        file.rewind().map_err(failed)?;
        writeln!(file, "{}", std::process::id()).map_err(failed)?;
        Ok(Self { _file: file })
    }
}

/// No process of this id runs a program any more; a zombie does not.
fn is_gone(pid: &str) -> bool {
    std::fs::read_link(format!("/proc/{pid}/exe"))
        .is_err_and(|error| error.kind() == std::io::ErrorKind::NotFound)
}

/// Waits for the lock, on a thread of its own because nothing else ends such a wait in time.
fn wait_for(file: File) -> Option<File> {
    let (give, given) = sync_channel(1);
    std::thread::spawn(move || {
        if flock(&file, FlockOperation::LockExclusive).is_ok() {
            // Nobody waits any more: the lock goes with the file.
            let _ = give.send(file);
        }
    });
    given.recv_timeout(LAST_CHILDREN).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_is_refused_and_told_who_was_first() {
        let dir = tempfile::tempdir().unwrap();
        let first = DirectoryLock::take(dir.path()).unwrap();
        let refused = DirectoryLock::take(dir.path()).unwrap_err();
        assert!(
            refused
                .to_string()
                .contains(&std::process::id().to_string()),
            "{refused}"
        );
        drop(first);
        DirectoryLock::take(dir.path()).unwrap();
    }

    #[test]
    fn the_last_children_of_a_holder_that_is_gone_are_waited_for() {
        let dir = tempfile::tempdir().unwrap();
        let first = DirectoryLock::take(dir.path()).unwrap();
        let mut gone = std::process::Command::new("/bin/true").spawn().unwrap();
        gone.wait().unwrap();
        std::fs::write(dir.path().join("lock"), gone.id().to_string()).unwrap();
        let second = std::thread::scope(|scope| {
            let second = scope.spawn(|| DirectoryLock::take(dir.path()));
            drop(first);
            second.join().unwrap()
        });
        second.unwrap();
    }
}
