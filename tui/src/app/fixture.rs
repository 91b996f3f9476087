//! A daemon's words made by hand, and pictures as text, for the tests of every room.
//!
//! Lines: one daemon told in full, so that every test begins from the same world.

use super::call::Call;
use super::{App, Event, LinkEvent, Settings};
use crate::input::Key;
use crate::model::link::Link;
use crate::ui;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use reel_shared::stream::Frame;
use reel_shared::workflow::WorkflowView;
use serde_json::{Value, json};

/// 2026-11-20T07:31:00Z, the moment of every picture.
pub const NOW: i64 = 1_795_159_860_000;

/// A moment so many seconds before.
pub fn ago(seconds: i64) -> String {
    jiff::Timestamp::from_millisecond(NOW - seconds * 1000)
        .unwrap()
        .strftime("%Y-%m-%dT%H:%M:%S%.3fZ")
        .to_string()
}

/// The stages of `video` as letters: done in capitals, `>` at work, `!` failed, `~` waiting behind their letter.
pub fn stages(plan: &str) -> Value {
    let names = [
        ('t', "generating_tts"),
        ('c', "transcribing"),
        ('s', "searching_video"),
        ('p', "processing_video"),
        ('r', "renditions"),
        ('h', "thumbnails"),
    ];
    let mut stages = serde_json::Map::new();
    let mut letters = plan.chars().peekable();
    let mut began = 700;
    while let Some(letter) = letters.next() {
        let lower = letter.to_ascii_lowercase();
        let name = names.iter().find(|(known, _)| *known == lower).unwrap().1;
        let mut stage = json!({"title": name, "status": "pending", "progress": 0.0, "attempts": 0, "needs": [], "outputs": {}});
        let sign = letters.next_if(|c| ">!~".contains(*c));
        let (status, progress) = match sign {
            Some('>') => ("in_progress", 63.0),
            Some('!') => ("failed", 20.0),
            Some(_) => ("waiting", 0.0),
            None if letter.is_uppercase() => ("completed", 100.0),
            None => ("pending", 0.0),
        };
        if status != "pending" {
            stage["status"] = status.into();
            stage["progress"] = progress.into();
            stage["attempts"] = 1.into();
            stage["startedAt"] = ago(began).into();
            if status != "in_progress" {
                stage["completedAt"] = ago(began - 150).into();
            }
            began -= 160;
        }
        stages.insert(name.to_owned(), stage);
    }
    Value::Object(stages)
}

/// A workflow; `more` is laid over it.
pub fn workflow(
    id: &str,
    name: &str,
    status: &str,
    plan: &str,
    progress: f64,
    more: Value,
) -> WorkflowView {
    let mut view = json!({
        "id": id, "videoId": id, "pipeline": "video", "name": name, "userId": "ana", "status": status,
        "currentState": status, "progress": progress, "attempt": 1, "priority": 0, "labels": {},
        "params": {"prompt": "A video of a sunset", "aspectRatio": "9:16"},
        "createdAt": ago(720), "startedAt": ago(700), "updatedAt": ago(0), "gates": [], "answers": [],
        "outputs": {}, "dependsOn": [], "logs": [], "stages": stages(plan),
    });
    if let (Value::Object(view), Value::Object(more)) = (&mut view, more) {
        view.extend(more);
    }
    serde_json::from_value(view).unwrap()
}

