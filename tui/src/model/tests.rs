//! Snapshot and events, filters, orders, logs and spans.

use super::filter::Filter;
use super::log::{Level, Line, Log, clean};
use super::order::{SORTS, Sort};
use super::span::{Doing, EventLine, spans};
use super::{Applied, Model, Row};
use crate::app::fixture::{NOW, ago, event, hello, snapshot, workflow, workflows};
use proptest::prelude::*;
use reel_shared::stream::Frame;
use reel_shared::workflow::WorkflowView;
use serde_json::json;
use std::collections::BTreeMap;

fn loaded(seq: u64, views: Vec<WorkflowView>) -> Model {
    let mut model = Model::default();
    model.apply(hello(), NOW);
    model.apply(snapshot(seq, views), NOW);
    model
}

/// What a daemon holds: its snapshot has what is active or failed.
fn snapshot_of(world: &BTreeMap<String, WorkflowView>) -> Vec<WorkflowView> {
    world
        .values()
        .filter(|view| !matches!(view.status.as_str(), "completed" | "cancelled"))
        .cloned()
        .collect()
}

proptest! {
    #[test]
    fn a_snapshot_and_the_events_after_it_are_the_later_snapshot(
        moves in prop::collection::vec((0u8..5, prop::sample::select(vec!["queued", "running", "failed", "completed", "cancelled", "paused", "gone"])), 0..60),
        cut in 0usize..60,
        resent in 0usize..5,
    ) {
        let mut world: BTreeMap<String, WorkflowView> = BTreeMap::new();
        let mut model = loaded(0, vec![]);
        let mut frames = Vec::new();
        for (at, (id, status)) in (1u64..).zip(&moves) {
            let id = format!("id{id}");
            if *status == "gone" {
                world.remove(&id);
                frames.push(Frame::Event { seq: at, timestamp: ago(0), workflow_id: Some(id), kind: "workflow.deleted".into(), data: json!({}), workflow: None });
            } else {
                let view = workflow(&id, &format!("n{at}"), status, "t>c", 0.0, json!({"attempt": at}));
                world.insert(id, view.clone());
                frames.push(event(at, "workflow.moved", view));
            }
        }
        // The line breaks somewhere and some events come again.
        let cut = cut.min(frames.len());
        for frame in frames[..cut].iter().chain(&frames[cut.saturating_sub(resent)..]) {
            let gap = matches!(model.apply(frame.clone(), NOW), Applied::Gap { .. });
            prop_assert!(!gap);
        }
        let later = loaded(frames.len() as u64, snapshot_of(&world));
        prop_assert_eq!(model.rows, later.rows);
        prop_assert_eq!(model.seq, later.seq);
    }

    #[test]
    fn any_text_is_a_filter_or_a_reason(text in ".{0,60}") {
        if let Ok(filter) = Filter::parse(&text) {
            for view in workflows() {
                let _ = filter.matches(&Row::new(view, NOW));
            }
        }
    }

    #[test]
    fn every_order_holds_all_rows_and_is_the_same_twice(at in 0usize..6, reversed: bool) {
        let rows: Vec<Row> = workflows().into_iter().map(|view| Row::new(view, NOW)).collect();
        let mut once: Vec<&Row> = rows.iter().collect();
        let mut twice: Vec<&Row> = rows.iter().rev().collect();
        let sort = Sort { key: SORTS[at].1, reversed };
        once.sort_by(|a, b| sort.order(*a, *b));
        twice.sort_by(|a, b| sort.order(*a, *b));
        prop_assert_eq!(once.iter().map(|row| &row.view.id).collect::<Vec<_>>(), twice.iter().map(|row| &row.view.id).collect::<Vec<_>>());
        prop_assert_eq!(once.len(), rows.len());
    }

    #[test]
    fn cleaned_text_moves_no_cell(text in any::<String>()) {
        prop_assert!(!clean(&text).chars().any(char::is_control));
    }
}

#[test]
fn a_missing_number_is_a_gap_and_changes_nothing() {
    let mut model = loaded(4, workflows());
    let before = model.rows.clone();
    let view = workflow("k3f9a1b2c3d4", "x", "failed", "t!", 0.0, json!({}));
    assert_eq!(
        model.apply(event(6, "workflow.failed", view), NOW),
        Applied::Gap {
            expected: 5,
            got: 6
        }
    );
    assert_eq!((model.rows, model.seq), (before, 4));
}

#[test]
fn after_lagged_events_wait_for_the_snapshot() {
    let mut model = loaded(4, workflows());
    model.apply(Frame::Lagged, NOW);
    let view = workflow("z", "z", "running", "t>", 0.0, json!({}));
    assert_eq!(
        model.apply(event(90, "workflow.started", view.clone()), NOW),
        Applied::Nothing
    );
    assert_eq!(
        model.apply(snapshot(90, vec![view]), NOW),
        Applied::Snapshot { missed: 86 }
    );
    assert_eq!(model.rows.len(), 1);
}

