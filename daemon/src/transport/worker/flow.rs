//! Between those who have something to say and the one who sends: how far the numbers are, and the newest progress.

use crate::transport::letter::{Attempt, Up};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::{Notify, watch};

/// At most four a second an attempt.
const PACE: Duration = Duration::from_millis(250);

/// How far the letters are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Counts {
    /// The ledger whose numbers these are.
    pub ledger: Arc<str>,
    /// The last one in the ledger.
    pub last: u64,
    /// The last one that is answered.
    pub acked: u64,
}

struct Newest {
    progress: f64,
    message: Option<String>,
    is_fresh: bool,
    said_at: Option<Instant>,
}

pub(super) struct Flow {
    pub counts: watch::Sender<Counts>,
    /// There is something to send besides.
    pub stirred: Notify,
    again: Mutex<Option<u64>>,
    progress: Mutex<HashMap<Attempt, Newest>>,
}

impl Flow {
    pub fn new(counts: Counts) -> Self {
        Self {
            counts: watch::Sender::new(counts),
            stirred: Notify::new(),
            again: Mutex::default(),
            progress: Mutex::default(),
        }
    }

    fn newest(&self) -> MutexGuard<'_, HashMap<Attempt, Newest>> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn committed(&self, last: u64) {
        self.counts.send_modify(|counts| counts.last = last);
    }

    /// The ledger begins anew under this id: what is not answered is numbered from 1.
    pub fn renewed(&self, ledger: &str, last: u64) {
        self.counts.send_replace(Counts {
            ledger: ledger.into(),
            last,
            acked: 0,
        });
    }

    pub fn answered(&self, upto: u64) {
        self.counts
            .send_modify(|counts| counts.acked = counts.acked.max(upto.min(counts.last)));
    }

    /// Letters from this one on are wanted again.
    pub fn ask_again(&self, from: u64) {
        let mut again = self.again.lock().unwrap_or_else(PoisonError::into_inner);
        *again = Some(again.map_or(from, |earlier| earlier.min(from)));
        drop(again);
        self.stirred.notify_one();
    }

    pub fn take_again(&self) -> Option<u64> {
        self.again
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take()
    }

    pub fn progress(&self, attempt: Attempt, progress: f64, message: Option<String>) {
        let mut newest = self.newest();
        let said_at = newest.get(&attempt).and_then(|newest| newest.said_at);
        let entry = Newest {
            progress,
            message,
            is_fresh: true,
            said_at,
        };
        newest.insert(attempt, entry);
        drop(newest);
        self.stirred.notify_one();
    }

    /// No progress of this attempt is told any more.
    pub fn forget(&self, attempt: &Attempt) {
        self.newest().remove(attempt);
    }

    /// The progress that may be told now.
    pub fn due(&self, now: Instant) -> Vec<Up> {
        let mut due = Vec::new();
        for (attempt, newest) in &mut *self.newest() {
            let may = newest.said_at.is_none_or(|at| at + PACE <= now);
            if newest.is_fresh && may {
                newest.is_fresh = false;
                newest.said_at = Some(now);
                due.push(Up::Progress {
                    attempt: attempt.clone(),
                    progress: newest.progress,
                    message: newest.message.clone(),
                });
            }
        }
        due
    }

    /// When the next progress may be told.
    pub fn due_at(&self) -> Option<Instant> {
        let newest = self.newest();
        let fresh = newest.values().filter(|newest| newest.is_fresh);
        fresh
            .filter_map(|newest| newest.said_at)
            .min()
            .map(|at| at + PACE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(last: u64, acked: u64) -> Counts {
        Counts {
            ledger: "l".into(),
            last,
            acked,
        }
    }

    fn attempt() -> Attempt {
        Attempt {
            workflow: "w".into(),
            stage: 0,
            attempt: 1,
        }
    }

    #[test]
    fn the_newest_progress_is_told_at_its_pace() {
        let flow = Flow::new(counts(0, 0));
        let now = Instant::now();
        let told = |at| -> Vec<f64> {
            let due = flow.due(at).into_iter();
            due.filter_map(|up| match up {
                Up::Progress { progress, .. } => Some(progress),
                _ => None,
            })
            .collect()
        };
        flow.progress(attempt(), 1.0, None);
        assert_eq!(told(now), [1.0]);
        flow.progress(attempt(), 2.0, None);
        flow.progress(attempt(), 3.0, None);
        assert!(told(now).is_empty());
        assert_eq!(flow.due_at(), Some(now + PACE));
        assert_eq!(told(now + PACE), [3.0]);
        assert!(told(now + 2 * PACE).is_empty());
        flow.progress(attempt(), 4.0, None);
        flow.forget(&attempt());
        assert!(told(now + 3 * PACE).is_empty());
    }

    #[test]
    fn nothing_is_answered_that_was_not_said() {
        let flow = Flow::new(counts(3, 1));
        flow.answered(9);
        assert_eq!(flow.counts.borrow().acked, 3);
        flow.answered(2);
        assert_eq!(flow.counts.borrow().acked, 3);
        flow.ask_again(3);
        flow.ask_again(2);
        assert_eq!((flow.take_again(), flow.take_again()), (Some(2), None));
    }
}
