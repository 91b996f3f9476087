//! What ffmpeg's detectors say about a video, read from their lines.

use std::time::Duration;

/// The picture's detectors. Half the rate and a small picture find the same at a fraction of the cost.
pub(super) const PICTURE: &str = "fps=15,scale=-2:360:flags=fast_bilinear,blackdetect=d=0.5:pix_th=0.10,freezedetect=n=-60dB:d=2";
/// The sound's detectors; the loudness alone at the end, not for every frame.
pub(super) const SOUND: &str = "silencedetect=noise=-50dB:d=2,ebur128=framelog=verbose";

/// What was found.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Report {
    /// Black pictures, all together.
    pub black: Duration,
    /// Pictures that stand still for two seconds or more, all together.
    pub frozen: Duration,
    /// Silences of two seconds or more, all together.
    pub silent: Duration,
    /// LUFS over all; none where the sound has none.
    pub loudness: Option<f64>,
}

/// Reads the detectors' lines of a video of this length. What begins and does not end lasts to the video's end.
pub(super) fn read(log: &str, length: Duration) -> Report {
    let spans = |start: &str, end: &str| -> Duration {
        let mut total = 0.0;
        let mut open = None;
        for line in log.lines() {
            if let Some(at) = number_after(line, start) {
                open = Some(at);
            }
            if let (Some(at), Some(from)) = (number_after(line, end), open) {
                total += at - from;
                open = None;
            }
        }
        total += open.map_or(0.0, |from| length.as_secs_f64() - from);
        Duration::try_from_secs_f64(total.max(0.0)).unwrap_or_default()
    };
    Report {
        black: spans("black_start:", "black_end:"),
        frozen: spans("freeze_start:", "freeze_end:"),
        silent: spans("silence_start:", "silence_end:"),
        loudness: loudness(log),
    }
}

/// The summary's `I:`; -70 is what the meter says when it heard nothing.
fn loudness(log: &str) -> Option<f64> {
    let summary = &log[log.rfind("Integrated loudness:")?..];
    summary
        .lines()
        .find_map(|line| number_after(line, "I:"))
        .filter(|loudness| *loudness > -70.0)
}

fn number_after(line: &str, word: &str) -> Option<f64> {
    let at = line.find(word)? + word.len();
    let rest = line[at..].trim_start();
    let end = rest
        .find(|c: char| !(c.is_ascii_digit() || c == '.' || c == '-'))
        .unwrap_or(rest.len());
    rest[..end]
        .parse::<f64>()
        .ok()
        .filter(|number| number.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOG: &str = "\
[blackdetect @ 0x1] black_start:1 black_end:2.5 black_duration:1.5
[freezedetect @ 0x2] lavfi.freezedetect.freeze_start: 4
[freezedetect @ 0x2] lavfi.freezedetect.freeze_duration: 3
[freezedetect @ 0x2] lavfi.freezedetect.freeze_end: 7
[silencedetect @ 0x3] silence_start: 8.25
[Parsed_ebur128_1 @ 0x4] Summary:

  Integrated loudness:
    I:         -14.3 LUFS
    Threshold: -24.6 LUFS

  Loudness range:
    LRA:         3.5 LU
";

    #[test]
    fn reads_spans_and_loudness() {
        let report = read(LOG, Duration::from_secs(10));
        assert_eq!(report.black, Duration::from_millis(1_500));
        assert_eq!(report.frozen, Duration::from_secs(3));
        assert_eq!(report.silent, Duration::from_millis(1_750));
        assert_eq!(report.loudness, Some(-14.3));
    }

    #[test]
    fn nothing_said_is_nothing_found() {
        assert_eq!(read("", Duration::from_secs(10)), Report::default());
        assert_eq!(
            read(&LOG.replace("-14.3", "-70.0"), Duration::ZERO).loudness,
            None
        );
    }
}