/// One of each kind.
pub fn workflows() -> Vec<WorkflowView> {
    vec![
        workflow(
            "k3f9a1b2c3d4",
            "dsp-lecture-42",
            "running",
            "TCSp>rh",
            63.4,
            json!({
            "estimatedTimeRemaining": 740.0, "etaLow": 600.0, "etaHigh": 860.0, "box": "box-a",
            "message": "frame 312 of 500", "currentState": "processing_video"}),
        ),
        workflow(
            "k3x8a1b2c3d4",
            "dsp-lecture-43",
            "running",
            "Tc>sprh",
            31.0,
            json!({
            "estimatedTimeRemaining": 1440.0, "box": "box-a", "priority": 10}),
        ),
        workflow(
            "m11111111111",
            "safety-briefing-es",
            "failed",
            "TC!sprh",
            20.0,
            json!({
            "completedAt": ago(60), "error": {"code": "rate_limited", "class": "provider", "stage": "transcribing",
            "message": "the provider answered 429 three times", "hint": "wait a minute, then retry"}}),
        ),
        workflow(
            "n22222222222",
            "sales-demo-q4",
            "pending_clarification",
            "tcsprh",
            0.0,
            json!({
            "gates": [{"kind": "clarification", "questions": [{"key": "style", "question": "Which style?",
            "type": "enum", "options": ["cinematic", "plain"], "required": true}]}]}),
        ),
        workflow(
            "o33333333333",
            "keynote-cut-b",
            "paused",
            "TCsprh",
            44.0,
            json!({}),
        ),
        workflow(
            "p44444444444",
            "webinar-fr",
            "waiting",
            "TC~sprh",
            22.0,
            json!({
            "waitingFor": {"kind": "time", "message": "tries transcribing again", "until": ago(-40)}}),
        ),
        workflow(
            "q55555555555",
            "dsp-lecture-45",
            "queued",
            "tcsprh",
            0.0,
            json!({
            "queuePosition": 1, "waitingFor": {"kind": "slot", "message": "wants 1 cpu; 2 of 2 are taken by dsp-lecture-42",
            "until": ago(-360)}}),
        ),
        workflow(
            "r66666666666",
            "hr-welcome-ja 日本語",
            "queued",
            "tcsprh",
            0.0,
            json!({"queuePosition": 2}),
        ),
        workflow(
            "s77777777777",
            "tax-basics-01",
            "blocked",
            "tcsprh",
            0.0,
            json!({"dependsOn": ["q55555555555"]}),
        ),
    ]
}

/// A snapshot of these.
pub fn snapshot(seq: u64, workflows: Vec<WorkflowView>) -> Frame {
    Frame::Snapshot {
        seq,
        workflows,
        queue: json!({"queue": [], "activeJobs": [], "workers": [{"workerId": "box-a", "status": "active",
            "resources": {"cpu": {"total": 2, "used": 2}}}]}),
        webhooks: json!({}),
        attention: json!({"items": [], "count": 0}),
    }
}

/// `hello` of the test's daemon.
pub fn hello() -> Frame {
    Frame::Hello {
        protocol: reel_shared::PROTOCOL,
        version: "0.1.0".into(),
        host: "box-a".into(),
        instance: "i1".into(),
        seq: 0,
    }
}

/// An event with a workflow's state after it.
pub fn event(seq: u64, kind: &str, view: WorkflowView) -> Frame {
    Frame::Event {
        seq,
        timestamp: ago(0),
        workflow_id: Some(view.id.clone()),
        kind: kind.into(),
        data: json!({}),
        workflow: Some(Box::new(view)),
    }
}

/// Nothing known yet.
pub fn fresh(size: (u16, u16)) -> App {
    let settings = Settings::default();
    App::new("unix:/run/reel/reeld.sock".into(), settings, size, NOW)
}

/// Answers the call that this picks with `data`, as the daemon would.
pub fn reply_to(app: &mut App, wanted: impl Fn(&Call) -> bool, data: Value) -> Vec<super::Action> {
    let now = app.now_ms;
    let tickets: Vec<u64> = app
        .calls
        .iter()
        .filter(|(_, call)| wanted(call))
        .map(|(ticket, _)| *ticket)
        .collect();
    let mut actions = Vec::new();
    for ticket in tickets {
        let result = Ok(data.clone());
        actions.extend(app.handle(Event::Reply { ticket, result }, now));
    }
    app.settle();
    actions
}

/// An endpoint that works and one that is off.
pub fn endpoints() -> Value {
    json!({"webhooks": [
        {"webhookId": "wh_acmeprod", "url": "https://hooks.acme.example/prod", "events": ["video.completed", "video.failed"],
         "active": false, "disabledReason": "410 Gone", "failingSince": ago(5400)},
        {"webhookId": "wh_billing", "url": "https://billing.example/reel", "events": ["*"], "active": true},
    ], "count": 2})
}

