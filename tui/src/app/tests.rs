//! What keys, frames and replies do to the core, and what it wants then.
//!
//! Lines: one table of everything the core is asked for, read from top to bottom like the contract of its keys.

use super::call::{Act, Call, Failure};
use super::fixture::*;
use super::popup::{Answer, Asked, Popup};
use super::{Action, App, Event, LinkEvent, Screen};
use crate::input::{Code, Key};
use crate::model::link::{Link, Shown};
use serde_json::json;

const SIZE: (u16, u16) = (120, 36);

fn board() -> App {
    live(SIZE, workflows())
}

fn calls(actions: &[Action]) -> Vec<Call> {
    actions
        .iter()
        .filter_map(|action| match action {
            Action::Call { call, .. } => Some(call.clone()),
            _ => None,
        })
        .collect()
}

fn later(app: &mut App, ms: i64) -> Vec<Action> {
    let now = app.now_ms + ms;
    app.handle(Event::Tick, now)
}

fn toasts(app: &App) -> String {
    app.view
        .toasts
        .standing()
        .iter()
        .map(|toast| toast.text.as_str())
        .collect::<Vec<_>>()
        .join(" | ")
}

fn cancel_of(id: &str) -> Call {
    Call::Act {
        id: id.into(),
        act: Act::Cancel,
    }
}

#[test]
fn the_cursor_holds_to_its_workflow_while_rows_come_and_go() {
    let mut app = board();
    type_keys(&mut app, "j");
    let held = app.view.active.cursor.clone();
    feed(
        &mut app,
        event(
            11,
            "workflow.started",
            workflow(
                "a00000000000",
                "early",
                "running",
                "t>csprh",
                1.0,
                json!({"startedAt": ago(9000)}),
            ),
        ),
    );
    app.settle();
    assert_eq!(app.view.active.cursor, held);
    assert_eq!(app.view.active.at, 2);
}

#[test]
fn a_cancel_is_asked_held_and_only_then_sent() {
    let mut app = board();
    let id = app.view.active.cursor.clone().unwrap();
    assert!(calls(&type_keys(&mut app, "x")).is_empty());
    assert!(matches!(app.view.popup, Some(Popup::Confirm(_))));
    assert!(calls(&type_keys(&mut app, "y")).is_empty());
    assert!(calls(&later(&mut app, 4_000)).is_empty());
    assert_eq!(
        app.under_way(app.row(&id).unwrap()).unwrap(),
        "cancel in 1s"
    );
    assert_eq!(calls(&later(&mut app, 1_001)), [cancel_of(&id)]);
    assert_eq!(app.under_way(app.row(&id).unwrap()).unwrap(), "cancelling…");
}

#[test]
fn enter_answers_a_cancel_with_no_and_u_takes_a_yes_back() {
    let mut app = board();
    type_keys(&mut app, "x Enter");
    assert!(app.view.popup.is_none() && app.held.is_empty());
    type_keys(&mut app, "x y u");
    assert!(toasts(&app).contains("goes on"));
    assert!(calls(&later(&mut app, 60_000)).is_empty());
}

#[test]
fn a_held_cancel_is_sent_before_the_end_and_its_answer_awaited() {
    let mut app = board();
    let actions = type_keys(&mut app, "x y q");
    assert_eq!(calls(&actions).len(), 1);
    assert!(
        !actions
            .iter()
            .any(|action| matches!(action, Action::Quit { .. }))
    );
    let ticket = *app.calls.keys().next().unwrap();
    let now = app.now_ms;
    let actions = app.handle(
        Event::Reply {
            ticket,
            result: Ok(json!({})),
        },
        now,
    );
    assert!(actions.contains(&Action::Quit {
        leave_picture: false
    }));
}

#[test]
fn the_end_does_not_wait_for_ever() {
    let mut app = board();
    type_keys(&mut app, "x y q");
    assert!(later(&mut app, 2_001).contains(&Action::Quit {
        leave_picture: false
    }));
}

