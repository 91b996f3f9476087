//! Each act by example: pause, cancel, failing, retry.

use super::*;
use crate::domain::ready::{next_due, ready};

#[test]
fn pause_waits_for_the_stage_boundary() {
    let mut world = World::with(diamond());
    world.runs(0, done());
    world.lease(1);
    assert_eq!(world.pause(), Ok(true));
    assert_eq!(
        (world.status(), ready(&world.workflow)),
        ("running", vec![])
    );
    assert_eq!(world.pause(), Ok(false));
    world.ends(1, done());
    assert_eq!(world.status(), "paused");
    assert_eq!(world.resume(), Ok(true));
    assert_eq!(
        (world.status(), ready(&world.workflow)),
        ("running", vec![2])
    );
    assert!(matches!(
        world.resume(),
        Err(Refusal::InvalidTransition { .. })
    ));
}

#[test]
fn a_name_may_change_in_every_state_and_changes_nothing_else() {
    let mut world = World::with(diamond());
    let rename = |name: &str| Command::Rename {
        name: name.to_owned(),
        by: "ann".to_owned(),
    };
    assert_eq!(world.ask(&rename("one")), Ok(true));
    assert_eq!(world.ask(&rename("one")), Ok(false));
    for stage in 0..4 {
        world.runs(stage, done());
    }
    let before = world.workflow.clone();
    assert_eq!(world.status(), "completed");
    assert_eq!(world.ask(&rename("two")), Ok(true));
    let after = Workflow {
        name: before.name.clone(),
        updated_at: before.updated_at,
        ..world.workflow.clone()
    };
    assert_eq!((world.workflow.name.as_str(), after), ("two", before));
}

#[test]
fn a_pause_is_taken_back_while_the_stage_runs() {
    let mut world = World::with(diamond());
    world.lease(0);
    world.pause().unwrap();
    assert_eq!(world.resume(), Ok(true));
    world.ends(0, done());
    assert_eq!(ready(&world.workflow), [1, 2]);
}

#[test]
fn nothing_moves_by_time_while_paused() {
    let mut world = World::with(tries(1));
    world.runs(0, failed(ErrorClass::Provider));
    world.pause().unwrap();
    assert_eq!(
        (
            next_due(&world.workflow),
            world.passes(Duration::from_secs(60))
        ),
        (None, false)
    );
    world.resume().unwrap();
    assert_eq!(world.status(), "waiting");
    assert!(world.passes(Duration::ZERO));
    assert_eq!(world.status(), "running");
}

#[test]
fn cancel_is_over_when_the_processes_are_gone() {
    let mut world = World::with(diamond());
    world.runs(0, done());
    world.lease(1);
    world.lease(2);
    assert_eq!(world.cancel(), Ok(true));
    assert!(matches!(world.workflow.state, State::Cancelling { .. }));
    let asked = [
        Effect::CancelAttempt {
            stage: 1,
            attempt: 1,
        },
        Effect::CancelAttempt {
            stage: 2,
            attempt: 1,
        },
    ];
    assert_eq!(world.effects, asked);
    assert_eq!(world.cancel(), Ok(false));
    world.ends(1, Outcome::Cancelled);
    assert_eq!(world.status(), "running");
    world.ends(2, done());
    assert_eq!(
        (world.status(), world.stages().as_str()),
        ("cancelled", "CXCX")
    );
    assert!(world.effects.contains(&Effect::Ended));
    assert!(
        !world.effects.contains(&Effect::CleanUp),
        "what is done is kept for a retry"
    );
    assert_eq!(world.cancel(), Ok(false));
}

#[test]
fn cancel_without_processes_is_at_once() {
    let mut world = World::with(diamond());
    assert_eq!(world.cancel(), Ok(true));
    assert_eq!(
        (world.status(), world.stages().as_str()),
        ("cancelled", "XXXX")
    );
    assert_eq!(world.effects, [Effect::Ended, Effect::CleanUp]);
}

#[test]
fn a_failure_ends_what_runs_beside_it_before_it_is_told() {
    let mut world = World::with(diamond());
    world.runs(0, done());
    world.lease(1);
    world.lease(2);
    world.ends(1, failed(ErrorClass::Input));
    assert_eq!(world.status(), "running", "a process still holds its slot");
    assert_eq!(
        world.effects,
        [Effect::CancelAttempt {
            stage: 2,
            attempt: 1
        }]
    );
    world.ends(2, Outcome::Cancelled);
    assert_eq!(
        (world.status(), world.stages().as_str()),
        ("failed", "CFXX")
    );
    assert_eq!(world.failure().stage.as_deref(), Some("b"));
}

#[test]
fn a_cancel_stands_above_a_failure_that_is_still_settling() {
    let mut world = World::with(diamond());
    world.runs(0, done());
    world.lease(1);
    world.lease(2);
    world.ends(1, failed(ErrorClass::Input));
    assert_eq!(world.cancel(), Ok(true));
    world.ends(2, Outcome::Cancelled);
    assert_eq!(world.status(), "cancelled");
}

#[test]
fn retry_keeps_what_is_done() {
    let mut world = World::with(diamond());
    world.runs(0, done());
    world.runs(1, failed(ErrorClass::Input));
    assert_eq!(world.stages(), "CFXX");
    assert_eq!(world.retry(), Ok(true));
    assert_eq!(
        (
            world.status(),
            world.stages().as_str(),
            world.workflow.attempt
        ),
        ("queued", "Cppp", 2)
    );
    assert_eq!(ready(&world.workflow), [1, 2]);
    assert_eq!(world.workflow.completed_at, None);
    world.lease(1);
    assert_eq!(world.workflow.stages[1].attempts, 2, "numbers count on");
}

#[test]
fn retry_from_a_stage_redoes_what_needs_it() {
    let mut world = World::with(diamond());
    for index in 0..3 {
        world.runs(index, done());
    }
    world.runs(3, failed(ErrorClass::Input));
    world.retry_from("b").unwrap();
    assert_eq!(world.stages(), "CpCp");
    assert!(matches!(
        world.retry_from("b"),
        Err(Refusal::InvalidTransition { .. })
    ));
    world.cancel().unwrap();
    match world.retry_from("bb") {
        Err(Refusal::Invalid { field, problem }) => {
            assert_eq!(
                (field.as_str(), problem.as_str()),
                ("from", "no stage `bb`; did you mean `b`?")
            );
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn retry_with_other_parameters_plans_anew() {
    let mut world = World::with(vec![stage("a", &[]), when_loud(stage("b", &[0]), false)]);
    assert_eq!(world.stages(), "pS");
    world.runs(0, failed(ErrorClass::Input));
    let params = Values::from([("loud".to_owned(), Value::Bool(true))]);
    world
        .ask(&Command::Retry {
            from: None,
            params,
            by: "ann".to_owned(),
        })
        .unwrap();
    assert_eq!(world.stages(), "pp");
}

#[test]
fn retry_ends_a_wait_for_time() {
    let mut world = World::with(tries(1));
    world.runs(0, failed(ErrorClass::Provider));
    let edited = Command::Retry {
        from: Some("a".to_owned()),
        params: Values::new(),
        by: "ann".to_owned(),
    };
    assert!(matches!(world.ask(&edited), Err(Refusal::Invalid { .. })));
    assert_eq!(world.retry(), Ok(true));
    assert_eq!((world.status(), world.workflow.attempt), ("running", 1));
}
