//! Boxes, their slots, and the line before them, as `GET /api/workers` tells.

use super::key;
use super::row::unix_ms;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// A box that runs stages.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Worker {
    /// Its name.
    pub worker_id: String,
    /// `active`, `idle`, `draining`, `lost`.
    pub status: String,
    /// RFC 3339.
    pub last_heartbeat: Option<String>,
    /// What it offers.
    pub resources: BTreeMap<String, Slots>,
    /// What it is known by.
    pub labels: BTreeMap<String, Value>,
    /// It was stopped, and held nothing: no loss.
    pub left: bool,
    /// The daemon that told of it.
    #[serde(skip)]
    pub daemon: usize,
}

/// Not heard of for so long, in milliseconds, a box is stale.
pub const STALE_MS: i64 = 30_000;

impl Worker {
    /// When it was last heard of, in Unix milliseconds.
    #[must_use]
    pub fn heard_ms(&self) -> Option<i64> {
        self.last_heartbeat.as_deref().and_then(unix_ms)
    }

    /// Its state at a moment: what is not heard of is stale, until the daemon says that it is lost.
    #[must_use]
    pub fn state(&self, now_ms: i64) -> &str {
        let silent = self
            .heard_ms()
            .is_some_and(|heard| now_ms - heard > STALE_MS);
        match self.status.as_str() {
            "lost" if self.left => "gone",
            "lost" => "lost",
            _ if silent => "stale",
            word => word,
        }
    }
}

/// How much of something there is.
#[derive(Debug, Clone, Copy, PartialEq, Default, Deserialize)]
#[serde(default)]
pub struct Slots {
    /// In all.
    pub total: f64,
    /// Taken.
    pub used: f64,
}

/// One that waits for its first slot.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Place {
    /// The workflow's id; a key once read.
    pub job_id: String,
    /// Larger first.
    pub priority: i32,
    /// RFC 3339.
    pub created_at: String,
    /// From 1.
    pub position: u64,
}

/// A stage at work.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Job {
    /// The workflow's id; a key once read.
    pub job_id: String,
    /// The box.
    pub worker_id: String,
    /// The stage's id.
    pub stage: String,
    /// RFC 3339.
    pub started_at: String,
}

/// All of it, of one daemon.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Workers {
    /// The line, in order.
    pub queue: Vec<Place>,
    /// What runs where.
    pub jobs: Vec<Job>,
    /// The boxes.
    pub boxes: Vec<Worker>,
}

impl Workers {
    /// Reads what the daemon with this number tells; what can't be read is passed over.
    #[must_use]
    pub fn read(value: &Value, daemon: usize) -> Self {
        fn all<T: for<'a> Deserialize<'a>>(value: &Value) -> Vec<T> {
            let listed = value.as_array().into_iter().flatten();
            listed
                .filter_map(|one| serde_json::from_value(one.clone()).ok())
                .collect()
        }
        let mut told = Self {
            queue: all(&value["queue"]),
            jobs: all(&value["activeJobs"]),
            boxes: all(&value["workers"]),
        };
        for one in &mut told.queue {
            one.job_id = key::of(daemon, &one.job_id);
        }
        for one in &mut told.jobs {
            one.job_id = key::of(daemon, &one.job_id);
        }
        for one in &mut told.boxes {
            one.daemon = daemon;
        }
        told
    }

    /// The slots of a resource over all boxes that are there: used and total.
    #[must_use]
    pub fn slots(&self, resource: &str) -> Option<Slots> {
        let mut sum = Slots::default();
        let there = self
            .boxes
            .iter()
            .filter(|one| !matches!(one.status.as_str(), "lost" | "gone"));
        for slots in there.filter_map(|one| one.resources.get(resource)) {
            sum.total += slots.total;
            sum.used += slots.used;
        }
        (sum.total > 0.0).then_some(sum)
    }
}
