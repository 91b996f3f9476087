//! Pictures of every state at four sizes, signs and looks; and no event, size or order of them makes drawing fail.
//!
//! Lines: a table of screens and states, each a few lines.

use super::looks::{looks, pictures};
use crate::app::fixture::*;
use crate::app::{App, Event, LinkEvent};
use crate::input::{Code, Key};
use crate::model::link::Link;
use proptest::prelude::*;
use reel_shared::stream::Frame;
use serde_json::json;

pub(super) fn opened(size: (u16, u16), id: &str) -> App {
    let mut app = live(size, workflows());
    app.view.active.go_to(id);
    type_keys(&mut app, "Enter");
    for line in 0..40u64 {
        feed(
            &mut app,
            Frame::Log {
                workflow_id: id.into(),
                stage: "processing_video".into(),
                timestamp: ago(40 - i64::try_from(line).unwrap()),
                level: if line == 33 { "warn" } else { "info" }.into(),
                line: if line == 33 {
                    "bitrate 4.9 Mb/s over target".into()
                } else {
                    format!("frame={} fps=118 q=23.0", line * 59)
                },
                offset: (5 << 32) | line,
            },
        );
    }
    app
}

#[test]
fn active() {
    pictures("active", |size| live(size, workflows()));
}

#[test]
fn asks() {
    pictures("asks", |size| {
        let mut app = live(size, workflows());
        type_keys(&mut app, "2");
        app
    });
}

#[test]
fn an_answer_being_given() {
    pictures("answer", |size| {
        let mut app = live(size, workflows());
        type_keys(&mut app, "2 Enter");
        app.now_ms += 1_000;
        type_keys(&mut app, "1");
        app
    });
}

#[test]
fn a_retry_with_other_inputs() {
    pictures("retry_inputs", |size| {
        let mut app = live(size, workflows());
        app.view.active.go_to("m11111111111");
        type_keys(&mut app, "r 3");
        app.now_ms += 1_000;
        type_keys(&mut app, "Tab !");
        app
    });
}

#[test]
fn hooks() {
    pictures("hooks", hooked);
}

#[test]
fn a_delivery_beside_the_accepted_one() {
    pictures("delivery", |size| {
        let mut app = hooked(size);
        type_keys(&mut app, "Enter");
        app
    });
}

#[test]
fn queue() {
    pictures("queue", queued);
}

#[test]
fn a_draft_of_the_queue() {
    pictures("queue_draft", |size| {
        let mut app = queued(size);
        type_keys(&mut app, "j <");
        app
    });
}

#[test]
fn stats() {
    pictures("stats", counted);
}

#[test]
fn happenings() {
    pictures("events", |size| {
        let mut app = live(size, workflows());
        let mut view = workflows().remove(2);
        view.status = "running".into();
        let mut retried = event(11, "workflow.retried", view.clone());
        if let Frame::Event { data, .. } = &mut retried {
            *data = json!({"by": "ben", "attempt": 2, "stages": ["transcribing"]});
        }
        feed(&mut app, retried);
        feed(&mut app, event(12, "stage.started", view));
        type_keys(&mut app, "p 7");
        app
    });
}

#[test]
fn two_boxes_one_gone() {
    pictures("two_boxes", |size| {
        let mut app = two(size);
        let state = LinkEvent::State(Link::Retry {
            attempt: 2,
            at_ms: NOW + 3_000,
            why: "refused".into(),
        });
        app.handle(
            Event::Link {
                daemon: 1,
                event: state,
            },
            NOW,
        );
        app
    });
}

