//! `reeld worker`: a box that runs what a coordinator on another box orders through Redis.
//!
//! ```text
//!  configuration ─▶ log ─▶ ledger (lock) ─▶ key ─▶ runner ─▶ worker adopts what still runs ─▶ first beat taken, READY
//!      ──TERM──▶ takes no more, finishes within `[worker] drain`, hands back the rest ─▶ ends
//!      ──TERM again──▶ ends at once: what runs goes on under its shims, and the next start finds it
//! ```
//!
//! What could refuse the start does so at once; a Redis that is away is waited for.

use super::Fault;
use super::process::host;
use super::signals::Signals;
use crate::config::{Config, Environment, Flags, Loaded, load};
use crate::executor::{LocalRunner, Outside, Parts, find_shim, stages};
use crate::links::Links;
use crate::objects::Objects;
use crate::outbound::Own;
use crate::store::ledger::Ledger;
use crate::telemetry::Service;
use crate::transport::key::KeyRing;
use crate::transport::link::RedisLink;
use crate::transport::worker::{self, Worker};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::timeout;

/// What the parts get to end; what is not written by then is learned anew by the next start.
const GRACE: Duration = Duration::from_secs(5);
/// The status line is told this often at most.
const STATUS: Duration = Duration::from_secs(1);

/// `reeld worker`: until TERM or INT.
#[must_use]
pub fn run(flags: &Flags) -> ExitCode {
    host(flags, |_, loaded| serve(loaded))
}

/// `reeld key NAME`: prints what a box of this name is given. Made on the coordinator's box, of its root key.
#[must_use]
pub fn key(flags: &Flags, name: &str) -> ExitCode {
    let config = match load(flags, &Environment::current()) {
        Ok(loaded) => loaded.config,
        Err(problems) => {
            for problem in problems {
                eprintln!("reeld: {problem}");
            }
            return ExitCode::FAILURE;
        }
    };
    let keys = std::fs::create_dir_all(&config.data_dir)
        .map_err(|error| format!("{}: {error}", config.data_dir.display()))
        .and_then(|()| {
            KeyRing::coordinator(config.boxes.key.as_ref(), &config.data_dir)
                .map_err(|error| error.to_string())
        });
    match keys.map(|keys| keys.box_key(name)) {
        Ok(Some(key)) => {
            println!("{key}");
            ExitCode::SUCCESS
        }
        Ok(None) => {
            eprintln!("reeld: no key was made: this is not the coordinator's root key");
            ExitCode::FAILURE
        }
        Err(problem) => {
            eprintln!("reeld: no key was made: {problem}");
            ExitCode::FAILURE
        }
    }
}

