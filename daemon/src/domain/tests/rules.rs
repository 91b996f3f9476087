//! Each rule by example: graph, tries, parks, losses, dependencies, late messages, callbacks, outputs, bad submits.

use super::*;
use crate::domain::ready::{next_due, ready};

#[test]
fn what_can_run_at_once_does() {
    let mut world = World::with(diamond());
    assert_eq!(
        (world.status(), ready(&world.workflow)),
        ("queued", vec![0])
    );
    world.runs(0, done());
    assert_eq!(
        (world.status(), ready(&world.workflow)),
        ("running", vec![1, 2])
    );
    world.lease(1);
    world.lease(2);
    world.ends(2, done());
    assert!(ready(&world.workflow).is_empty());
    world.ends(1, done());
    assert_eq!(ready(&world.workflow), [3]);
    world.runs(3, done());
    assert_eq!(
        (world.status(), world.workflow.progress),
        ("completed", 100.0)
    );
    assert_eq!(world.effects, [Effect::Ended, Effect::CleanUp]);
}

#[test]
fn a_failure_is_tried_again_after_doubling_waits() {
    let mut world = World::with(tries(2));
    for wait in [5, 10] {
        world.runs(0, failed(ErrorClass::Network));
        assert_eq!((world.status(), world.stages().as_str()), ("waiting", "w"));
        assert_eq!(
            next_due(&world.workflow),
            Some(world.now.plus(Duration::from_secs(wait)))
        );
        assert!(
            !world.passes(Duration::from_millis(wait * 1000 - 1)),
            "not early"
        );
        assert!(world.passes(Duration::from_millis(1)));
        assert_eq!(world.status(), "running");
    }
    world.runs(0, failed(ErrorClass::Network));
    assert_eq!(
        (world.status(), world.failure().stage.as_deref()),
        ("failed", Some("a"))
    );
    assert_eq!(world.workflow.stages[0].attempts, 3);
}

#[test]
fn what_another_try_can_not_help_fails_at_once() {
    for class in [
        ErrorClass::Config,
        ErrorClass::Input,
        ErrorClass::Dependency,
        ErrorClass::Rejected,
    ] {
        let mut world = World::with(tries(3));
        world.runs(0, failed(class));
        assert_eq!((world.status(), world.failure().class), ("failed", class));
    }
}

#[test]
fn a_quota_parks_and_spends_no_try() {
    let mut world = World::with(tries(0));
    let park = |class| Outcome::Parked {
        wait: Duration::from_secs(60),
        reason: "full".to_owned(),
        class,
    };
    for outcome in [
        park(Some(ErrorClass::Quota)),
        park(None),
        failed(ErrorClass::RateLimit),
        failed(ErrorClass::Quota),
        park(Some(ErrorClass::RateLimit)),
    ] {
        world.runs(0, outcome);
        assert_eq!(
            (world.status(), ready(&world.workflow).len()),
            ("waiting", 0)
        );
        assert!(world.passes(Duration::from_secs(3600)));
    }
    assert_eq!(world.workflow.stages[0].tries, 0);
    world.runs(0, done());
    assert_eq!(world.status(), "completed");
}

#[test]
fn the_third_loss_fails() {
    let mut world = World::with(tries(0));
    for loss in 1..=2 {
        world.runs(
            0,
            Outcome::Lost {
                reason: "gone".to_owned(),
            },
        );
        assert_eq!(
            (world.status(), world.workflow.stages[0].losses),
            ("running", loss)
        );
    }
    world.runs(0, Outcome::NotBegun);
    assert_eq!(
        world.workflow.stages[0].losses, 2,
        "an attempt that never began is no loss"
    );
    world.runs(
        0,
        Outcome::Lost {
            reason: "gone".to_owned(),
        },
    );
    assert_eq!(world.failure().class, ErrorClass::Lost);
    assert_eq!(
        world.workflow.stages[0].attempts, 4,
        "every lease has a number of its own"
    );
}

#[test]
fn an_optional_stage_fails_nothing_else() {
    let mut stages = diamond();
    stages[1].optional = true;
    let mut world = World::with(stages);
    world.runs(0, done());
    world.runs(1, failed(ErrorClass::Input));
    world.runs(2, done());
    world.runs(3, done());
    assert_eq!(
        (world.status(), world.stages().as_str()),
        ("completed", "CFCC")
    );
}

#[test]
fn stages_whose_condition_does_not_hold_are_skipped() {
    let stages = vec![
        when_loud(stage("a", &[]), false),
        when_loud(stage("b", &[0]), true),
        stage("c", &[1]),
    ];
    let mut world = World::with(stages);
    assert_eq!(
        (world.stages().as_str(), ready(&world.workflow)),
        ("Spp", vec![1])
    );
    world.runs(1, done());
    assert!(
        world.workflow.progress > 49.0,
        "a skipped stage weighs nothing: {}",
        world.workflow.progress
    );
    let nothing = World::with(vec![when_loud(stage("a", &[]), false)]);
    assert_eq!(
        (nothing.status(), nothing.workflow.progress),
        ("completed", 100.0)
    );
}

#[test]
fn dependencies_and_start_time_come_before_the_queue() {
    let start = NOON.plus(Duration::from_secs(100));
    let mut world = World::of(Submit {
        depends_on: vec![
            depends("x", DependencyState::Open),
            depends("y", DependencyState::Completed),
        ],
        not_before: Some(start),
        ..submit_of(pipeline(diamond()))
    });
    assert_eq!(world.status(), "blocked");
    let met = Command::DependencyEnded {
        id: "x".to_owned(),
        completed: true,
    };
    assert_eq!(world.ask(&met), Ok(true));
    assert_eq!(
        (world.status(), next_due(&world.workflow)),
        ("scheduled", Some(start))
    );
    assert_eq!(world.ask(&met), Ok(false));
    assert!(world.passes(Duration::from_secs(100)));
    assert_eq!(
        (world.status(), world.workflow.queued_at),
        ("queued", Some(start))
    );
}

