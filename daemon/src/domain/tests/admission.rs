//! Admission: slots are never exceeded, the order is kept, nothing starves, and ten thousand cost little.

use super::*;
use crate::domain::pick::{BoxSlots, Candidate, Place, may, pick};
use proptest::prelude::*;

fn amounts(pairs: &[(&str, u64)]) -> Resources {
    pairs
        .iter()
        .filter(|(_, amount)| *amount > 0)
        .map(|(name, amount)| ((*name).to_owned(), *amount))
        .collect()
}

fn slots(name: &str, capacity: &[(&str, u64)]) -> BoxSlots {
    BoxSlots {
        name: name.to_owned(),
        capacity: amounts(capacity),
        used: Resources::new(),
        labels: BTreeMap::new(),
        accepting: true,
        home: false,
        only_home: false,
        blocked: Default::default(),
    }
}

fn wants(id: u32, rank: i64, what: &[(&str, u64)]) -> Candidate {
    Candidate {
        workflow: format!("w{id}"),
        stage: 0,
        rank,
        wants: amounts(what),
        labels: BTreeMap::new(),
        place: Place::Anywhere,
        kind: String::new(),
    }
}

fn chosen(candidates: &[Candidate], boxes: &mut [BoxSlots]) -> Vec<(usize, usize)> {
    pick(candidates, boxes)
        .into_iter()
        .map(|pick| (pick.candidate, pick.on))
        .collect()
}

#[test]
fn by_rank_while_there_is_room() {
    let mut boxes = [slots("a", &[("cpu", 2)])];
    let queue: Vec<Candidate> = (0..4)
        .map(|id| wants(id, i64::from(id), &[("cpu", 1)]))
        .collect();
    assert_eq!(chosen(&queue, &mut boxes), [(0, 0), (1, 0)]);
    assert_eq!(boxes[0].used, amounts(&[("cpu", 2)]));
    assert_eq!(chosen(&queue[2..], &mut boxes), []);
}

#[test]
fn a_large_one_keeps_what_it_waits_for() {
    let mut boxes = [slots("a", &[("cpu", 4), ("gpu", 1)])];
    boxes[0].take(&amounts(&[("cpu", 2)]));
    let queue = [
        wants(0, 0, &[("cpu", 4)]),
        wants(1, 1, &[("cpu", 1)]),
        wants(2, 2, &[("gpu", 1)]),
    ];
    assert_eq!(
        chosen(&queue, &mut boxes),
        [(2, 0)],
        "the small one waits, the one that wants something else does not"
    );
    assert_eq!(
        boxes[0].used,
        amounts(&[("cpu", 2), ("gpu", 1)]),
        "what is reserved is not used"
    );
}

#[test]
fn what_no_box_can_run_reserves_nothing() {
    let mut boxes = [slots("a", &[("cpu", 2)])];
    let elsewhere = Candidate {
        place: Place::Home,
        ..wants(1, 1, &[("cpu", 1)])
    };
    let label = BTreeMap::from([("codec".to_owned(), "nvenc".to_owned())]);
    let labelled = Candidate {
        labels: label,
        ..wants(2, 2, &[("cpu", 1)])
    };
    let queue = [
        wants(0, 0, &[("cpu", 3)]),
        elsewhere,
        labelled,
        wants(3, 3, &[("cpu", 2)]),
    ];
    assert_eq!(chosen(&queue, &mut boxes), [(3, 0)]);
}

#[test]
fn a_drained_box_takes_nothing_and_keeps_nothing() {
    let mut boxes = [
        slots("a", &[("cpu", 2), ("gpu", 1)]),
        slots("b", &[("cpu", 1)]),
    ];
    boxes[0].accepting = false;
    let queue = [wants(0, 0, &[("gpu", 1)]), wants(1, 1, &[("cpu", 1)])];
    assert_eq!(chosen(&queue, &mut boxes), [(1, 1)]);
}

#[test]
fn bound_labelled_and_spread() {
    let mut boxes = [slots("a", &[("cpu", 2)]), slots("b", &[("cpu", 2)])];
    boxes[1]
        .labels
        .insert("codec".to_owned(), "nvenc".to_owned());
    let labelled = Candidate {
        labels: boxes[1].labels.clone(),
        ..wants(1, 1, &[("cpu", 1)])
    };
    let bound = Candidate {
        place: Place::Near("a".to_owned()),
        ..wants(2, 2, &[("cpu", 1)])
    };
    assert_eq!(
        chosen(&[wants(0, 0, &[("cpu", 1)]), labelled, bound], &mut boxes),
        [(0, 0), (1, 1), (2, 0)]
    );
}

#[test]
fn a_stage_waits_for_the_box_that_has_its_files_and_moves_where_that_can_not_run_it() {
    let near = |id| Candidate {
        place: Place::Near("b".to_owned()),
        ..wants(id, i64::from(id), &[("cpu", 1)])
    };
    let mut boxes = [slots("a", &[("cpu", 4)]), slots("b", &[("cpu", 1)])];
    assert_eq!(
        chosen(&[near(0), near(1)], &mut boxes),
        [(0, 1)],
        "the second waits for b"
    );
    boxes[1].accepting = false;
    assert_eq!(
        chosen(&[near(1)], &mut boxes),
        [(0, 0)],
        "b takes no more: it moves"
    );
    boxes[1].accepting = true;
    boxes[1].blocked.insert("encode".to_owned());
    let encode = Candidate {
        kind: "encode".to_owned(),
        ..near(2)
    };
    assert_eq!(
        chosen(&[encode], &mut boxes),
        [(0, 0)],
        "b fails at this kind"
    );
    let home = Candidate {
        place: Place::Home,
        ..wants(3, 3, &[("cpu", 1)])
    };
    assert_eq!(chosen(std::slice::from_ref(&home), &mut boxes), []);
    boxes[0].home = true;
    assert_eq!(chosen(&[home], &mut boxes), [(0, 0)]);
}

