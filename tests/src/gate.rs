//! A named pipe between a test and a program of a stage: whoever comes second finds what the first one left, and nobody
//! waits for a clock.

use crate::{Failure, Home, LIMIT, Result};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{CWD, FileType, Mode, mknodat};
use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

/// A named pipe below a home. Both its ends are held open, so that neither side waits for the other to open it.
pub struct Gate {
    path: PathBuf,
    pipe: File,
}

impl Gate {
    /// Makes one.
    pub fn new(home: &Home, name: &str) -> Result<Self> {
        let path = home.root().join(name);
        mknodat(CWD, &path, FileType::Fifo, Mode::from_raw_mode(0o600), 0)
            .map_err(Failure::at("a named pipe"))?;
        let pipe = OpenOptions::new()
            .read(true)
            .write(true)
            .open(&path)
            .map_err(Failure::at("a named pipe"))?;
        Ok(Self { path, pipe })
    }

    /// Its path, for the program.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Leaves a line for the program that reads from it.
    pub fn give(&self, line: &str) -> Result<()> {
        (&self.pipe)
            .write_all(format!("{line}\n").as_bytes())
            .map_err(Failure::at("a named pipe"))
    }

    /// Waits until a program has written to it, and answers what it wrote.
    pub fn take(&self) -> Result<String> {
        let limit = Timespec {
            tv_sec: i64::try_from(LIMIT.as_secs()).unwrap_or(60),
            tv_nsec: 0,
        };
        let came = poll(&mut [PollFd::new(&self.pipe, PollFlags::IN)], Some(&limit))
            .map_err(Failure::at("a named pipe"))?;
        if came == 0 {
            return Err(Failure::new(format!(
                "no program wrote to {} within {LIMIT:?}",
                self.path.display()
            )));
        }
        let mut bytes = [0; 4096];
        let length = (&self.pipe)
            .read(&mut bytes)
            .map_err(Failure::at("a named pipe"))?;
        Ok(String::from_utf8_lossy(&bytes[..length]).into_owned())
    }
}