/// A failed delivery and one that was accepted before.
pub fn deliveries() -> Value {
    json!({"deliveries": [
        {"deliveryId": "dlv_8812", "webhookId": "wh_acmeprod", "url": "https://hooks.acme.example/prod", "videoId": "m11111111111",
         "eventType": "video.failed", "status": "failed", "createdAt": ago(5000), "nextAttemptAt": null, "attempts": [
            {"number": 1, "at": ago(5000), "status": 500, "latency": 120, "error": null, "response": "try later"},
            {"number": 2, "at": ago(4940), "status": null, "latency": 15000, "error": "timeout: no answer in 15 s", "response": ""},
            {"number": 3, "at": ago(4600), "status": 410, "latency": 40, "error": null, "response": "endpoint moved to /v2"}]},
        {"deliveryId": "dlv_8811", "webhookId": "wh_acmeprod", "url": "https://hooks.acme.example/prod", "videoId": "k3f9a1b2c3d4",
         "eventType": "video.completed", "status": "delivered", "createdAt": ago(9000), "nextAttemptAt": null, "attempts": [
            {"number": 1, "at": ago(9000), "status": 200, "latency": 80, "error": null, "response": "ok"}]},
    ], "total": 2, "limit": 200, "offset": 0})
}

/// The Hooks screen with its answers.
pub fn hooked(size: (u16, u16)) -> App {
    let mut app = live(size, workflows());
    type_keys(&mut app, "4");
    reply_to(
        &mut app,
        |call| matches!(call, Call::Endpoints { .. }),
        endpoints(),
    );
    let failed = json!({"deliveries": [deliveries()["deliveries"][0]], "total": 1});
    reply_to(&mut app, |call| matches!(call, Call::Failed { .. }), failed);
    reply_to(
        &mut app,
        |call| matches!(call, Call::Deliveries { .. }),
        deliveries(),
    );
    for (number, id, body) in [
        (
            0,
            "dlv_8812",
            json!({"event": "video.failed", "status": "failed", "captions": ["de"]}),
        ),
        (
            1,
            "dlv_8811",
            json!({"event": "video.failed", "status": "done"}),
        ),
    ] {
        let mut whole = deliveries()["deliveries"][number].clone();
        whole["request"] = json!({"method": "POST", "url": "https://hooks.acme.example/prod",
            "headers": {"X-Webhook-Signature": "***"}, "body": body.to_string()});
        reply_to(
            &mut app,
            |call| matches!(call, Call::Delivery { id: asked } if asked == id),
            whole,
        );
    }
    app
}

/// Numbers of a day.
pub fn numbers() -> Value {
    json!({"window": "24h", "videos": {"total": 24, "completed": 19, "failed": 2, "cancelled": 1, "successRate": 0.9048},
        "processingTime": {"p50": 41000, "p90": 80000},
        "stages": {"generating_tts": {"count": 21, "p50": 4100, "p90": 6050, "failed": 0},
            "processing_video": {"count": 19, "p50": 302_000, "p90": 461_000, "failed": 1},
            "transcribing": {"count": 20, "p50": 61_000, "p90": 90_500, "failed": 3}},
        "storage": {"bytes": 2_412_000_000u64, "files": 118, "freeBytes": 81_000_000_000u64},
        "webhooks": {"delivered": 44, "failed": 1, "p90": 120}, "queue": {"queued": 2, "running": 2}})
}

/// The Stats screen with its answers.
pub fn counted(size: (u16, u16)) -> App {
    let mut app = live(size, workflows());
    type_keys(&mut app, "6");
    reply_to(
        &mut app,
        |call| matches!(call, Call::Stats { hours: 24, .. }),
        numbers(),
    );
    let mut double = numbers();
    double["videos"]["completed"] = 40.into();
    double["videos"]["failed"] = 3.into();
    reply_to(
        &mut app,
        |call| matches!(call, Call::Stats { hours: 48, .. }),
        double,
    );
    let failed = |id: &str, ended: i64, message: &str| {
        let error = json!({"code": "rate_limited", "class": "provider", "stage": "transcribing", "message": message, "hint": ""});
        workflow(
            id,
            id,
            "failed",
            "TC!sprh",
            20.0,
            json!({"completedAt": ago(ended), "box": "box-a", "error": error}),
        )
    };
    let ended = vec![
        failed("f1", 3_000, "the provider answered 429 three times"),
        failed("f2", 7_500, "the provider answered 429 three times"),
        failed("f3", 9_000, "no space left in /var/lib/reel/work/f3"),
    ];
    let done = (0..16).map(|n| {
        let id = format!("d{n}");
        workflow(
            &id,
            &id,
            "completed",
            "TCSPRH",
            100.0,
            json!({"completedAt": ago(n * n * 300)}),
        )
    });
    let all: Vec<_> = ended.into_iter().chain(done).collect();
    let all = json!({"workflows": all, "total": 19});
    reply_to(&mut app, |call| matches!(call, Call::Ended { .. }), all);
    app
}

