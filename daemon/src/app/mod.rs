//! Builds the daemon, runs it, and stops it in reverse.
//!
//! ```text
//!  configuration ─▶ log ─▶ data directory (lock, database) ─▶ doors (sockets bound) ─▶ engine ─▶ runner adopts what still runs
//!      ─▶ loops ─▶ serves, `reeld.json`, READY ──TERM──▶ doors close ─▶ loops end ─▶ engine ends ─▶ lock released
//! ```
//!
//! - What could refuse the start does so before anything is started.
//! - Stopping leaves programs to their shims: the next start finds them again.

mod account;
mod boxes;
mod house;
mod left;
mod place;
mod process;
mod signals;
pub mod worker;

use crate::api::listen::{Deadlines, Doors, systemd};
use crate::api::{self, Api};
use crate::clock::SystemClock;
use crate::config::{Config, Environment, Flags, Loaded};
use crate::conversation::Scribe;
use crate::engine::ports::{Outbox, StageRunner};
use crate::engine::{Engine, Node};
use crate::executor::{LocalRunner, Outside, Parts, find_shim, stages};
use crate::links::Links;
use crate::notify;
use crate::objects::Objects;
use crate::outbound::{Own, SystemResolver};
use crate::pipeline::{self, Catalogue, Defaults};
use crate::reconcile;
use crate::store::Store;
use crate::telemetry::{self, Format, Service, Settings, Telemetry};
use crate::webhook;
use house::Household;
use signals::Signals;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// What requests that are being worked on get when the daemon stops.
const GRACE: Duration = Duration::from_secs(5);

/// Why the daemon did not start, or had to stop.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Fault(String);

impl Fault {
    fn of(error: impl std::fmt::Display) -> Self {
        Self(error.to_string())
    }
}

/// `reeld run`: until TERM or INT.
#[must_use]
pub fn run(flags: &Flags) -> ExitCode {
    process::host(flags, |environment, loaded| {
        serve(flags.clone(), environment, loaded)
    })
}

fn start_log(config: &Config) -> Result<Telemetry, telemetry::TelemetryError> {
    telemetry::start(&Settings {
        filter: config.log.clone(),
        format: Format::of(config.log_format.as_deref()),
        directory: Some(config.data_dir.join("logs")),
        keep: config.retention.logs,
    })
}

