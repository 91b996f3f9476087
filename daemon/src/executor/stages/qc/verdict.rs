//! What is wrong with a video, in words.

use super::super::loudness;
use super::super::probe::Media;
use super::super::settings::Frame;
use super::report::Report;
use std::time::Duration;

/// How far the video may differ from its narration.
const DRIFT: Duration = Duration::from_millis(300);
/// How far its loudness may be from what was wanted.
const LOUDNESS: f64 = 5.0;

/// What the video should be.
#[derive(Debug)]
pub(super) struct Wanted {
    /// The narration's length.
    pub length: Duration,
    /// The picture's form.
    pub frame: Frame,
    /// Something is said in it: silence is then a fault.
    pub has_words: bool,
}

/// Everything that is wrong; empty when nothing is.
pub(super) fn of(media: &Media, report: &Report, wanted: &Wanted) -> Vec<String> {
    let mut found = Vec::new();
    let seconds = |length: Duration| format!("{:.2} s", length.as_secs_f64());
    match media.duration {
        Some(length) if length.abs_diff(wanted.length) > DRIFT => {
            found.push(format!(
                "it is {} long, its narration {}",
                seconds(length),
                seconds(wanted.length)
            ));
        }
        Some(_) => {}
        None => found.push("its length is not known".to_owned()),
    }
    match &media.video {
        Some(video) => {
            if (video.width, video.height) != (wanted.frame.width, wanted.frame.height) {
                found.push(format!(
                    "it is {}×{}, not {}×{}",
                    video.width, video.height, wanted.frame.width, wanted.frame.height
                ));
            }
            if video.codec != "h264" || video.pixels != "yuv420p" {
                found.push(format!(
                    "its picture is {} {}, not h264 yuv420p",
                    video.codec, video.pixels
                ));
            }
        }
        None => found.push("it has no picture".to_owned()),
    }
    match media.audio.as_deref() {
        Some("aac") => {}
        Some(other) => found.push(format!("its sound is {other}, not aac")),
        None => found.push("it has no sound".to_owned()),
    }
    // Short moments are part of many videos; a tenth of the whole, or more than a few seconds, is not.
    let limit = |floor: u64, ceiling: u64| {
        (wanted.length / 10).clamp(Duration::from_millis(floor), Duration::from_millis(ceiling))
    };
    for (span, limit, what) in [
        (report.black, limit(700, 3_000), "black"),
        (report.frozen, limit(3_000, 10_000), "frozen"),
        (report.silent, limit(3_000, 15_000), "silent"),
    ] {
        if span > limit && (wanted.has_words || what != "silent") {
            found.push(format!(
                "{} of it are {what}, at most {} may be",
                seconds(span),
                seconds(limit)
            ));
        }
    }
    if wanted.has_words && wanted.length >= loudness::SHORTEST {
        match report.loudness {
            Some(heard) if (heard - loudness::TARGET).abs() > LOUDNESS => {
                found.push(format!(
                    "its loudness is {heard:.1} LUFS, {:.0} are wanted",
                    loudness::TARGET
                ));
            }
            Some(_) => {}
            None => found.push("nothing is heard in it".to_owned()),
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::executor::stages::probe::Video;

    fn good() -> (Media, Report, Wanted) {
        let frame = Frame {
            width: 1080,
            height: 1920,
        };
        let video = Video {
            codec: "h264".into(),
            width: 1080,
            height: 1920,
            pixels: "yuv420p".into(),
        };
        let media = Media {
            duration: Some(Duration::from_millis(20_050)),
            size: 1,
            video: Some(video),
            audio: Some("aac".into()),
            technical: Default::default(),
            tags: Vec::new(),
        };
        let report = Report {
            loudness: Some(-14.4),
            ..Report::default()
        };
        (
            media,
            report,
            Wanted {
                length: Duration::from_secs(20),
                frame,
                has_words: true,
            },
        )
    }

    #[test]
    fn nothing_is_wrong_with_a_good_one() {
        let (media, report, wanted) = good();
        assert_eq!(of(&media, &report, &wanted), Vec::<String>::new());
    }

    #[test]
    fn everything_that_is_wrong_is_told() {
        let (mut media, mut report, wanted) = good();
        media.duration = Some(Duration::from_secs(21));
        media.audio = None;
        media.video = media.video.map(|video| Video {
            width: 1920,
            codec: "vp9".into(),
            ..video
        });
        report.black = Duration::from_secs(3);
        report.frozen = Duration::from_secs(11);
        report.silent = Duration::from_secs(16);
        report.loudness = Some(-30.0);
        let found = of(&media, &report, &wanted);
        for words in [
            "21.00 s long",
            "1920×1920",
            "vp9",
            "no sound",
            "black",
            "frozen",
            "silent",
            "-30.0 LUFS",
        ] {
            assert!(
                found.iter().any(|one| one.contains(words)),
                "{words} in {found:?}"
            );
        }
    }

    #[test]
    fn silence_is_no_fault_where_nothing_is_said() {
        let (media, mut report, mut wanted) = good();
        report.silent = Duration::from_secs(20);
        report.loudness = None;
        wanted.has_words = false;
        assert_eq!(of(&media, &report, &wanted), Vec::<String>::new());
    }

    #[test]
    fn a_short_video_needs_no_loudness() {
        let (mut media, mut report, mut wanted) = good();
        wanted.length = Duration::from_secs(2);
        media.duration = Some(Duration::from_secs(2));
        report.loudness = None;
        assert_eq!(of(&media, &report, &wanted), Vec::<String>::new());
    }
}
