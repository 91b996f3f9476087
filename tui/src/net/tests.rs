//! The connection against a stand-in that breaks off, refuses and forgets.

use super::backoff::{Backoff, FIRST, LONGEST};
use super::{Control, Handle};
use crate::app::LinkEvent;
use crate::app::call::{Act, Call};
use crate::app::fixture::{event, hello, snapshot, workflows};
use crate::model::link::Link;
use futures_util::{SinkExt, StreamExt};
use proptest::prelude::*;
use reel_shared::client::{Endpoint, Target};
use reel_shared::stream::{ClientFrame, Frame, LogSubscription};
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::server::{Request, Response};

type Stream = WebSocketStream<TcpStream>;

/// A daemon's door.
struct StandIn {
    listener: TcpListener,
}

impl StandIn {
    async fn open() -> (Self, Endpoint) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let target = Target::Tcp(listener.local_addr().unwrap().to_string());
        (Self { listener }, Endpoint::of(target))
    }

    /// The next stream that is asked for, with what was asked; other requests are answered with `answer`.
    async fn stream(&self, answer: &str) -> (Stream, String) {
        loop {
            let (mut socket, _) = self.listener.accept().await.unwrap();
            let mut first = [0; 16];
            let count = socket.peek(&mut first).await.unwrap();
            if !first[..count].starts_with(b"GET /api/events") {
                let mut request = [0; 4096];
                let _ = socket.read(&mut request).await;
                let _ = socket.write_all(answer.as_bytes()).await;
                continue;
            }
            let asked = Arc::new(Mutex::new(String::new()));
            let note = asked.clone();
            #[allow(clippy::result_large_err, reason = "the handshake's own signature")]
            let look = move |request: &Request, response: Response| {
                *note.lock().unwrap() = request.uri().to_string();
                Ok(response)
            };
            let stream = tokio_tungstenite::accept_hdr_async(socket, look)
                .await
                .unwrap();
            let asked = asked.lock().unwrap().clone();
            return (stream, asked);
        }
    }
}

async fn send(stream: &mut Stream, frame: &Frame) {
    stream
        .send(Message::text(serde_json::to_string(frame).unwrap()))
        .await
        .unwrap();
}

/// What the screen hears next, measurements aside.
async fn heard(net: &mut Handle) -> LinkEvent {
    loop {
        match net.link.recv().await.unwrap().1 {
            LinkEvent::Rtt(_) => {}
            event => return event,
        }
    }
}

async fn until(net: &mut Handle, wanted: impl Fn(&LinkEvent) -> bool) -> LinkEvent {
    loop {
        let event = heard(net).await;
        if wanted(&event) {
            return event;
        }
    }
}

fn is_frame(event: &LinkEvent) -> bool {
    matches!(event, LinkEvent::Frame(_))
}

const NOTHING: &str = "HTTP/1.1 404 Not Found\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";

#[tokio::test]
async fn a_broken_stream_comes_back_behind_the_last_number_and_follows_its_logs() {
    let (door, endpoint) = StandIn::open().await;
    let mut net = Handle::start(vec![endpoint]);
    let (mut stream, asked) = door.stream(NOTHING).await;
    assert_eq!(asked, "/api/events");
    send(&mut stream, &hello()).await;
    send(&mut stream, &snapshot(7, workflows())).await;
    until(&mut net, is_frame).await;
    until(&mut net, is_frame).await;
    let logs = vec![LogSubscription {
        id: "k3f9a1b2c3d4".into(),
        stage: None,
        offset: Some(9),
    }];
    net.control(0, Control::Subscribe(logs.clone()));
    net.control(0, Control::Seen(7, "i1".into()));
    let Some(Ok(Message::Text(text))) = stream.next().await else {
        unreachable!("it subscribes")
    };
    assert_eq!(
        serde_json::from_str::<ClientFrame>(text.as_str()).unwrap(),
        ClientFrame::Subscribe { logs: logs.clone() }
    );
    drop(stream);
    until(&mut net, |event| {
        matches!(event, LinkEvent::State(Link::Retry { attempt: 1, .. }))
    })
    .await;
    net.control(0, Control::Dial);
    let (mut stream, asked) = door.stream(NOTHING).await;
    assert_eq!(asked, "/api/events?since=7&instance=i1");
    let Some(Ok(Message::Text(text))) = stream.next().await else {
        unreachable!("it subscribes again")
    };
    assert_eq!(
        serde_json::from_str::<ClientFrame>(text.as_str()).unwrap(),
        ClientFrame::Subscribe { logs }
    );
    send(
        &mut stream,
        &event(8, "stage.progress", workflows().remove(0)),
    )
    .await;
    let LinkEvent::Frame(frame) = until(&mut net, is_frame).await else {
        unreachable!("it is one")
    };
    assert!(matches!(*frame, Frame::Event { seq: 8, .. }));
}