#[test]
fn a_question_is_void_when_its_workflow_ends_meanwhile() {
    let mut app = board();
    type_keys(&mut app, "x");
    feed(
        &mut app,
        event(
            11,
            "workflow.completed",
            workflow(
                "k3f9a1b2c3d4",
                "dsp-lecture-42",
                "completed",
                "TCSPRH",
                100.0,
                json!({"completedAt": ago(0)}),
            ),
        ),
    );
    assert!(app.view.popup.is_none());
    assert!(toasts(&app).contains("void"));
}

#[test]
fn more_than_five_are_cancelled_by_typing_their_count() {
    let mut app = board();
    type_keys(&mut app, "* x");
    let Some(Popup::Confirm(confirm)) = &app.view.popup else {
        unreachable!("a question stands")
    };
    let Asked::Act(_, ids) = &confirm.asked else {
        unreachable!("workflows are meant")
    };
    assert_eq!(ids.len(), 8, "the failed one has nothing to cancel");
    type_keys(&mut app, "y Enter");
    assert!(app.held.is_empty(), "a wrong answer is No");
    type_keys(&mut app, "x 8 Enter");
    assert!(matches!(&app.held[0].what, Asked::Act(Act::Cancel, ids) if ids.len() == 8));
}

#[test]
fn acts_are_refused_read_only_and_while_nobody_is_there() {
    let mut app = board();
    assert!(calls(&type_keys(&mut app, "! p")).is_empty());
    assert!(toasts(&app).contains("read-only"));
    type_keys(&mut app, "!");
    let retry = Link::Retry {
        attempt: 1,
        at_ms: NOW + 500,
        why: "refused".into(),
    };
    app.handle(Event::link(LinkEvent::State(retry)), NOW);
    assert!(calls(&type_keys(&mut app, "p")).is_empty());
    assert!(toasts(&app).contains("not connected"));
}

#[test]
fn a_stale_picture_is_asked_about_before_an_act() {
    let mut app = board();
    later(&mut app, 31_000);
    assert_eq!(app.link.shown(app.now_ms), Shown::Stale);
    assert!(calls(&type_keys(&mut app, "p")).is_empty());
    assert!(matches!(app.view.popup, Some(Popup::Confirm(_))));
    assert_eq!(calls(&type_keys(&mut app, "y")).len(), 1);
}

#[test]
fn each_act_asks_what_it_says() {
    for (name, keys, wanted) in [
        ("dsp-lecture-42", "p", Act::Pause),
        ("keynote-cut-b", "p", Act::Resume),
        ("dsp-lecture-42", "+", Act::Priority(10)),
        ("dsp-lecture-43", "-", Act::Priority(0)),
        ("webinar-fr", "r", Act::retry(None)),
        ("safety-briefing-es", "r Enter", Act::retry(None)),
        (
            "safety-briefing-es",
            "r 2",
            Act::retry(Some("generating_tts".into())),
        ),
    ] {
        let mut app = board();
        let id = app
            .model
            .rows
            .values()
            .find(|row| row.name() == name)
            .unwrap()
            .view
            .id
            .clone();
        app.view.active.go_to(&id);
        assert_eq!(
            calls(&type_keys(&mut app, keys)),
            [Call::Act { id, act: wanted }],
            "{keys} on {name}"
        );
    }
}

#[test]
fn repeated_plus_counts_on_from_what_was_asked() {
    let mut app = board();
    let actions = type_keys(&mut app, "+ + +");
    let last = calls(&actions).pop().unwrap();
    assert!(matches!(
        last,
        Call::Act {
            act: Act::Priority(30),
            ..
        }
    ));
}

#[test]
fn what_does_not_fit_is_said_and_not_sent() {
    let mut app = board();
    for (keys, said) in [("r", "retry is for"), ("x", "nothing to cancel")] {
        let id = if keys == "r" {
            "k3f9a1b2c3d4"
        } else {
            "m11111111111"
        };
        app.view.active.go_to(id);
        assert!(calls(&type_keys(&mut app, keys)).is_empty());
        assert!(toasts(&app).contains(said), "{}", toasts(&app));
    }
}

