//! The page that Prometheus reads: what was counted, and what stands now.

use super::families::{Metrics, Named};
use prometheus::{Encoder as _, TextEncoder};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// The page's content type.
pub const CONTENT_TYPE: &str = prometheus::TEXT_FORMAT;

/// A resource's units over all boxes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Slots {
    /// Taken.
    pub used: u64,
    /// Not taken.
    pub free: u64,
}

/// What is read at the moment of asking.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Standing {
    /// Workflows that have not ended, by status.
    pub queue: BTreeMap<&'static str, u64>,
    /// Bytes of the files that are kept.
    pub media_bytes: u64,
    /// Free bytes where the data directory is; none where that can't be read.
    pub free_bytes: Option<u64>,
    /// Seconds since each box was last heard of.
    pub beats: BTreeMap<String, f64>,
    /// By resource.
    pub slots: BTreeMap<String, Slots>,
    /// By box and resource.
    pub box_slots: BTreeMap<(String, String), Slots>,
}

impl Metrics {
    /// The page in Prometheus's text format.
    ///
    /// # Errors
    /// What the encoder says of a metric it can't write.
    pub fn page(&self, standing: &Standing) -> Result<String, prometheus::Error> {
        let whole = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
        for (status, count) in &standing.queue {
            self.queue.with_label_values(&[status]).set(whole(*count));
        }
        self.media.set(whole(standing.media_bytes));
        if let Some(free) = standing.free_bytes {
            self.free.set(whole(free));
        }
        // A box or resource that is gone is gone from the page too.
        self.beat.reset();
        for (name, age) in &standing.beats {
            self.beat.with_label_values(&[name]).set(*age);
        }
        self.slots.reset();
        for (resource, slots) in &standing.slots {
            let set = |state: &str, count| {
                self.slots
                    .with_label_values(&[resource.as_str(), state])
                    .set(whole(count));
            };
            set("used", slots.used);
            set("free", slots.free);
        }
        self.box_slots.reset();
        for ((name, resource), slots) in &standing.box_slots {
            for (state, count) in [("used", slots.used), ("free", slots.free)] {
                self.box_slots
                    .with_label_values(&[name.as_str(), resource, state])
                    .set(whole(count));
            }
        }
        let mut page = Vec::with_capacity(16 << 10);
        let families = self.registry.gather();
        TextEncoder::new().encode(&families, &mut page)?;
        let mut page =
            String::from_utf8(page).map_err(|error| prometheus::Error::Msg(error.to_string()))?;
        let silent = |named: &&Named| !families.iter().any(|family| family.name() == named.name);
        for named in self.named.iter().filter(silent) {
            // Writing to a string can't fail.
            let _ = write!(
                page,
                "# HELP {0} {1}\n# TYPE {0} {2}\n",
                named.name, named.help, named.kind
            );
        }
        Ok(page)
    }
}
