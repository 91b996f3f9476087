//! A subtitle file that lies beside a recording, under its name: `talk.mp4`, `talk.srt`.

use crate::domain::ErrorClass;
use crate::episodes::{Segment, Transcript};
use crate::executor::stage::StageError;
use crate::executor::stages::files;
use std::path::{Path, PathBuf};

/// A larger file is no subtitle.
const LARGEST: u64 = 16 << 20;

/// The subtitle file of a recording, if there is one.
#[must_use]
pub fn beside(recording: &Path) -> Option<PathBuf> {
    ["srt", "vtt"]
        .iter()
        .map(|ending| recording.with_extension(ending))
        .find(|path| path.is_file())
}

/// Reads one.
///
/// # Errors
/// What the disk says; class `input` where there are no times in it.
pub fn read(path: &Path) -> Result<Transcript, StageError> {
    let failed = |error: std::io::Error| files::failed("read", path, &error);
    let refused = |what: &str| {
        StageError::failed(
            ErrorClass::Input,
            "subtitles",
            format!("{} {what}", path.display()),
            "Replace it by a SubRip or WebVTT file, or take it away, then retry.",
        )
    };
    if std::fs::metadata(path).map_err(failed)?.len() > LARGEST {
        return Err(refused("is too large for subtitles"));
    }
    let bytes = std::fs::read(path).map_err(failed)?;
    let segments = segments(&String::from_utf8_lossy(&bytes));
    if segments.is_empty() {
        return Err(refused("holds no subtitle with a time"));
    }
    Ok(Transcript {
        provider: "file".to_owned(),
        language: String::new(),
        segments,
    })
}

fn segments(text: &str) -> Vec<Segment> {
    let mut segments: Vec<Segment> = Vec::new();
    let mut open = false;
    for line in text
        .lines()
        .map(|line| line.trim_start_matches('\u{feff}').trim())
    {
        if let Some((from, to)) = line.split_once("-->") {
            let to = to.split_whitespace().next().unwrap_or_default();
            if let (Some(start), Some(end)) = (seconds(from.trim()), seconds(to)) {
                segments.push(Segment {
                    start,
                    end,
                    ..Segment::default()
                });
                open = true;
            }
        } else if line.is_empty() {
            open = false;
        } else if let (true, Some(segment)) = (open, segments.last_mut()) {
            let text = without_tags(line);
            if !segment.text.is_empty() {
                segment.text.push(' ');
            }
            segment.text.push_str(&text);
        }
    }
    segments
}

/// `01:02:03,456`, `02:03.456`.
fn seconds(text: &str) -> Option<f64> {
    let mut total = 0.0;
    for part in text.split(':') {
        let part: f64 = part.replace(',', ".").parse().ok()?;
        total = total * 60.0 + part;
    }
    (total.is_finite() && total >= 0.0).then_some(total)
}

/// `<i>…</i>`, `<v Anna>` say how, not what. A `<` that closes nowhere is text.
fn without_tags(line: &str) -> String {
    let mut text = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(from) = rest.find('<') {
        text.push_str(&rest[..from]);
        match rest[from..].find('>') {
            Some(to) => rest = &rest[from + to + 1..],
            None => {
                text.push_str(&rest[from..]);
                return text;
            }
        }
    }
    text.push_str(rest);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_both_forms() {
        let srt = "\u{feff}1\r\n00:00:01,500 --> 00:00:03,000\r\n<i>Hello</i> there,\r\nyou.\r\n\r\n2\r\n01:00:00,000 --> 01:00:01,000\r\n2 < 3\r\n";
        let found = segments(srt);
        assert_eq!(
            (found[0].start, found[0].end, found[0].text.as_str()),
            (1.5, 3.0, "Hello there, you.")
        );
        assert_eq!((found[1].start, found[1].text.as_str()), (3_600.0, "2 < 3"));
        let vtt = "WEBVTT\n\nNOTE x\n\nintro\n00:02.000 --> 00:04.000 align:start\n<v Anna>Hi\n";
        let found = segments(vtt);
        assert_eq!(
            (found.len(), found[0].end, found[0].text.as_str()),
            (1, 4.0, "Hi")
        );
        assert_eq!(segments("nothing --> here\nx"), []);
    }
}