#[test]
fn a_comparison() {
    pictures("compare", |size| {
        let mut app = live(size, workflows());
        app.view.active.go_to("m11111111111");
        type_keys(&mut app, "d");
        let good = workflow(
            "g1",
            "safety-briefing-de",
            "completed",
            "TCSPRH",
            100.0,
            json!({"completedAt": ago(90_000), "box": "box-b", "params": {"prompt": "A video of a sea", "aspectRatio": "9:16"}}),
        );
        let good = json!({"workflows": [good], "total": 1});
        reply_to(
            &mut app,
            |call| matches!(call, crate::app::call::Call::LastGood { .. }),
            good,
        );
        let log = |line: &str| json!({"lines": [{"offset": 0, "stage": "transcribing", "line": "begins"}, {"offset": 1, "stage": "transcribing", "line": line}]});
        reply_to(
            &mut app,
            |call| matches!(call, crate::app::call::Call::LogPage { id } if id == "g1"),
            log("200 OK"),
        );
        reply_to(
            &mut app,
            |call| matches!(call, crate::app::call::Call::LogPage { .. }),
            log("429 Too Many Requests"),
        );
        app
    });
}

#[test]
fn looks_of_the_themes() {
    let mut told = String::new();
    for name in crate::ui::theme::NAMES {
        let mut app = live((80, 24), workflows());
        app.settings.theme = crate::ui::theme::named(name).unwrap();
        told.push_str(&format!("--- {name}\n{}\n", looks(&draw(&mut app))));
    }
    insta::assert_snapshot!("themes", told);
    let mut app = live((80, 24), workflows());
    app.settings.ascii = true;
    let buffer = draw(&mut app);
    assert!(
        crate::ui::lines(&buffer)
            .iter()
            .all(|line| line.is_ascii() || line.contains("日本語"))
    );
}

#[test]
fn marked_and_held() {
    pictures("marked_and_held", |size| {
        let mut app = live(size, workflows());
        type_keys(&mut app, "Space Space x y");
        app
    });
}

#[test]
fn detail() {
    pictures("detail", |size| opened(size, "k3f9a1b2c3d4"));
}

#[test]
fn detail_with_usual_times_and_waits() {
    pictures("detail_usual", |size| {
        let mut app = opened(size, "k3f9a1b2c3d4");
        let told = json!({"events": [
            {"seq": 1, "timestamp": ago(700), "kind": "stage.started", "data": {"stage": "generating_tts"}},
            {"seq": 2, "timestamp": ago(600), "kind": "stage.waiting", "data": {"stage": "generating_tts",
                "wait": {"for": "retry"}, "error": {"message": "429"}}},
            {"seq": 3, "timestamp": ago(580), "kind": "stage.ready", "data": {"stage": "generating_tts"}},
            {"seq": 4, "timestamp": ago(580), "kind": "stage.started", "data": {"stage": "generating_tts"}},
            {"seq": 5, "timestamp": ago(550), "kind": "stage.completed", "data": {"stage": "generating_tts"}},
            {"seq": 6, "timestamp": ago(300), "kind": "stage.ready", "data": {"stage": "processing_video"}},
            {"seq": 7, "timestamp": ago(220), "kind": "stage.started", "data": {"stage": "processing_video"}}]});
        reply_to(
            &mut app,
            |call| matches!(call, crate::app::call::Call::Events { .. }),
            told,
        );
        reply_to(
            &mut app,
            |call| matches!(call, crate::app::call::Call::Stats { .. }),
            numbers(),
        );
        app
    });
}

#[test]
fn detail_of_a_failure() {
    pictures("detail_failed", |size| opened(size, "m11111111111"));
}

#[test]
fn inputs() {
    pictures("inputs", |size| {
        let mut app = opened(size, "k3f9a1b2c3d4");
        type_keys(&mut app, "Tab Tab");
        app
    });
}

#[test]
fn why() {
    pictures("why", |size| {
        let mut app = live(size, workflows());
        app.view.active.go_to("q55555555555");
        type_keys(&mut app, "w");
        let ticket = *app.calls.keys().next().unwrap();
        let told = json!({"id": "q55555555555", "status": "queued", "ahead": ["k3f9a1b2c3d4"],
            "waitingFor": {"kind": "slot", "message": "wants 1 cpu; 2 of 2 are taken by dsp-lecture-42 and dsp-lecture-43",
            "until": ago(-360)}, "help": [{"act": "priority", "effect": "raised above 10 it starts about 07:34"}]});
        app.handle(
            Event::Reply {
                ticket,
                result: Ok(told),
            },
            NOW,
        );
        app
    });
}

