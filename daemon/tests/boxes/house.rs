//! The whole of it in one process: an engine on a scratch database behind the real coordinator, and workers with runners of
//! their own. The port then is what people ask of the engine, and what its rows and logs say.

use super::orders::defaults;
use super::rough::Rough;
use super::sides::{PATIENCE, config, ledger, local, runtime};
use reeld::attempt_log::{Level, LogName, Query, read};
use reeld::clock::SystemClock;
use reeld::domain::{Command, Status, Submit, Workflow};
use reeld::engine::feed::Message;
use reeld::engine::ports::{AttemptKey, Order, StageRunner};
use reeld::engine::{BoxFacts, Engine, Node};
use reeld::executor::claim;
use reeld::metrics::{Standing, metrics};
use reeld::pipeline::parse;
use reeld::store::events::EventRow;
use reeld::store::{OpenError, Store};
use reeld::transport::coordinator::{Coordinator, Parts};
use reeld::transport::files::Stock;
use reeld::transport::key::KeyRing;
use reeld::transport::link::Link;
use reeld::transport::worker::{self, Worker};
use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tokio::sync::broadcast::error::RecvError;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// What gives no signal is looked at so often.
const LOOK: Duration = Duration::from_millis(100);

/// The coordinator's own box, which runs nothing.
struct Nobody;

impl StageRunner for Nobody {
    fn start(&self, orders: Vec<Order>) {
        assert!(orders.is_empty(), "home has no slots");
    }
    fn cancel(&self, _: AttemptKey) {}
    fn adopt(&self, orders: Vec<Order>) {
        self.start(orders);
    }
    fn clean_up(&self, _: Arc<Workflow>, _: bool) {}
}

struct Life {
    engine: Engine,
    stop: CancellationToken,
    loops: TaskTracker,
}

/// A box with its worker.
pub struct Hut {
    pub root: TempDir,
    pub way: Rough,
    pub worker: Option<Worker>,
}

pub struct House {
    pub runtime: Runtime,
    pub root: TempDir,
    pub huts: BTreeMap<String, Hut>,
    keys: KeyRing,
    lost_after: Duration,
    links: Box<dyn Fn() -> Arc<dyn Link>>,
    life: Option<Life>,
    seed: Option<u64>,
    /// The coordinator's.
    way: Rough,
}

impl House {
    /// The coordinator, and a worker for each of these names.
    pub fn start(
        links: impl Fn() -> Arc<dyn Link> + 'static,
        lost_after: Duration,
        names: &[&str],
    ) -> Self {
        Self::start_rough(links, lost_after, names, None)
    }

    /// The same over ways that lose, double and repeat, by this seed.
    pub fn start_rough(
        links: impl Fn() -> Arc<dyn Link> + 'static,
        lost_after: Duration,
        names: &[&str],
        seed: Option<u64>,
    ) -> Self {
        let keys_dir = TempDir::new().unwrap();
        let way = rough(links(), seed, 0);
        let mut house = Self {
            runtime: runtime(),
            root: TempDir::new().unwrap(),
            huts: BTreeMap::new(),
            keys: KeyRing::coordinator(None, keys_dir.path()).unwrap(),
            lost_after,
            links: Box::new(links),
            life: None,
            seed,
            way,
        };
        house.begin();
        for name in names {
            house.add(name);
        }
        house
    }

    /// One more box.
    pub fn add(&mut self, name: &str) {
        let hut = Hut {
            root: TempDir::new().unwrap(),
            way: rough((self.links)(), self.seed, self.huts.len() as u64 + 1),
            worker: None,
        };
        self.huts.insert(name.to_owned(), hut);
        self.begin_worker(name);
    }

    pub fn engine(&self) -> &Engine {
        &self.life.as_ref().unwrap().engine
    }

