//! Results that were made once, by the hash of what they were made from: the same work on the same bytes with the same
//! program is not done, or paid for, twice.
//!
//! ```text
//!  DATA_DIR/cache/ab/abcd…/  entry.json   what it is, its files with size and hash; a hash of its own in front
//!                            0 1 2 …      the files
//!  DATA_DIR/cache/.new-…     being written          DATA_DIR/cache/.gone-…     being removed
//! ```
//!
//! - An entry is there whole or not at all: it is written beside its place and renamed.
//! - What is taken is a copy, and is checked against its hash while it is copied: no later write reaches what is kept, and
//!   what was damaged is removed and counts as missing.
//! - It never grows beyond its limit: what was not used for the longest time goes first. The time of the last use is the
//!   entry file's, so a restart forgets nothing.
//! - It helps or does nothing: whatever goes wrong here is a miss. Where the disk is low nothing is kept, and what is kept gives way.

mod copy;
mod entry;
mod hashes;
mod key;
mod program;
mod shelf;

#[cfg(test)]
mod tests;

pub use entry::About;
pub use key::{Key, Maker};
pub use program::identity;

use crate::config::Config;
use crate::metrics::{Looked, metrics};
use copy::Stopped;
use entry::Entry;
use hashes::Hashes;
use rustix::fs::statvfs;
use shelf::Shelf;
use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

/// The cache; clones share it. Everything but `alone` waits for the disk.
#[derive(Clone)]
pub struct Cache {
    inner: Arc<Inner>,
}

struct Inner {
    folder: PathBuf,
    /// Bytes; 0: off.
    max: u64,
    /// Bytes that stay free on the disk.
    min_free: u64,
    hashes: Hashes,
    shelf: Mutex<Option<Shelf>>,
    makers: Mutex<HashMap<Key, Weak<tokio::sync::Mutex<()>>>>,
    next: AtomicU64,
}

/// The right to make what a key stands for; others who want it wait until this is dropped.
#[derive(Debug)]
pub struct Claim {
    _held: tokio::sync::OwnedMutexGuard<()>,
}

/// A file of an entry: its name there, and where it is or goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// Its name within the entry.
    pub name: String,
    /// On this box.
    pub path: PathBuf,
}

/// What became of keeping something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Keeping {
    /// It is kept, of so many bytes.
    Kept(u64),
    /// It is not, for this reason; nothing is wrong with that.
    Left(&'static str),
}

impl Cache {
    /// As the configuration says. Touches nothing until it is used.
    #[must_use]
    pub fn of(config: &Config) -> Self {
        Self {
            inner: Arc::new(Inner {
                folder: config.data_dir.join("cache"),
                max: config.cache.max,
                min_free: config.retention.min_free_disk,
                hashes: Hashes::default(),
                shelf: Mutex::new(None),
                makers: Mutex::default(),
                next: AtomicU64::new(0),
            }),
        }
    }

    /// Whether anything is kept at all.
    #[must_use]
    pub fn is_on(&self) -> bool {
        self.inner.max > 0
    }

    /// The hash of a file's bytes; remembered for as long as the file stays as it is.
    ///
    /// # Errors
    /// What the disk says; `Interrupted` when `stop` says so.
    pub fn hash_of(&self, path: &Path, stop: &dyn Fn() -> bool) -> io::Result<String> {
        self.inner.hashes.of(path, stop)
    }

    /// Waits until nobody else makes what this key stands for.
    pub async fn alone(&self, key: &Key) -> Claim {
        let lock = {
            let mut makers = locked(&self.inner.makers);
            makers.retain(|_, lock| lock.strong_count() > 0);
            let known = makers.get(key).and_then(Weak::upgrade);
            known.unwrap_or_else(|| {
                let lock = Arc::new(tokio::sync::Mutex::new(()));
                makers.insert(key.clone(), Arc::downgrade(&lock));
                lock
            })
        };
        Claim {
            _held: lock.lock_owned().await,
        }
    }