#[test]
fn why_is_asked_told_and_closed() {
    let mut app = board();
    app.view.active.go_to("q55555555555");
    let actions = type_keys(&mut app, "w");
    assert_eq!(
        calls(&actions),
        [Call::Why {
            id: "q55555555555".into()
        }]
    );
    let ticket = *app.calls.keys().next().unwrap();
    let told = json!({"id": "q55555555555", "status": "queued", "ahead": ["k3f9a1b2c3d4"],
        "waitingFor": {"kind": "slot", "message": "wants 1 cpu"}, "help": [{"act": "priority", "effect": "starts 07:38"}]});
    app.handle(
        Event::Reply {
            ticket,
            result: Ok(told),
        },
        NOW,
    );
    let Some(Popup::Why(why)) = &app.view.popup else {
        unreachable!("it stands")
    };
    assert!(matches!(&why.answer, Answer::Told(view) if view.help.len() == 1));
    type_keys(&mut app, "Esc");
    assert!(app.view.popup.is_none());
}

#[test]
fn a_refused_act_tells_the_daemons_words_and_an_uncertain_one_says_so() {
    let mut app = board();
    for (uncertain, said) in [
        (false, "pause dsp-lecture-42: no"),
        (true, "the row will tell"),
    ] {
        type_keys(&mut app, "p");
        let ticket = *app.calls.keys().next().unwrap();
        let failure = Failure {
            message: "no".into(),
            status: Some(409),
            uncertain,
        };
        app.handle(
            Event::Reply {
                ticket,
                result: Err(failure),
            },
            NOW,
        );
        assert!(toasts(&app).contains(said), "{}", toasts(&app));
    }
}

#[test]
fn a_filter_holds_while_it_is_typed_and_esc_brings_the_old_one_back() {
    let mut app = board();
    type_keys(&mut app, "/ d s p");
    assert_eq!(app.view.active.ids.len(), 3);
    type_keys(&mut app, "Enter / Backspace Backspace Backspace z z");
    assert!(app.view.active.ids.is_empty());
    type_keys(&mut app, "Esc");
    assert_eq!(app.view.active.ids.len(), 3);
    type_keys(&mut app, "Esc");
    assert_eq!(app.view.active.ids.len(), 9);
}

#[test]
fn a_filter_that_cannot_be_read_leaves_the_last_good_one() {
    let mut app = board();
    type_keys(&mut app, "/ d s p Space x : 1 Enter");
    assert!(toasts(&app).contains("no field"));
    assert_eq!(app.view.active.filter.text(), "dsp x");
}

#[test]
fn opening_asks_for_the_whole_and_follows_the_log() {
    let mut app = board();
    let actions = type_keys(&mut app, "Enter");
    let id = "k3f9a1b2c3d4".to_owned();
    assert_eq!(
        calls(&actions),
        [
            Call::Show { id: id.clone() },
            Call::Events {
                id: id.clone(),
                after: 0
            },
            Call::Stats {
                daemon: 0,
                hours: 168
            }
        ]
    );
    assert!(
        actions
            .iter()
            .any(|action| matches!(action, Action::Subscribe(0, logs) if logs[0].id == id))
    );
    let actions = type_keys(&mut app, "Esc");
    assert!(actions.contains(&Action::Subscribe(0, vec![])));
}

fn log(id: &str, offset: u64, line: &str) -> reel_shared::stream::Frame {
    reel_shared::stream::Frame::Log {
        workflow_id: id.into(),
        stage: "processing_video".into(),
        timestamp: ago(0),
        level: if line.contains("bad") {
            "error"
        } else {
            "info"
        }
        .into(),
        line: line.into(),
        offset,
    }
}

