//! What goes out to one client: frames are gathered and flushed together, a write that gets nowhere is given up, and
//! whatever ends the session ends a write that hangs.

use axum::body::Bytes;
use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket};
use futures_util::stream::SplitSink;
use futures_util::{Sink, SinkExt as _};
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How long a write may make no headway.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long a farewell may take.
const FAREWELL: Duration = Duration::from_secs(1);

/// Why a session is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Over {
    /// The client went, or its connection broke.
    Gone,
    /// The client takes nothing, or gives no sign of life.
    Silent,
    /// Its token was revoked or has expired.
    Revoked,
    /// The daemon stops.
    Stopping,
    /// It sent what is no frame.
    Nonsense,
    /// The daemon could not go on with it.
    Broken,
}

impl Over {
    /// The close code and its reason; none where nobody is there to read it.
    fn farewell(self) -> Option<(u16, &'static str)> {
        match self {
            Self::Gone => None,
            Self::Silent => Some((
                1013,
                "too slow: nothing was taken for a while; connect again with since",
            )),
            Self::Revoked => Some((1008, "the token was revoked or has expired")),
            Self::Stopping => Some((1001, "the daemon is stopping; connect again with since")),
            Self::Nonsense => Some((1007, "a frame was not JSON of a known form")),
            Self::Broken => Some((
                1011,
                "the daemon could not go on with this stream; connect again with since",
            )),
        }
    }
}

/// Frames on their way to one client.
pub(super) struct Outbox<S = SplitSink<WebSocket, Message>> {
    sink: S,
    /// Cancelled when the session must end whatever the client does.
    end: CancellationToken,
    waiting: bool,
}

/// Bytes that are shared with everyone who gets the same frame.
struct Frame(Arc<str>);

impl AsRef<[u8]> for Frame {
    fn as_ref(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl<S: Sink<Message> + Unpin> Outbox<S> {
    pub fn new(sink: S, end: CancellationToken) -> Self {
        Self {
            sink,
            end,
            waiting: false,
        }
    }

    /// Adds a text frame; it goes out with the next flush, or when the buffer is full.
    pub async fn add(&mut self, frame: Arc<str>) -> Result<(), Over> {
        if frame.is_empty() {
            return Ok(());
        }
        let Ok(text) = Utf8Bytes::try_from(Bytes::from_owner(Frame(frame))) else {
            return Ok(());
        };
        self.waiting = true;
        self.bounded(Message::Text(text)).await
    }

    /// Asks for a sign of life.
    pub async fn ping(&mut self) -> Result<(), Over> {
        self.waiting = true;
        self.bounded(Message::Ping(Bytes::new())).await
    }

    async fn bounded(&mut self, message: Message) -> Result<(), Over> {
        let fed = tokio::time::timeout(PATIENCE, self.sink.feed(message));
        tokio::select! {
            biased;
            fed = fed => match fed {
                Ok(Ok(())) => Ok(()),
                Ok(Err(_)) => Err(Over::Gone),
                Err(_) => Err(Over::Silent),
            },
            () = self.end.cancelled() => Err(Over::Revoked),
        }
    }

    /// Writes what was added.
    pub async fn flush(&mut self) -> Result<(), Over> {
        if !std::mem::take(&mut self.waiting) {
            return Ok(());
        }
        let flushed = tokio::time::timeout(PATIENCE, self.sink.flush());
        tokio::select! {
            biased;
            flushed = flushed => match flushed {
                Ok(Ok(())) => Ok(()),
                Ok(Err(_)) => Err(Over::Gone),
                Err(_) => Err(Over::Silent),
            },
            () = self.end.cancelled() => Err(Over::Revoked),
        }
    }

    /// Says why it is over, to a client that still reads.
    pub async fn close(mut self, over: Over) {
        let Some((code, reason)) = over.farewell() else {
            return;
        };
        let frame = Message::Close(Some(CloseFrame {
            code,
            reason: reason.into(),
        }));
        let said = tokio::time::timeout(FAREWELL, self.sink.send(frame)).await;
        if !matches!(said, Ok(Ok(()))) {
            tracing::debug!(
                component = "HTTP",
                ?over,
                "a stream's client did not take the farewell"
            );
        }
    }
}