/// The Queue screen with two boxes.
pub fn queued(size: (u16, u16)) -> App {
    let mut app = live(size, workflows());
    type_keys(&mut app, "5");
    let told = json!({"queue": [{"jobId": "q55555555555", "priority": 0, "createdAt": ago(720), "status": "queued", "position": 1},
            {"jobId": "r66666666666", "priority": 0, "createdAt": ago(720), "status": "queued", "position": 2}],
        "activeJobs": [{"jobId": "k3f9a1b2c3d4", "workerId": "box-a", "stage": "processing_video", "startedAt": ago(100)}],
        "workers": [{"workerId": "box-a", "status": "active", "lastHeartbeat": ago(0),
                "resources": {"cpu": {"total": 2, "used": 2}, "gpu": {"total": 1, "used": 0}}},
            {"workerId": "box-b", "status": "draining", "lastHeartbeat": ago(1), "resources": {"cpu": {"total": 8, "used": 3}}}]});
    reply_to(&mut app, |call| matches!(call, Call::Workers { .. }), told);
    app
}

/// Two daemons; of the second one only the frames that are handed in.
pub fn two(size: (u16, u16)) -> App {
    let settings = fresh(size).settings;
    let targets = vec!["unix:/run/reel/reeld.sock".into(), "ssh://box-b".into()];
    let mut app = App::of(targets, settings, size, NOW);
    for daemon in 0..2 {
        let host = format!("box-{}", if daemon == 0 { 'a' } else { 'b' });
        let Frame::Hello {
            protocol,
            version,
            seq,
            ..
        } = hello()
        else {
            unreachable!("it is one")
        };
        let hello = Frame::Hello {
            protocol,
            version,
            host,
            instance: format!("i{daemon}"),
            seq,
        };
        let rows = if daemon == 0 {
            workflows()
        } else {
            workflows().into_iter().take(3).collect()
        };
        for event in [
            LinkEvent::State(Link::Live),
            LinkEvent::Frame(Box::new(hello)),
            LinkEvent::Frame(Box::new(snapshot(10, rows))),
        ] {
            app.handle(Event::Link { daemon, event }, NOW);
        }
    }
    app.settle();
    app
}

/// Hands a frame in.
pub fn feed(app: &mut App, frame: Frame) -> Vec<super::Action> {
    let now = app.now_ms;
    app.handle(Event::link(LinkEvent::Frame(Box::new(frame))), now)
}

/// Connected, with these workflows.
pub fn live(size: (u16, u16), workflows: Vec<WorkflowView>) -> App {
    let mut app = fresh(size);
    app.handle(Event::link(LinkEvent::State(Link::Live)), NOW);
    app.handle(Event::link(LinkEvent::Rtt(4)), NOW);
    feed(&mut app, hello());
    feed(&mut app, snapshot(10, workflows));
    app.settle();
    app
}

/// Types keys by name, a space between them.
pub fn type_keys(app: &mut App, keys: &str) -> Vec<super::Action> {
    let mut actions = Vec::new();
    for name in keys.split(' ') {
        let now = app.now_ms;
        actions.extend(app.handle(Event::Key(Key::read(name).unwrap()), now));
        app.settle();
    }
    actions
}

/// Draws it.
pub fn draw(app: &mut App) -> Buffer {
    app.settle();
    let (columns, rows) = app.view.size;
    let mut buffer = Buffer::empty(Rect::new(0, 0, columns, rows));
    ui::draw(app, &mut buffer);
    buffer
}
