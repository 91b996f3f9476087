//! The webhooks by their public face: a real engine and database, receivers on this box, a clock that the test moves.

mod hostile;
mod outages;
mod receiver;
mod sending;

use super::{Context, Outbox, book, sender};
use crate::clock::ManualClock;
use crate::config::{Config, Secret};
use crate::domain::command::Outcome;
use crate::domain::pipeline::RetryPolicy;
use crate::domain::{Submit, Timestamp, Values, Workflow};
use crate::engine::ports::{AttemptKey, Order, Reports as _, StageRunner};
use crate::engine::{Engine, Node};
use crate::outbound::{Own, SystemResolver};
use crate::pipeline::Defaults;
use crate::store::Store;
use crate::store::delivery_list::{self, DeliveryRow, Which};
use crate::store::endpoints::EndpointRow;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

const DEFAULTS: Defaults = Defaults {
    retry: RetryPolicy {
        times: 0,
        first: Duration::from_secs(5),
        max: Duration::from_secs(600),
    },
};

/// Ends every attempt at once.
struct Instant(Engine);

impl StageRunner for Instant {
    fn start(&self, orders: Vec<Order>) {
        let engine = self.0.clone();
        std::thread::spawn(move || {
            for order in orders {
                engine.ended(
                    order.key(),
                    None,
                    Outcome::Completed {
                        outputs: Values::new(),
                    },
                );
            }
        });
    }
    fn cancel(&self, _: AttemptKey) {}
    fn adopt(&self, orders: Vec<Order>) {
        self.start(orders);
    }
    fn clean_up(&self, _: Arc<Workflow>, _: bool) {}
}

/// A daemon of which only the webhooks are there.
struct Rig {
    engine: Engine,
    clock: Arc<ManualClock>,
    config: watch::Sender<Arc<Config>>,
    stop: CancellationToken,
    sender: JoinHandle<()>,
    dir: TempDir,
}

impl Rig {
    async fn new() -> Self {
        Self::at(tempfile::tempdir().unwrap(), Timestamp(1_800_000_000_000)).await
    }

    async fn at(dir: TempDir, now: Timestamp) -> Self {
        let parse = |name: &str, origin: &str, text: &str| {
            crate::pipeline::parse(name, text, origin, &DEFAULTS).map_err(|error| error.to_string())
        };
        let mut config = Config::default_at(dir.path());
        config.webhooks.allow_http_all = true;
        config.webhooks.allow_private_all = true;
        config.webhooks.rate = 1e6;
        let (config, held) = watch::channel(Arc::new(config));
        let (outbox, stirred) = Outbox::new(
            held.clone(),
            Arc::new(crate::links::Links::open(dir.path(), None).unwrap()),
        );
        let clock = Arc::new(ManualClock::at(now));
        let node = Node {
            name: "box".into(),
            resources: [("cpu".into(), 64)].into(),
            labels: Default::default(),
        };
        let store = Store::open(dir.path(), Box::new(parse)).unwrap();
        let engine = Engine::start_with(
            store,
            dir.path(),
            &node,
            clock.clone(),
            Some(Box::new(outbox)),
        )
        .unwrap();
        engine
            .attach(Arc::new(Instant(engine.clone())))
            .await
            .unwrap();
        let stop = CancellationToken::new();
        let context = Context {
            engine: engine.clone(),
            config: held,
            stirred,
            own: Own::default(),
            resolver: Arc::new(SystemResolver),
            stop: stop.clone(),
        };
        let sender = tokio::spawn(sender::run(context));
        Self {
            engine,
            clock,
            config,
            stop,
            sender,
            dir,
        }
    }

    /// Stops the daemon and gives its directory back.
    async fn stop(self) -> TempDir {
        self.stop.cancel();
        self.sender.await.unwrap();
        self.engine.stop().await;
        self.dir
    }

    async fn endpoint(&self, url: &str, events: &[&str]) -> String {
        let now = self.engine.now();
        let row = EndpointRow {
            id: book::id("wh_").unwrap(),
            url: url.to_owned(),
            events: events.iter().map(|event| (*event).to_owned()).collect(),
            pipelines: Vec::new(),
            labels: Default::default(),
            headers: Default::default(),
            secret: Some(Secret::new("my-secret-key")),
            old: Vec::new(),
            active: true,
            disabled: None,
            configured: false,
            exhausted: 0,
            failing_since: None,
            created_at: now,
            updated_at: now,
        };
        let id = row.id.clone();
        assert!(book::register(&self.engine, row).await.unwrap());
        id
    }

    /// A workflow that completes at once.
    async fn workflow(&self, id: &str, webhook_url: Option<&str>) {
        let text = "description = \"one\"\n[[stages]]\nid = \"one\"\nrun = [\"true\"]\n";
        let submit = Submit {
            user: "ana".into(),
            surface: "test".into(),
            request_id: "r1".into(),
            labels: [("team".to_owned(), "news".to_owned())].into(),
            webhook_url: webhook_url.map(str::to_owned),
            ..Submit::of(
                id,
                Arc::new(crate::pipeline::parse("one", text, "test", &DEFAULTS).unwrap()),
            )
        };
        let mut ended = self.engine.ended_count();
        let before = *ended.borrow_and_update();
        self.engine.submit(submit).await.unwrap();
        ended.wait_for(|count| *count > before).await.unwrap();
    }

    /// Moves the clock, and lets the sender look at it.
    async fn advance(&self, by: Duration) {
        self.clock.set(self.engine.now().plus(by));
        self.stir().await;
    }

    async fn stir(&self) {
        let notice = crate::engine::Notice {
            kind: "endpoint.retried",
            data: serde_json::json!({}),
        };
        self.engine
            .write_told(move |_| Ok(((), vec![notice.clone()])))
            .await
            .unwrap();
    }

    async fn deliveries(&self, which: Which) -> Vec<DeliveryRow> {
        self.engine
            .reader()
            .ask(move |connection| delivery_list::page(connection, &which, 200, 0))
            .await
            .unwrap()
            .deliveries
    }

    /// Waits until the deliveries of an endpoint are as `wanted`; every commit is a reason to look.
    async fn until(
        &self,
        endpoint: &str,
        wanted: impl Fn(&[DeliveryRow]) -> bool,
    ) -> Vec<DeliveryRow> {
        loop {
            let found = self.deliveries(Which::Of(endpoint.to_owned())).await;
            if wanted(&found) {
                return found;
            }
            // An attempt's record makes no event: the writer's next commit is what there is to wait for.
            self.engine.pick().await.unwrap();
            tokio::task::yield_now().await;
        }
    }
}
