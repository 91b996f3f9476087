//! Which lines of the log pass, and which hold what is searched for. New lines are looked at as they come, older ones a slice
//! at a time, the newest first: what is in sight stands at once, and a key never waits for a million lines.
//!
//! ```text
//!   places:   first ……… below │ looked at │ upto ……… end
//!                     ◀─ slices            new lines ─▶
//! ```
//!
//! Invariant: between `below` and `upto` every line was looked at under the same wishes. Other wishes begin anew.

use super::detail::LogView;
use crate::model::log::{Lines, Log, Seen};
use std::collections::{BTreeMap, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::Range;

/// Lines that are looked at between two looks at the keys.
pub const SLICE: usize = 8 << 10;

/// A stretch of places that was looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stretch {
    below: u32,
    upto: u32,
}

impl Stretch {
    fn new(log: &Log) -> Self {
        Self {
            below: log.end(),
            upto: log.end(),
        }
    }

    /// The next places to look at: new ones first.
    fn next(&self, log: &Log) -> Option<(Range<u32>, bool)> {
        if self.upto < log.end() {
            return Some((self.upto.max(log.first())..log.end(), true));
        }
        log.part_before(self.below).map(|part| (part, false))
    }

    fn took(&mut self, part: &Range<u32>, newer: bool) {
        if newer {
            self.upto = part.end;
        } else {
            self.below = part.start;
        }
    }

    /// What share of the kept lines was looked at, in percent.
    fn share(&self, log: &Log) -> u8 {
        let all = (log.end() - log.first()).max(1);
        let seen = self.upto.saturating_sub(self.below.max(log.first()));
        (u64::from(seen) * 100 / u64::from(all)) as u8
    }
}

/// Lines that pass, folded where they repeat.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Passing {
    /// Places of the lines that pass, ascending; of lines folded into one, the last.
    pub places: VecDeque<u32>,
    /// How many lines are folded into the one at this place, where it is more than one.
    pub folded: BTreeMap<u32, u32>,
    front: Option<u64>,
    back: Option<u64>,
    stretch: Option<Stretch>,
}

/// Lines that hold what is searched for.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Hits {
    /// Their places, ascending.
    pub places: VecDeque<u32>,
    stretch: Option<Stretch>,
}

/// What a part gave: groups of equal lines by their last place, with their number, and what the outer ones say.
#[derive(Default)]
struct Groups {
    all: Vec<(u32, u32)>,
    first: Option<u64>,
    last: Option<u64>,
}

/// The same for lines that fold into one.
fn said(seen: &Seen<'_>) -> u64 {
    let mut hasher = DefaultHasher::new();
    (seen.text, seen.level, seen.stage).hash(&mut hasher);
    hasher.finish()
}

impl Passing {
    fn append(&mut self, mut groups: Groups, marked: impl Fn(u32) -> bool) {
        if groups.all.is_empty() {
            return;
        }
        if self.places.is_empty() {
            self.front = groups.first;
        }
        let alike = self.back.is_some() && self.back == groups.first;
        if let Some(last) = self.places.back().copied()
            && alike
            && !marked(last)
        {
            self.places.pop_back();
            groups.all[0].1 += self.folded.remove(&last).unwrap_or(1);
        }
        self.back = groups.last;
        for (place, count) in groups.all {
            self.places.push_back(place);
            if count > 1 {
                self.folded.insert(place, count);
            }
        }
    }

    fn prepend(&mut self, mut groups: Groups) {
        let Some((_, count)) = groups.all.last().copied() else {
            return;
        };
        if self.places.is_empty() {
            self.back = groups.last;
        }
        let alike = self.front.is_some() && self.front == groups.last;
        if let Some(front) = self.places.front().copied()
            && alike
        {
            groups.all.pop();
            *self.folded.entry(front).or_insert(1) += count;
            if groups.all.is_empty() {
                return;
            }
        }
        self.front = groups.first;
        for (place, count) in groups.all.into_iter().rev() {
            self.places.push_front(place);
            if count > 1 {
                self.folded.insert(place, count);
            }
        }
    }

    /// Lines that are kept no longer go.
    fn forget(&mut self, first: u32) {
        while self.places.front().is_some_and(|place| *place < first) {
            self.places.pop_front();
        }
        if self
            .folded
            .first_key_value()
            .is_some_and(|(place, _)| *place < first)
        {
            self.folded = self.folded.split_off(&first);
        }
    }

    /// The place in `places` of the line that shows this one.
    #[must_use]
    pub fn find(&self, place: u32) -> usize {
        self.places.partition_point(|shown| *shown < place)
    }
}

impl LogView {
    /// A line is wanted, by level, stage, time and filter.
    #[must_use]
    pub fn passes(&self, seen: &Seen<'_>) -> bool {
        seen.level >= self.level
            && self.since_ms.is_none_or(|since| seen.at_ms >= since)
            && self.stage.as_ref().is_none_or(|stage| stage == seen.stage)
            && self.filter.as_ref().is_none_or(|filter| {
                filter.regex.is_match(seen.text) != filter.text.starts_with('!')
            })
    }

    /// Other lines are wanted than before.
    pub fn choose_anew(&mut self) {
        self.passing = Passing::default();
        self.search_anew();
    }

    /// Something else is searched for.
    pub fn search_anew(&mut self) {
        self.hits = Hits::default();
    }

    /// Older lines are still to be looked at.
    #[must_use]
    pub fn is_scanning(&self, log: &Log) -> bool {
        let open = |stretch: Option<Stretch>| stretch.is_none_or(|s| s.next(log).is_some());
        open(self.passing.stretch) || (self.search.is_some() && open(self.hits.stretch))
    }

