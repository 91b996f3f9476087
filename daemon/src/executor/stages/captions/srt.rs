//! Cues in the SubRip form that players load.

use super::cues::Cue;
use std::fmt::Write;

/// The whole file.
#[must_use]
pub fn write(cues: &[Cue]) -> String {
    let mut text = String::new();
    for (number, cue) in (1..).zip(cues) {
        // An arrow in a line would be taken for a line of times; an unseen joiner inside keeps it text.
        let lines = cue.lines.join("\n").replace("-->", "--\u{2060}>");
        let _ = write!(
            text,
            "{number}\n{} --> {}\n{lines}\n\n",
            time(cue.from),
            time(cue.to)
        );
    }
    text
}

fn time(milliseconds: u64) -> String {
    let (seconds, rest) = (milliseconds / 1_000, milliseconds % 1_000);
    format!(
        "{:02}:{:02}:{:02},{rest:03}",
        seconds / 3_600,
        seconds / 60 % 60,
        seconds % 60
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_numbers_times_and_lines() {
        let cues = [
            Cue {
                from: 150,
                to: 2_880,
                lines: vec!["مرحبا".into(), "\"x\" --> {y} \\N".into()],
            },
            Cue {
                from: 3_725_001,
                to: 3_726_000,
                lines: vec!["End".into()],
            },
        ];
        let wanted = "1\n00:00:00,150 --> 00:00:02,880\nمرحبا\n\"x\" --\u{2060}> {y} \\N\n\n2\n01:02:05,001 --> 01:02:06,000\nEnd\n\n";
        assert_eq!(write(&cues), wanted);
    }
}
