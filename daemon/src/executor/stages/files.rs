//! Files of stages: written beside their final name and renamed, so that a name never holds half a file; what goes wrong is
//! told with the path and the remedy.

use crate::domain::ErrorClass;
use crate::executor::stage::StageError;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// The name that a file has while it is written.
#[must_use]
pub fn part(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_os_string();
    name.push(".part");
    path.with_file_name(name)
}

/// Writes a whole file under its part name, then renames it.
///
/// # Errors
/// What the disk says.
pub fn write_whole(path: &Path, contents: &[u8]) -> Result<(), StageError> {
    let part = part(path);
    let write = || {
        let mut file = std::fs::File::create(&part)?;
        file.write_all(contents)?;
        file.sync_data()?;
        std::fs::rename(&part, path)
    };
    write().map_err(|error| failed("written", path, &error))
}

/// Gives a finished part its name. The bytes are on the disk before the name is. A part that has its name already (the
/// stage was run again after that) is fine.
///
/// # Errors
/// What the disk says; a part that isn't there although its program succeeded.
pub fn finish(part: &Path, path: &Path) -> Result<(), StageError> {
    let finish = || {
        std::fs::File::open(part)?.sync_all()?;
        std::fs::rename(part, path)
    };
    match finish() {
        Err(error) if error.kind() == io::ErrorKind::NotFound && holds_something(path) => Ok(()),
        other => other.map_err(|error| failed("kept", path, &error)),
    }
}

fn holds_something(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|found| found.len() > 0)
}

/// Gives a file a second name, by a link where the disk can, else by a copy. An older file of that name is replaced.
///
/// # Errors
/// What the disk says.
pub fn link(from: &Path, to: &Path) -> Result<(), StageError> {
    if let Some(folder) = to.parent() {
        make_dir(folder)?;
    }
    let part = part(to);
    let link = || {
        match std::fs::remove_file(&part) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        if std::fs::hard_link(from, &part).is_err() {
            std::fs::copy(from, &part)?;
        }
        std::fs::File::open(&part)?.sync_all()?;
        std::fs::rename(&part, to)?;
        // Renaming one link of a file over another does nothing, and leaves both names.
        match std::fs::remove_file(&part) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    };
    link().map_err(|error| failed("made", to, &error))
}

/// Makes a directory and those above it.
///
/// # Errors
/// What the disk says.
pub fn make_dir(path: &Path) -> Result<(), StageError> {
    std::fs::create_dir_all(path).map_err(|error| failed("made", path, &error))
}

/// A failure with the disk: full is class `resources`, all else `storage`.
#[must_use]
pub fn failed(act: &str, path: &Path, error: &io::Error) -> StageError {
    let full = matches!(
        error.kind(),
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded
    );
    let (class, code, hint) = if full {
        (
            ErrorClass::Resources,
            "disk_full",
            "Free some space; the stage is tried again by itself.",
        )
    } else {
        (
            ErrorClass::Storage,
            "file",
            "Check that the daemon's user may write there and that the disk is well.",
        )
    };
    StageError::failed(
        class,
        code,
        format!("{} could not be {act}: {error}", path.display()),
        hint,
    )
}

/// Runs work that waits for the disk where it delays nothing else.
///
/// # Errors
/// Those of the work.
pub async fn blocking<T, F>(work: F) -> Result<T, StageError>
where
    T: Send + 'static,
    F: FnOnce() -> Result<T, StageError> + Send + 'static,
{
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(error) => Err(StageError::failed(
            ErrorClass::Provider,
            "stage_broke",
            format!("the stage's own code broke: {error}"),
            "This is a mistake in Reel; please report it with the attempt's log.",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_never_holds_half_a_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.srt");
        write_whole(&path, b"whole").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"whole");
        assert!(!part(&path).exists());
    }

    #[test]
    fn finishing_twice_is_fine_and_finishing_nothing_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.mp4");
        std::fs::write(&path, b"").unwrap();
        assert!(finish(&part(&path), &path).is_err());
        std::fs::write(part(&path), b"whole").unwrap();
        finish(&part(&path), &path).unwrap();
        finish(&part(&path), &path).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"whole");
    }

    #[test]
    fn a_link_may_be_made_again() {
        let folder = tempfile::tempdir().unwrap();
        let (from, to) = (folder.path().join("a"), folder.path().join("deep/b"));
        std::fs::write(&from, b"x").unwrap();
        link(&from, &to).unwrap();
        link(&from, &to).unwrap();
        assert_eq!(std::fs::read(&to).unwrap(), b"x");
        assert!(!part(&to).exists());
    }

    #[test]
    fn a_failure_names_the_path_and_tells_a_full_disk_apart() {
        let error = io::Error::from(io::ErrorKind::StorageFull);
        let StageError::Failed { class, message, .. } =
            failed("written", Path::new("/x/y"), &error)
        else {
            unreachable!()
        };
        assert_eq!(class, ErrorClass::Resources);
        assert!(message.starts_with("/x/y could not be written"));
    }
}
