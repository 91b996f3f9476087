//! Follows the logs of running attempts: a thread that gathers which of them grew, and hands their lines on a little later,
//! so that many lines share a letter.

use super::voice::Voice;
use crate::transport::letter::Attempt;
use std::collections::BTreeSet;
use std::io;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

/// What grows within this time is one letter.
const GATHER: Duration = Duration::from_millis(100);

#[derive(Default)]
struct State {
    grown: BTreeSet<Attempt>,
    is_stopped: bool,
}

/// Which logs grew.
#[derive(Default)]
pub(super) struct Follow {
    state: Mutex<State>,
    wake: Condvar,
}

impl Follow {
    /// This one did.
    pub fn grew(&self, attempt: Attempt) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.grown.insert(attempt) {
            self.wake.notify_one();
        }
    }

    /// Ends the thread.
    pub fn stop(&self) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.is_stopped = true;
        self.wake.notify_one();
    }

    /// Waits for logs that grew; none when it is to end.
    fn next(&self) -> Option<BTreeSet<Attempt>> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let waits = |state: &mut State| state.grown.is_empty() && !state.is_stopped;
        let state = self
            .wake
            .wait_while(state, waits)
            .unwrap_or_else(PoisonError::into_inner);
        let (mut state, _) = self
            .wake
            .wait_timeout_while(state, GATHER, |state| !state.is_stopped)
            .unwrap_or_else(PoisonError::into_inner);
        (!state.is_stopped).then(|| std::mem::take(&mut state.grown))
    }
}

/// Starts the thread.
///
/// # Errors
/// When there is none to be had.
pub(super) fn start(voice: Arc<Voice>) -> io::Result<()> {
    thread::Builder::new()
        .name("logs".to_owned())
        .spawn(move || {
            while let Some(grown) = voice.follow.next() {
                for attempt in grown {
                    if let Some(tail) = voice.book.tail(&attempt) {
                        voice.log(&attempt, &tail, false);
                    }
                }
            }
        })
        .map(|_| ())
}
