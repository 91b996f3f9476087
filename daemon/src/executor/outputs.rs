//! Reads the file that a program wrote its outputs to: `key=value` lines at `REEL_OUTPUT`.

use super::outcome::Fault;
use crate::domain::{ErrorClass, Value, Values};
use std::fs::File;
use std::io::{ErrorKind, Read as _};
use std::path::Path;

const MAX_BYTES: u64 = 1024 * 1024;
const MAX_KEYS: usize = 1_000;

/// The outputs; none when the program wrote no file. The last value of a key counts.
///
/// # Errors
/// When the file can't be read, holds a line that is no `key=value`, or is larger than outputs may be.
pub fn read(path: &Path) -> Result<Values, Fault> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Values::new()),
        Err(error) => return Err(unreadable(&error)),
    };
    let mut bytes = Vec::new();
    file.take(MAX_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| unreadable(&error))?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(wrong(
            format!("the outputs are larger than {MAX_BYTES} bytes"),
            "Write large results to a file and give its path as the output.",
        ));
    }
    parse(&String::from_utf8_lossy(&bytes))
}

fn parse(text: &str) -> Result<Values, Fault> {
    let mut values = Values::new();
    for (number, line) in text
        .lines()
        .enumerate()
        .filter(|(_, line)| !line.trim().is_empty())
    {
        let Some((key, value)) = line.split_once('=').filter(|(key, _)| is_key(key)) else {
            let shown: String = line.chars().take(80).collect();
            return Err(wrong(
                format!(
                    "line {} of the outputs is no `key=value`: {shown}",
                    number + 1
                ),
                "Keys are 1 to 64 letters, digits, `_`, `-` and `.`; a value is the rest of its line.",
            ));
        };
        values.insert(key.to_owned(), Value::Text(value.to_owned()));
        if values.len() > MAX_KEYS {
            return Err(wrong(
                format!("there are more than {MAX_KEYS} outputs"),
                "Write lists to a file and give its path as the output.",
            ));
        }
    }
    Ok(values)
}

fn is_key(key: &str) -> bool {
    (1..=64).contains(&key.len())
        && key
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte))
}

fn wrong(message: String, hint: &str) -> Fault {
    Fault::new(
        ErrorClass::Config,
        "outputs",
        format!("the program ended well, but {message}"),
        hint,
    )
}

fn unreadable(error: &std::io::Error) -> Fault {
    Fault::new(
        ErrorClass::Storage,
        "outputs",
        format!("the program ended well, but its outputs (REEL_OUTPUT) can't be read: {error}"),
        "Look whether the work directory is still there and can be read.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_read_and_the_last_counts() {
        let values = parse("place=/tmp/a=b\n\nwho=\"é\" %: \\\r\nplace=/b\nnone=\n").unwrap();
        let shown: Vec<_> = values
            .iter()
            .map(|(key, value)| format!("{key}={value}"))
            .collect();
        assert_eq!(shown, ["none=", "place=/b", "who=\"é\" %: \\"]);
    }

    #[test]
    fn what_is_no_pair_is_named() {
        for line in ["word", "=x", "a b=c", "ü=c"] {
            let fault = parse(&format!("ok=1\n{line}\n")).unwrap_err();
            assert!(fault.message.contains("line 2"), "{}", fault.message);
        }
    }

    #[test]
    fn outputs_are_bounded() {
        let directory = tempfile::TempDir::new().unwrap();
        let path = directory.path().join("out");
        assert_eq!(read(&path), Ok(Values::new()));
        std::fs::write(&path, format!("a={}", "x".repeat(2 << 20))).unwrap();
        assert!(read(&path).unwrap_err().message.contains("larger"));
        let many: String = (0..=MAX_KEYS)
            .map(|number| format!("k{number}=1\n"))
            .collect();
        assert!(parse(&many).unwrap_err().message.contains("more than 1000"));
    }
}
