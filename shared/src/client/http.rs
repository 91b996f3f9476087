//! Requests: HTTP/1.1 over one kept-alive connection, opened at the first request and again when it was closed.
//!
//! A request that could not be handed over (the kept connection had been closed) is sent on a new one. One that was
//! handed over and got no answer is `Lost` or `Silent`: whether it may be sent again is the caller's to know.

use super::endpoint::Endpoint;
use super::error::ClientError;
use super::socket::Socket;
use crate::problem::ProblemBody;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1::{self, SendRequest};
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HOST, HeaderValue, RETRY_AFTER};
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::time::Duration;

pub use hyper::Method;

/// How long an answer may take: above the daemon's own limits, below a person's patience.
const ANSWER_LIMIT: Duration = Duration::from_secs(60);

/// The largest answer taken: a page of 200 workflows with all they say stays far below.
const BODY_LIMIT: usize = 256 << 20;

/// A whole answer.
#[derive(Debug, Clone)]
pub struct Reply {
    /// The HTTP status, 2xx.
    pub status: u16,
    /// The body as sent.
    pub body: Bytes,
}

/// `{"success": true, "data"}`
#[derive(Deserialize)]
struct Envelope<T> {
    data: T,
}

impl Reply {
    /// Reads the `data` of the body.
    pub fn data<T: DeserializeOwned>(&self) -> Result<T, ClientError> {
        serde_json::from_slice::<Envelope<T>>(&self.body)
            .map(|envelope| envelope.data)
            .map_err(|error| ClientError::Protocol(format!("{error} in its body")))
    }
}

/// Asks a daemon. Lives in one tokio runtime.
#[derive(Debug)]
pub struct Http {
    endpoint: Endpoint,
    connection: Option<Connection>,
}

#[derive(Debug)]
struct Connection {
    sender: SendRequest<Full<Bytes>>,
    host: String,
}

impl Http {
    /// Connects at the first request, not before.
    pub fn new(endpoint: Endpoint) -> Self {
        Self {
            endpoint,
            connection: None,
        }
    }

    /// Where it asks.
    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// `GET path`, and the `data` of the answer.
    pub async fn get<T: DeserializeOwned>(&mut self, path: &str) -> Result<T, ClientError> {
        self.request(Method::GET, path, None, &[]).await?.data()
    }

    /// `POST path` with a JSON body, and the `data` of the answer.
    pub async fn post<T: DeserializeOwned>(
        &mut self,
        path: &str,
        body: &impl serde::Serialize,
    ) -> Result<T, ClientError> {
        let body = encode(body)?;
        self.request(Method::POST, path, Some(body), &[])
            .await?
            .data()
    }

    /// `DELETE path`; what it answers is of no interest.
    pub async fn delete(&mut self, path: &str) -> Result<(), ClientError> {
        self.request(Method::DELETE, path, None, &[])
            .await
            .map(drop)
    }

    /// Sends one request and takes the whole answer; a status outside 2xx is a [`ClientError::Problem`].
    ///
    /// `body` is JSON, `headers` are further ones (an idempotency key).
    pub async fn request(
        &mut self,
        method: Method,
        path: &str,
        body: Option<Vec<u8>>,
        headers: &[(&'static str, &str)],
    ) -> Result<Reply, ClientError> {
        let body = Bytes::from(body.unwrap_or_default());
        let kept = self.connection.is_some();
        let mut connection = self.take_or_open().await?;
        let request = self.build(&method, path, &body, headers, &connection.host)?;
        let answer = match timed(connection.sender.try_send_request(request)).await? {
            Ok(response) => response,
            // hyper hands the message back if and only if no byte of it went out.
            Err(mut refused) => match refused.take_message() {
                Some(request) if kept => {
                    connection = self.open().await?;
                    timed(connection.sender.send_request(request))
                        .await?
                        .map_err(ClientError::lost)?
                }
                _ => return Err(ClientError::lost(refused.into_error())),
            },
        };
        let reply = timed(take(answer)).await?;
        self.connection = Some(connection);
        reply
    }

    async fn take_or_open(&mut self) -> Result<Connection, ClientError> {
        if let Some(mut kept) = self.connection.take()
            && kept.sender.ready().await.is_ok()
        {
            return Ok(kept);
        }
        self.open().await
    }

    async fn open(&self) -> Result<Connection, ClientError> {
        let (socket, target) = Socket::connect(&self.endpoint).await?;
        let host = target.authority().to_owned();
        let (sender, connection) = http1::handshake(TokioIo::new(socket))
            .await
            .map_err(ClientError::lost)?;
        // The task ends with the connection; what ended it, the sender is told too.
        tokio::spawn(async move { drop(connection.await) });
        Ok(Connection { sender, host })
    }

    fn build(
        &self,
        method: &Method,
        path: &str,
        body: &Bytes,
        headers: &[(&'static str, &str)],
        host: &str,
    ) -> Result<Request<Full<Bytes>>, ClientError> {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(HOST, host);
        if let Some(token) = &self.endpoint.token
            && let Ok(mut value) = HeaderValue::from_str(&token.header())
        {
            value.set_sensitive(true);
            request = request.header(AUTHORIZATION, value);
        }
        if !body.is_empty() {
            request = request.header(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request
            .body(Full::new(body.clone()))
            .map_err(|error| ClientError::Protocol(format!("{path:?} can't be asked for: {error}")))
    }
}

/// A request body.
pub(super) fn encode(body: &impl serde::Serialize) -> Result<Vec<u8>, ClientError> {
    serde_json::to_vec(body).map_err(|error| {
        ClientError::Protocol(format!("the request can't be written as JSON: {error}"))
    })
}

async fn timed<T>(future: impl Future<Output = T>) -> Result<T, ClientError> {
    tokio::time::timeout(ANSWER_LIMIT, future)
        .await
        .map_err(|_| ClientError::Silent {
            seconds: ANSWER_LIMIT.as_secs(),
        })
}

async fn take(response: Response<Incoming>) -> Result<Reply, ClientError> {
    let status = response.status();
    let retry_after = response
        .headers()
        .get(RETRY_AFTER)
        .and_then(|value| value.to_str().ok())
        .and_then(|text| text.parse().ok());
    let body = Limited::new(response.into_body(), BODY_LIMIT)
        .collect()
        .await
        .map_err(|source| ClientError::Lost {
            source: Some(source),
        })?
        .to_bytes();
    if status.is_success() {
        return Ok(Reply {
            status: status.as_u16(),
            body,
        });
    }
    match serde_json::from_slice::<ProblemBody>(&body) {
        Ok(problem) => Err(ClientError::Problem {
            status: status.as_u16(),
            problem: Box::new(problem.error),
            retry_after,
        }),
        Err(_) => Err(ClientError::Protocol(format!(
            "status {status} without the error body that reeld sends; is something else listening there?"
        ))),
    }
}
