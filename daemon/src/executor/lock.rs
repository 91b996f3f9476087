//! Mutexes of this room: what they guard is whole between any two statements, so that a panic elsewhere doesn't spoil it.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Locks, also after a holder's panic.
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
