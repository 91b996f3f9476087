//! Where a connection stands, and until when it may stand there.
//!
//! ```text
//!  accepted ─▶ Fresh ─first byte─▶ Header ─head whole─▶ Body ─end─▶ Working ─answer out─▶ Idle ─byte─▶ Header …
//! ```
//!
//! - Every phase in which the client owes us something has a deadline; `Working` has none, for there we owe the client.
//! - A write that makes no headway has a deadline of its own in every phase.
//! - Phases change only while the connection's own future is polled, so one timer per connection is enough.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// How long a client may take for what it owes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deadlines {
    /// From the connection to its first byte.
    pub first_byte: Duration,
    /// From a head's first byte to its end.
    pub header: Duration,
    /// From the connection, or a later request's first byte, to the end of that request's body.
    pub request: Duration,
    /// Between two requests.
    pub idle: Duration,
    /// For a write without any headway.
    pub write: Duration,
    /// Between two pieces of a body that keeps a pace.
    pub piece: Duration,
}

impl Default for Deadlines {
    fn default() -> Self {
        Self {
            first_byte: Duration::from_secs(10),
            header: Duration::from_secs(10),
            request: Duration::from_secs(28),
            idle: Duration::from_secs(60),
            write: Duration::from_secs(30),
            piece: Duration::from_secs(30),
        }
    }
}

/// How long the refusal of a late body may take to reach the client.
const LAST_WORDS: Duration = Duration::from_secs(1);
/// Bytes a second that a body must come with which has no deadline as a whole.
const SLOWEST: u64 = 1024;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Fresh,
    Header,
    Body,
    Working,
    Idle,
}

#[derive(Debug)]
struct State {
    phase: Phase,
    /// Until when this phase may last.
    until: Option<Instant>,
    /// When the current request began, as far as its deadline is concerned.
    began: Instant,
    /// Since when a write has made no headway.
    stuck: Option<Instant>,
    /// The body keeps a pace: since when, and how much of it came.
    pace: Option<(Instant, u64)>,
}

/// A handler's way to say that a body may be large: it has then no deadline as a whole, but must keep coming.
#[derive(Debug, Clone)]
pub struct Pace(Arc<Watch>);

impl Pace {
    /// Of this connection's request.
    #[must_use]
    pub(super) fn of(watch: &Arc<Watch>) -> Self {
        Self(Arc::clone(watch))
    }

    /// From here on the body is held to its pace.
    pub fn keep(&self) {
        self.0.keep_pace();
    }
}

/// The phase of one connection, shared by its socket, its service and the timer that guards it.
#[derive(Debug)]
pub struct Watch {
    deadlines: Deadlines,
    state: Mutex<State>,
}

