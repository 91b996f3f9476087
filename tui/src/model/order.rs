//! In which order rows stand. Every order ends with the id, so that equal rows never change places.

use super::row::Row;
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

    /// Puts rows in order.
    pub fn arrange(self, rows: &mut [&Row]) {
        rows.sort_by(|a, b| {
            let order = compare(self.key, a, b);
            let order = if self.reversed {
                order.reverse()
            } else {
                order
            };
            order.then_with(|| a.key.cmp(&b.key))
        });
    }
}

fn compare(key: SortKey, a: &Row, b: &Row) -> Ordering {
    match key {
        SortKey::State => rank(a)
            .cmp(&rank(b))
            .then_with(|| position(a).cmp(&position(b)))
            .then_with(|| a.started_ms.cmp(&b.started_ms)),
        SortKey::Eta => eta(a).total_cmp(&eta(b)),
        SortKey::Progress => b.view.progress.total_cmp(&a.view.progress),
        SortKey::Name => a.name().to_lowercase().cmp(&b.name().to_lowercase()),
        SortKey::Created => b.created_ms.cmp(&a.created_ms),
        SortKey::Priority => b
            .view
            .priority
            .cmp(&a.view.priority)
            .then_with(|| rank(a).cmp(&rank(b))),
    }
}

fn rank(row: &Row) -> u8 {
    match row.status {
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

fn position(row: &Row) -> u64 {
    row.view.queue_position.unwrap_or(u64::MAX)
}

fn eta(row: &Row) -> f64 {
    match row.view.estimated_time_remaining {
        Some(seconds) if row.is_active() => seconds + row.estimated_ms as f64 / 1000.0,
        _ => f64::INFINITY,
    }
}
