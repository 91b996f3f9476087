//! `clip_select`: looks up the clips that are to be rendered, as they are now, and tells which renders will come.

use super::Wanted;
use crate::attempt_log::Level;
use crate::domain::{ErrorClass, Value, Values};
use crate::executor::stage::{StageContext, StageError};
use crate::executor::stages::episode;
use crate::executor::stages::{files, probe, settings};

/// Runs the stage.
///
/// # Errors
/// Class `input` when the episode or one of the clips is no longer there.
pub async fn run(context: StageContext) -> Result<Values, StageError> {
    let found = episode::of(&context).await?;
    let media = probe::probe(&context, "probe", &found.path).await?;
    let left = episode::left(&context);
    let clips = files::blocking(move || left.clips().map_err(episode::disk("read", &left))).await?;
    let clips = clips.unwrap_or_default();
    let mut selection = Values::new();
    let mut renders = Vec::new();
    let (variants, ratios) = (
        settings::texts(&context.params, "variants"),
        settings::texts(&context.params, "aspect_ratios"),
    );
    for id in settings::texts(&context.params, "clip_ids") {
        let clip = clips
            .iter()
            .find(|clip| clip.clip_id == id)
            .ok_or_else(|| {
                StageError::failed(
                    ErrorClass::Input,
                    "no_clip",
                    format!("`{}` has no clip `{id}` any more", found.id),
                    "Submit the clips anew: the episode was processed again since.",
                )
            })?;
        for variant in &variants {
            for ratio in &ratios {
                let wanted = Wanted {
                    clip_id: id.clone(),
                    variant: variant.clone(),
                    ratio: ratio.clone(),
                };
                renders.push(wanted.told(None));
            }
        }
        let facts = Values::from([
            ("title".to_owned(), Value::from(clip.title.as_str())),
            ("start".to_owned(), Value::Number(clip.start)),
            ("end".to_owned(), Value::Number(clip.end)),
        ]);
        selection.insert(id, Value::Map(facts));
    }
    context.log(
        Level::Info,
        &format!("{} clips, {} renders", selection.len(), renders.len()),
    );
    let side = |side: Option<u32>| Value::Int(side.unwrap_or(0).into());
    let told = Values::from([
        ("id".to_owned(), Value::from(found.id.as_str())),
        ("renders".to_owned(), Value::List(renders)),
    ]);
    Ok(Values::from([
        ("selection".to_owned(), Value::Map(selection)),
        (
            "length".to_owned(),
            Value::Number(media.duration.map_or(0.0, |length| length.as_secs_f64())),
        ),
        (
            "width".to_owned(),
            side(media.video.as_ref().map(|video| video.width)),
        ),
        (
            "height".to_owned(),
            side(media.video.as_ref().map(|video| video.height)),
        ),
        (
            "codec".to_owned(),
            Value::from(media.video.map(|video| video.codec).unwrap_or_default()),
        ),
        ("hasSound".to_owned(), Value::Bool(media.audio.is_some())),
        ("episode".to_owned(), Value::Map(told)),
    ]))
}