impl Watch {
    /// A connection that was just accepted.
    #[must_use]
    pub fn new(deadlines: Deadlines) -> Self {
        let now = Instant::now();
        let state = State {
            phase: Phase::Fresh,
            until: Some(now + deadlines.first_byte),
            began: now,
            stuck: None,
            pace: None,
        };
        Self {
            deadlines,
            state: Mutex::new(state),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Bytes came from the client.
    pub fn read(&self) {
        let mut state = self.state();
        match state.phase {
            Phase::Fresh => {
                state.until = Some(Instant::now() + self.deadlines.header);
                state.phase = Phase::Header;
            }
            Phase::Idle => {
                let now = Instant::now();
                state.began = now;
                state.until = Some(now + self.deadlines.header);
                state.phase = Phase::Header;
            }
            Phase::Header | Phase::Body | Phase::Working => {}
        }
    }

    /// A request's head is whole; `body` follows. Answers until when the body must be in.
    pub fn head(&self, body: bool) -> Instant {
        let mut state = self.state();
        let now = Instant::now();
        // A pipelined request was read together with the one before it: it begins now.
        if state.phase == Phase::Idle {
            state.began = now;
        }
        state.pace = None;
        let due = state.began + self.deadlines.request;
        if body {
            state.phase = Phase::Body;
            state.until = Some(due + LAST_WORDS);
        } else {
            state.phase = Phase::Working;
            state.until = None;
        }
        due
    }

    fn keep_pace(&self) {
        let mut state = self.state();
        if state.phase == Phase::Body {
            let now = Instant::now();
            state.pace = Some((now, 0));
            state.until = Some(now + self.deadlines.piece + LAST_WORDS);
        }
    }

    /// So much of a body came.
    pub fn came(&self, bytes: u64) {
        let mut state = self.state();
        let Some((since, before)) = state.pace.filter(|_| state.phase == Phase::Body) else {
            return;
        };
        let all = before.saturating_add(bytes);
        state.pace = Some((since, all));
        let kept = since + self.deadlines.piece + Duration::from_secs(all / SLOWEST);
        let next = Instant::now() + self.deadlines.piece;
        state.until = Some(kept.min(next) + LAST_WORDS);
    }

    /// Until when the rest of the body, or of one that keeps a pace its next piece, must be in.
    #[must_use]
    pub fn body_due(&self) -> Option<Instant> {
        let state = self.state();
        let until = state.until.filter(|_| state.phase == Phase::Body);
        until.map(|until| until - LAST_WORDS)
    }

    /// The body is in, or won't be read.
    pub fn body_done(&self) {
        let mut state = self.state();
        if state.phase == Phase::Body {
            state.phase = Phase::Working;
            state.until = None;
        }
    }

    /// The answer is handed over whole: what follows is the client's turn.
    pub fn answered(&self) {
        let mut state = self.state();
        if state.phase != Phase::Fresh {
            state.phase = Phase::Idle;
            state.until = Some(Instant::now() + self.deadlines.idle);
        }
    }

    /// A write or flush got on (`true`), or waits for the client to take what was written.
    pub fn wrote(&self, headway: bool) {
        let mut state = self.state();
        if headway {
            state.stuck = None;
        } else if state.stuck.is_none() {
            state.stuck = Some(Instant::now());
        }
    }

    /// No request is being worked on, so that what is written now is hyper's own word on a head that it could not read.
    #[must_use]
    pub fn reads_head(&self) -> bool {
        matches!(self.state().phase, Phase::Fresh | Phase::Header)
    }

    /// The moment at which the connection ends unless something happens before.
    #[must_use]
    pub fn due(&self) -> Option<Instant> {
        let state = self.state();
        let write = state.stuck.map(|since| since + self.deadlines.write);
        match (state.until, write) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (one, other) => one.or(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_phase_in_which_the_client_owes_something_has_a_deadline() {
        let watch = Watch::new(Deadlines::default());
        assert!(watch.due().is_some(), "fresh");
        watch.read();
        assert!(watch.due().is_some() && watch.reads_head(), "header");
        let due = watch.head(true);
        assert!(
            watch.due().is_some_and(|at| at > due),
            "a late body is refused before it is cut off"
        );
        watch.body_done();
        assert_eq!(watch.due(), None, "we owe the answer");
        watch.wrote(false);
        assert!(watch.due().is_some(), "the client must take it");
        watch.wrote(true);
        watch.answered();
        assert!(watch.due().is_some(), "idle");
    }

    #[test]
    fn a_body_that_keeps_a_pace_goes_on_and_one_that_stops_does_not() {
        let watch = Arc::new(Watch::new(Deadlines::default()));
        watch.read();
        let whole = watch.head(true);
        Pace::of(&watch).keep();
        let first = watch.body_due().unwrap();
        assert!(first > whole);
        watch.came(100 << 20);
        let next = watch.body_due().unwrap();
        assert!(next >= first, "a piece moves it on");
        let most = Instant::now() + Deadlines::default().piece;
        assert!(next <= most, "but never by more than the wait for a piece");
        watch.body_done();
        assert_eq!((watch.body_due(), watch.due()), (None, None));
        watch.head(true);
        watch.came(1 << 30);
        let ordinary = watch.body_due().unwrap();
        assert!(ordinary < first, "the next request is an ordinary one");
    }

    #[test]
    fn more_bytes_do_not_extend_a_head() {
        let watch = Watch::new(Deadlines::default());
        watch.read();
        let due = watch.due();
        watch.read();
        assert_eq!(watch.due(), due);
    }

    #[test]
    fn the_first_request_is_due_from_the_connection_on() {
        let watch = Watch::new(Deadlines {
            first_byte: Duration::from_secs(5),
            ..Deadlines::default()
        });
        let accepted = watch.due().map(|at| at - Duration::from_secs(5));
        watch.read();
        let due = watch.head(true);
        assert_eq!(
            Some(due),
            accepted.map(|at| at + Deadlines::default().request)
        );
    }
}
