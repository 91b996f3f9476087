//! The video that an earlier stage composed.

use super::ffmpeg;
use super::settings::Frame;
use crate::domain::{ErrorClass, Value};
use crate::executor::stage::{StageContext, StageError};
use std::path::PathBuf;
use std::time::Duration;

/// Where it is and how long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Video {
    /// The file.
    pub path: PathBuf,
    /// As it was composed.
    pub length: Duration,
    /// Its picture's form, where a stage told it.
    pub form: Option<Frame>,
}

impl Video {
    /// Its length in frames.
    #[must_use]
    pub fn frames(&self) -> u64 {
        ffmpeg::frames_for(self.length)
    }
}

/// The composed video of this workflow.
///
/// # Errors
/// Class `config` when no stage before made one.
pub fn of(context: &StageContext) -> Result<Video, StageError> {
    let found = context.outputs.values().find_map(|outputs| {
        let path = outputs.get("videoPath").and_then(Value::as_text)?;
        // What a program of its own told is text.
        let milliseconds = match outputs.get("duration")? {
            Value::Text(text) => text.trim().parse().ok()?,
            value => value.as_number()?,
        };
        let side = |name: &str| match outputs.get(name) {
            Some(Value::Int(pixels)) => u32::try_from(*pixels).ok().filter(|pixels| *pixels > 0),
            _ => None,
        };
        Some(Video {
            form: side("width")
                .zip(side("height"))
                .map(|(width, height)| Frame { width, height }),
            path: PathBuf::from(path),
            length: Duration::try_from_secs_f64(milliseconds / 1_000.0).ok()?,
        })
    });
    found.ok_or_else(|| {
        StageError::failed(
            ErrorClass::Config,
            "no_video",
            "no stage before this one made a video",
            "Put a stage with `uses = \"compose\"` before this one, or retry from it.",
        )
    })
}
