//! Pictures of further states: what ended, an opened workflow's other tabs, boxes of every kind, links that are not well.

use super::looks::pictures;
use super::tests::opened;
use crate::app::call::Call;
use crate::app::fixture::*;
use crate::app::{App, Event, LinkEvent};
use crate::model::link::Link;
use serde_json::json;

fn ended(size: (u16, u16), answered: bool) -> App {
    let mut app = live(size, workflows());
    type_keys(&mut app, "3");
    if answered {
        let one = |n: i64, status: &str, plan: &str| {
            let error = (status == "failed").then(|| json!({"class": "provider", "code": "quota", "message": "429 three times", "hint": "retry later"}));
            let more = json!({"completedAt": ago(n * 900), "box": "box-a", "error": error});
            workflow(
                &format!("e{n:011}"),
                &format!("lecture {n}"),
                status,
                plan,
                100.0,
                more,
            )
        };
        let rows = [
            one(1, "completed", "TCSPRH"),
            one(2, "failed", "TC!sprh"),
            one(3, "cancelled", "TCsprh"),
        ];
        let told = json!({"workflows": rows, "total": 48_211});
        reply_to(&mut app, |call| matches!(call, Call::History { .. }), told);
    }
    app
}

#[test]
fn what_ended() {
    pictures("history", |size| ended(size, true));
}

#[test]
fn what_ended_before_it_is_told() {
    pictures("history_loading", |size| ended(size, false));
}

#[test]
fn a_log_searched() {
    pictures("log_search", |size| {
        let mut app = opened(size, "k3f9a1b2c3d4");
        type_keys(&mut app, "l / t a r g e t Enter m 3");
        app
    });
}

#[test]
fn the_other_tabs() {
    for (keys, name) in [
        ("Tab Tab Tab", "files"),
        ("Tab Tab Tab Tab", "tries"),
        ("S-Tab S-Tab", "detail_hooks"),
        ("S-Tab", "detail_events"),
    ] {
        pictures(name, |size| {
            let mut app = opened(size, "m11111111111");
            type_keys(&mut app, keys);
            app
        });
    }
}

#[test]
fn columns_being_chosen() {
    pictures("columns", |size| {
        let mut app = live(size, workflows());
        type_keys(&mut app, "C j j Space");
        app
    });
}

#[test]
fn boxes_of_every_kind() {
    pictures("boxes", |size| {
        let mut app = live(size, workflows());
        type_keys(&mut app, "5");
        let slots =
            |used: u32| json!({"cpu": {"total": 4, "used": used}, "gpu": {"total": 1, "used": 1}});
        let one = |name: &str, status: &str, heard: i64, used: u32| {
            json!({"workerId": name, "status": status,
            "lastHeartbeat": ago(heard), "resources": slots(used), "labels": {"gpu": "rtx-4090", "nvenc": ""}})
        };
        let told = json!({"queue": [], "activeJobs": [
                {"jobId": "k3f9a1b2c3d4", "workerId": "box-a", "stage": "processing_video", "startedAt": ago(100)}],
            "workers": [one("box-a", "active", 0, 4), one("box-b", "idle", 2, 0), one("box-c", "draining", 12, 1),
                one("box-d", "active", 41, 2), one("box-e", "lost", 400, 0)]});
        reply_to(&mut app, |call| matches!(call, Call::Workers { .. }), told);
        type_keys(&mut app, "Tab k k k k");
        app
    });
}

#[test]
fn links_that_are_not_well() {
    pictures("stale", |size| {
        let mut app = live(size, workflows());
        app.handle(Event::Tick, NOW + 45_000);
        app
    });
    pictures("slow", |size| {
        let mut app = live(size, workflows());
        app.handle(Event::link(LinkEvent::Rtt(420)), NOW);
        app.handle(Event::link(LinkEvent::Rtt(450)), NOW);
        app
    });
    pictures("denied", |size| {
        let mut app = fresh(size);
        let denied = Link::Denied {
            why: "the token is unknown".into(),
            at_ms: NOW + 15_000,
        };
        app.handle(Event::link(LinkEvent::State(denied)), NOW);
        app
    });
}