async fn serve(flags: Flags, environment: Environment, loaded: Loaded) -> Result<(), Fault> {
    for warning in &loaded.warnings {
        tracing::warn!(component = "DAEMON", "{warning}");
    }
    let config = Arc::new(loaded.config);
    // Signals are taken from here on: one that comes while starting stops the daemon as soon as it stands.
    let mut signals = Signals::take().map_err(Fault::of)?;
    let shim = find_shim().map_err(Fault)?;
    let defaults = Defaults::from(&*config);
    let parse = move |name: &str, origin: &str, text: &str| {
        pipeline::parse(name, text, origin, &defaults).map_err(|error| error.to_string())
    };
    let store = Store::open(&config.data_dir, Box::new(parse)).map_err(Fault::of)?;
    let catalogue = Arc::new(Catalogue::load(&Catalogue::folder(&config), &defaults));
    for problem in &catalogue.loaded().problems {
        tracing::warn!(component = "DAEMON", "a pipeline is left out: {problem}");
    }
    if let Some(problem) =
        pipeline::features::unknown(&config.features, &catalogue.loaded()).first()
    {
        return Err(Fault(problem.clone()));
    }
    let inherited = systemd::take().map_err(Fault::of)?;
    let doors = Doors::open(&config, inherited).map_err(Fault::of)?;
    let node = Node {
        name: config.node.name.clone(),
        resources: config.resources.clone(),
        labels: config.node.labels.clone(),
    };
    let clock = Arc::new(SystemClock);
    let (configs, held) = watch::channel(Arc::clone(&config));
    let links = Arc::new(Links::open(&config.data_dir, doors.listen()).map_err(Fault::of)?);
    let (outbox, stirred) = webhook::Outbox::new(held.clone(), Arc::clone(&links));
    let outboxes: Vec<Box<dyn Outbox>> = vec![Box::new(outbox), Box::new(Scribe)];
    let engine = Engine::start_with(
        store,
        &config.data_dir,
        &node,
        clock,
        Some(Box::new(outboxes)),
    )
    .map_err(Fault::of)?;
    let objects = Objects::of(&config.storage).map_err(Fault::of)?;
    let own = Own::default();
    own.set(doors.listen().into_iter().collect());
    let outside = Outside::of(
        &config,
        own.clone(),
        links.base(&config.http),
        objects.clone(),
    );
    let cache = outside.cache.clone();
    let runner = LocalRunner::open(Parts {
        config: Arc::clone(&config),
        stages: stages::registry(),
        shim,
        runtime: tokio::runtime::Handle::current(),
        grace: LocalRunner::GRACE,
        outside,
    })
    .map_err(|error| {
        Fault(format!(
            "{}: the attempts' directory can't be made: {error}",
            config.data_dir.display()
        ))
    })?;
    runner.attach(Arc::new(engine.clone()));

    let stop = CancellationToken::new();
    let loops = TaskTracker::new();
    let runner: Arc<dyn StageRunner> = Arc::new(runner);
    left::sweep(&engine, &runner, &config.data_dir).await?;
    let coordinator = boxes::coordinator(&config, &engine, Arc::clone(&runner), &objects, &stop)?;
    // The boxes of an earlier life are known once the writer has read its slots.
    engine.pick().await.map_err(Fault::of)?;
    loops.spawn(account::keep(
        engine.subscribe(),
        held.clone(),
        stop.clone(),
    ));
    match coordinator {
        Some(coordinator) => {
            let port = Arc::new(coordinator.clone());
            engine.attach(port).await.map_err(Fault::of)?;
            coordinator.start(&loops);
        }
        None => {
            boxes::give_up_others(&engine).await?;
            engine.attach(runner).await.map_err(Fault::of)?;
        }
    }

    let household = Arc::new(Household::new(
        flags,
        environment,
        Arc::clone(&catalogue),
        configs,
        doors.keys(),
    ));
    let storer = Arc::new(reconcile::Storer::new(
        engine.clone(),
        objects,
        &config.data_dir,
        stop.clone(),
    ));
    let api = Api::new(
        engine.clone(),
        Arc::clone(&catalogue),
        held.clone(),
        household.clone(),
        links,
        Arc::clone(&storer),
        stop.clone(),
    )
    .await
    .map_err(Fault::of)?;
    let webhooks = webhook::Context {
        engine: engine.clone(),
        config: held.clone(),
        stirred,
        own,
        resolver: Arc::new(SystemResolver),
        stop: stop.clone(),
    };
    webhook::start(&webhooks, &loops);
    let people = notify::Context {
        engine: engine.clone(),
        config: held.clone(),
        stop: stop.clone(),
    };
    loops.spawn(notify::run(people));
    let context = reconcile::Context {
        engine: engine.clone(),
        catalogue,
        storer,
        cache,
        config: held,
        stop: stop.clone(),
    };
    reconcile::start(&context, &loops);
    let place =
        place::Place::write(&config.data_dir, doors.socket(), doors.listen()).map_err(Fault::of)?;
    let listens = doors
        .listen()
        .map_or_else(|| "off".to_owned(), |address| address.to_string());
    tracing::info!(
        component = "DAEMON", version = env!("CARGO_PKG_VERSION"), socket = %doors.socket().display(), listen = %listens,
        "ready"
    );
    let served =
        tokio::spawn(doors.serve(api::router(api), Deadlines::default(), stop.clone(), GRACE));
    Service.ready("serving");
    loops.spawn(watchdog(engine.clone(), stop.clone()));

    let ended = signals.wait(&engine, &household).await;
    Service.stopping("stopping; what its stages run goes on");
    tracing::info!(
        component = "DAEMON",
        "stops; what its stages run goes on and is found again by the next start"
    );
    stop.cancel();
    loops.close();
    let wind_down = async {
        let _ = served.await;
        loops.wait().await;
        engine.stop().await;
    };
    tokio::select! {
        () = wind_down => {}
        () = signals.again() => tracing::warn!(component = "DAEMON", "told twice: stops at once"),
    }
    drop(place);
    ended
}

/// Tells the service manager that the writer still answers.
async fn watchdog(engine: Engine, stop: CancellationToken) {
    let Some(period) = Service.watchdog() else {
        return;
    };
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(period) => {}
        }
        match tokio::time::timeout(period, engine.pick()).await {
            Ok(Ok(())) => Service.alive(),
            Ok(Err(error)) => {
                tracing::error!(component = "DAEMON", "the writer does not answer: {error}")
            }
            Err(_) => tracing::error!(
                component = "DAEMON",
                "the writer has not answered for {period:?}"
            ),
        }
    }
}

impl Signals {
    /// Until the daemon must stop: because it is told to, or because the database is damaged.
    async fn wait(&mut self, engine: &Engine, household: &Household) -> Result<(), Fault> {
        let mut fatal = engine.fatal();
        loop {
            tokio::select! {
                _ = self.term.recv() => return Ok(()),
                _ = self.interrupt.recv() => return Ok(()),
                _ = self.hangup.recv() => household.reload_and_tell(),
                changed = fatal.changed() => {
                    let why = fatal.borrow().clone();
                    match (changed, why) {
                        (Err(_), _) => return Err(Fault("the engine is gone".into())),
                        (Ok(()), Some(why)) => return Err(Fault(why)),
                        (Ok(()), None) => {}
                    }
                }
            }
        }
    }
}
