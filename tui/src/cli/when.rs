//! `WHEN`: a moment as a person writes it. RFC 3339, a time of day (`14:30`, the next one), or from now (`+90m`).

use jiff::civil::Time;
use jiff::{SignedDuration, Timestamp, ToSpan, Zoned};

/// What can be written.
const FORMS: &str = "write RFC 3339 (2026-11-20T14:30:00+01:00), a time of day (14:30), or from now on (+90m, +1h30m, +2d)";

/// The longest way ahead: what is further away is a mistake.
const LONGEST: SignedDuration = SignedDuration::from_hours(24 * 3660);

/// Reads `text`; `now` is the moment, in the zone that times of day are meant in.
pub fn parse(text: &str, now: &Zoned) -> Result<Timestamp, String> {
    let text = text.trim();
    if let Some(ahead) = text.strip_prefix('+') {
        let ahead = duration(ahead).map_err(|problem| format!("{problem}; {FORMS}"))?;
        return now
            .timestamp()
            .checked_add(ahead)
            .map_err(|_| format!("+{text} is too far ahead; {FORMS}"));
    }
    if text.contains(['T', 't', ' ']) {
        return text
            .parse::<Timestamp>()
            .map_err(|error| format!("{error}; {FORMS}"));
    }
    time_of_day(text, now).ok_or_else(|| format!("{text:?} is no moment; {FORMS}"))
}

/// The next time that the clock shows `text`; a time that the zone leaves out counts from behind the gap.
fn time_of_day(text: &str, now: &Zoned) -> Option<Timestamp> {
    let (hours, rest) = text.split_once(':')?;
    let (minutes, seconds) = rest.split_once(':').unwrap_or((rest, "0"));
    let part = |digits: &str| -> Option<i8> {
        let plain = (1..=2).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
        plain.then(|| digits.parse().ok()).flatten()
    };
    let time = Time::new(part(hours)?, part(minutes)?, part(seconds)?, 0).ok()?;
    let today = now.date().to_zoned_at(time, now)?;
    if today.timestamp() > now.timestamp() {
        return Some(today.timestamp());
    }
    let tomorrow = now.date().checked_add(1.day()).ok()?;
    Some(tomorrow.to_zoned_at(time, now)?.timestamp())
}

/// A civil date and time in a zone.
trait InZoneOf {
    fn to_zoned_at(self, time: Time, like: &Zoned) -> Option<Zoned>;
}

impl InZoneOf for jiff::civil::Date {
    fn to_zoned_at(self, time: Time, like: &Zoned) -> Option<Zoned> {
        self.to_datetime(time)
            .to_zoned(like.time_zone().clone())
            .ok()
    }
}

/// `90m`, `1h30m`, `2d`: whole numbers with their units, each unit once and the larger first.
pub fn duration(text: &str) -> Result<SignedDuration, String> {
    let wrong = || format!("{text:?} is no duration like 90m, 1h30m or 2d");
    let mut total = SignedDuration::ZERO;
    let mut last = i64::MAX;
    let mut rest = text;
    if rest.is_empty() {
        return Err(wrong());
    }
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let letters = rest[digits..]
            .bytes()
            .take_while(u8::is_ascii_alphabetic)
            .count();
        let (number, tail) = rest.split_at(digits);
        let (unit, tail) = tail.split_at(letters);
        let seconds = match unit {
            "s" => 1,
            "m" => 60,
            "h" => 3600,
            "d" => 86_400,
            _ => return Err(wrong()),
        };
        if seconds >= last {
            return Err(wrong());
        }
        last = seconds;
        let number: i64 = number.parse().map_err(|_| wrong())?;
        let part = number
            .checked_mul(seconds)
            .map(SignedDuration::from_secs)
            .ok_or_else(wrong)?;
        total = total.checked_add(part).ok_or_else(wrong)?;
        rest = tail;
    }
    if total > LONGEST {
        return Err(format!("{text:?} is more than ten years"));
    }
    Ok(total)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(text: &str) -> Zoned {
        text.parse().unwrap()
    }

    fn parsed(text: &str, now: &str) -> String {
        parse(text, &at(now)).unwrap().to_string()
    }

    #[test]
    fn every_form_is_read() {
        let now = "2026-11-20T13:00:00+01:00[Europe/Berlin]";
        assert_eq!(
            parsed("2026-11-20T14:30:00+01:00", now),
            "2026-11-20T13:30:00Z"
        );
        assert_eq!(
            parsed("2026-11-20T14:30:00.250Z", now),
            "2026-11-20T14:30:00.25Z"
        );
        assert_eq!(parsed("14:30", now), "2026-11-20T13:30:00Z");
        assert_eq!(parsed("13:00", now), "2026-11-21T12:00:00Z");
        assert_eq!(parsed("9:05", now), "2026-11-21T08:05:00Z");
        assert_eq!(parsed("14:30:15", now), "2026-11-20T13:30:15Z");
        assert_eq!(parsed("+90m", now), "2026-11-20T13:30:00Z");
        assert_eq!(parsed("+1h30m", now), "2026-11-20T13:30:00Z");
        assert_eq!(parsed("+2d", now), "2026-11-22T12:00:00Z");
        assert_eq!(parsed("+0s", now), "2026-11-20T12:00:00Z");
    }

    #[test]
    fn a_time_of_day_follows_the_zones_clock() {
        // The night in which 02:30 does not exist, and the one in which it comes twice.
        assert_eq!(
            parsed("02:30", "2027-03-27T23:00:00+01:00[Europe/Berlin]"),
            "2027-03-28T01:30:00Z"
        );
        assert_eq!(
            parsed("02:30", "2026-10-24T23:00:00+02:00[Europe/Berlin]"),
            "2026-10-25T00:30:00Z"
        );
    }

    #[test]
    fn anything_else_is_refused_with_the_forms() {
        for text in [
            "",
            "tomorrow",
            "25:00",
            "14:60",
            "14",
            "+",
            "+90",
            "+m",
            "+1m1h",
            "+1m1m",
            "+5x",
            "14:30pm",
            ":30",
            "+99999999d",
            "2026-11-20T25:00:00Z",
            "2026-11-20T14:30:00",
            "+9223372036854775807d",
        ] {
            let problem = parse(text, &at("2026-11-20T13:00:00Z[UTC]")).unwrap_err();
            assert!(problem.contains("RFC 3339"), "{text}: {problem}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "\\PC*") {
            drop(parse(&text, &at("2026-11-20T13:00:00Z[UTC]")));
            drop(duration(&text));
        }

        #[test]
        fn a_time_of_day_is_within_a_day_ahead(hour in 0u8..24, minute in 0u8..60) {
            let now = at("2026-11-20T13:00:00Z[UTC]");
            let ahead = parse(&format!("{hour}:{minute:02}"), &now).unwrap().duration_since(now.timestamp());
            prop_assert!(ahead > SignedDuration::ZERO && ahead <= SignedDuration::from_hours(24));
        }
    }
}
