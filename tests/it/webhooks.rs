//! Webhooks from outside: nothing is lost when the daemon is killed while it sends, and it never sends to itself.

use reel_shared::client::{Http, Method};
use reel_tests::{Daemon, Home, command, submit};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

const SETTINGS: &str = "[webhooks]\nallow_http = true\nallow_private = true\nrate = \"1000/s\"\n\
                        schedule = [\"0s\", \"1s\", \"1s\", \"1s\", \"1s\"]\ntimeout = \"2s\"\n";

/// What a receiver got: bodies by `webhook-id`.
#[derive(Default)]
struct Got {
    bodies: Mutex<BTreeMap<String, Vec<String>>>,
    came: Notify,
}

impl Got {
    fn ids(&self) -> BTreeSet<String> {
        self.bodies.lock().unwrap().keys().cloned().collect()
    }

    async fn until(&self, count: usize) {
        while self.ids().len() < count {
            self.came.notified().await;
        }
    }
}

/// Takes requests; answers the first of each id with 500, and whatever comes again with 200.
async fn receiver() -> (String, Arc<Got>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let got = Arc::new(Got::default());
    let kept = Arc::clone(&got);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream, Arc::clone(&kept)));
        }
    });
    (url, got)
}

async fn serve(mut stream: TcpStream, got: Arc<Got>) {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let header = |head: &str, name: &str| {
            head.lines()
                .find_map(|line| line.strip_prefix(name).map(str::to_owned))
        };
        let whole = text.split_once("\r\n\r\n").filter(|(head, body)| {
            let length: usize = header(head, "content-length: ").unwrap().parse().unwrap();
            body.len() >= length
        });
        let Some((head, body)) = whole else {
            if !matches!(stream.read_buf(&mut bytes).await, Ok(1..)) {
                return;
            }
            continue;
        };
        let id = header(head, "webhook-id: ").unwrap();
        let first = {
            let mut bodies = got.bodies.lock().unwrap();
            let of = bodies.entry(id).or_default();
            of.push(body.to_owned());
            of.len() == 1
        };
        got.came.notify_one();
        bytes.clear();
        let status = if first { "500 No" } else { "200 OK" };
        let answer = format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\n\r\n");
        if stream.write_all(answer.as_bytes()).await.is_err() {
            return;
        }
    }
}

async fn register(client: &mut Http, url: &str) -> String {
    let body = json!({"url": url, "events": ["video.completed"]})
        .to_string()
        .into_bytes();
    let reply = client.request(Method::POST, "/api/webhooks/register", Some(body), &[]);
    let made: Value = serde_json::from_slice(&reply.await.unwrap().body).unwrap();
    made["webhookId"].as_str().unwrap().to_owned()
}

async fn deliveries(home: &Home, id: &str) -> Vec<Value> {
    let path = format!("/api/webhooks/{id}/deliveries?limit=200");
    let data: Value = home.client().get(&path).await.unwrap();
    data["deliveries"].as_array().unwrap().clone()
}

#[tokio::test]
async fn killed_again_and_again_it_loses_none() {
    const ROUNDS: usize = 6;
    const EACH: usize = 5;
    let home = Home::scratch().unwrap();
    home.configure(SETTINGS).unwrap();
    let (url, got) = receiver().await;
    let mut daemon = Daemon::start(&home).unwrap();
    let id = register(&mut home.client(), &url).await;
    let mut made = BTreeSet::new();
    for round in 0..ROUNDS {
        for _ in 0..EACH {
            made.insert(submit(&home, &command(&["/bin/true"])).await.unwrap().id);
        }
        // Killed while the first of this round's are on their way.
        got.until(round * EACH + 1).await;
        daemon.kill().unwrap();
        daemon = Daemon::start(&home).unwrap();
    }
    got.until(ROUNDS * EACH).await;
    let rows = loop {
        let rows = deliveries(&home, &id).await;
        if rows.len() == ROUNDS * EACH && rows.iter().all(|row| row["status"] != "pending") {
            break rows;
        }
        // An attempt's record makes no event: to ask again is all there is.
        tokio::task::yield_now().await;
    };
    let told: BTreeSet<String> = rows
        .iter()
        .map(|row| row["videoId"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(told, made, "one delivery a workflow, none missing");
    assert!(
        rows.iter().all(|row| row["status"] == "delivered"),
        "{rows:?}"
    );
    let sent: BTreeSet<String> = rows
        .iter()
        .map(|row| row["eventId"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(got.ids(), sent, "what came twice came with the same id");
    for (id, bodies) in got.bodies.lock().unwrap().iter() {
        assert!(bodies.iter().all(|body| *body == bodies[0]), "{id}");
    }
    daemon.terminate().unwrap();
}

#[tokio::test]
async fn its_own_door_is_never_reached() {
    let home = Home::scratch().unwrap();
    home.configure(SETTINGS).unwrap();
    let daemon = Daemon::start(&home).unwrap();
    let place: Value =
        serde_json::from_slice(&std::fs::read(home.data().join("reeld.json")).unwrap()).unwrap();
    let own = format!("http://{}/healthz", place["listen"].as_str().unwrap());
    let (url, got) = receiver().await;
    let mut client = home.client();
    let (bad, good) = (
        register(&mut client, &own).await,
        register(&mut client, &url).await,
    );
    submit(&home, &command(&["/bin/true"])).await.unwrap();
    got.until(1).await;
    let attempt = loop {
        let rows = deliveries(&home, &bad).await;
        if let Some(attempt) = rows.first().and_then(|row| row["attempts"].get(0)) {
            break attempt.clone();
        }
        // An attempt's record makes no event: to ask again is all there is.
        tokio::task::yield_now().await;
    };
    assert_eq!(attempt["status"], Value::Null);
    let error = attempt["error"].as_str().unwrap();
    assert!(
        error.starts_with("blocked: ") && error.contains("itself listens"),
        "{error}"
    );
    assert!(!deliveries(&home, &good).await.is_empty());
    daemon.terminate().unwrap();
}
