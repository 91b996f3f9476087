//! The port in its forms: alone, and behind a worker over a carrier.

use super::lead::{BOX, Lead};
use super::orders::gives_stage;
use reeld::attempt_log::{Level, LogName, Query, read};
use reeld::config::Config;
use reeld::domain::{Outcome, Resources, Timestamp, Values};
use reeld::engine::ports::{AttemptKey, Reports, StageRunner};
use reeld::executor::{LocalRunner, Outside, Parts, Registry};
use reeld::objects::Objects;
use reeld::outbound::Own;
use reeld::store::OpenError;
use reeld::store::ledger::Ledger;
use reeld::transport::files::Stock;
use reeld::transport::key::KeyRing;
use reeld::transport::link::Link;
use reeld::transport::worker::{self, Worker};
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::Duration;
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// Far longer than anything here takes: a test that waits so long has failed.
pub const PATIENCE: Duration = Duration::from_secs(60);
const GRACE: Duration = Duration::from_millis(300);

#[derive(Debug, PartialEq)]
pub enum Told {
    Ended(String, Option<Timestamp>, Outcome),
    Gave(String, Values),
    Progress(String, f64),
}

struct Ear(SyncSender<Told>);

impl Reports for Ear {
    fn ended(&self, key: AttemptKey, started_at: Option<Timestamp>, outcome: Outcome) {
        // After the end of a test nobody listens.
        let _ = self.0.send(Told::Ended(key.workflow, started_at, outcome));
    }
    fn gave(&self, key: AttemptKey, outputs: Values) {
        let _ = self.0.send(Told::Gave(key.workflow, outputs));
    }
    fn progress(&self, key: &AttemptKey, progress: f64, _message: Option<String>) {
        let _ = self.0.send(Told::Progress(key.workflow.clone(), progress));
    }
    fn log_grew(&self, _key: &AttemptKey) {}
}

/// What the suite is run over.
pub trait Side {
    fn runner(&self) -> Arc<dyn StageRunner>;
    fn told(&self) -> &Receiver<Told>;
    /// The texts of the lines that are known of the first attempt.
    fn log(&self, workflow: &str) -> Vec<String>;
    /// The process that runs the stages dies and begins again, its programs live on.
    fn restart(&mut self, orders: Vec<reeld::engine::ports::Order>);

    /// The next end; what comes before it is passed over.
    fn end(&self) -> (String, Outcome) {
        loop {
            if let Told::Ended(workflow, _, outcome) = self.told().recv_timeout(PATIENCE).unwrap() {
                return (workflow, outcome);
            }
        }
    }
}

pub fn runtime() -> Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap()
}

pub fn config(root: &Path) -> Config {
    let mut config = Config::default_at(root);
    config.resources = Resources::from([("cpu".to_owned(), 2)]);
    config.retention.min_free_disk = 0;
    config
}

pub fn local(root: &Path, runtime: &Runtime) -> LocalRunner {
    let config = config(root);
    let objects = Objects::of(&config.storage).unwrap();
    let outside = Outside::of(&config, Own::default(), String::new(), objects);
    LocalRunner::open(Parts {
        config: Arc::new(config),
        stages: Registry::new().with("store", gives_stage),
        shim: env!("CARGO_BIN_EXE_reel-shim").into(),
        runtime: runtime.handle().clone(),
        grace: GRACE,
        outside,
    })
    .unwrap()
}

/// Programs that are being started by other tests of this process hold its files for a moment, the lock among them.
pub fn ledger(root: &Path) -> Ledger {
    let deadline = std::time::Instant::now() + PATIENCE;
    loop {
        match Ledger::open(root) {
            Ok(ledger) => return ledger,
            Err(OpenError::InUse { .. }) if std::time::Instant::now() < deadline => {
                std::thread::yield_now();
            }
            Err(error) => unreachable!("{error}"),
        }
    }
}

/// The runner alone.
pub struct Alone {
    runtime: Runtime,
    root: TempDir,
    runner: LocalRunner,
    told: Receiver<Told>,
}

impl Alone {
    pub fn start() -> Self {
        let (runtime, root) = (runtime(), TempDir::new().unwrap());
        let (runner, told) = Self::life(&runtime, root.path());
        runner.adopt(Vec::new());
        Self {
            runtime,
            root,
            runner,
            told,
        }
    }