#[test]
fn another_database_begins_its_numbers_anew() {
    let mut model = loaded(400, workflows());
    let Frame::Hello {
        protocol,
        version,
        host,
        seq,
        ..
    } = hello()
    else {
        unreachable!("it is one")
    };
    model.apply(
        Frame::Hello {
            protocol,
            version,
            host,
            instance: "i2".into(),
            seq,
        },
        NOW,
    );
    model.apply(snapshot(3, vec![]), NOW);
    let view = workflow("z", "z", "running", "t>", 0.0, json!({}));
    assert!(matches!(
        model.apply(event(4, "workflow.started", view), NOW),
        Applied::Changed { .. }
    ));
}

#[test]
fn progress_between_events_never_goes_back_within_an_attempt() {
    let mut model = loaded(4, workflows());
    let tick = |progress| Frame::Progress {
        workflow_id: "k3f9a1b2c3d4".into(),
        stage: "processing_video".into(),
        progress,
        workflow_progress: progress,
        message: None,
        eta_seconds: Some(9.0),
    };
    model.apply(tick(80.0), NOW);
    model.apply(tick(70.0), NOW);
    let mut view = workflows().remove(0);
    model.apply(event(5, "stage.progress", view.clone()), NOW);
    assert!((model.rows["k3f9a1b2c3d4"].view.progress - 80.0).abs() < f64::EPSILON);
    view.attempt = 2;
    model.apply(event(6, "workflow.retried", view), NOW);
    assert!((model.rows["k3f9a1b2c3d4"].view.progress - 63.4).abs() < f64::EPSILON);
}

#[test]
fn filters_mean_what_they_say() {
    let rows: Vec<Row> = workflows()
        .into_iter()
        .map(|view| Row::new(view, NOW))
        .collect();
    for (text, count) in [
        ("", 9),
        ("DSP", 3),
        ("!dsp", 6),
        ("status:queued", 2),
        ("dsp status:running", 2),
        ("!status:queued !status:running", 5),
        ("box:box-a", 2),
        ("box:z", 0),
        ("/lecture-4[25]$/", 2),
        ("!/^dsp lecture/", 9),
        ("error:429", 1),
        ("id:k3", 2),
        ("user:ana", 9),
    ] {
        let filter = Filter::parse(text).unwrap();
        assert_eq!(
            rows.iter().filter(|row| filter.matches(*row)).count(),
            count,
            "{text}"
        );
    }
    for (text, said) in [
        ("colour:red", "no field"),
        ("/a(/", "no regular expression"),
        ("/open", "second /"),
        ("status:", "wants a value"),
        ("!", "before a word"),
    ] {
        assert!(Filter::parse(text).unwrap_err().contains(said), "{text}");
    }
}

fn line(offset: u64, stage: &str) -> Line {
    Line {
        offset,
        at_ms: NOW,
        level: Level::Info,
        stage: stage.into(),
        text: String::new(),
    }
}

#[test]
fn interleaved_attempts_are_each_taken_once_and_resumed_from_the_earliest_open_one() {
    let mut log = Log::default();
    for offset in [
        1 << 32,
        (2 << 32),
        (1 << 32) | 1,
        (2 << 32) | 1,
        (2 << 32) | 2,
    ] {
        assert!(log.push(line(offset, if offset >> 32 == 1 { "a" } else { "b" })));
    }
    assert!(!log.push(line((1 << 32) | 1, "a")));
    assert_eq!(log.resume(|_| true), Some((1 << 32) | 2));
    assert_eq!(log.resume(|stage| stage == "b"), Some((2 << 32) | 3));
    assert_eq!(log.resume(|_| false), Some((2 << 32) | 3));
    assert_eq!(Log::default().resume(|_| true), None);
}

#[test]
fn escapes_tabs_and_turning_marks_are_left_out() {
    assert_eq!(
        clean("\u{1b}[31mred\u{1b}[m\tx\r\u{7}\u{202e}y\u{1b}]0;t\u{7}z"),
        "red    xyz"
    );
}

#[test]
fn tries_and_waits_are_told_from_the_events() {
    let row = Row::new(workflow("a", "a", "running", "tc", 0.0, json!({})), NOW);
    let at = |seq: u64, kind: &str, data: serde_json::Value| EventLine {
        seq,
        timestamp: ago(100 - i64::try_from(seq).unwrap()),
        kind: kind.into(),
        data,
    };
    let stage = || json!({"stage": "transcribing"});
    let events = [
        at(1, "stage.started", stage()),
        at(
            11,
            "stage.waiting",
            json!({"stage": "transcribing", "error": {"message": "429"}}),
        ),
        at(21, "stage.ready", stage()),
        at(31, "stage.started", stage()),
        at(
            41,
            "stage.waiting",
            json!({"stage": "transcribing", "wait": {"for": "approval"}}),
        ),
        at(51, "stage.ready", stage()),
        at(61, "stage.started", stage()),
    ];
    let told: Vec<(Doing, i64)> = spans(&row, events.iter())
        .iter()
        .map(|span| {
            (
                span.doing,
                span.to_ms.map_or(-1, |to| (to - span.from_ms) / 1000),
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            (Doing::Failed, 10),
            (Doing::Waited, 10),
            (Doing::Waited, 10),
            (Doing::Ran, 10),
            (Doing::Waited, 10),
            (Doing::Waited, 10),
            (Doing::Ran, -1)
        ]
    );
}
