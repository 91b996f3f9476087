//! The api by its public face: the real router on a real engine, with a runner that does what the test says.

mod access;
mod acts;
mod inbound;
mod input;
mod keys;
mod routes;
mod stream;
mod submit;
mod webhooks;

use super::auth::{Scope, token};
use super::listen::Peer;
use super::{Api, House, router};
use crate::clock::ManualClock;
use crate::config::Config;
use crate::conversation::Scribe;
use crate::domain::command::Outcome;
use crate::domain::pipeline::RetryPolicy;
use crate::domain::{Timestamp, Values, Workflow};
use crate::engine::ports::{AttemptKey, Order, Outbox, Reports as _, StageRunner};
use crate::engine::{Engine, Node};
use crate::links::Links;
use crate::pipeline::{Catalogue, Defaults};
use crate::store::Store;
use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Method, Request, StatusCode};
use futures_util::future::BoxFuture;
use http_body_util::BodyExt as _;
use reel_shared::problem::FieldProblem;
use serde_json::{Value, json};
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

const DEFAULTS: Defaults = Defaults {
    retry: RetryPolicy {
        times: 0,
        first: Duration::from_secs(5),
        max: Duration::from_secs(600),
    },
};

const TWO: &str = r#"
description = "two stages"
[params.word]
type = "string"
required = true
[params.loud]
type = "bool"
[[stages]]
id = "first"
run = ["true"]
[[stages]]
id = "second"
run = ["true", "${params.word}"]
"#;

const ASKS: &str = r#"
description = "asks and wants a yes"
clarify = true
confirm = true
[params.style]
type = "enum"
options = ["plain", "loud"]
required = true
question = "Which style?"
[[stages]]
id = "one"
run = ["true"]
"#;

struct Fake {
    orders: mpsc::Sender<Order>,
    engine: Engine,
}

impl StageRunner for Fake {
    fn start(&self, orders: Vec<Order>) {
        for order in orders {
            self.orders.try_send(order).unwrap();
        }
    }
    fn cancel(&self, key: AttemptKey) {
        let engine = self.engine.clone();
        std::thread::spawn(move || engine.ended(key, None, Outcome::Cancelled));
    }
    fn adopt(&self, orders: Vec<Order>) {
        self.start(orders);
    }
    fn clean_up(&self, _: Arc<Workflow>, _: bool) {}
}

struct Home;

impl House for Home {
    fn reload(&self) -> BoxFuture<'_, Result<(), Vec<FieldProblem>>> {
        Box::pin(async {
            Err(vec![FieldProblem {
                field: "resources.cpu".into(),
                problem: "is 0".into(),
            }])
        })
    }
}

/// A daemon without doors and programs.
pub(in crate::api) struct Rig {
    pub api: Api,
    pub router: Router,
    pub engine: Engine,
    pub orders: mpsc::Receiver<Order>,
    pub clock: Arc<ManualClock>,
    pub stop: CancellationToken,
    pub config: watch::Sender<Arc<Config>>,
    pub dir: TempDir,
}

/// An answer.
#[derive(Debug)]
pub(in crate::api) struct Said {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Value,
}

impl Said {
    pub fn data(&self) -> &Value {
        assert_eq!(self.body["success"], true, "{self:?}");
        &self.body["data"]
    }

    /// The status and the code of a refusal.
    pub fn refusal(&self) -> (u16, &str) {
        assert_eq!(self.body["success"], false, "{self:?}");
        assert!(
            self.body["error"]["message"]
                .as_str()
                .is_some_and(|text| !text.is_empty()),
            "{self:?}"
        );
        (
            self.status.as_u16(),
            self.body["error"]["code"].as_str().unwrap(),
        )
    }

    /// The fields of a 422.
    pub fn fields(&self) -> Vec<&str> {
        assert_eq!(self.refusal(), (422, "validation_failed"), "{self:?}");
        self.body["error"]["details"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["field"].as_str().unwrap())
            .collect()
    }
}

pub(in crate::api) fn operator() -> Peer {
    Peer::Socket {
        user: "root".into(),
        trusted: true,
    }
}

pub(in crate::api) fn remote() -> Peer {
    Peer::Tcp {
        address: IpAddr::V4(Ipv4Addr::new(192, 0, 2, 7)),
    }
}

impl Rig {
    pub async fn new() -> Self {
        Self::at(tempfile::tempdir().unwrap()).await
    }

