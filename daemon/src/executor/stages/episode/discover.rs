//! `episode_discover`: finds the episode's file and looks at what it is.

use crate::attempt_log::Level;
use crate::domain::{ErrorClass, Value, Values};
use crate::executor::stage::{StageContext, StageError};
use crate::executor::stages::probe;

/// Runs the stage.
///
/// # Errors
/// Class `input` when there is no such episode, or it has no picture or no length.
pub async fn run(context: StageContext) -> Result<Values, StageError> {
    let episode = super::of(&context).await?;
    let media = probe::probe(&context, "probe", &episode.path).await?;
    let refused = |what: &str| {
        StageError::failed(
            ErrorClass::Input,
            "no_episode",
            format!("{} {what}", episode.path.display()),
            "Replace it by a recording with pictures, then retry.",
        )
    };
    let video = media.video.ok_or_else(|| refused("has no picture"))?;
    let length = media.duration.map_or(0.0, |length| length.as_secs_f64());
    if length < 1.0 {
        return Err(refused(
            "is shorter than a second, or its length is not known",
        ));
    }
    context.log(
        Level::Info,
        &format!(
            "{}: {length:.1} s, {}×{} {}, sound {}",
            episode.path.display(),
            video.width,
            video.height,
            video.codec,
            media.audio.as_deref().unwrap_or("none")
        ),
    );
    let own = Values::from([
        ("title".to_owned(), Value::from(episode.title.as_str())),
        (
            "path".to_owned(),
            Value::from(episode.path.to_string_lossy().into_owned()),
        ),
        ("length".to_owned(), Value::Number(length)),
        ("width".to_owned(), Value::Int(video.width.into())),
        ("height".to_owned(), Value::Int(video.height.into())),
        ("codec".to_owned(), Value::from(video.codec)),
        ("hasSound".to_owned(), Value::Bool(media.audio.is_some())),
    ]);
    Ok(super::outputs(
        &episode.id,
        "discovered",
        length,
        own,
        Values::new(),
    ))
}

/// What this stage gave.
#[derive(Debug, Clone)]
pub struct Found {
    /// Seconds.
    pub length: f64,
    /// Pixels across.
    pub width: u32,
    /// Pixels down.
    pub height: u32,
    /// The picture's codec.
    pub codec: String,
    /// Whether anything can be heard in it.
    pub has_sound: bool,
}

/// What the stage before gave.
///
/// # Errors
/// Class `config` when there is none.
pub fn found(context: &StageContext) -> Result<Found, StageError> {
    let given = context.outputs.values().find_map(|outputs| {
        let side = |key: &str| match outputs.get(key) {
            Some(Value::Int(side)) => u32::try_from(*side).ok(),
            _ => None,
        };
        Some(Found {
            length: outputs.get("length").and_then(Value::as_number)?,
            width: side("width")?,
            height: side("height")?,
            codec: outputs.get("codec").and_then(Value::as_text)?.to_owned(),
            has_sound: outputs.get("hasSound").and_then(Value::as_bool)?,
        })
    });
    given.ok_or_else(|| {
        StageError::failed(
            ErrorClass::Config,
            "not_discovered",
            "no stage before this one found the episode",
            "Put a stage with `uses = \"episode_discover\"` before this one, or retry from it.",
        )
    })
}
