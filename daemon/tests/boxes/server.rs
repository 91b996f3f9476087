//! A Redis of a test's own, on a Unix socket; its logs and copies go with it.

use std::process::{Child, Command, Stdio};
use tempfile::TempDir;

pub struct Server {
    child: Child,
    dir: TempDir,
}

impl Server {
    pub fn start() -> Self {
        let dir = TempDir::new().unwrap();
        let child = Command::new("redis-server")
            .args(["--port", "0", "--save", "", "--appendonly", "no"])
            .arg("--unixsocket")
            .arg(dir.path().join("redis.sock"))
            .arg("--dir")
            .arg(dir.path())
            .stdout(Stdio::null())
            .spawn()
            .expect("redis-server must be installed: `cargo xtask setup`");
        Self { child, dir }
    }

    pub fn url(&self) -> String {
        format!("unix://{}/redis.sock", self.dir.path().display())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
