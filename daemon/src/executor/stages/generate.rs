//! `generate`: draws a moving picture, or has one made by a model, for each section of the narration, or of the time that is asked for where nothing is
//! said.

use super::drawing::Artist;
use super::ffmpeg::Ffmpeg;
use super::narration::{Narration, silence};
use super::{clips, footage::veo, provided, search, sections, settings};
use crate::domain::{ErrorClass, Values};
use crate::executor::stage::{StageContext, StageError};
use crate::providers::veo::Veo;

/// The `cinematic` style: the picture darkens towards its corners.
const VIGNETTE: &str = ",vignette=angle=PI/4.5";

/// Runs the stage.
///
/// # Errors
/// Class `config` with neither a narration nor a `duration`, or without ffmpeg; the steps' own.
pub async fn run(context: StageContext) -> Result<Values, StageError> {
    let narration = silence::or_narration(&context).await?;
    if settings::maker(&context.params) == Some("veo")
        && let Some(outputs) = by_veo(&context, &narration).await?
    {
        return Ok(outputs);
    }
    let made = draw(&context, &narration).await?;
    Ok(clips::outputs(made, "drawn"))
}

/// The clips that a model makes; none where it can't be asked.
async fn by_veo(
    context: &StageContext,
    narration: &Narration,
) -> Result<Option<Values>, StageError> {
    if provided::is_simulated(context) {
        return Ok(None);
    }
    let service = match Veo::of(&context.config) {
        Ok(service) => service,
        Err(lacks) => {
            provided::or_offline(context, &lacks, "the pictures are drawn instead")?;
            return Ok(None);
        }
    };
    let lengths = sections::of(narration);
    let (frame, longest) = (settings::frame(&context.params), search::longest(&lengths));
    let made = veo::take(context, &service, lengths.len(), longest, frame).await?;
    if made.is_empty() {
        return Err(StageError::failed(
            ErrorClass::Provider,
            "no_footage",
            "veo made no clip that can be used",
            "Retry; or choose another videoSource.",
        ));
    }
    let cut = search::make(context, &made, &lengths).await?;
    Ok(Some(clips::outputs(cut, "veo")))
}

/// Draws the clips of a narration.
///
/// # Errors
/// The steps' own.
pub async fn draw(
    context: &StageContext,
    narration: &Narration,
) -> Result<clips::Made, StageError> {
    let artist =
        Artist::of(settings::text(&context.params, "prompt").unwrap_or(&context.workflow_name));
    let frame = settings::frame(&context.params);
    let plans = sections::of(narration)
        .into_iter()
        .enumerate()
        .map(|(section, frames)| {
            let mut graph = artist.graph(section, frame);
            if settings::text(&context.params, "style") == Some("cinematic") {
                graph.push_str(VIGNETTE);
            }
            clips::Plan {
                source: Ffmpeg::new().drawn(&graph),
                frames,
                crf: 12,
                recipe: graph,
                pure: true,
            }
        });
    clips::make(context, plans.collect(), "drawing").await
}
