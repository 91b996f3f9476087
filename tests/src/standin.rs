//! A service that stands in for one of the outside: a real HTTP/1.1 server on a port of its own, that answers as a test's
//! function says, and remembers what it was asked.

use crate::{Failure, Result};
use serde_json::Value;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, watch};

/// One request as it came.
#[derive(Debug, Clone)]
pub struct Asked {
    /// `GET`…
    pub method: String,
    /// With its query.
    pub path: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// As it came.
    pub body: Vec<u8>,
}

impl Asked {
    /// A header's value.
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }

    /// The body as JSON; null where it is none.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }
}

/// How a request is answered.
#[derive(Debug, Clone)]
pub struct Reply {
    /// Status line's number.
    pub status: u16,
    /// Besides the length.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
    /// The connection breaks after so many bytes of the body.
    pub cut: Option<usize>,
    /// No answer at all: the connection is held open until the other side goes.
    pub held: bool,
}

impl Reply {
    /// A status and a body.
    pub fn new(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: body.into(),
            cut: None,
            held: false,
        }
    }

    /// JSON.
    pub fn json(status: u16, body: &Value) -> Self {
        Self::new(status, body.to_string()).with("content-type", "application/json")
    }

    /// With a header.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// Never.
    pub fn held() -> Self {
        Self {
            held: true,
            ..Self::new(200, "")
        }
    }
}

type Answer = dyn Fn(&Asked) -> Reply + Send + Sync;

/// The running service; gone when dropped.
pub struct StandIn {
    url: String,
    asked: Arc<Log>,
    open: watch::Sender<usize>,
    task: tokio::task::JoinHandle<()>,
}

#[derive(Default)]
struct Log {
    all: Mutex<Vec<Asked>>,
    came: Notify,
}

impl StandIn {
    /// Starts one.
    pub async fn start(answer: impl Fn(&Asked) -> Reply + Send + Sync + 'static) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")
            .await
            .map_err(Failure::at("a stand-in's port"))?;
        let address = listener
            .local_addr()
            .map_err(Failure::at("a stand-in's port"))?;
        let (asked, answer): (Arc<Log>, Arc<Answer>) = (Arc::default(), Arc::new(answer));
        let kept = Arc::clone(&asked);
        let open = watch::Sender::new(0);
        let counted = open.clone();
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                counted.send_modify(|open| *open += 1);
                let served = serve(stream, Arc::clone(&kept), Arc::clone(&answer));
                let counted = counted.clone();
                tokio::spawn(async move {
                    served.await;
                    counted.send_modify(|open| *open -= 1);
                });
            }
        });
        Ok(Self {
            url: format!("http://{address}"),
            asked,
            open,
            task,
        })
    }

    /// Where it is, without a slash at its end.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// What it was asked so far.
    pub fn asked(&self) -> Vec<Asked> {
        self.asked
            .all
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Waits until it was asked so often; within the test's limit.
    pub async fn until_asked(&self, count: usize) -> Result<Vec<Asked>> {
        let wait = async {
            loop {
                let came = self.asked.came.notified();
                let asked = self.asked();
                if asked.len() >= count {
                    return asked;
                }
                came.await;
            }
        };
        tokio::time::timeout(crate::LIMIT, wait)
            .await
            .map_err(|_| Failure::new(format!("a stand-in was not asked {count} times")))
    }
}

impl StandIn {
    /// Waits, after whoever asked is gone, until everything that it still sent has been read.
    pub async fn until_left(&self) -> Result<()> {
        let wait = async {
            // Connections are taken in their order: when this one is over, all of those before it are known.
            let address = self.url.trim_start_matches("http://");
            let mut last = TcpStream::connect(address).await?;
            last.shutdown().await?;
            last.read_to_end(&mut Vec::new()).await?;
            let mut open = self.open.subscribe();
            let _ = open.wait_for(|open| *open == 0).await;
            std::io::Result::Ok(())
        };
        let left = tokio::time::timeout(crate::LIMIT, wait).await;
        left.map_err(|_| Failure::new("somebody still speaks to a stand-in"))?
            .map_err(Failure::at("a stand-in"))
    }
}

impl Drop for StandIn {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(mut stream: TcpStream, log: Arc<Log>, answer: Arc<Answer>) {
    let mut bytes = Vec::new();
    while let Some(asked) = read(&mut stream, &mut bytes).await {
        let reply = answer(&asked);
        let is_head = asked.method == "HEAD";
        log.all
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(asked);
        log.came.notify_waiters();
        if reply.held {
            // Until the other side goes away.
            let _ = stream.read(&mut [0; 1]).await;
            return;
        }
        let mut head = format!(
            "HTTP/1.1 {} Told\r\ncontent-length: {}\r\n",
            reply.status,
            reply.body.len()
        );
        for (name, value) in &reply.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str("\r\n");
        let end = reply.cut.unwrap_or(reply.body.len()).min(reply.body.len());
        let body: &[u8] = if is_head { &[] } else { &reply.body[..end] };
        let sent = async {
            stream.write_all(head.as_bytes()).await?;
            stream.write_all(body).await?;
            stream.flush().await
        };
        if sent.await.is_err() || reply.cut.is_some() {
            return;
        }
    }
}

/// The next request; none when the other side is gone. What is behind it stays in `bytes`.
async fn read(stream: &mut TcpStream, bytes: &mut Vec<u8>) -> Option<Asked> {
    loop {
        if let Some((asked, length)) = parse(bytes) {
            bytes.drain(..length);
            return Some(asked);
        }
        if stream.read_buf(bytes).await.ok()? == 0 {
            return None;
        }
    }
}

fn parse(bytes: &[u8]) -> Option<(Asked, usize)> {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    let head = String::from_utf8_lossy(&bytes[..end]);
    let mut lines = head.lines();
    let mut first = lines.next()?.split(' ');
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let length = headers
        .iter()
        .find(|(name, _)| name == "content-length")
        .and_then(|(_, value)| value.parse().ok())
        .unwrap_or(0_usize);
    let body = bytes.get(end..end + length)?;
    Some((
        Asked {
            method: first.next()?.to_owned(),
            path: first.next()?.to_owned(),
            headers: headers.clone(),
            body: body.to_vec(),
        },
        end + length,
    ))
}
