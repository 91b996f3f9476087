//! The silent clips that stand for a narration's sections: made by the stage that finds or draws pictures, put behind each
//! other by the one that composes.
//!
//! A clip's name carries a piece of the hash of how it was made. A later attempt finds the clips that are whole and makes
//! the rest; one that was made otherwise is never taken for it.

use super::ffmpeg::{self, FPS, Ffmpeg};
use super::reuse::{self, Piece};
use super::{files, programs};
use crate::domain::{ErrorClass, Value, Values};
use crate::executor::stage::{StageContext, StageError};
use sha2::{Digest, Sha256};
use std::path::PathBuf;

/// A clip to be made.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Input and filters; how it is encoded is added here.
    pub source: Ffmpeg,
    /// Its length.
    pub frames: u64,
    /// The picture's quality: lower is better and larger.
    pub crf: u8,
    /// Says how it is made: the same recipe gives the same clip.
    pub recipe: String,
    /// It follows from the recipe alone, in whichever workflow.
    pub pure: bool,
}

/// The clips of a narration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    /// Their names in the work directory, in order.
    pub names: Vec<String>,
    /// None of them was made now.
    pub reused: bool,
}

/// Makes a clip for each section.
///
/// # Errors
/// The steps' own.
pub async fn make(
    context: &StageContext,
    plans: Vec<Plan>,
    verb: &str,
) -> Result<Made, StageError> {
    let (mut names, mut reused) = (Vec::with_capacity(plans.len()), !plans.is_empty());
    let count = plans.len();
    for (index, plan) in plans.into_iter().enumerate() {
        #[allow(clippy::cast_precision_loss, reason = "a count of sections")]
        let share = |done: usize| 100.0 * done as f64 / count as f64;
        context.progress(
            share(index),
            Some(&format!("{verb} section {} of {count}", index + 1)),
        );
        let (name, found) = one(context, index, plan, (share(index), share(index + 1))).await?;
        names.push(name);
        reused &= found;
    }
    Ok(Made { names, reused })
}

async fn one(
    context: &StageContext,
    index: usize,
    plan: Plan,
    progress: (f64, f64),
) -> Result<(String, bool), StageError> {
    let hash: String = Sha256::digest(format!("{} {} {}", plan.recipe, plan.frames, plan.crf))
        .iter()
        .take(4)
        .map(|b| format!("{b:02x}"))
        .collect();
    let name = format!("clip-{index}-{hash}.mp4");
    let path = context.work_dir.join(&name);
    if tokio::fs::try_exists(&path).await.unwrap_or(false) {
        return Ok((name, false));
    }
    let part = files::part(&path);
    let step = plan
        .source
        .args([
            "-an",
            "-sn",
            "-dn",
            "-frames:v",
            &plan.frames.to_string(),
            "-r",
            &FPS.to_string(),
        ])
        .args([
            "-c:v",
            "libx264",
            "-preset",
            "ultrafast",
            "-crf",
            &plan.crf.to_string(),
            "-pix_fmt",
            "yuv420p",
            "-f",
            "mp4",
        ])
        .output(&part)
        .step(ffmpeg::frames_long(plan.frames), progress);
    let step_name = format!("clip-{index}");
    if plan.pure {
        let piece = Piece::new("clip", 1).makes("clip", &path);
        let reused = reuse::or_run(context, &step_name, step, piece).await?;
        return Ok((name, reused));
    }
    programs::run(context, &step_name, step).await?;
    files::blocking(move || files::finish(&part, &path)).await?;
    Ok((name, false))
}

/// The stage's outputs: the clips in order.
#[must_use]
pub fn outputs(made: Made, provider: &str) -> Values {
    let mut outputs = Values::from([
        (
            "clips".to_owned(),
            Value::List(made.names.into_iter().map(Value::from).collect()),
        ),
        ("provider".to_owned(), Value::from(provider)),
    ]);
    reuse::say(&mut outputs, made.reused);
    outputs
}

/// The clips that a stage before gave.
///
/// # Errors
/// Class `config` when none did.
pub fn given(context: &StageContext) -> Result<Vec<PathBuf>, StageError> {
    let clips = context
        .outputs
        .values()
        .find_map(|outputs| outputs.get("clips").and_then(Value::as_list));
    // Only plain names of our own making: they stand in a list that ffmpeg reads.
    let plain = |name: &&str| {
        name.starts_with("clip-")
            && name
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'.')
    };
    let names: Vec<PathBuf> = clips
        .unwrap_or_default()
        .iter()
        .filter_map(Value::as_text)
        .filter(plain)
        .map(PathBuf::from)
        .collect();
    if names.is_empty() {
        return Err(StageError::failed(
            ErrorClass::Config,
            "no_pictures",
            "no stage before this one gave any pictures",
            "Put a stage with `uses = \"generate\"` or `uses = \"search\"` before this one, or retry from it.",
        ));
    }
    Ok(names)
}
