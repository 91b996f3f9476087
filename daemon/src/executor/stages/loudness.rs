//! Loudness: measured first, then set in a second pass to what the platforms play.

use serde::Deserialize;
use std::time::Duration;

/// LUFS.
pub const TARGET: f64 = -14.0;
/// Sound shorter than this gives no number worth having.
pub const SHORTEST: Duration = Duration::from_secs(3);

const PEAK: f64 = -1.5;
const RANGE: f64 = 11.0;

/// What the first pass found.
#[derive(Debug, Clone, PartialEq)]
pub struct Loudness {
    /// LUFS over all.
    pub integrated: f64,
    peak: f64,
    range: f64,
    threshold: f64,
    offset: f64,
}

/// The filters of the first pass. One channel must become two first: the measuring filter can't choose by itself.
#[must_use]
pub fn measuring() -> String {
    format!(
        "aformat=channel_layouts=stereo,loudnorm=I={TARGET}:TP={PEAK}:LRA={RANGE}:print_format=json"
    )
}

/// The filter of the second pass.
#[must_use]
pub fn setting(found: &Loudness) -> String {
    format!(
        "loudnorm=I={TARGET}:TP={PEAK}:LRA={RANGE}:measured_I={}:measured_TP={}:measured_LRA={}:measured_thresh={}:offset={}:linear=true",
        found.integrated, found.peak, found.range, found.threshold, found.offset
    )
}

#[derive(Deserialize)]
struct Report {
    input_i: String,
    input_tp: String,
    input_lra: String,
    input_thresh: String,
    target_offset: String,
}

/// Reads the first pass's numbers out of what ffmpeg said; none where there are none (silence has no loudness).
#[must_use]
pub fn read(log: &str) -> Option<Loudness> {
    let end = log.rfind('}')?;
    let start = log[..end].rfind('{')?;
    let report: Report = serde_json::from_str(&log[start..=end]).ok()?;
    let number = |text: &str| {
        text.parse::<f64>()
            .ok()
            .filter(|number| number.is_finite() && number.abs() <= 99.0)
    };
    Some(Loudness {
        integrated: number(&report.input_i)?,
        peak: number(&report.input_tp)?,
        range: number(&report.input_lra)?,
        threshold: number(&report.input_thresh)?,
        offset: number(&report.target_offset)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const REPORT: &str = "[Parsed_loudnorm_1 @ 0x55]\n{\n\t\"input_i\" : \"-23.10\",\n\t\"input_tp\" : \"-4.80\",\n\t\"input_lra\" : \"3.20\",\n\
        \t\"input_thresh\" : \"-33.60\",\n\t\"output_i\" : \"-14.2\",\n\t\"target_offset\" : \"0.20\"\n}\nsize=N/A";

    #[test]
    fn reads_the_report_and_sets_by_it() {
        let found = read(REPORT).unwrap();
        assert!((found.integrated + 23.1).abs() < 1e-9);
        assert!(setting(&found).ends_with("measured_I=-23.1:measured_TP=-4.8:measured_LRA=3.2:measured_thresh=-33.6:offset=0.2:linear=true"));
    }

    #[test]
    fn silence_and_nonsense_have_no_loudness() {
        assert_eq!(read(&REPORT.replace("-23.10", "-inf")), None);
        assert_eq!(read("{}"), None);
        assert_eq!(read("no report"), None);
    }
}
