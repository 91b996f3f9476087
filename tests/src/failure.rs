//! One error for everything that goes wrong around a test: the words are what counts.

use std::fmt;

/// What went wrong.
pub struct Failure(String);

/// As all of this crate answers.
pub type Result<T> = std::result::Result<T, Failure>;

impl Failure {
    /// In words.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// What was being done when an error came.
    pub fn at<E: std::error::Error>(doing: &str) -> impl FnOnce(E) -> Self {
        move |error| {
            let chain = std::iter::successors(Some(&error as &dyn std::error::Error), |error| {
                error.source()
            });
            let words: Vec<String> = chain.map(ToString::to_string).collect();
            Self(format!("{doing}: {}", words.join(": ")))
        }
    }
}

impl fmt::Debug for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Failure {}
