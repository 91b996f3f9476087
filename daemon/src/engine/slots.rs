//! Who offers what, and who holds it: the boxes as the scheduler sees them.
//!
//! A lease holds its stage's resources from its commit until the commit of its end. When the jobs of a box are shorter than
//! a commit takes to come round, a few are leased ahead of the slots, so that the box never stands idle for the disk; the
//! runner still starts no more at a time than the box has slots for.

use crate::domain::Resources;
use crate::domain::pick::BoxSlots;
use std::collections::BTreeMap;
use std::time::Duration;

/// Below this mean, work is leased ahead.
const SHORT: f64 = 25.0;
/// So many times the slots are leased then.
const AHEAD: u64 = 5;
/// Weight of the newest duration in the running mean.
const NEWEST: f64 = 0.1;

/// One box.
#[derive(Debug, Clone)]
pub(super) struct BoxState {
    pub name: String,
    pub capacity: Resources,
    pub labels: BTreeMap<String, String>,
    pub used: Resources,
    pub drained: bool,
    /// Running mean of how long attempts take here, in milliseconds.
    mean_ms: f64,
}

impl BoxState {
    pub fn new(name: &str, capacity: Resources, labels: BTreeMap<String, String>) -> Self {
        Self {
            name: name.to_owned(),
            capacity,
            labels,
            used: Resources::new(),
            drained: false,
            mean_ms: f64::MAX,
        }
    }

    /// As `pick` wants it. `open` is false while nothing new may start anywhere.
    pub fn slots(&self, open: bool) -> BoxSlots {
        let factor = if self.mean_ms < SHORT { AHEAD } else { 1 };
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

    pub fn took(&mut self, duration: Duration) {
        let ms = duration.as_secs_f64() * 1000.0;
        self.mean_ms = if self.mean_ms == f64::MAX {
            ms
        } else {
            self.mean_ms + (ms - self.mean_ms) * NEWEST
        };
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
