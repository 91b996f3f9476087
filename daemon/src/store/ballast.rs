//! The ballast: space kept aside so that a full disk still leaves room to write down what happened.
//!
//! SQLite on a full disk stays whole but can't even mark a job failed. At the first "disk full" the ballast is given up, so
//! that ends, cancels and failures are recorded; new work is refused meanwhile. Once there is room again it is put back.

use rustix::fs::{FallocateFlags, fallocate, statvfs};
use std::fs::OpenOptions;
use std::path::{Path, PathBuf};

/// As large as the writes of many thousand transitions.
const SIZE: u64 = 64 << 20;
/// On a disk smaller than this a sixteenth is kept instead.
const SMALL_DISK: u64 = 1 << 30;

/// The reserved file `DATA_DIR/ballast`.
#[derive(Debug)]
pub struct Ballast {
    path: PathBuf,
    dir: PathBuf,
}

impl Ballast {
    /// The ballast of this data directory.
    #[must_use]
    pub fn new(dir: &Path) -> Self {
        Self {
            path: dir.join("ballast"),
            dir: dir.to_owned(),
        }
    }

    /// Bytes that an unprivileged process may still write to the disk; `None` where that can't be told.
    #[must_use]
    pub fn free_bytes(&self) -> Option<u64> {
        statvfs(&self.dir)
            .ok()
            .map(|disk| disk.f_bavail.saturating_mul(disk.f_frsize))
    }

    fn size(&self) -> u64 {
        match statvfs(&self.dir) {
            Ok(disk) => {
                let total = disk.f_blocks.saturating_mul(disk.f_frsize);
                if total < SMALL_DISK {
                    (total / 16).min(SIZE)
                } else {
                    SIZE
                }
            }
            Err(_) => SIZE,
        }
    }

    /// Whether the space is set aside.
    #[must_use]
    pub fn held(&self) -> bool {
        self.path.exists()
    }

    /// Sets the space aside if at least as much stays free beside it. True when it is held afterwards.
    pub fn hold(&self) -> bool {
        if self.held() {
            return true;
        }
        let size = self.size();
        if self
            .free_bytes()
            .is_some_and(|free| free < size.saturating_mul(2))
        {
            return false;
        }
        let held = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .open(&self.path)
            .is_ok_and(|file| fallocate(&file, FallocateFlags::empty(), 0, size).is_ok());
        if !held {
            self.release();
        }
        held
    }

    /// Gives the space up. True when there was some to give.
    pub fn release(&self) -> bool {
        std::fs::remove_file(&self.path).is_ok()
    }
}