#[test]
fn a_log_is_followed_until_one_scrolls_up_and_resumed_behind_its_last_line() {
    let mut app = board();
    type_keys(&mut app, "l");
    for line in 0..100 {
        feed(
            &mut app,
            log("k3f9a1b2c3d4", (1 << 32) | line, &format!("line {line}")),
        );
    }
    feed(&mut app, log("k3f9a1b2c3d4", (1 << 32) | 7, "line 7 again"));
    app.settle();
    let rows = app.log_rows();
    let top = |app: &App| app.view.detail.as_ref().unwrap().log_view.top;
    assert_eq!(top(&app), 100 - rows);
    type_keys(&mut app, "k");
    assert!(!app.view.detail.as_ref().unwrap().log_view.follow);
    feed(&mut app, log("k3f9a1b2c3d4", (1 << 32) | 100, "line 100"));
    app.settle();
    assert_eq!(top(&app), 99 - rows, "what is read stays where it is");
    let actions = app.handle(Event::link(LinkEvent::State(Link::Live)), NOW);
    assert!(actions.iter().any(|action| matches!(action, Action::Subscribe(0, logs) if logs[0].offset == Some((1 << 32) | 101))));
    type_keys(&mut app, "G");
    assert_eq!(top(&app), 101 - rows);
}

#[test]
fn errors_and_searches_are_found_in_a_log() {
    let mut app = board();
    type_keys(&mut app, "l");
    for line in 0..200 {
        let text = if line == 30 {
            "a bad one".to_owned()
        } else {
            format!("line {line}")
        };
        feed(&mut app, log("k3f9a1b2c3d4", (1 << 32) | line, &text));
    }
    app.settle();
    type_keys(&mut app, "e");
    assert_eq!(app.view.detail.as_ref().unwrap().log_view.top, 30);
    type_keys(&mut app, "/ l i n e Space 7 7 Enter");
    assert_eq!(app.view.detail.as_ref().unwrap().log_view.top, 77);
}

#[test]
fn events_page_on_and_meet_the_stream() {
    let mut app = board();
    type_keys(&mut app, "Enter");
    feed(&mut app, event(11, "stage.progress", workflows().remove(0)));
    let events = |from: u64, count: u64| {
        json!({"events": (from..from + count).map(|seq| json!({"seq": seq, "timestamp": ago(5), "kind": "stage.started",
            "data": {"stage": "transcribing"}})).collect::<Vec<_>>()})
    };
    let ticket = *app
        .calls
        .iter()
        .find(|(_, call)| matches!(call, Call::Events { .. }))
        .unwrap()
        .0;
    let actions = app.handle(
        Event::Reply {
            ticket,
            result: Ok(events(1, 200)),
        },
        NOW,
    );
    assert_eq!(
        calls(&actions),
        [Call::Events {
            id: "k3f9a1b2c3d4".into(),
            after: 200
        }]
    );
    assert_eq!(app.view.detail.as_ref().unwrap().events.len(), 200);
}

#[test]
fn a_gap_asks_for_a_fresh_picture_and_a_second_one_is_this_streams_way() {
    let mut app = board();
    let ended = || workflows().remove(0);
    let actions = feed(&mut app, event(13, "stage.progress", ended()));
    assert!(actions.contains(&Action::Resync(0)));
    feed(&mut app, hello());
    feed(&mut app, snapshot(13, workflows()));
    let actions = feed(&mut app, event(20, "stage.progress", ended()));
    assert!(actions.contains(&Action::Resync(0)));
    feed(&mut app, snapshot(20, workflows()));
    let actions = feed(&mut app, event(30, "stage.progress", ended()));
    assert!(!actions.contains(&Action::Resync(0)));
    assert_eq!(app.model.seq, 30);
}

