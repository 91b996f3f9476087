//! What is known about a workflow beyond its row: why it waits and until about when, its place in the queue, when it will be
//! done, how far its running stages are. One answer for every surface.
//!
//! An insight is a picture of the queue at one moment, shared by all who ask within a short while; what it says of a
//! workflow is worked out when asked. Nothing is computed while nobody asks.

use super::Engine;
use super::shared::Shared;
use crate::domain::eta::{self, Eta, Running, StageStats, Waiting};
use crate::domain::pick::BoxSlots;
use crate::domain::why::{self, Closed, Context, Holder, WaitingFor};
use crate::domain::workflow::{StageState, Status, Workflow};
use crate::domain::{Timestamp, pick::Candidate};
use crate::store::StoreError;
use crate::store::list::PLACES;
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

/// Starts are foretold for so many of the queue.
const FORETOLD: u32 = 200;
/// Ids of those ahead that are named.
const AHEAD: usize = 10;
/// A picture is shared for this long although the queue has moved on.
const FRESH: Duration = Duration::from_millis(250);

/// The picture that is shared, and whether the next is being made.
#[derive(Default)]
pub(super) struct Gallery {
    now: RwLock<Option<(Instant, Arc<Insight>)>>,
    making: AtomicBool,
}

/// The queue and the boxes at one moment.
pub struct Insight {
    shared: Arc<Shared>,
    seq: u64,
    boxes: Vec<BoxSlots>,
    closed: Vec<Option<Closed>>,
    holders: Vec<Holder>,
    order: Vec<String>,
    positions: HashMap<String, usize>,
    starts: HashMap<String, Timestamp>,
}

/// What is known of one workflow.
#[derive(Debug, Clone, PartialEq)]
pub struct Facts {
    /// Why it does not move.
    pub waiting_for: Option<WaitingFor>,
    /// Seconds until it is done: optimistic, likely, pessimistic.
    pub eta: Option<(f64, f64, f64)>,
    /// Its place among those that wait for their first slot, from 1.
    pub queue_position: Option<u64>,
    /// The nearest ahead of it, next to start first.
    pub ahead: Vec<String>,
    /// The whole, 0–100.
    pub progress: f64,
    /// The last words of a running stage.
    pub message: Option<String>,
    /// By stage index, 0–100.
    pub stage_progress: Vec<f64>,
}

impl Insight {
    /// What is known of a workflow.
    #[must_use]
    pub fn of(&self, workflow: &Workflow) -> Facts {
        let shown = self.shared.live.shown(workflow);
        let stage_progress: Vec<f64> = match &shown {
            Some(shown) => shown.stages.clone(),
            None => workflow.stages.iter().map(|stage| stage.progress).collect(),
        };
        let place = (workflow.status() == Status::Queued)
            .then(|| self.positions.get(&workflow.id))
            .flatten()
            .copied();
        let ahead = self.order[..place.unwrap_or(0)]
            .iter()
            .rev()
            .take(AHEAD)
            .rev()
            .cloned()
            .collect::<Vec<_>>();
        let starts_about = self.starts.get(&workflow.id).copied();
        let context = Context {
            boxes: &self.boxes,
            closed: &self.closed,
            holders: &self.holders,
            position: place.map(|place| place as u64 + 1),
            ahead: &ahead,
            starts_about,
        };
        let now = self.shared.clock.now();
        let eta = self.eta(workflow, now, &stage_progress).map(|eta| {
            let wait = starts_about
                .filter(|_| workflow.status() == Status::Queued)
                .map_or(0.0, |at| at.since(now).as_secs_f64() * 1000.0);
            let eta = eta.after(wait);
            (eta.low / 1000.0, eta.mid / 1000.0, eta.high / 1000.0)
        });
        Facts {
            waiting_for: why::why(workflow, &context),
            eta,
            queue_position: place.map(|place| place as u64 + 1),
            progress: shown
                .as_ref()
                .map_or(workflow.progress, |shown| shown.progress),
            message: shown
                .and_then(|shown| shown.message)
                .or_else(|| last_words(workflow)),
            stage_progress,
            ahead,
        }
    }

    fn eta(&self, workflow: &Workflow, now: Timestamp, progress: &[f64]) -> Option<Eta> {
        if workflow.status().is_terminal() {
            return None;
        }
        eta::remaining(
            workflow,
            now,
            &|index| stats(&self.shared, workflow, index),
            &|index| progress[index],
        )
    }

    /// The statistics of a workflow's stage.
    #[must_use]
    pub fn stats(&self, workflow: &Workflow, stage: usize) -> Option<StageStats> {
        stats(&self.shared, workflow, stage)
    }

    /// Ids of those that wait for their first slot, next first.
    #[must_use]
    pub fn queue(&self) -> &[String] {
        &self.order
    }
}

fn stats(shared: &Shared, workflow: &Workflow, stage: usize) -> Option<StageStats> {
    shared.stats(&workflow.plan.name, &workflow.plan.stages[stage].id)
}

fn last_words(workflow: &Workflow) -> Option<String> {
    let running = workflow
        .stages
        .iter()
        .rev()
        .filter(|stage| matches!(stage.state, StageState::InProgress(_)));
    running.filter_map(|stage| stage.message.clone()).next()
}

