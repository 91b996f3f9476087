//! Ways that break, and lives that end: nothing is lost, nothing is done twice.

use super::orders::Yard;
use super::sides::{Remote, Side};
use reeld::domain::Outcome;
use reeld::transport::letter::Rest;
use reeld::transport::link::MemoryLink;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

fn over(link: &MemoryLink) -> impl Fn() -> Arc<dyn reeld::transport::link::Link> + 'static {
    let link = link.clone();
    move || Arc::new(link.clone())
}

#[test]
fn what_ends_while_nothing_is_reached_is_told_afterwards() {
    let (link, yard) = (MemoryLink::default(), Yard::new());
    let side = Remote::start(over(&link));
    let script = ": > YARD/ready; read x < YARD/go; echo said; echo key=v > $REEL_OUTPUT; echo ran >> YARD/ran";
    side.runner().start(vec![yard.script("w1", script)]);
    yard.wait_until_ready();
    link.cut(true);
    yard.go();
    // The end is in the ledger: nothing is busy any more.
    let mut busy = side.worker.as_ref().unwrap().busy();
    side.runtime
        .block_on(busy.wait_for(|busy| *busy == 0))
        .unwrap();
    link.cut(false);
    assert!(matches!(side.end(), (id, Outcome::Completed { .. }) if id == "w1"));
    assert_eq!(
        (side.log("w1"), yard.lines("ran")),
        (vec!["said".to_owned()], 1)
    );
}

#[test]
fn all_of_the_carrier_may_be_lost_at_any_moment() {
    let (link, yard) = (MemoryLink::default(), Yard::new());
    let side = Remote::start_with(over(&link), Duration::from_secs(5));
    let orders = (0..40).map(|n| yard.script(&format!("w{n}"), "echo ran >> YARD/ran; echo said"));
    let runner = side.runner();
    for order in orders {
        runner.start(vec![order]);
        link.flush();
    }
    let mut ends = BTreeSet::new();
    while ends.len() < 40 {
        ends.insert(side.end().0);
        link.flush();
    }
    assert_eq!(yard.lines("ran"), 40);
    assert!((0..40).all(|n| side.log(&format!("w{n}")) == ["said"]));
}

#[test]
fn an_end_that_nobody_heard_is_told_by_the_next_life() {
    let (link, yard) = (MemoryLink::default(), Yard::new());
    let mut side = Remote::start(over(&link));
    side.runner().start(vec![yard.script(
        "w1",
        ": > YARD/ready; read x < YARD/go; echo ran >> YARD/ran",
    )]);
    yard.wait_until_ready();
    link.cut(true);
    yard.go();
    let mut busy = side.worker.as_ref().unwrap().busy();
    side.runtime
        .block_on(busy.wait_for(|busy| *busy == 0))
        .unwrap();
    side.end_worker();
    link.flush();
    link.cut(false);
    side.begin();
    assert!(matches!(side.end(), (id, Outcome::Completed { .. }) if id == "w1"));
    assert_eq!(yard.lines("ran"), 1);
    side.wait_for_beat(|beat| beat.holds.is_empty());
}

#[test]
fn a_box_that_is_cut_off_ends_what_it_runs() {
    let (link, yard) = (MemoryLink::default(), Yard::new());
    let side = Remote::start_with(over(&link), Duration::from_millis(1500));
    let holds = |id: &str| yard.script(id, ": > YARD/ready; sleep 1000");
    side.runner()
        .start(vec![holds("w1"), holds("w2"), yard.script("w3", "true")]);
    yard.wait_until_ready();
    side.wait_for_beat(|beat| beat.holds.len() == 3);
    link.cut(true);
    let mut busy = side.worker.as_ref().unwrap().busy();
    side.runtime
        .block_on(busy.wait_for(|busy| *busy == 0))
        .unwrap();
    link.cut(false);
    let mut ends: Vec<_> = (0..3).map(|_| side.end()).collect();
    ends.sort_by(|one, other| one.0.cmp(&other.0));
    let is_lost = |outcome: &Outcome| matches!(outcome, Outcome::Lost { reason } if reason.contains("cut off"));
    assert!(is_lost(&ends[0].1) && is_lost(&ends[1].1), "{ends:?}");
    assert_eq!(ends[2].1, Outcome::NotBegun);
}

