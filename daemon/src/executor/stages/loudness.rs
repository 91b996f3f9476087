//! Loudness: what the platforms play, set while the video is composed and checked afterwards.

use std::time::Duration;

/// LUFS.
pub const TARGET: f64 = -14.0;
/// Sound shorter than this gives no number worth having.
pub const SHORTEST: Duration = Duration::from_secs(3);

/// Decibels below full scale that no peak passes.
const PEAK: f64 = -1.5;
/// How far quiet and loud may be apart.
const RANGE: f64 = 11.0;

/// The filters that make a voice of one channel as loud as wanted. It becomes two channels first: the filter can't choose
/// by itself. What comes out has the filter's own rate; resample behind it.
#[must_use]
pub fn setting() -> String {
    format!("aformat=channel_layouts=stereo,loudnorm=I={TARGET}:TP={PEAK}:LRA={RANGE}")
}
