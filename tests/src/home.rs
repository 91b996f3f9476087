//! A directory of its own for one daemon: data, socket, configuration, pipelines.

use crate::{Failure, Result};
use reel_shared::client::{Endpoint, Http, Target};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Where one daemon lives. Clones share the directory, which goes with the last of them.
#[derive(Debug, Clone)]
pub struct Home {
    root: PathBuf,
    _scratch: Option<Arc<tempfile::TempDir>>,
}

impl Home {
    /// A scratch directory. Its name is short, because a socket's path must be.
    pub fn scratch() -> Result<Self> {
        let scratch = tempfile::Builder::new()
            .prefix("reel-")
            .tempdir()
            .map_err(Failure::at("a scratch directory"))?;
        let home = Self {
            root: scratch.path().to_owned(),
            _scratch: Some(Arc::new(scratch)),
        };
        home.make()
    }

    /// A directory that stays.
    pub fn at(root: impl Into<PathBuf>) -> Result<Self> {
        Self {
            root: root.into(),
            _scratch: None,
        }
        .make()
    }

    fn make(self) -> Result<Self> {
        for directory in [self.data(), self.pipelines()] {
            std::fs::create_dir_all(&directory).map_err(Failure::at("the daemon's directory"))?;
        }
        Ok(self)
    }

    /// Everything stands below it.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The data directory.
    pub fn data(&self) -> PathBuf {
        self.root.join("data")
    }

    /// The operator's socket.
    pub fn socket(&self) -> PathBuf {
        self.root.join("reeld.sock")
    }

    /// The configuration file, which need not be there.
    pub fn config(&self) -> PathBuf {
        self.root.join("reeld.toml")
    }

    /// The folder of pipeline files.
    pub fn pipelines(&self) -> PathBuf {
        self.root.join("pipelines")
    }

    /// What the daemon wrote to stderr, over all its lives.
    pub fn log(&self) -> PathBuf {
        self.root.join("stderr.log")
    }

    /// The database.
    pub fn database(&self) -> PathBuf {
        self.data().join("reel.db")
    }

    /// Writes the configuration.
    pub fn configure(&self, text: &str) -> Result<()> {
        std::fs::write(self.config(), text).map_err(Failure::at("the configuration"))
    }

    /// Writes a pipeline file.
    pub fn pipeline(&self, name: &str, text: &str) -> Result<()> {
        std::fs::write(self.pipelines().join(format!("{name}.toml")), text)
            .map_err(Failure::at("a pipeline"))
    }

    /// How a client reaches its daemon.
    pub fn endpoint(&self) -> Endpoint {
        Endpoint::of(Target::Unix(self.socket()))
    }

    /// A connection to its daemon, opened at the first request.
    pub fn client(&self) -> Http {
        Http::new(self.endpoint())
    }

    /// The last lines of the daemon's stderr, for a failure's words.
    pub fn last_words(&self) -> String {
        let text = std::fs::read_to_string(self.log()).unwrap_or_default();
        let lines: Vec<&str> = text.lines().rev().take(8).collect();
        lines.into_iter().rev().collect::<Vec<_>>().join("\n")
    }
}
