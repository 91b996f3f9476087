//! Calls: each in a task of its own, a few at once, answered by ticket. None is sent twice.

use super::{Reply, words};
use crate::app::call::{Call, Failure};
use reel_shared::client::{Endpoint, Http};
use serde_json::Value;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::sync::mpsc::{Receiver, Sender};

/// Calls under way at once.
const AT_ONCE: usize = 4;

/// An answer that takes longer is told as missing.
const PATIENCE: Duration = Duration::from_secs(20);

/// Connections that wait for the next call.
type Idle = Arc<Mutex<Vec<Http>>>;

/// Runs until the screen is gone.
pub async fn run(endpoint: Endpoint, mut calls: Receiver<(u64, Call)>, replies: Sender<Reply>) {
    let slots = Arc::new(Semaphore::new(AT_ONCE));
    let idle: Idle = Arc::default();
    // Keys of this run differ from those of every other.
    let run = format!("{:016x}", (super::backoff::draw() * u64::MAX as f64) as u64);
    while let Some((ticket, call)) = calls.recv().await {
        let Ok(slot) = slots.clone().acquire_owned().await else {
            return;
        };
        let (endpoint, idle, replies) = (endpoint.clone(), idle.clone(), replies.clone());
        let key = format!("dashboard-{run}-{ticket}");
        tokio::spawn(async move {
            let http = take(&idle).unwrap_or_else(|| Http::new(endpoint));
            let (result, http) = ask(http, &call, &key).await;
            if let Some(http) = http {
                idle.lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .push(http);
            }
            drop(slot);
            // A screen that is gone wants no reply.
            let _ = replies.send(Reply { ticket, result }).await;
        });
    }
}

fn take(idle: &Idle) -> Option<Http> {
    idle.lock().unwrap_or_else(PoisonError::into_inner).pop()
}

/// Asks once; gives the connection back if it can be used again.
async fn ask(mut http: Http, call: &Call, key: &str) -> (Result<Value, Failure>, Option<Http>) {
    let (method, path, body) = call.request();
    let body = body.map(|body| body.to_string().into_bytes());
    let key = [("idempotency-key", key)];
    let headers: &[(&'static str, &str)] = if call.is_act() { &key } else { &[] };
    match tokio::time::timeout(PATIENCE, http.request(method, &path, body, headers)).await {
        Err(_) => {
            let message = format!("no answer within {} s", PATIENCE.as_secs());
            (
                Err(Failure {
                    message,
                    status: None,
                    uncertain: call.is_act(),
                }),
                None,
            )
        }
        Ok(Err(error)) => (Err(words::failure(&error)), Some(http)),
        Ok(Ok(reply))
            if matches!(call, Call::Picture { .. }) && (200..300).contains(&reply.status) =>
        {
            use base64::Engine as _;
            let coded = base64::engine::general_purpose::STANDARD.encode(&reply.body);
            (Ok(Value::String(coded)), Some(http))
        }
        Ok(Ok(reply)) => {
            let data = reply
                .data::<Value>()
                .map_err(|error| words::failure(&error));
            (data, Some(http))
        }
    }
}
