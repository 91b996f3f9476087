//! The narration: what is said, sentence by sentence, and exactly when. The voice's stage writes it beside the sound; the
//! stages after it time captions and pictures by it.

pub mod language;
pub mod sentences;
pub mod silence;
pub mod wav;

use super::files;
use crate::domain::ErrorClass;
use crate::executor::stage::StageError;
use serde::{Deserialize, Serialize};
use std::path::Path;
use std::time::Duration;

/// The narration's sound in the work directory.
pub const SOUND: &str = "narration.wav";
/// When each sentence is said, beside it.
pub const TIMING: &str = "narration.json";

/// What is said and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Narration {
    /// The voice program's name for the language.
    pub language: String,
    /// The sound's whole length.
    pub milliseconds: u64,
    /// In order, without overlap.
    pub sentences: Vec<Spoken>,
}

/// One sentence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spoken {
    /// As it was written, in one line.
    pub text: String,
    /// When its first sound begins.
    pub from: u64,
    /// When its last sound ends.
    pub to: u64,
}

impl Narration {
    /// The whole length.
    #[must_use]
    pub fn length(&self) -> Duration {
        Duration::from_millis(self.milliseconds)
    }

    /// Whether anything is said in it.
    #[must_use]
    pub fn has_words(&self) -> bool {
        !self.sentences.is_empty()
    }

    /// Writes the timing into the work directory.
    ///
    /// # Errors
    /// What the disk says.
    pub fn write(&self, work: &Path) -> Result<(), StageError> {
        let path = work.join(TIMING);
        let json = serde_json::to_vec(self)
            .map_err(|error| files::failed("written", &path, &error.into()))?;
        files::write_whole(&path, &json)
    }

    /// Reads the timing that an earlier stage wrote.
    ///
    /// # Errors
    /// Class `config` when no stage before gave a narration; what the disk says.
    pub async fn read(work: &Path) -> Result<Self, StageError> {
        let path = work.join(TIMING);
        files::blocking(move || match std::fs::read(&path) {
            Ok(json) => serde_json::from_slice(&json)
                .map_err(|error| files::failed("read", &path, &error.into())),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Err(StageError::failed(
                ErrorClass::Config,
                "no_narration",
                "there is no narration to work with",
                "Put a stage with `uses = \"tts\"` before this one, or retry from it.",
            )),
            Err(error) => Err(files::failed("read", &path, &error)),
        })
        .await
    }
}
