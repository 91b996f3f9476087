//! How long a stage waits before it goes on: the back-off after failures that may be retried, and the pauses after a
//! quota or a rate limit that came without a time of its own.
//!
//! The n-th delay is `first × 2ⁿ`, at most `max`, spread by ±10 % so that stages which failed together do not come back
//! together. The spread never lifts a delay above `max`.

use super::pipeline::{ErrorClass, RetryPolicy};
use std::time::Duration;

/// How long a stage is parked after a rate limit that named no time.
pub const RATE_LIMIT_PAUSE: Duration = Duration::from_secs(60);

/// How long a stage is parked after a used-up quota that named no time.
pub const QUOTA_PAUSE: Duration = Duration::from_secs(3600);

/// The delay before the next try when `spent` retries were spent before it. `jitter` is a draw from [0, 1).
#[must_use]
pub fn delay(policy: RetryPolicy, spent: u32, jitter: f64) -> Duration {
    // Nothing stays nothing, however often it is doubled.
    if policy.first.is_zero() {
        return Duration::ZERO;
    }
    let doubled = 2_u32
        .checked_pow(spent)
        .and_then(|factor| policy.first.checked_mul(factor));
    let plain = doubled.unwrap_or(policy.max).min(policy.max);
    let draw = if jitter.is_finite() {
        jitter.clamp(0.0, 1.0)
    } else {
        0.5
    };
    Duration::try_from_secs_f64(plain.as_secs_f64() * (0.9 + 0.2 * draw))
        .unwrap_or(plain)
        .min(policy.max)
}

/// How long a failure of this class parks its stage, if it parks at all.
#[must_use]
pub fn pause(class: ErrorClass) -> Option<Duration> {
    match class {
        ErrorClass::Quota => Some(QUOTA_PAUSE),
        ErrorClass::RateLimit => Some(RATE_LIMIT_PAUSE),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const POLICY: RetryPolicy = RetryPolicy {
        times: 3,
        first: Duration::from_secs(5),
        max: Duration::from_secs(600),
    };

    #[test]
    fn doubles_from_the_first_delay() {
        let seconds: Vec<u64> = (0..9)
            .map(|spent| delay(POLICY, spent, 0.5).as_secs())
            .collect();
        assert_eq!(seconds, [5, 10, 20, 40, 80, 160, 320, 600, 600]);
    }

    #[test]
    fn no_delay_stays_none_after_any_number_of_tries() {
        let policy = RetryPolicy {
            first: Duration::ZERO,
            ..POLICY
        };
        assert_eq!(delay(policy, 32, 0.0), Duration::ZERO);
    }

    proptest! {
        #[test]
        fn stays_within_a_tenth_and_below_the_cap(spent in 0_u32..200, jitter in 0.0_f64..1.0, first in 0_u64..10_000, max in 0_u64..1_000_000) {
            let policy = RetryPolicy { times: 1, first: Duration::from_millis(first), max: Duration::from_millis(max) };
            let plain = first.saturating_mul(2_u64.saturating_pow(spent)).min(max) as f64;
            let got = delay(policy, spent, jitter).as_secs_f64() * 1000.0;
            prop_assert!(got <= max as f64 + 0.001);
            prop_assert!(got >= plain * 0.9 - 0.001 && got <= plain * 1.1 + 0.001);
        }
    }
}