    /// A life of the coordinator.
    pub fn begin(&mut self) {
        let place = self.root.path().to_owned();
        let node = Node {
            name: "home".into(),
            resources: BTreeMap::new(),
            labels: BTreeMap::new(),
        };
        let engine = Engine::start(store(&place), &place, &node, Arc::new(SystemClock)).unwrap();
        let (stop, loops) = (CancellationToken::new(), TaskTracker::new());
        let claimed = place.clone();
        let coordinator = Coordinator::new(Parts {
            engine: engine.clone(),
            local: Arc::new(Nobody),
            link: Arc::new(self.way.clone()),
            keys: self.keys.clone(),
            data_dir: place.clone(),
            stock: Arc::new(Stock::new(&place, Box::new(|_| Vec::new()))),
            prepare: Box::new(move |workflow| claim(&claimed, workflow)),
            lost_after: self.lost_after,
            log_cap: 1 << 26,
            stop: stop.clone(),
        })
        .unwrap();
        let _inside = self.runtime.enter();
        self.runtime.block_on(async {
            engine.pick().await.unwrap();
            engine.attach(Arc::new(coordinator.clone())).await.unwrap();
        });
        coordinator.start(&loops);
        self.life = Some(Life {
            engine,
            stop,
            loops,
        });
    }

    /// Its end.
    pub fn end_lead(&mut self) {
        if let Some(life) = self.life.take() {
            life.stop.cancel();
            life.loops.close();
            self.runtime.block_on(async {
                life.loops.wait().await;
                life.engine.stop().await;
            });
        }
    }

    /// A copy of the database, which is not open.
    pub fn copy(&self) -> TempDir {
        let copy = TempDir::new().unwrap();
        self.exchange(self.root.path(), copy.path());
        copy
    }

    /// The database as it was then.
    pub fn restore(&self, copy: &TempDir) {
        self.exchange(copy.path(), self.root.path());
    }

    fn exchange(&self, from: &Path, to: &Path) {
        assert!(self.life.is_none());
        // The log of what is not in the file yet belongs to it.
        for name in ["reel.db", "reel.db-wal", "reel.db-shm"] {
            let _ = std::fs::remove_file(to.join(name));
            if from.join(name).exists() {
                std::fs::copy(from.join(name), to.join(name)).unwrap();
            }
        }
    }

    /// A life of a worker.
    pub fn begin_worker(&mut self, name: &str) {
        let hut = self.huts.get_mut(name).unwrap();
        let runner = local(hut.root.path(), &self.runtime);
        let _inside = self.runtime.enter();
        let worker = Worker::start(worker::Parts {
            config: Arc::new(config(hut.root.path())),
            name: name.to_owned(),
            keys: KeyRing::parse(&self.keys.box_key(name).unwrap(), "test").unwrap(),
            ledger: ledger(hut.root.path()),
            link: Arc::new(hut.way.clone()),
            beat_link: Arc::new(hut.way.clone()),
            runner: Arc::new(runner.clone()),
            stock: Arc::new(Stock::new(hut.root.path(), Box::new(|_| Vec::new()))),
        })
        .unwrap();
        runner.attach(worker.reports());
        hut.worker = Some(worker);
    }

    /// Its end, without a word to anybody.
    pub fn end_worker(&mut self, name: &str) {
        if let Some(worker) = self.huts.get_mut(name).unwrap().worker.take() {
            self.runtime.block_on(worker.stop());
        }
    }

    pub fn submit(&self, submit: Submit) {
        self.runtime.block_on(self.engine().submit(submit)).unwrap();
    }

    pub fn cancel(&self, id: &str) {
        let command = Command::Cancel { by: "ann".into() };
        self.runtime
            .block_on(self.engine().command(id, command))
            .unwrap();
    }

    pub fn delete(&self, id: &str) {
        let command = Command::Delete { by: "ann".into() };
        self.runtime
            .block_on(self.engine().command(id, command))
            .unwrap();
    }

    /// Waits until this is true of a box.
    pub fn until_box(&self, name: &str, is_it: impl Fn(&BoxFacts) -> bool) {
        let boxes = || self.engine().boxes().into_iter();
        self.until_seen(|| boxes().any(|facts| facts.name == name && is_it(&facts)));
    }

    /// The workflow, once this is true of it.
    pub fn until(&self, id: &str, is_it: impl Fn(&Workflow) -> bool) -> Arc<Workflow> {
        let engine = self.engine();
        let mut feed = engine.subscribe();
        let look = async {
            loop {
                let now = engine.reader().workflow(id).await.unwrap();
                if let Some(now) = now.filter(|now| is_it(now)) {
                    return now;
                }
                loop {
                    match feed.recv().await {
                        Ok(Message::Event(event)) if event.workflow_id.as_deref() == Some(id) => {
                            break;
                        }
                        Err(RecvError::Lagged(_)) => break,
                        Ok(_) => {}
                        Err(RecvError::Closed) => unreachable!("the engine has stopped"),
                    }
                }
            }
        };
        self.runtime
            .block_on(async { tokio::time::timeout(PATIENCE, look).await })
            .unwrap_or_else(|_| unreachable!("{id} did not come so far: {:?}", self.now(id)))
    }

