//! The one place that reads the clock. Everything below is handed the moment, so that it replays.

/// Now, in Unix milliseconds.
#[must_use]
pub fn now_ms() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}