#[test]
fn failures_and_ends_are_said_and_ring_where_nobody_looks() {
    let mut app = board();
    app.handle(Event::Focus(false), NOW);
    let mut failed = workflows().remove(0);
    failed.status = "failed".into();
    failed.error = Some(reel_shared::workflow::ErrorView {
        message: "disk full".into(),
        ..Default::default()
    });
    let actions = feed(&mut app, event(11, "workflow.failed", failed.clone()));
    assert!(
        actions
            .iter()
            .any(|action| matches!(action, Action::Notify(_)))
    );
    assert!(toasts(&app).contains("dsp-lecture-42 failed: disk full"));
    later(&mut app, 60_000);
    assert!(
        toasts(&app).contains("disk full"),
        "an error stays until it is seen"
    );
    type_keys(&mut app, "Esc");
    assert_eq!(toasts(&app), "");
}

#[test]
fn what_ended_lingers_a_minute_and_history_is_fetched_a_page_at_a_time() {
    let mut app = board();
    let done = workflow(
        "k3f9a1b2c3d4",
        "dsp-lecture-42",
        "completed",
        "TCSPRH",
        100.0,
        json!({"completedAt": ago(0)}),
    );
    feed(&mut app, event(11, "workflow.completed", done.clone()));
    app.settle();
    assert_eq!(app.view.active.ids.len(), 9);
    later(&mut app, 60_001);
    app.settle();
    assert_eq!(app.view.active.ids.len(), 8);
    let actions = type_keys(&mut app, "3");
    assert_eq!(app.view.screen, Screen::History);
    assert_eq!(
        calls(&actions),
        [Call::History {
            daemon: 0,
            offset: 0,
            query: String::new()
        }]
    );
    let ticket = *app.calls.keys().next().unwrap();
    let now = app.now_ms;
    app.handle(
        Event::Reply {
            ticket,
            result: Ok(json!({"workflows": [done], "total": 2, "limit": 200, "offset": 0})),
        },
        now,
    );
    app.settle();
    assert_eq!(
        app.view.ended.ids.iter().collect::<Vec<_>>(),
        ["k3f9a1b2c3d4"]
    );
    assert_eq!(
        calls(&type_keys(&mut app, "j")),
        [Call::History {
            daemon: 0,
            offset: 1,
            query: String::new()
        }]
    );
}

#[test]
fn frozen_nothing_moves_and_thawed_all_is_there() {
    let mut app = board();
    type_keys(&mut app, "z");
    let still = draw(&mut app);
    feed(
        &mut app,
        event(
            11,
            "workflow.created",
            workflow("a00000000000", "new", "queued", "tcsprh", 0.0, json!({})),
        ),
    );
    assert_eq!(draw(&mut app), still);
    type_keys(&mut app, "z");
    app.settle();
    assert!(app.view.active.ids.position("a00000000000").is_some());
}

#[test]
fn c_c_twice_ends_and_once_does_not() {
    let mut app = board();
    assert!(!type_keys(&mut app, "C-c").contains(&Action::Quit {
        leave_picture: false
    }));
    later(&mut app, 3_000);
    assert!(!type_keys(&mut app, "C-c").contains(&Action::Quit {
        leave_picture: false
    }));
    assert!(type_keys(&mut app, "C-c").contains(&Action::Quit {
        leave_picture: false
    }));
}

#[test]
fn problems_are_walked_and_sorts_are_chords() {
    let mut app = board();
    type_keys(&mut app, "n");
    let first = app.current().unwrap().name().to_owned();
    type_keys(&mut app, "n");
    let mut both = [first, app.current().unwrap().name().to_owned()];
    both.sort();
    assert_eq!(both, ["safety-briefing-es", "sales-demo-q4"]);
    type_keys(&mut app, ", n");
    assert_eq!(
        app.row(app.view.active.ids.get(0).unwrap()).unwrap().name(),
        "dsp-lecture-42"
    );
    type_keys(&mut app, ", r");
    assert_eq!(
        app.row(app.view.active.ids.get(0).unwrap()).unwrap().name(),
        "webinar-fr"
    );
}

#[test]
fn the_palette_runs_a_command_by_its_name() {
    let mut app = board();
    type_keys(&mut app, ": s o r t Space n a m e Enter");
    assert_eq!(app.view.active.sort.key, crate::model::order::SortKey::Name);
    type_keys(&mut app, ": f i l t e r Space w e b Enter");
    assert_eq!(app.view.active.ids.len(), 1);
    type_keys(&mut app, ": q q q Enter");
    assert!(toasts(&app).contains("no command"));
}

