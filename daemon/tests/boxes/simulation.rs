//! All that can break does so, by a seed: letters are lost, doubled and repeated, ways cut, the carrier emptied, coordinator
//! and workers begun anew. Afterwards each workflow has ended once, and each letter is folded once, in order.
//!
//! `REEL_SEEDS=FIRST-LAST` runs these seeds instead of one. What a seed draws is the same each time; how its threads are
//! interleaved is not.

use super::house::{House, counts};
use super::orders::Yard;
use super::sides::ledger;
use reeld::domain::Status;
use reeld::transport::link::MemoryLink;
use std::sync::Arc;
use std::time::Duration;

const BOXES: [&str; 2] = ["b", "c"];
const WORKFLOWS: usize = 24;
/// Longer than anything is cut here: no box is lost, so nothing may run twice.
const LOST_AFTER: Duration = Duration::from_secs(30);

fn run(seed: u64) {
    let (link, yard) = (MemoryLink::default(), Yard::new());
    let under = link.clone();
    let links = move || Arc::new(under.clone()) as Arc<_>;
    let mut house = House::start_rough(links, LOST_AFTER, &BOXES, Some(seed));
    let mut draws = fastrand::Rng::with_seed(seed);
    let script = "echo ran >> YARD/$REEL_WORKFLOW_ID; for n in 0 1 2 3 4; do echo line $n; done";
    let ids: Vec<String> = (0..WORKFLOWS).map(|n| format!("w{n}")).collect();
    for id in &ids {
        house.submit(yard.submit(id, script));
        let name = BOXES[draws.usize(..BOXES.len())];
        match draws.u8(..8) {
            0 => link.flush(),
            1 => {
                house.end_worker(name);
                house.begin_worker(name);
            }
            2 => {
                house.end_lead();
                house.begin();
            }
            3 => {
                // All of it while nothing is reached.
                link.cut(true);
                house.end_worker(name);
                link.flush();
                house.begin_worker(name);
            }
            4 => house.huts[name].way.cut(true),
            5 => link.cut(true),
            _ => house.breathe(),
        }
        if draws.bool() {
            link.cut(false);
            house.huts.values().for_each(|hut| hut.way.cut(false));
        }
    }
    link.cut(false);
    house.calm();
    for id in &ids {
        let ended = house.ended(id);
        assert_eq!(ended.status(), Status::Completed, "seed {seed}: {ended:?}");
        let attempt = ended.stages[0].attempts;
        assert_eq!((attempt, yard.lines(id)), (1, 1), "seed {seed}, {id}");
        let expected: Vec<String> = (0..5).map(|line| format!("line {line}")).collect();
        assert_eq!(house.log(id, 1), expected, "seed {seed}, {id}");
    }
    let events = house.events();
    for id in &ids {
        let counts = counts(&events, id);
        let told = ["stage.started", "stage.completed", "workflow.completed"];
        assert_eq!(
            told.map(|kind| counts[kind]),
            [1, 1, 1],
            "seed {seed}, {id}"
        );
    }
    for name in BOXES {
        house.end_worker(name);
        let ledger = ledger(house.huts[name].root.path());
        let folded = house.runtime.block_on(house.engine().folded(name)).unwrap();
        let said = (ledger.last() > 0).then(|| (ledger.id().to_owned(), ledger.last()));
        assert_eq!(
            folded.filter(|(_, upto)| *upto > 0),
            said,
            "seed {seed}, {name}"
        );
    }
}

#[test]
fn nothing_is_lost_and_nothing_is_done_twice() {
    let seeds = match std::env::var("REEL_SEEDS") {
        Ok(span) => {
            let (first, last) = span.split_once('-').unwrap();
            first.parse().unwrap()..=last.parse().unwrap()
        }
        Err(_) => 7..=7,
    };
    for seed in seeds {
        run(seed);
    }
}
