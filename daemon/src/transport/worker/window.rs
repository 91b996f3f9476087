//! Which of the numbered letters are on their way, and which are sent next. Pure.
//!
//! ```text
//!  1 … acked │ acked+1 … sent │ sent+1 … last
//!  answered  │ in flight      │ wait for room
//! ```
//!
//! - In flight are at most `COUNT` letters of at most `BYTES`, so that a coordinator that is away finds no mountain.
//! - What is not answered in time is asked after by its first letter alone, ever less often: the coordinator then says what
//!   it has, or what it misses. So nothing piles up in Redis while nobody reads there.
//! - An answer to such a question means that somebody reads again: all behind it is sent anew.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// Letters in flight at most.
pub(super) const COUNT: usize = 256;
/// Bytes in flight at most, unless one letter alone has more.
pub(super) const BYTES: usize = 8 << 20;
/// An answer is waited for so long.
const PATIENCE: Duration = Duration::from_secs(10);
/// The longest between two questions.
const RAREST: Duration = Duration::from_secs(60);

#[derive(Debug)]
pub(super) struct Window {
    acked: u64,
    flying: VecDeque<usize>,
    bytes: usize,
    /// When to ask after the first one; none while nothing flies.
    ask_at: Option<Instant>,
    patience: Duration,
    has_asked: bool,
}

impl Window {
    /// Nothing flies; letters up to `acked` are answered.
    pub fn new(acked: u64) -> Self {
        Self {
            acked,
            flying: VecDeque::new(),
            bytes: 0,
            ask_at: None,
            patience: PATIENCE,
            has_asked: false,
        }
    }

    pub fn acked(&self) -> u64 {
        self.acked
    }

    /// The last letter in flight.
    pub fn sent(&self) -> u64 {
        self.acked + self.flying.len() as u64
    }

    /// How many letters and bytes more may fly.
    pub fn room(&self) -> Option<(usize, usize)> {
        let count = COUNT.saturating_sub(self.flying.len());
        let bytes = BYTES.saturating_sub(self.bytes);
        (count > 0 && bytes > 0).then_some((count, bytes))
    }

    /// The next letters, of these lengths, were given to the carrier.
    pub fn flew(&mut self, lengths: impl Iterator<Item = usize>, now: Instant) {
        for length in lengths {
            self.flying.push_back(length);
            self.bytes += length;
        }
        if self.ask_at.is_none() && !self.flying.is_empty() {
            self.ask_at = Some(now + self.patience);
        }
    }

    /// Letters up to here are answered.
    pub fn answered(&mut self, upto: u64, now: Instant) {
        if upto <= self.acked {
            return;
        }
        while self.acked < upto {
            self.acked += 1;
            self.bytes -= self.flying.pop_front().unwrap_or(0);
        }
        self.patience = PATIENCE;
        if self.has_asked {
            self.recall(self.acked);
        }
        self.has_asked = false;
        self.ask_at = (!self.flying.is_empty()).then_some(now + self.patience);
    }

    /// Letters from this one on did not arrive.
    pub fn again(&mut self, from: u64) {
        self.recall(from.saturating_sub(1).max(self.acked));
    }

    /// The carrier failed: nobody knows what of it arrived.
    pub fn lost(&mut self) {
        self.recall(self.acked);
    }

    /// When the first letter in flight is to be asked after.
    pub fn ask_at(&self) -> Option<Instant> {
        self.ask_at
    }

    /// It was.
    pub fn asked(&mut self, now: Instant) {
        self.has_asked = true;
        self.patience = (self.patience * 2).min(RAREST);
        self.ask_at = Some(now + self.patience);
    }

    fn recall(&mut self, upto: u64) {
        while self.sent() > upto {
            self.bytes -= self.flying.pop_back().unwrap_or(0);
        }
        if self.flying.is_empty() {
            self.ask_at = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_answer_to_a_question_sends_the_rest_anew() {
        let now = Instant::now();
        let mut window = Window::new(0);
        window.flew([10, 10, 10].into_iter(), now);
        assert_eq!((window.sent(), window.ask_at()), (3, Some(now + PATIENCE)));
        window.asked(now + PATIENCE);
        assert_eq!(window.ask_at(), Some(now + 3 * PATIENCE));
        window.answered(1, now);
        assert_eq!(
            (window.acked(), window.sent(), window.ask_at()),
            (1, 1, None)
        );
        window.flew([10, 10].into_iter(), now);
        window.again(3);
        assert_eq!(window.sent(), 2);
        window.answered(2, now);
        assert_eq!((window.sent(), window.ask_at()), (2, None));
    }

    #[derive(Debug, Clone)]
    enum Step {
        Fly(usize),
        Answer(u64),
        Again(u64),
        Lost,
        Asked,
    }

    proptest! {
        #[test]
        fn bounds_hold_and_what_flies_is_asked_after(steps in proptest::collection::vec(prop_oneof![
            (1..3_000_000_usize).prop_map(Step::Fly),
            (0..300_u64).prop_map(Step::Answer),
            (0..300_u64).prop_map(Step::Again),
            Just(Step::Lost),
            Just(Step::Asked),
        ], 0..80)) {
            let now = Instant::now();
            let mut window = Window::new(0);
            for step in steps {
                match step {
                    Step::Fly(length) => if let Some((_, bytes)) = window.room() {
                        window.flew([length.min(bytes)].into_iter(), now);
                    },
                    // Nobody answers what was never sent, but a letter may have been recalled since.
                    Step::Answer(upto) => window.answered(upto, now),
                    Step::Again(from) => window.again(from),
                    Step::Lost => window.lost(),
                    Step::Asked => if window.ask_at().is_some() { window.asked(now) },
                }
                prop_assert!(window.sent() >= window.acked());
                prop_assert!(window.flying.len() <= COUNT && window.bytes <= BYTES);
                prop_assert_eq!(window.bytes, window.flying.iter().sum::<usize>());
                prop_assert_eq!(window.ask_at().is_some(), window.sent() > window.acked());
            }
        }
    }
}
