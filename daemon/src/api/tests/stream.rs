//! The event stream over real sockets: resume, lag, logs, farewells.
//!
//! Lines: all that a client may meet on the stream, over one harness.

use super::super::auth::Scope;
use super::super::listen::phase::Deadlines;
use super::super::listen::{Doors, systemd};
use super::{Rig, operator, request};
use crate::attempt_log::{Level, LogName, Writer};
use crate::config::Config;
use crate::engine::feed;
use crate::engine::ports::Reports as _;
use axum::http::Method;
use reel_shared::client::{ClientError, Endpoint, Events, EventsQuery, Http, Target};
use reel_shared::stream::{ClientFrame, Frame, LogSubscription};
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// A rig that is really served, on a socket of its own and on TCP.
struct Served {
    rig: Rig,
    socket: Endpoint,
    address: String,
    stop: CancellationToken,
    doors: tokio::task::JoinHandle<()>,
}

async fn served() -> Served {
    let rig = Rig::new().await;
    let mut config = Config::default_at(rig.dir.path());
    config.listen = Some("127.0.0.1:0".into());
    let doors = Doors::open(&config, systemd::Inherited::default()).unwrap();
    let socket = Endpoint::of(Target::Unix(doors.socket().to_owned()));
    let address = doors.listen().unwrap().to_string();
    let stop = rig.stop.clone();
    let doors = tokio::spawn(doors.serve(
        rig.router.clone(),
        Deadlines::default(),
        stop.clone(),
        Duration::from_secs(5),
    ));
    Served {
        rig,
        socket,
        address,
        stop,
        doors,
    }
}

impl Served {
    async fn events(&self, query: EventsQuery) -> Events {
        Events::connect(&self.socket, &query).await.unwrap()
    }

    fn with(&self, token: &str) -> Endpoint {
        let mut endpoint = Endpoint::of(format!("ws://{}", self.address).parse().unwrap());
        endpoint.token = Some(reel_shared::client::Token::new(token, "test").unwrap());
        endpoint
    }
}

async fn next(events: &mut Events) -> Frame {
    loop {
        match events.next().await.unwrap() {
            Frame::Ping => {}
            frame => return frame,
        }
    }
}

/// Hello and what follows it.
async fn greeted(events: &mut Events) -> (u64, String, Frame) {
    let Frame::Hello {
        protocol,
        seq,
        instance,
        host,
        ..
    } = next(events).await
    else {
        panic!("no hello")
    };
    assert_eq!((protocol, host.is_empty()), (1, false));
    let then = next(events).await;
    (seq, instance, then)
}

async fn event(events: &mut Events) -> (u64, String, Option<String>) {
    loop {
        if let Frame::Event {
            seq,
            kind,
            workflow_id,
            ..
        } = next(events).await
        {
            return (seq, kind, workflow_id);
        }
    }
}

#[tokio::test]
async fn a_snapshot_and_then_every_event_in_order() {
    let mut served = served().await;
    let id = served.rig.two().await;
    let mut events = served.events(EventsQuery::default()).await;
    let (seq, _, then) = greeted(&mut events).await;
    let Frame::Snapshot {
        seq: at,
        workflows,
        queue,
        attention,
        webhooks,
    } = then
    else {
        panic!("{then:?}")
    };
    assert_eq!(
        (seq, workflows.len(), workflows[0].id.as_str()),
        (at, 1, id.as_str())
    );
    assert_eq!(queue["activeJobs"][0]["jobId"], id);
    assert_eq!(
        (&attention["count"], &webhooks["failed"]),
        (&json!(0), &json!(0))
    );
    served.rig.complete().await;
    served.rig.complete().await;
    let mut last = seq;
    loop {
        let (seq, kind, of) = event(&mut events).await;
        assert_eq!((seq, of.as_deref()), (last + 1, Some(id.as_str())));
        last = seq;
        if kind == "workflow.completed" {
            break;
        }
    }
}

#[tokio::test]
async fn a_client_that_comes_back_misses_nothing_and_sees_nothing_twice() {
    let mut served = served().await;
    let mut events = served.events(EventsQuery::default()).await;
    let (mut last, instance, _) = greeted(&mut events).await;
    let mut kinds = Vec::new();
    for round in 0..6 {
        let id = served.rig.two().await;
        served.rig.complete().await;
        served.rig.complete().await;
        // Leaves in the middle of things, and comes back with the last number it saw.
        for _ in 0..(round % 3) + 1 {
            let (seq, kind, _) = event(&mut events).await;
            assert_eq!(seq, last + 1);
            last = seq;
            kinds.push(kind);
        }
        events = served
            .events(EventsQuery {
                since: Some((last, instance.clone())),
                ..EventsQuery::default()
            })
            .await;
        let Frame::Hello { .. } = next(&mut events).await else {
            panic!("no hello")
        };
        let _ = id;
    }
    while kinds
        .iter()
        .filter(|kind| *kind == "workflow.completed")
        .count()
        < 6
    {
        let (seq, kind, _) = event(&mut events).await;
        assert_eq!(seq, last + 1);
        last = seq;
        kinds.push(kind);
    }
    assert_eq!(last, served.rig.engine.seq());
}

