//! What ffmpeg's detectors find in a video. They write it into files of the work directory, so that the log stays readable
//! and nothing found in a long video is cut off.

use super::super::files;
use crate::executor::stage::StageError;
use std::io::{ErrorKind, Read, Seek, SeekFrom};
use std::path::Path;
use std::time::Duration;

const PICTURE: &str = "qc-picture.txt";
const SILENCE: &str = "qc-silence.txt";
const LOUDNESS: &str = "qc-loudness.txt";

/// More than this of one file is not read: a video with so much wrong fails by its first megabyte.
const READ: u64 = 1 << 20;
/// The loudness over all is the file's last number.
const LAST: u64 = 4_096;

/// The picture's detectors. Half the rate and a small picture find the same at a fraction of the cost.
pub(super) fn picture() -> String {
    format!(
        "fps=15,scale=-2:360:flags=fast_bilinear,blackdetect=d=0.5:pix_th=0.10,\
         freezedetect=n=-60dB:d=2,metadata=print:file={PICTURE}"
    )
}

/// The sound's detectors.
pub(super) fn sound() -> String {
    format!(
        "silencedetect=noise=-50dB:d=2,ametadata=print:file={SILENCE},\
         ebur128=metadata=1:framelog=verbose,ametadata=print:key=lavfi.r128.I:file={LOUDNESS}"
    )
}

/// What was found.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Report {
    /// Black pictures, all together.
    pub black: Duration,
    /// Pictures that stand still for two seconds or more, all together.
    pub frozen: Duration,
    /// Silences of two seconds or more, all together.
    pub silent: Duration,
    /// LUFS over all; none where nothing is heard.
    pub loudness: Option<f64>,
}

/// Reads what the detectors wrote about a video of this length.
///
/// # Errors
/// What the disk says.
pub(super) fn read(work: &Path, length: Duration) -> Result<Report, StageError> {
    let picture = text(&work.join(PICTURE), false)?;
    let silence = text(&work.join(SILENCE), false)?;
    let loudness = text(&work.join(LOUDNESS), true)?;
    Ok(Report {
        black: spans(&picture, "black", length),
        frozen: spans(&picture, "freezedetect.freeze", length),
        silent: spans(&silence, "silence", length),
        loudness: last_loudness(&loudness),
    })
}

fn text(path: &Path, end: bool) -> Result<String, StageError> {
    let read = || -> std::io::Result<String> {
        let mut file = std::fs::File::open(path)?;
        let from = if end {
            file.metadata()?.len().saturating_sub(LAST)
        } else {
            0
        };
        file.seek(SeekFrom::Start(from))?;
        let mut bytes = Vec::new();
        file.take(READ).read_to_end(&mut bytes)?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    };
    match read() {
        // A detector that finds nothing may make no file.
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(String::new()),
        other => other.map_err(|error| files::failed("read", path, &error)),
    }
}

/// All spans of one kind together. What begins and does not end lasts to the video's end.
fn spans(text: &str, kind: &str, length: Duration) -> Duration {
    let (start, end) = (format!("lavfi.{kind}_start="), format!("lavfi.{kind}_end="));
    let mut total = 0.0;
    let mut open = None;
    for line in text.lines() {
        if let Some(at) = number(line, &start) {
            open = Some(at);
        }
        if let (Some(at), Some(from)) = (number(line, &end), open) {
            total += at - from;
            open = None;
        }
    }
    total += open.map_or(0.0, |from| length.as_secs_f64() - from);
    Duration::try_from_secs_f64(total.max(0.0)).unwrap_or_default()
}

/// The last number is the one over all; -70 is what the meter says when it heard nothing.
fn last_loudness(text: &str) -> Option<f64> {
    let last = text
        .lines()
        .rev()
        .find_map(|line| number(line, "lavfi.r128.I="));
    last.filter(|loudness| *loudness > -70.0)
}

fn number(line: &str, key: &str) -> Option<f64> {
    line.strip_prefix(key)?
        .trim()
        .parse::<f64>()
        .ok()
        .filter(|number| number.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOG: &str = "frame:0    pts:0       pts_time:0\nlavfi.black_start=1\nlavfi.black_end=2.5\n\
        lavfi.freezedetect.freeze_start=4\nlavfi.freezedetect.freeze_duration=3\nlavfi.freezedetect.freeze_end=7\n\
        lavfi.freezedetect.freeze_start=9\n";

    #[test]
    fn reads_spans_and_what_does_not_end() {
        let ten = Duration::from_secs(10);
        assert_eq!(spans(LOG, "black", ten), Duration::from_millis(1_500));
        assert_eq!(
            spans(LOG, "freezedetect.freeze", ten),
            Duration::from_secs(4)
        );
        assert_eq!(spans(LOG, "silence", ten), Duration::ZERO);
    }

    #[test]
    fn the_last_loudness_counts() {
        let text = "lavfi.r128.I=-70.000\nframe:2 pts:1\nlavfi.r128.I=-14.081\n";
        assert_eq!(last_loudness(text), Some(-14.081));
        assert_eq!(last_loudness("lavfi.r128.I=-70.000\n"), None);
    }

    #[test]
    fn nothing_written_is_nothing_found() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(
            read(folder.path(), Duration::from_secs(1)).unwrap(),
            Report::default()
        );
    }
}