#[tokio::test]
async fn a_resync_comes_without_a_number() {
    let (door, endpoint) = StandIn::open().await;
    let mut net = Handle::start(vec![endpoint]);
    let (mut stream, _) = door.stream(NOTHING).await;
    send(&mut stream, &hello()).await;
    until(&mut net, is_frame).await;
    net.control(0, Control::Seen(7, "i1".into()));
    net.control(0, Control::Resync);
    let (_, asked) = tokio::join!(
        async { while stream.next().await.is_some_and(|frame| frame.is_ok()) {} },
        door.stream(NOTHING)
    );
    assert_eq!(asked.1, "/api/events");
}

#[tokio::test]
async fn another_protocol_and_a_refused_token_are_told_and_tried_again_later() {
    let (door, endpoint) = StandIn::open().await;
    let mut net = Handle::start(vec![endpoint]);
    let (mut stream, _) = door.stream(NOTHING).await;
    let Frame::Hello {
        version,
        host,
        instance,
        seq,
        ..
    } = hello()
    else {
        unreachable!("it is one")
    };
    send(
        &mut stream,
        &Frame::Hello {
            protocol: 9,
            version,
            host,
            instance,
            seq,
        },
    )
    .await;
    until(&mut net, |event| {
        matches!(event, LinkEvent::State(Link::Foreign { theirs: 9, .. }))
    })
    .await;

    net.control(0, Control::Dial);
    let body =
        r#"{"success":false,"error":{"code":"unauthorized","message":"the token is unknown"}}"#;
    let answer = format!(
        "HTTP/1.1 401 Unauthorized\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    loop {
        let (mut socket, _) = door.listener.accept().await.unwrap();
        let mut request = [0; 4096];
        let count = socket.read(&mut request).await.unwrap();
        socket.write_all(answer.as_bytes()).await.unwrap();
        if request[..count].starts_with(b"GET /api/events") {
            break;
        }
    }
    let told = until(&mut net, |event| {
        matches!(event, LinkEvent::State(Link::Denied { .. }))
    })
    .await;
    assert!(matches!(told, LinkEvent::State(Link::Denied { why, .. }) if why.contains("unknown")));
}

#[tokio::test]
async fn nobody_there_is_told_at_once() {
    let (door, endpoint) = StandIn::open().await;
    drop(door);
    let mut net = Handle::start(vec![endpoint]);
    let told = until(&mut net, |event| {
        matches!(event, LinkEvent::State(Link::Retry { .. }))
    })
    .await;
    assert!(
        matches!(told, LinkEvent::State(Link::Retry { attempt: 1, why, .. }) if why == "refused")
    );
}

#[tokio::test]
async fn an_act_whose_answer_never_comes_is_uncertain_and_a_refusal_is_not() {
    let (door, endpoint) = StandIn::open().await;
    let mut net = Handle::start(vec![endpoint]);
    let pause = || Call::Act {
        id: "a".into(),
        act: Act::Pause,
    };
    let serve = async {
        let mut asked = Vec::new();
        while asked.len() < 2 {
            let (mut socket, _) = door.listener.accept().await.unwrap();
            let mut request = [0; 4096];
            let count = socket.read(&mut request).await.unwrap();
            let text = String::from_utf8_lossy(&request[..count]).into_owned();
            if text.starts_with("POST /api/workflow/a/pause") {
                if !asked.is_empty() {
                    let body = r#"{"success":false,"error":{"code":"invalid_transition","message":"it ended"}}"#;
                    let answer = format!(
                        "HTTP/1.1 409 Conflict\r\ncontent-length: {}\r\n\r\n{body}",
                        body.len()
                    );
                    socket.write_all(answer.as_bytes()).await.unwrap();
                }
                assert!(text.to_lowercase().contains("idempotency-key: dashboard-"));
                asked.push(text);
            }
        }
    };
    let ask = async {
        net.call(1, pause()).unwrap();
        let lost = net.replies.recv().await.unwrap();
        net.call(2, pause()).unwrap();
        (lost, net.replies.recv().await.unwrap())
    };
    let ((), (lost, refused)) = tokio::join!(serve, ask);
    assert_eq!((lost.ticket, refused.ticket), (1, 2));
    assert!(lost.result.unwrap_err().uncertain);
    let refusal = refused.result.unwrap_err();
    assert_eq!(
        (refusal.status, refusal.uncertain, refusal.message.as_str()),
        (Some(409), false, "it ended")
    );
}

proptest! {
    #[test]
    fn pauses_grow_to_their_limit_and_no_further(draws in prop::collection::vec(0.0..1.0f64, 1..40)) {
        let mut backoff = Backoff::default();
        for (at, draw) in draws.iter().enumerate() {
            let pause = backoff.next(*draw);
            prop_assert!(pause >= FIRST.mul_f64(0.8) && pause <= LONGEST.mul_f64(1.2));
            prop_assert_eq!(backoff.tries() as usize, at + 1);
            if at >= 5 {
                prop_assert!(pause >= LONGEST.mul_f64(0.8));
            }
        }
        backoff.reset();
        prop_assert!(backoff.next(0.5) <= FIRST);
    }
}