#[tokio::test]
async fn a_number_of_another_database_or_of_the_future_gets_a_snapshot() {
    let served = served().await;
    served.rig.two().await;
    let mut events = served.events(EventsQuery::default()).await;
    let (seq, instance, _) = greeted(&mut events).await;
    for since in [(seq, "another".to_owned()), (seq + 1, instance.clone())] {
        let mut events = served
            .events(EventsQuery {
                since: Some(since),
                ..EventsQuery::default()
            })
            .await;
        let (_, _, then) = greeted(&mut events).await;
        assert!(matches!(then, Frame::Snapshot { .. }), "{then:?}");
    }
}

#[tokio::test]
async fn one_workflows_stream_has_its_events_alone() {
    let mut served = served().await;
    let first = served.rig.two().await;
    let mut events = served
        .events(EventsQuery {
            workflow: Some(first.clone()),
            ..EventsQuery::default()
        })
        .await;
    let (_, _, then) = greeted(&mut events).await;
    assert!(matches!(then, Frame::Snapshot { ref workflows, .. } if workflows.len() == 1));
    served.rig.two().await;
    served.rig.complete().await;
    let (_, kind, of) = event(&mut events).await;
    assert_eq!(
        (kind.as_str(), of.as_deref()),
        ("stage.completed", Some(first.as_str()))
    );
    let unknown = EventsQuery {
        workflow: Some("nothere".into()),
        ..EventsQuery::default()
    };
    assert!(matches!(
        Events::connect(&served.socket, &unknown).await,
        Err(ClientError::Problem { status: 404, .. })
    ));
}

#[tokio::test]
async fn progress_is_told_unless_it_is_not_wanted() {
    let mut served = served().await;
    let id = served.rig.two().await;
    let order = served.rig.orders.recv().await.unwrap();
    let mut loud = served.events(EventsQuery::default()).await;
    let mut quiet = served
        .events(EventsQuery {
            progress: Some(false),
            ..EventsQuery::default()
        })
        .await;
    greeted(&mut loud).await;
    greeted(&mut quiet).await;
    served
        .rig
        .engine
        .progress(&order.key(), 42.0, Some("frame 42".into()));
    let Frame::Progress {
        workflow_id,
        stage,
        progress,
        message,
        ..
    } = ({
        loop {
            let frame = next(&mut loud).await;
            if matches!(frame, Frame::Progress { .. }) {
                break frame;
            }
        }
    })
    else {
        panic!("no progress")
    };
    assert_eq!(
        (
            workflow_id.as_str(),
            stage.as_str(),
            progress,
            message.as_deref()
        ),
        (id.as_str(), "first", 42.0, Some("frame 42"))
    );
    let frame = next(&mut quiet).await;
    assert!(
        matches!(frame, Frame::Event { ref kind, .. } if kind == "stage.progress"),
        "{frame:?}"
    );
}

#[tokio::test]
async fn a_followed_log_comes_line_by_line_and_resumes() {
    let mut served = served().await;
    let id = served.rig.two().await;
    let order = served.rig.orders.recv().await.unwrap();
    let mut log = Writer::new(
        LogName::new(served.rig.dir.path(), &id, "first", order.attempt).unwrap(),
        1 << 20,
    );
    let mut say = |text: &str| {
        log.push(Level::Info, text);
        log.flush();
        served.rig.engine.log_grew(&order.key());
    };
    let line = |frame: Frame| match frame {
        Frame::Log { line, offset, .. } => (line, offset),
        other => panic!("{other:?}"),
    };
    let follow = |offset| ClientFrame::Subscribe {
        logs: vec![LogSubscription {
            id: id.clone(),
            stage: Some("first".into()),
            offset,
        }],
    };
    say("one");
    let mut events = served.events(EventsQuery::default()).await;
    greeted(&mut events).await;
    events.send(&follow(None)).await.unwrap();
    assert_eq!(line(next(&mut events).await), ("one".into(), 0));
    say("two");
    assert_eq!(line(next(&mut events).await), ("two".into(), 1));
    drop(events);
    say("three");
    let mut events = served.events(EventsQuery::default()).await;
    greeted(&mut events).await;
    events.send(&follow(Some(2))).await.unwrap();
    assert_eq!(line(next(&mut events).await), ("three".into(), 2));
}

