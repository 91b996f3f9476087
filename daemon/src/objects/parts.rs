//! A put in parts: what is noted of it, and how large its parts are.

use serde::{Deserialize, Serialize};

/// Servers take parts of 5 MiB and more, and not more than 10,000.
const SMALLEST: u64 = 8 << 20;
const MOST: u64 = 9_000;

/// A put in parts that was begun: all that is needed to go on with it, or to give it up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Begun {
    /// What the server calls it.
    pub id: String,
    /// Of what file: its bytes and their hash.
    pub size: u64,
    /// In hexadecimal.
    pub sha256: String,
    /// Bytes of every part but the last.
    pub part: u64,
    /// What the server calls the parts that it has, in order.
    pub parts: Vec<String>,
}

impl Begun {
    /// One of which nothing is there yet.
    #[must_use]
    pub fn new(id: String, size: u64, sha256: &str) -> Self {
        Self {
            id,
            size,
            sha256: sha256.to_owned(),
            part: part_size(size),
            parts: Vec::new(),
        }
    }

    /// Whether it is one of this very file.
    #[must_use]
    pub fn is_of(&self, size: u64, sha256: &str) -> bool {
        self.size == size && self.sha256 == sha256
    }

    /// Bytes that are there.
    #[must_use]
    pub fn done(&self) -> u64 {
        (self.parts.len() as u64 * self.part).min(self.size)
    }
}

/// Bytes of a part of a file of this size.
fn part_size(size: u64) -> u64 {
    let fit = size.div_ceil(MOST).next_multiple_of(1 << 20);
    fit.max(SMALLEST)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn parts_are_few_enough_and_large_enough(size in 1_u64..(5 << 40)) {
            let part = part_size(size);
            prop_assert!(part >= 5 << 20);
            prop_assert!(size.div_ceil(part) <= 10_000);
        }
    }
}