#[test]
fn what_is_not_leased_here_any_more_is_ended_and_refused() {
    let (link, yard) = (MemoryLink::default(), Yard::new());
    let side = Remote::start_with(over(&link), Duration::from_secs(5));
    let order = yard.script("w1", ": > YARD/ready; sleep 1000");
    let key = order.key();
    side.runner().start(vec![order]);
    yard.wait_until_ready();
    side.lead.take_away(&key);
    let mut refused = side.lead.refused();
    side.runtime
        .block_on(refused.wait_for(|count| *count == 1))
        .unwrap();
    side.wait_for_beat(|beat| beat.holds.is_empty());
}

#[test]
fn a_worker_that_is_drained_hands_back_what_it_can_not_finish() {
    let (link, yard) = (MemoryLink::default(), Yard::new());
    let side = Remote::start_with(over(&link), Duration::from_secs(5));
    let finishes = yard.script("w1", ": > YARD/ready; read x < YARD/go");
    let stays = yard.script("w2", "sleep 1000");
    side.runner()
        .start(vec![finishes, stays, yard.script("w3", "true")]);
    yard.wait_until_ready();
    side.wait_for_beat(|beat| beat.holds.len() == 3);
    let worker = side.worker.as_ref().unwrap();
    let drained = async {
        tokio::join!(worker.drain(Duration::from_secs(2)), async {
            let mut beats = side.lead.beats();
            let rests = beats.wait_for(|beat| {
                beat.as_ref()
                    .is_some_and(|beat| beat.rests == Some(Rest::Stopping))
            });
            rests.await.unwrap();
            yard.go();
        });
    };
    side.runtime.block_on(drained);
    let mut ends: Vec<_> = (0..3).map(|_| side.end()).collect();
    ends.sort_by(|one, other| one.0.cmp(&other.0));
    assert!(matches!(ends[0].1, Outcome::Completed { .. }), "{ends:?}");
    assert!(
        matches!(&ends[1].1, Outcome::Lost { reason } if reason.contains("stopped")),
        "{ends:?}"
    );
    assert_eq!(ends[2].1, Outcome::NotBegun);
}

#[test]
fn what_a_stage_made_is_offered_before_its_end_is_told() {
    let (link, yard) = (MemoryLink::default(), Yard::new());
    let side = Remote::start(over(&link));
    let script =
        "mkdir -p made; echo film > made/film; echo place=$REEL_WORKDIR/made/film > $REEL_OUTPUT";
    side.runner().start(vec![yard.script("w1", script)]);
    let Outcome::Completed { outputs } = side.end().1 else {
        unreachable!()
    };
    assert_eq!(*side.lead.offered().borrow(), ["work/w1/made/film"]);
    // Named as at home.
    assert_eq!(
        outputs["place"].to_string(),
        "/coordinator/work/w1/made/film"
    );
}

#[test]
fn what_nobody_takes_home_can_be_cancelled_and_is_offered_by_the_next_life() {
    let (link, yard) = (MemoryLink::default(), Yard::new());
    let mut side = Remote::start_with(over(&link), Duration::from_secs(5));
    side.lead.take_no_files(true);
    let orders = ["w1", "w2"].map(|id| {
        yard.script(
            id,
            "mkdir -p made; echo film > made/film; echo ran >> YARD/ran",
        )
    });
    let keys = orders.each_ref().map(|order| order.key());
    let mut offered = side.lead.offered();
    for order in orders {
        side.runner().start(vec![order]);
        side.runtime.block_on(offered.changed()).unwrap();
    }
    side.runner().cancel(keys[0].clone());
    assert_eq!(side.end(), ("w1".to_owned(), Outcome::Cancelled));
    side.end_worker();
    side.lead.take_no_files(false);
    side.begin();
    assert!(matches!(side.end(), (id, Outcome::Completed { .. }) if id == "w2"));
    assert_eq!(yard.lines("ran"), 2);
}

#[test]
fn a_workflow_that_is_over_leaves_nothing() {
    let (link, yard) = (MemoryLink::default(), Yard::new());
    let mut side = Remote::start_with(over(&link), Duration::from_secs(5));
    let order = yard.script("w1", "touch file; echo word");
    let workflow = Arc::clone(&order.workflow);
    side.runner().start(vec![order]);
    side.end();
    assert!(side.root.path().join("work/w1/file").exists());
    side.runner().clean_up(workflow, true);
    // The next order is read after it, and the stop waits for what was begun.
    side.runner().start(vec![yard.script("w2", "true")]);
    side.end();
    side.end_worker();
    let is_there = |place: &str| side.root.path().join(place).exists();
    assert!(!is_there("work/w1") && !is_there("attempts/w1"));
    assert!(is_there("work/w2"));
}
