//! In which order rows stand. Every order ends with the id, so that equal rows never change places.

use super::listed::Listed;
use super::words::Status;
use std::cmp::Ordering;

/// What rows are sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SortKey {
    /// What runs, what asks, what waits by its place in line, what failed, what ended.
    #[default]
    State,
    /// The soonest to end first; what has no estimate last.
    Eta,
    /// The furthest first.
    Progress,
    /// By name.
    Name,
    /// The newest first.
    Created,
    /// The largest first.
    Priority,
}

/// Key after `,`, key, word.
pub const SORTS: [(char, SortKey, &str); 6] = [
    ('s', SortKey::State, "state"),
    ('e', SortKey::Eta, "ETA"),
    ('p', SortKey::Progress, "progress"),
    ('n', SortKey::Name, "name"),
    ('c', SortKey::Created, "created"),
    ('i', SortKey::Priority, "priority"),
];

/// A sort key and its direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sort {
    /// By what.
    pub key: SortKey,
    /// The other way round.
    pub reversed: bool,
}

impl Sort {
    /// As the header says it.
    #[must_use]
    pub fn word(self) -> &'static str {
        SORTS
            .iter()
            .find(|(_, key, _)| *key == self.key)
            .map_or("state", |(_, _, word)| word)
    }

    /// Which of two stands first.
    pub fn order(self, a: &impl Listed, b: &impl Listed) -> Ordering {
        let order = compare(self.key, a, b);
        let order = if self.reversed {
            order.reverse()
        } else {
            order
        };
        let ((daemon, id), (other, other_id)) = (a.place(), b.place());
        order.then_with(|| (id, daemon).cmp(&(other_id, other)))
    }
}

fn compare(key: SortKey, a: &impl Listed, b: &impl Listed) -> Ordering {
    match key {
        SortKey::State => rank(a.status())
            .cmp(&rank(b.status()))
            .then_with(|| a.position().cmp(&b.position()))
            .then_with(|| a.times().1.cmp(&b.times().1)),
        SortKey::Eta => a.ends().total_cmp(&b.ends()),
        SortKey::Progress => b.progress().total_cmp(&a.progress()),
        SortKey::Name => a.called().to_lowercase().cmp(&b.called().to_lowercase()),
        SortKey::Created => b.times().0.cmp(&a.times().0),
        SortKey::Priority => b
            .priority()
            .cmp(&a.priority())
            .then_with(|| rank(a.status()).cmp(&rank(b.status()))),
    }
}

fn rank(status: Status) -> u8 {
    match status {
        Status::Running => 0,
        Status::PendingClarification | Status::PendingConfirmation => 1,
        Status::Waiting => 2,
        Status::Failed => 3,
        Status::Paused => 4,
        Status::Queued => 5,
        Status::Scheduled => 6,
        Status::Blocked => 7,
        Status::Unknown => 8,
        Status::Cancelled | Status::Completed => 9,
    }
}
