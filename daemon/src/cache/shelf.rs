//! What is kept and how much of it, in the order of its last use.

use super::entry;
use super::key::Key;
use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::time::SystemTime;

/// Names of what is being written, and of what is being removed.
pub(super) const NEW: &str = ".new-";
pub(super) const GONE: &str = ".gone-";

/// Where an entry stands in the order, and its bytes.
type Held = (u64, u64);

/// The entries by key and by use.
#[derive(Debug, Default)]
pub(super) struct Shelf {
    held: HashMap<Key, Held>,
    order: BTreeMap<u64, Key>,
    next: u64,
    bytes: u64,
}

impl Shelf {
    /// What an earlier life left in the folder. What it had begun to write or to remove goes.
    pub(super) fn read(folder: &Path) -> Self {
        let mut found: Vec<(SystemTime, Key, u64)> = Vec::new();
        for group in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let name = group.file_name().to_string_lossy().into_owned();
            if name.starts_with(NEW) || name.starts_with(GONE) {
                // This process's own are numbered with its id: what it writes just now stays.
                let own = format!("{}-", std::process::id());
                let rest = name.trim_start_matches(NEW).trim_start_matches(GONE);
                if !rest.starts_with(&own) {
                    let _ = std::fs::remove_dir_all(group.path());
                }
                continue;
            }
            for place in std::fs::read_dir(group.path())
                .into_iter()
                .flatten()
                .flatten()
            {
                let key = Key::of_name(&place.file_name().to_string_lossy());
                let Some((key, used)) = key.zip(entry::last_used(&place.path())) else {
                    continue;
                };
                found.push((used, key, entry::size(&place.path())));
            }
        }
        found.sort();
        let mut shelf = Self::default();
        for (_, key, bytes) in found {
            shelf.touch(&key, bytes);
        }
        shelf
    }

    /// All bytes.
    pub(super) const fn bytes(&self) -> u64 {
        self.bytes
    }

    /// It was used, or is new, and has so many bytes.
    pub(super) fn touch(&mut self, key: &Key, bytes: u64) {
        self.remove(key);
        self.next += 1;
        self.held.insert(key.clone(), (self.next, bytes));
        self.order.insert(self.next, key.clone());
        self.bytes += bytes;
    }

    /// It is gone.
    pub(super) fn remove(&mut self, key: &Key) {
        if let Some((at, bytes)) = self.held.remove(key) {
            self.order.remove(&at);
            self.bytes = self.bytes.saturating_sub(bytes);
        }
    }

    /// What must go so that no more than so many bytes are left, what was not used for the longest time first.
    pub(super) fn beyond(&self, max: u64) -> Vec<Key> {
        let mut over = self.bytes.saturating_sub(max);
        let mut keys = Vec::new();
        for key in self.order.values() {
            if over == 0 {
                break;
            }
            over = over.saturating_sub(self.held.get(key).map_or(0, |(_, bytes)| *bytes));
            keys.push(key.clone());
        }
        keys
    }
}

#[cfg(test)]
mod tests {
    use super::super::Maker;
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_left_fits_and_what_goes_was_used_before_it(uses in prop::collection::vec((0_u8..12, 1_u64..50), 0..60), max in 0_u64..300) {
            let mut shelf = Shelf::default();
            let mut last = Vec::new();
            for (which, bytes) in uses {
                let key = Maker::new(&which.to_string()).key();
                shelf.touch(&key, bytes);
                last.retain(|one| *one != key);
                last.push(key);
            }
            let gone = shelf.beyond(max);
            prop_assert_eq!(&gone[..], &last[..gone.len()]);
            for key in &gone {
                shelf.remove(key);
            }
            prop_assert!(shelf.bytes() <= max);
            prop_assert_eq!(shelf.bytes(), shelf.held.values().map(|(_, bytes)| *bytes).sum::<u64>());
        }
    }
}