    pub fn now(&self, id: &str) -> Option<Arc<Workflow>> {
        let read = self.engine().reader().workflow(id);
        self.runtime.block_on(read).unwrap()
    }

    pub fn ended(&self, id: &str) -> Arc<Workflow> {
        self.until(id, |workflow| workflow.status().is_terminal())
    }

    pub fn reaches(&self, id: &str, status: Status) -> Arc<Workflow> {
        self.until(id, |workflow| workflow.status() == status)
    }

    /// All events, in order.
    pub fn events(&self) -> Vec<EventRow> {
        let mut all: Vec<EventRow> = Vec::new();
        loop {
            let after = all.last().map_or(0, |event| event.seq);
            let read = self.engine().reader().events(after, 1000, None);
            let more = self.runtime.block_on(read).unwrap();
            if more.is_empty() {
                return all;
            }
            all.extend(more);
        }
    }

    /// Waits until there is an event of this kind about a box.
    pub fn until_told(&self, kind: &str, name: &str) {
        let is_it = |event: &EventRow| event.kind == kind && event.data.contains(name);
        self.until_seen(|| self.events().iter().any(is_it));
    }

    /// Waits until the word of a box was refused, and counted.
    pub fn until_refused(&self, name: &str) {
        let row = format!("reel_box_refused_total{{box=\"{name}\"}} ");
        self.until_seen(|| {
            let page = metrics().page(&Standing::default()).unwrap();
            page.lines().any(|line| line.starts_with(&row))
        });
    }

    /// All ways carry all from here on.
    pub fn calm(&self) {
        self.way.calm();
        for hut in self.huts.values() {
            hut.way.cut(false);
            hut.way.calm();
        }
    }

    /// Until something is committed, or a moment has passed.
    pub fn breathe(&self) {
        let mut feed = self.engine().subscribe();
        let next = async { tokio::time::timeout(LOOK, feed.recv()).await };
        let _ = self.runtime.block_on(next);
    }

    /// Looks whenever the feed has something, and besides: counts have no signal.
    pub fn until_seen(&self, is_seen: impl Fn() -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !is_seen() {
            assert!(Instant::now() < deadline, "it was waited for too long");
            self.breathe();
        }
    }

    /// The texts of the lines that home has of an attempt.
    pub fn log(&self, id: &str, attempt: u32) -> Vec<String> {
        let name = LogName::new(self.root.path(), id, "one", attempt).unwrap();
        let query = Query {
            from_line: 0,
            limit: usize::MAX,
            min_level: Level::Debug,
        };
        let lines = read(&name, query).unwrap().lines;
        lines.into_iter().map(|line| line.text).collect()
    }
}

impl Drop for House {
    fn drop(&mut self) {
        let names: Vec<String> = self.huts.keys().cloned().collect();
        for name in names {
            self.end_worker(&name);
        }
        self.end_lead();
    }
}

fn rough(under: Arc<dyn Link>, seed: Option<u64>, salt: u64) -> Rough {
    match seed {
        Some(seed) => Rough::seeded(under, seed.wrapping_mul(31).wrapping_add(salt)),
        None => Rough::smooth(under),
    }
}

/// How many events there are of each kind.
pub fn counts(events: &[EventRow], id: &str) -> HashMap<String, usize> {
    let mut counts = HashMap::new();
    for event in events {
        if event.workflow_id.as_deref() == Some(id) {
            *counts.entry(event.kind.clone()).or_default() += 1;
        }
    }
    counts
}

/// The programs of other tests, when they begin, hold this one's lock for a moment.
fn store(place: &Path) -> Store {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let parse = |name: &str, origin: &str, text: &str| {
            parse(name, text, origin, &defaults()).map_err(|error| error.to_string())
        };
        match Store::open(place, Box::new(parse)) {
            Ok(store) => return store,
            Err(OpenError::InUse { .. }) if Instant::now() < deadline => std::thread::yield_now(),
            Err(error) => unreachable!("{error}"),
        }
    }
}
