//! Webhooks: deliveries a second to a receiver on this box beside a bare client's loop over as many connections, and how
//! long a healthy endpoint waits beside a dead one with thousands waiting.

use super::table::Table;
use super::{Ground, daemon_with, median, rate};
use reel_tests::{Failure, Home, Result};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, mpsc, watch};

const SETTINGS: &str = "[webhooks]\nallow_http = true\nallow_private = [\"127.0.0.1\"]\nrate = \"1000000/s\"\ntimeout = \"15s\"\n";
/// Deliveries of the throughput measure,
const MANY: usize = 4000;
/// and the endpoints that they are shared between.
const ENDPOINTS: usize = 8;
/// Deliveries that wait for the dead endpoint.
const WAITING: usize = 5000;
/// Deliveries whose wait is measured.
const PROBES: usize = 200;
/// What one measure may take at most.
const LIMIT: Duration = Duration::from_secs(120);

/// A receiver that answers 200, while it is open, and counts.
struct Receiver {
    url: String,
    open: watch::Sender<bool>,
    count: Arc<AtomicUsize>,
    came: Arc<Notify>,
}

impl Receiver {
    async fn new() -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")
            .await
            .map_err(Failure::at("a receiver"))?;
        let address = listener.local_addr().map_err(Failure::at("a receiver"))?;
        let (count, came) = (Arc::new(AtomicUsize::new(0)), Arc::new(Notify::new()));
        let (counted, told) = (Arc::clone(&count), Arc::clone(&came));
        let (open, opened) = watch::channel(true);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(answer(
                    stream,
                    opened.clone(),
                    Arc::clone(&counted),
                    Arc::clone(&told),
                ));
            }
        });
        Ok(Self {
            url: format!("http://{address}/"),
            open,
            count,
            came,
        })
    }

    async fn until(&self, wanted: usize) -> Result<()> {
        let all = async {
            while self.count.load(Ordering::SeqCst) < wanted {
                self.came.notified().await;
            }
        };
        tokio::time::timeout(LIMIT, all).await.map_err(|_| {
            Failure::new(format!(
                "{} of {wanted} arrived",
                self.count.load(Ordering::SeqCst)
            ))
        })
    }
}

/// Answers each request on a connection.
async fn answer(
    mut stream: TcpStream,
    mut open: watch::Receiver<bool>,
    count: Arc<AtomicUsize>,
    came: Arc<Notify>,
) {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes);
        let whole = text.split_once("\r\n\r\n").is_some_and(|(head, body)| {
            let length = head.lines().find_map(|line| {
                line.to_ascii_lowercase()
                    .strip_prefix("content-length: ")?
                    .parse()
                    .ok()
            });
            body.len() >= length.unwrap_or(0)
        });
        if whole {
            bytes.clear();
            if open.wait_for(|open| *open).await.is_err() {
                return;
            }
            count.fetch_add(1, Ordering::SeqCst);
            came.notify_one();
            if stream
                .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
                .await
                .is_err()
            {
                return;
            }
        } else if !matches!(stream.read_buf(&mut bytes).await, Ok(1..)) {
            return;
        }
    }
}

async fn endpoint(home: &Home, url: &str) -> Result<String> {
    let body = json!({"url": url, "events": ["video.failed"]})
        .to_string()
        .into_bytes();
    let mut client = home.client();
    let post = reel_shared::client::Method::POST;
    let reply = client
        .request(post, "/api/webhooks/register", Some(body), &[])
        .await;
    let reply = reply.map_err(Failure::at("an endpoint"))?;
    let made: Value = serde_json::from_slice(&reply.body).map_err(Failure::at("an endpoint"))?;
    made["webhookId"]
        .as_str()
        .map(str::to_owned)
        .ok_or_else(|| Failure::new("an endpoint without an id"))
}

/// Causes `count` deliveries, over eight connections, shared between the endpoints.
async fn cause(home: &Home, endpoints: &[String], count: usize) -> Result<()> {
    let turns: Vec<_> = (0..8)
        .map(|turn| {
            let (home, endpoints) = (home.clone(), endpoints.to_vec());
            tokio::spawn(async move {
                let mut client = home.client();
                for n in (turn..count).step_by(8) {
                    let path = format!("/api/webhooks/{}/test", endpoints[n % endpoints.len()]);
                    let _: Value = client
                        .post(&path, &json!({}))
                        .await
                        .map_err(Failure::at("a test event"))?;
                }
                Ok::<_, Failure>(())
            })
        })
        .collect();
    for turn in turns {
        turn.await.map_err(Failure::at("a connection"))??;
    }
    Ok(())
}