impl Engine {
    /// The picture of the queue that is shared now: a moment old at most while somebody asks, made anew in the background.
    #[must_use]
    pub fn insight(&self) -> Arc<Insight> {
        let gallery = &self.shared.gallery;
        let held = gallery
            .now
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        let stale = held
            .as_ref()
            .is_none_or(|(made, insight)| insight.seq != self.seq() && made.elapsed() >= FRESH);
        if stale && !gallery.making.swap(true, Ordering::AcqRel) {
            let engine = self.clone();
            tokio::spawn(async move {
                if let Err(error) = engine.look().await {
                    tracing::warn!(
                        component = "QUEUE_MANAGER",
                        "the queue could not be looked at: {error}"
                    );
                }
                engine.shared.gallery.making.store(false, Ordering::Release);
            });
        }
        held.map_or_else(
            || Arc::new(self.picture(Vec::new(), &[])),
            |(_, insight)| insight,
        )
    }

    /// A picture that knows these workflows: the shared one, unless one of them joined the queue after it was made, or it
    /// is older than a moment.
    ///
    /// # Errors
    /// The database's.
    pub async fn insight_about(
        &self,
        workflows: &[Arc<Workflow>],
    ) -> Result<Arc<Insight>, StoreError> {
        let held = self
            .shared
            .gallery
            .now
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        if let Some((made, insight)) = held {
            let unknown = |workflow: &Arc<Workflow>| {
                workflow.status() == Status::Queued && !insight.positions.contains_key(&workflow.id)
            };
            let full = insight.order.len() >= PLACES as usize;
            let fresh = made.elapsed() < FRESH && (full || !workflows.iter().any(unknown));
            if insight.seq == self.seq() || fresh {
                return Ok(insight);
            }
        }
        self.look().await
    }

    async fn look(&self) -> Result<Arc<Insight>, StoreError> {
        let (order, waiting) = self.reader().waiting(FORETOLD).await?;
        let insight = Arc::new(self.picture(order, &waiting));
        *self
            .shared
            .gallery
            .now
            .write()
            .unwrap_or_else(PoisonError::into_inner) = Some((Instant::now(), Arc::clone(&insight)));
        Ok(insight)
    }

    fn picture(&self, order: Vec<String>, waiting: &[(Candidate, Arc<Workflow>)]) -> Insight {
        let seq = self.seq();
        let now = self.now();
        let state = self.shared.boxes();
        let boxes: Vec<BoxSlots> = state
            .boxes
            .iter()
            .map(|one| one.slots(state.open, now))
            .collect();
        let closed = state
            .boxes
            .iter()
            .map(|one| match (one.closed(), state.disk, state.window) {
                (Some(closed), _, _) => Some(closed),
                (_, true, _) => Some(Closed::LowDisk),
                (_, _, Some(until)) => Some(Closed::Window { until }),
                _ => None,
            })
            .collect();
        let mut holders = Vec::new();
        let mut running = Vec::new();
        for workflow in self.shared.live.running() {
            let progress = self
                .shared
                .live
                .shown(&workflow)
                .map(|shown| shown.stages)
                .unwrap_or_default();
            let left = eta::remaining(
                &workflow,
                now,
                &|index| stats(&self.shared, &workflow, index),
                &|index| progress.get(index).copied().unwrap_or(0.0),
            );
            for (index, stage) in workflow.stages.iter().enumerate() {
                let StageState::InProgress(lease) = &stage.state else {
                    continue;
                };
                holders.push(Holder {
                    workflow: workflow.id.clone(),
                    stage: workflow.plan.stages[index].id.clone(),
                    box_name: lease.box_name.clone(),
                    holds: workflow.resources(index).clone(),
                });
                if let Some(on) = boxes.iter().position(|one| one.name == lease.box_name) {
                    running.push(Running {
                        on,
                        holds: workflow.resources(index).clone(),
                        left: left.map(|left| {
                            Duration::from_secs_f64((left.mid / 1000.0).clamp(0.0, 1e9))
                        }),
                    });
                }
            }
        }
        let lasts = |workflow: &Workflow| {
            eta::remaining(
                workflow,
                now,
                &|index| stats(&self.shared, workflow, index),
                &|_| 0.0,
            )
            .map(|eta| Duration::from_secs_f64((eta.mid / 1000.0).clamp(0.0, 1e9)))
        };
        let waits: Vec<Waiting> = waiting
            .iter()
            .map(|(candidate, workflow)| Waiting {
                candidate: candidate.clone(),
                lasts: lasts(workflow),
            })
            .collect();
        let starts = eta::queue_starts(&waits, &running, &boxes, waits.len());
        let starts = waits
            .into_iter()
            .zip(starts)
            .filter_map(|(waits, start)| Some((waits.candidate.workflow, now.plus(start?))))
            .collect();
        let positions = order
            .iter()
            .enumerate()
            .map(|(index, id)| (id.clone(), index))
            .collect();
        Insight {
            shared: Arc::clone(&self.shared),
            seq,
            boxes,
            closed,
            holders,
            order,
            positions,
            starts,
        }
    }
}
