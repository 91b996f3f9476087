//! One kept result on the disk: a folder with its files, and what is known of them.

use super::Item;
use super::copy::{Stopped, copy};
use super::key::hex;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

const ABOUT: &str = "entry.json";
/// What is known of a result is small.
const LARGEST: u64 = 8 << 20;

/// What is known of a result besides its files.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct About {
    /// The workflow that it was made for.
    pub workflow: String,
    /// When, in milliseconds since 1970.
    pub made_at: i64,
    /// How long it took to make, in milliseconds.
    pub took_ms: u64,
    /// Facts about it, as who made it wants them back.
    pub facts: serde_json::Value,
}

#[derive(Serialize, Deserialize)]
pub(super) struct Entry {
    about: About,
    files: Vec<Listed>,
}

#[derive(Serialize, Deserialize)]
struct Listed {
    name: String,
    size: u64,
    sha256: String,
}

impl Entry {
    /// What stands at a place; none where nothing does.
    ///
    /// # Errors
    /// When it is not what was written.
    pub(super) fn read(place: &Path) -> Result<Option<Self>, Stopped> {
        let path = place.join(ABOUT);
        match path.metadata() {
            // A folder without it is what is left of an entry.
            Err(error) if error.kind() == ErrorKind::NotFound && !place.exists() => {
                return Ok(None);
            }
            Err(error) => return Err(Stopped::Damaged(error.to_string())),
            Ok(found) if found.len() > LARGEST => {
                return Err(Stopped::Damaged(format!(
                    "{ABOUT} has {} bytes",
                    found.len()
                )));
            }
            Ok(_) => {}
        }
        let text =
            std::fs::read_to_string(&path).map_err(|error| Stopped::Damaged(error.to_string()))?;
        let sound = text
            .split_once('\n')
            .filter(|(hash, rest)| *hash == hex(&Sha256::digest(rest)));
        let (_, rest) = sound.ok_or_else(|| Stopped::Damaged(format!("{ABOUT} was changed")))?;
        serde_json::from_str(rest)
            .map(Some)
            .map_err(|error| Stopped::Damaged(error.to_string()))
    }

    /// Copies its files to these places; all get their names, or none does.
    pub(super) fn copy_to(
        self,
        place: &Path,
        items: &[Item],
        stop: &dyn Fn() -> bool,
    ) -> Result<About, Stopped> {
        let copied = self.copy_beside(place, items, stop).and_then(|()| {
            items.iter().try_for_each(|item| {
                std::fs::rename(beside(&item.path), &item.path).map_err(Stopped::Disk)
            })
        });
        if copied.is_err() {
            for item in items {
                let _ = std::fs::remove_file(beside(&item.path));
            }
        }
        copied.map(|()| self.about)
    }

    fn copy_beside(
        &self,
        place: &Path,
        items: &[Item],
        stop: &dyn Fn() -> bool,
    ) -> Result<(), Stopped> {
        for item in items {
            let at = self.files.iter().position(|one| one.name == item.name);
            let (at, listed) = at
                .and_then(|at| Some((at, self.files.get(at)?)))
                .ok_or_else(|| Stopped::Damaged(format!("it has no {}", item.name)))?;
            let kept = place.join(at.to_string());
            if let Err(error) = kept.metadata() {
                return Err(Stopped::Damaged(error.to_string()));
            }
            let (size, sha256) =
                copy(&kept, &beside(&item.path), stop).map_err(|error| match error.kind() {
                    ErrorKind::Interrupted => Stopped::Asked,
                    _ => Stopped::Disk(error),
                })?;
            if (size, sha256.as_str()) != (listed.size, listed.sha256.as_str()) {
                return Err(Stopped::Damaged(format!("{} was changed", item.name)));
            }
        }
        Ok(())
    }

    /// Writes an entry into a new folder and answers its bytes.
    ///
    /// # Errors
    /// What the disk says.
    pub(super) fn write(
        folder: &Path,
        items: &[Item],
        about: &About,
        stop: &dyn Fn() -> bool,
    ) -> io::Result<u64> {
        std::fs::create_dir(folder)?;
        let (mut files, mut bytes) = (Vec::with_capacity(items.len()), 0);
        for (at, item) in items.iter().enumerate() {
            let (size, sha256) = copy(&item.path, &folder.join(at.to_string()), stop)?;
            bytes += size;
            files.push(Listed {
                name: item.name.clone(),
                size,
                sha256,
            });
        }
        let entry = Self {
            about: about.clone(),
            files,
        };
        let text = serde_json::to_string(&entry)?;
        let text = format!("{}\n{text}", hex(&Sha256::digest(&text)));
        std::fs::write(folder.join(ABOUT), &text)?;
        Ok(bytes + text.len() as u64)
    }
}

/// Notes at an entry that it was used now, and answers its bytes.
pub(super) fn used(place: &Path) -> u64 {
    let touched = File::options()
        .append(true)
        .open(place.join(ABOUT))
        .and_then(|file| file.set_modified(SystemTime::now()));
    if let Err(error) = touched {
        tracing::debug!(component = "CACHE", path = %place.display(), %error, "the use of a kept result is not noted");
    }
    size(place)
}

/// When an entry was last used; none where it is no entry.
pub(super) fn last_used(place: &Path) -> Option<SystemTime> {
    place.join(ABOUT).metadata().ok()?.modified().ok()
}

/// An entry's bytes.
pub(super) fn size(place: &Path) -> u64 {
    let files = std::fs::read_dir(place).into_iter().flatten().flatten();
    files
        .filter_map(|file| file.metadata().ok())
        .map(|found| found.len())
        .sum()
}

/// The name that a file has until all of its entry are whole. No stage writes under it, also none that an earlier life of the
/// daemon began.
fn beside(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_os_string();
    name.push(".reused");
    path.with_file_name(name)
}
