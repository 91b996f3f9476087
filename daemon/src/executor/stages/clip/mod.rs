//! The stages that render clips of an episode.
//!
//! ```text
//!  select ─┬▶ render CLIP-VARIANT-RATIO ─┬▶ store
//!          ├▶ render …                   │
//!          └▶ render …  (in parallel)  ──┘
//! ```
//!
//! - A workflow's renders stand in a folder of its own, `media/clips/EPISODE/WORKFLOW/`: nothing is ever overwritten, and
//!   they go when it is deleted.
//! - A render has exactly its form's ratio, and at least 720 pixels on the short side.

pub mod form;
pub mod make;
pub mod render;
pub mod select;
pub mod store;

use crate::domain::{ErrorClass, Value, Values, Workflow};
use crate::episodes::Clip;
use crate::executor::stage::{StageContext, StageError};
use std::path::{Path, PathBuf};

/// A render's options.
#[derive(Debug, Clone, PartialEq)]
pub struct Wanted {
    /// Which clip.
    pub clip_id: String,
    /// `clean`, `subtitled`.
    pub variant: String,
    /// `9x16`, `16x9`, `1x1`.
    pub ratio: String,
}

impl Wanted {
    /// From a stage's options.
    #[must_use]
    pub fn of(with: &Values) -> Option<Self> {
        let text = |key: &str| with.get(key).and_then(Value::as_text).map(str::to_owned);
        Some(Self {
            clip_id: text("clip_id")?,
            variant: text("variant")?,
            ratio: text("aspect_ratio")?,
        })
    }

    /// Whether what is said is shown.
    #[must_use]
    pub fn is_subtitled(&self) -> bool {
        self.variant == "subtitled"
    }

    /// The name of its file.
    #[must_use]
    pub fn file(&self) -> String {
        format!("{}_{}_{}.mp4", self.clip_id, self.variant, self.ratio)
    }

    /// What is told of it: without a path while it is still to be made.
    #[must_use]
    pub fn told(&self, made: Option<(&Path, u64)>) -> Value {
        let mut told = Values::from([
            ("clip_id".to_owned(), Value::from(self.clip_id.as_str())),
            ("variant".to_owned(), Value::from(self.variant.as_str())),
            ("aspect_ratio".to_owned(), Value::from(self.ratio.as_str())),
        ]);
        if let Some((path, size)) = made {
            told.insert(
                "path".to_owned(),
                Value::from(path.to_string_lossy().into_owned()),
            );
            told.insert(
                "size".to_owned(),
                Value::Int(i64::try_from(size).unwrap_or(i64::MAX)),
            );
        }
        Value::Map(told)
    }
}

/// Where the workflow's renders stand.
#[must_use]
pub fn folder(media: &Path, episode: &str, workflow: &str) -> PathBuf {
    media.join("clips").join(episode).join(workflow)
}

/// Where an ended workflow's renders stand, if it made any: what goes when it is deleted.
#[must_use]
pub fn folder_of_ended(workflow: &Workflow, media: &Path) -> Option<PathBuf> {
    let made = |told: &Value| told.as_map()?.get("renders")?.as_list().map(<[Value]>::len);
    let any = workflow.stages.iter().any(|stage| {
        stage
            .outputs
            .get("episode")
            .and_then(made)
            .is_some_and(|count| count > 0)
    });
    let episode = workflow.params.get("episode_id").and_then(Value::as_text)?;
    let plain = |name: &str| !name.is_empty() && !name.contains(['/', '.', '\0']);
    (any && plain(episode) && plain(&workflow.id)).then(|| folder(media, episode, &workflow.id))
}

/// The clip that a stage before selected.
///
/// # Errors
/// Class `config` when it selected none of this id.
pub fn selected(context: &StageContext, id: &str) -> Result<Clip, StageError> {
    let selection = context
        .outputs
        .values()
        .find_map(|outputs| outputs.get("selection")?.as_map());
    let clip = selection
        .and_then(|clips| clips.get(id))
        .and_then(Value::as_map)
        .and_then(|clip| {
            Some(Clip {
                clip_id: id.to_owned(),
                title: clip.get("title")?.as_text()?.to_owned(),
                start: clip.get("start")?.as_number()?,
                end: clip.get("end")?.as_number()?,
                score: 0.0,
                text: String::new(),
            })
        });
    clip.ok_or_else(|| {
        StageError::failed(
            ErrorClass::Config,
            "not_selected",
            format!("no stage before this one selected the clip `{id}`"),
            "Put a stage with `uses = \"clip_select\"` before this one, or retry from it.",
        )
    })
}
