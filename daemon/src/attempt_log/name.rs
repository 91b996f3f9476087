//! Where an attempt's log lies. No path is built from a name that could leave the directory.

use std::io;
use std::path::{Path, PathBuf};

/// A workflow's id or stage's id that can't be part of a path.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` can't name a log: 1 to 64 letters, digits, `_` and `-` are allowed")]
pub struct UnsafeName(pub String);

/// Names one attempt's log below a data directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogName {
    head: PathBuf,
}

impl LogName {
    /// The log of this attempt.
    ///
    /// # Errors
    /// When one of the ids holds anything that could lead elsewhere.
    pub fn new(
        data_dir: &Path,
        workflow: &str,
        stage: &str,
        attempt: u32,
    ) -> Result<Self, UnsafeName> {
        Ok(Self {
            head: Self::directory(data_dir, workflow)?
                .join(format!("{}-{attempt}.log", checked(stage)?)),
        })
    }

    /// The directory of all logs of a workflow.
    ///
    /// # Errors
    /// As `new`.
    pub fn directory(data_dir: &Path, workflow: &str) -> Result<PathBuf, UnsafeName> {
        Ok(data_dir.join("attempts").join(checked(workflow)?))
    }

    /// The log with this head file, as handed to a shim by its path.
    #[must_use]
    pub fn from_head(head: PathBuf) -> Self {
        Self { head }
    }

    /// The file that holds the first lines.
    #[must_use]
    pub fn head(&self) -> &Path {
        &self.head
    }

    /// The segment that begins with this line.
    pub(super) fn segment(&self, first: u64) -> PathBuf {
        let mut path = self.head.clone().into_os_string();
        path.push(format!(".t{first}"));
        path.into()
    }

    /// The segments that are there, as the numbers of their first lines, ascending.
    pub(super) fn segments(&self) -> io::Result<Vec<u64>> {
        let (Some(directory), Some(name)) = (
            self.head.parent(),
            self.head.file_name().and_then(|name| name.to_str()),
        ) else {
            return Ok(Vec::new());
        };
        let entries = match std::fs::read_dir(directory) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let mut firsts = Vec::new();
        for entry in entries {
            let entry = entry?.file_name();
            let first = entry
                .to_str()
                .and_then(|entry| entry.strip_prefix(name))
                .and_then(|rest| rest.strip_prefix(".t"));
            firsts.extend(first.and_then(|first| first.parse::<u64>().ok()));
        }
        firsts.sort_unstable();
        Ok(firsts)
    }
}

/// The name, if it is one that can only be a file's.
fn checked(name: &str) -> Result<&str, UnsafeName> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    if (1..=64).contains(&name.len()) && name.bytes().all(allowed) {
        Ok(name)
    } else {
        Err(UnsafeName(name.to_owned()))
    }
}
