//! A narration in which nothing is said: what a video without a script has in its place, so that pictures and sound are
//! put together in one way.

use super::{Narration, SOUND, TIMING, wav};
use crate::domain::Value;
use crate::executor::stage::{StageContext, StageError};
use crate::executor::stages::files;
use std::path::Path;

/// Samples a second.
const RATE: u32 = 48_000;

/// The narration that a stage before gave; else, where `duration` (seconds) is among the parameters, silence of that length.
///
/// # Errors
/// Class `config` with neither; what the disk says.
pub async fn or_narration(context: &StageContext) -> Result<Narration, StageError> {
    let seconds = context.params.get("duration").and_then(Value::as_number);
    let work = context.work_dir.clone();
    if let Some(seconds) = seconds.filter(|seconds| *seconds > 0.0) {
        files::blocking(move || match work.join(TIMING).try_exists() {
            Ok(true) => Ok(()),
            Ok(false) => write(&work, seconds),
            Err(error) => Err(files::failed("read", &work.join(TIMING), &error)),
        })
        .await?;
    }
    Narration::read(&context.work_dir).await
}

fn write(work: &Path, seconds: f64) -> Result<(), StageError> {
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "positive, and bounded by its parameter's definition"
    )]
    let milliseconds = (seconds * 1_000.0).round() as u64;
    let mut sound = wav::Joiner::create(&work.join(SOUND), RATE)?;
    sound.silence(milliseconds)?;
    let narration = Narration {
        language: String::new(),
        milliseconds: sound.finish()?,
        sentences: Vec::new(),
    };
    narration.write(work)
}