#[test]
fn help() {
    pictures("help", |size| {
        let mut app = live(size, workflows());
        type_keys(&mut app, "?");
        app
    });
}

#[test]
fn confirm() {
    pictures("confirm", |size| {
        let mut app = live(size, workflows());
        type_keys(&mut app, "x");
        app
    });
}

#[test]
fn retry_menu() {
    pictures("retry", |size| {
        let mut app = live(size, workflows());
        app.view.active.go_to("m11111111111");
        type_keys(&mut app, "r");
        app
    });
}

#[test]
fn empty() {
    pictures("empty", |size| live(size, vec![]));
}

#[test]
fn filtered_empty() {
    pictures("filtered_empty", |size| {
        let mut app = live(size, workflows());
        type_keys(&mut app, "/ b o x : z Enter");
        app
    });
}

#[test]
fn reconnecting() {
    pictures("reconnecting", |size| {
        let mut app = live(size, workflows());
        let retry = Link::Retry {
            attempt: 3,
            at_ms: NOW + 4_000,
            why: "refused".into(),
        };
        app.handle(Event::link(LinkEvent::State(retry)), NOW);
        app
    });
}

#[test]
fn never_connected() {
    pictures("never_connected", |size| {
        let mut app = fresh(size);
        let retry = Link::Retry {
            attempt: 1,
            at_ms: NOW + 500,
            why: "no socket there".into(),
        };
        app.handle(Event::link(LinkEvent::State(retry)), NOW);
        app
    });
}

#[test]
fn typing() {
    pictures("typing_a_filter", |size| {
        let mut app = live(size, workflows());
        type_keys(&mut app, "/ d s p");
        app
    });
    pictures("typing_a_chord", |size| {
        let mut app = live(size, workflows());
        type_keys(&mut app, ",");
        app
    });
    pictures("typing_a_command", |size| {
        let mut app = live(size, workflows());
        type_keys(&mut app, ": p r i");
        app
    });
}

