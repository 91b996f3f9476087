//! The way back: views in the order they were seen, like the pages of a browser.

use super::view::Place;

/// How many are kept.
const KEPT: usize = 50;

/// Views, and which of them is shown.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Places {
    seen: Vec<Place>,
    at: usize,
}

impl Places {
    /// The person leaves `from` for `to`: what lay ahead is forgotten.
    pub fn go(&mut self, from: Place, to: Place) {
        if self.seen.is_empty() {
            self.seen.push(from);
        }
        self.seen.truncate(self.at + 1);
        if self.seen.last() != Some(&to) {
            self.seen.push(to);
        }
        if self.seen.len() > KEPT {
            self.seen.remove(0);
        }
        self.at = self.seen.len() - 1;
    }

    /// The view so many steps from here, if there is one; it is then the shown one.
    pub fn step(&mut self, by: isize) -> Option<Place> {
        let at = self.at.checked_add_signed(by)?;
        let place = self.seen.get(at)?.clone();
        self.at = at;
        Some(place)
    }

    /// There and back: the view before this one comes after it.
    pub fn swap(&mut self) -> Option<Place> {
        let before = self.seen.get(self.at.checked_sub(1)?)?.clone();
        let here = self.seen.get(self.at)?.clone();
        self.go(here, before.clone());
        Some(before)
    }
}

#[cfg(test)]
mod tests {
    use super::super::view::Screen;
    use super::*;

    fn at(screen: Screen) -> Place {
        (screen, None)
    }

    #[test]
    fn back_and_forward_walk_what_was_seen_and_a_new_way_forgets_the_old_one() {
        let mut places = Places::default();
        places.go(at(Screen::Active), at(Screen::History));
        places.go(at(Screen::History), at(Screen::Hooks));
        assert_eq!(places.step(-1), Some(at(Screen::History)));
        assert_eq!(places.step(-1), Some(at(Screen::Active)));
        assert_eq!(places.step(-1), None);
        assert_eq!(places.step(1), Some(at(Screen::History)));
        places.go(at(Screen::History), at(Screen::Stats));
        assert_eq!(places.step(1), None);
        assert_eq!(places.swap(), Some(at(Screen::History)));
        assert_eq!(places.swap(), Some(at(Screen::Stats)));
    }
}