    fn life(runtime: &Runtime, root: &Path) -> (LocalRunner, Receiver<Told>) {
        let runner = local(root, runtime);
        let (ear, told) = sync_channel(10_000);
        runner.attach(Arc::new(Ear(ear)));
        (runner, told)
    }
}

impl Side for Alone {
    fn runner(&self) -> Arc<dyn StageRunner> {
        Arc::new(self.runner.clone())
    }
    fn told(&self) -> &Receiver<Told> {
        &self.told
    }
    fn log(&self, workflow: &str) -> Vec<String> {
        let name = LogName::new(self.root.path(), workflow, "one", 1).unwrap();
        let query = Query {
            from_line: 0,
            limit: usize::MAX,
            min_level: Level::Debug,
        };
        let lines = read(&name, query).unwrap().lines;
        lines.into_iter().map(|line| line.text).collect()
    }
    fn restart(&mut self, orders: Vec<reeld::engine::ports::Order>) {
        (self.runner, self.told) = Self::life(&self.runtime, self.root.path());
        self.runner.adopt(orders);
    }
}

/// The runner behind a worker, its coordinator at the other end of the carrier.
pub struct Remote {
    pub runtime: Runtime,
    pub root: TempDir,
    pub lead: Lead,
    pub worker: Option<Worker>,
    told: Receiver<Told>,
    keys: KeyRing,
    links: Box<dyn Fn() -> Arc<dyn Link>>,
}

impl Remote {
    pub fn start(links: impl Fn() -> Arc<dyn Link> + 'static) -> Self {
        Self::start_with(links, Duration::from_secs(120))
    }

    pub fn start_with(links: impl Fn() -> Arc<dyn Link> + 'static, lost_after: Duration) -> Self {
        let (runtime, root, keys_dir) =
            (runtime(), TempDir::new().unwrap(), TempDir::new().unwrap());
        let keys = KeyRing::coordinator(None, keys_dir.path()).unwrap();
        let (ear, told) = sync_channel(10_000);
        let lead = Lead::start(links(), keys.clone(), ear, lost_after, runtime.handle());
        let mut remote = Self {
            runtime,
            root,
            lead,
            worker: None,
            told,
            keys,
            links: Box::new(links),
        };
        remote.begin();
        remote
    }

    /// A life of the worker.
    pub fn begin(&mut self) {
        let key = KeyRing::parse(&self.keys.box_key(BOX).unwrap(), "test").unwrap();
        let runner = local(self.root.path(), &self.runtime);
        let _inside = self.runtime.enter();
        let worker = Worker::start(worker::Parts {
            config: Arc::new(config(self.root.path())),
            name: BOX.to_owned(),
            keys: key,
            ledger: ledger(self.root.path()),
            link: (self.links)(),
            beat_link: (self.links)(),
            runner: Arc::new(runner.clone()),
            stock: Arc::new(Stock::new(self.root.path(), Box::new(|_| Vec::new()))),
        })
        .unwrap();
        runner.attach(worker.reports());
        self.worker = Some(worker);
    }

    /// Its end, without a word to anybody.
    pub fn end_worker(&mut self) {
        if let Some(worker) = self.worker.take() {
            self.runtime.block_on(worker.stop());
        }
    }

    /// Waits for a beat of which this is true.
    pub fn wait_for_beat(&self, is_it: impl Fn(&reeld::transport::letter::Beat) -> bool) {
        let mut beats = self.lead.beats();
        self.runtime.block_on(async {
            let waited = beats.wait_for(|beat| beat.as_ref().is_some_and(&is_it));
            tokio::time::timeout(PATIENCE, waited)
                .await
                .unwrap()
                .unwrap();
        });
    }
}

impl Drop for Remote {
    fn drop(&mut self) {
        self.end_worker();
    }
}

impl Side for Remote {
    fn runner(&self) -> Arc<dyn StageRunner> {
        Arc::new(self.lead.clone())
    }
    fn told(&self) -> &Receiver<Told> {
        &self.told
    }
    fn log(&self, workflow: &str) -> Vec<String> {
        self.lead.log(workflow)
    }
    fn restart(&mut self, _orders: Vec<reeld::engine::ports::Order>) {
        self.end_worker();
        self.begin();
    }
}