    /// Copies what is kept under a key to these places, each file whole under its name or not at all, and says what is known of
    /// it. None where there is nothing, or nothing that can be trusted.
    ///
    /// # Errors
    /// `Interrupted` when `stop` says so. Nothing else: what can't be copied is a miss.
    pub fn take(
        &self,
        key: &Key,
        items: &[Item],
        stop: &dyn Fn() -> bool,
    ) -> io::Result<Option<About>> {
        if !self.is_on() {
            return Ok(None);
        }
        let place = self.place(key);
        let found = match Entry::read(&place) {
            Ok(Some(entry)) => entry.copy_to(&place, items, stop).map(Some),
            Ok(None) => Ok(None),
            Err(problem) => Err(problem),
        };
        match found {
            Ok(Some(about)) => {
                let bytes = entry::used(&place);
                self.shelved(|shelf| shelf.touch(key, bytes));
                metrics().cache_looked(Looked::Hit);
                Ok(Some(about))
            }
            Ok(None) => {
                metrics().cache_looked(Looked::Miss);
                Ok(None)
            }
            Err(Stopped::Asked) => Err(io::ErrorKind::Interrupted.into()),
            Err(Stopped::Damaged(why)) => {
                tracing::warn!(component = "CACHE", path = %place.display(), "a kept result is damaged ({why}); it is removed and made anew");
                self.discard(key);
                metrics().cache_looked(Looked::Damaged);
                Ok(None)
            }
            Err(Stopped::Disk(error)) => {
                tracing::warn!(component = "CACHE", path = %place.display(), %error, "a kept result can't be copied; it is made anew");
                metrics().cache_looked(Looked::Miss);
                Ok(None)
            }
        }
    }

    /// Keeps copies of these files under a key. What is there already stays.
    ///
    /// # Errors
    /// What the disk says; nothing of it is left then.
    pub fn keep(
        &self,
        key: &Key,
        items: &[Item],
        about: &About,
        stop: &dyn Fn() -> bool,
    ) -> io::Result<Keeping> {
        let inner = &self.inner;
        if !self.is_on() {
            return Ok(Keeping::Left("nothing is kept here"));
        }
        let mut bytes = 0;
        for item in items {
            bytes += std::fs::metadata(&item.path)?.len();
        }
        if bytes > inner.max {
            return Ok(Keeping::Left("it is larger than the cache may be"));
        }
        std::fs::create_dir_all(&inner.folder)?;
        let disk = statvfs(&inner.folder)?;
        let free = disk.f_bavail.saturating_mul(disk.f_frsize);
        if free < inner.min_free.saturating_add(bytes) {
            return Ok(Keeping::Left("the disk is low"));
        }
        let new = inner.folder.join(self.name(shelf::NEW));
        let kept = Entry::write(&new, items, about, stop).and_then(|size| {
            let place = self.place(key);
            if let Some(parent) = place.parent() {
                std::fs::create_dir_all(parent)?;
            }
            match std::fs::rename(&new, &place) {
                Ok(()) => Ok(Some(size)),
                // Somebody else kept the same.
                Err(_) if place.is_dir() => Ok(None),
                Err(error) => Err(error),
            }
        });
        if !matches!(kept, Ok(Some(_))) {
            let _ = std::fs::remove_dir_all(&new);
        }
        if kept?.is_none() {
            return Ok(Keeping::Left("it is kept already"));
        }
        let size = entry::used(&self.place(key));
        let over = self.shelved(|shelf| {
            shelf.touch(key, size);
            shelf.beyond(inner.max)
        });
        self.evict(over);
        Ok(Keeping::Kept(size))
    }

    /// Gives up what was not used for the longest time until so many bytes are given up, for a disk that is low.
    pub fn give_up(&self, bytes: u64) {
        if !self.inner.folder.is_dir() {
            return;
        }
        let over = self.shelved(|shelf| {
            let left = shelf.bytes().saturating_sub(bytes);
            shelf.beyond(left)
        });
        self.evict(over);
    }

    fn evict(&self, keys: Vec<Key>) {
        for key in keys {
            self.discard(&key);
            metrics().cache_evicted();
        }
    }

    fn discard(&self, key: &Key) {
        let place = self.place(key);
        let gone = self.inner.folder.join(self.name(shelf::GONE));
        if std::fs::rename(&place, &gone).is_ok()
            && let Err(error) = std::fs::remove_dir_all(&gone)
        {
            tracing::warn!(component = "CACHE", path = %gone.display(), %error, "what is no longer kept can't be removed; it is tried again at the next start");
        }
        self.shelved(|shelf| shelf.remove(key));
    }

    fn place(&self, key: &Key) -> PathBuf {
        self.inner.folder.join(key.folder()).join(key.as_str())
    }

    fn name(&self, kind: &str) -> String {
        let number = self.inner.next.fetch_add(1, Ordering::Relaxed);
        format!("{kind}{}-{number}", std::process::id())
    }

    /// Works on what is known to be there; read from the disk when it is first wanted.
    fn shelved<T>(&self, work: impl FnOnce(&mut Shelf) -> T) -> T {
        let mut shelf = locked(&self.inner.shelf);
        let shelf = shelf.get_or_insert_with(|| Shelf::read(&self.inner.folder));
        let done = work(shelf);
        metrics().cache_holds(shelf.bytes());
        done
    }
}

fn locked<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}

impl std::fmt::Debug for Cache {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "Cache({}, {})",
            self.inner.folder.display(),
            self.inner.max
        )
    }
}
