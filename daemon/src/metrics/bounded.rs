//! A family of metrics whose labels come from outside, kept to a number of them.

use prometheus::{Histogram, HistogramVec, IntCounter, IntCounterVec};
use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::{PoisonError, RwLock};

/// What stands for every value beyond the bound.
pub(super) const OTHER: &str = "other";

/// Metrics of one name, told apart by their labels.
pub(super) trait Family {
    /// One of them.
    type Metric;
    /// The one with these labels, in the order in which the family names them.
    fn with(&self, labels: &[&str]) -> Self::Metric;
}

impl Family for IntCounterVec {
    type Metric = IntCounter;

    fn with(&self, labels: &[&str]) -> IntCounter {
        self.with_label_values(labels)
    }
}

impl Family for HistogramVec {
    type Metric = Histogram;

    fn with(&self, labels: &[&str]) -> Histogram {
        self.with_label_values(labels)
    }
}

/// Tells apart so many combinations of labels; those that come later are all counted as `other`.
pub(super) struct Bounded<F> {
    family: F,
    most: usize,
    known: RwLock<HashSet<u64>>,
}

impl<F: Family> Bounded<F> {
    pub fn new(family: F, most: usize) -> Self {
        Self {
            family,
            most,
            known: RwLock::default(),
        }
    }

    /// The metric of these labels.
    pub fn of<const N: usize>(&self, labels: [&str; N]) -> F::Metric {
        if self.admits(&labels) {
            self.family.with(&labels)
        } else {
            self.family.with(&[OTHER; N])
        }
    }

    fn admits(&self, labels: &[&str]) -> bool {
        let mut hasher = DefaultHasher::new();
        labels.hash(&mut hasher);
        let key = hasher.finish();
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        if known.contains(&key) {
            return true;
        }
        if known.len() >= self.most {
            return false;
        }
        drop(known);
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        if known.len() < self.most {
            known.insert(key);
        }
        known.contains(&key)
    }
}
