//! A Redis of a test's own, on a Unix socket in a directory of its own.

use crate::{Failure, Result};
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

/// A running Redis; gone when dropped.
pub struct Redis {
    folder: tempfile::TempDir,
    child: Child,
}

impl Redis {
    /// Starts one that keeps nothing on disk, and waits until it listens.
    pub fn start() -> Result<Self> {
        let folder = tempfile::Builder::new()
            .prefix("redis-")
            .tempdir()
            .map_err(Failure::at("a directory for Redis"))?;
        let child = Self::spawn(&folder)?;
        Ok(Self { folder, child })
    }

    /// Starts one and waits for its word that it listens.
    fn spawn(folder: &tempfile::TempDir) -> Result<Child> {
        let mut child = Command::new("redis-server")
            .args(["--port", "0", "--save", "", "--appendonly", "no"])
            .arg("--unixsocket")
            .arg(folder.path().join("redis.sock"))
            .arg("--dir")
            .arg(folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(Failure::at(
                "redis-server, which `cargo xtask setup` installs",
            ))?;
        let said = child.stdout.take();
        let mut lines = said
            .map(BufReader::new)
            .into_iter()
            .flat_map(BufRead::lines);
        if lines.any(|line| line.is_ok_and(|line| line.contains("accept connections"))) {
            // It goes on to talk, and must find somebody who listens.
            std::thread::spawn(move || lines.for_each(drop));
            return Ok(child);
        }
        let _ = child.kill();
        let _ = child.wait();
        Err(Failure::new("Redis ended before it listened"))
    }

    fn socket(&self) -> PathBuf {
        self.folder.path().join("redis.sock")
    }

    /// Where it is.
    pub fn url(&self) -> String {
        format!("unix://{}", self.socket().display())
    }

    /// Ends it as `kill -9` does, with all that it held, and starts another one at the same place.
    pub fn lose_all(&mut self) -> Result<()> {
        self.end();
        let _ = std::fs::remove_file(self.socket());
        self.child = Self::spawn(&self.folder)?;
        Ok(())
    }

    /// Bytes that were written to it so far, by everybody.
    pub fn written(&self) -> Result<u64> {
        let asked = Command::new("redis-cli")
            .arg("-s")
            .arg(self.socket())
            .args(["info", "stats"])
            .output()
            .map_err(Failure::at("redis-cli"))?;
        let told = String::from_utf8_lossy(&asked.stdout).into_owned();
        told.lines()
            .find_map(|line| {
                line.strip_prefix("total_net_input_bytes:")?
                    .trim()
                    .parse()
                    .ok()
            })
            .ok_or_else(|| Failure::new(format!("Redis does not say what was written: {told}")))
    }

    fn end(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        self.end();
    }
}
