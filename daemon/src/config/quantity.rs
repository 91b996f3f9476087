//! Durations (`90s`, `1h30m`, `7d`, `500ms`), sizes (`512MiB`, `20GB`) and rates (`10/s`) as people write them.
//!
//! What `show_*` prints, `parse_*` reads back to the same value.

use std::time::Duration;

const SPANS: [(&str, u64); 6] = [
    ("ms", 1),
    ("s", 1000),
    ("m", 60_000),
    ("h", 3_600_000),
    ("d", 86_400_000),
    ("w", 604_800_000),
];

const SIZES: [(&str, u64); 14] = [
    ("B", 1),
    ("KiB", 1 << 10),
    ("MiB", 1 << 20),
    ("GiB", 1 << 30),
    ("TiB", 1 << 40),
    ("K", 1 << 10),
    ("M", 1 << 20),
    ("G", 1 << 30),
    ("T", 1 << 40),
    ("kB", 1000),
    ("KB", 1000),
    ("MB", 1_000_000),
    ("GB", 1_000_000_000),
    ("TB", 1_000_000_000_000),
];

/// Reads a duration: one or more numbers, each with `ms s m h d w`. None if it is not one.
#[must_use]
pub fn parse_duration(text: &str) -> Option<Duration> {
    let mut rest = text.trim();
    if rest.is_empty() {
        return None;
    }
    let mut total: u64 = 0;
    while !rest.is_empty() {
        let (number, after) = split_number(rest)?;
        let word = after
            .find(|c: char| !c.is_ascii_alphabetic())
            .map_or(after, |end| &after[..end]);
        let unit = SPANS.iter().find(|(name, _)| *name == word)?.1;
        total = total.checked_add(number.checked_mul(unit)?)?;
        rest = after[word.len()..].trim_start();
    }
    Some(Duration::from_millis(total))
}

/// Writes a duration with the largest units that divide it: `1h30m`.
#[must_use]
pub fn show_duration(span: Duration) -> String {
    let mut left = u64::try_from(span.as_millis()).unwrap_or(u64::MAX);
    if left == 0 {
        return "0s".to_owned();
    }
    let mut text = String::new();
    for (name, unit) in SPANS.iter().rev().filter(|(name, _)| *name != "w") {
        let count = left / unit;
        if count > 0 {
            text.push_str(&format!("{count}{name}"));
            left %= unit;
        }
    }
    text
}

/// Reads a size in bytes: a whole number with `B KiB MiB GiB TiB` (or `kB MB GB TB`), or without a unit bytes.
#[must_use]
pub fn parse_size(text: &str) -> Option<u64> {
    let (number, unit) = split_number(text.trim())?;
    let unit = unit.trim();
    if unit.is_empty() {
        return Some(number);
    }
    let factor = SIZES.iter().find(|(name, _)| *name == unit)?.1;
    number.checked_mul(factor)
}

/// Writes a size with the largest binary unit that divides it: `512MiB`.
#[must_use]
pub fn show_size(bytes: u64) -> String {
    SIZES[1..5]
        .iter()
        .rev()
        .find(|(_, unit)| bytes > 0 && bytes.is_multiple_of(*unit))
        .map_or_else(
            || format!("{bytes}B"),
            |(name, unit)| format!("{}{name}", bytes / unit),
        )
}

/// Reads a rate: a count over `s`, `m` or `h`, as events a second.
#[must_use]
pub fn parse_rate(text: &str) -> Option<f64> {
    let (count, unit) = text.trim().split_once('/')?;
    let count: u32 = count.trim().parse().ok().filter(|count| *count > 0)?;
    let seconds = match unit.trim() {
        "s" => 1.0,
        "m" => 60.0,
        "h" => 3600.0,
        _ => return None,
    };
    Some(f64::from(count) / seconds)
}

fn split_number(text: &str) -> Option<(u64, &str)> {
    let end = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    Some((text[..end].parse().ok()?, &text[end..]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn reads_what_people_write() {
        assert_eq!(parse_duration("1h30m"), Some(Duration::from_secs(5400)));
        assert_eq!(parse_duration("90s"), Some(Duration::from_secs(90)));
        assert_eq!(parse_duration("500ms"), Some(Duration::from_millis(500)));
        assert_eq!(parse_duration("0s"), Some(Duration::ZERO));
        assert_eq!(parse_size("512MiB"), Some(512 << 20));
        assert_eq!(parse_size("2 GiB"), Some(2 << 30));
        assert_eq!(parse_size("77"), Some(77));
        assert_eq!(parse_rate("10/s"), Some(10.0));
        assert_eq!(parse_rate("30/m"), Some(0.5));
    }

    #[test]
    fn refuses_what_is_not_one() {
        for text in [
            "",
            "s",
            "5",
            "5 parsecs",
            "-5s",
            "1.5h",
            "99999999999999999999w",
            "5s!",
        ] {
            assert_eq!(parse_duration(text), None, "{text}");
        }
        for text in ["", "MiB", "5 Mib", "-1", "99999999999TiB"] {
            assert_eq!(parse_size(text), None, "{text}");
        }
        for text in ["", "10", "0/s", "10/d", "x/s"] {
            assert_eq!(parse_rate(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_shown_reads_back(millis in 0u64..10_000_000_000, bytes in 0u64..u64::MAX) {
            let span = Duration::from_millis(millis);
            prop_assert_eq!(parse_duration(&show_duration(span)), Some(span));
            prop_assert_eq!(parse_size(&show_size(bytes)), Some(bytes));
        }

        #[test]
        fn nothing_panics(text in ".*") {
            let _ = (parse_duration(&text), parse_size(&text), parse_rate(&text));
        }
    }
}
