//! Real sockets and slow clients: each deadline closes the connection that lets it pass, and no other.

use super::phase::Deadlines;
use super::*;
use axum::routing::{get, post};
use std::net::Ipv4Addr;
use std::time::Instant;
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpStream;

const LONG: Duration = Duration::from_secs(60);

/// All deadlines far away but those that a test moves.
fn patient() -> Deadlines {
    Deadlines {
        first_byte: LONG,
        header: LONG,
        request: LONG,
        idle: LONG,
        write: LONG,
        piece: LONG,
    }
}

struct Door {
    address: SocketAddr,
    stop: CancellationToken,
    served: tokio::task::JoinHandle<()>,
}

async fn door(deadlines: Deadlines) -> Door {
    let router = Router::new()
        .route("/", get(|| async { "fine" }))
        .route("/large", get(|| async { vec![b'x'; 64 * 1024 * 1024] }))
        .route(
            "/echo",
            post(
                |headers: axum::http::HeaderMap, body: axum::body::Body| async move {
                    crate::api::extract::read(&headers, body, 1024)
                        .await
                        .map(|bytes| bytes.len().to_string())
                },
            ),
        );
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let doors = Doors {
        sockets: Vec::new(),
        tcp: vec![listener],
        path: PathBuf::new(),
        peers: Arc::new(Peers::new("")),
        keys: None,
    };
    let stop = CancellationToken::new();
    let served = tokio::spawn(doors.serve(router, deadlines, stop.clone(), Duration::from_secs(5)));
    Door {
        address,
        stop,
        served,
    }
}

/// Sends, and reads until the daemon closes.
async fn say(address: SocketAddr, text: &[u8]) -> String {
    let mut socket = TcpStream::connect(address).await.unwrap();
    socket.write_all(text).await.unwrap();
    let mut answer = Vec::new();
    let _ = socket.read_to_end(&mut answer).await;
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test]
async fn a_client_that_says_nothing_is_dropped() {
    let door = door(Deadlines {
        first_byte: Duration::from_millis(50),
        ..patient()
    })
    .await;
    assert_eq!(say(door.address, b"").await, "");
}

#[tokio::test]
async fn a_head_that_never_ends_is_dropped_however_it_trickles() {
    let door = door(Deadlines {
        header: Duration::from_millis(200),
        ..patient()
    })
    .await;
    let mut socket = TcpStream::connect(door.address).await.unwrap();
    let begun = Instant::now();
    let mut tick = tokio::time::interval(Duration::from_millis(10));
    socket.write_all(b"GET / HTTP/1.1\r\n").await.unwrap();
    let mut byte = [0_u8; 1];
    loop {
        tokio::select! {
            read = socket.read(&mut byte) => break assert!(matches!(read, Ok(0) | Err(_))),
            _ = tick.tick() => { let _ = socket.write_all(b"a").await; }
        }
    }
    assert!(begun.elapsed() < LONG);
}

#[tokio::test]
async fn a_body_that_never_ends_is_refused_in_words() {
    let door = door(Deadlines {
        request: Duration::from_millis(100),
        ..patient()
    })
    .await;
    let answer = say(
        door.address,
        b"POST /echo HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\nabc",
    )
    .await;
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    assert!(answer.contains("request_timeout"), "{answer}");
}

#[tokio::test]
async fn a_client_that_does_not_read_is_dropped() {
    let door = door(Deadlines {
        write: Duration::from_millis(100),
        ..patient()
    })
    .await;
    let mut socket = TcpStream::connect(door.address).await.unwrap();
    socket
        .write_all(b"GET /large HTTP/1.1\r\nhost: x\r\n\r\n")
        .await
        .unwrap();
    // What never reads sees no end; the daemon's side is over when nothing is open any more.
    door.stop.cancel();
    door.served.await.unwrap();
    let mut answer = Vec::new();
    let _ = socket.read_to_end(&mut answer).await;
    assert!(answer.len() < 64 * 1024 * 1024, "{}", answer.len());
}

#[tokio::test]
async fn an_idle_connection_ends_and_a_kept_one_serves_again() {
    let door = door(Deadlines {
        idle: Duration::from_millis(100),
        ..patient()
    })
    .await;
    let request = "GET / HTTP/1.1\r\nhost: x\r\n\r\n";
    let answer = say(door.address, request.repeat(3).as_bytes()).await;
    assert_eq!(answer.matches("HTTP/1.1 200 OK").count(), 3, "{answer}");
}