async fn serve(loaded: Loaded) -> Result<(), Fault> {
    for warning in &loaded.warnings {
        tracing::warn!(component = "BOXES", "{warning}");
    }
    let config = Arc::new(loaded.config);
    let mut signals = Signals::take().map_err(Fault::of)?;
    let (worker, runner) = build(&config)?;
    let name = &config.node.name;
    tracing::info!(component = "BOXES", version = env!("CARGO_PKG_VERSION"), r#box = %name, "looks for its coordinator");
    let mut beats = worker.beats();
    let mut fatal = worker.fatal();
    let ended = tokio::select! {
        _ = beats.wait_for(|beats| beats.taken > 0) => None,
        () = signals.stop() => Some(Ok(())),
        why = damage(&mut fatal) => Some(Err(why)),
    };
    let ended = match ended {
        Some(ended) => ended,
        None => {
            tracing::info!(component = "BOXES", r#box = %name, "ready");
            Service.ready("waits for orders");
            tokio::select! {
                () = signals.stop() => Ok(()),
                why = damage(&mut fatal) => Err(why),
                () = tell_status(&worker) => Ok(()),
                () = watchdog(&worker) => Ok(()),
            }
        }
    };
    if ended.is_ok() {
        Service.stopping("takes no more and finishes what runs");
        tracing::info!(component = "BOXES", drain = ?config.worker.drain, "stops: takes no more and finishes what runs; told again it ends at once");
        tokio::select! {
            () = worker.drain(config.worker.drain) => {}
            () = signals.stop() => tracing::warn!(component = "BOXES", "told twice: ends at once; what runs goes on and is found again by the next start"),
        }
    }
    if timeout(GRACE, worker.stop()).await.is_err() {
        tracing::warn!(
            component = "BOXES",
            "some parts do not end in time; nothing is lost by that"
        );
    }
    drop(runner);
    ended
}

fn build(config: &Arc<Config>) -> Result<(Worker, LocalRunner), Fault> {
    let url = config.redis.as_ref().ok_or_else(|| {
        Fault("no Redis is named: start with --redis URL, set REEL_REDIS_URL, or write url in [redis]".into())
    })?;
    let link = || {
        RedisLink::open(url.expose())
            .map(Arc::new)
            .map_err(Fault::of)
    };
    let (link, beat_link) = (link()?, link()?);
    let shim = find_shim().map_err(Fault)?;
    let ledger = Ledger::open(&config.data_dir).map_err(Fault::of)?;
    let name = config.node.name.clone();
    let keys =
        KeyRing::worker(config.boxes.key.as_ref(), &config.data_dir, &name).map_err(Fault::of)?;
    let links = Links::open(&config.data_dir, None).map_err(Fault::of)?;
    let objects = Objects::of(&config.storage).map_err(Fault::of)?;
    let runner = LocalRunner::open(Parts {
        config: Arc::clone(config),
        stages: stages::registry(),
        shim,
        runtime: tokio::runtime::Handle::current(),
        grace: LocalRunner::GRACE,
        outside: Outside::of(
            config,
            Own::default(),
            links.base(&config.http),
            objects.clone(),
        ),
    })
    .map_err(|error| {
        Fault(format!(
            "{}: the attempts' directory can't be made: {error}",
            config.data_dir.display()
        ))
    })?;
    let worker = Worker::start(worker::Parts {
        config: Arc::clone(config),
        name,
        keys,
        ledger,
        link,
        beat_link,
        runner: Arc::new(runner.clone()),
        stock: Arc::new(super::boxes::stock(&config.data_dir, &objects)),
    })
    .map_err(Fault::of)?;
    runner.attach(worker.reports());
    Ok((worker, runner))
}

/// Until the worker can't go on.
async fn damage(fatal: &mut watch::Receiver<Option<String>>) -> Fault {
    match fatal.wait_for(Option::is_some).await {
        Ok(why) => Fault(why.clone().unwrap_or_default()),
        Err(_) => Fault("the worker is gone".into()),
    }
}

async fn tell_status(worker: &Worker) {
    let mut busy = worker.busy();
    loop {
        let running = *busy.borrow_and_update();
        Service.status(&match running {
            0 => "waits for orders".to_owned(),
            running => format!("{running} stages run or wait"),
        });
        tokio::time::sleep(STATUS).await;
        if busy.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

/// Tells the service manager that the beats go on, whether Redis takes them or not.
async fn watchdog(worker: &Worker) {
    let Some(period) = Service.watchdog() else {
        return std::future::pending().await;
    };
    let mut beats = worker.beats();
    loop {
        let before = beats.borrow_and_update().tried;
        tokio::time::sleep(period).await;
        if beats.borrow_and_update().tried > before {
            Service.alive();
        } else {
            tracing::error!(component = "BOXES", "no beat was tried for {period:?}");
        }
    }
}

impl Signals {
    /// Until the worker is told to stop.
    async fn stop(&mut self) {
        loop {
            tokio::select! {
                _ = self.term.recv() => return,
                _ = self.interrupt.recv() => return,
                _ = self.hangup.recv() => tracing::warn!(component = "BOXES", "a worker reads its configuration at its start: restart it to have a new one"),
            }
        }
    }
}