#[test]
fn a_dependency_that_does_not_complete_fails_what_waits_for_it() {
    let base = || submit_of(pipeline(diamond()));
    let at_once = World::of(Submit {
        depends_on: vec![depends("x", DependencyState::Ended)],
        ..base()
    });
    assert_eq!(
        (at_once.status(), at_once.failure().class),
        ("failed", ErrorClass::Dependency)
    );
    let mut later = World::of(Submit {
        depends_on: vec![depends("x", DependencyState::Open)],
        ..base()
    });
    later.pause().unwrap();
    let ended = Command::DependencyEnded {
        id: "x".to_owned(),
        completed: false,
    };
    assert_eq!(later.ask(&ended), Ok(true));
    assert_eq!(later.failure().class, ErrorClass::Dependency);
    later.retry().unwrap();
    assert_eq!(later.status(), "blocked");
    assert_eq!(later.effects.last(), Some(&Effect::LookUpDependencies));
}

#[test]
fn what_an_old_attempt_says_changes_nothing() {
    let mut world = World::with(tries(0));
    world.lease(0);
    world.ends(
        0,
        Outcome::Lost {
            reason: "gone".to_owned(),
        },
    );
    world.lease(0);
    let late = Command::Ended {
        stage: 0,
        attempt: 1,
        started_at: None,
        outcome: done(),
        jitter: 0.0,
    };
    assert_eq!(world.ask(&late), Err(Refusal::StaleAttempt { attempt: 1 }));
    let report = Command::Progress {
        stage: 0,
        attempt: 1,
        progress: 90.0,
        message: None,
    };
    assert_eq!(
        world.ask(&report),
        Err(Refusal::StaleAttempt { attempt: 1 })
    );
    let nowhere = Command::Ended {
        stage: 7,
        attempt: 1,
        started_at: None,
        outcome: done(),
        jitter: 0.0,
    };
    assert_eq!(
        world.ask(&nowhere),
        Err(Refusal::StaleAttempt { attempt: 1 })
    );
}

#[test]
fn a_callback_ends_its_stage_and_its_failure_is_final() {
    let mut world = World::with(tries(3));
    let waits = || Outcome::NeedsCallback {
        deadline: Duration::from_secs(60),
        reason: "n8n".to_owned(),
        execution_id: Some("exec_1".to_owned()),
    };
    world.runs(0, waits());
    assert_eq!(world.status(), "waiting");
    assert_eq!(world.workflow.execution_id.as_deref(), Some("exec_1"));
    world.pause().unwrap();
    world.ends(0, failed(ErrorClass::Provider));
    assert_eq!(
        (world.status(), world.failure().class),
        ("failed", ErrorClass::Provider)
    );
    world.retry().unwrap();
    world.runs(0, waits());
    assert!(world.passes(Duration::from_secs(60)));
    assert_eq!(world.failure().class, ErrorClass::Timeout);
    world.retry().unwrap();
    world.runs(0, waits());
    world.ends(0, done());
    assert_eq!(world.status(), "completed");
}

#[test]
fn outputs_reach_the_workflow() {
    let given = |key: &str| Value::Map(Values::from([(key.to_owned(), Value::from("x"))]));
    let outputs = |key: &str| {
        Values::from([
            ("workflow".to_owned(), given(key)),
            ("own".to_owned(), Value::Int(1)),
        ])
    };
    let mut world = World::with(vec![stage("a", &[]), stage("b", &[0])]);
    world.runs(
        0,
        Outcome::Completed {
            outputs: outputs("one"),
        },
    );
    world.runs(
        1,
        Outcome::Completed {
            outputs: outputs("two"),
        },
    );
    assert_eq!(
        world.workflow.outputs.keys().collect::<Vec<_>>(),
        ["one", "two"]
    );
    assert_eq!(
        world.workflow.stages[0]
            .own_outputs()
            .map(|(key, _)| key)
            .collect::<Vec<_>>(),
        ["own"]
    );
    let mut alone = World::with(vec![stage("a", &[])]);
    alone.runs(
        0,
        Outcome::Completed {
            outputs: outputs("one"),
        },
    );
    assert_eq!(
        alone.workflow.outputs.keys().collect::<Vec<_>>(),
        ["one", "own"]
    );
}

#[test]
fn bad_submits_are_refused_by_field() {
    let field = |submit_: Submit| match submit(&submit_, NOON) {
        Err(Refusal::Invalid { field, .. }) => field,
        other => panic!("{other:?}"),
    };
    let base = || submit_of(pipeline(diamond()));
    for id in ["", "a b", "active", "ä", &"x".repeat(65)] {
        assert_eq!(
            field(Submit {
                id: id.to_owned(),
                ..base()
            }),
            "id"
        );
    }
    assert_eq!(
        field(Submit {
            priority: -1001,
            ..base()
        }),
        "priority"
    );
    assert_eq!(
        field(Submit {
            params: Values::new(),
            ..base()
        }),
        "params.word"
    );
    assert_eq!(
        field(Submit {
            depends_on: vec![depends("w1", DependencyState::Open)],
            ..base()
        }),
        "dependsOn"
    );
}
