//! A hand-written daemon for tests: answers requests on a Unix socket as a closure says, and remembers what was asked.

use super::context::Context;
use super::output::Output;
use super::tests::Kept;
use futures_util::{SinkExt, StreamExt};
use reel_shared::client::{Endpoint, Http, Target};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{UnixListener, UnixStream};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::Role;

/// One request.
#[derive(Debug, Clone)]
pub struct Asked {
    /// `GET /api/workflow/active`
    pub line: String,
    /// The head, in lower case.
    pub head: String,
    /// The body, or null.
    pub body: Value,
}

/// What the stand-in does with a request.
pub enum Answer {
    /// A status and a body.
    Json(u16, Value),
    /// Closes the connection without a word.
    Nothing,
    /// Upgrades, waits for one frame of the client if `subscribed`, sends these, and closes unless `open`.
    Stream {
        frames: Vec<Value>,
        subscribed: bool,
        open: bool,
    },
}

impl Answer {
    /// `{"success": true, "data"}`
    pub fn data(data: Value) -> Self {
        Self::Json(200, json!({"success": true, "data": data}))
    }

    /// A refusal.
    pub fn problem(status: u16, code: &str, message: &str) -> Self {
        Self::Json(
            status,
            json!({"success": false, "error": {"code": code, "message": message}}),
        )
    }

    /// There is no such workflow.
    pub fn missing() -> Self {
        Self::problem(404, "not_found", "there is no such workflow")
    }
}

/// A daemon that isn't one.
pub struct StandIn {
    _dir: tempfile::TempDir,
    endpoint: Endpoint,
    asked: Arc<Mutex<Vec<Asked>>>,
    /// What was printed.
    pub printed: Kept,
}

impl StandIn {
    /// Answers each request, in the order of their coming, as `rule` says.
    pub fn new(rule: impl FnMut(&Asked) -> Answer + Send + 'static) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("s.sock");
        let listener = UnixListener::bind(&path).unwrap();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let rule = Arc::new(Mutex::new(rule));
        let kept = Arc::clone(&asked);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&rule), Arc::clone(&kept)));
            }
        });
        Self {
            _dir: dir,
            endpoint: Endpoint::of(Target::Unix(path)),
            asked,
            printed: Kept::default(),
        }
    }

    /// What a verb works with, its output kept in `printed`.
    pub fn context(&self, json: bool) -> Context {
        Context {
            http: Http::new(self.endpoint.clone()),
            out: Output::to(Box::new(self.printed.clone()), json),
        }
    }

    /// What was asked so far.
    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    /// The request lines so far.
    pub fn lines(&self) -> Vec<String> {
        self.asked().into_iter().map(|asked| asked.line).collect()
    }
}

async fn serve(
    mut stream: UnixStream,
    rule: Arc<Mutex<impl FnMut(&Asked) -> Answer + Send + 'static>>,
    kept: Arc<Mutex<Vec<Asked>>>,
) {
    while let Some((asked, key)) = read(&mut stream).await {
        kept.lock().unwrap().push(asked.clone());
        let answer = rule.lock().unwrap()(&asked);
        match answer {
            Answer::Nothing => return,
            Answer::Json(status, body) => {
                let body = body.to_string();
                let head = format!(
                    "HTTP/1.1 {status} X\r\nContent-Length: {}\r\n\r\n",
                    body.len()
                );
                if stream.write_all((head + &body).as_bytes()).await.is_err() {
                    return;
                }
            }
            Answer::Stream {
                frames,
                subscribed,
                open,
            } => {
                let accept = derive_accept_key(key.unwrap().as_bytes());
                let head = format!(
                    "HTTP/1.1 101 X\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {accept}\r\n\r\n"
                );
                stream.write_all(head.as_bytes()).await.unwrap();
                let mut socket = WebSocketStream::from_raw_socket(stream, Role::Server, None).await;
                if subscribed && let Some(Ok(frame)) = socket.next().await {
                    let body = serde_json::from_str(frame.to_text().unwrap()).unwrap();
                    let line = "subscribe".to_owned();
                    kept.lock().unwrap().push(Asked {
                        line,
                        head: String::new(),
                        body,
                    });
                }
                for frame in frames {
                    // A client that has heard enough may be gone.
                    let _ = socket.send(Message::text(frame.to_string())).await;
                }
                if open {
                    while let Some(Ok(_)) = socket.next().await {}
                }
                return;
            }
        }
    }
}

/// Reads a request; its WebSocket key stands beside it as it was written.
async fn read(stream: &mut UnixStream) -> Option<(Asked, Option<String>)> {
    let mut seen = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&seen).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let header = |name: &str| {
                let fits = |line: &&str| line.to_lowercase().starts_with(&format!("{name}: "));
                head.lines()
                    .find(fits)
                    .map(|line| line[name.len() + 2..].to_owned())
            };
            let length = header("content-length").map_or(0, |length| length.parse().unwrap());
            if body.len() >= length {
                let line = head
                    .lines()
                    .next()?
                    .trim_end_matches(" HTTP/1.1")
                    .to_owned();
                let body = serde_json::from_str(body).unwrap_or(Value::Null);
                return Some((
                    Asked {
                        line,
                        head: head.to_lowercase(),
                        body,
                    },
                    header("sec-websocket-key"),
                ));
            }
        }
        let mut part = [0; 4096];
        match stream.read(&mut part).await.ok()? {
            0 => return None,
            n => seen.extend_from_slice(&part[..n]),
        }
    }
}
