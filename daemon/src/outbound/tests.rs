//! What a request can reach, against listeners that must and must not be reached.

use super::client::{Class, Client, Limits};
use super::connect::{Later, Resolve, SystemResolver};
use super::policy::{Own, Policy};
use crate::config::Config;
use http_body_util::Full;
use hyper::Request;
use hyper::body::Bytes;
use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

/// A listener that answers 200 and counts who comes.
async fn canary() -> (u16, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let count = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&count);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            counted.fetch_add(1, Ordering::SeqCst);
            tokio::spawn(async move {
                let mut heard = [0; 1024];
                let _ = stream.read(&mut heard).await;
                let _ = stream
                    .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")
                    .await;
            });
        }
    });
    (port, count)
}

/// Says a public address first and loopback ever after.
struct Rebinding(AtomicUsize);

impl Resolve for Rebinding {
    fn resolve(&self, _: &str) -> Later<io::Result<Vec<IpAddr>>> {
        let turn = self.0.fetch_add(1, Ordering::SeqCst);
        let address = if turn == 0 { "192.0.2.1" } else { "127.0.0.1" };
        Box::pin(async move { Ok(vec![address.parse().unwrap()]) })
    }
}

fn client(private: bool, resolver: Arc<dyn Resolve>) -> Client {
    let mut config = Config::default_at("/nowhere").webhooks;
    config.allow_http_all = true;
    config.allow_private_all = private;
    Client::new(
        Policy::of(&config, Own::default()),
        None,
        resolver,
        Limits::default(),
    )
}

fn get(url: &str) -> Request<Full<Bytes>> {
    Request::get(url).body(Full::default()).unwrap()
}

#[tokio::test]
async fn no_literal_and_no_name_of_this_box_is_reached() {
    let (port, count) = canary().await;
    let client = client(false, Arc::new(SystemResolver));
    for host in [
        "127.0.0.1",
        "[::ffff:127.0.0.1]",
        "0.0.0.0",
        "localhost",
        "[::1]",
    ] {
        let failure = client
            .send(get(&format!("http://{host}:{port}/")))
            .await
            .unwrap_err();
        assert_eq!(failure.class, Class::Blocked, "{host}: {failure}");
        assert!(failure.to_string().starts_with("blocked: "), "{failure}");
    }
    assert_eq!(count.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn a_name_that_changes_its_address_gains_nothing() {
    let (port, count) = canary().await;
    let client = client(false, Arc::new(Rebinding(AtomicUsize::new(0))));
    for _ in 0..1000 {
        let failure = client
            .send(get(&format!("http://name.example:{port}/")))
            .await
            .unwrap_err();
        assert_eq!(failure.class, Class::Blocked, "{failure}");
    }
    assert_eq!(count.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn what_is_allowed_on_purpose_is_reached() {
    let (port, count) = canary().await;
    let answer = client(true, Arc::new(SystemResolver))
        .send(get(&format!("http://localhost:{port}/")))
        .await
        .unwrap();
    assert_eq!(
        (answer.status.as_u16(), answer.body.as_slice()),
        (200, &b"ok"[..])
    );
    assert_eq!(count.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_redirect_is_an_answer() {
    let (inner, count) = canary().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let answer = format!(
            "HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:{inner}/\r\ncontent-length: 0\r\n\r\n"
        );
        let mut heard = [0; 1024];
        let _ = stream.read(&mut heard).await;
        let _ = stream.write_all(answer.as_bytes()).await;
    });
    let answer = client(true, Arc::new(SystemResolver))
        .send(get(&format!("http://127.0.0.1:{port}/")))
        .await
        .unwrap();
    assert_eq!(answer.status.as_u16(), 302);
    assert_eq!(count.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn a_name_without_address_and_a_closed_port_are_told_apart() {
    let client = client(true, Arc::new(SystemResolver));
    let failure = client
        .send(get("http://no-such-host.invalid/"))
        .await
        .unwrap_err();
    assert_eq!(failure.class, Class::Dns, "{failure}");
    let closed = TcpListener::bind("127.0.0.1:0")
        .await
        .unwrap()
        .local_addr()
        .unwrap();
    let failure = client
        .send(get(&format!("http://{closed}/")))
        .await
        .unwrap_err();
    assert_eq!(failure.class, Class::Connect, "{failure}");
}
