//! What the engine's handles and its writer share.

use super::boxes::LinkState;
use super::feed::Message;
use super::insight::Gallery;
use super::live::Live;
use super::ports::StageRunner;
use super::slots::BoxState;
use crate::clock::Clock;
use crate::domain::Timestamp;
use crate::domain::eta::StageStats;
use crate::store::stats::RunRow;
use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock, PoisonError, RwLock};
use tokio::sync::{broadcast, watch};

/// Estimates look at this many of the last runs of a stage.
const RUNS: usize = 200;

pub(super) struct Shared {
    pub clock: Arc<dyn Clock>,
    pub feed: broadcast::Sender<Message>,
    pub live: Live,
    pub gallery: Gallery,
    pub runner: OnceLock<Arc<dyn StageRunner>>,
    /// The earliest due time of any workflow.
    pub due: watch::Sender<Option<Timestamp>>,
    /// Counts workflows that ended: wakes retention.
    pub ended: watch::Sender<u64>,
    /// Set once the database is found damaged: the daemon must stop.
    pub fatal: watch::Sender<Option<String>>,
    seq: AtomicU64,
    boxes: RwLock<BoxesNow>,
    /// When each other box was last heard of.
    beats: RwLock<HashMap<String, Timestamp>>,
    link: RwLock<LinkState>,
    runs: RwLock<HashMap<(String, String), VecDeque<u64>>>,
}

/// The boxes as of the last commit.
#[derive(Clone, Default)]
pub(super) struct BoxesNow {
    pub boxes: Vec<BoxState>,
    /// New work may start.
    pub open: bool,
    /// The disk is full or nearly.
    pub disk: bool,
    /// The end of the window in which nothing new starts.
    pub window: Option<Timestamp>,
}

impl Shared {
    pub fn new(clock: Arc<dyn Clock>, feed: broadcast::Sender<Message>, runs: Vec<RunRow>) -> Self {
        let shared = Self {
            clock,
            feed,
            live: Live::default(),
            gallery: Gallery::default(),
            runner: OnceLock::new(),
            due: watch::Sender::new(None),
            ended: watch::Sender::new(0),
            fatal: watch::Sender::new(None),
            seq: AtomicU64::new(0),
            boxes: RwLock::default(),
            beats: RwLock::default(),
            link: RwLock::default(),
            runs: RwLock::default(),
        };
        for run in runs {
            shared.note(&run.pipeline, &run.stage, run.duration_ms);
        }
        shared
    }

    pub fn seq(&self) -> u64 {
        self.seq.load(Ordering::Acquire)
    }

    pub fn committed(&self, seq: u64, ended: u64, runs: &[(String, String, u64)]) {
        self.seq.store(seq, Ordering::Release);
        for (pipeline, stage, ms) in runs {
            self.note(pipeline, stage, *ms);
        }
        if ended > 0 {
            self.ended.send_modify(|count| *count += ended);
        }
    }

    fn note(&self, pipeline: &str, stage: &str, ms: u64) {
        let mut runs = self.runs.write().unwrap_or_else(PoisonError::into_inner);
        let runs = runs
            .entry((pipeline.to_owned(), stage.to_owned()))
            .or_default();
        if runs.len() == RUNS {
            runs.pop_front();
        }
        runs.push_back(ms);
    }

    /// How long a stage took in its last runs.
    pub fn stats(&self, pipeline: &str, stage: &str) -> Option<StageStats> {
        let runs = self.runs.read().unwrap_or_else(PoisonError::into_inner);
        #[allow(
            clippy::cast_precision_loss,
            reason = "milliseconds are far below 2^53"
        )]
        let mut durations: Vec<f64> = runs
            .get(&(pipeline.to_owned(), stage.to_owned()))?
            .iter()
            .map(|ms| *ms as f64)
            .collect();
        drop(runs);
        StageStats::of(&mut durations)
    }

    pub fn set_boxes(&self, now: BoxesNow) {
        *self.boxes.write().unwrap_or_else(PoisonError::into_inner) = now;
    }

    pub fn boxes(&self) -> BoxesNow {
        self.boxes
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    pub fn beat(&self, name: &str, now: Timestamp) {
        let mut beats = self.beats.write().unwrap_or_else(PoisonError::into_inner);
        match beats.get_mut(name) {
            Some(at) => *at = now,
            None => {
                beats.insert(name.to_owned(), now);
            }
        }
    }

    pub fn set_link(&self, state: LinkState) {
        *self.link.write().unwrap_or_else(PoisonError::into_inner) = state;
    }

    pub fn link(&self) -> LinkState {
        self.link
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    pub fn last_beat(&self, name: &str) -> Option<Timestamp> {
        let beats = self.beats.read().unwrap_or_else(PoisonError::into_inner);
        beats.get(name).copied()
    }

    pub fn fatal(&self, why: &str) {
        tracing::error!(component = "STORE", fatal = true, "the daemon stops: {why}");
        self.fatal.send_replace(Some(why.to_owned()));
    }
}
