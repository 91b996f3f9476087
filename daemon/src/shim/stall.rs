//! Whether a program stands still: says nothing, and its tree uses no processor time, for as long as its limit.

use super::tree;
use std::time::{Duration, Instant};

/// How often the processor time is looked at, at the least and at the most.
const LOOK: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(60));

/// A watch on one program.
#[derive(Debug)]
pub struct Stall {
    limit: Duration,
    moved_at: Instant,
    look_at: Instant,
    ticks: u64,
}

impl Stall {
    /// Begins now.
    pub fn new(limit: Duration, now: Instant) -> Self {
        Self {
            limit,
            moved_at: now,
            look_at: now + Self::every(limit),
            ticks: 0,
        }
    }

    /// The program said something.
    pub fn moved(&mut self, now: Instant) {
        self.moved_at = now;
    }

    /// When `passed` is to be asked next.
    pub fn next_look(&self) -> Instant {
        self.look_at
    }

    /// The limit, if it has passed without anything moving.
    pub fn passed(&mut self, now: Instant) -> Option<Duration> {
        if now < self.look_at {
            return None;
        }
        self.look_at = now + Self::every(self.limit);
        let ticks = tree::ticks(&tree::descendants());
        if ticks != self.ticks {
            self.ticks = ticks;
            self.moved_at = now;
        }
        (now.saturating_duration_since(self.moved_at) >= self.limit).then_some(self.limit)
    }

    fn every(limit: Duration) -> Duration {
        (limit / 8).clamp(LOOK.0, LOOK.1)
    }
}
