//! Durations and sizes, with words for those that can't be read.

use crate::config::quantity;
use std::time::Duration;

/// Reads a duration; the error says what is accepted.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    quantity::parse_duration(text).ok_or_else(|| {
        format!("`{text}` is not a duration; write one like \"90s\", \"1h30m\" or \"7d\"")
    })
}

/// Reads a number of bytes, or a plain amount; the error says what is accepted.
pub(super) fn size(text: &str) -> Result<u64, String> {
    quantity::parse_size(text)
        .ok_or_else(|| format!("`{text}` is not a size; write one like \"512MiB\" or \"16GiB\""))
}
