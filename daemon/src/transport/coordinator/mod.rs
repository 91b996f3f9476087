//! The coordinator's side: the runner's port, of which one part is this box's own runner and the others are boxes that are
//! written to.
//!
//! ```text
//!  start ─▶ held, unsent ─▶ prepared (files listed) ─▶ written ─▶ held by the box, as its beats say ─▶ Ended folded ─▶ gone
//!                ▲                                       │ no beat names it within RESEND
//!                └───────────────────────────────────────┘
//!  beat ─▶ here │ STALE without one: silent, gets nothing new │ lost_after without one: lost, its leases end as lost
//! ```
//!
//! - `held` says what is leased to a box and not ended; it is built from the engine's orders and nothing else, so that a
//!   new coordinator knows it again from the leases.
//! - What is written to a box may be lost: orders, cancels and fences follow from comparing a beat with `held`, as often as
//!   it takes.
//! - An end is removed from `held` before its box is told that it may forget it.

mod beats;
mod boxes;
mod fold;
mod judge;
mod offer;
mod send;

use super::files::{Fetcher, Stock};
use super::key::KeyRing;
use super::letter::{Attempt, Down};
use super::link::Link;
use crate::domain::Workflow;
use crate::domain::workflow::StageState;
use crate::engine::Engine;
use crate::engine::boxes::Presence;
use crate::engine::ports::{AttemptKey, Order, StageRunner};
use boxes::{BoxLink, Held};
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// What must stand at home before a stage of this workflow may run elsewhere.
pub type Prepare = Box<dyn Fn(&Workflow) -> Result<(), String> + Send + Sync>;

/// What a coordinator is made of.
pub struct Parts {
    /// What is told.
    pub engine: Engine,
    /// This box's own runner.
    pub local: Arc<dyn StageRunner>,
    /// What carries the letters.
    pub link: Arc<dyn Link>,
    /// The root key.
    pub keys: KeyRing,
    /// This box's data directory.
    pub data_dir: PathBuf,
    /// This box's files.
    pub stock: Arc<Stock>,
    /// See `Prepare`.
    pub prepare: Prepare,
    /// A box that is silent for so long is lost.
    pub lost_after: Duration,
    /// What is kept of an attempt's log, in bytes.
    pub log_cap: u64,
    /// Ends its tasks.
    pub stop: CancellationToken,
}

/// Runs attempts here and on other boxes. Clones share it.
#[derive(Clone)]
pub struct Coordinator {
    inner: Arc<Inner>,
}

struct Inner {
    parts: Parts,
    fetcher: Fetcher,
    /// This life: a random word.
    lead: String,
    boxes: Mutex<HashMap<String, BoxLink>>,
    /// Something is to be written.
    stirred: Notify,
    /// When Redis last answered.
    reached: Mutex<Option<Instant>>,
}

impl Coordinator {
    /// A coordinator that writes nothing yet.
    ///
    /// # Errors
    /// The system's source of randomness, where it fails.
    pub fn new(parts: Parts) -> Result<Self, getrandom::Error> {
        let mut bytes = [0_u8; 8];
        getrandom::fill(&mut bytes)?;
        let inner = Inner {
            fetcher: Fetcher::new(Arc::clone(&parts.stock)),
            lead: format!("{:016x}", u64::from_le_bytes(bytes)),
            boxes: Mutex::default(),
            stirred: Notify::new(),
            reached: Mutex::default(),
            parts,
        };
        Ok(Self {
            inner: Arc::new(inner),
        })
    }

    /// Begins to listen, to write and to judge. After the engine was given its runner.
    pub fn start(&self, loops: &TaskTracker) {
        {
            let mut boxes = self.inner.boxes();
            for facts in self.inner.parts.engine.boxes() {
                if !facts.home {
                    // Nothing is known of it before it is heard of: it has all its time from now on.
                    self.inner.parts.engine.box_beat(&facts.name);
                    let link = boxes.entry(facts.name).or_default();
                    link.presence = facts.presence;
                }
            }
        }
        loops.spawn(beats::listen(Arc::clone(&self.inner)));
        loops.spawn(fold::listen(Arc::clone(&self.inner)));
        loops.spawn(send::write(Arc::clone(&self.inner)));
        loops.spawn(judge::watch(Arc::clone(&self.inner)));
    }
}

impl Inner {
    fn boxes(&self) -> MutexGuard<'_, HashMap<String, BoxLink>> {
        self.boxes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note_reached(&self, is_reached: bool) {
        *self.reached.lock().unwrap_or_else(PoisonError::into_inner) =
            is_reached.then(Instant::now);
    }

    fn is_reached(&self) -> bool {
        let reached = *self.reached.lock().unwrap_or_else(PoisonError::into_inner);
        reached.is_some_and(|at| at.elapsed() < judge::REACHED)
    }

    /// Says something to a box; what can't be sent is dropped, and follows again from a later beat.
    fn say(&self, box_name: &str, say: Down) {
        if let Some(link) = self.boxes().get_mut(box_name) {
            link.say(say);
        }
        self.stirred.notify_one();
    }

    /// Those orders that are for this box; the others are noted.
    fn take(&self, orders: Vec<Order>) -> Vec<Order> {
        let home = self.parts.engine.home();
        let mut boxes = self.boxes();
        let mut own = Vec::with_capacity(orders.len());
        for order in orders {
            match box_of(&order).filter(|name| *name != home) {
                None => own.push(order),
                Some(name) => {
                    let link = boxes.entry(name.to_owned()).or_default();
                    link.no_clean_up(&order.workflow.id);
                    link.held
                        .insert(Attempt::from(&order.key()), Held::of(order));
                }
            }
        }
        own
    }
}

fn box_of(order: &Order) -> Option<&str> {
    match &order.workflow.stages[order.stage].state {
        StageState::InProgress(lease) => Some(&lease.box_name),
        _ => None,
    }
}

impl StageRunner for Coordinator {
    fn start(&self, orders: Vec<Order>) {
        let own = self.inner.take(orders);
        if !own.is_empty() {
            self.inner.parts.local.start(own);
        }
        self.inner.stirred.notify_one();
    }

    fn cancel(&self, key: AttemptKey) {
        let attempt = Attempt::from(&key);
        let mut boxes = self.inner.boxes();
        let link = boxes
            .values_mut()
            .find(|link| link.held.contains_key(&attempt));
        match link {
            Some(link) => link.cancel(&attempt),
            None => {
                drop(boxes);
                self.inner.parts.local.cancel(key);
                return;
            }
        }
        drop(boxes);
        self.inner.stirred.notify_one();
    }

    fn adopt(&self, orders: Vec<Order>) {
        let own = self.inner.take(orders);
        for link in self.inner.boxes().values_mut() {
            link.presence = Presence::Silent;
            // The box has them, most likely, and its first beat says so: they are not written again before.
            for held in link.held.values_mut() {
                held.sent = Some(Instant::now());
                held.was_sent = true;
            }
        }
        self.inner.parts.local.adopt(own);
    }

    fn clean_up(&self, workflow: Arc<Workflow>, logs: bool) {
        let home = self.inner.parts.engine.home();
        {
            let mut boxes = self.inner.boxes();
            for stage in &workflow.stages {
                let name = stage.box_name.as_deref().filter(|name| *name != home);
                if let Some(link) = name.and_then(|name| boxes.get_mut(name)) {
                    link.clean_up(&workflow.id);
                }
            }
        }
        self.inner.stirred.notify_one();
        self.inner.parts.local.clean_up(workflow, logs);
    }
}