#[tokio::test]
async fn a_client_that_is_too_slow_is_told_and_brought_up_to_date() {
    let served = served().await;
    let mut events = served.events(EventsQuery::default()).await;
    greeted(&mut events).await;
    // More than the feed and all buffers on the way hold (each submit is two events), while the client reads nothing.
    let member = json!({ "pipeline": "two", "params": { "word": "x".repeat(4_000) } });
    let batch = json!({ "workflows": vec![member; 100] });
    for _ in 0..feed::CAPACITY * 5 / 8 / 100 {
        assert_eq!(
            served
                .rig
                .post("/api/workflow/batch", batch.clone())
                .await
                .status,
            202
        );
    }
    let mut last = 0;
    loop {
        match next(&mut events).await {
            Frame::Event { seq, .. } => {
                assert!(last == 0 || seq == last + 1, "a gap that was not told");
                last = seq;
            }
            Frame::Lagged => break,
            Frame::Progress { .. } => {}
            other => panic!("{other:?}"),
        }
    }
    let Frame::Snapshot { seq, workflows, .. } = next(&mut events).await else {
        panic!("no snapshot")
    };
    assert!(seq > last && workflows.len() > 1000);
}

#[tokio::test]
async fn revoking_a_token_ends_its_stream() {
    let served = served().await;
    let (token, id) = served.rig.token(Scope::Read, json!({})).await;
    let mut events = Events::connect(&served.with(&token), &EventsQuery::default())
        .await
        .unwrap();
    greeted(&mut events).await;
    let said = served
        .rig
        .send(
            operator(),
            request(Method::DELETE, &format!("/api/tokens/{id}"), None, None),
        )
        .await;
    assert_eq!(said.status, 200);
    let begun = std::time::Instant::now();
    let ended = loop {
        match events.next().await {
            Ok(_) => {}
            Err(error) => break error,
        }
    };
    assert!(begun.elapsed() < Duration::from_secs(1));
    assert!(
        matches!(&ended, ClientError::Lost { source: Some(why) } if why.to_string().contains("revoked")),
        "{ended:?}"
    );
    let refused = Events::connect(&served.with(&token), &EventsQuery::default()).await;
    assert!(matches!(
        refused,
        Err(ClientError::Problem { status: 401, .. })
    ));
}

#[tokio::test]
async fn an_own_token_hears_of_its_users_workflows_alone() {
    let served = served().await;
    let (own, _) = served
        .rig
        .token(Scope::Operate, json!({ "user": "anna", "own": true }))
        .await;
    let mut events = Events::connect(&served.with(&own), &EventsQuery::default())
        .await
        .unwrap();
    greeted(&mut events).await;
    served.rig.two().await;
    let body = json!({ "pipeline": "two", "params": { "word": "x" } });
    let said = served
        .rig
        .with(&own, Method::POST, "/api/workflow", Some(body))
        .await;
    let mine = said.data()["id"].as_str().unwrap().to_owned();
    let (_, kind, of) = event(&mut events).await;
    assert_eq!((kind.as_str(), of), ("workflow.created", Some(mine)));
}

#[tokio::test]
async fn pages_of_strangers_may_not_open_it() {
    let served = served().await;
    let ask = |origin: Option<&str>| {
        let mut request = request(Method::GET, "/api/events", None, None);
        if let Some(origin) = origin {
            request
                .headers_mut()
                .insert("origin", origin.parse().unwrap());
        }
        served.rig.send(operator(), request)
    };
    assert_eq!(
        ask(Some("https://evil.example")).await.refusal(),
        (403, "forbidden")
    );
    served.rig.config.send_modify(|config| {
        Arc::make_mut(config).http.origins = vec!["https://good.example".into()]
    });
    assert_eq!(
        ask(Some("https://good.example")).await.refusal().1,
        "upgrade_required"
    );
    assert_eq!(ask(None).await.refusal(), (426, "upgrade_required"));
}

#[tokio::test]
async fn stopping_says_farewell_and_ends() {
    let served = served().await;
    let mut events = served.events(EventsQuery::default()).await;
    greeted(&mut events).await;
    let mut http = Http::new(served.socket.clone());
    let _: serde_json::Value = http.get("/healthz").await.unwrap();
    served.stop.cancel();
    let ended = loop {
        match events.next().await {
            Ok(_) => {}
            Err(error) => break error,
        }
    };
    assert!(
        matches!(&ended, ClientError::Lost { source: Some(why) } if why.to_string().contains("stopping")),
        "{ended:?}"
    );
    served.doors.await.unwrap();
}

#[tokio::test]
async fn nonsense_ends_the_stream_and_later_words_do_not() {
    let served = served().await;
    let mut events = served.events(EventsQuery::default()).await;
    greeted(&mut events).await;
    let many = ClientFrame::Subscribe {
        logs: vec![
            LogSubscription {
                id: "../etc".into(),
                stage: None,
                offset: None
            };
            200
        ],
    };
    events.send(&many).await.unwrap();
    served.rig.two().await;
    assert_eq!(
        event(&mut events).await.1,
        "workflow.created",
        "what can't be followed is passed over"
    );
}
