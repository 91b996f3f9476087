//! Attempts begin in order, each as soon as what it wants is free.

use super::*;
use crate::domain::pipeline::{Pipeline, RetryPolicy, StageSpec, Work};
use crate::domain::{Submit, Timestamp, create};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

fn order(id: &str, wants: &[(&str, u64)]) -> Order {
    let spec = StageSpec {
        id: "one".to_owned(),
        title: String::new(),
        work: Work::Command,
        needs: Vec::new(),
        when: None,
        retry: RetryPolicy {
            times: 0,
            first: Duration::ZERO,
            max: Duration::ZERO,
        },
        timeout: None,
        stall: None,
        resources: wants
            .iter()
            .map(|(name, amount)| ((*name).to_owned(), *amount))
            .collect(),
        optional: false,
        weight: 1.0,
        outputs: Vec::new(),
        cache: false,
        box_labels: BTreeMap::new(),
        fail: Vec::new(),
    };
    let plan = Pipeline {
        name: String::new(),
        description: String::new(),
        source: String::new(),
        hash: String::new(),
        origin: String::new(),
        clarify: false,
        confirm: false,
        gates: Default::default(),
        params: Vec::new(),
        stages: vec![spec],
    };
    let submit = Submit {
        name: String::new(),
        ..Submit::of(id, Arc::new(plan))
    };
    Order {
        workflow: Arc::new(create(&submit, Timestamp(0))),
        stage: 0,
        attempt: 1,
        ordinal: 0,
    }
}

fn slots(capacity: &[(&str, u64)]) -> Slots {
    Slots::new(
        capacity
            .iter()
            .map(|(name, amount)| ((*name).to_owned(), *amount))
            .collect(),
    )
}

fn ids(orders: &[Order]) -> Vec<&str> {
    orders
        .iter()
        .map(|order| order.workflow.id.as_str())
        .collect()
}

#[test]
fn a_later_order_passes_only_with_what_the_earlier_does_not_want() {
    let mut slots = slots(&[("cpu", 2), ("gpu", 1)]);
    slots.occupy(&order("running", &[("cpu", 1)]));
    slots.push(order("large", &[("cpu", 2)]));
    slots.push(order("small", &[("cpu", 1)]));
    slots.push(order("other", &[("gpu", 1)]));
    assert_eq!(ids(&slots.take_ready()), ["other"]);
    slots.release(&order("running", &[("cpu", 1)]));
    assert_eq!(ids(&slots.take_ready()), ["large"]);
    slots.release(&order("large", &[("cpu", 2)]));
    assert_eq!(ids(&slots.take_ready()), ["small"]);
}

#[test]
fn an_order_for_more_than_there_is_runs_alone() {
    let mut slots = slots(&[("cpu", 2)]);
    slots.push(order("huge", &[("cpu", 9), ("gpu", 1)]));
    assert_eq!(ids(&slots.take_ready()), ["huge"]);
    slots.push(order("next", &[("cpu", 1)]));
    assert!(slots.take_ready().is_empty());
}

#[test]
fn a_removed_order_gives_up_its_claim() {
    let mut slots = slots(&[("cpu", 2)]);
    slots.occupy(&order("running", &[("cpu", 1)]));
    slots.push(order("large", &[("cpu", 2)]));
    slots.push(order("small", &[("cpu", 1)]));
    assert!(slots.take_ready().is_empty());
    assert!(slots.remove(&order("large", &[]).key()).is_some());
    assert!(slots.remove(&order("large", &[]).key()).is_none());
    assert_eq!(ids(&slots.take_ready()), ["small"]);
}

proptest! {
    #[test]
    fn never_more_than_there_is_and_everybody_gets_a_turn(wants in prop::collection::vec((0u64..4, 0u64..3), 1..30)) {
        let mut slots = slots(&[("cpu", 3), ("gpu", 2)]);
        for (at, (cpu, gpu)) in wants.iter().enumerate() {
            slots.push(order(&at.to_string(), &[("cpu", *cpu), ("gpu", *gpu)]));
        }
        let mut running = Vec::new();
        let mut ran = 0;
        while ran < wants.len() {
            running.extend(slots.take_ready());
            prop_assert!(slots.used.iter().all(|(name, used)| *used <= slots.of(name)));
            prop_assert!(!running.is_empty());
            slots.release(&running.remove(0));
            ran += 1;
        }
    }
}
