//! The printed shape: what is left out, rounded, ordered.

use super::*;
use crate::domain::pipeline::RetryPolicy;
use crate::domain::workflow::Lease;
use crate::domain::{Submit, Timestamp, create};
use std::sync::Arc;
use std::time::Duration;

fn any() -> Workflow {
    let defaults = crate::pipeline::Defaults {
        retry: RetryPolicy {
            times: 0,
            first: Duration::from_secs(1),
            max: Duration::from_secs(1),
        },
    };
    let text = "description = \"x\"\n[[stages]]\nid = \"a\"\ntitle = \"First\"\nrun = [\"true\"]\n[[stages]]\nid = \"b\"\nrun = [\"true\"]\n";
    let plan = Arc::new(crate::pipeline::parse("x", text, "test", &defaults).unwrap());
    let submit = Submit {
        user: "anna".into(),
        surface: "workflow".into(),
        request_id: "r".into(),
        ..Submit::of("cm1", plan)
    };
    create(&submit, Timestamp(1_000))
}

#[test]
fn progress_has_one_decimal_and_is_100_only_at_the_end() {
    assert_eq!(shown(33.39, false), 33.3);
    assert_eq!(shown(99.99, false), 99.9);
    assert_eq!(shown(100.0, false), 99.9);
    assert_eq!(shown(12.0, true), 100.0);
}

#[test]
fn what_is_not_there_is_left_out() {
    let view = serde_json::to_value(workflow(&any(), &Live::default())).unwrap();
    for absent in [
        "completedAt",
        "estimatedTimeRemaining",
        "queuePosition",
        "error",
        "box",
        "cancelling",
        "message",
    ] {
        assert!(view.get(absent).is_none(), "{absent}: {view}");
    }
    assert_eq!(view["startedAt"], view["createdAt"]);
    assert_eq!(
        (&view["logs"], &view["gates"], &view["outputs"]),
        (
            &serde_json::json!([]),
            &serde_json::json!([]),
            &serde_json::json!({})
        )
    );
}

#[test]
fn stages_stand_in_the_pipelines_order_with_the_titles_and_needs() {
    let mut flow = any();
    flow.stages[0].state = StageState::InProgress(Lease {
        attempt: 1,
        ordinal: 0,
        box_name: "box-a".into(),
        since: Timestamp(2_000),
    });
    let live = Live {
        stage_progress: vec![12.34, 0.0],
        progress: Some(6.17),
        ..Live::default()
    };
    let view = workflow(&flow, &live);
    assert_eq!(view.current_state, "a");
    assert_eq!(view.box_name.as_deref(), Some("box-a"));
    assert_eq!(view.progress, 6.1);
    let stages: Vec<_> = view.stage_views().collect();
    assert_eq!(
        (
            stages[0].0,
            stages[0].1.title.as_str(),
            stages[0].1.progress
        ),
        ("a", "First", 12.3)
    );
    assert_eq!(
        stages[0].1.started_at.as_deref(),
        Some("1970-01-01T00:00:02.000Z")
    );
    assert_eq!(stages[1].1.needs, ["a"]);
}
