//! An episode's id, made from its file's name.

use sha2::{Digest, Sha256};
use std::path::Path;

/// Longer ids are cut: they stand in paths and in other ids.
const LONGEST: usize = 64;

/// The id that a file of this stem has: lower case, all else than letters and digits a `-`.
#[must_use]
pub fn id_of(stem: &str) -> String {
    let mut id = String::with_capacity(stem.len());
    for character in stem.chars() {
        if character.is_ascii_alphanumeric() {
            id.push(character.to_ascii_lowercase());
        } else if character.is_alphanumeric() {
            id.extend(character.to_lowercase());
        } else {
            id.push('-');
        }
    }
    if id.len() > LONGEST {
        let hash = short_hash(stem.as_bytes());
        let mut end = LONGEST - hash.len() - 1;
        while !id.is_char_boundary(end) {
            end -= 1;
        }
        id.truncate(end);
        id.push('-');
        id.push_str(&hash);
    }
    id
}

/// The id of a file whose own one is taken by another file.
pub(super) fn apart(id: &str, place: &Path) -> String {
    format!("{id}-{}", short_hash(place.as_os_str().as_encoded_bytes()))
}

fn short_hash(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .take(4)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_name_becomes_an_id() {
        assert_eq!(id_of("newsroom 2024 video"), "newsroom-2024-video");
        assert_eq!(id_of("A_b.C"), "a-b-c");
        assert_eq!(id_of("Übung"), "übung");
    }

    proptest! {
        #[test]
        fn an_id_is_fit_for_a_path(stem in ".{1,200}") {
            let id = id_of(&stem);
            prop_assert!(!id.is_empty() && id.len() <= LONGEST + 4);
            prop_assert!(id.chars().all(|c| c.is_alphanumeric() || c == '-' || !c.is_ascii()));
            prop_assert!(!id.contains(['/', '\0', '.']));
        }
    }
}
