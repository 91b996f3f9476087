//! The state of the connection in the words of the header. `net/` moves it, the header shows it.
//!
//! ```text
//!   Dialing ──▶ Live ──▶ Retry ──▶ Dialing …        (for ever; C-r skips the wait)
//!      │         └▶ shown STALE when silent for three heartbeats, SLOW when the way there and back takes long
//!      └▶ Denied │ Foreign: a person must act; retried at the longest interval all the same
//! ```

/// The daemon sends something at least this often, in milliseconds.
pub const HEARTBEAT_MS: i64 = 10_000;

/// Silent this long, the picture is stale.
pub const STALE_MS: i64 = 3 * HEARTBEAT_MS;

/// A way there and back longer than this is slow, in milliseconds.
pub const SLOW_MS: u32 = 300;

/// How the connection stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Link {
    /// Connecting, for the first time or after a wait.
    Dialing,
    /// Frames come.
    Live,
    /// Waits to connect again.
    Retry {
        /// The next try's number, from 1.
        attempt: u32,
        /// Unix milliseconds of it.
        at_ms: i64,
        /// What ended or refused the last one.
        why: String,
    },
    /// The daemon refused our token, or wants one.
    Denied {
        /// In the daemon's words.
        why: String,
        /// Unix milliseconds of the next try.
        at_ms: i64,
    },
    /// The daemon speaks another protocol.
    Foreign {
        /// Its protocol.
        theirs: u32,
        /// Unix milliseconds of the next try.
        at_ms: i64,
    },
}

/// What the header shows of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// `… dialing`
    Dialing,
    /// `● LIVE`
    Live,
    /// `◐ SLOW`
    Slow,
    /// `~ STALE`
    Stale,
    /// `↺ RETRY`
    Retry,
    /// `✗ AUTH`
    Denied,
    /// `✗ PROTO`
    Foreign,
}

impl Shown {
    /// Its word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Dialing => "DIAL",
            Self::Live => "LIVE",
            Self::Slow => "SLOW",
            Self::Stale => "STALE",
            Self::Retry => "RETRY",
            Self::Denied => "AUTH",
            Self::Foreign => "PROTO",
        }
    }
}

/// The link with what is measured on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkView {
    /// How it stands.
    pub link: Link,
    /// When the last frame came, in Unix milliseconds.
    pub last_frame_ms: i64,
    /// There and back, in milliseconds, once measured.
    pub rtt_ms: Option<u32>,
    /// The last measure by itself.
    pub measured_ms: Option<u32>,
    /// Where we connect, as text.
    pub target: String,
}

impl LinkView {
    /// Not connected yet.
    #[must_use]
    pub fn new(target: String) -> Self {
        Self {
            link: Link::Dialing,
            last_frame_ms: 0,
            rtt_ms: None,
            measured_ms: None,
            target,
        }
    }

    /// What the header shows at `now_ms`.
    #[must_use]
    pub fn shown(&self, now_ms: i64) -> Shown {
        match self.link {
            Link::Dialing => Shown::Dialing,
            Link::Live if now_ms - self.last_frame_ms >= STALE_MS => Shown::Stale,
            Link::Live if self.rtt_ms.is_some_and(|rtt| rtt > SLOW_MS) => Shown::Slow,
            Link::Live => Shown::Live,
            Link::Retry { .. } => Shown::Retry,
            Link::Denied { .. } => Shown::Denied,
            Link::Foreign { .. } => Shown::Foreign,
        }
    }

    /// Numbers that move by themselves can be believed.
    #[must_use]
    pub fn is_fresh(&self, now_ms: i64) -> bool {
        matches!(self.shown(now_ms), Shown::Live | Shown::Slow)
    }

    /// A request can be sent.
    #[must_use]
    pub fn is_connected(&self) -> bool {
        self.link == Link::Live
    }

    /// When what is shown changes by itself.
    #[must_use]
    pub fn next_change(&self, now_ms: i64) -> Option<i64> {
        match &self.link {
            Link::Live if now_ms - self.last_frame_ms < STALE_MS => {
                Some(self.last_frame_ms + STALE_MS)
            }
            // The age of what is stale is told in steps of ten seconds.
            Link::Live => Some(now_ms + 10_000 - (now_ms - self.last_frame_ms) % 10_000),
            Link::Retry { at_ms, .. }
            | Link::Denied { at_ms, .. }
            | Link::Foreign { at_ms, .. } => {
                let left = at_ms - now_ms;
                (left > 0).then(|| now_ms + ((left - 1) % 1000) + 1)
            }
            Link::Dialing => None,
        }
    }
}
