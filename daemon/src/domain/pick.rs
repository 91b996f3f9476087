//! Admission: which of the ready stages start now, and on which box.
//!
//! - By rank, smallest first. A box is given a stage only when all that the stage wants is free there and the box carries
//!   the labels it asks for, accepts work, and is the one that the stage is bound to, if it is bound.
//! - A stage that does not fit yet reserves what it wants on the box that is nearest to having it: later ones may take
//!   what it does not want, and nothing of what it does. So a large one is never starved by a stream of small ones.
//! - A stage that no box could satisfy even when idle, and one whose only boxes do not accept work, reserves nothing.
//! - What is free only shrinks during a pass, so that a demand which failed once fails for every later candidate: a queue
//!   of ten thousand equal stages costs one look each, and hardly that once every box is spent.

use super::pipeline::Resources;
use std::collections::BTreeMap;

/// A ready stage that asks for a slot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// The workflow's id.
    pub workflow: String,
    /// The stage's index.
    pub stage: usize,
    /// `ready::rank` of the workflow.
    pub rank: i64,
    /// What it takes while it runs.
    pub wants: Resources,
    /// What the box must carry.
    pub labels: BTreeMap<String, String>,
    /// The only box it may run on: its work directory is there.
    pub bound_to: Option<String>,
}

/// A box and what is taken of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BoxSlots {
    /// Its name.
    pub name: String,
    /// What it offers.
    pub capacity: Resources,
    /// What running stages hold. `pick` adds what it gives away.
    pub used: Resources,
    /// What it carries.
    pub labels: BTreeMap<String, String>,
    /// Not drained, not silent, enough disk, no window closed.
    pub accepting: bool,
}

/// A stage that starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pick {
    /// Index into the candidates.
    pub candidate: usize,
    /// Index into the boxes.
    pub on: usize,
}

impl BoxSlots {
    /// Whether the box could run this if it were idle and accepted work.
    #[must_use]
    pub fn could_run(
        &self,
        wants: &Resources,
        labels: &BTreeMap<String, String>,
        bound_to: Option<&str>,
    ) -> bool {
        bound_to.is_none_or(|name| name == self.name)
            && labels
                .iter()
                .all(|(key, value)| self.labels.get(key) == Some(value))
            && wants
                .iter()
                .all(|(resource, amount)| *amount <= amount_of(&self.capacity, resource))
    }

    /// What is free of a resource.
    #[must_use]
    pub fn free(&self, resource: &str) -> u64 {
        amount_of(&self.capacity, resource).saturating_sub(amount_of(&self.used, resource))
    }

    /// Takes these amounts.
    pub fn take(&mut self, wants: &Resources) {
        for (resource, amount) in wants {
            let used = self.used.entry(resource.clone()).or_insert(0);
            *used = used.saturating_add(*amount);
        }
    }

    /// Gives these amounts back.
    pub fn give_back(&mut self, wants: &Resources) {
        for (resource, amount) in wants {
            if let Some(used) = self.used.get_mut(resource) {
                *used = used.saturating_sub(*amount);
            }
        }
    }
}

/// Chooses what starts now. `candidates` are sorted by rank; `boxes` come back with what was given away added to `used`
/// (and nothing of what was only reserved).
pub fn pick(candidates: &[Candidate], boxes: &mut [BoxSlots]) -> Vec<Pick> {
    let mut pass = Pass::over(boxes);
    let mut picks = Vec::new();
    for (index, candidate) in candidates.iter().enumerate() {
        if pass.is_spent() && !candidate.wants.is_empty() {
            continue;
        }
        if let Some(on) = pass.offer(boxes, candidate) {
            picks.push(Pick {
                candidate: index,
                on,
            });
        }
    }
    picks
}

/// One pass over a queue, for callers that draw candidates one by one: what is reserved, and which demands have failed.
#[derive(Debug)]
pub struct Pass<'a> {
    reserved: Vec<Resources>,
    /// Demands that found no room, each with whether there is still something to reserve for the next of its kind.
    failed: Vec<(Demand<'a>, bool)>,
    spent: bool,
}

