//! Every kind of wait, and whom it names.

use super::*;
use crate::domain::command::{Command, DependencyState, Outcome, Submit};
use crate::domain::tests::{
    NOON, World, depends, diamond, done, failed, pipeline, stage, submit_of,
};
use crate::domain::value::Values;
use std::collections::BTreeMap;
use std::time::Duration;

fn slots(name: &str, cpu: u64, used: u64) -> BoxSlots {
    BoxSlots {
        name: name.to_owned(),
        capacity: Resources::from([("cpu".to_owned(), cpu)]),
        used: Resources::from([("cpu".to_owned(), used)]),
        labels: BTreeMap::new(),
        accepting: true,
        home: false,
        only_home: false,
        blocked: Default::default(),
    }
}

fn told(world: &World, context: &Context<'_>) -> Option<(WaitKind, String, Option<Timestamp>)> {
    why(&world.workflow, context).map(|one| (one.kind, one.message, one.until))
}

fn kind(world: &World) -> Option<(&'static str, Option<Timestamp>)> {
    why(&world.workflow, &Context::default()).map(|one| (one.kind.word(), one.until))
}

#[test]
fn a_slot_names_its_holders_and_the_queue() {
    let boxes = [slots("here", 2, 2)];
    let holder = |id: &str| Holder {
        workflow: id.to_owned(),
        stage: "a".to_owned(),
        box_name: "here".to_owned(),
        holds: Resources::from([("cpu".to_owned(), 1)]),
    };
    let holders = [holder("x"), holder("y")];
    let ahead = ["v".to_owned()];
    let context = Context {
        boxes: &boxes,
        closed: &[None],
        holders: &holders,
        position: Some(2),
        ahead: &ahead,
        starts_about: Some(NOON),
    };
    let message = "no cpu is free; held by `x`, `y`; number 2 in the queue, after `v`".to_owned();
    assert_eq!(
        told(&World::with(diamond()), &context),
        Some((WaitKind::Slot, message, Some(NOON)))
    );
    let free = [slots("here", 2, 0)];
    let message =
        "what is free is kept for those ahead; number 2 in the queue, after `v`".to_owned();
    let kept = told(
        &World::with(diamond()),
        &Context {
            boxes: &free,
            ..context
        },
    );
    assert_eq!(kept, Some((WaitKind::Slot, message, Some(NOON))));
}

#[test]
fn a_box_that_is_missing_or_closed_is_named() {
    let mut large = stage("a", &[]);
    large.resources = Resources::from([("gpu".to_owned(), 1)]);
    let boxes = [slots("here", 2, 0)];
    let context = Context {
        boxes: &boxes,
        ..Context::default()
    };
    let (found, message, _) = told(&World::with(vec![large]), &context).unwrap();
    assert_eq!(found, WaitKind::Box);
    assert!(
        message.starts_with("no box offers gpu = 1 (`here`: cpu = 2)"),
        "{message}"
    );
    for (closed, kind, says) in [
        (Closed::Drained, WaitKind::Box, "`here` is drained"),
        (Closed::LowDisk, WaitKind::Box, "low on disk"),
        (Closed::Silent, WaitKind::Box, "not been heard of"),
        (Closed::Window { until: NOON }, WaitKind::Time, "window"),
    ] {
        let closed = [Some(closed)];
        let (found, message, until) = told(
            &World::with(diamond()),
            &Context {
                closed: &closed,
                ..context
            },
        )
        .unwrap();
        assert_eq!((found, until.is_some()), (kind, kind == WaitKind::Time));
        assert!(message.contains(says), "{message}");
    }
}

#[test]
fn each_state_has_its_kind() {
    let base = || submit_of(pipeline(diamond()));
    let at = NOON.plus(Duration::from_secs(60));
    let patient = Some(Duration::from_secs(60));
    let mut unclear = base();
    unclear.params = Values::new();
    unclear.gate_deadline = patient;
    unclear.plan = std::sync::Arc::new(crate::domain::Pipeline {
        clarify: true,
        ..pipeline(diamond())
    });
    assert_eq!(kind(&World::of(unclear)), Some(("approval", Some(at))));
    let unconfirmed = Submit {
        wants_confirmation: true,
        ..base()
    };
    assert_eq!(kind(&World::of(unconfirmed)), Some(("approval", None)));
    let blocked = Submit {
        depends_on: vec![depends("x", DependencyState::Open)],
        ..base()
    };
    assert_eq!(kind(&World::of(blocked)), Some(("dependency", None)));
    assert_eq!(
        kind(&World::of(Submit {
            not_before: Some(at),
            ..base()
        })),
        Some(("time", Some(at)))
    );
    let mut world = World::of(base());
    world.lease(0);
    assert_eq!(kind(&world), None, "it runs");
    world.pause().unwrap();
    world.ends(0, done());
    assert_eq!(
        kind(&world),
        Some(("approval", None)),
        "paused: a person lets it on"
    );
    world.cancel().unwrap();
    assert_eq!(kind(&world), None, "it has ended");
}

#[test]
fn waiting_stages_tell_what_for() {
    let park = |class| Outcome::Parked {
        wait: Duration::from_secs(60),
        reason: "full".to_owned(),
        class,
    };
    let approve = Outcome::NeedsApproval {
        questions: Vec::new(),
        deadline: None,
        default: false,
    };
    let callback = Outcome::NeedsCallback {
        deadline: Duration::from_secs(60),
        reason: String::new(),
        execution_id: None,
    };
    let at = Some(NOON.plus(Duration::from_secs(60)));
    for (outcome, wanted) in [
        (park(Some(crate::domain::ErrorClass::Quota)), ("quota", at)),
        (
            park(Some(crate::domain::ErrorClass::RateLimit)),
            ("time", at),
        ),
        (park(None), ("time", at)),
        (approve, ("approval", None)),
        (callback, ("callback", at)),
    ] {
        let mut world = World::with(vec![stage("a", &[])]);
        world.runs(0, outcome);
        assert_eq!(kind(&world), Some(wanted));
    }
}

#[test]
fn a_retry_tells_what_failed_and_which_try_follows() {
    let mut spec = stage("a", &[]);
    spec.retry.times = 3;
    let mut world = World::with(vec![spec]);
    world.runs(0, failed(crate::domain::ErrorClass::Network));
    let (_, message, _) = told(&world, &Context::default()).unwrap();
    assert_eq!(message, "`a` failed: it broke; try 2 of 4 follows");
}

#[test]
fn of_several_waits_a_persons_leads_and_all_are_told() {
    let mut world = World::with(vec![stage("a", &[]), stage("b", &[])]);
    world.runs(
        0,
        Outcome::Parked {
            wait: Duration::from_secs(60),
            reason: "full".to_owned(),
            class: None,
        },
    );
    world.runs(
        1,
        Outcome::NeedsApproval {
            questions: Vec::new(),
            deadline: None,
            default: false,
        },
    );
    let (kind, message, _) = told(&world, &Context::default()).unwrap();
    assert_eq!(kind, WaitKind::Approval);
    assert_eq!(message, "`b` wants an answer; `a` goes on by itself: full");
    world
        .ask(&Command::Confirm {
            confirmed: true,
            stage: None,
            by: "ann".to_owned(),
        })
        .unwrap();
    let (kind, _, _) = told(
        &world,
        &Context {
            boxes: &[slots("here", 2, 0)],
            ..Context::default()
        },
    )
    .unwrap();
    assert_eq!(kind, WaitKind::Slot);
}
