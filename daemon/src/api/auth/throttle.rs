//! How often a caller may come: requests per token, else per address, and refused tokens per address. The operator's socket
//! is not limited.

use crate::config::Limits;
use governor::clock::{Clock as _, DefaultClock};
use governor::{Quota, RateLimiter};
use std::hash::Hash;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// Refused tokens a minute from one address.
const REFUSED: NonZeroU32 = NonZeroU32::new(10).unwrap();
/// Keys beyond which those that have long been quiet are forgotten, every so many requests.
const TIDY_EVERY: u32 = 1024;

/// To whom a request is counted.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Source {
    /// A token, by its id.
    Token(String),
    /// An address without one.
    Address(IpAddr),
}

type Keyed<K> = RateLimiter<K, governor::state::keyed::HashMapStateStore<K>, DefaultClock>;

/// The counters.
pub struct Throttle {
    clock: DefaultClock,
    requests: Keyed<Source>,
    refused: Keyed<IpAddr>,
    seen: AtomicU32,
}

impl Throttle {
    /// By `[limits]`.
    #[must_use]
    pub fn new(limits: &Limits) -> Self {
        let rate = NonZeroU32::new(limits.requests_per_second).unwrap_or(NonZeroU32::MIN);
        let burst = NonZeroU32::new(limits.burst).unwrap_or(NonZeroU32::MIN);
        Self {
            clock: DefaultClock::default(),
            requests: RateLimiter::hashmap(Quota::per_second(rate).allow_burst(burst)),
            refused: RateLimiter::hashmap(Quota::per_minute(REFUSED)),
            seen: AtomicU32::new(0),
        }
    }

    /// Counts a request.
    ///
    /// # Errors
    /// How long to wait.
    pub fn request(&self, source: &Source) -> Result<(), Duration> {
        if self.seen.fetch_add(1, Ordering::Relaxed) % TIDY_EVERY == TIDY_EVERY - 1 {
            self.requests.retain_recent();
            self.refused.retain_recent();
        }
        check(&self.requests, source, &self.clock)
    }

    /// Counts a refused token.
    ///
    /// # Errors
    /// How long to wait.
    pub fn refused(&self, address: IpAddr) -> Result<(), Duration> {
        check(&self.refused, &address, &self.clock)
    }
}

fn check<K: Hash + Eq + Clone>(
    limiter: &Keyed<K>,
    key: &K,
    clock: &DefaultClock,
) -> Result<(), Duration> {
    limiter
        .check_key(key)
        .map_err(|until| until.wait_time_from(clock.now()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;

    fn throttle(burst: u32) -> Throttle {
        Throttle::new(&Limits {
            requests_per_second: 1,
            burst,
            body: 1,
            upload: 1,
            log: 1,
        })
    }

    #[test]
    fn a_burst_is_let_through_and_then_a_wait_is_told() {
        let throttle = throttle(5);
        let one = Source::Token("tok_1".into());
        for _ in 0..5 {
            throttle.request(&one).unwrap();
        }
        assert!(
            throttle
                .request(&one)
                .is_err_and(|wait| wait <= Duration::from_secs(1))
        );
        assert!(
            throttle.request(&Source::Token("tok_2".into())).is_ok(),
            "another is not concerned"
        );
    }

    #[test]
    fn the_eleventh_refused_token_of_a_minute_is_too_many() {
        let throttle = throttle(1);
        let from = IpAddr::V4(Ipv4Addr::LOCALHOST);
        for _ in 0..10 {
            throttle.refused(from).unwrap();
        }
        assert!(
            throttle
                .refused(from)
                .is_err_and(|wait| wait <= Duration::from_secs(6))
        );
    }
}
