//! A daemon as a client sees it: the addresses it may answer at, and the token it is asked with.

use super::error::ClientError;
use super::target::{Target, default_targets};
use super::token::Token;
use std::ffi::OsString;
use std::path::Path;

/// Where the daemon is and as whom it is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// Tried in turn; never empty.
    pub targets: Vec<Target>,
    /// Sent with every request. The operator's socket needs none.
    pub token: Option<Token>,
}

impl Endpoint {
    /// One address and no token.
    pub fn of(target: Target) -> Self {
        Self {
            targets: vec![target],
            token: None,
        }
    }

    /// Follows the rules of the command line: `--connect`, else `REEL_CONNECT`, else the default sockets;
    /// `--token-file`, else `REEL_TOKEN`. `env` reads an environment variable.
    pub fn resolve(
        connect: Option<&str>,
        token_file: Option<&Path>,
        env: &dyn Fn(&str) -> Option<OsString>,
    ) -> Result<Self, ClientError> {
        let word = |name: &str| -> Result<Option<String>, ClientError> {
            match env(name).map(OsString::into_string) {
                None => Ok(None),
                Some(Ok(text)) => Ok(Some(text).filter(|text| !text.is_empty())),
                Some(Err(_)) => Err(ClientError::Target {
                    value: format!("${name}"),
                    problem: "it is not UTF-8".to_owned(),
                }),
            }
        };
        let targets = match connect {
            Some(text) => vec![text.parse()?],
            None => match word("REEL_CONNECT")? {
                Some(text) => vec![text.parse()?],
                None => default_targets(env),
            },
        };
        let token = match token_file {
            Some(path) => Some(Token::from_file(path)?),
            None => match word("REEL_TOKEN")? {
                Some(text) => Some(Token::new(&text, "REEL_TOKEN")?),
                None => None,
            },
        };
        Ok(Self { targets, token })
    }

    /// The addresses in words, for a person.
    pub fn describe(&self) -> String {
        let words: Vec<String> = self.targets.iter().map(ToString::to_string).collect();
        words.join(", ")
    }
}
