//! What a program says of its version.

use std::path::Path;
use std::process::{Command, Stdio};

/// The version that a program tells when it is called with this argument; none where it tells none that can be read.
pub(super) fn of(path: &Path, argument: &str) -> Option<String> {
    let output = Command::new(path)
        .arg(argument)
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .ok()?;
    read(&String::from_utf8_lossy(&output.stdout))
}

/// The word behind `version`, else the first that begins with a digit; of the first line that has one.
fn read(text: &str) -> Option<String> {
    text.lines().find_map(|line| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let named = words
            .iter()
            .position(|word| word.trim_end_matches(':').eq_ignore_ascii_case("version"))
            .and_then(|at| words.get(at + 1));
        let first = || {
            words
                .iter()
                .find(|word| word.starts_with(|letter: char| letter.is_ascii_digit()))
        };
        named.or_else(first).map(|word| (*word).to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn versions_are_found_as_programs_tell_them() {
        let told = |text| read(text).unwrap_or_default();
        assert_eq!(
            told("eSpeak NG text-to-speech: 1.51  Data at: /usr/lib/espeak-ng-data"),
            "1.51"
        );
        assert_eq!(
            told("ffprobe version N-1-gabc Copyright (c) 2007"),
            "N-1-gabc"
        );
        assert_eq!(
            told("loading backends\nwhisper.cpp version: 1.8.2"),
            "1.8.2"
        );
        assert_eq!(read("usage: whisper-cli [options] file0 file1"), None);
    }
}
