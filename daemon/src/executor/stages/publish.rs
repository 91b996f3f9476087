//! `publish`: puts the video into each channel's folder below the media directory, with what a channel shows about it
//! beside it. A channel that has it is not asked again.

use super::kept::Kept;
use super::{files, finished, settings};
use crate::attempt_log::Level;
use crate::domain::{Value, Values};
use crate::executor::stage::{StageContext, StageError};
use serde_json::json;

/// Runs the stage.
///
/// # Errors
/// Class `config` without a finished video; what the disk says.
pub async fn run(context: StageContext) -> Result<Values, StageError> {
    let video = finished::of(&context)?;
    let kept = Kept::of(&context).await?;
    let channels = settings::texts(&context.params, "channels");
    let mut states = Values::new();
    for (index, channel) in channels.iter().enumerate() {
        if context.cancelled().is_cancelled() {
            return Err(StageError::Cancelled);
        }
        let path = kept.published(channel);
        let about = serde_json::to_vec_pretty(&about(&context, channel)).unwrap_or_default();
        let (from, to) = (video.path.clone(), path.clone());
        files::blocking(move || {
            // The description comes first: a video in the folder is complete with all that belongs to it.
            if let Some(folder) = to.parent() {
                files::make_dir(folder)?;
            }
            files::write_whole(&to.with_extension("json"), &about)?;
            files::link(&from, &to)
        })
        .await?;
        context.log(Level::Info, &format!("{channel}: {}", path.display()));
        let state = Values::from([
            ("status".to_owned(), Value::from("uploaded")),
            ("provider".to_owned(), Value::from("file")),
            (
                "path".to_owned(),
                Value::from(path.to_string_lossy().into_owned()),
            ),
        ]);
        states.insert(channel.clone(), Value::Map(state));
        #[allow(clippy::cast_precision_loss, reason = "a count of channels")]
        context.progress(
            100.0 * (index + 1) as f64 / channels.len() as f64,
            Some(channel),
        );
    }
    Ok(Values::from([
        ("channels".to_owned(), Value::Map(states)),
        ("provider".to_owned(), Value::from("file")),
    ]))
}

fn about(context: &StageContext, channel: &str) -> serde_json::Value {
    let params = &context.params;
    json!({
        "workflow": context.workflow_id,
        "channel": channel,
        "title": settings::title(context),
        "description": settings::description(context),
        "tags": settings::texts(params, "tags"),
        "privacy": settings::text(params, "privacy").unwrap_or("private"),
        "publishAt": settings::text(params, "publishAt"),
        "madeForKids": params.get("madeForKids").and_then(Value::as_bool).unwrap_or(false),
    })
}
