//! What the dashboard knows of a daemon: a snapshot, and the events after it.
//!
//! ```text
//!   hello ──▶ snapshot(n) ──▶ event n+1 ──▶ event n+2 ──▶ …
//!                ▲                 │
//!                └── lagged, gap ◀─┘   (a gap is never guessed over: a fresh snapshot is asked for)
//! ```
//!
//! Invariants:
//! * `snapshot(n)` and the events up to `m` give the same rows as `snapshot(m)`: a row is replaced by an event's post-state,
//!   never computed here. Rows are what a snapshot would hold: active workflows and failed ones.
//! * An event's number is used once: what was seen is passed over.
//! * Progress between events is laid over a row and lost with its next post-state; it never makes or removes a row.

mod apply;
pub mod asked;
pub mod attention;
pub mod filter;
pub mod happening;
pub mod hooks;
pub mod key;
pub mod link;
pub mod listed;
pub mod log;
pub mod order;
pub mod past;
pub mod row;
pub mod span;
pub mod stats;
pub mod strings;
pub mod varint;
pub mod words;
pub mod workers;

pub use apply::Applied;
pub use attention::Attention;
pub use row::{Row, Stage};

use std::collections::{BTreeMap, VecDeque};

/// How many workflows that ended before our eyes are kept for a while.
pub(crate) const ENDED_KEPT: usize = 50;

/// How long an ended workflow stays on the Active screen, in milliseconds.
pub const LINGER_MS: i64 = 60_000;

/// How webhooks stand at a daemon.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Deserialize)]
#[serde(default)]
pub struct HookCounts {
    /// Failed deliveries that are kept.
    pub kept: u64,
    /// Endpoints that are off.
    pub disabled: u64,
    /// Endpoints.
    pub endpoints: u64,
}

/// What is known of one daemon.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Model {
    /// Its number among the daemons that are looked at, from 0.
    pub daemon: usize,
    /// The last event that is folded in.
    pub seq: u64,
    /// Which database the numbers belong to.
    pub instance: Option<String>,
    /// The daemon's box.
    pub host: String,
    /// The daemon's version.
    pub version: String,
    /// Active and failed workflows by id.
    pub rows: BTreeMap<String, Row>,
    /// Ended (completed, cancelled) while we watched, oldest first, with the moment we learnt of it.
    pub ended: VecDeque<(i64, Row)>,
    /// Boxes, slots and the line.
    pub workers: workers::Workers,
    /// How webhooks stand.
    pub hooks: HookCounts,
    /// What waits for a person beyond what the rows tell (endpoints, disk…).
    pub attention: Vec<Attention>,
    /// A snapshot was folded in since the program began.
    pub loaded: bool,
    /// After `lagged`: events are passed over until the snapshot.
    pub awaiting_snapshot: bool,
    /// Numbers may have gaps on this stream (a token that sees one user's workflows alone).
    pub gaps_allowed: bool,
}

impl Model {
    /// The row with this id: active, failed or lately ended.
    #[must_use]
    pub fn row(&self, id: &str) -> Option<&Row> {
        self.rows.get(id).or_else(|| {
            self.ended
                .iter()
                .rev()
                .map(|(_, row)| row)
                .find(|row| row.view.id == id)
        })
    }

    /// Rows, then those that ended within the last minute.
    pub fn visible(&self, now_ms: i64) -> impl Iterator<Item = &Row> {
        let lingering = self
            .ended
            .iter()
            .filter(move |(at, _)| now_ms - at < LINGER_MS)
            .map(|(_, row)| row);
        self.rows
            .values()
            .chain(lingering.filter(|row| !self.rows.contains_key(&row.view.id)))
    }

    /// How many rows hold this.
    pub fn count(&self, holds: impl Fn(&Row) -> bool) -> usize {
        self.rows.values().filter(|row| holds(row)).count()
    }

    /// Forgets what lingered long enough; true if the picture changes.
    pub fn expire(&mut self, now_ms: i64) -> bool {
        let before = self.ended.len();
        self.ended.retain(|(at, _)| now_ms - at < LINGER_MS);
        self.ended.len() != before
    }

    /// When the next lingering row goes.
    #[must_use]
    pub fn next_expiry(&self) -> Option<i64> {
        self.ended.iter().map(|(at, _)| at + LINGER_MS).min()
    }
}

#[cfg(test)]
mod tests;
