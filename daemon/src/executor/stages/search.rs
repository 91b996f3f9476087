//! `search`: finds footage for each section, in the local library or at Pexels, and cuts it to the picture's form.
//!
//! Where Pexels has no key here, or nothing for these words, the library serves; where that is empty, the pictures are drawn.
//! The outputs and a warning say which it was.

use super::footage::{self, Footage, library, pexels};
use super::narration::Narration;
use super::{clips, ffmpeg, generate, provided, sections, settings};
use crate::attempt_log::Level;
use crate::domain::{ErrorClass, Value, Values};
use crate::executor::stage::{StageContext, StageError};
use crate::providers::pexels::Pexels;
use std::time::Duration;

/// Runs the stage.
///
/// # Errors
/// Class `config` when the library was asked for by name and has no footage that can be used; Pexels' own (a limit parks);
/// the steps' own.
pub async fn run(context: StageContext) -> Result<Values, StageError> {
    let narration = Narration::read(&context.work_dir).await?;
    let lengths = sections::of(&narration);
    let asked = settings::maker(&context.params)
        .unwrap_or("library")
        .to_owned();
    if asked == "pexels"
        && let Some(outputs) = by_pexels(&context, &lengths).await?
    {
        return Ok(outputs);
    }
    let frame = settings::frame(&context.params);
    let found = library::look(&context, frame, lengths.len()).await?;
    if found.is_empty() {
        let library = context.config.media.library.display().to_string();
        if asked == "library" {
            return Err(StageError::failed(
                ErrorClass::Config,
                "no_footage",
                format!("the library {library} has no footage that can be used"),
                "Put videos there (or set [media] library), or retry with `-p videoSource=drawn`.",
            ));
        }
        context.log(
            Level::Warn,
            &format!("the library {library} has no footage either; the pictures are drawn instead"),
        );
        let made = generate::draw(&context, &narration).await?;
        return Ok(clips::outputs(made, "drawn"));
    }
    let made = make(&context, &found, &lengths).await?;
    Ok(clips::outputs(made, "library"))
}

/// The clips from Pexels' footage; none where it can't be asked or has nothing.
async fn by_pexels(context: &StageContext, lengths: &[u64]) -> Result<Option<Values>, StageError> {
    if provided::is_simulated(context) {
        return Ok(None);
    }
    let service = match Pexels::of(&context.config) {
        Ok(service) => service,
        Err(lacks) => {
            provided::or_offline(context, &lacks, "footage comes from the library instead")?;
            return Ok(None);
        }
    };
    let frame = settings::frame(&context.params);
    let taken = pexels::take(context, &service, lengths.len(), longest(lengths), frame).await?;
    if taken.footage.is_empty() {
        context.log(
            Level::Warn,
            "pexels has no footage for these words; it comes from the library instead",
        );
        return Ok(None);
    }
    let made = make(context, &taken.footage, lengths).await?;
    let mut outputs = clips::outputs(made, "pexels");
    let credits = Value::List(taken.credits);
    outputs.insert("credits".to_owned(), credits.clone());
    let shared = Values::from([("credits".to_owned(), credits)]);
    outputs.insert("workflow".to_owned(), Value::Map(shared));
    Ok(Some(outputs))
}

/// The longest section.
#[must_use]
pub fn longest(lengths: &[u64]) -> Duration {
    ffmpeg::frames_long(lengths.iter().copied().max().unwrap_or(1))
}

/// Cuts footage into a clip for each section.
///
/// # Errors
/// The steps' own.
pub async fn make(
    context: &StageContext,
    found: &[Footage],
    lengths: &[u64],
) -> Result<clips::Made, StageError> {
    let frame = settings::frame(&context.params);
    let plans = lengths.iter().enumerate().map(|(section, frames)| {
        footage::cut(found, section, *frames, frame, &context.workflow_id)
    });
    clips::make(context, plans.collect(), "cutting").await
}
