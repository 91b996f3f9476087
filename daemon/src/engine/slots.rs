//! Who offers what, and who holds it: the boxes as the scheduler sees them.
//!
//! A lease holds its stage's resources from its commit until the commit of its end. While the jobs of a box are shorter, one after the other, than
//! a commit takes to come round, a few are leased ahead of the slots, so that the box never stands idle for the disk; the
//! runner still starts no more at a time than the box has slots for.

use crate::domain::pick::BoxSlots;
use crate::domain::{Resources, Timestamp};
use std::collections::BTreeMap;
use std::time::Duration;

/// Shorter than this is short.
const SHORT: Duration = Duration::from_millis(25);
/// So many in a row must have been short.
const ROW: u32 = 8;
/// And the last of them must have ended so lately: a box that has come to rest is leased by its slots again.
const LATELY: Duration = Duration::from_millis(100);
/// So many times the slots are leased then.
const AHEAD: u64 = 4;

/// One box.
#[derive(Debug, Clone)]
pub(super) struct BoxState {
    pub name: String,
    pub capacity: Resources,
    pub labels: BTreeMap<String, String>,
    pub used: Resources,
    pub drained: bool,
    /// How many attempts in a row were short.
    short: u32,
    /// When one last ended.
    ended_at: Timestamp,
}

impl BoxState {
    pub fn new(name: &str, capacity: Resources, labels: BTreeMap<String, String>) -> Self {
        Self {
            name: name.to_owned(),
            capacity,
            labels,
            used: Resources::new(),
            drained: false,
            short: 0,
            ended_at: Timestamp(i64::MIN),
        }
    }

    /// As `pick` wants it. `open` is false while nothing new may start anywhere.
    pub fn slots(&self, open: bool, now: Timestamp) -> BoxSlots {
        let hot = self.short >= ROW && now.since(self.ended_at) < LATELY;
        let factor = if hot { AHEAD } else { 1 };
        BoxSlots {
            name: self.name.clone(),
            capacity: self
                .capacity
                .iter()
                .map(|(name, amount)| (name.clone(), amount * factor))
                .collect(),
            used: self.used.clone(),
            labels: self.labels.clone(),
            accepting: open && !self.drained,
        }
    }

    pub fn take(&mut self, wants: &Resources) {
        for (name, amount) in wants {
            *self.used.entry(name.clone()).or_default() += amount;
        }
    }

    pub fn give_back(&mut self, wants: &Resources) {
        for (name, amount) in wants {
            if let Some(used) = self.used.get_mut(name) {
                *used = used.saturating_sub(*amount);
            }
        }
    }

    /// An attempt ended at `now`, and took so long.
    pub fn took(&mut self, duration: Duration, now: Timestamp) {
        self.short = if duration < SHORT {
            self.short.saturating_add(1)
        } else {
            0
        };
        self.ended_at = now;
    }

    /// More was leased than there are slots: the runner has work waiting.
    pub fn is_ahead(&self) -> bool {
        self.used.iter().any(|(name, used)| {
            self.capacity
                .get(name)
                .is_some_and(|capacity| used > capacity)
        })
    }
}