#[test]
fn links_in_words() {
    let shown = |state: Link| {
        let mut app = live((80, 24), workflows());
        app.handle(Event::link(LinkEvent::State(state)), NOW);
        draw(&mut app);
        crate::ui::lines(&draw(&mut app))[0].clone()
    };
    let mut slow = live((80, 24), workflows());
    slow.handle(Event::link(LinkEvent::Rtt(420)), NOW);
    slow.handle(Event::link(LinkEvent::Rtt(450)), NOW);
    let mut stale = live((80, 24), workflows());
    stale.handle(Event::Tick, NOW + 45_000);
    let header = |app: &mut App| crate::ui::lines(&draw(app))[0].clone();
    let told = [
        shown(Link::Dialing),
        shown(Link::Denied {
            why: "the token is unknown".into(),
            at_ms: NOW + 15_000,
        }),
        shown(Link::Foreign {
            theirs: 2,
            at_ms: NOW + 15_000,
        }),
        header(&mut slow),
        header(&mut stale),
    ];
    insta::assert_snapshot!(told.join("\n"), @"
     … dialing unix:/run/reel/reeld.sock  run 2/2  wait 3  ask 1?  fail 1!    07:31
     ✗ AUTH  the token is unknown  box-a  run 2/2  wait 3  ask 1?  fail 1!    07:31
     ✗ PROTO 2≠1 (client older)  box-a  run 2/2  wait 3  ask 1?  fail 1!  RW  07:31
     ◐ SLOW  rtt 500ms  box-a  run 2/2  wait 3  ask 1?  fail 1!  RW           07:31
     ~ STALE 40s  box-a  run 2/2  wait 3  ask 1?  fail 1!  RW                 07:31
    ");
}

#[test]
fn ascii_holds_no_other_sign() {
    for open in [false, true] {
        let mut app = if open {
            opened((120, 36), "k3f9a1b2c3d4")
        } else {
            live((120, 36), workflows())
        };
        app.model.rows.remove("r66666666666");
        app.settings.ascii = true;
        app.handle(Event::Resize(120, 36), NOW);
        let text = crate::ui::lines(&draw(&mut app)).join("\n");
        let other: String = text.chars().filter(|c| !c.is_ascii()).collect();
        assert_eq!(other, "", "{text}");
    }
}

#[test]
fn a_long_list_draws_only_what_is_seen() {
    let many = (0..5_000)
        .map(|n| {
            workflow(
                &format!("a{n:011}"),
                &format!("job-{n}"),
                "queued",
                "tcsprh",
                0.0,
                json!({}),
            )
        })
        .collect();
    let mut app = live((120, 36), many);
    type_keys(&mut app, "G");
    let text = crate::ui::lines(&draw(&mut app)).join("\n");
    assert!(text.contains("job-4999") && !text.contains("job-1000"));
}

/// Something that may happen.
fn happening() -> impl Strategy<Value = Event> {
    let word = prop::sample::select(vec![
        "running",
        "queued",
        "failed",
        "completed",
        "paused",
        "waiting",
        "blocked",
        "odd",
    ]);
    let plan = prop::sample::select(vec!["", "t", "TCSp>rh", "TC!sprh", "TC~", "TCSPRH"]);
    let frame = (0u64..40, 0u8..6, word, plan, -10.0..200.0f64, ".{0,30}").prop_map(
        |(seq, id, status, plan, progress, name)| {
            let view = workflow(
                &format!("id{id}"),
                &name,
                status,
                plan,
                progress,
                json!({"estimatedTimeRemaining": progress * 1e6}),
            );
            Event::link(LinkEvent::Frame(Box::new(event(
                seq,
                "workflow.moved",
                view,
            ))))
        },
    );
    let key = prop_oneof![
        any::<char>().prop_map(Key::char),
        prop::sample::select(vec!['c', 'd', 'u', 'l', 'r', 'w']).prop_map(Key::ctrl),
        prop::sample::select(vec![
            Code::Enter,
            Code::Esc,
            Code::Tab,
            Code::BackTab,
            Code::Up,
            Code::Down,
            Code::PageDown,
            Code::Home,
            Code::End,
            Code::Backspace
        ])
        .prop_map(Key::of),
        prop::sample::select("jkGxyrw?/:,lfsnz*~\\ 123!+-".chars().collect::<Vec<_>>())
            .prop_map(Key::char),
    ];
    prop_oneof![
        3 => key.prop_map(Event::Key),
        2 => frame,
        1 => (1u16..130, 1u16..40).prop_map(|(columns, rows)| Event::Resize(columns, rows)),
        1 => ".{0,40}".prop_map(Event::Paste),
        1 => (0u64..3, ".{0,200}").prop_map(|(offset, line)| Event::link(LinkEvent::Frame(Box::new(Frame::Log {
            workflow_id: "id1".into(), stage: "s".into(), timestamp: "?".into(), level: "warn".into(), line, offset })))),
        1 => any::<bool>().prop_map(Event::Focus),
        1 => Just(Event::Tick),
        1 => (0u64..9).prop_map(|ticket| Event::Reply { ticket, result: Ok(json!({"events": [], "workflows": []})) }),
        1 => Just(Event::link(LinkEvent::State(Link::Retry { attempt: 2, at_ms: NOW + 900, why: "x".into() }))),
        1 => Just(Event::link(LinkEvent::State(Link::Live))),
        1 => Just(Event::link(LinkEvent::Frame(Box::new(snapshot(3, workflows()))))),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    #[test]
    fn nothing_that_happens_makes_drawing_fail(events in prop::collection::vec(happening(), 1..60), columns in 1u16..130, rows in 1u16..40) {
        let mut app = live((columns, rows), workflows());
        let mut now = NOW;
        for event in events {
            now += 700;
            app.handle(event, now);
            draw(&mut app);
            prop_assert!(app.next_tick() > app.now_ms);
        }
    }
}
