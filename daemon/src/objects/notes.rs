//! What is known of puts in parts that were begun, on the disk: a restart goes on with them, and those of workflows that have
//! ended or are gone are given up. One file a key, in `uploads` below the data directory.

use super::{Begun, Intent, ObjectError, Objects, Put, Stored};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use tokio_util::sync::CancellationToken;

/// Where the notes are.
#[derive(Debug, Clone)]
pub struct Notes {
    pub(super) folder: PathBuf,
}

/// One note.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Noted {
    /// Whose file it is.
    pub workflow: String,
    /// Under which key.
    pub key: String,
    /// What was begun.
    pub begun: Begun,
}

/// A file to be put, as both the stage and the loop that stores later know it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// Relative to the store's prefix.
    pub key: String,
    /// The file.
    pub path: PathBuf,
    /// Its bytes.
    pub size: u64,
    /// Their hash in hexadecimal.
    pub sha256: String,
}

impl Item {
    fn content_type(&self) -> &'static str {
        match self.path.extension().and_then(|word| word.to_str()) {
            Some("mp4") => "video/mp4",
            Some("jpg") => "image/jpeg",
            Some("srt") => "application/x-subrip",
            Some("ass") => "text/x-ssa",
            Some("wav") => "audio/wav",
            _ => "application/octet-stream",
        }
    }
}

impl Notes {
    /// The notes of this data directory.
    #[must_use]
    pub fn at(data_dir: &Path) -> Self {
        Self {
            folder: data_dir.join("uploads"),
        }
    }

    pub(super) fn path(&self, key: &str) -> PathBuf {
        let hash = Sha256::digest(key.as_bytes());
        let name: String = hash
            .iter()
            .take(12)
            .map(|byte| format!("{byte:02x}"))
            .collect();
        self.folder.join(format!("{name}.json"))
    }

    pub(super) fn read(&self, key: &str) -> Option<Noted> {
        let text = std::fs::read(self.path(key)).ok()?;
        let noted: Noted = serde_json::from_slice(&text).ok()?;
        (noted.key == key).then_some(noted)
    }

    /// Written beside and renamed, so that a kill leaves the old note or the new one.
    fn write(&self, noted: &Noted) -> io::Result<()> {
        std::fs::create_dir_all(&self.folder)?;
        let path = self.path(&noted.key);
        let part = path.with_extension("part");
        let mut file = std::fs::File::create(&part)?;
        file.write_all(&serde_json::to_vec(noted)?)?;
        file.sync_data()?;
        std::fs::rename(part, path)
    }

    fn remove(&self, key: &str) -> io::Result<()> {
        match std::fs::remove_file(self.path(key)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// Everything that was begun and not ended. What can't be read is passed over.
    ///
    /// # Errors
    /// The folder's.
    pub fn all(&self) -> io::Result<Vec<Noted>> {
        let entries = match std::fs::read_dir(&self.folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            other => other?,
        };
        let read = |entry: io::Result<std::fs::DirEntry>| {
            let text = std::fs::read(entry.ok()?.path()).ok()?;
            serde_json::from_slice(&text).ok()
        };
        Ok(entries.filter_map(read).collect())
    }

    /// Puts a file, going on from its note.
    ///
    /// # Errors
    /// Why it is not there yet.
    pub async fn put(
        &self,
        objects: &Objects,
        workflow: &str,
        item: &Item,
        progress: &(dyn Fn(u64) + Sync),
        cancel: &CancellationToken,
    ) -> Result<Stored, ObjectError> {
        let intent = Intent {
            workflow: workflow.to_owned(),
            key: item.key.clone(),
        };
        // Where one was open before, what it left is still to be looked for: it stays until then.
        let is_first = AtomicBool::new(false);
        let about_to = || {
            is_first.store(intent.open(self)?, Ordering::Relaxed);
            Ok(())
        };
        let note = |begun: &Begun| {
            self.write(&Noted {
                workflow: workflow.to_owned(),
                key: item.key.clone(),
                begun: begun.clone(),
            })?;
            if is_first.swap(false, Ordering::Relaxed) {
                intent.close(self)?;
            }
            Ok(())
        };
        let order = Put {
            key: &item.key,
            file: &item.path,
            size: item.size,
            sha256: &item.sha256,
            content_type: item.content_type(),
            begun: self.read(&item.key).map(|noted| noted.begun),
            about_to: &about_to,
            note: &note,
            progress,
            cancel,
        };
        let stored = objects.put(order).await?;
        self.remove(&item.key)?;
        Ok(stored)
    }

    /// Gives up what was begun.
    ///
    /// # Errors
    /// The server's; the note then stays for the next time.
    pub async fn give_up(&self, objects: &Objects, noted: &Noted) -> Result<(), ObjectError> {
        match objects.abort(&noted.key, &noted.begun.id).await {
            // A server that does not know it, or knows it as somebody else's, keeps nothing of ours.
            Ok(()) | Err(ObjectError::Denied(_) | ObjectError::Local) => {
                Ok(self.remove(&noted.key)?)
            }
            Err(error) => Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_is_found_by_its_key_alone() {
        let folder = tempfile::tempdir().unwrap();
        let notes = Notes::at(folder.path());
        assert_eq!(notes.all().unwrap(), []);
        let noted = Noted {
            workflow: "cm1".to_owned(),
            key: "videos/ann/1.mp4".to_owned(),
            begun: Begun::new("id".to_owned(), 20 << 20, "abc"),
        };
        notes.write(&noted).unwrap();
        assert_eq!(notes.read("videos/ann/1.mp4"), Some(noted.clone()));
        assert_eq!(notes.read("videos/ann/2.mp4"), None);
        assert_eq!(notes.all().unwrap(), [noted]);
        notes.remove("videos/ann/1.mp4").unwrap();
        notes.remove("videos/ann/1.mp4").unwrap();
        assert_eq!(notes.all().unwrap(), []);
    }
}