type Demand<'a> = (&'a Resources, &'a BTreeMap<String, String>, Option<&'a str>);

impl<'a> Pass<'a> {
    /// A pass over these boxes.
    #[must_use]
    pub fn over(boxes: &[BoxSlots]) -> Self {
        let mut pass = Self {
            reserved: vec![Resources::new(); boxes.len()],
            failed: Vec::new(),
            spent: false,
        };
        pass.spent = pass.nothing_left(boxes);
        pass
    }

    /// Nothing that wants anything can start any more; only a stage that wants nothing is worth an offer.
    #[must_use]
    pub fn is_spent(&self) -> bool {
        self.spent
    }

    /// Offers the boxes to the next candidate: the index of the one it was given, if any.
    pub fn offer(&mut self, boxes: &mut [BoxSlots], candidate: &'a Candidate) -> Option<usize> {
        let demand: Demand<'a> = (
            &candidate.wants,
            &candidate.labels,
            candidate.bound_to.as_deref(),
        );
        if let Some(known) = self.failed.iter().position(|(failed, _)| *failed == demand) {
            if self.failed[known].1 {
                self.failed[known].1 = self.reserve(boxes, demand);
            }
            return None;
        }
        let fits = |index: &usize| {
            let slots = &boxes[*index];
            slots.accepting
                && slots.could_run(demand.0, demand.1, demand.2)
                && self.missing(slots, *index, demand.0) == 0
        };
        // Of several, the emptiest: work spreads, and a later one that is bound finds room.
        let emptiest = |index: &usize| {
            let free = |resource: &String| boxes[*index].free(resource);
            (
                demand.0.keys().map(free).min().unwrap_or(u64::MAX),
                std::cmp::Reverse(*index),
            )
        };
        let Some(on) = (0..boxes.len()).filter(fits).max_by_key(emptiest) else {
            let more = self.reserve(boxes, demand);
            self.failed.push((demand, more));
            return None;
        };
        boxes[on].take(demand.0);
        self.spent = self.nothing_left(boxes);
        Some(on)
    }

    /// Keeps what a candidate wants from all after it, on the box that lacks least of it. Tells whether the next of its
    /// kind would still find something to keep.
    fn reserve(&mut self, boxes: &[BoxSlots], demand: Demand<'_>) -> bool {
        let could = |index: &usize| {
            boxes[*index].accepting && boxes[*index].could_run(demand.0, demand.1, demand.2)
        };
        let lacks = |index: &usize| self.missing(&boxes[*index], *index, demand.0);
        let able: Vec<usize> = (0..boxes.len()).filter(could).collect();
        let Some(on) = able.iter().copied().min_by_key(lacks) else {
            return false;
        };
        for (resource, amount) in demand.0 {
            let kept = self.reserved[on].entry(resource.clone()).or_insert(0);
            *kept = kept.saturating_add(*amount);
        }
        self.spent = self.nothing_left(boxes);
        able.iter().any(|index| {
            demand
                .0
                .keys()
                .any(|resource| self.left(&boxes[*index], *index, resource) > 0)
        })
    }

    fn left(&self, slots: &BoxSlots, index: usize, resource: &str) -> u64 {
        slots
            .free(resource)
            .saturating_sub(amount_of(&self.reserved[index], resource))
    }

    /// How much of what is wanted is neither free nor left unreserved.
    fn missing(&self, slots: &BoxSlots, index: usize, wants: &Resources) -> u64 {
        let short = |(resource, amount): (&String, &u64)| {
            amount.saturating_sub(self.left(slots, index, resource))
        };
        wants.iter().map(short).fold(0, u64::saturating_add)
    }

    fn nothing_left(&self, boxes: &[BoxSlots]) -> bool {
        boxes
            .iter()
            .enumerate()
            .filter(|(_, slots)| slots.accepting)
            .all(|(index, slots)| {
                slots
                    .capacity
                    .keys()
                    .all(|resource| self.left(slots, index, resource) == 0)
            })
    }
}

fn amount_of(resources: &Resources, name: &str) -> u64 {
    resources.get(name).copied().unwrap_or(0)
}
