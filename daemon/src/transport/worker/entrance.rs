//! Which letters count: those for this life of the worker, each once, and none that was recorded.
//!
//! - Within one life of the coordinator (`lead`) letters are numbered: one that is not greater than the last is refused.
//! - Another lead's letter counts only if it has heard a later beat of this session than every letter before it had. What
//!   was recorded earlier can't say so; the coordinator that begins can, as soon as it has heard a beat.

use crate::transport::letter::DownLetter;

/// What was let in so far.
#[derive(Debug)]
pub(super) struct Entrance {
    session: String,
    lead: String,
    number: u64,
    heard: u64,
}

impl Entrance {
    pub fn new(session: String) -> Self {
        Self {
            session,
            lead: String::new(),
            number: 0,
            heard: 0,
        }
    }

    /// Whether this letter counts. If so nothing before it does any more.
    pub fn lets_in(&mut self, letter: &DownLetter) -> bool {
        if letter.session != self.session {
            return false;
        }
        let counts = if letter.lead == self.lead {
            letter.number > self.number
        } else {
            letter.heard > self.heard
        };
        if counts {
            self.lead.clone_from(&letter.lead);
            self.number = letter.number;
            self.heard = self.heard.max(letter.heard);
        }
        counts
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transport::letter::Down;
    use proptest::prelude::*;
    use std::collections::HashSet;

    fn letter(lead: usize, number: u64, heard: u64) -> DownLetter {
        DownLetter {
            session: "s".into(),
            lead: format!("lead {lead}"),
            heard,
            number,
            say: Down::Welcome { lost_after_ms: 1 },
        }
    }

    /// What honest coordinators wrote, life after life: each began after the one before had ended, and heard more.
    fn written(lives: &[Vec<bool>]) -> Vec<DownLetter> {
        let mut heard = 0;
        let mut letters = Vec::new();
        for (lead, life) in lives.iter().enumerate() {
            heard += 1;
            for (at, hears_more) in life.iter().enumerate() {
                heard += u64::from(*hears_more);
                letters.push(letter(lead, at as u64 + 1, heard));
            }
        }
        letters
    }

    #[test]
    fn letters_to_another_life_are_none_of_ours() {
        let mut entrance = Entrance::new("s".into());
        let mut other = letter(0, 1, 1);
        other.session = "earlier".into();
        assert!(!entrance.lets_in(&other));
        assert!(entrance.lets_in(&letter(0, 1, 1)));
    }

    proptest! {
        /// Whoever may write what was written, in any order, often or never, is let in in the order of writing, each once.
        #[test]
        fn what_is_repeated_or_moved_is_refused(
            lives in proptest::collection::vec(proptest::collection::vec(any::<bool>(), 1..6), 1..4),
            picks in proptest::collection::vec(any::<prop::sample::Index>(), 0..60),
        ) {
            let letters = written(&lives);
            let mut entrance = Entrance::new("s".into());
            let (mut let_in, mut seen) = (Vec::new(), HashSet::new());
            for pick in picks {
                let at = pick.index(letters.len());
                if entrance.lets_in(&letters[at]) {
                    prop_assert!(seen.insert(at));
                    let_in.push(at);
                }
            }
            prop_assert!(let_in.is_sorted(), "{let_in:?}");
            // And whoever begins then, and has heard the last beat, is heard.
            let next = letter(lives.len(), 1, 1 + letters.last().unwrap().heard);
            prop_assert!(entrance.lets_in(&next));
            prop_assert!(!entrance.lets_in(&next));
        }
    }
}
