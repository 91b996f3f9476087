//! Where an upload lies: beside the episodes under a hidden name while it arrives, then under its own. A name that is an
//! episode's never holds half of one.

use rustix::fs::{CWD, RenameFlags, renameat_with, statvfs};
use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

/// The ending of what has not arrived whole; no scan of the episodes sees such a file.
const PART: &str = ".upload";
/// What nobody went on with for so long is given up.
const GIVEN_UP: Duration = Duration::from_secs(48 * 3600);
/// Enough of the beginning to tell a video by.
const BEGINNING: usize = 512;

/// The places of one episode's upload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    root: PathBuf,
    id: String,
}

impl Place {
    /// Below this root. `id` is checked: one name, no path.
    #[must_use]
    pub fn new(root: PathBuf, id: &str) -> Self {
        Self {
            root,
            id: id.to_owned(),
        }
    }

    fn part(&self) -> PathBuf {
        self.root.join(format!(".{}{PART}", self.id))
    }

    /// Makes the root, and removes the parts that were given up there.
    ///
    /// # Errors
    /// What the disk says.
    pub fn prepare(&self) -> io::Result<()> {
        std::fs::create_dir_all(&self.root)?;
        let now = SystemTime::now();
        for entry in std::fs::read_dir(&self.root)?.flatten() {
            let name = entry.file_name();
            let name = name.to_string_lossy();
            let left = name.starts_with('.') && name.ends_with(PART);
            let age = || {
                let modified = entry.metadata().ok()?.modified().ok()?;
                now.duration_since(modified).ok()
            };
            if left && age().is_some_and(|age| age > GIVEN_UP) {
                // One that can't be removed is only in the way of the disk, which is watched.
                let _ = std::fs::remove_file(entry.path());
            }
        }
        Ok(())
    }

    /// Bytes that have arrived.
    ///
    /// # Errors
    /// What the disk says.
    pub fn arrived(&self) -> io::Result<u64> {
        match std::fs::symlink_metadata(self.part()) {
            Ok(found) if found.is_file() => Ok(found.len()),
            Ok(_) => Err(io::Error::from(io::ErrorKind::AlreadyExists)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(0),
            Err(error) => Err(error),
        }
    }

    /// Opens the part to write on from its `length`th byte; what lies behind that is dropped.
    ///
    /// # Errors
    /// What the disk says.
    pub fn open(&self, length: u64) -> io::Result<File> {
        let nofollow = i32::try_from(rustix::fs::OFlags::NOFOLLOW.bits()).unwrap_or(0);
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .mode(0o644)
            .custom_flags(nofollow)
            .open(self.part())?;
        file.set_len(length)?;
        io::Seek::seek(&mut &file, io::SeekFrom::Start(length))?;
        Ok(file)
    }

    /// The part's first bytes.
    ///
    /// # Errors
    /// What the disk says.
    pub fn beginning(&self) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::with_capacity(BEGINNING);
        let file = File::open(self.part())?;
        io::Read::read_to_end(&mut io::Read::take(file, BEGINNING as u64), &mut bytes)?;
        Ok(bytes)
    }

    /// Drops what has arrived.
    pub fn discard(&self) {
        // It may not be there; a part that stays is given up in time.
        let _ = std::fs::remove_file(self.part());
    }

    /// Gives the whole its name, unless another file has it.
    ///
    /// # Errors
    /// `AlreadyExists`; what the disk says.
    pub fn finish(&self, extension: &str) -> io::Result<PathBuf> {
        let name = self.root.join(format!("{}.{extension}", self.id));
        File::open(self.part())?.sync_all()?;
        match renameat_with(CWD, self.part(), CWD, &name, RenameFlags::NOREPLACE) {
            Ok(()) => {}
            // Not every file system knows the flag.
            Err(rustix::io::Errno::INVAL | rustix::io::Errno::NOSYS) => {
                if std::fs::symlink_metadata(&name).is_ok() {
                    return Err(io::Error::from(io::ErrorKind::AlreadyExists));
                }
                std::fs::rename(self.part(), &name)?;
            }
            Err(error) => return Err(error.into()),
        }
        File::open(&self.root)?.sync_all()?;
        Ok(name)
    }

    /// Bytes that are free here for the daemon's user.
    ///
    /// # Errors
    /// What the disk says.
    pub fn free(&self) -> io::Result<u64> {
        let facts = statvfs(&self.root)?;
        Ok(facts.f_bavail.saturating_mul(facts.f_frsize))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;

    #[test]
    fn a_part_goes_on_where_it_ended_and_takes_no_others_name() {
        let dir = tempfile::tempdir().unwrap();
        let place = Place::new(dir.path().join("episodes"), "e1");
        place.prepare().unwrap();
        assert_eq!(place.arrived().unwrap(), 0);
        place.open(0).unwrap().write_all(b"01234").unwrap();
        place.open(3).unwrap().write_all(b"xyz").unwrap();
        assert_eq!(
            (place.arrived().unwrap(), place.beginning().unwrap()),
            (6, b"012xyz".to_vec())
        );
        let named = place.finish("mp4").unwrap();
        assert_eq!(std::fs::read(&named).unwrap(), b"012xyz");
        place.open(0).unwrap().write_all(b"other").unwrap();
        let refused = place.finish("mp4").unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(std::fs::read(&named).unwrap(), b"012xyz");
        place.discard();
        assert_eq!(place.arrived().unwrap(), 0);
    }

    #[test]
    fn a_link_in_the_parts_place_is_not_written_through() {
        let dir = tempfile::tempdir().unwrap();
        let (root, other) = (dir.path().join("episodes"), dir.path().join("other"));
        std::fs::write(&other, b"safe").unwrap();
        let place = Place::new(root.clone(), "e1");
        place.prepare().unwrap();
        std::os::unix::fs::symlink(&other, root.join(".e1.upload")).unwrap();
        assert!(place.arrived().is_err() && place.open(0).is_err());
        assert_eq!(std::fs::read(&other).unwrap(), b"safe");
    }

    #[test]
    fn what_was_given_up_goes() {
        let dir = tempfile::tempdir().unwrap();
        let place = Place::new(dir.path().to_owned(), "new");
        let (old, young) = (
            dir.path().join(".old.upload"),
            dir.path().join(".young.upload"),
        );
        for path in [&old, &young] {
            std::fs::write(path, b"x").unwrap();
        }
        let then = SystemTime::now() - GIVEN_UP - Duration::from_secs(60);
        File::options()
            .write(true)
            .open(&old)
            .unwrap()
            .set_modified(then)
            .unwrap();
        place.prepare().unwrap();
        assert!(!old.exists() && young.exists());
    }
}
