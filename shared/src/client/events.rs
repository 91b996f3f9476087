//! The event stream: `GET /api/events` as a WebSocket over either socket.
//!
//! One `Events` is one connection. It ends with an error when the connection does; the caller keeps the last number it
//! saw (`seq`, `instance`) and connects again with them, which misses nothing and repeats nothing. `next` may be
//! dropped at any time without losing a frame, so that it can stand in a `select!`.

use super::endpoint::Endpoint;
use super::error::ClientError;
use super::http::encode;
use super::query::Query;
use super::socket::Socket;
use crate::problem::ProblemBody;
use crate::stream::{ClientFrame, Frame};
use futures_util::{SinkExt, StreamExt};
use hyper::header::{AUTHORIZATION, HOST, HeaderValue, RETRY_AFTER};
use std::time::Duration;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::error::{ProtocolError, UrlError};
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{self, Message};
use tokio_tungstenite::{WebSocketStream, client_async_with_config};

/// How long the upgrade may take.
const UPGRADE_LIMIT: Duration = Duration::from_secs(30);

/// A snapshot of some ten thousand workflows is one message.
const MESSAGE_LIMIT: usize = 256 << 20;

/// What is wanted of the stream.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EventsQuery {
    /// The last number seen, and the instance that gave it: resumes behind it.
    pub since: Option<(u64, String)>,
    /// Only this workflow's.
    pub workflow: Option<String>,
    /// Whether `progress` frames are wanted; the daemon's default is yes.
    pub progress: Option<bool>,
}

impl EventsQuery {
    fn path(&self) -> Query {
        let mut query = Query::new("/api/events");
        if let Some((seq, instance)) = &self.since {
            query = query
                .with("since", seq.to_string())
                .with("instance", instance);
        }
        query
            .with_some("workflow", self.workflow.as_deref())
            .with_some(
                "progress",
                self.progress
                    .map(|wanted| if wanted { "true" } else { "false" }),
            )
    }
}

/// An open event stream.
#[derive(Debug)]
pub struct Events {
    socket: WebSocketStream<Socket>,
}

impl Events {
    /// Connects and upgrades. A refusal is a [`ClientError::Problem`], as with any request.
    pub async fn connect(endpoint: &Endpoint, query: &EventsQuery) -> Result<Self, ClientError> {
        let (socket, target) = Socket::connect(endpoint).await?;
        let url = format!("ws://{}{}", target.authority(), query.path().as_str());
        let mut request = url.into_client_request().map_err(refused)?;
        if let Ok(host) = HeaderValue::from_str(target.authority()) {
            request.headers_mut().insert(HOST, host);
        }
        if let Some(token) = &endpoint.token
            && let Ok(mut value) = HeaderValue::from_str(&token.header())
        {
            value.set_sensitive(true);
            request.headers_mut().insert(AUTHORIZATION, value);
        }
        let config = WebSocketConfig::default()
            .max_message_size(Some(MESSAGE_LIMIT))
            .max_frame_size(Some(MESSAGE_LIMIT));
        let upgrade = client_async_with_config(request, socket, Some(config));
        let (socket, _) = tokio::time::timeout(UPGRADE_LIMIT, upgrade)
            .await
            .map_err(|_| ClientError::Silent {
                seconds: UPGRADE_LIMIT.as_secs(),
            })?
            .map_err(refused)?;
        Ok(Self { socket })
    }

    /// The next frame. Unknown types come as [`Frame::Unknown`].
    pub async fn next(&mut self) -> Result<Frame, ClientError> {
        let text = self.next_text().await?;
        serde_json::from_str(&text).map_err(|error| {
            ClientError::Protocol(format!("{error} in a frame of the event stream"))
        })
    }

    /// The next frame as it was sent: one JSON object.
    pub async fn next_text(&mut self) -> Result<String, ClientError> {
        loop {
            match self.socket.next().await {
                Some(Ok(Message::Text(text))) => return Ok(text.as_str().to_owned()),
                Some(Ok(Message::Close(frame))) => return Err(closed(frame.as_ref())),
                // Control frames are answered by the protocol itself.
                Some(Ok(_)) => {}
                Some(Err(error)) => return Err(ClientError::lost(error)),
                None => return Err(ClientError::Lost { source: None }),
            }
        }
    }

    /// Sends a frame, flushed.
    pub async fn send(&mut self, frame: &ClientFrame) -> Result<(), ClientError> {
        let body = encode(frame)?;
        let text =
            String::from_utf8(body).map_err(|error| ClientError::Protocol(error.to_string()))?;
        self.socket
            .send(Message::text(text))
            .await
            .map_err(ClientError::lost)
    }

    /// Says goodbye; whether it arrives does not matter.
    pub async fn close(mut self) {
        drop(self.socket.close(None).await);
    }
}

/// A close frame in words, kept as the source of `Lost`.
fn closed(frame: Option<&tungstenite::protocol::CloseFrame>) -> ClientError {
    let Some(frame) = frame else {
        return ClientError::Lost { source: None };
    };
    let why = format!(
        "the daemon closed the stream: {} ({})",
        frame.reason.as_str(),
        u16::from(frame.code)
    );
    ClientError::Lost {
        source: Some(why.into()),
    }
}

/// Why an upgrade failed.
fn refused(error: tungstenite::Error) -> ClientError {
    match error {
        tungstenite::Error::Http(response) => {
            let status = response.status().as_u16();
            let retry_after = response
                .headers()
                .get(RETRY_AFTER)
                .and_then(|value| value.to_str().ok())
                .and_then(|text| text.parse().ok());
            let body = response.body().as_deref().unwrap_or_default();
            match serde_json::from_slice::<ProblemBody>(body) {
                Ok(body) => ClientError::Problem {
                    status,
                    problem: Box::new(body.error),
                    retry_after,
                },
                Err(_) => ClientError::Protocol(format!(
                    "status {status} instead of the event stream; is something else listening there?"
                )),
            }
        }
        tungstenite::Error::Url(error) => url_refused(&error),
        tungstenite::Error::Io(error) => ClientError::lost(error),
        cut @ tungstenite::Error::Protocol(ProtocolError::HandshakeIncomplete) => {
            ClientError::lost(cut)
        }
        other => ClientError::Protocol(other.to_string()),
    }
}

fn url_refused(error: &UrlError) -> ClientError {
    ClientError::Protocol(format!("the address of the event stream: {error}"))
}