#[test]
fn every_command_but_leaving_runs_anywhere_without_harm() {
    for info in crate::input::command::INFO {
        for open in [false, true] {
            let mut app = board();
            if open {
                type_keys(&mut app, "Enter");
            }
            app.run(info.command);
            app.settle();
            let mut bare = fresh((80, 24));
            bare.run(info.command);
            draw(&mut bare);
        }
    }
}

#[test]
fn moments_that_bring_nothing_are_not_asked_for() {
    let mut app = live(SIZE, vec![]);
    app.handle(Event::Tick, NOW);
    let minute = NOW + 60_000 - NOW.rem_euclid(60_000);
    assert_eq!(
        app.next_tick(),
        minute.min(app.link.last_frame_ms + crate::model::link::STALE_MS)
    );
    let app = board();
    assert!(
        app.next_tick() <= NOW + 5_000,
        "what runs moves in steps of five seconds"
    );
    let mut app = board();
    app.handle(Event::Key(Key::of(Code::Esc)), NOW);
    assert!(app.next_tick() > NOW);
}

#[test]
fn one_slow_answer_is_no_slow_line() {
    let mut app = board();
    app.handle(Event::link(LinkEvent::Rtt(900)), NOW);
    assert_eq!(app.link.shown(NOW), Shown::Live);
    app.handle(Event::link(LinkEvent::Rtt(900)), NOW);
    assert_eq!(app.link.shown(NOW), Shown::Slow);
}

#[test]
fn places_in_line_are_asked_for_after_the_queue_moved() {
    let mut app = board();
    let mut started = workflow(
        "q55555555555",
        "dsp-lecture-45",
        "running",
        "t>csprh",
        1.0,
        json!({}),
    );
    feed(&mut app, event(11, "workflow.started", started.clone()));
    assert_eq!(calls(&later(&mut app, 100)), [Call::Workers { daemon: 0 }]);
    let ticket = *app.calls.keys().next().unwrap();
    let queue = json!({"workers": [], "queue": [{"jobId": "r66666666666", "position": 1}]});
    let now = app.now_ms;
    app.handle(
        Event::Reply {
            ticket,
            result: Ok(queue),
        },
        now,
    );
    assert_eq!(app.model.rows["r66666666666"].view.queue_position, Some(1));
    started.progress = 2.0;
    feed(&mut app, event(12, "stage.progress", started));
    assert_eq!(
        calls(&later(&mut app, 5_000)),
        [],
        "nothing moved in the queue"
    );
}

#[test]
fn a_waiting_workflow_under_the_cursor_is_asked_for_its_new_estimate() {
    let mut app = board();
    app.view.active.go_to("q55555555555");
    assert_eq!(
        calls(&later(&mut app, 400)),
        [Call::Show {
            id: "q55555555555".into()
        }]
    );
    let ticket = *app.calls.keys().next().unwrap();
    let mut view = serde_json::to_value(&app.model.rows["q55555555555"].view).unwrap();
    view["queuePosition"] = 7.into();
    let now = app.now_ms;
    app.handle(
        Event::Reply {
            ticket,
            result: Ok(view.clone()),
        },
        now,
    );
    assert_eq!(app.model.rows["q55555555555"].view.queue_position, Some(7));
    view["status"] = "running".into();
    assert!(calls(&later(&mut app, 5_000)).is_empty());
    assert_eq!(calls(&later(&mut app, 5_100)).len(), 1);
    let ticket = *app.calls.keys().next().unwrap();
    let now = app.now_ms;
    app.handle(
        Event::Reply {
            ticket,
            result: Ok(view),
        },
        now,
    );
    assert_eq!(
        app.model.rows["q55555555555"].view.status, "queued",
        "the stream alone tells a state"
    );
}