    pub async fn at(dir: TempDir) -> Self {
        let folder = dir.path().join("pipelines");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("two.toml"), TWO).unwrap();
        std::fs::write(folder.join("asks.toml"), ASKS).unwrap();
        let parse = |name: &str, origin: &str, text: &str| {
            crate::pipeline::parse(name, text, origin, &DEFAULTS).map_err(|error| error.to_string())
        };
        let store = Store::open(dir.path(), Box::new(parse)).unwrap();
        let clock = Arc::new(ManualClock::at(Timestamp(1_795_169_870_000)));
        let node = Node {
            name: "box-a".into(),
            resources: [("cpu".into(), 1)].into(),
            labels: Default::default(),
        };
        let scribe = Some(Box::new(Scribe) as Box<dyn Outbox>);
        let engine = Engine::start_with(store, dir.path(), &node, clock.clone(), scribe).unwrap();
        let (sender, orders) = mpsc::channel(4096);
        engine
            .attach(Arc::new(Fake {
                orders: sender,
                engine: engine.clone(),
            }))
            .await
            .unwrap();
        let catalogue = Arc::new(Catalogue::load(&folder, &DEFAULTS));
        let (config, watched) = watch::channel(Arc::new(Config::default_at(dir.path())));
        let stop = CancellationToken::new();
        let api = Api::new(
            engine.clone(),
            catalogue,
            watched,
            Arc::new(Home),
            Arc::new(Links::open(dir.path(), None).unwrap()),
            Arc::new(crate::reconcile::Storer::new(
                engine.clone(),
                crate::objects::Objects::of(&Config::default_at(dir.path()).storage).unwrap(),
                dir.path(),
                stop.clone(),
            )),
            stop.clone(),
        )
        .await
        .unwrap();
        Self {
            router: router(api.clone()),
            api,
            engine,
            orders,
            clock,
            stop,
            config,
            dir,
        }
    }

    pub async fn send(&self, peer: Peer, request: Request<Body>) -> Said {
        let mut request = request;
        request.extensions_mut().insert(peer);
        let answer = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = answer.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        Said {
            status: parts.status,
            headers: parts.headers,
            body,
        }
    }

    /// As the operator.
    pub async fn ask(&self, method: Method, path: &str, body: Option<Value>) -> Said {
        self.send(operator(), request(method, path, None, body))
            .await
    }

    pub async fn get(&self, path: &str) -> Said {
        self.ask(Method::GET, path, None).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Said {
        self.ask(Method::POST, path, Some(body)).await
    }

    /// With a token, from afar.
    pub async fn with(&self, token: &str, method: Method, path: &str, body: Option<Value>) -> Said {
        self.send(remote(), request(method, path, Some(token), body))
            .await
    }

    /// A token's text and id.
    pub async fn token(&self, scope: Scope, more: Value) -> (String, String) {
        let mut body = json!({ "name": "test", "scope": scope.word() });
        body.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        let said = self.post("/api/tokens", body).await;
        assert_eq!(said.status, StatusCode::CREATED, "{said:?}");
        let text = said.data()["token"].as_str().unwrap().to_owned();
        assert!(token::hash(&text).is_some());
        (text, said.data()["id"].as_str().unwrap().to_owned())
    }

    /// Submits `two`; answers its id.
    pub async fn two(&self) -> String {
        let said = self
            .post(
                "/api/workflow",
                json!({ "pipeline": "two", "params": { "word": "hi" } }),
            )
            .await;
        assert_eq!(said.status, StatusCode::ACCEPTED, "{said:?}");
        said.data()["id"].as_str().unwrap().to_owned()
    }

    /// Ends the stage that was started next.
    pub async fn end(&mut self, outcome: Outcome) -> Order {
        let order = self.orders.recv().await.unwrap();
        let (engine, key) = (self.engine.clone(), order.key());
        tokio::task::spawn_blocking(move || engine.ended(key, None, outcome))
            .await
            .unwrap();
        // Whatever was posted before is committed once this is answered.
        self.engine.pick().await.unwrap();
        order
    }

    pub async fn complete(&mut self) -> Order {
        self.end(Outcome::Completed {
            outputs: Values::new(),
        })
        .await
    }
}

pub(in crate::api) fn request(
    method: Method,
    path: &str,
    token: Option<&str>,
    body: Option<Value>,
) -> Request<Body> {
    let mut request = Request::builder().method(method).uri(path);
    if let Some(token) = token {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    match body {
        Some(body) => request
            .header("content-type", "application/json")
            .body(Body::from(body.to_string()))
            .unwrap(),
        None => request.body(Body::empty()).unwrap(),
    }
}
