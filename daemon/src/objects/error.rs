//! What goes wrong with a store, by who can do something about it.

use std::io;

/// Why the store did not do it.
#[derive(Debug, thiserror::Error)]
pub enum ObjectError {
    /// There is no such store for local files.
    #[error("files are kept in the media directory; set [storage] url to a bucket")]
    Local,
    /// The configuration does not fit together.
    #[error("[storage] does not name a store that can be used: {0}")]
    Config(String),
    /// The key is none.
    #[error("`{key}` is no key of an object: {problem}")]
    Key {
        /// Which.
        key: String,
        /// Why.
        problem: String,
    },
    /// No such object, bucket or upload.
    #[error("the store has no such thing: {0}")]
    Missing(String),
    /// Somebody else's object has this key.
    #[error("the store already holds another object under `{0}`; nothing is written over")]
    Taken(String),
    /// Who asks is not let in.
    #[error("the store refuses us: {0}")]
    Denied(String),
    /// What arrived is not what was sent.
    #[error("`{key}` has {told} bytes where {wanted} belong")]
    Damaged {
        /// Which.
        key: String,
        /// Found.
        told: u64,
        /// Wanted.
        wanted: u64,
    },
    /// The server, or the way to it.
    #[error("the store does not answer as it should: {0}")]
    Server(String),
    /// The file on this box.
    #[error("the file can't be read or written: {0}")]
    Disk(#[from] io::Error),
    /// Cancelled.
    #[error("cancelled")]
    Cancelled,
}

impl ObjectError {
    /// A short stable word.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Local | Self::Config(_) => "store_config",
            Self::Key { .. } => "store_key",
            Self::Missing(_) => "store_missing",
            Self::Taken(_) => "store_taken",
            Self::Denied(_) => "store_denied",
            Self::Damaged { .. } => "store_damaged",
            Self::Server(_) => "store_unreachable",
            Self::Disk(_) => "file",
            Self::Cancelled => "cancelled",
        }
    }
}

impl From<object_store::Error> for ObjectError {
    fn from(error: object_store::Error) -> Self {
        use object_store::Error;
        let words = words(&error);
        match error {
            Error::NotFound { .. } => Self::Missing(words),
            Error::AlreadyExists { path, .. } | Error::Precondition { path, .. } => {
                Self::Taken(path)
            }
            Error::PermissionDenied { .. } | Error::Unauthenticated { .. } => Self::Denied(words),
            Error::InvalidPath { .. } => Self::Key {
                key: String::new(),
                problem: words,
            },
            _ => Self::Server(words),
        }
    }
}

/// The whole chain in one line, each part once, short enough to show.
fn words(error: &dyn std::error::Error) -> String {
    let mut said: Vec<String> = Vec::new();
    for part in std::iter::successors(Some(error), |error| error.source()) {
        let text = part
            .to_string()
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ");
        if !said.iter().any(|before| before.contains(&text)) {
            said.push(text);
        }
    }
    let whole = said.join(": ");
    whole.chars().take(500).collect()
}
