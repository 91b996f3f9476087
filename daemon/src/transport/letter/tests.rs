//! Letters arrive as they left, and paths are named as where they arrive.

use super::*;
use crate::domain::pipeline::{ErrorClass, ParamKind};
use crate::domain::workflow::{Failure, Question};
use crate::domain::{Outcome, Value, Values};
use std::time::Duration;

fn every_outcome() -> Vec<Outcome> {
    let outputs = Values::from([
        ("n".to_owned(), Value::Int(3)),
        (
            "list".to_owned(),
            Value::List(vec![Value::Null, Value::Bool(true)]),
        ),
    ]);
    let question = Question {
        key: "approve".into(),
        question: "Is it good?".into(),
        kind: ParamKind::Bool,
        options: vec!["a".into()],
        default: Some(Value::from("a")),
        required: true,
    };
    vec![
        Outcome::Completed { outputs },
        Outcome::Failed {
            failure: Failure {
                class: ErrorClass::Stalled,
                code: "stalled".into(),
                message: "nothing moved".into(),
                stage: Some("encode".into()),
                hint: "look".into(),
            },
        },
        Outcome::Parked {
            wait: Duration::from_millis(1500),
            reason: "quota".into(),
            class: Some(ErrorClass::Quota),
        },
        Outcome::NeedsApproval {
            questions: vec![question],
            deadline: Some(Duration::from_secs(9)),
            default: true,
        },
        Outcome::NeedsCallback {
            deadline: Duration::from_secs(60),
            reason: "asked".into(),
            execution_id: Some("e1".into()),
        },
        Outcome::Cancelled,
        Outcome::Lost {
            reason: "gone".into(),
        },
        Outcome::NotBegun,
    ]
}

#[test]
fn every_outcome_arrives_as_it_left() {
    for outcome in every_outcome() {
        let text = serde_json::to_string(&OutcomeDoc::from(&outcome)).unwrap();
        let read: OutcomeDoc = serde_json::from_str(&text).unwrap();
        assert_eq!(read.into_outcome(), Ok(outcome));
    }
}

#[test]
fn a_class_that_is_not_known_here_is_named() {
    let odd = OutcomeDoc::Parked {
        wait_ms: 1,
        reason: String::new(),
        class: Some("moody".into()),
    };
    assert!(odd.into_outcome().unwrap_err().contains("`moody`"));
}

#[test]
fn paths_below_the_senders_data_directory_move_and_others_stay() {
    let mut values = Values::from([
        (
            "sound".to_owned(),
            Value::from("/var/lib/reel/work/w1/a.wav"),
        ),
        ("near".to_owned(), Value::from("/var/lib/reel2/a.wav")),
        ("words".to_owned(), Value::from("see /var/lib/reel/x")),
        (
            "list".to_owned(),
            Value::List(vec![Value::from("/var/lib/reel/media/b.mp4")]),
        ),
    ]);
    order::move_paths(&mut values, "/var/lib/reel", "/srv/r");
    let shown = |key: &str| values[key].to_string();
    assert_eq!(shown("sound"), "/srv/r/work/w1/a.wav");
    assert_eq!(shown("near"), "/var/lib/reel2/a.wav");
    assert_eq!(shown("words"), "see /var/lib/reel/x");
    assert!(shown("list").contains("/srv/r/media/b.mp4"));
}
