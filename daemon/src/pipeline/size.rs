//! Sizes as people write them in files: `512MiB`, `16GiB`, `4096`.

/// Reads a number of bytes (or a plain amount without a unit).
///
/// # Errors
/// A text that is no whole number with one of the units, or too large.
pub fn parse(text: &str) -> Result<u64, String> {
    let refused = || format!("`{text}` is not a size; write one like \"512MiB\" or \"16GiB\"");
    let trimmed = text.trim();
    let digits = trimmed.find(|c: char| !c.is_ascii_digit()).unwrap_or(trimmed.len());
    let (number, unit) = trimmed.split_at(digits);
    let factor: u64 = match unit.trim() {
        "" | "B" => 1,
        "kB" | "KB" => 1_000,
        "MB" => 1_000_000,
        "GB" => 1_000_000_000,
        "TB" => 1_000_000_000_000,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        "TiB" => 1 << 40,
        _ => return Err(refused()),
    };
    number.parse::<u64>().ok().and_then(|n| n.checked_mul(factor)).ok_or_else(refused)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_units() {
        assert_eq!(parse("512MiB"), Ok(512 << 20));
        assert_eq!(parse("16GiB"), Ok(16 << 30));
        assert_eq!(parse("10 MB"), Ok(10_000_000));
        assert_eq!(parse("7"), Ok(7));
    }

    #[test]
    fn refuses_the_rest_by_name() {
        for text in ["", "MiB", "-1", "1.5GiB", "1PiB", "99999999999999999999", "99999999999TiB"] {
            assert!(parse(text).unwrap_err().contains(&format!("`{text}`")), "{text}");
        }
    }
}
