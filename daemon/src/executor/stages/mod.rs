//! The built-in stages, and the pieces that they share.
//!
//! ```text
//!  tts ─▶ transcribe ─▶ search | generate ─▶ compose ─┬▶ renditions ─┐
//!   │ narration.wav, .json     │ clip-N.mp4           ├▶ thumbnails ─┼▶ store ─▶ publish
//!   └──────────────────────────┴──────────────────────┴▶ qc ─────────┘
//!
//!  external ─▶ (callback) ─▶ download ─▶ thumbnails ─▶ store
//! ```
//!
//! - Stages hand each other files in the work directory and small facts in their outputs; `kept` names what stays.
//! - What a person wrote goes to programs in files, never in an argument that is looked into, and never through a shell.
//! - Every file gets its name when it is whole. A stage that is run again does what is left.
//! - Outputs under `workflow` are the workflow's own: `videoPath duration fileSize renditions thumbnails captions storage`.

pub mod approve;
pub mod captions;
pub mod clip;
pub mod clips;
pub mod compose;
pub mod download;
pub mod drawing;
pub mod episode;
pub mod external;
pub mod ffmpeg;
pub mod files;
pub mod finished;
pub mod footage;
pub mod generate;
pub mod kept;
pub mod loudness;
pub mod narration;
pub mod paid;
pub mod probe;
pub mod programs;
pub mod provided;
pub mod publish;
pub mod qc;
pub mod renditions;
pub mod reuse;
pub mod script;
pub mod search;
pub mod sections;
pub mod settings;
pub mod speech;
pub mod store;
pub mod thumbnails;
pub mod transcribe;
pub mod transcription;
pub mod tts;

use super::registry::Registry;

/// All built-in stages, by the names that pipelines call them.
#[must_use]
pub fn registry() -> Registry {
    Registry::new()
        .with("episode_discover", episode::discover::run)
        .with("episode_transcribe", episode::transcribe::run)
        .with("episode_enrich", episode::enrich::run)
        .with("episode_render", episode::render::run)
        .with("clip_select", clip::select::run)
        .with("clip_render", clip::render::run)
        .with("clip_store", clip::store::run)
        .with("approve", approve::run)
        .with("script", script::run)
        .with("tts", tts::run)
        .with("transcribe", transcribe::run)
        .with("search", search::run)
        .with("generate", generate::run)
        .with("compose", compose::run)
        .with("renditions", renditions::run)
        .with("thumbnails", thumbnails::run)
        .with("qc", qc::run)
        .with("store", store::run)
        .with("publish", publish::run)
        .with("external", external::run)
        .with("download", download::run)
}

#[cfg(test)]
pub(crate) mod tests;
