//! The engine's runner on this box: takes orders, carries each on a lane when its resources are free, tells its end.

use super::outcome::Fault;
use super::outside::Outside;
use super::program::{self, Places};
use super::registry::Registry;
use super::shims::Shims;
use super::slots::Slots;
use super::spent::Spent;
use super::{adopt, built_in, clean_up, hints, known, run_key};
use super::{lanes::Lanes, lock::lock};
use crate::config::Config;
use crate::domain::pipeline::Work;
use crate::domain::{Outcome, Timestamp, Values, Workflow};
use crate::engine::ports::{AttemptKey, Order, OwnRunner, Reports, StageRunner};
use crate::veil;
use std::collections::HashMap;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// What a runner is made of.
pub struct Parts {
    /// The daemon's configuration: data directory, resources, the logs' cap.
    pub config: Arc<Config>,
    /// The built-in stages.
    pub stages: Registry,
    /// The shim's program, see `find_shim`.
    pub shim: PathBuf,
    /// Where built-in stages run.
    pub runtime: tokio::runtime::Handle,
    /// Between SIGTERM and SIGKILL; `LocalRunner::GRACE` but for tests.
    pub grace: Duration,
    /// How stages reach outside services.
    pub outside: Outside,
}

/// Runs attempts on this box. Clones share it.
#[derive(Clone)]
pub struct LocalRunner {
    inner: Arc<Inner>,
}

pub(super) struct Inner {
    pub config: Arc<Config>,
    pub stages: Registry,
    pub runtime: tokio::runtime::Handle,
    pub shims: Shims,
    pub lanes: Lanes,
    pub outside: Arc<Outside>,
    reports: OnceLock<Arc<dyn Reports>>,
    state: Mutex<State>,
}

struct State {
    slots: Slots,
    running: HashMap<AttemptKey, CancellationToken>,
}

impl LocalRunner {
    /// What programs get between SIGTERM and SIGKILL, and what they leave behind gets after their end.
    pub const GRACE: Duration = Duration::from_secs(5);

    /// A runner with a new journal. It tells its ends once `attach` has said to whom. `adopt` must be called once, also
    /// without orders, so that earlier journals go.
    ///
    /// # Errors
    /// When the directories or the journal below the data directory can't be made.
    pub fn open(parts: Parts) -> io::Result<Self> {
        let Parts {
            config,
            stages,
            shim,
            runtime,
            grace,
            outside,
        } = parts;
        std::fs::create_dir_all(config.data_dir.join("work"))?;
        let shims = Shims::open(
            shim,
            config.data_dir.join("attempts"),
            config.limits.log,
            grace,
        )?;
        let state = State {
            slots: Slots::new(config.resources.clone()),
            running: HashMap::new(),
        };
        let inner = Arc::new(Inner {
            config,
            stages,
            runtime,
            shims,
            lanes: Lanes::default(),
            outside: Arc::new(outside),
            reports: OnceLock::new(),
            state: Mutex::new(state),
        });
        hints::listen(&inner);
        clean_up::sweep(&inner);
        Ok(Self { inner })
    }

    /// Says who is told. Once; ends that come before wait for it.
    pub fn attach(&self, reports: Arc<dyn Reports>) {
        // A second one would be a mistake of wiring; the first stays.
        let _ = self.inner.reports.set(reports);
    }
}

impl StageRunner for LocalRunner {
    fn start(&self, orders: Vec<Order>) {
        let mut state = lock(&self.inner.state);
        orders.into_iter().for_each(|order| state.slots.push(order));
        self.inner.launch_ready(&mut state);
    }

    fn cancel(&self, key: AttemptKey) {
        let mut state = lock(&self.inner.state);
        if let Some(order) = state.slots.remove(&key) {
            // What it had a claim on may let others start.
            self.inner.launch_ready(&mut state);
            drop(state);
            let inner = Arc::clone(&self.inner);
            self.inner
                .lanes
                .run(move || inner.reports().ended(order.key(), None, Outcome::Cancelled));
            return;
        }
        let Some(token) = state.running.get(&key).cloned() else {
            return;
        };
        drop(state);
        token.cancel();
        self.inner.shims.cancel(&key);
    }

