//! What stages leave of an episode for later workflows: its transcript and its clips, in a folder of its own.

use super::transcript::Transcript;
use crate::config::Config;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

/// Larger files than this were not written by us.
const LARGEST: u64 = 64 << 20;

/// A part of an episode that stands by itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Clip {
    /// `c1`, `c2`… in the order of their beginnings.
    pub clip_id: String,
    /// For people.
    pub title: String,
    /// Seconds from the episode's beginning.
    pub start: f64,
    /// Seconds, after `start`.
    pub end: f64,
    /// 0–1: how good a clip it would be.
    pub score: f64,
    /// What is said in it; empty where that is not known.
    pub text: String,
}

/// An episode's folder.
#[derive(Debug, Clone)]
pub struct Left {
    folder: PathBuf,
}

impl Left {
    /// The folder of the episode with this id, which a scan has given: see the room's words.
    #[must_use]
    pub fn of(config: &Config, id: &str) -> Self {
        // An id has neither `/` nor `.`: it can't leave the folder, whatever a client sent.
        let plain = !id.is_empty() && !id.contains(['/', '.', '\0']);
        let id = if plain { id } else { "-" };
        Self {
            folder: config.data_dir.join("media").join("episodes").join(id),
        }
    }

    /// Where the transcript stands for players.
    #[must_use]
    pub fn srt(&self) -> PathBuf {
        self.folder.join("transcript.srt")
    }

    /// What is said; none before it was transcribed.
    ///
    /// # Errors
    /// What the disk says.
    pub fn transcript(&self) -> io::Result<Option<Transcript>> {
        read(&self.folder.join("transcript.json"))
    }

    /// Keeps what is said.
    ///
    /// # Errors
    /// What the disk says.
    pub fn keep_transcript(&self, transcript: &Transcript, srt: &str) -> io::Result<()> {
        write(&self.srt(), srt.as_bytes())?;
        write(
            &self.folder.join("transcript.json"),
            &serde_json::to_vec(transcript)?,
        )
    }

    /// Its clips by beginning; none before they were looked for.
    ///
    /// # Errors
    /// What the disk says.
    pub fn clips(&self) -> io::Result<Option<Vec<Clip>>> {
        read(&self.folder.join("clips.json"))
    }

    /// Keeps its clips.
    ///
    /// # Errors
    /// What the disk says.
    pub fn keep_clips(&self, clips: &[Clip]) -> io::Result<()> {
        write(&self.folder.join("clips.json"), &serde_json::to_vec(clips)?)
    }
}

fn read<T: DeserializeOwned>(path: &Path) -> io::Result<Option<T>> {
    match std::fs::metadata(path) {
        Ok(facts) if facts.len() > LARGEST => {
            let problem = format!(
                "{} has {} bytes, which is too large",
                path.display(),
                facts.len()
            );
            return Err(io::Error::new(ErrorKind::InvalidData, problem));
        }
        Ok(_) => {}
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    }
    let json = std::fs::read(path)?;
    serde_json::from_slice(&json).map(Some).map_err(|error| {
        let problem = format!("{} can't be read: {error}", path.display());
        io::Error::new(ErrorKind::InvalidData, problem)
    })
}

/// Whole or not at all.
fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let part = path.with_extension("part");
    let mut file = std::fs::File::create(&part)?;
    file.write_all(bytes)?;
    file.sync_data()?;
    std::fs::rename(&part, path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_is_found_again() {
        let data = tempfile::tempdir().unwrap();
        let left = Left::of(&Config::default_at(data.path()), "talk");
        assert_eq!(left.clips().unwrap(), None);
        let clip = Clip {
            clip_id: "c1".into(),
            title: "T".into(),
            start: 1.0,
            end: 20.5,
            score: 0.5,
            text: String::new(),
        };
        left.keep_clips(std::slice::from_ref(&clip)).unwrap();
        assert_eq!(left.clips().unwrap(), Some(vec![clip]));
        left.keep_transcript(&Transcript::default(), "").unwrap();
        assert_eq!(left.transcript().unwrap(), Some(Transcript::default()));
        std::fs::write(left.srt().with_file_name("clips.json"), "[{").unwrap();
        assert!(
            left.clips()
                .unwrap_err()
                .to_string()
                .contains("clips.json can't be read")
        );
    }

    #[test]
    fn no_id_leads_out_of_the_folder() {
        let config = Config::default_at("/d");
        for id in ["../x", "..", "", "a/b", "a\0"] {
            assert_eq!(
                Left::of(&config, id).srt(),
                Path::new("/d/media/episodes/-/transcript.srt")
            );
        }
    }
}
