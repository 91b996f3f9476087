//! Sending a request and reading the beginning of its answer, within its time and size.

use super::connect::{Connector, Resolve};
use super::policy::Policy;
use super::tls::Tls;
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::header::HeaderMap;
use hyper::{Request, StatusCode};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use std::error::Error;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// Connections kept open to one host while nothing is sent.
const IDLE: usize = 2;
/// And for how long.
const IDLE_FOR: Duration = Duration::from_secs(30);

/// At which step a request came to nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// The name has no address.
    Dns,
    /// No connection, or it broke before an answer.
    Connect,
    /// The handshake, the certificate.
    Tls,
    /// It took too long.
    Timeout,
    /// It is not allowed.
    Blocked,
}

impl Class {
    /// The word that a recorded error begins with.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Dns => "dns",
            Self::Connect => "connect",
            Self::Tls => "tls",
            Self::Timeout => "timeout",
            Self::Blocked => "blocked",
        }
    }
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}: {problem}", .class.word())]
pub struct Failure {
    /// At which step.
    pub class: Class,
    /// In words.
    pub problem: String,
    /// Something of the request may have reached the other side: whether it was taken is not known.
    pub sent: bool,
}

impl Failure {
    /// A failure at a step before anything was sent.
    #[must_use]
    pub fn new(class: Class, problem: impl Into<String>) -> Self {
        Self {
            class,
            problem: problem.into(),
            sent: false,
        }
    }

    /// A failure after the request, or a part of it, went out.
    #[must_use]
    pub fn after_sending(class: Class, problem: impl Into<String>) -> Self {
        Self {
            sent: true,
            ..Self::new(class, problem)
        }
    }

    fn of(error: &hyper_util::client::legacy::Error) -> Self {
        let mut cause: Option<&(dyn Error + 'static)> = Some(error);
        let mut deepest = String::new();
        while let Some(error) = cause {
            if let Some(known) = error.downcast_ref::<Self>() {
                return known.clone();
            }
            deepest = error.to_string();
            cause = error.source();
        }
        Self::after_sending(
            Class::Connect,
            format!("the connection broke before an answer: {deepest}"),
        )
    }
}

/// How long, and how much.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// For a connection; and again for its handshake.
    pub connect: Duration,
    /// For the whole, the answer's body included.
    pub total: Duration,
    /// Bytes read of an answer's body; then the connection is dropped.
    pub read: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            total: Duration::from_secs(15),
            read: 16 * 1024,
        }
    }
}

/// What came back.
#[derive(Debug, Clone)]
pub struct Answer {
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// The beginning of its body.
    pub body: Vec<u8>,
}

/// Sends requests; clones share connections.
#[derive(Clone)]
pub struct Client {
    inner: hyper_util::client::legacy::Client<Connector, Full<Bytes>>,
    policy: Arc<Policy>,
    limits: Limits,
}

impl Client {
    /// A client that reaches what `policy` allows and trusts the system's authorities and those of `ca_file`.
    #[must_use]
    pub fn new(
        policy: Policy,
        ca_file: Option<PathBuf>,
        resolver: Arc<dyn Resolve>,
        limits: Limits,
    ) -> Self {
        let policy = Arc::new(policy);
        let connector = Connector {
            policy: Arc::clone(&policy),
            tls: Arc::new(Tls::new(ca_file)),
            resolver,
            timeout: limits.connect,
        };
        let inner = hyper_util::client::legacy::Client::builder(TokioExecutor::new())
            .pool_idle_timeout(IDLE_FOR)
            .pool_max_idle_per_host(IDLE)
            .pool_timer(TokioTimer::new())
            .http1_max_buf_size(64 * 1024)
            .build(connector);
        Self {
            inner,
            policy,
            limits,
        }
    }

    /// What it may reach.
    #[must_use]
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// Sends a request once. A redirect is an answer like any other.
    ///
    /// # Errors
    /// At which step it came to nothing.
    pub async fn send(&self, request: Request<Full<Bytes>>) -> Result<Answer, Failure> {
        let limit = self.limits.total;
        match tokio::time::timeout(limit, self.exchange(request)).await {
            Ok(answer) => answer,
            Err(_) => Err(Failure::after_sending(
                Class::Timeout,
                format!("no whole answer within {} s", limit.as_secs_f64()),
            )),
        }
    }

    /// Sends a request once and gives its answer's body piece by piece. The head must come within the whole's limit; each
    /// piece then within the same.
    ///
    /// # Errors
    /// At which step it came to nothing.
    pub async fn open(&self, request: Request<Full<Bytes>>) -> Result<Stream, Failure> {
        let limit = self.limits.total;
        let answer = tokio::time::timeout(limit, self.inner.request(request))
            .await
            .map_err(|_| Failure::after_sending(Class::Timeout, waited(limit)))?
            .map_err(|error| Failure::of(&error))?;
        let (parts, body) = answer.into_parts();
        Ok(Stream {
            status: parts.status,
            headers: parts.headers,
            body,
            limit,
        })
    }

    async fn exchange(&self, request: Request<Full<Bytes>>) -> Result<Answer, Failure> {
        let answer = self
            .inner
            .request(request)
            .await
            .map_err(|error| Failure::of(&error))?;
        let (parts, body) = answer.into_parts();
        let body = beginning(body, self.limits.read).await;
        Ok(Answer {
            status: parts.status,
            headers: parts.headers,
            body,
        })
    }
}

fn waited(limit: Duration) -> String {
    format!("nothing came for {} s", limit.as_secs_f64())
}

/// An answer that is still coming.
#[derive(Debug)]
pub struct Stream {
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    body: Incoming,
    limit: Duration,
}

impl Stream {
    /// The body, for whoever keeps to limits of its own.
    pub(crate) fn into_body(self) -> Incoming {
        self.body
    }

    /// The next piece; none at the end.
    ///
    /// # Errors
    /// It broke off, or nothing came for too long.
    pub async fn next(&mut self) -> Result<Option<Bytes>, Failure> {
        loop {
            let frame = tokio::time::timeout(self.limit, self.body.frame())
                .await
                .map_err(|_| Failure::after_sending(Class::Timeout, waited(self.limit)))?;
            match frame {
                None => return Ok(None),
                Some(Err(error)) => {
                    let words = format!("the connection broke in the middle: {error}");
                    return Err(Failure::after_sending(Class::Connect, words));
                }
                // Trailers are nobody's business here.
                Some(Ok(frame)) => {
                    if let Ok(data) = frame.into_data() {
                        return Ok(Some(data));
                    }
                }
            }
        }
    }
}

/// The first bytes of a body. What breaks after the status came takes nothing back from it.
async fn beginning(mut body: Incoming, limit: usize) -> Vec<u8> {
    let mut read = Vec::new();
    while let Some(Ok(frame)) = body.frame().await {
        if let Some(data) = frame.data_ref() {
            let wanted = limit.saturating_sub(read.len()).min(data.len());
            read.extend_from_slice(&data[..wanted]);
            if read.len() >= limit {
                break;
            }
        }
    }
    read
}
