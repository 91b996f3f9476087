//! The tokens that are known, in memory: read from the database at start, changed together with it. A request finds its token
//! by hash; a stream holds the entry's `revoked`, which ends the stream as soon as the token goes.

use super::Scope;
use super::token::Hash;
use crate::domain::Timestamp;
use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;
use subtle::ConstantTimeEq as _;
use tokio_util::sync::CancellationToken;

/// How stale `last_used_at` may be: a write a request would cost more than the answer is worth.
const USE_IS_NOTED: Duration = Duration::from_secs(60);

/// A token, without its text.
#[derive(Debug)]
pub struct Entry {
    /// `tok_…`
    pub id: String,
    /// For people.
    pub name: String,
    /// Of its text.
    pub hash: Hash,
    /// What it may do.
    pub scope: Scope,
    /// Whose name its workflows carry.
    pub user: Arc<str>,
    /// It sees that user's workflows alone.
    pub own: bool,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends by itself.
    pub expires_at: Option<Timestamp>,
    /// When it was last used, as far as noted; 0 is never.
    pub last_used_at: AtomicI64,
    /// Cancelled when it is revoked.
    pub revoked: CancellationToken,
}

impl Entry {
    /// When it was last used, as far as noted.
    #[must_use]
    pub fn last_used(&self) -> Option<Timestamp> {
        Some(self.last_used_at.load(Ordering::Relaxed))
            .filter(|at| *at > 0)
            .map(Timestamp)
    }

    /// Notes a use; true once a minute, when the database should hear of it.
    pub fn used(&self, now: Timestamp) -> bool {
        let before = self.last_used_at.load(Ordering::Relaxed);
        let due = before == 0 || now.since(Timestamp(before)) >= USE_IS_NOTED;
        due && self
            .last_used_at
            .compare_exchange(before, now.0, Ordering::Relaxed, Ordering::Relaxed)
            .is_ok()
    }
}

/// All tokens.
#[derive(Debug, Default)]
pub struct Book {
    by_hash: RwLock<HashMap<Hash, Arc<Entry>>>,
}

impl Book {
    /// With what the database holds.
    #[must_use]
    pub fn new(entries: impl IntoIterator<Item = Entry>) -> Self {
        let by_hash = entries
            .into_iter()
            .map(|entry| (entry.hash, Arc::new(entry)))
            .collect();
        Self {
            by_hash: RwLock::new(by_hash),
        }
    }

    /// A token that is there and not expired.
    #[must_use]
    pub fn find(&self, hash: &Hash, now: Timestamp) -> Option<Arc<Entry>> {
        let by_hash = self.by_hash.read().unwrap_or_else(PoisonError::into_inner);
        let entry = by_hash.get(hash)?;
        let same: bool = entry.hash.ct_eq(hash).into();
        let fresh = entry.expires_at.is_none_or(|at| now < at);
        (same && fresh).then(|| Arc::clone(entry))
    }

    /// Adds one that the database has.
    pub fn add(&self, entry: Entry) -> Arc<Entry> {
        let entry = Arc::new(entry);
        self.by_hash
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(entry.hash, Arc::clone(&entry));
        entry
    }

    /// Takes one out and ends what it holds open; false when there was none.
    pub fn remove(&self, id: &str) -> bool {
        let mut by_hash = self.by_hash.write().unwrap_or_else(PoisonError::into_inner);
        let Some(hash) = by_hash
            .values()
            .find(|entry| entry.id == id)
            .map(|entry| entry.hash)
        else {
            return false;
        };
        by_hash.remove(&hash).is_some_and(|entry| {
            entry.revoked.cancel();
            true
        })
    }

    /// Whether there is one of this id.
    #[must_use]
    pub fn contains(&self, id: &str) -> bool {
        self.by_hash
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .values()
            .any(|entry| entry.id == id)
    }

    /// All of them, oldest first.
    #[must_use]
    pub fn all(&self) -> Vec<Arc<Entry>> {
        let by_hash = self.by_hash.read().unwrap_or_else(PoisonError::into_inner);
        let mut all: Vec<_> = by_hash.values().cloned().collect();
        all.sort_by(|a, b| (a.created_at, &a.id).cmp(&(b.created_at, &b.id)));
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(id: &str, hash: Hash, expires_at: Option<Timestamp>) -> Entry {
        Entry {
            id: id.to_owned(),
            name: id.to_owned(),
            hash,
            scope: Scope::Operate,
            user: Arc::from("anna"),
            own: false,
            created_at: Timestamp(1),
            expires_at,
            last_used_at: AtomicI64::new(0),
            revoked: CancellationToken::new(),
        }
    }

    #[test]
    fn one_that_is_expired_or_revoked_is_not_found() {
        let book = Book::new([
            entry("a", [1; 32], Some(Timestamp(100))),
            entry("b", [2; 32], None),
        ]);
        assert!(book.find(&[1; 32], Timestamp(99)).is_some());
        assert!(book.find(&[1; 32], Timestamp(100)).is_none());
        let held = book.find(&[2; 32], Timestamp(5)).unwrap();
        assert!(book.remove("b") && held.revoked.is_cancelled());
        assert!(book.find(&[2; 32], Timestamp(5)).is_none());
        assert!(!book.remove("b"));
    }

    #[test]
    fn a_use_is_noted_once_a_minute() {
        let entry = entry("a", [1; 32], None);
        assert_eq!(entry.last_used(), None);
        assert!(entry.used(Timestamp(1_000)));
        assert!(!entry.used(Timestamp(60_999)));
        assert!(entry.used(Timestamp(61_000)));
        assert_eq!(entry.last_used(), Some(Timestamp(61_000)));
    }
}
