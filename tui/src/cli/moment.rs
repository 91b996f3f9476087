//! Times and durations in words a person reads at a glance.

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// Seconds in at most two units: `45s`, `3m20s`, `2h05m`, `4d`.
pub fn seconds(total: f64) -> String {
    if !total.is_finite() || total < 0.0 {
        return "?".to_owned();
    }
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "finite and not negative; a cast saturates"
    )]
    let total = total.round() as u64;
    match total {
        0..60 => format!("{total}s"),
        60..3600 => format!("{}m{:02}s", total / 60, total % 60),
        3600..172_800 => format!("{}h{:02}m", total / 3600, total % 3600 / 60),
        _ => format!("{}d", total / 86_400),
    }
}

/// Milliseconds: below ten seconds with a decimal, else as [`seconds`].
pub fn milliseconds(total: u64) -> String {
    if total < 10_000 {
        format!("{}.{}s", total / 1000, total % 1000 / 100)
    } else {
        #[allow(clippy::cast_precision_loss, reason = "a rounded duration")]
        seconds(total as f64 / 1000.0)
    }
}

/// How long ago `text` (RFC 3339) was; empty if it is no time.
pub fn age(text: &str, now: Timestamp) -> String {
    match text.parse::<Timestamp>() {
        Ok(then) => seconds(now.duration_since(then).as_secs_f64().max(0.0)),
        Err(_) => String::new(),
    }
}

/// `text` (RFC 3339) on the clock of `zone`: the time of day, with the date if it isn't today's.
pub fn clock(text: &str, now: Timestamp, zone: &TimeZone) -> String {
    let Ok(then) = text.parse::<Timestamp>() else {
        return text.to_owned();
    };
    let (then, now) = (then.to_zoned(zone.clone()), now.to_zoned(zone.clone()));
    let form = if then.date() == now.date() {
        "%H:%M:%S"
    } else {
        "%Y-%m-%d %H:%M:%S"
    };
    then.strftime(form).to_string()
}

/// Bytes with a unit: `512 B`, `1.4 GiB`.
pub fn bytes(count: f64) -> String {
    const UNITS: [&str; 5] = ["B", "KiB", "MiB", "GiB", "TiB"];
    let (mut count, mut unit) = (count, 0);
    while count >= 1024.0 && unit + 1 < UNITS.len() {
        count /= 1024.0;
        unit += 1;
    }
    if unit == 0 {
        format!("{count:.0} B")
    } else {
        format!("{count:.1} {}", UNITS[unit])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_two_units_at_most() {
        for (total, wanted) in [
            (0.2, "0s"),
            (59.6, "1m00s"),
            (200.0, "3m20s"),
            (7500.0, "2h05m"),
            (400_000.0, "4d"),
            (-1.0, "?"),
            (f64::NAN, "?"),
            (f64::MAX, "213503982334601d"),
        ] {
            assert_eq!(seconds(total), wanted);
        }
        assert_eq!(milliseconds(2_449), "2.4s");
        assert_eq!(milliseconds(61_000), "1m01s");
    }

    #[test]
    fn moments_are_told_from_now() {
        let now: Timestamp = "2026-11-20T12:00:00Z".parse().unwrap();
        assert_eq!(age("2026-11-20T11:59:15Z", now), "45s");
        // Another box's clock may be ahead.
        assert_eq!(age("2026-11-20T12:00:15Z", now), "0s");
        assert_eq!(age("soon", now), "");
        let zone = TimeZone::fixed(jiff::tz::offset(1));
        assert_eq!(clock("2026-11-20T11:59:15Z", now, &zone), "12:59:15");
        assert_eq!(
            clock("2026-11-19T11:59:15Z", now, &zone),
            "2026-11-19 12:59:15"
        );
        assert_eq!(clock("soon", now, &zone), "soon");
    }

    #[test]
    fn sizes_have_a_unit() {
        assert_eq!(bytes(512.0), "512 B");
        assert_eq!(bytes(1536.0), "1.5 KiB");
        assert_eq!(bytes(1e16), "9094.9 TiB");
    }
}
