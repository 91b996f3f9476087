//! More time for open gates: what moves, what is refused, and when they end then.

use super::gates::{approval, asking};
use super::*;
use crate::domain::command::Extension;
use crate::domain::ready::next_due;

fn extended(world: &mut World, extension: Extension, stage: Option<&str>) -> Result<bool, Refusal> {
    world.ask(&Command::Extend {
        extension,
        stage: stage.map(str::to_owned),
        by: "ann".to_owned(),
    })
}

#[test]
fn a_gate_is_given_more_time_and_ends_at_the_later_moment() {
    let mut world = World::of(asking());
    let minute = Duration::from_secs(60);
    assert_eq!(extended(&mut world, Extension::By(minute), None), Ok(true));
    assert_eq!(next_due(&world.workflow), Some(NOON.plus(2 * minute)));
    let same = Extension::Until(NOON.plus(2 * minute));
    assert_eq!(extended(&mut world, same, None), Ok(false));
    for (wrong, field, said) in [
        (Extension::Until(NOON), "until", "past"),
        (
            Extension::Until(NOON.plus(minute)),
            "until",
            "only moves away",
        ),
        (Extension::By(Duration::from_secs(1 << 40)), "by", "a year"),
    ] {
        let refused = extended(&mut world, wrong, None).unwrap_err();
        let Refusal::Invalid {
            field: told,
            problem,
        } = &refused
        else {
            panic!("{refused:?}")
        };
        assert!(told == field && problem.contains(said), "{refused:?}");
    }
    assert!(extended(&mut world, Extension::By(minute), Some("a")).is_err());
    world.passes(minute);
    assert_eq!(world.status(), "pending_clarification");
    world.passes(minute);
    assert_eq!(world.status(), "failed");
    assert!(matches!(
        extended(&mut world, Extension::By(minute), None),
        Err(Refusal::InvalidTransition { .. })
    ));
}

#[test]
fn an_approval_is_given_more_time_and_one_without_a_deadline_needs_none() {
    let mut world = World::with(vec![stage("a", &[])]);
    let minute = Duration::from_secs(60);
    world.runs(0, approval(true, Vec::new()));
    let until = Extension::Until(NOON.plus(5 * minute));
    assert_eq!(extended(&mut world, until, Some("a")), Ok(true));
    world.passes(4 * minute);
    assert_eq!(world.status(), "waiting");
    assert!(extended(&mut world, until, Some("b")).is_err());
    world.passes(minute);
    assert_eq!(world.workflow.answers[0].by, "deadline");

    let mut world = World::of(Submit {
        gate_deadline: None,
        ..asking()
    });
    let refused = extended(&mut world, until, None).unwrap_err();
    assert!(refused.to_string().contains("no deadline"), "{refused}");
}