    fn adopt(&self, orders: Vec<Order>) {
        let mut state = lock(&self.inner.state);
        let mut adopted = Vec::with_capacity(orders.len());
        for order in orders {
            state.slots.occupy(&order);
            let token = CancellationToken::new();
            if adopt::shall_end(&order.workflow) {
                token.cancel();
            }
            state.running.insert(order.key(), token.clone());
            adopted.push((order, token));
        }
        drop(state);
        let inner = Arc::clone(&self.inner);
        self.inner.lanes.run(move || adopt::adopt(&inner, adopted));
    }

    fn clean_up(&self, workflow: Arc<Workflow>, logs: bool) {
        clean_up::clean_up(&self.inner, &workflow, logs);
    }
}

impl OwnRunner for LocalRunner {
    fn withdraw(&self) -> Vec<AttemptKey> {
        let waiting = lock(&self.inner.state).slots.clear();
        waiting.iter().map(Order::key).collect()
    }
}

impl Inner {
    /// Who is told. Waits until that is known, so that no end is lost while the daemon is still being put together.
    pub fn reports(&self) -> &Arc<dyn Reports> {
        self.reports.wait()
    }

    /// Who is told, if that is known: for what may be lost.
    pub fn reports_if_attached(&self) -> Option<&Arc<dyn Reports>> {
        self.reports.get()
    }

    /// Tells an attempt's end, and gives its resources to who waits for them.
    pub fn finish(
        self: &Arc<Self>,
        order: &Order,
        started: Option<Timestamp>,
        mut outcome: Outcome,
        spent: &Spent,
    ) {
        if let Outcome::Failed { failure } = &mut outcome {
            // A service may have repeated the key that it refuses.
            failure.message = veil::hide(&failure.message).into_owned();
        }
        if let Outcome::Completed { outputs } = &mut outcome {
            spent.tell(order, outputs);
        } else if spent.is_worth_telling() {
            let mut cost = Values::new();
            spent.tell(order, &mut cost);
            self.reports().gave(order.key(), cost);
        }
        self.reports().ended(order.key(), started, outcome);
        let mut state = lock(&self.state);
        state.running.remove(&order.key());
        state.slots.release(order);
        self.launch_ready(&mut state);
        drop(state);
        self.shims.forget(&run_key::of_attempt(order));
    }

    fn launch_ready(self: &Arc<Self>, state: &mut State) {
        for order in state.slots.take_ready() {
            let token = CancellationToken::new();
            state.running.insert(order.key(), token.clone());
            let inner = Arc::clone(self);
            self.lanes.run(move || inner.carry(order, token));
        }
    }

    fn carry(self: &Arc<Self>, order: Order, cancel: CancellationToken) {
        let places = Places::of(&self.config.data_dir, &order)
            .and_then(|places| places.make().map(|()| places));
        let places = match places {
            Ok(places) => places,
            Err(fault) => return self.finish_with(&order, fault),
        };
        if let Work::BuiltIn { .. } = order.workflow.plan.stages[order.stage].work {
            return built_in::carry(self, order, &places, cancel, false);
        }
        match program::task(&order, &places, cancel) {
            Err(fault) => self.finish_with(&order, fault),
            Ok(task) => {
                let making = match known::look(self, &order, &places, &task) {
                    known::Look::Ended(outcome) => {
                        return self.finish(&order, None, outcome, &Spent::default());
                    }
                    known::Look::Missing(making) => making,
                };
                let ended = self.shims.run(&task);
                let (started, outcome, spent) = program::outcome(&order, &places, &task, ended);
                if let Some(making) = making {
                    making.keep(self, &order, &places, &outcome);
                }
                self.finish(&order, started, outcome, &spent);
            }
        }
    }

    /// Tells that an attempt failed before anything of it ran.
    pub fn finish_with(self: &Arc<Self>, order: &Order, fault: Fault) {
        let outcome = fault.of(&order.workflow.plan.stages[order.stage].id);
        self.finish(order, None, outcome, &Spent::default());
    }
}
