//! Which part of a file a `Range` header asks for.
//!
//! One range is served, also one counted from the end. Several at once are answered with the whole file, as the protocol
//! lets a server do: no player asks for them, and an attacker's thousand would cost a thousand reads. So is a header that is
//! no range at all.

use std::ops::RangeInclusive;

/// What is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// Everything.
    Whole,
    /// These bytes; never empty, within the file.
    Bytes(RangeInclusive<u64>),
    /// Nothing: what is asked for lies beyond the end.
    Beyond,
}

/// Reads a header's value for a file of `length` bytes.
#[must_use]
pub fn part(value: &str, length: u64) -> Part {
    let Some((unit, spec)) = value.split_once('=') else {
        return Part::Whole;
    };
    if !unit.trim().eq_ignore_ascii_case("bytes") || spec.contains(',') {
        return Part::Whole;
    }
    let Some((from, to)) = spec.trim().split_once('-') else {
        return Part::Whole;
    };
    match (number(from), number(to)) {
        (Number::None, Number::Given(last)) => {
            if last == 0 || length == 0 {
                return Part::Beyond;
            }
            Part::Bytes(length.saturating_sub(last)..=length - 1)
        }
        (Number::Given(from), _) if from >= length && number(to) != Number::Wrong => Part::Beyond,
        (Number::Given(from), Number::None) => Part::Bytes(from..=length - 1),
        (Number::Given(from), Number::Given(to)) if from <= to => {
            Part::Bytes(from..=to.min(length - 1))
        }
        _ => Part::Whole,
    }
}

#[derive(PartialEq)]
enum Number {
    None,
    Given(u64),
    Wrong,
}

/// Digits only: a sign would be read by the standard library. One that is larger than any file counts as the largest.
fn number(text: &str) -> Number {
    let text = text.trim();
    if text.is_empty() {
        return Number::None;
    }
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        Number::Given(text.parse().unwrap_or(u64::MAX))
    } else {
        Number::Wrong
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn one_range_from_either_end_is_served() {
        assert_eq!(part("bytes=0-0", 10), Part::Bytes(0..=0));
        assert_eq!(part("bytes=2-5", 10), Part::Bytes(2..=5));
        assert_eq!(part("bytes=2-", 10), Part::Bytes(2..=9));
        assert_eq!(part("bytes=2-99", 10), Part::Bytes(2..=9));
        assert_eq!(part("bytes=-3", 10), Part::Bytes(7..=9));
        assert_eq!(part("bytes=-99", 10), Part::Bytes(0..=9));
        assert_eq!(
            part("BYTES = 9-99999999999999999999999", 10),
            Part::Bytes(9..=9)
        );
    }

    #[test]
    fn what_lies_beyond_the_end_is_refused() {
        for beyond in [
            "bytes=10-",
            "bytes=10-20",
            "bytes=-0",
            "bytes=99999999999999999999-",
        ] {
            assert_eq!(part(beyond, 10), Part::Beyond, "{beyond}");
        }
        assert_eq!(part("bytes=0-", 0), Part::Beyond);
        assert_eq!(part("bytes=-1", 0), Part::Beyond);
    }

    #[test]
    fn several_and_nonsense_get_the_whole() {
        for whole in [
            "bytes=0-1,3-4",
            "bytes=5-2",
            "bytes=a-b",
            "bytes=+1-2",
            "bytes=-",
            "bytes",
            "items=0-1",
            "",
            "bytes=1-x",
        ] {
            assert_eq!(part(whole, 10), Part::Whole, "{whole}");
        }
    }

    proptest! {
        #[test]
        fn whatever_is_asked_stays_within_the_file(value in "bytes=[0-9,-]{0,24}|\\PC{0,30}", length in 0_u64..1000) {
            if let Part::Bytes(bytes) = part(&value, length) {
                prop_assert!(bytes.start() <= bytes.end() && *bytes.end() < length);
            }
        }
    }
}
