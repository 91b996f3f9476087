//! What is packed is there once, in order, and reads as it was told.

use super::*;
use crate::app::fixture::{NOW, ago, workflow};
use crate::model::filter::{Filter, Sieve};
use proptest::prelude::*;
use serde_json::json;

fn row(daemon: usize, id: u8, ended: i64, failed: bool, name: &str) -> Row {
    let more = json!({
        "completedAt": ago(ended), "userId": "ana", "box": "box-b", "labels": {"team": "red", "kind": ""},
        "priority": -3, "attempt": 2,
        "error": failed.then(|| json!({"class": "provider", "code": "quota", "message": "429 of it", "stage": "transcribing", "hint": "wait"})),
    });
    let (status, plan) = if failed {
        ("failed", "TC!sprh")
    } else {
        ("completed", "TCSPRH")
    };
    let view = workflow(&format!("id{id:010}"), name, status, plan, 33.3, more);
    let mut row = Row::of(daemon, view, NOW);
    row.host = "box-a".to_owned();
    row
}

/// As a packed one comes back: without what is not kept.
fn kept(row: &Row) -> Row {
    let mut past = Past::default();
    past.insert(row);
    past.entries().next().map(|entry| entry.to_row()).unwrap()
}

#[test]
fn attempts_and_the_tries_among_them_come_back() {
    for (attempts, tries) in [
        (0, 0),
        (1, 1),
        (63, 63),
        (64, 2),
        (u32::MAX, 0),
        (3, u32::MAX),
    ] {
        let mut whole = row(0, 8, 50, false, "looked at often");
        whole.stages[1].view.attempts = attempts;
        whole.stages[1].view.tries = tries;
        let back = kept(&whole).stages.swap_remove(1).view;
        assert_eq!((back.attempts, back.tries), (attempts, tries));
    }
}

#[test]
fn a_row_comes_back_with_all_that_lists_show() {
    let whole = row(1, 7, 5000, true, "safety briefing");
    let back = kept(&whole);
    assert_eq!(back.key, whole.key);
    assert_eq!(
        (
            back.status,
            back.created_ms,
            back.started_ms,
            back.completed_ms,
            back.updated_ms
        ),
        (
            whole.status,
            whole.created_ms,
            whole.started_ms,
            whole.completed_ms,
            whole.updated_ms
        )
    );
    assert_eq!(
        (&back.view.labels, &back.view.error),
        (&whole.view.labels, &whole.view.error)
    );
    assert_eq!((back.view.priority, back.view.attempt), (-3, 2));
    assert_eq!(
        (
            back.host.as_str(),
            back.view.box_name.as_deref(),
            back.view.user_id.as_str()
        ),
        ("box-a", Some("box-b"), "ana")
    );
    let stages = |row: &Row| {
        row.stages
            .iter()
            .map(|stage| {
                (
                    stage.id.clone(),
                    stage.view.status.clone(),
                    stage.started_ms,
                    stage.completed_ms,
                )
            })
            .collect::<Vec<_>>()
    };
    assert_eq!(stages(&back), stages(&whole));
    for text in [
        "status:failed",
        "name:brief",
        "pipeline:video",
        "user:an",
        "box:box-b",
        "error:429",
        "label:team=red",
        "!label:blue",
        "/^safety/",
    ] {
        let filter = Filter::parse(text).unwrap();
        assert!(filter.matches(&back) && filter.matches(&whole), "{text}");
        let mut past = Past::default();
        past.insert(&whole);
        assert!(past.entries().all(|entry| filter.matches(&entry)), "{text}");
        let mut sieve = Sieve::of(&filter);
        assert!(past.entries().all(|entry| sieve.passes(&entry)), "{text}");
    }
}

proptest! {
    #[test]
    fn each_stands_once_newest_first_as_told_last(
        told in prop::collection::vec((0..2usize, 0..12u8, 0..9000i64, any::<bool>(), "[a-zé]{0,8}"), 0..80),
        forgotten in prop::option::of(0..2usize),
    ) {
        let mut past = Past::default();
        let mut last = std::collections::BTreeMap::new();
        for (daemon, id, ended, failed, name) in told {
            let row = row(daemon, id, ended, failed, &name);
            prop_assert!(past.insert(&row));
            last.insert(row.key.clone(), row);
        }
        if let Some(daemon) = forgotten {
            past.forget(daemon);
            last.retain(|_, row| row.place().0 != daemon);
        }
        prop_assert_eq!(past.len(), last.len());
        let mut before = i64::MAX;
        for entry in past.entries() {
            let row = entry.to_row();
            prop_assert!(row.completed_ms.unwrap() <= before);
            before = row.completed_ms.unwrap();
            let whole = &last[&entry.key()];
            prop_assert_eq!((row.name(), row.completed_ms, row.status), (whole.name(), whole.completed_ms, whole.status));
            prop_assert_eq!(past.find(&entry.key()).map(|found| found.key()), Some(entry.key()));
        }
        prop_assert!(past.find("nobody").is_none());
    }
}

proptest! {
    #[test]
    fn a_sieve_lets_through_what_its_filter_does(
        told in prop::collection::vec((0..2usize, 0..12u8, 0..9000i64, any::<bool>(), "[a-e]{0,3}"), 0..40),
        words in prop::collection::vec("!?(a|ana|vid|fail|comp|id00|zz|user:ana|/b+/)", 0..3),
    ) {
        let mut past = Past::default();
        for (daemon, id, ended, failed, name) in told {
            past.insert(&row(daemon, id, ended, failed, &name));
        }
        let filter = Filter::parse(&words.join(" ")).unwrap();
        let mut sieve = Sieve::of(&filter);
        for entry in past.entries() {
            prop_assert_eq!(sieve.passes(&entry), filter.matches(&entry));
        }
    }
}

#[test]
fn each_takes_about_a_hundred_bytes() {
    let mut past = Past::default();
    for id in 0..200u8 {
        past.insert(&row(
            0,
            id,
            i64::from(id) * 977,
            id % 17 == 0,
            "lecture 7 of course 9",
        ));
    }
    let each = past.bytes.len() / past.len();
    assert!(each < 125, "{each} bytes");
}
