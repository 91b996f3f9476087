//! The connection against a hand-written stand-in on a Unix socket, and the rules of addresses and tokens.

use super::*;
use crate::stream::{ClientFrame, Frame, LogSubscription};
use futures_util::{SinkExt, StreamExt};
use std::ffi::OsString;
use std::path::PathBuf;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{UnixListener, UnixStream};
use tokio_tungstenite::tungstenite::Message;

fn env_of<'a>(pairs: &'a [(&'a str, &'a str)]) -> impl Fn(&str) -> Option<OsString> + 'a {
    move |name| {
        pairs
            .iter()
            .find(|(key, _)| *key == name)
            .map(|(_, value)| OsString::from(value))
    }
}

fn unix(path: &str) -> Target {
    Target::Unix(PathBuf::from(path))
}

#[test]
fn addresses_are_read() {
    for (text, wanted) in [
        ("unix:/run/r.sock", unix("/run/r.sock")),
        ("unix:///run/r.sock", unix("/run/r.sock")),
        ("unix:r.sock", unix("r.sock")),
        ("ws://127.0.0.1:3124", Target::Tcp("127.0.0.1:3124".into())),
        ("ws://[::1]:80/", Target::Tcp("[::1]:80".into())),
        ("ws://box:3124", Target::Tcp("box:3124".into())),
        ("wss://box:443/", Target::Tls("box:443".into())),
    ] {
        assert_eq!(text.parse::<Target>().unwrap(), wanted, "{text}");
    }
    assert_eq!(unix("/a").to_string(), "unix:/a");
}

#[test]
fn addresses_are_refused_with_the_remedy() {
    for (text, word) in [
        ("unix:", "missing"),
        ("ws://box", "3124"),
        ("ws://:1", "host is missing"),
        ("ws://box:0", "65535"),
        ("ws://box:http", "65535"),
        ("ws://::1:80", "brackets"),
        ("ws://user@box:1", "only a host"),
        ("ws://box/path:1", "only a host"),
        ("ssh://", "host is missing"),
        ("ssh://-oProxyCommand=x", "dash"),
        ("http://box:1", "unix:PATH"),
        ("", "unix:PATH"),
    ] {
        let error = text.parse::<Target>().unwrap_err().to_string();
        assert!(
            error.contains(word) && error.contains(&format!("{text:?}")),
            "{text}: {error}"
        );
    }
}

#[test]
fn the_default_socket_follows_the_daemons_rule() {
    assert_eq!(
        default_targets(&env_of(&[
            ("XDG_RUNTIME_DIR", "/run/user/1"),
            ("HOME", "/home/a")
        ])),
        [
            unix("/run/user/1/reel/reeld.sock"),
            unix("/home/a/.local/share/reel/reeld.sock"),
            unix("/run/reel/reeld.sock")
        ]
    );
    assert_eq!(
        default_targets(&env_of(&[("XDG_DATA_HOME", "/d"), ("HOME", "/home/a")]))[0],
        unix("/d/reel/reeld.sock")
    );
    assert_eq!(
        default_targets(&env_of(&[("REEL_DATA_DIR", "/scratch"), ("HOME", "/h")]))[0],
        unix("/scratch/reeld.sock")
    );
    assert_eq!(
        default_targets(&env_of(&[("REEL_SOCKET", "/s"), ("XDG_RUNTIME_DIR", "/r")])),
        [unix("/s")]
    );
    assert_eq!(
        default_targets(&env_of(&[])),
        [unix("/run/reel/reeld.sock")]
    );
}

#[test]
fn a_flag_beats_the_environment_and_the_token_is_hidden() {
    let env = [
        ("REEL_CONNECT", "ws://a:1"),
        ("REEL_TOKEN", "reel_secret\n"),
    ];
    let endpoint = Endpoint::resolve(Some("unix:/x"), None, &env_of(&env)).unwrap();
    assert_eq!(endpoint.targets, [unix("/x")]);
    assert!(!format!("{endpoint:?}").contains("secret"));
    assert_eq!(
        endpoint.token,
        Some(Token::new("reel_secret", "here").unwrap())
    );
    let endpoint = Endpoint::resolve(None, None, &env_of(&env)).unwrap();
    assert_eq!(endpoint.targets, [Target::Tcp("a:1".into())]);
    let missing = Endpoint::resolve(None, Some("/no/such/file".as_ref()), &env_of(&[]));
    assert!(missing.unwrap_err().to_string().contains("/no/such/file"));
    assert!(
        Token::new(" ", "REEL_TOKEN")
            .unwrap_err()
            .to_string()
            .contains("empty")
    );
    assert!(Token::new("two words", "t").is_err());
}