    /// How much of the log was looked at, in percent.
    #[must_use]
    pub fn scanned(&self, log: &Log) -> u8 {
        let share = |stretch: Option<Stretch>| stretch.map_or(0, |s| s.share(log));
        match self.search {
            Some(_) => share(self.passing.stretch).min(share(self.hits.stretch)),
            None => share(self.passing.stretch),
        }
    }

    /// Looks at about so many lines more; what passes comes first.
    pub fn scan(&mut self, log: &Log, most: usize) {
        self.passing.forget(log.first());
        while self
            .hits
            .places
            .front()
            .is_some_and(|place| *place < log.first())
        {
            self.hits.places.pop_front();
        }
        let mut room = Lines::default();
        let mut left = most;
        let mut stretch = self.passing.stretch.unwrap_or_else(|| Stretch::new(log));
        while let Some((part, newer)) = stretch.next(log).filter(|_| left > 0) {
            left = left.saturating_sub(part.len());
            stretch.took(&part, newer);
            let groups = self.groups(log, part, &mut room);
            if newer {
                let marks = &self.marks;
                self.passing.append(groups, |place| marks.contains(&place));
            } else {
                self.passing.prepend(groups);
            }
        }
        self.passing.stretch = Some(stretch);
        if self.search.is_none() {
            return;
        }
        let mut stretch = self.hits.stretch.unwrap_or_else(|| Stretch::new(log));
        while let Some((part, newer)) = stretch.next(log).filter(|_| left > 0) {
            left = left.saturating_sub(part.len());
            stretch.took(&part, newer);
            let found = self.found(log, part, &mut room);
            if newer {
                self.hits.places.extend(found);
            } else {
                for place in found.into_iter().rev() {
                    self.hits.places.push_front(place);
                }
            }
        }
        self.hits.stretch = Some(stretch);
    }

    fn groups(&self, log: &Log, part: Range<u32>, room: &mut Lines) -> Groups {
        let mut groups = Groups::default();
        let mut last: Option<u64> = None;
        log.read(part, room, |seen| {
            if !self.passes(seen) {
                return true;
            }
            let key = (self.fold && !self.marks.contains(&seen.place)).then(|| said(seen));
            if groups.all.is_empty() {
                groups.first = key;
            }
            match groups.all.last_mut() {
                Some((place, count)) if key.is_some() && key == last => {
                    *place = seen.place;
                    *count += 1;
                }
                _ => groups.all.push((seen.place, 1)),
            }
            last = key;
            true
        });
        groups.last = last;
        groups
    }

    fn found(&self, log: &Log, part: Range<u32>, room: &mut Lines) -> Vec<u32> {
        let mut found = Vec::new();
        if let Some(search) = &self.search {
            log.read(part, room, |seen| {
                if search.regex.is_match(seen.text) && self.passes(seen) {
                    found.push(seen.place);
                }
                true
            });
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::detail::Search;
    use crate::model::log::{Level, Line};
    use proptest::prelude::*;

    /// The same, in one go over plain lines.
    fn plainly(view: &LogView, lines: &[Line]) -> (Vec<u32>, Vec<(u32, u32)>, Vec<u32>) {
        let (mut places, mut folded, mut hits) = (Vec::new(), BTreeMap::new(), Vec::new());
        let mut last: Option<&Line> = None;
        for (place, line) in (0u32..).zip(lines) {
            let seen = Seen {
                place,
                offset: line.offset,
                at_ms: line.at_ms,
                level: line.level,
                stage: &line.stage,
                text: &line.text,
            };
            if !view.passes(&seen) {
                continue;
            }
            let search = view.search.as_ref();
            if search.is_some_and(|search| search.regex.is_match(&line.text)) {
                hits.push(place);
            }
            let same = |last: &Line| {
                last.text == line.text && last.level == line.level && last.stage == line.stage
            };
            if view.fold && last.is_some_and(same) {
                let before: u32 = places.pop().unwrap_or(place);
                let count = folded.remove(&before).unwrap_or(1);
                folded.insert(place, count + 1);
            }
            places.push(place);
            last = Some(line);
        }
        (places, folded.into_iter().collect(), hits)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(16))]

        #[test]
        fn slices_and_new_lines_give_what_one_look_at_all_would(
            said in prop::collection::vec(0..6u8, 1..5000),
            cuts in prop::collection::vec((0..4000usize, 1..5000usize), 0..12),
            fold in any::<bool>(),
            quiet in any::<bool>(),
        ) {
            let lines: Vec<Line> = (0u64..)
                .zip(&said)
                .map(|(at, kind)| Line {
                    offset: 1 << 32 | at,
                    at_ms: at as i64,
                    level: if *kind == 5 { Level::Error } else { Level::Info },
                    stage: "a".to_owned(),
                    text: format!("line {}", kind / 3),
                })
                .collect();
            let regex = regex::Regex::new("1").unwrap();
            let mut view = LogView {
                fold,
                level: if quiet { Level::Error } else { Level::Debug },
                search: Some(Search { text: "1".to_owned(), regex }),
                ..LogView::default()
            };
            let mut log = Log::default();
            let mut rest = lines.iter();
            for (more, most) in cuts {
                for line in rest.by_ref().take(more) {
                    log.push(line.clone());
                }
                view.scan(&log, most);
            }
            for line in rest {
                log.push(line.clone());
            }
            while view.is_scanning(&log) {
                view.scan(&log, 700);
            }
            let (places, folded, hits) = plainly(&view, &lines);
            prop_assert_eq!(Vec::from(view.passing.places.clone()), places);
            prop_assert_eq!(view.passing.folded.clone().into_iter().collect::<Vec<_>>(), folded);
            prop_assert_eq!(Vec::from(view.hits.places.clone()), hits);
            prop_assert_eq!(view.scanned(&log), 100);
        }
    }
}
