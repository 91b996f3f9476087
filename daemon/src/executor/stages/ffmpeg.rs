//! How stages call ffmpeg: an argument list, only names of our own in filter graphs, and inputs that can't send it elsewhere.

use crate::executor::stage::Step;
use std::ffi::OsString;
use std::path::Path;
use std::time::Duration;

/// Frames a second of everything that is made.
pub const FPS: u32 = 30;

/// What an input may be. The name's ending means nothing to ffmpeg: a playlist that calls itself `.mp4` would make it fetch
/// whatever the playlist names.
const CONTAINERS: &str = "mov,matroska,avi,mpegts,mpeg,wav";

/// An ffmpeg command being put together.
#[derive(Debug, Clone)]
pub struct Ffmpeg {
    args: Vec<OsString>,
}

impl Ffmpeg {
    /// One that overwrites, asks nothing and tells its progress.
    #[must_use]
    pub fn new() -> Self {
        let base = [
            "-hide_banner",
            "-nostdin",
            "-loglevel",
            "warning",
            "-nostats",
            "-progress",
            "pipe:1",
            "-stats_period",
            "0.5",
            "-y",
        ];
        Self {
            args: base.iter().map(OsString::from).collect(),
        }
    }

    /// The codecs of a finished film: H.264 and AAC as every player takes them, in an MP4 that plays while it loads.
    #[must_use]
    pub fn finished(self) -> Self {
        self.picture().sound().file()
    }

    /// The picture of a finished film.
    #[must_use]
    pub fn picture(self) -> Self {
        self.args(["-c:v", "libx264", "-preset", "veryfast", "-crf", "21"])
            .args(["-profile:v", "high", "-g", "60", "-pix_fmt", "yuv420p"])
    }

    /// The sound of a finished film.
    #[must_use]
    pub fn sound(self) -> Self {
        self.args(["-c:a", "aac", "-b:a", "160k", "-ar", "48000", "-ac", "2"])
    }

    /// The file of a finished film: its index stands in front, and it tells nothing of where it was made.
    #[must_use]
    pub fn file(self) -> Self {
        self.args(["-movflags", "+faststart", "-map_metadata", "-1"])
            .args(["-f", "mp4"])
    }

    /// Further arguments as they are.
    #[must_use]
    pub fn args<I, A>(mut self, args: I) -> Self
    where
        I: IntoIterator<Item = A>,
        A: Into<OsString>,
    {
        self.args.extend(args.into_iter().map(Into::into));
        self
    }

    /// A media file as input, opened as a file and nothing else.
    #[must_use]
    pub fn input(self, path: &Path) -> Self {
        self.args(guard()).args(["-i".into(), file_url(path)])
    }

    /// A graph that makes pictures as input. Only graphs of our own go here.
    #[must_use]
    pub fn drawn(self, graph: &str) -> Self {
        self.args(["-f", "lavfi", "-i", graph])
    }

    /// The output, last.
    #[must_use]
    pub fn output(self, path: &Path) -> Self {
        self.args([file_url(path)])
    }

    /// As a step whose progress covers this part of the stage's.
    #[must_use]
    pub fn step(self, expected: Duration, progress: (f64, f64)) -> Step {
        Step {
            expected: Some(expected),
            progress: Some(progress),
            ..Step::new("ffmpeg", self.args)
        }
    }
}

impl Default for Ffmpeg {
    fn default() -> Self {
        Self::new()
    }
}

/// What stands before every input that is a file.
pub fn guard() -> [&'static str; 4] {
    [
        "-protocol_whitelist",
        "file,crypto,data",
        "-format_whitelist",
        CONTAINERS,
    ]
}

/// A path that is a path to ffmpeg whatever stands in it: `:` names no protocol, a leading `-` no option.
#[must_use]
pub fn file_url(path: &Path) -> OsString {
    let mut url = OsString::from("file:");
    url.push(path);
    url
}

/// How long so many frames are.
#[must_use]
pub fn frames_long(frames: u64) -> Duration {
    Duration::from_nanos(frames.saturating_mul(1_000_000_000) / u64::from(FPS))
}

/// How many whole frames hold this span.
#[must_use]
pub fn frames_for(span: Duration) -> u64 {
    let nanos = u64::try_from(span.as_nanos()).unwrap_or(u64::MAX);
    nanos
        .saturating_mul(u64::from(FPS))
        .div_ceil(1_000_000_000)
        .max(1)
}

/// Seconds with as many digits as ffmpeg takes.
#[must_use]
pub fn seconds(span: Duration) -> String {
    format!("{:.6}", span.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_path_is_never_an_option_or_a_protocol() {
        assert_eq!(file_url(Path::new("-x:y%d.mp4")), "file:-x:y%d.mp4");
    }

    proptest! {
        #[test]
        fn frames_cover_their_span(ms in 1_u64..7_200_000) {
            let span = Duration::from_millis(ms);
            let frames = frames_for(span);
            prop_assert!(frames_long(frames) + Duration::from_nanos(1) >= span);
            prop_assert!(frames_long(frames - 1) < span);
        }
    }
}