#[test]
fn what_a_person_types_stays_inside_its_place() {
    assert_eq!(segment("a/../b?c#d%"), "a%2F..%2Fb%3Fc%23d%25");
    assert_eq!(segment(".."), "%2E%2E");
    let query = Query::new("/x")
        .with("q", "a b&c=d")
        .with_some("n", None::<&str>)
        .with("l", "ü");
    assert_eq!(query.as_str(), "/x?q=a%20b%26c%3Dd&l=%C3%BC");
}

/// Reads one request: its head, and as much body as it announces.
async fn read_request(stream: &mut UnixStream) -> Option<String> {
    let mut seen = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&seen).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head
                .lines()
                .find_map(|line| {
                    line.to_lowercase()
                        .strip_prefix("content-length: ")?
                        .parse()
                        .ok()
                })
                .unwrap_or(0usize);
            if body.len() >= length {
                return Some(text);
            }
        }
        let mut part = [0; 4096];
        match stream.read(&mut part).await.ok()? {
            0 => return None,
            n => seen.extend_from_slice(&part[..n]),
        }
    }
}

fn answer(status: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

struct Stand {
    _dir: tempfile::TempDir,
    endpoint: Endpoint,
    listener: UnixListener,
}

fn stand() -> Stand {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("s.sock");
    let listener = UnixListener::bind(&path).unwrap();
    Stand {
        _dir: dir,
        endpoint: Endpoint::of(Target::Unix(path)),
        listener,
    }
}

#[tokio::test]
async fn one_connection_serves_many_requests_and_is_opened_again() {
    let Stand {
        _dir,
        mut endpoint,
        listener,
    } = stand();
    endpoint.token = Some(Token::new("reel_t", "here").unwrap());
    let server = tokio::spawn(async move {
        let mut connections = Vec::new();
        for served in [2, 1] {
            let (mut stream, _) = listener.accept().await.unwrap();
            for _ in 0..served {
                let request = read_request(&mut stream).await.unwrap();
                stream
                    .write_all(answer("200 OK", r#"{"success":true,"data":{"n":1}}"#).as_bytes())
                    .await
                    .unwrap();
                connections.push(request);
            }
        }
        connections
    });
    let mut http = Http::new(endpoint);
    for _ in 0..2 {
        let data: serde_json::Value = http.get("/api/x").await.unwrap();
        assert_eq!(data["n"], 1);
    }
    // The stand-in has closed the first connection by now or will: either way the next request must arrive.
    let data: Result<serde_json::Value, _> =
        http.post("/api/y", &serde_json::json!({"a": 1})).await;
    let data = match data {
        Err(ClientError::Lost { .. }) => http
            .post("/api/y", &serde_json::json!({"a": 1}))
            .await
            .unwrap(),
        other => other.unwrap(),
    };
    assert_eq!(data["n"], 1);
    let requests = server.await.unwrap();
    assert!(requests[0].starts_with("GET /api/x HTTP/1.1\r\n"));
    assert!(
        requests[0]
            .to_lowercase()
            .contains("authorization: bearer reel_t")
    );
    assert!(requests[2].ends_with(r#"{"a":1}"#));
    assert!(
        requests[2]
            .to_lowercase()
            .contains("content-type: application/json")
    );
}

#[tokio::test]
async fn failures_are_told_apart() {
    let nowhere = Endpoint::of(unix("/no/such/socket"));
    let error = Http::new(nowhere)
        .get::<serde_json::Value>("/")
        .await
        .unwrap_err();
    assert!(matches!(error, ClientError::Unreachable { .. }) && error.is_unreachable());
    assert!(error.to_string().contains("/no/such/socket"));

    let Stand {
        _dir,
        endpoint,
        listener,
    } = stand();
    let problem = r#"{"success":false,"error":{"code":"not_found","message":"no workflow \"x\""}}"#;
    let replies = [
        Some(answer("404 Not Found", problem)),
        Some(answer("200 OK", "<html>")),
        Some(answer("502 Bad Gateway", "<html>")),
        Some("HTTP/1.1 429 Too Many\r\nRetry-After: 7\r\nContent-Length: 2\r\n\r\n{}".to_owned()),
        None,
    ];
    tokio::spawn(async move {
        for reply in replies {
            let (mut stream, _) = listener.accept().await.unwrap();
            read_request(&mut stream).await;
            if let Some(reply) = reply {
                stream.write_all(reply.as_bytes()).await.unwrap();
            }
        }
    });
    let ask = || async {
        Http::new(endpoint.clone())
            .get::<serde_json::Value>("/x")
            .await
            .unwrap_err()
    };
    let missing = ask().await;
    assert!(missing.is_not_found() && missing.to_string() == r#"no workflow "x""#);
    assert!(matches!(ask().await, ClientError::Protocol(_)));
    assert!(matches!(ask().await, ClientError::Protocol(_)));
    assert!(matches!(ask().await, ClientError::Protocol(_)));
    let lost = ask().await;
    assert!(matches!(lost, ClientError::Lost { .. }), "{lost:?}");
}

#[tokio::test]
async fn the_stream_resumes_by_number_and_takes_unknown_frames() {
    let Stand {
        _dir,
        endpoint,
        listener,
    } = stand();
    let server = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut head = [0u8; 2048];
        // Peeks by hand: what was read is handed to the handshake through a chained reader.
        let n = stream.read(&mut head).await.unwrap();
        let request = String::from_utf8_lossy(&head[..n]).into_owned();
        let key = request
            .lines()
            .find_map(|line| {
                line.to_lowercase()
                    .starts_with("sec-websocket-key: ")
                    .then(|| line[19..].to_owned())
            })
            .unwrap();
        let accept = tokio_tungstenite::tungstenite::handshake::derive_accept_key(key.as_bytes());
        stream
            .write_all(
                format!(
                    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {accept}\r\n\r\n"
                )
                .as_bytes(),
            )
            .await
            .unwrap();
        let role = tokio_tungstenite::tungstenite::protocol::Role::Server;
        let mut socket =
            tokio_tungstenite::WebSocketStream::from_raw_socket(stream, role, None).await;
        for text in [
            r#"{"type":"ping"}"#,
            r#"{"type":"of tomorrow","x":1}"#,
            r#"{"type":"lagged"}"#,
        ] {
            socket.send(Message::text(text)).await.unwrap();
        }
        let sent = socket.next().await.unwrap().unwrap();
        socket.close(None).await.unwrap();
        (request, sent.into_text().unwrap().as_str().to_owned())
    });
    let query = EventsQuery {
        since: Some((41, "inst 1".into())),
        workflow: Some("cm1".into()),
        progress: Some(false),
    };
    let mut events = Events::connect(&endpoint, &query).await.unwrap();
    assert_eq!(events.next().await.unwrap(), Frame::Ping);
    assert_eq!(events.next().await.unwrap(), Frame::Unknown);
    assert_eq!(events.next().await.unwrap(), Frame::Lagged);
    let logs = vec![LogSubscription {
        id: "cm1".into(),
        stage: None,
        offset: Some(3),
    }];
    events.send(&ClientFrame::Subscribe { logs }).await.unwrap();
    assert!(matches!(events.next().await, Err(ClientError::Lost { .. })));
    let (request, sent) = server.await.unwrap();
    let path = "GET /api/events?since=41&instance=inst%201&workflow=cm1&progress=false HTTP/1.1";
    assert!(request.starts_with(path), "{request}");
    assert_eq!(
        sent,
        r#"{"type":"subscribe","logs":[{"id":"cm1","offset":3}]}"#
    );
}

#[tokio::test]
async fn a_refused_upgrade_is_a_problem() {
    let Stand {
        _dir,
        endpoint,
        listener,
    } = stand();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut head = [0u8; 2048];
        assert!(stream.read(&mut head).await.unwrap() > 0);
        let body =
            r#"{"success":false,"error":{"code":"unauthorized","message":"the token is unknown"}}"#;
        stream
            .write_all(answer("401 Unauthorized", body).as_bytes())
            .await
            .unwrap();
    });
    let error = Events::connect(&endpoint, &EventsQuery::default())
        .await
        .unwrap_err();
    assert_eq!(error.status(), Some(401), "{error:?}");
}
