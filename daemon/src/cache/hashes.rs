//! Hashes of files, remembered for as long as a file's size and times stay as they are: a recording of hours is read once for
//! all the clips that are cut from it.

use super::copy;
use super::locked;
use std::collections::HashMap;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::sync::Mutex;
use std::time::{Duration, SystemTime};

/// Remembered at most; beyond it everything is forgotten.
const MOST: usize = 4_096;
/// A file that was changed so lately may be changed again without its times showing it.
const YOUNG: Duration = Duration::from_secs(3);

/// A file as it was: device, inode, size, both times to the nanosecond.
type Stamp = (u64, u64, u64, i64, i64, i64, i64);

#[derive(Default)]
pub(super) struct Hashes(Mutex<HashMap<Stamp, String>>);

impl Hashes {
    /// A file's hash.
    ///
    /// # Errors
    /// What the disk says; `Interrupted` when `stop` says so.
    pub(super) fn of(&self, path: &Path, stop: &dyn Fn() -> bool) -> io::Result<String> {
        let before = stamp(path)?;
        if let Some(known) = locked(&self.0).get(&before) {
            return Ok(known.clone());
        }
        let (_, hash) = copy::hash(path, stop)?;
        let changed = u64::try_from(before.5).unwrap_or(0);
        let age = SystemTime::now()
            .duration_since(SystemTime::UNIX_EPOCH + Duration::from_secs(changed))
            .unwrap_or_default();
        if age > YOUNG && stamp(path)? == before {
            let mut known = locked(&self.0);
            if known.len() >= MOST {
                known.clear();
            }
            known.insert(before, hash.clone());
        }
        Ok(hash)
    }
}

fn stamp(path: &Path) -> io::Result<Stamp> {
    let found = std::fs::metadata(path)?;
    Ok((
        found.dev(),
        found.ino(),
        found.len(),
        found.mtime(),
        found.mtime_nsec(),
        found.ctime(),
        found.ctime_nsec(),
    ))
}
