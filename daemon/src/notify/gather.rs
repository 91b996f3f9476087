//! What one way has to tell, and when: the first of its kind at once, equal ones together, at the rate, not in quiet hours.
//! Pure: the time is handed in.

use super::note::Note;
use crate::config::Rules;
use crate::domain::Timestamp;
use jiff::tz::TimeZone;
use std::time::Duration;

/// Kinds that wait at once; beyond that only their number is told.
const KINDS: usize = 200;
/// Ids that are named of a kind.
const NAMED: usize = 5;
/// Kinds in one message.
const AT_ONCE: usize = 20;

/// Equal notes that wait together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folded {
    /// The first of them.
    pub note: Note,
    /// How many.
    pub count: u64,
    /// The workflows they are about, the first few.
    pub workflows: Vec<String>,
    due: Timestamp,
}

/// What is told together.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Batch {
    /// In the order in which they happened.
    pub folded: Vec<Folded>,
    /// Further notes that were not kept.
    pub dropped: u64,
}

/// One way's gathering.
#[derive(Debug)]
pub struct Gather {
    rules: Rules,
    waiting: Vec<Folded>,
    dropped: u64,
    /// When each kind was last told: equal ones wait until its window ends.
    told: Vec<(String, Timestamp)>,
    /// Messages that may be sent now; grows with time.
    tokens: f64,
    counted: Timestamp,
    /// Nothing before this: the way failed.
    not_before: Timestamp,
}

impl Gather {
    /// Empty, with a full allowance.
    #[must_use]
    pub fn new(rules: Rules, now: Timestamp) -> Self {
        let tokens = Self::allowance(&rules);
        Self {
            rules,
            waiting: Vec::new(),
            dropped: 0,
            told: Vec::new(),
            tokens,
            counted: now,
            not_before: now,
        }
    }

    /// Messages that may come in a row: what the rate allows in ten minutes, and at least one.
    fn allowance(rules: &Rules) -> f64 {
        (rules.rate * 600.0).max(1.0)
    }

    /// Takes a note, if the rules want it.
    pub fn push(&mut self, note: &Note, now: Timestamp) {
        if !note.is_wanted(&self.rules) {
            return;
        }
        let id = note.workflow.clone();
        if let Some(known) = self
            .waiting
            .iter_mut()
            .find(|known| known.note.key == note.key)
        {
            known.count += 1;
            known
                .workflows
                .extend(id.filter(|_| known.workflows.len() < NAMED));
            return;
        }
        if self.waiting.len() >= KINDS {
            self.dropped += 1;
            return;
        }
        self.told.retain(|(_, until)| *until > now);
        let due = self
            .told
            .iter()
            .find(|(key, _)| *key == note.key)
            .map_or(now, |(_, until)| *until);
        self.waiting.push(Folded {
            note: note.clone(),
            count: 1,
            workflows: id.into_iter().collect(),
            due,
        });
    }

    /// When there may be something to tell; none while nothing waits.
    #[must_use]
    pub fn next(&self, now: Timestamp) -> Option<Timestamp> {
        let due = self.waiting.iter().map(|folded| folded.due).min()?;
        let token = if self.tokens(now) >= 1.0 {
            now
        } else {
            now.plus(Duration::from_secs_f64(
                (1.0 - self.tokens(now)) / self.rules.rate,
            ))
        };
        let at = due.max(self.not_before).max(token).max(now);
        Some(self.quiet_until(at).unwrap_or(at))
    }

    /// What is to be told now, taken out; it is given back if that fails.
    pub fn take(&mut self, now: Timestamp) -> Option<Batch> {
        if self.next(now).is_none_or(|at| at > now) {
            return None;
        }
        self.tokens = self.tokens(now) - 1.0;
        self.counted = now;
        let mut batch = Batch {
            folded: Vec::new(),
            dropped: std::mem::take(&mut self.dropped),
        };
        let mut rest = Vec::new();
        for folded in self.waiting.drain(..) {
            if folded.due <= now && batch.folded.len() < AT_ONCE {
                batch.folded.push(folded)
            } else {
                rest.push(folded)
            }
        }
        self.waiting = rest;
        let until = now.plus(self.rules.fold);
        self.told.extend(
            batch
                .folded
                .iter()
                .map(|folded| (folded.note.key.clone(), until)),
        );
        Some(batch)
    }

    /// Gives back what could not be told; nothing is told before `again`.
    pub fn give_back(&mut self, batch: Batch, again: Timestamp) {
        self.not_before = again;
        self.dropped += batch.dropped;
        for folded in batch.folded.into_iter().rev() {
            match self
                .waiting
                .iter_mut()
                .find(|known| known.note.key == folded.note.key)
            {
                Some(known) => known.count += folded.count,
                None => self.waiting.insert(0, folded),
            }
        }
    }

    fn tokens(&self, now: Timestamp) -> f64 {
        (self.tokens + now.since(self.counted).as_secs_f64() * self.rules.rate)
            .min(Self::allowance(&self.rules))
    }

    /// The end of the quiet hours, if `at` lies in them.
    fn quiet_until(&self, at: Timestamp) -> Option<Timestamp> {
        let (from, to) = self.rules.quiet.filter(|(from, to)| from != to)?;
        let zone = TimeZone::get(&self.rules.zone).unwrap_or(TimeZone::UTC);
        let local = jiff::Timestamp::from_millisecond(at.0).ok()?.to_zoned(zone);
        let minute = u16::try_from(local.hour()).ok()? * 60 + u16::try_from(local.minute()).ok()?;
        let inside = if from < to {
            (from..to).contains(&minute)
        } else {
            minute >= from || minute < to
        };
        if !inside {
            return None;
        }
        let left = (1440 + to - minute) % 1440;
        let into_minute =
            Duration::from_millis(u64::try_from(at.0.rem_euclid(60_000)).unwrap_or(0));
        Some(at.plus(Duration::from_secs(u64::from(left) * 60).saturating_sub(into_minute)))
    }
}

impl Folded {
    /// Its title with how many there were.
    #[must_use]
    pub fn title(&self) -> String {
        if self.count > 1 {
            format!("{} ×{}", self.note.title, self.count)
        } else {
            self.note.title.clone()
        }
    }

    /// The workflows beyond the first.
    #[must_use]
    pub fn others(&self) -> Option<String> {
        let more = self.count.saturating_sub(self.workflows.len() as u64);
        let named = self
            .workflows
            .get(1..)
            .filter(|ids| !ids.is_empty())?
            .join(", ");
        Some(if more > 0 {
            format!("Also: {named} and {more} more.")
        } else {
            format!("Also: {named}.")
        })
    }
}

impl Batch {
    /// One line for the whole.
    #[must_use]
    pub fn subject(&self) -> String {
        match self.folded.as_slice() {
            [] => format!("{} notes were too many to keep", self.dropped),
            [one] => one.title(),
            [first, rest @ ..] => format!("{} and {} more", first.title(), rest.len()),
        }
    }

    /// Everything, as plain text.
    #[must_use]
    pub fn text(&self) -> String {
        let mut parts: Vec<String> = self
            .folded
            .iter()
            .map(|folded| {
                let mut lines = vec![folded.title()];
                lines.extend(folded.note.lines.iter().cloned());
                lines.extend(folded.others());
                lines.join("\n")
            })
            .collect();
        if self.dropped > 0 {
            parts.push(format!(
                "{} further notes were too many to keep; `reel attention` lists what waits.",
                self.dropped
            ));
        }
        parts.join("\n\n")
    }
}
