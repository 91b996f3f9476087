//! Who may appear in a video, who may speak and about what: the avatars, voices and topics of `catalog.toml` beside the
//! configuration, and the voices that this machine's speech program has.
//!
//! A file that is there replaces the built-in one whole. It is read again each time it is asked for: it is small, and a
//! change counts at once. One that can't be read is an error with its place, never an empty list.

mod espeak;

pub use espeak::Spoken;

use crate::config::Config;
use serde::{Deserialize, Serialize};
use std::io;
use std::path::{Path, PathBuf};

/// The file's name, beside the configuration.
const FILE: &str = "catalog.toml";
/// What stands in where there is none.
const BUILT_IN: &str = include_str!("../../catalog.toml");
/// A file that is larger is no catalogue of people.
const LARGEST: u64 = 4 << 20;

/// Who appears.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Avatar {
    /// By which an outside maker knows it.
    pub avatar_id: String,
    /// For people.
    pub name: String,
    /// `female`, `male`; a voice of the same is chosen for it.
    #[serde(default)]
    pub gender: Option<String>,
    /// A picture.
    #[serde(default)]
    pub preview_url: Option<String>,
}

/// Who speaks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Voice {
    /// By which its maker knows it; what the parameter `voice` takes where it is one of this machine's.
    pub voice_id: String,
    /// For people.
    pub name: String,
    /// `female`, `male`.
    #[serde(default)]
    pub gender: Option<String>,
    /// `en-US`
    #[serde(default)]
    pub language: Option<String>,
    /// A sample.
    #[serde(default)]
    pub preview_url: Option<String>,
}

/// What is spoken about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Topic {
    /// Its name for programs.
    pub topic_id: String,
    /// For people.
    pub title: String,
    /// What should be said.
    #[serde(default)]
    pub key_points: Vec<String>,
}

/// All of them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cast {
    /// Who appears.
    #[serde(default)]
    pub avatars: Vec<Avatar>,
    /// Who speaks, as the outside makers know them.
    #[serde(default)]
    pub voices: Vec<Voice>,
    /// What about.
    #[serde(default)]
    pub topics: Vec<Topic>,
}

/// Why a catalogue can't be used.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs, reason = "the message says what each field is")]
pub enum CastError {
    #[error("{} can't be read: {source}; mend its permissions, or remove it and the built-in one counts", .path.display())]
    Io { path: PathBuf, source: io::Error },
    #[error("{} has {size} bytes; at most {LARGEST} are read", .path.display())]
    TooLarge { path: PathBuf, size: u64 },
    #[error("{} is not right: {problem}", .path.display())]
    Wrong { path: PathBuf, problem: String },
}

impl Cast {
    /// Where this configuration's file would stand.
    #[must_use]
    pub fn place(config: &Config) -> PathBuf {
        let folder = config.file.parent().unwrap_or_else(|| Path::new("."));
        folder.join(FILE)
    }

    /// What counts for this configuration.
    ///
    /// # Errors
    /// A file that is there and can't be used.
    pub fn read(config: &Config) -> Result<Self, CastError> {
        Self::at(&Self::place(config))
    }

    fn at(path: &Path) -> Result<Self, CastError> {
        let io = |source| CastError::Io {
            path: path.to_owned(),
            source,
        };
        let text = match std::fs::metadata(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => BUILT_IN.to_owned(),
            Err(error) => return Err(io(error)),
            Ok(found) if found.len() > LARGEST => {
                return Err(CastError::TooLarge {
                    path: path.to_owned(),
                    size: found.len(),
                });
            }
            Ok(_) => std::fs::read_to_string(path).map_err(io)?,
        };
        Self::parse(&text).map_err(|problem| CastError::Wrong {
            path: path.to_owned(),
            problem,
        })
    }

    fn parse(text: &str) -> Result<Self, String> {
        let cast: Self = toml::from_str(text).map_err(|error| error.to_string())?;
        let ids = [
            (
                "avatar_id",
                cast.avatars.iter().map(|one| &one.avatar_id).collect(),
            ),
            (
                "voice_id",
                cast.voices.iter().map(|one| &one.voice_id).collect(),
            ),
            (
                "topic_id",
                cast.topics
                    .iter()
                    .map(|one| &one.topic_id)
                    .collect::<Vec<_>>(),
            ),
        ];
        for (name, mut ids) in ids {
            ids.sort_unstable();
            if let Some(twice) = ids.windows(2).find(|pair| pair[0] == pair[1]) {
                return Err(format!(
                    "{name} `{}` is there twice; give each its own",
                    twice[0]
                ));
            }
        }
        Ok(cast)
    }

    /// The voice that goes with an avatar: the first one of its gender.
    #[must_use]
    pub fn voice_for(&self, avatar: &str) -> Option<&Voice> {
        let found = self.avatars.iter().find(|one| one.avatar_id == avatar)?;
        let gender = found.gender.as_deref()?;
        self.voices
            .iter()
            .find(|voice| voice.gender.as_deref() == Some(gender))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_one_is_right() {
        let cast = Cast::at(Path::new("/nowhere/catalog.toml")).unwrap();
        assert!(!cast.avatars.is_empty() && !cast.topics.is_empty());
    }

    #[test]
    fn a_voice_is_found_by_the_avatars_gender() {
        let cast = Cast::parse(
            "[[avatars]]\navatar_id = \"anna\"\nname = \"Anna\"\ngender = \"female\"\n\
             [[avatars]]\navatar_id = \"it\"\nname = \"It\"\n\
             [[voices]]\nvoice_id = \"v0\"\nname = \"Tom\"\ngender = \"male\"\n\
             [[voices]]\nvoice_id = \"v1\"\nname = \"Emma\"\ngender = \"female\"\n",
        )
        .unwrap();
        let voice = |avatar: &str| cast.voice_for(avatar).map(|voice| voice.voice_id.as_str());
        assert_eq!(voice("anna"), Some("v1"));
        assert_eq!((voice("it"), voice("nobody")), (None, None));
    }

    #[test]
    fn a_file_that_is_wrong_names_its_place() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(FILE);
        let told = |text: &str| {
            std::fs::write(&path, text).unwrap();
            Cast::at(&path).unwrap_err().to_string()
        };
        let wrong = told("[[avatars]]\navatar_id = \"a\"\nnam = \"x\"\n");
        assert!(
            wrong.contains("catalog.toml") && wrong.contains("line 3"),
            "{wrong}"
        );
        let one = "[[topics]]\ntopic_id = \"t\"\ntitle = \"x\"\n";
        assert!(told(&one.repeat(2)).contains("topic_id `t` is there twice"));
        std::fs::write(&path, one).unwrap();
        let cast = Cast::at(&path).unwrap();
        assert!(
            cast.avatars.is_empty(),
            "the file replaces the built-in one whole"
        );
    }
}
