//! Paths and query strings, with everything that a person may type encoded.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What RFC 3986 leaves unencoded everywhere.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// One segment of a path: a name that a person typed can't reach another route.
pub fn segment(text: &str) -> String {
    match text {
        // Some servers fold these two away before they route.
        "." => "%2E".to_owned(),
        ".." => "%2E%2E".to_owned(),
        _ => utf8_percent_encode(text, ENCODED).to_string(),
    }
}

/// A path with a query string.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    text: String,
    any: bool,
}

impl Query {
    /// Begins with a path that is encoded already.
    pub fn new(path: impl Into<String>) -> Self {
        Self {
            text: path.into(),
            any: false,
        }
    }

    /// Adds `key=value`; the key is a plain word.
    #[must_use]
    pub fn with(mut self, key: &str, value: impl AsRef<str>) -> Self {
        self.text.push(if self.any { '&' } else { '?' });
        self.any = true;
        self.text.push_str(key);
        self.text.push('=');
        self.text
            .extend(utf8_percent_encode(value.as_ref(), ENCODED));
        self
    }

    /// Adds `key=value` if there is a value.
    #[must_use]
    pub fn with_some(self, key: &str, value: Option<impl AsRef<str>>) -> Self {
        match value {
            Some(value) => self.with(key, value),
            None => self,
        }
    }

    /// The path and its query string.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}
