//! Many short texts in one: a hundred thousand ids cost their letters and four bytes each.

use hashbrown::HashTable;
use std::hash::{BuildHasher, RandomState};

/// Texts by their place.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Strings {
    text: String,
    ends: Vec<u32>,
}

impl Strings {
    /// How many.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// None.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Forgets all, and keeps the room.
    pub fn clear(&mut self) {
        self.text.clear();
        self.ends.clear();
    }

    /// Puts one behind the others. Beyond four gigabytes it is not taken; false says so.
    pub fn push(&mut self, text: &str) -> bool {
        let Ok(end) = u32::try_from(self.text.len() + text.len()) else {
            return false;
        };
        self.text.push_str(text);
        self.ends.push(end);
        true
    }

    /// The one at a place.
    #[must_use]
    pub fn get(&self, at: usize) -> Option<&str> {
        let end = *self.ends.get(at)?;
        let begin = match at {
            0 => 0,
            _ => *self.ends.get(at - 1)?,
        };
        self.text.get(begin as usize..end as usize)
    }

    /// In their order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &str> + ExactSizeIterator + Clone {
        (0..self.len()).map(|at| self.get(at).unwrap_or_default())
    }

    /// Where this one stands first.
    #[must_use]
    pub fn position(&self, text: &str) -> Option<usize> {
        self.iter().position(|known| known == text)
    }
}

impl<'a> Extend<&'a str> for Strings {
    fn extend<T: IntoIterator<Item = &'a str>>(&mut self, texts: T) {
        for text in texts {
            self.push(text);
        }
    }
}

/// Texts that come again and again, each kept once: a text is its number.
#[derive(Debug, Clone, Default)]
pub struct Names {
    strings: Strings,
    table: HashTable<u32>,
    hasher: RandomState,
}

impl PartialEq for Names {
    fn eq(&self, other: &Self) -> bool {
        self.strings == other.strings
    }
}

impl Names {
    /// The number of a text; a new one where it is not known. 0 is the empty text.
    pub fn number(&mut self, text: &str) -> u32 {
        if self.strings.is_empty() {
            self.add("");
        }
        let hash = self.hasher.hash_one(text);
        let strings = &self.strings;
        let same = |at: &u32| strings.get(*at as usize) == Some(text);
        match self.table.find(hash, same) {
            Some(at) => *at,
            None => self.add(text),
        }
    }

    fn add(&mut self, text: &str) -> u32 {
        let at = self.strings.len() as u32;
        if !self.strings.push(text) {
            return 0;
        }
        let (strings, hasher) = (&self.strings, &self.hasher);
        let rehash = |at: &u32| hasher.hash_one(strings.get(*at as usize).unwrap_or_default());
        self.table.insert_unique(hasher.hash_one(text), at, rehash);
        at
    }

    /// The text of a number.
    #[must_use]
    pub fn text(&self, number: u32) -> &str {
        self.strings.get(number as usize).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn texts_stand_as_they_came(texts in prop::collection::vec(".{0,6}", 0..60)) {
            let (mut strings, mut names) = (Strings::default(), Names::default());
            strings.extend(texts.iter().map(String::as_str));
            prop_assert_eq!(strings.iter().map(str::to_owned).collect::<Vec<_>>(), texts.clone());
            let numbers: Vec<u32> = texts.iter().map(|text| names.number(text)).collect();
            for (text, number) in texts.iter().zip(&numbers) {
                prop_assert_eq!(names.text(*number), text);
                prop_assert_eq!(names.number(text), *number);
                let first = strings.position(text);
                prop_assert_eq!(first, texts.iter().position(|known| known == text));
            }
        }
    }
}
