//! How long to wait before the next try: twice as long each time, from half a second to fifteen, and a little more or less,
//! so that many clients don't come back in step.

use std::time::Duration;

/// The first pause.
pub const FIRST: Duration = Duration::from_millis(500);

/// The longest, before jitter.
pub const LONGEST: Duration = Duration::from_secs(15);

/// Counts tries that failed.
#[derive(Debug, Clone, Default)]
pub struct Backoff {
    tries: u32,
}

impl Backoff {
    /// Tries that failed since the last success.
    #[must_use]
    pub fn tries(&self) -> u32 {
        self.tries
    }

    /// It went well.
    pub fn reset(&mut self) {
        self.tries = 0;
    }

    /// The pause before the next try; `draw` is between 0 and 1 and moves it by up to a fifth either way.
    pub fn next(&mut self, draw: f64) -> Duration {
        let doubled = FIRST.saturating_mul(1 << self.tries.min(16));
        self.tries = self.tries.saturating_add(1);
        doubled
            .min(LONGEST)
            .mul_f64(0.8 + 0.4 * draw.clamp(0.0, 1.0))
    }
}

/// A number between 0 and 1 that nobody can tell beforehand.
#[must_use]
pub fn draw() -> f64 {
    use std::hash::{BuildHasher, Hasher};
    let random = std::collections::hash_map::RandomState::new()
        .build_hasher()
        .finish();
    (random >> 11) as f64 / (1u64 << 53) as f64
}
