//! The library's index: what ffprobe said of each file, so that a file is looked into once for each state it is in.
//!
//! It stands in `DATA_DIR/library.json` and is only ever a memory: one that is missing, damaged or out of date costs time.

use crate::executor::stage::StageError;
use crate::executor::stages::files;
use crate::executor::stages::probe::Media;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

/// A larger file was not written by us.
const LARGEST: u64 = 64 << 20;
/// Tags of a file, and characters of each.
const TAGS: usize = 8;
const TAG: usize = 200;

/// What is known of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    size: u64,
    modified: u64,
    /// Milliseconds; none where it is no video that can be used.
    pub length: Option<u64>,
    /// Wider than high.
    pub wide: bool,
    /// What its maker wrote into it: title, comment, keywords.
    pub tags: Vec<String>,
}

/// The files that are known, by path.
#[derive(Debug, Default)]
pub struct Index {
    place: PathBuf,
    known: BTreeMap<PathBuf, Entry>,
    changed: bool,
}

impl Index {
    /// Reads the index of a data directory.
    #[must_use]
    pub fn open(data_dir: &Path) -> Self {
        let place = data_dir.join("library.json");
        let fits = std::fs::metadata(&place).is_ok_and(|facts| facts.len() <= LARGEST);
        let text = if fits {
            std::fs::read(&place).unwrap_or_default()
        } else {
            Vec::new()
        };
        Self {
            known: serde_json::from_slice(&text).unwrap_or_default(),
            place,
            changed: false,
        }
    }

    /// What is known of a file in the state that it is in.
    #[must_use]
    pub fn get(&self, path: &Path) -> Option<&Entry> {
        let entry = self.known.get(path)?;
        let (size, modified) = state(path)?;
        ((entry.size, entry.modified) == (size, modified)).then_some(entry)
    }

    /// Notes what a file is; none: no video that can be used.
    pub fn note(&mut self, path: &Path, media: Option<&Media>) {
        let Some((size, modified)) = state(path) else {
            return;
        };
        let video = media.and_then(|media| media.video.as_ref());
        let length = media
            .and_then(|media| media.duration)
            .filter(|length| *length >= Duration::from_secs(1))
            .and_then(|length| u64::try_from(length.as_millis()).ok());
        let entry = Entry {
            size,
            modified,
            length: length.filter(|_| video.is_some()),
            wide: video.is_some_and(|video| video.width > video.height),
            tags: media.map(tags).unwrap_or_default(),
        };
        self.known.insert(path.to_path_buf(), entry);
        self.changed = true;
    }

    /// Writes it, if anything is new; files that are gone are forgotten. Two that write at the same time: the later one stays,
    /// and what the other knew is looked at again.
    ///
    /// # Errors
    /// What the disk says.
    pub fn close(mut self) -> Result<(), StageError> {
        if !self.changed {
            return Ok(());
        }
        self.known.retain(|path, _| path.exists());
        files::write_whole(
            &self.place,
            &serde_json::to_vec(&self.known).unwrap_or_default(),
        )
    }
}

fn tags(media: &Media) -> Vec<String> {
    let tags = media.tags.iter().take(TAGS);
    tags.map(|tag| tag.chars().take(TAG).collect()).collect()
}

fn state(path: &Path) -> Option<(u64, u64)> {
    let facts = std::fs::metadata(path).ok()?;
    let modified = facts.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
    Some((facts.len(), u64::try_from(modified.as_millis()).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::executor::stages::probe::Video;

    #[test]
    fn a_file_is_known_until_it_changes() {
        let folder = tempfile::tempdir().unwrap();
        let (film, note) = (folder.path().join("a.mp4"), folder.path().join("b.mp4"));
        std::fs::write(&film, b"x").unwrap();
        std::fs::write(&note, b"y").unwrap();
        let video = Video {
            codec: "h264".into(),
            width: 9,
            height: 16,
            pixels: "yuv420p".into(),
        };
        let media = Media {
            duration: Some(Duration::from_secs(3)),
            size: 1,
            video: Some(video),
            audio: None,
            technical: Default::default(),
            tags: vec!["Waves".into()],
        };
        let mut index = Index::open(folder.path());
        index.note(&film, Some(&media));
        index.note(&note, None);
        index.close().unwrap();
        let index = Index::open(folder.path());
        let entry = index.get(&film).unwrap();
        assert_eq!(
            (entry.length, entry.wide, entry.tags.as_slice()),
            (Some(3_000), false, &["Waves".to_owned()][..])
        );
        assert_eq!(index.get(&note).unwrap().length, None);
        std::fs::write(&film, b"longer").unwrap();
        assert_eq!(index.get(&film), None);
        std::fs::write(folder.path().join("library.json"), b"[broken").unwrap();
        assert_eq!(Index::open(folder.path()).get(&note), None);
    }
}
