//! What a result follows from, as one hash. Every part stands there with its name and its length, so that no two lists of parts
//! look alike.

use sha2::{Digest, Sha256};
use std::fmt;

/// Raised when entries of an older form must not be taken any more.
const FORM: &str = "reel-cache-1";

/// Names a result: 64 hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key(String);

impl Key {
    /// As text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The folder above the entry's: few entries stand in each.
    #[must_use]
    pub fn folder(&self) -> &str {
        &self.0[..2]
    }

    /// From an entry's name on the disk.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        let fits = name.len() == 64
            && name
                .bytes()
                .all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
        fits.then(|| Self(name.to_owned()))
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A key being put together.
#[derive(Debug, Clone)]
pub struct Maker(Sha256);

impl Maker {
    /// For this kind of work.
    #[must_use]
    pub fn new(kind: &str) -> Self {
        Self(Sha256::new()).with("form", FORM).with("kind", kind)
    }

    /// And this, by its name.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        for part in [name, value] {
            self.0.update((part.len() as u64).to_le_bytes());
            self.0.update(part.as_bytes());
        }
        self
    }

    /// The key.
    #[must_use]
    pub fn key(self) -> Key {
        Key(hex(&self.0.finalize()))
    }
}

/// Bytes as hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn other_parts_give_another_key(one in prop::collection::vec((".{0,6}", ".{0,6}"), 0..4), other in prop::collection::vec((".{0,6}", ".{0,6}"), 0..4)) {
            let key = |parts: &[(String, String)]| {
                parts.iter().fold(Maker::new("x"), |maker, (name, value)| maker.with(name, value)).key()
            };
            prop_assert_eq!(key(&one) == key(&other), one == other);
        }
    }

    #[test]
    fn only_whole_names_are_keys() {
        let key = Maker::new("x").key();
        assert_eq!(Key::of_name(key.as_str()), Some(key));
        for name in ["", ".new-1-1", "ab", &"g".repeat(64), &"a".repeat(65)] {
            assert_eq!(Key::of_name(name), None);
        }
    }
}