#[tokio::test]
async fn a_head_that_cannot_be_read_is_refused_in_words() {
    let door = door(patient()).await;
    let long = format!(
        "GET / HTTP/1.1\r\nx: {}\r\n\r\n",
        "y".repeat(serve::MAX_HEAD)
    );
    let many = format!("GET / HTTP/1.1\r\n{}\r\n", "x: y\r\n".repeat(200));
    for (sent, status, code) in [
        (long.as_str(), "431", "headers_too_large"),
        (many.as_str(), "431", "headers_too_large"),
        ("NONSENSE\r\n\r\n", "400", "malformed"),
        ("GET / HTTP/1.1\r\nbad header\r\n\r\n", "400", "malformed"),
    ] {
        let answer = say(door.address, sent.as_bytes()).await;
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status} ")),
            "{answer}"
        );
        assert!(
            answer.contains(code) && answer.contains("\"success\":false"),
            "{answer}"
        );
    }
}

#[tokio::test]
async fn a_body_that_is_too_large_is_heard_out_and_refused() {
    let door = door(patient()).await;
    let body = "x".repeat(200_000);
    let head = "POST /echo HTTP/1.1\r\nhost: x\r\nconnection: close\r\n";
    for sent in [
        format!("{head}content-length: {}\r\n\r\n{body}", body.len()),
        format!(
            "{head}transfer-encoding: chunked\r\n\r\n{:x}\r\n{body}\r\n0\r\n\r\n",
            body.len()
        ),
        format!("{head}content-length: 99999999\r\nexpect: 100-continue\r\n\r\n"),
    ] {
        let answer = say(door.address, sent.as_bytes()).await;
        assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
    }
}

#[tokio::test]
async fn the_sixty_fifth_connection_of_an_address_is_turned_away_in_words() {
    let door = door(patient()).await;
    let mut held = Vec::new();
    for _ in 0..gauge::PER_ADDRESS {
        let mut socket = TcpStream::connect(door.address).await.unwrap();
        // Its answer shows that it has its place.
        socket
            .write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
            .await
            .unwrap();
        socket.read_u8().await.unwrap();
        held.push(socket);
    }
    let answer = say(door.address, b"").await;
    assert!(
        answer.starts_with("HTTP/1.1 429 ") && answer.contains("too_many_connections"),
        "{answer}"
    );
}

#[tokio::test]
async fn stopping_finishes_what_is_at_work_and_takes_no_more() {
    let door = door(patient()).await;
    let mut socket = TcpStream::connect(door.address).await.unwrap();
    socket
        .write_all(b"POST /echo HTTP/1.1\r\nhost: x\r\ncontent-length: 4\r\n\r\nab")
        .await
        .unwrap();
    let mut idle = TcpStream::connect(door.address).await.unwrap();
    idle.write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
        .await
        .unwrap();
    idle.read_u8().await.unwrap();
    door.stop.cancel();
    let mut rest = Vec::new();
    idle.read_to_end(&mut rest).await.unwrap();
    socket.write_all(b"cd").await.unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).await.unwrap();
    assert!(
        answer.starts_with("HTTP/1.1 200 OK") && answer.ends_with('4'),
        "{answer}"
    );
    door.served.await.unwrap();
    assert!(TcpStream::connect(door.address).await.is_err());
}

#[test]
fn only_a_safe_address_is_listened_on() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let _entered = runtime.enter();
    let http = |insecure_listen| crate::config::Http {
        tls_cert: None,
        tls_key: None,
        origins: Vec::new(),
        insecure_listen,
        public_url: None,
    };
    assert!(matches!(
        bind_tcp(&http(false), "0.0.0.0:0"),
        Err(ListenError::InTheClear { .. })
    ));
    assert!(bind_tcp(&http(true), "0.0.0.0:0").is_ok());
    assert!(bind_tcp(&http(false), "127.0.0.1:0").is_ok());
    assert!(matches!(
        bind_tcp(&http(false), "nonsense"),
        Err(ListenError::Address { .. })
    ));
}
