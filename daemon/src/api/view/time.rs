//! Times on the wire: RFC 3339, UTC, milliseconds.

use crate::domain::Timestamp;

/// `2026-11-20T10:17:50.123Z`
#[must_use]
pub fn text(at: Timestamp) -> String {
    let stamp = jiff::Timestamp::from_millisecond(at.0).unwrap_or(if at.0 < 0 {
        jiff::Timestamp::MIN
    } else {
        jiff::Timestamp::MAX
    });
    format!("{stamp:.3}")
}

/// A moment that a client names.
///
/// # Errors
/// What is wanted.
pub fn parse(text: &str) -> Result<Timestamp, String> {
    let stamp: jiff::Timestamp = text.parse().map_err(|_| {
        format!(
            "is `{}`; write a time like 2026-11-20T10:17:50Z",
            crate::api::problem::excerpt(text)
        )
    })?;
    Ok(Timestamp(stamp.as_millisecond()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_milliseconds_and_come_back() {
        assert_eq!(
            text(Timestamp(1_795_169_870_120)),
            "2026-11-20T10:17:50.120Z"
        );
        assert_eq!(
            parse("2026-11-20T10:17:50.120Z"),
            Ok(Timestamp(1_795_169_870_120))
        );
        assert_eq!(
            parse("2026-11-20T12:17:50.12+02:00"),
            Ok(Timestamp(1_795_169_870_120))
        );
        assert!(parse("yesterday").is_err());
        assert_eq!(text(Timestamp(0)), "1970-01-01T00:00:00.000Z");
        let _ = text(Timestamp(i64::MAX));
    }
}
