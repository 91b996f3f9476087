//! What is on the disk before the server is asked to begin a put in parts: a daemon that dies before it knows the answer finds
//! here under which key the server may keep something that no note names.
//!
//! ```text
//!  intent on the disk ─▶ the server begins ─▶ note on the disk ─▶ intent gone
//!                             └ died, or no answer: the intent stays ─▶ what the server has under this key, is older than
//!                               two minutes and stands in no note is given up ─▶ intent gone
//! ```
//!
//! - Nothing is given up but under a key that this very data directory meant to put: another daemon's uploads below the same
//!   prefix are never looked at.
//! - How old an upload is says the server's clock alone.

use super::uploads::Listing;
use super::{Notes, ObjectError, Objects};
use serde::{Deserialize, Serialize};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// The answer to what is younger than this may still be on its way.
const YOUNG: Duration = Duration::from_secs(120);
const ENDING: &str = "begin";

/// A put in parts that was about to begin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Intent {
    /// Whose file it is.
    pub workflow: String,
    /// Under which key, relative to the store's prefix.
    pub key: String,
}

/// What became of an intent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settled {
    /// So many uploads were given up, and nothing is left to look for.
    Done(usize),
    /// Something may still come of it; it is looked at again.
    Open,
    /// This store does not tell what was begun there: its own rules for what is left over have to do.
    Untold,
}

impl Intent {
    fn path(&self, notes: &Notes) -> PathBuf {
        notes.path(&self.key).with_extension(ENDING)
    }

    /// Says that it is about to begin. True: nothing was open under this key.
    pub(super) fn open(&self, notes: &Notes) -> io::Result<bool> {
        let path = self.path(notes);
        std::fs::create_dir_all(&notes.folder)?;
        let is_first = !path.exists();
        let mut file = std::fs::File::create(path)?;
        file.write_all(&serde_json::to_vec(self)?)?;
        file.sync_data()?;
        // Its name must be there as well before the server is asked.
        std::fs::File::open(&notes.folder)?.sync_all()?;
        Ok(is_first)
    }

    pub(super) fn close(&self, notes: &Notes) -> io::Result<()> {
        match std::fs::remove_file(self.path(notes)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// When it was last about to begin; none where it is closed.
    fn opened(&self, notes: &Notes) -> Option<SystemTime> {
        self.path(notes).metadata().ok()?.modified().ok()
    }
}

impl Notes {
    /// Every put that was about to begin, and of which no more is known. What can't be read is passed over.
    ///
    /// # Errors
    /// The folder's.
    pub fn intents(&self) -> io::Result<Vec<Intent>> {
        let entries = match std::fs::read_dir(&self.folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            other => other?,
        };
        let is_one = |path: &Path| path.extension().is_some_and(|word| word == ENDING);
        let read = |entry: io::Result<std::fs::DirEntry>| {
            let path = entry.ok()?.path();
            let text = is_one(&path).then(|| std::fs::read(&path).ok())??;
            serde_json::from_slice(&text).ok()
        };
        Ok(entries.filter_map(read).collect())
    }

    /// Gives up what the server began for this intent and nobody knows of.
    ///
    /// # Errors
    /// The server's, the disk's; the intent then stays for the next time.
    pub async fn settle(&self, objects: &Objects, intent: &Intent) -> Result<Settled, ObjectError> {
        let Some(opened) = intent.opened(self) else {
            return Ok(Settled::Done(0));
        };
        // A clock that was put back makes it young again, never too old.
        if opened.elapsed().unwrap_or_default() < YOUNG {
            return Ok(Settled::Open);
        }
        let listing = match objects.begun(&intent.key).await {
            Ok(Some(listing)) => listing,
            Ok(None) | Err(ObjectError::Denied(_)) => {
                intent.close(self)?;
                return Ok(Settled::Untold);
            }
            Err(error) => return Err(error),
        };
        let named = self.read(&intent.key).map(|noted| noted.begun.id);
        let (lost, is_all) = forsaken(&listing, &objects.whole(&intent.key), named.as_deref());
        for id in &lost {
            objects.abort(&intent.key, id).await?;
        }
        // A put that began anew meanwhile opened it again.
        if is_all && intent.opened(self) == Some(opened) {
            intent.close(self)?;
            return Ok(Settled::Done(lost.len()));
        }
        Ok(Settled::Open)
    }
}

/// Which of these uploads nobody knows of, and whether that is all there is to find under this key.
fn forsaken<'a>(listing: &'a Listing, key: &str, named: Option<&str>) -> (Vec<&'a str>, bool) {
    let (mut lost, mut is_all) = (Vec::new(), listing.is_whole);
    for upload in &listing.uploads {
        if upload.key != key || Some(upload.id.as_str()) == named {
            continue;
        }
        match upload.age {
            Some(age) if age >= YOUNG => lost.push(upload.id.as_str()),
            _ => is_all = false,
        }
    }
    (lost, is_all)
}

#[cfg(test)]
mod tests {
    use super::super::uploads::Upload;
    use super::*;

    fn upload(key: &str, id: &str, age: Option<u64>) -> Upload {
        Upload {
            key: key.to_owned(),
            id: id.to_owned(),
            age: age.map(Duration::from_secs),
        }
    }

    #[test]
    fn only_old_ones_of_this_very_key_that_stand_in_no_note_are_given_up() {
        let mut listing = Listing {
            uploads: vec![
                upload("reel/a.mp4", "lost", Some(120)),
                upload("reel/a.mp4", "noted", Some(900)),
                upload("reel/a.mp4.txt", "another", Some(900)),
            ],
            is_whole: true,
        };
        let told = forsaken(&listing, "reel/a.mp4", Some("noted"));
        assert_eq!(told, (vec!["lost"], true));
        listing.is_whole = false;
        let told = forsaken(&listing, "reel/a.mp4", Some("noted"));
        assert_eq!(told, (vec!["lost"], false));
        for age in [None, Some(119)] {
            listing.uploads = vec![upload("reel/a.mp4", "young", age)];
            listing.is_whole = true;
            assert_eq!(forsaken(&listing, "reel/a.mp4", None), (vec![], false));
        }
    }

    #[test]
    fn an_intent_is_open_until_it_is_closed_and_is_no_note() {
        let folder = tempfile::tempdir().unwrap();
        let notes = Notes::at(folder.path());
        assert_eq!(notes.intents().unwrap(), []);
        let intent = Intent {
            workflow: "cm1".to_owned(),
            key: "videos/ann/1.mp4".to_owned(),
        };
        assert!(intent.open(&notes).unwrap());
        assert!(!intent.open(&notes).unwrap(), "it is open already");
        assert_eq!(notes.intents().unwrap(), std::slice::from_ref(&intent));
        assert_eq!(notes.all().unwrap(), []);
        intent.close(&notes).unwrap();
        intent.close(&notes).unwrap();
        assert_eq!(notes.intents().unwrap(), []);
    }
}
