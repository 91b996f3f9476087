//! A real S3 server for tests, signatures checked, that can be told to be ill.

mod begun;

use crate::{Failure, Result};
use s3s::auth::SimpleAuth;
use s3s::service::{S3Service, S3ServiceBuilder};
use s3s::{Body, HttpError};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::watch;

/// How it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Health {
    /// It works.
    #[default]
    Well,
    /// 503 to everything.
    Down,
    /// It takes a part of this number and answers only when it is well again.
    Holds(u32),
    /// It begins a put in parts, and says so only when it is well again.
    Mute,
    /// It answers the next put with this status, once.
    Says(u16),
    /// It breaks the connection when this part comes, once.
    Breaks(u32),
}

/// The server; gone when dropped.
pub struct S3 {
    folder: tempfile::TempDir,
    endpoint: String,
    state: Arc<State>,
    task: tokio::task::JoinHandle<()>,
}

struct State {
    service: S3Service,
    health: watch::Sender<Health>,
    asked: Mutex<Vec<String>>,
    count: watch::Sender<usize>,
    /// Puts in parts that it has begun and not told of.
    begun: watch::Sender<usize>,
}

impl State {
    async fn until_well(&self) {
        let mut health = self.health.subscribe();
        let _ = health.wait_for(|health| *health == Health::Well).await;
    }
}

impl S3 {
    /// The bucket that is there.
    pub const BUCKET: &str = "films";

    /// Starts one with an empty bucket.
    pub async fn start() -> Result<Self> {
        let folder = tempfile::tempdir().map_err(Failure::at("a store's folder"))?;
        std::fs::create_dir(folder.path().join(Self::BUCKET))
            .map_err(Failure::at("a store's bucket"))?;
        let files = s3s_fs::FileSystem::new(folder.path())
            .map_err(|error| Failure::new(format!("the store: {error:?}")))?;
        let mut service = S3ServiceBuilder::new(files);
        service.set_auth(SimpleAuth::from_single("key", "secret"));
        service.set_route(begun::Begun {
            folder: folder.path().to_owned(),
            bucket: Self::BUCKET,
        });
        let listener = TcpListener::bind("127.0.0.1:0")
            .await
            .map_err(Failure::at("a store's port"))?;
        let address = listener
            .local_addr()
            .map_err(Failure::at("a store's port"))?;
        let state = Arc::new(State {
            service: service.build(),
            health: watch::Sender::new(Health::Well),
            asked: Mutex::default(),
            count: watch::Sender::new(0),
            begun: watch::Sender::new(0),
        });
        let shared = Arc::clone(&state);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&shared)));
            }
        });
        Ok(Self {
            folder,
            endpoint: format!("http://{address}"),
            state,
            task,
        })
    }

    /// `[storage]` of a daemon that uses it, with this secret.
    pub fn settings(&self, secret: &str) -> String {
        format!(
            "[storage]\nurl = \"s3://{}/reel\"\nendpoint = \"{}\"\naccess_key_id = \"key\"\nsecret_access_key = \"{secret}\"\n",
            Self::BUCKET,
            self.endpoint
        )
    }

    /// From now on it is so.
    pub fn becomes(&self, health: Health) {
        self.state.health.send_replace(health);
    }

    /// Whether what was to go wrong has come.
    pub fn is_well(&self) -> bool {
        *self.state.health.borrow() == Health::Well
    }

    /// `METHOD /path?query` of everything it was asked.
    pub fn asked(&self) -> Vec<String> {
        self.state
            .asked
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Waits until it was asked something like this.
    pub async fn until_asked(&self, like: impl Fn(&str) -> bool) -> Result<()> {
        let mut count = self.state.count.subscribe();
        let wait = async {
            while !self.asked().iter().any(|asked| like(asked)) {
                if count.changed().await.is_err() {
                    return;
                }
            }
        };
        tokio::time::timeout(crate::LIMIT, wait)
            .await
            .map_err(|_| Failure::new(format!("the store was not asked so: {:?}", self.asked())))
    }

    /// Waits until it has begun a put in parts that it is mute about.
    pub async fn until_begun(&self) -> Result<()> {
        let mut begun = self.state.begun.subscribe();
        let wait = begun.wait_for(|count| *count > 0);
        match tokio::time::timeout(crate::LIMIT, wait).await {
            Ok(Ok(_)) => Ok(()),
            _ => Err(Failure::new("the store has begun nothing")),
        }
    }

    /// Waits until it is asked anything more.
    pub async fn until_asked_more(&self) {
        // The state's sender lives as long as the server.
        let _ = self.state.count.subscribe().changed().await;
    }

    /// Where an object's bytes are.
    pub fn object(&self, key: &str) -> PathBuf {
        self.folder.path().join(Self::BUCKET).join(key)
    }

    /// Every object's key, sorted.
    pub fn keys(&self) -> Vec<String> {
        let root = self.folder.path().join(Self::BUCKET);
        let (mut found, mut open) = (Vec::new(), vec![root.clone()]);
        while let Some(folder) = open.pop() {
            for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
                let path = entry.path();
                if path.is_dir() {
                    open.push(path);
                } else if let Ok(key) = path.strip_prefix(&root) {
                    found.push(key.display().to_string());
                }
            }
        }
        found.sort();
        found
    }

    /// Parts of puts that were begun and neither ended nor given up.
    pub fn left_over(&self) -> usize {
        std::fs::read_dir(self.folder.path())
            .into_iter()
            .flatten()
            .flatten()
            .filter(|entry| entry.file_name().to_string_lossy().starts_with(".upload"))
            .count()
    }

    /// Somebody else begins a put in parts.
    pub fn begin_elsewhere(&self, key: &str, id: &str) -> Result<()> {
        begun::begin(self.folder.path(), Self::BUCKET, key, id)
            .map_err(Failure::at("another's upload"))
    }

    /// As if everything that was begun, and what is noted of it in this folder, were of so long ago.
    pub fn age(&self, notes: &Path, by: Duration) -> Result<()> {
        begun::age(self.folder.path(), by)
            .and_then(|()| begun::age(notes, by))
            .map_err(Failure::at("the age of uploads"))
    }
}

