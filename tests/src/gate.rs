//! A named pipe between a test and a program of a stage: each waits for the other, and nobody for a clock.

use crate::{Failure, Home, Result};
use rustix::fs::{CWD, FileType, Mode, mknodat};
use std::path::{Path, PathBuf};

/// A named pipe below a home.
pub struct Gate(PathBuf);

impl Gate {
    /// Makes one.
    pub fn new(home: &Home, name: &str) -> Result<Self> {
        let path = home.root().join(name);
        mknodat(CWD, &path, FileType::Fifo, Mode::from_raw_mode(0o600), 0)
            .map_err(Failure::at("a named pipe"))?;
        Ok(Self(path))
    }

    /// Its path, for the program.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Waits until a program reads from it and gives it this line.
    pub async fn give(&self, line: &str) -> Result<()> {
        let (path, text) = (self.0.clone(), format!("{line}\n"));
        within(move || std::fs::write(path, text)).await
    }

    /// Waits until a program writes to it and answers what it wrote.
    pub async fn take(&self) -> Result<String> {
        let path = self.0.clone();
        within(move || std::fs::read_to_string(path)).await
    }
}

async fn within<T: Send + 'static>(
    work: impl FnOnce() -> std::io::Result<T> + Send + 'static,
) -> Result<T> {
    let done = tokio::time::timeout(crate::LIMIT, tokio::task::spawn_blocking(work)).await;
    let done = done.map_err(|_| Failure::new("no program came to the named pipe"))?;
    done.map_err(Failure::at("the named pipe's thread"))?
        .map_err(Failure::at("the named pipe"))
}
