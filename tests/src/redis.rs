//! A Redis of a test's own, on a Unix socket in a directory of its own.

use crate::{Failure, LIMIT, Result};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A running Redis; gone when dropped.
pub struct Redis {
    folder: tempfile::TempDir,
    child: Child,
}

impl Redis {
    /// Starts one that keeps nothing on disk, and waits until it can be reached.
    pub fn start() -> Result<Self> {
        let folder = tempfile::Builder::new()
            .prefix("redis-")
            .tempdir()
            .map_err(Failure::at("a directory for Redis"))?;
        let child = Self::spawn(&folder)?;
        let redis = Self { folder, child };
        redis.wait()?;
        Ok(redis)
    }

    fn spawn(folder: &tempfile::TempDir) -> Result<Child> {
        Command::new("redis-server")
            .args(["--port", "0", "--save", "", "--appendonly", "no"])
            .arg("--unixsocket")
            .arg(folder.path().join("redis.sock"))
            .arg("--dir")
            .arg(folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .map_err(Failure::at(
                "redis-server, which `cargo xtask setup` installs",
            ))
    }

    fn socket(&self) -> PathBuf {
        self.folder.path().join("redis.sock")
    }

    fn wait(&self) -> Result<()> {
        let began = Instant::now();
        // It gives no signal when it listens.
        while let Err(error) = UnixStream::connect(self.socket()) {
            if began.elapsed() > LIMIT {
                return Err(Failure::new(format!("Redis can't be reached: {error}")));
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        Ok(())
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
        self.wait()
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
