//! The stages of an episode: found, written down, cut into clips, rendered.
//!
//! ```text
//!  discover ─▶ transcribe ─▶ enrich ─▶ render
//!   the file    transcript    clips     the whole with captions (and each clip, where that is wanted)
//! ```
//!
//! - Each stage tells what it learned under `episode`; the rows of the episode follow from that alone.
//! - The transcript and the clips also stay beside the media, for the workflows that come later.
//! - The recording itself is only ever read.

pub mod choose;
pub mod discover;
pub mod enrich;
pub mod moments;
pub mod rank;
pub mod render;
pub mod transcribe;

use super::files;
use crate::domain::{ErrorClass, Value, Values};
use crate::episodes::{self, Episode, Left};
use crate::executor::stage::{StageContext, StageError};
use crate::executor::stages::settings;

/// The episode that the workflow is about.
///
/// # Errors
/// Class `input` when there is none of that id (any more).
pub async fn of(context: &StageContext) -> Result<Episode, StageError> {
    let id = settings::text(&context.params, "episode_id")
        .unwrap_or_default()
        .to_owned();
    let (config, wanted) = (context.config.clone(), id.clone());
    let found = files::blocking(move || Ok(episodes::find(&config, &wanted))).await?;
    found.ok_or_else(|| {
        let roots: Vec<String> = episodes::roots(&context.config)
            .iter()
            .map(|root| root.display().to_string())
            .collect();
        StageError::failed(
            ErrorClass::Input,
            "no_episode",
            format!("no episode `{id}` lies in {}", roots.join(" or ")),
            "Put the recording there (its id is its name in lower case, all else than letters and digits a -), then retry.",
        )
    })
}

/// Where things about the workflow's episode are left.
#[must_use]
pub fn left(context: &StageContext) -> Left {
    Left::of(
        &context.config,
        settings::text(&context.params, "episode_id").unwrap_or_default(),
    )
}

/// What the disk said about something that is left, as a stage's failure.
pub fn disk(act: &'static str, left: &Left) -> impl Fn(std::io::Error) -> StageError {
    let place = left.srt().with_file_name("");
    move |error| files::failed(act, &place, &error)
}

/// A stage's outputs: `own`, and what is told of the episode, with how far it is.
#[must_use]
pub fn outputs(episode: &str, stage: &str, length: f64, mut own: Values, told: Values) -> Values {
    let mut all = Values::from([
        ("id".to_owned(), Value::from(episode)),
        ("stage".to_owned(), Value::from(stage)),
        ("duration".to_owned(), Value::Number(length)),
    ]);
    all.extend(told);
    let result = Values::from([
        ("episode_id".to_owned(), Value::from(episode)),
        ("stage".to_owned(), Value::from(stage)),
        ("duration".to_owned(), Value::Number(length)),
    ]);
    let shared = own
        .entry("workflow".to_owned())
        .or_insert_with(|| Value::Map(Values::new()));
    if let Value::Map(shared) = shared {
        shared.insert("episode".to_owned(), Value::Map(result));
    }
    own.insert("episode".to_owned(), Value::Map(all));
    own
}
