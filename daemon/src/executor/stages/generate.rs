//! `generate`: draws a moving picture for each section of the narration, or of the time that is asked for where nothing is
//! said.

use super::drawing::Artist;
use super::ffmpeg::Ffmpeg;
use super::narration::{Narration, silence};
use super::{clips, sections, settings};
use crate::attempt_log::Level;
use crate::domain::Values;
use crate::executor::stage::{StageContext, StageError};

/// The `cinematic` style: the picture darkens towards its corners.
const VIGNETTE: &str = ",vignette=angle=PI/4.5";

/// Runs the stage.
///
/// # Errors
/// Class `config` with neither a narration nor a `duration`, or without ffmpeg; the steps' own.
pub async fn run(context: StageContext) -> Result<Values, StageError> {
    if settings::maker(&context.params) == Some("veo") {
        context.log(
            Level::Warn,
            "veo has no key on this box; the pictures are drawn instead",
        );
    }
    let narration = silence::or_narration(&context).await?;
    let names = draw(&context, &narration).await?;
    Ok(clips::outputs(names, "drawn"))
}

/// Draws the clips of a narration.
///
/// # Errors
/// The steps' own.
pub async fn draw(
    context: &StageContext,
    narration: &Narration,
) -> Result<Vec<String>, StageError> {
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
            }
        });
    clips::make(context, plans.collect(), "drawing").await
}