impl Drop for S3 {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(stream: tokio::net::TcpStream, state: Arc<State>) {
    let service = hyper::service::service_fn(move |request| answer(request, Arc::clone(&state)));
    // A connection that the other side or an illness breaks is over.
    let _ = hyper::server::conn::http1::Builder::new()
        .serve_connection(hyper_util::rt::TokioIo::new(stream), service)
        .await;
}

async fn answer(
    request: hyper::Request<hyper::body::Incoming>,
    state: Arc<State>,
) -> std::result::Result<hyper::Response<Body>, HttpError> {
    let asked = format!("{} {}", request.method(), request.uri());
    let is_part = |number: u32| asked.contains(&format!("partNumber={number}&"));
    let health = *state.health.borrow();
    state
        .asked
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .push(asked.clone());
    state.count.send_modify(|count| *count += 1);
    match health {
        Health::Down => {
            let mut ill = hyper::Response::new(Body::empty());
            *ill.status_mut() = hyper::StatusCode::SERVICE_UNAVAILABLE;
            return Ok(ill);
        }
        Health::Says(status) if asked.starts_with("PUT ") => {
            state.health.send_replace(Health::Well);
            let mut ill = hyper::Response::new(Body::empty());
            *ill.status_mut() = hyper::StatusCode::from_u16(status).unwrap_or_default();
            return Ok(ill);
        }
        Health::Breaks(number) if is_part(number) => {
            state.health.send_replace(Health::Well);
            let broken: Box<dyn std::error::Error + Send + Sync> = "the line broke".into();
            return Err(HttpError::new(broken));
        }
        Health::Holds(number) if is_part(number) => state.until_well().await,
        Health::Mute if asked.starts_with("POST ") && asked.contains("?uploads") => {
            let answer = state.service.call(request.map(Body::from)).await;
            state.begun.send_modify(|count| *count += 1);
            state.until_well().await;
            return answer;
        }
        _ => {}
    }
    state.service.call(request.map(Body::from)).await
}
