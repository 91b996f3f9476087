//! `DATA_DIR/reeld.json`: where the running daemon is to be found. Written whole when it serves, gone when it stops.

use serde_json::json;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

/// Removes the file when dropped.
pub(super) struct Place(PathBuf);

impl Place {
    pub fn write(data_dir: &Path, socket: &Path, listen: Option<SocketAddr>) -> io::Result<Self> {
        let place = json!({
            "pid": std::process::id(),
            "version": env!("CARGO_PKG_VERSION"),
            "socket": socket,
            "listen": listen.map_or_else(|| "off".to_owned(), |address| address.to_string()),
        });
        let path = data_dir.join("reeld.json");
        let part = data_dir.join("reeld.json.part");
        std::fs::write(&part, format!("{place}\n"))?;
        std::fs::rename(&part, &path)?;
        Ok(Self(path))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        // A file that stays names a pid that is gone: readers find no daemon there.
        let _ = std::fs::remove_file(&self.0);
    }
}
