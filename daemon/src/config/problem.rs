//! What is wrong with a configuration, and where each effective value came from.

use super::tree::Place;
use std::fmt;

/// One thing that is wrong: where, what, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct ConfigProblem {
    /// The key, dotted: `limits.body`; or the flag or variable.
    pub key: String,
    /// File and line, where it stands in a file.
    pub place: Option<Place>,
    /// What is wrong, with the value.
    pub problem: String,
    /// What helps.
    pub remedy: String,
}

impl fmt::Display for ConfigProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(place) = &self.place {
            write!(f, "{}:{}: ", place.file.display(), place.line)?;
        }
        write!(f, "{}: {}; {}", self.key, self.problem, self.remedy)
    }
}

/// Who said a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// Nobody: the default.
    Default,
    /// A file, at a line.
    File(Place),
    /// An environment variable, by name.
    Environment(String),
    /// A flag, by name.
    Flag(&'static str),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File(place) => write!(f, "{}:{}", place.file.display(), place.line),
            Self::Environment(name) => write!(f, "environment {name}"),
            Self::Flag(name) => write!(f, "flag {name}"),
        }
    }
}

/// A value in force and where it came from; secrets are already hidden.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effective {
    /// Dotted.
    pub key: String,
    /// As it would stand in the file.
    pub value: String,
    /// Who said it.
    pub origin: Origin,
}
