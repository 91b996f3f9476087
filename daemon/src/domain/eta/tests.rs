//! Remaining times and starts against what can be worked out by hand.

use super::*;
use crate::domain::command::Outcome;
use crate::domain::pick::{BoxSlots, Candidate, Place};
use crate::domain::pipeline::Resources;
use crate::domain::tests::{World, diamond, done, stage};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::time::Duration;

fn stats(p50: f64) -> StageStats {
    StageStats {
        count: 9,
        p10: p50 * 0.8,
        p50,
        p90: p50 * 1.5,
    }
}

fn left_of(
    world: &World,
    history: &dyn Fn(usize) -> Option<StageStats>,
    progress: f64,
) -> Option<(f64, f64, f64)> {
    let eta = remaining(&world.workflow, world.now, history, &|_| progress)?;
    Some((eta.low.round(), eta.mid.round(), eta.high.round()))
}

#[test]
fn the_longest_path_counts() {
    let mut world = World::with(diamond());
    let history = |index: usize| Some(stats([100.0, 1000.0, 300.0, 50.0][index]));
    assert_eq!(
        left_of(&world, &history, 0.0),
        Some((920.0, 1150.0, 1725.0))
    );
    world.runs(0, done());
    world.runs(1, done());
    assert_eq!(left_of(&world, &history, 0.0), Some((280.0, 350.0, 525.0)));
}

#[test]
fn progress_counts_the_more_the_further_it_is() {
    let mut world = World::with(vec![stage("a", &[])]);
    world.lease(0);
    world.now = world.now.plus(Duration::from_secs(10));
    let usual = |_| Some(stats(100_000.0));
    assert_eq!(
        left_of(&world, &usual, 0.0).map(|left| left.1),
        Some(90_000.0),
        "the history alone"
    );
    // The tool says 10 s are left, the history 90 s: half and half.
    assert_eq!(
        left_of(&world, &usual, 50.0).map(|left| left.1),
        Some(50_000.0)
    );
    assert_eq!(
        left_of(&world, &|_| None, 50.0).map(|left| left.1),
        Some(10_000.0),
        "the tool alone"
    );
    assert_eq!(left_of(&world, &|_| None, 0.0), None, "nothing is known");
    assert_eq!(left_of(&world, &usual, 100.0), Some((0.0, 0.0, 0.0)));
}

#[test]
fn what_lasts_longer_than_usual_is_not_about_to_end_for_ever() {
    let mut world = World::with(vec![stage("a", &[])]);
    world.lease(0);
    world.now = world.now.plus(Duration::from_secs(100));
    assert_eq!(
        left_of(&world, &|_| Some(stats(10_000.0)), 0.0),
        Some((0.0, 10_000.0, 10_000.0))
    );
}

#[test]
fn a_stage_without_a_history_borrows_by_weight() {
    let mut stages = vec![stage("a", &[]), stage("b", &[0])];
    stages[1].weight = 3.0;
    let world = World::with(stages);
    let history = |index: usize| (index == 0).then(|| stats(1000.0));
    assert_eq!(
        left_of(&world, &history, 0.0).map(|left| left.1),
        Some(4000.0)
    );
}

#[test]
fn waits_count_and_a_person_can_not_be_foretold() {
    let park = Outcome::Parked {
        wait: Duration::from_secs(60),
        reason: String::new(),
        class: None,
    };
    let mut world = World::with(vec![stage("a", &[])]);
    world.runs(0, park);
    let history = |_| Some(stats(1000.0));
    assert_eq!(
        left_of(&world, &history, 0.0).map(|left| left.1),
        Some(61_000.0)
    );
    world.retry().unwrap();
    world.runs(
        0,
        Outcome::NeedsApproval {
            questions: Vec::new(),
            deadline: None,
            default: false,
        },
    );
    assert_eq!(left_of(&world, &history, 0.0), None);
}

#[test]
fn statistics_of_durations() {
    assert_eq!(StageStats::of(&mut []), None);
    let of = StageStats::of(&mut (0..=10).rev().map(f64::from).collect::<Vec<_>>()).unwrap();
    assert_eq!((of.count, of.p10, of.p50, of.p90), (11, 1.0, 5.0, 9.0));
}

fn amounts(cpu: u64) -> Resources {
    Resources::from([("cpu".to_owned(), cpu)])
}

fn waits(cpu: u64, seconds: Option<u64>) -> Waiting {
    let candidate = Candidate {
        workflow: String::new(),
        stage: 0,
        rank: 0,
        wants: amounts(cpu),
        labels: BTreeMap::new(),
        place: Place::Anywhere,
        kind: String::new(),
    };
    Waiting {
        candidate,
        lasts: seconds.map(Duration::from_secs),
    }
}

fn two_slots(used: u64) -> [BoxSlots; 1] {
    [BoxSlots {
        name: "here".to_owned(),
        capacity: amounts(2),
        used: amounts(used),
        labels: BTreeMap::new(),
        accepting: true,
        home: false,
        only_home: false,
        blocked: Default::default(),
    }]
}

fn starts(waiting: &[Waiting], running: &[Running], used: u64) -> Vec<Option<u64>> {
    let starts = queue_starts(waiting, running, &two_slots(used), 10);
    starts
        .into_iter()
        .map(|start| start.map(|start| start.as_secs()))
        .collect()
}

#[test]
fn the_queue_is_played_forward() {
    let running = |seconds: Option<u64>| Running {
        on: 0,
        holds: amounts(1),
        left: seconds.map(Duration::from_secs),
    };
    let queue = [waits(1, Some(10)), waits(2, Some(5)), waits(1, Some(1))];
    assert_eq!(
        starts(&queue, &[running(Some(3)), running(Some(4))], 2),
        [Some(3), Some(13), Some(18)]
    );
    assert_eq!(
        starts(&queue, &[running(None), running(Some(4))], 2),
        [Some(4), None, None]
    );
    assert_eq!(
        starts(&[waits(3, Some(1)), waits(1, None), waits(2, None)], &[], 0),
        [None, Some(0), None]
    );
    assert_eq!(starts(&[], &[running(Some(1))], 1), []);
}

proptest! {
    #[test]
    fn estimates_are_ordered_and_finite(p50 in 0.0_f64..1e9, elapsed in 0_u64..10_000_000, progress in -10.0_f64..200.0) {
        let mut world = World::with(diamond());
        world.lease(0);
        world.now = world.now.plus(Duration::from_millis(elapsed));
        let eta = remaining(&world.workflow, world.now, &|_| Some(stats(p50)), &|_| progress).unwrap();
        prop_assert!(0.0 <= eta.low && eta.low <= eta.mid && eta.mid <= eta.high && eta.high.is_finite());
    }

    #[test]
    fn an_equal_queue_starts_in_its_order(lasts in proptest::collection::vec(0_u64..100, 0..20)) {
        let queue: Vec<Waiting> = lasts.iter().map(|seconds| waits(1, Some(*seconds))).collect();
        let starts = queue_starts(&queue, &[], &two_slots(0), 100);
        prop_assert!(starts.iter().all(Option::is_some));
        prop_assert!(starts.windows(2).all(|two| two[0] <= two[1]));
    }
}
