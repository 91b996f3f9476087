//! The ledger by what it keeps: over lives, against a model, and what it refuses.

use super::*;
use proptest::prelude::*;
use std::collections::BTreeMap;
use tempfile::TempDir;

fn key(n: u32) -> LedgerKey {
    LedgerKey {
        workflow: format!("w{n}"),
        stage: 0,
        attempt: 1,
    }
}

fn took(n: u32) -> Note {
    Note::Took {
        key: key(n),
        doc: format!("order {n}"),
        logged: 0,
    }
}

fn says(n: u32, holds: Holds) -> Note {
    Note::Letter {
        key: key(n),
        holds,
        say: format!("letter of {n}"),
    }
}

#[test]
fn numbers_go_on_and_what_is_answered_goes() {
    let dir = TempDir::new().unwrap();
    let mut ledger = Ledger::open(dir.path()).unwrap();
    let id = ledger.id().to_owned();
    let numbers = ledger
        .write(&[
            took(1),
            took(2),
            says(1, Holds::Log { upto: 7 }),
            says(1, Holds::End),
        ])
        .unwrap();
    assert_eq!(numbers, [1, 2]);
    assert!(ledger.log_bytes() > 0);
    drop(ledger);
    let mut ledger = Ledger::open(dir.path()).unwrap();
    assert_eq!((ledger.id(), ledger.last()), (id.as_str(), 2));
    let orders = ledger.orders().unwrap();
    assert_eq!((orders[0].logged, orders[0].ended), (7, Some(2)));
    // The same order again changes nothing of what is known of it.
    ledger.write(&[took(1)]).unwrap();
    assert_eq!(ledger.orders().unwrap(), orders);
    ledger.write(&[Note::Have(2)]).unwrap();
    assert_eq!(ledger.log_bytes(), 0);
    let left: Vec<_> = ledger
        .orders()
        .unwrap()
        .into_iter()
        .map(|order| order.key)
        .collect();
    assert_eq!(left, [key(2)]);
    assert_eq!(ledger.write(&[says(2, Holds::Outputs)]).unwrap(), [3]);
    let reader = ledger.reader().unwrap();
    assert_eq!(
        reader.letters(&id, 0, 10, 1).unwrap(),
        [(3, "letter of 2".to_owned())]
    );
}

#[test]
fn a_renewed_ledger_numbers_what_is_left_from_one() {
    let dir = TempDir::new().unwrap();
    let mut ledger = Ledger::open(dir.path()).unwrap();
    let old = ledger.id().to_owned();
    let ends = (1..=5).map(|n| says(n, Holds::End));
    let notes: Vec<Note> = (1..=6).map(took).chain(ends).collect();
    ledger.write(&notes).unwrap();
    ledger.write(&[Note::Have(3)]).unwrap();
    assert_eq!(ledger.renew().unwrap(), 3);
    drop(ledger);
    let mut ledger = Ledger::open(dir.path()).unwrap();
    assert_ne!(ledger.id(), old);
    let reader = ledger.reader().unwrap();
    let letters = |id: &str| reader.letters(id, 0, 9, 999).unwrap();
    assert!(letters(&old).is_empty());
    let kept = [(1, "letter of 4".to_owned()), (2, "letter of 5".to_owned())];
    assert_eq!(letters(ledger.id()), kept);
    let ends: Vec<_> = ledger
        .orders()
        .unwrap()
        .iter()
        .map(|order| order.ended)
        .collect();
    assert_eq!(ends, [Some(1), Some(2), None]);
    assert_eq!(
        ledger.write(&[says(6, Holds::End), Note::Have(3)]).unwrap(),
        [3]
    );
    // With nothing left it begins at one again.
    assert_eq!(ledger.renew().unwrap(), 3);
    assert_eq!(ledger.write(&[says(7, Holds::Outputs)]).unwrap(), [1]);
}

#[test]
fn letters_come_within_both_bounds_but_never_none() {
    let dir = TempDir::new().unwrap();
    let mut ledger = Ledger::open(dir.path()).unwrap();
    let notes: Vec<Note> = (1..=5).map(|n| says(n, Holds::Outputs)).collect();
    ledger.write(&notes).unwrap();
    let reader = ledger.reader().unwrap();
    let count = |count, bytes| reader.letters(ledger.id(), 0, count, bytes).unwrap().len();
    let size = "letter of 1".len();
    assert_eq!([count(9, 1), count(9, 2 * size), count(3, 999)], [1, 2, 3]);
}

#[test]
fn a_directory_has_one_ledger_and_a_newer_or_damaged_one_is_refused() {
    let dir = TempDir::new().unwrap();
    let ledger = Ledger::open(dir.path()).unwrap();
    assert!(matches!(
        Ledger::open(dir.path()),
        Err(OpenError::InUse { .. })
    ));
    ledger
        .connection
        .pragma_update(None, "user_version", 99)
        .unwrap();
    drop(ledger);
    assert!(matches!(
        Ledger::open(dir.path()),
        Err(OpenError::Newer { found: 99, .. })
    ));
    let file = dir.path().join("worker.db");
    std::fs::remove_file(&file).unwrap();
    std::fs::write(&file, vec![b'x'; 8192]).unwrap();
    assert!(matches!(
        Ledger::open(dir.path()),
        Err(OpenError::Damaged { .. })
    ));
    assert_eq!(std::fs::read(&file).unwrap(), vec![b'x'; 8192]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    /// Against a model: what is kept is what was taken or said and is not answered.
    #[test]
    fn keeps_what_is_not_answered(steps in proptest::collection::vec((0..4_u8, 1..6_u32, 0..12_u64), 1..40)) {
        let dir = TempDir::new().unwrap();
        let mut ledger = Ledger::open(dir.path()).unwrap();
        let mut orders: BTreeMap<u32, Option<u64>> = BTreeMap::new();
        let mut letters: Vec<u64> = Vec::new();
        let mut last = 0;
        for (what, n, number) in steps {
            let note = match what {
                0 => took(n),
                1 => says(n, Holds::End),
                2 => says(n, Holds::Log { upto: number }),
                _ => Note::Have(number.min(last)),
            };
            ledger.write(std::slice::from_ref(&note)).unwrap();
            match note {
                Note::Took { .. } => { orders.entry(n).or_default(); }
                Note::Letter { holds, .. } => {
                    last += 1;
                    letters.push(last);
                    if let (Holds::End, Some(ended)) = (holds, orders.get_mut(&n)) {
                        *ended = Some(last);
                    }
                }
                Note::Have(upto) => {
                    letters.retain(|number| *number > upto);
                    orders.retain(|_, ended| ended.is_none_or(|ended| ended > upto));
                }
            }
            let kept: Vec<u64> = ledger.reader().unwrap().letters(ledger.id(), 0, 999, usize::MAX).unwrap().into_iter().map(|(number, _)| number).collect();
            prop_assert_eq!(&kept, &letters);
            let kept: BTreeMap<u32, Option<u64>> = ledger.orders().unwrap().into_iter().map(|order| (order.key.workflow[1..].parse().unwrap(), order.ended)).collect();
            prop_assert_eq!(&kept, &orders);
        }
    }
}