#[test]
fn what_wants_nothing_starts_behind_a_full_queue() {
    let mut boxes = [slots("a", &[("cpu", 1)])];
    let queue = [
        wants(0, 0, &[("cpu", 1)]),
        wants(1, 1, &[("cpu", 1)]),
        wants(2, 2, &[]),
    ];
    assert_eq!(chosen(&queue, &mut boxes), [(0, 0), (2, 0)]);
}

fn boxes() -> impl Strategy<Value = Vec<BoxSlots>> {
    let one = (
        0_u64..6,
        0_u64..3,
        0_u64..6,
        0_u64..3,
        proptest::bool::weighted(0.8),
    );
    proptest::collection::vec(one, 1..4).prop_map(|drawn| {
        let one = |(index, (cpu, gpu, used_cpu, used_gpu, accepting)): (
            usize,
            (u64, u64, u64, u64, bool),
        )| {
            let mut one = slots(&format!("box{index}"), &[("cpu", cpu), ("gpu", gpu)]);
            one.take(&amounts(&[
                ("cpu", used_cpu.min(cpu)),
                ("gpu", used_gpu.min(gpu)),
            ]));
            one.accepting = accepting;
            one
        };
        drawn.into_iter().enumerate().map(one).collect()
    })
}

fn queue() -> impl Strategy<Value = Vec<Candidate>> {
    let one = (
        0_u64..5,
        0_u64..3,
        prop_oneof![4 => Just(None), 1 => (0_usize..4).prop_map(Some)],
    );
    proptest::collection::vec(one, 0..30).prop_map(|drawn| {
        let one = |(id, (cpu, gpu, bound)): (usize, (u64, u64, Option<usize>))| Candidate {
            place: bound.map_or(Place::Anywhere, |index| Place::Near(format!("box{index}"))),
            ..wants(
                u32::try_from(id).unwrap(),
                i64::try_from(id).unwrap(),
                &[("cpu", cpu), ("gpu", gpu)],
            )
        };
        drawn.into_iter().enumerate().map(one).collect()
    })
}

proptest! {
    #[test]
    fn slots_are_never_exceeded_and_the_order_is_kept(before in boxes(), queue in queue()) {
        let mut after = before.clone();
        let picks = pick(&queue, &mut after);
        let mut expected = before.clone();
        for pick in &picks {
            let one = &queue[pick.candidate];
            prop_assert!(before[pick.on].accepting);
            prop_assert!(before[pick.on].could_run(one.demand()));
            expected[pick.on].take(&one.wants);
        }
        prop_assert_eq!(&after, &expected);
        for slots in &after {
            for (name, used) in &slots.used {
                prop_assert!(*used <= slots.capacity.get(name).copied().unwrap_or(0));
            }
        }
        prop_assert!(picks.windows(2).all(|two| two[0].candidate < two[1].candidate));
        // Of equals the earlier goes first.
        for (index, one) in queue.iter().enumerate() {
            let same = |other: &Candidate| other.wants == one.wants && other.place == one.place;
            let later = picks.iter().any(|pick| pick.candidate > index && same(&queue[pick.candidate]));
            prop_assert!(!later || picks.iter().any(|pick| pick.candidate == index));
        }
        // The first that could run on an accepting box is not passed over for want of trying.
        if let Some(first) = queue.first() {
            let fits = (0..before.len()).any(|index| {
                may(&before, index, first.demand())
                    && first.wants.iter().all(|(name, amount)| before[index].free(name) >= *amount)
            });
            prop_assert_eq!(fits, picks.first().is_some_and(|pick| pick.candidate == 0));
        }
    }

    /// A stream of small and urgent work does not keep a large, unimportant one from starting.
    #[test]
    fn nothing_starves(small in 1_u64..4, priority in -20_i64..0, lasts in 1_u64..5) {
        let mut boxes = [slots("a", &[("cpu", 4)])];
        let large = wants(0, -priority * crate::domain::ready::AGEING_MS, &[("cpu", 4)]);
        let mut running: Vec<(u64, Resources)> = Vec::new();
        let mut waiting = vec![large];
        let mut started = false;
        // Every minute one more small one comes.
        for minute in 0..1000_u64 {
            running.retain(|(end, held)| {
                if *end <= minute {
                    boxes[0].give_back(held);
                }
                *end > minute
            });
            let rank = i64::try_from(minute * 60_000).unwrap();
            waiting.push(wants(u32::try_from(minute).unwrap() + 1, rank, &[("cpu", small)]));
            waiting.sort_by_key(|candidate| candidate.rank);
            let picks = pick(&waiting, &mut boxes);
            for pick in picks.iter().rev() {
                let one = waiting.remove(pick.candidate);
                started |= one.workflow == "w0";
                running.push((minute + lasts, one.wants));
            }
            if started {
                break;
            }
        }
        prop_assert!(started);
    }
}