/// Sends the same number with a bare client, over as many connections as the daemon uses.
async fn bare(receiver: &Receiver, count: usize) -> Result<Duration> {
    let before = receiver.count.load(Ordering::SeqCst);
    let client = reqwest::Client::builder()
        .no_proxy()
        .build()
        .map_err(Failure::at("the bare client"))?;
    let body = json!({"eventId": "evt_0123456789ab", "eventType": "webhook.test", "data": {"message": "x".repeat(100)}});
    let body = body.to_string();
    let began = Instant::now();
    let loops: Vec<_> = (0..ENDPOINTS * 2)
        .map(|_| {
            let (client, url, body) = (client.clone(), receiver.url.clone(), body.clone());
            tokio::spawn(async move {
                for _ in 0..count / (ENDPOINTS * 2) {
                    client.post(&url).body(body.clone()).send().await?;
                }
                Ok::<_, reqwest::Error>(())
            })
        })
        .collect();
    for one in loops {
        one.await
            .map_err(Failure::at("the bare loop"))?
            .map_err(Failure::at("the bare loop"))?;
    }
    receiver
        .until(before + count / (ENDPOINTS * 2) * ENDPOINTS * 2)
        .await?;
    Ok(began.elapsed())
}

/// The median wait from the answer to a test event's request to its arrival.
async fn wait(home: &Home) -> Result<Duration> {
    let receiver = Receiver::new().await?;
    let id = endpoint(home, &receiver.url).await?;
    let (mut client, mut spans) = (home.client(), Vec::with_capacity(PROBES));
    for n in 0..PROBES {
        let began = Instant::now();
        let _: Value = client
            .post(&format!("/api/webhooks/{id}/test"), &json!({}))
            .await
            .map_err(Failure::at("a test event"))?;
        receiver.until(n + 1).await?;
        spans.push(began.elapsed());
    }
    Ok(median(spans))
}

/// A listener that takes connections and never answers.
async fn silent() -> Result<(String, mpsc::Receiver<TcpStream>)> {
    let listener = TcpListener::bind("127.0.0.1:0")
        .await
        .map_err(Failure::at("a dead receiver"))?;
    let url = format!(
        "http://{}/",
        listener
            .local_addr()
            .map_err(Failure::at("a dead receiver"))?
    );
    let (keep, kept) = mpsc::channel(4096);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            if keep.send(stream).await.is_err() {
                return;
            }
        }
    });
    Ok((url, kept))
}

/// Both.
pub fn measure(ground: &Ground) -> Result<Table> {
    let (home, daemon) = daemon_with(SETTINGS)?;
    let mut table = Table::default();
    ground.runtime.block_on(async {
        let receiver = Receiver::new().await?;
        let mut endpoints = Vec::new();
        for _ in 0..ENDPOINTS {
            endpoints.push(endpoint(&home, &receiver.url).await?);
        }
        // Everything waits before the first is answered, so that sending alone is measured.
        receiver.open.send_replace(false);
        cause(&home, &endpoints, MANY).await?;
        let began = Instant::now();
        receiver.open.send_replace(true);
        receiver.until(MANY).await?;
        let ours = rate(MANY, began.elapsed());
        let theirs = rate(MANY, bare(&receiver, MANY).await?);
        table.figure("deliveries to one box, 8 endpoints", ours, "/s");
        table.figure("a bare reqwest loop, 16 connections", theirs, "/s");
        table.figure("the share of the bare loop", ours / theirs * 100.0, "%");
        let alone = wait(&home).await?;
        let (url, kept) = silent().await?;
        let dead = endpoint(&home, &url).await?;
        cause(&home, &[dead], WAITING).await?;
        let beside = wait(&home).await?;
        drop(kept);
        table.figure(
            "a healthy endpoint's wait, alone, median",
            alone.as_secs_f64() * 1e3,
            "ms",
        );
        table.figure(
            "beside a dead one with 5,000 waiting, median",
            beside.as_secs_f64() * 1e3,
            "ms",
        );
        table.most(
            "that to that",
            beside.as_secs_f64() / alone.as_secs_f64().max(1e-9),
            1.2,
            "x",
        );
        Ok::<_, Failure>(())
    })?;
    daemon.terminate()?;
    Ok(table)
}
