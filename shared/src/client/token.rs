//! The bearer token: read from a file or the environment, sent in one header, never shown.

use super::error::ClientError;
use std::fmt;
use std::path::Path;

/// A bearer token. `Debug` hides it.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    /// Takes a token as it was printed by `reel token create`; white space around it is dropped.
    ///
    /// `origin` says where it came from, for the refusal of what can't be a token: empty, or with characters that no
    /// header may carry.
    pub fn new(text: &str, origin: &str) -> Result<Self, ClientError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(ClientError::Token {
                origin: origin.to_owned(),
                problem: "it is empty".to_owned(),
            });
        }
        if !text.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(ClientError::Token {
                origin: origin.to_owned(),
                problem: "a token is one word of plain ASCII characters".to_owned(),
            });
        }
        Ok(Self(text.to_owned()))
    }

    /// Reads a token file: one line.
    pub fn from_file(path: &Path) -> Result<Self, ClientError> {
        let origin = path.display().to_string();
        match std::fs::read_to_string(path) {
            Ok(text) => Self::new(&text, &origin),
            Err(error) => Err(ClientError::Token {
                origin,
                problem: format!("it can't be read: {error}"),
            }),
        }
    }

    /// The value of the `Authorization` header.
    pub(super) fn header(&self) -> String {
        format!("Bearer {}", self.0)
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(hidden)")
    }
}
