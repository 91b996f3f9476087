//! A copy of the database while the daemon runs: whole, of one moment, and verified before it gets its name.

use super::{connection, migrate};
use std::path::{Path, PathBuf};

/// Why there is no copy.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// There already is such a file.
    #[error("{} is there already; name another file", .0.display())]
    Exists(PathBuf),
    /// There is no database.
    #[error("there is no database at {}", .0.display())]
    Missing(PathBuf),
    /// The copy is not whole.
    #[error("the copy at {} does not check: {problem}", .file.display())]
    Damaged {
        /// Where.
        file: PathBuf,
        /// What SQLite says.
        problem: String,
    },
    /// SQLite or the disk failed.
    #[error("{0}")]
    Sqlite(#[from] rusqlite::Error),
    /// The copy could not get its name.
    #[error("{}: {source}", .file.display())]
    File {
        /// Which.
        file: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

/// Copies the database of a data directory to `target`, which must not exist. Answers its size in bytes.
///
/// # Errors
/// See `BackupError`; nothing half-made keeps the name.
pub fn backup(data_dir: &Path, target: &Path) -> Result<u64, BackupError> {
    let source = data_dir.join("reel.db");
    if !source.exists() {
        return Err(BackupError::Missing(source));
    }
    if target.exists() {
        return Err(BackupError::Exists(target.to_owned()));
    }
    let mut name = target.as_os_str().to_owned();
    name.push(".part");
    let part = PathBuf::from(name);
    // What an earlier, interrupted backup left under the working name is of no use.
    let _ = std::fs::remove_file(&part);
    let copied = copy(&source, &part);
    let file_error = |source| BackupError::File {
        file: target.to_owned(),
        source,
    };
    if copied.is_err() {
        let _ = std::fs::remove_file(&part);
    }
    copied?;
    std::fs::File::open(&part)
        .and_then(|file| file.sync_all())
        .map_err(file_error)?;
    std::fs::rename(&part, target).map_err(file_error)?;
    std::fs::metadata(target)
        .map(|meta| meta.len())
        .map_err(file_error)
}

fn copy(source: &Path, part: &Path) -> Result<(), BackupError> {
    let reader = connection::open_reader(source)?;
    // The copy is written through the reader's connection, which SQLite counts as writing; the source stays read-only.
    reader.pragma_update(None, "query_only", "OFF")?;
    reader.execute("VACUUM INTO ?1", [part.to_string_lossy().as_ref()])?;
    let copy = rusqlite::Connection::open(part)?;
    match migrate::quick_check(&copy)? {
        None => Ok(()),
        Some(problem) => Err(BackupError::Damaged {
            file: part.to_owned(),
            problem,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Store;

    #[test]
    fn the_copy_is_whole_and_never_overwrites() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path(), Box::new(|_, _, _| Err("none".into()))).unwrap();
        let target = dir.path().join("copy.db");
        assert!(backup(dir.path(), &target).unwrap() > 0);
        assert!(matches!(
            backup(dir.path(), &target),
            Err(BackupError::Exists(_))
        ));
        drop(store);
    }
}
