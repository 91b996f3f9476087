//! Which program it is that would be run: another version of it may make something else of the same bytes.

use std::ffi::OsStr;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

/// Where a program is, how large and of when: what an upgrade changes. None where there is none: then there is nothing to
/// reuse either, for the work itself must tell that.
#[must_use]
pub fn identity(program: &OsStr, search: Option<&OsStr>) -> Option<String> {
    let path = found(program, search)?;
    let path = path.canonicalize().ok()?;
    let about = path.metadata().ok()?;
    Some(format!(
        "{} {} {}.{:09}",
        path.display(),
        about.len(),
        about.mtime(),
        about.mtime_nsec()
    ))
}

fn found(program: &OsStr, search: Option<&OsStr>) -> Option<PathBuf> {
    let path = Path::new(program);
    if path.components().count() > 1 {
        return path.is_file().then(|| path.to_owned());
    }
    std::env::split_paths(search?)
        .map(|folder| folder.join(program))
        .find(|path| path.is_file())
}
