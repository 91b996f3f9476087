//! `Retry-After`: how long the other side asks to be left alone.

use hyper::header::{HeaderMap, RETRY_AFTER};
use std::time::Duration;

/// More than anybody means.
const LONGEST: Duration = Duration::from_secs(365 * 86_400);

/// Seconds, or a date. `now` in seconds.
#[must_use]
pub fn read(text: &str, now: i64) -> Option<Duration> {
    let text = text.trim();
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        let asked = text.parse().map_or(LONGEST, Duration::from_secs);
        return Some(asked.min(LONGEST));
    }
    let at = jiff::fmt::rfc2822::parse(text)
        .ok()?
        .timestamp()
        .as_second();
    let asked = u64::try_from(at.saturating_sub(now)).unwrap_or(0);
    Some(Duration::from_secs(asked).min(LONGEST))
}

/// The same from an answer's headers, against the clock as it is.
#[must_use]
pub fn of(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?;
    read(text, jiff::Timestamp::now().as_second())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_or_a_date_and_rubbish_is_nothing() {
        assert_eq!(read(" 120 ", 0), Some(Duration::from_secs(120)));
        assert_eq!(read("99999999999999999999999", 0), Some(LONGEST));
        let date = "Thu, 01 Jan 1970 00:02:00 GMT";
        assert_eq!(read(date, 0), Some(Duration::from_secs(120)));
        assert_eq!(read(date, 200), Some(Duration::ZERO));
        for rubbish in ["", "-1", "soon", "1.5"] {
            assert_eq!(read(rubbish, 0), None, "{rubbish}");
        }
    }
}
