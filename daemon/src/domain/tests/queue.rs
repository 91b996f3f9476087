//! The order of the queue.

use super::*;
use crate::domain::ready::rank;
use proptest::prelude::*;

#[test]
fn priority_is_worth_five_minutes_a_step() {
    let mut world = World::with(diamond());
    let before = rank(&world.workflow);
    assert_eq!(
        world.ask(&Command::Prioritise {
            priority: 2,
            by: "ann".to_owned()
        }),
        Ok(true)
    );
    assert_eq!(before - rank(&world.workflow), 600_000);
    assert_eq!(
        world.ask(&Command::Prioritise {
            priority: 2,
            by: "ann".to_owned()
        }),
        Ok(false)
    );
    let far = Command::Prioritise {
        priority: 1001,
        by: "ann".to_owned(),
    };
    assert!(matches!(world.ask(&far), Err(Refusal::Invalid { .. })));
}

proptest! {
    #[test]
    fn an_earlier_one_of_equal_priority_goes_first(early in 0_i64..1_000_000_000, gap in 1_i64..1_000_000_000, priority in -1000_i32..=1000) {
        let mut world = World::with(diamond());
        world.workflow.priority = priority;
        world.workflow.queued_at = Some(Timestamp(early));
        let first = rank(&world.workflow);
        world.workflow.queued_at = Some(Timestamp(early + gap));
        prop_assert!(first < rank(&world.workflow));
    }
}
