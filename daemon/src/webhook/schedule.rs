//! When a delivery is tried again.
//!
//! Each wait counts from the end of the attempt before, is lengthened by up to a tenth so that what failed together does not
//! come back together, and is never shortened. `Retry-After` may lengthen it, to an hour at most, never shorten it.

use crate::domain::Timestamp;
use std::time::Duration;

/// A wait is lengthened by up to this part of itself.
const JITTER: f64 = 0.1;
/// The longest that a receiver may put us off.
const LONGEST: Duration = Duration::from_secs(3600);

/// When the next attempt of a round is due; none when the round is spent. `made` is how many attempts the round has had,
/// `draw` comes from [0, 1).
#[must_use]
pub fn next(
    schedule: &[Duration],
    made: u32,
    retry_after: Option<Duration>,
    now: Timestamp,
    draw: f64,
) -> Option<Timestamp> {
    let wait = *schedule.get(made as usize)?;
    let asked = retry_after.unwrap_or_default().min(LONGEST);
    Some(now.plus(wait.mul_f64(1.0 + JITTER * draw.clamp(0.0, 1.0)).max(asked)))
}

/// The first attempt of a delivery that is caused at `now`.
#[must_use]
pub fn first(schedule: &[Duration], now: Timestamp) -> Timestamp {
    now.plus(schedule.first().copied().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const DEFAULT: [Duration; 5] = [
        Duration::ZERO,
        Duration::from_secs(60),
        Duration::from_secs(300),
        Duration::from_secs(900),
        Duration::from_secs(3600),
    ];

    #[test]
    fn five_attempts_each_after_the_one_before() {
        let mut now = Timestamp(0);
        let mut times = vec![first(&DEFAULT, now).0];
        let mut made = 1;
        while let Some(at) = next(&DEFAULT, made, None, now, 0.0) {
            now = at;
            times.push(at.0);
            made += 1;
        }
        assert_eq!(times, [0, 60_000, 360_000, 1_260_000, 4_860_000]);
    }

    #[test]
    fn a_receiver_may_ask_for_more_time_but_not_for_less() {
        let wait = |asked: u64| {
            next(
                &DEFAULT,
                1,
                Some(Duration::from_secs(asked)),
                Timestamp(0),
                0.0,
            )
            .unwrap()
            .0
        };
        assert_eq!(wait(1), 60_000);
        assert_eq!(wait(120), 120_000);
        assert_eq!(wait(99_999_999), 3_600_000);
    }

    proptest! {
        #[test]
        fn never_early_and_at_most_a_tenth_late(made in 0_u32..5, draw in 0.0..1.0_f64, now in 0_i64..4_000_000_000_000) {
            let at = next(&DEFAULT, made, None, Timestamp(now), draw).unwrap();
            let wait = i64::try_from(DEFAULT[made as usize].as_millis()).unwrap();
            prop_assert!(at.0 >= now + wait && at.0 <= now + wait + wait / 10 + 1);
        }
    }
}
