//! What a line of a program's output may mean besides itself: our `::` words, and ffmpeg's reports. Pure.

use super::record::Park;
use crate::attempt_log::Level;
use std::time::Duration;

/// A park is at most so long; what asks for more waits so long and is then asked again.
const LONGEST_PARK: f64 = 366.0 * 86_400.0;

/// The keys of ffmpeg's `-progress` blocks.
const PROGRESS_KEYS: [&str; 11] = [
    "frame",
    "fps",
    "bitrate",
    "total_size",
    "out_time_us",
    "out_time_ms",
    "out_time",
    "dup_frames",
    "drop_frames",
    "speed",
    "progress",
];

/// What a line means.
#[derive(Debug, Clone, PartialEq)]
pub enum Meaning<'a> {
    /// Itself.
    Text,
    /// `::log LEVEL TEXT`
    Log(Level, &'a str),
    /// `::progress PERCENT [TEXT]`
    Progress(f64, Option<&'a str>),
    /// `::park SECONDS [REASON]`
    Park(Park),
    /// ffmpeg has made so much.
    MediaTime(Duration),
    /// ffmpeg's last report.
    MediaEnd,
    /// Would belong to one of ffmpeg's reports, if this is ffmpeg, and tells nothing.
    Noise,
}

/// Reads a line. A `::` line that isn't right is text, so that whoever wrote it sees it in the log.
#[must_use]
pub fn meaning(line: &str) -> Meaning<'_> {
    if let Some(rest) = line.strip_prefix("::") {
        return directive(rest).unwrap_or(Meaning::Text);
    }
    // ffmpeg's keys start in the first column and have no space around `=`.
    match line.split_once('=') {
        Some((key, value))
            if PROGRESS_KEYS.contains(&key)
                || (key.starts_with("stream_") && key.ends_with("_q")) =>
        {
            report(key, value)
        }
        _ => Meaning::Text,
    }
}

/// The length of the media in ffmpeg's `  Duration: 00:01:02.50, start: …`.
#[must_use]
pub fn media_length(line: &str) -> Option<Duration> {
    let rest = line.trim_start().strip_prefix("Duration: ")?;
    clock(rest.split(',').next()?).filter(|length| !length.is_zero())
}

/// The time in ffmpeg's running line: `frame=  12 fps=0.0 q=28.0 size=… time=00:00:01.20 bitrate=…`.
#[must_use]
pub fn running_time(line: &str) -> Option<Duration> {
    clock(line.split(" time=").nth(1)?.split(' ').next()?)
}

fn directive(rest: &str) -> Option<Meaning<'_>> {
    let (word, rest) = split_word(rest);
    match word {
        "progress" => {
            let (percent, message) = split_word(rest);
            let percent = number(percent.strip_suffix('%').unwrap_or(percent))?;
            Some(Meaning::Progress(
                percent.clamp(0.0, 100.0),
                (!message.is_empty()).then_some(message),
            ))
        }
        "log" => {
            let (level, text) = split_word(rest);
            Some(Meaning::Log(Level::from_word(level)?, text))
        }
        "park" => {
            let (seconds, reason) = split_word(rest);
            let seconds = number(seconds)?.clamp(0.0, LONGEST_PARK);
            let wait = Duration::from_secs_f64(seconds);
            Some(Meaning::Park(Park {
                wait_ms: u64::try_from(wait.as_millis()).ok()?,
                reason: reason.to_owned(),
            }))
        }
        _ => None,
    }
}

fn report<'a>(key: &str, value: &str) -> Meaning<'a> {
    match (key, value.trim()) {
        // Both are microseconds, in whichever of the two this ffmpeg writes.
        ("out_time_us" | "out_time_ms", value) => value.parse().map_or(Meaning::Noise, |made| {
            Meaning::MediaTime(Duration::from_micros(made))
        }),
        ("progress", "end") => Meaning::MediaEnd,
        ("progress", value) if value != "continue" => Meaning::Text,
        _ => Meaning::Noise,
    }
}

fn split_word(text: &str) -> (&str, &str) {
    let text = text.trim();
    text.split_once(' ')
        .map_or((text, ""), |(word, rest)| (word, rest.trim()))
}

fn number(text: &str) -> Option<f64> {
    text.parse().ok().filter(|number: &f64| number.is_finite())
}

/// `HH:MM:SS.cc`
fn clock(text: &str) -> Option<Duration> {
    let mut parts = text.trim().splitn(3, ':');
    let (hours, minutes): (u64, u64) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
    let seconds = Duration::try_from_secs_f64(number(parts.next()?)?).ok()?;
    Duration::from_secs(
        hours
            .checked_mul(3600)?
            .checked_add(minutes.checked_mul(60)?)?,
    )
    .checked_add(seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_words_are_read() {
        assert_eq!(
            meaning("::progress 45.5 half way there"),
            Meaning::Progress(45.5, Some("half way there"))
        );
        assert_eq!(meaning("::progress 250"), Meaning::Progress(100.0, None));
        assert_eq!(meaning("::log warn a b"), Meaning::Log(Level::Warn, "a b"));
        assert_eq!(
            meaning("::park 3600 quota used"),
            Meaning::Park(Park {
                wait_ms: 3_600_000,
                reason: "quota used".into()
            })
        );
    }

    #[test]
    fn what_is_not_right_stays_text() {
        for line in [
            "::progress",
            "::progress x",
            "::progress NaN",
            "::log loud x",
            "::park soon",
            "::what",
            "::",
            "key=value",
            "progress=fine",
            "a frame=1",
        ] {
            assert_eq!(meaning(line), Meaning::Text, "{line}");
        }
    }

    #[test]
    fn ffmpegs_reports_are_read() {
        assert_eq!(
            meaning("out_time_us=1500000"),
            Meaning::MediaTime(Duration::from_millis(1500))
        );
        assert_eq!(meaning("out_time_ms=N/A"), Meaning::Noise);
        assert_eq!(meaning("frame=12"), Meaning::Noise);
        assert_eq!(meaning("stream_0_0_q=28.0"), Meaning::Noise);
        assert_eq!(meaning("progress=continue"), Meaning::Noise);
        assert_eq!(meaning("progress=end"), Meaning::MediaEnd);
        assert_eq!(
            media_length("  Duration: 00:01:02.50, start: 0.000000, bitrate: 1 kb/s"),
            Some(Duration::from_millis(62_500))
        );
        assert_eq!(media_length("  Duration: N/A, bitrate: N/A"), None);
        assert_eq!(
            running_time("frame=   12 fps=0.0 q=28.0 size=       0kB time=00:00:01.20 bitrate=1"),
            Some(Duration::from_millis(1200))
        );
        assert_eq!(running_time("time flies"), None);
    }

    proptest::proptest! {
        #[test]
        fn no_line_is_too_odd(line in "(::(progress|log|park) )?.*") {
            let _ = (meaning(&line), media_length(&line), running_time(&line));
        }
    }
}
