//! What running attempts say between commits: their progress, at most ten times a second to watchers, and only each full
//! tenth to the database. Lossy on purpose: the next report or the end repairs whatever was dropped.

use super::feed::ProgressTick;
use super::ports::AttemptKey;
use crate::domain::Timestamp;
use crate::domain::progress;
use crate::domain::workflow::{StageState, Workflow};
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

/// Watchers are told no more often, for each workflow.
const TICK: Duration = Duration::from_millis(100);

/// Ended workflows whose high-water mark is still known: what watchers are told last may be written down after the end.
const ENDED: usize = 256;

/// The live state of all running workflows.
#[derive(Default)]
pub(super) struct Live {
    running: Mutex<HashMap<String, Running>>,
    ended: Mutex<VecDeque<Ended>>,
}

struct Ended {
    id: String,
    /// Tells it from another that is given its id after it is gone.
    created_at: Timestamp,
    attempt: u32,
    shown: f64,
}

struct Running {
    workflow: Arc<Workflow>,
    /// By stage index: progress and last words.
    stages: HashMap<usize, (f64, Option<String>)>,
    /// High-water mark of the whole.
    shown: f64,
    last: Option<Instant>,
}

/// What a report leads to.
#[derive(Default)]
pub(super) struct Reported {
    /// To be published now.
    pub tick: Option<ProgressTick>,
    /// To be made durable: the stage has reached another tenth.
    pub tenth: Option<(f64, Option<String>)>,
}

/// What is shown of a running workflow beyond its row.
#[derive(Debug, Clone, PartialEq)]
pub struct Shown {
    /// The whole, 0–100.
    pub progress: f64,
    /// The last words of any stage.
    pub message: Option<String>,
    /// By stage index.
    pub stages: Vec<f64>,
}

impl Live {
    /// A workflow was committed: its live state follows it, and goes when it has ended.
    pub fn committed(&self, workflow: &Arc<Workflow>) {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        let runs = workflow
            .stages
            .iter()
            .any(|stage| matches!(stage.state, StageState::InProgress(_)));
        if workflow.completed_at.is_some() {
            if let Some(entry) = running.remove(&workflow.id) {
                self.remember(workflow, entry.shown);
            }
            return;
        }
        // Between two stages nothing runs, and what was shown still must not go back.
        if !runs && !running.contains_key(&workflow.id) {
            return;
        }
        match running.get_mut(&workflow.id) {
            Some(entry) => {
                if entry.workflow.attempt != workflow.attempt {
                    entry.shown = 0.0;
                }
                entry.stages.retain(|index, _| {
                    let now = |of: &Workflow| {
                        (
                            of.stages[*index].attempts,
                            matches!(of.stages[*index].state, StageState::InProgress(_)),
                        )
                    };
                    now(&entry.workflow) == now(workflow)
                });
                entry.workflow = Arc::clone(workflow);
            }
            None => {
                let entry = Running {
                    workflow: Arc::clone(workflow),
                    stages: HashMap::new(),
                    shown: workflow.progress,
                    last: None,
                };
                running.insert(workflow.id.clone(), entry);
            }
        }
    }

    /// Takes a report of an attempt; one that is not the current one, or goes back, is dropped.
    pub fn report(&self, key: &AttemptKey, value: f64, message: Option<String>) -> Reported {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(entry) = running.get_mut(&key.workflow) else {
            return Reported::default();
        };
        let Some(stage) = entry.workflow.stages.get(key.stage) else {
            return Reported::default();
        };
        if stage.attempts != key.attempt || !value.is_finite() {
            return Reported::default();
        }
        let before = entry
            .stages
            .get(&key.stage)
            .map_or(stage.progress, |(progress, _)| *progress);
        let value = value.clamp(0.0, 100.0).max(before);
        entry.stages.insert(key.stage, (value, message.clone()));
        entry.shown = entry.shown.max(whole(entry));
        let mut reported = Reported::default();
        #[allow(clippy::cast_possible_truncation, reason = "0 to 10")]
        let tenth = |progress: f64| (progress / 10.0).floor() as i32;
        if tenth(value) > tenth(before) {
            reported.tenth = Some((value, message.clone()));
        }
        let now = Instant::now();
        if entry
            .last
            .is_none_or(|last| now.duration_since(last) >= TICK)
        {
            entry.last = Some(now);
            reported.tick = Some(ProgressTick {
                workflow_id: key.workflow.clone(),
                workflow: Arc::clone(&entry.workflow),
                stage: entry.workflow.plan.stages[key.stage].id.clone(),
                progress: value,
                workflow_progress: entry.shown,
                message,
                frame: OnceLock::new(),
            });
        }
        reported
    }

    /// Every workflow of which something runs.
    pub fn running(&self) -> Vec<Arc<Workflow>> {
        let running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        running
            .values()
            .map(|entry| Arc::clone(&entry.workflow))
            .collect()
    }

    /// What is shown of a workflow, if something of it runs or did until just now.
    pub fn shown(&self, workflow: &Workflow) -> Option<Shown> {
        let running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(entry) = running.get(&workflow.id) else {
            drop(running);
            return self.last_shown(workflow);
        };
        if entry.workflow.attempt != workflow.attempt {
            return None;
        }
        let stages = workflow.stages.iter().enumerate().map(|(index, stage)| {
            entry
                .stages
                .get(&index)
                .map_or(stage.progress, |(progress, _)| progress.max(stage.progress))
        });
        Some(Shown {
            progress: entry.shown.max(workflow.progress),
            message: entry
                .stages
                .values()
                .find_map(|(_, message)| message.clone()),
            stages: stages.collect(),
        })
    }
}

impl Live {
    fn remember(&self, workflow: &Workflow, shown: f64) {
        let mut ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner);
        if ended.len() == ENDED {
            ended.pop_front();
        }
        ended.push_back(Ended {
            id: workflow.id.clone(),
            created_at: workflow.created_at,
            attempt: workflow.attempt,
            shown,
        });
    }

    fn last_shown(&self, workflow: &Workflow) -> Option<Shown> {
        let ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner);
        let last = ended.iter().rev().find(|last| {
            last.id == workflow.id
                && last.created_at == workflow.created_at
                && last.attempt == workflow.attempt
        })?;
        Some(Shown {
            progress: last.shown.max(workflow.progress),
            message: None,
            stages: workflow.stages.iter().map(|stage| stage.progress).collect(),
        })
    }
}

fn whole(entry: &Running) -> f64 {
    let mut workflow = Workflow::clone(&entry.workflow);
    for (index, (value, _)) in &entry.stages {
        workflow.stages[*index].progress = *value;
    }
    progress::by_file(&workflow)
}
