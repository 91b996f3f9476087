//! `Content-Range` of an upload: which part of the whole the body is, or a question how much has arrived.

/// What the header says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sent {
    /// `bytes A-B/TOTAL`: the body is these bytes, both ends included.
    Part {
        /// The first.
        from: u64,
        /// The last.
        to: u64,
        /// Of the whole; none: not known yet (`*`).
        total: Option<u64>,
    },
    /// `bytes */TOTAL`, with an empty body: how much is there?
    Asks,
}

/// Reads the header's value.
///
/// # Errors
/// What is wrong with it, in words that follow the field's name.
pub fn read(value: &str) -> Result<Sent, String> {
    let wrong = || {
        let shown = crate::api::problem::excerpt(value);
        format!(
            "is `{shown}`; write `bytes 0-1023/4096`, or `bytes */4096` to ask how much has arrived"
        )
    };
    let (unit, rest) = value.trim().split_once(' ').ok_or_else(wrong)?;
    let (range, total) = rest.trim().split_once('/').ok_or_else(wrong)?;
    if !unit.eq_ignore_ascii_case("bytes") {
        return Err(wrong());
    }
    let total = match total.trim() {
        "*" => None,
        number => Some(whole(number).ok_or_else(wrong)?),
    };
    if range.trim() == "*" {
        return Ok(Sent::Asks);
    }
    let (from, to) = range.split_once('-').ok_or_else(wrong)?;
    let (from, to) = (
        whole(from.trim()).ok_or_else(wrong)?,
        whole(to.trim()).ok_or_else(wrong)?,
    );
    if from > to || total.is_some_and(|total| to >= total) {
        return Err(wrong());
    }
    Ok(Sent::Part { from, to, total })
}

/// Digits only, below any file's end.
fn whole(text: &str) -> Option<u64> {
    let plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let number = if plain { text.parse().ok() } else { None };
    number.filter(|number| *number < u64::MAX / 2)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn parts_and_questions_are_told_apart() {
        let part = |from, to, total| Ok(Sent::Part { from, to, total });
        assert_eq!(read("bytes 0-9/10"), part(0, 9, Some(10)));
        assert_eq!(read("Bytes 5-9/*"), part(5, 9, None));
        assert_eq!(read("bytes */10"), Ok(Sent::Asks));
        assert_eq!(read("bytes */*"), Ok(Sent::Asks));
    }

    #[test]
    fn what_fits_no_file_is_refused() {
        for wrong in [
            "",
            "bytes",
            "bytes 5-4/10",
            "bytes 0-10/10",
            "bytes -5/10",
            "bytes 0-9",
            "items 0-9/10",
            "bytes 0-9/x",
            "bytes +1-2/3",
            "bytes 0-18446744073709551615/*",
        ] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn a_part_lies_within_its_whole(text in "bytes [0-9*]{0,20}-?[0-9]{0,20}/[0-9*]{0,20}|\\PC{0,40}") {
            if let Ok(Sent::Part { from, to, total }) = read(&text) {
                prop_assert!(from <= to && total.is_none_or(|total| to < total));
            }
        }
    }
}
