//! `[limits]` and `[retry]`: how much one client may ask for, and how often a failed stage is tried again.

use super::section::Section;
use std::time::Duration;

/// `[limits]`
#[derive(Debug, Clone, PartialEq)]
pub struct Limits {
    /// Per token, else per address.
    pub requests_per_second: u32,
    /// How many at once beyond it.
    pub burst: u32,
    /// Bytes of a JSON body.
    pub body: u64,
    /// Bytes of an upload.
    pub upload: u64,
    /// Bytes of an attempt's log, head and tail kept.
    pub log: u64,
}

impl Limits {
    pub(super) fn read(section: &mut Section<'_, '_, '_>) -> Self {
        let small = |number: u64| u32::try_from(number).unwrap_or(u32::MAX);
        Self {
            requests_per_second: small(section.integer_or(
                "requests_per_second",
                50,
                (1, 1_000_000),
            )),
            burst: small(section.integer_or("burst", 200, (1, 1_000_000))),
            body: section.size_or("body", 1 << 20),
            upload: section.size_or("upload", 20 << 30),
            log: section.size_or("log", 50 << 20),
        }
    }
}

/// `[retry]`
#[derive(Debug, Clone, PartialEq)]
pub struct Retry {
    /// Tries after the first.
    pub times: u32,
    /// Before the first of them.
    pub first: Duration,
    /// At most.
    pub max: Duration,
}

impl Retry {
    pub(super) fn read(section: &mut Section<'_, '_, '_>) -> Self {
        Self {
            times: u32::try_from(section.integer_or("times", 3, (0, 1000))).unwrap_or(3),
            first: section.duration_or("first", Duration::from_secs(5)),
            max: section.duration_or("max", Duration::from_secs(600)),
        }
    }
}
