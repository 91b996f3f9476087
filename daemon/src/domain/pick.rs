//! Admission: which of the ready stages start now, and on which box.
//!
//! - By rank, smallest first. A box is given a stage only when all that the stage wants is free there and the box carries
//!   the labels it asks for, accepts work, and is not blocked for its kind.
//! - A stage stays on the box that has its workflow's files while that box could run it and accepts work, and waits for it
//!   if need be; where it can't stay, it moves. What only the coordinator's box can do runs there.
//! - A stage that does not fit yet reserves what it wants on the box that is nearest to having it: later ones may take
//!   what it does not want, and nothing of what it does. So a large one is never starved by a stream of small ones.
//! - A stage that no box could satisfy even when idle, and one whose only boxes do not accept work, reserves nothing.
//! - What is free only shrinks during a pass, so that a demand which failed once fails for every later candidate: a queue
//!   of ten thousand equal stages costs one look each, and hardly that once every box is spent.

use super::pipeline::Resources;
use super::workflow::{StageState, Workflow};
use std::collections::{BTreeMap, BTreeSet};

/// Where a stage may run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub enum Place {
    /// On any box.
    #[default]
    Anywhere,
    /// On the coordinator's box alone.
    Home,
    /// On the box of this name while that could run it and accepts work, else on any: the workflow's files are there.
    Near(String),
}

/// Where a stage of a workflow may run.
#[must_use]
pub fn place(workflow: &Workflow, stage: usize) -> Place {
    let spec = &workflow.plan.stages[stage];
    // Whoever asks for a box by its labels says that the files are there too.
    let is_bound_by_files = workflow.holds_files() && spec.box_labels.is_empty();
    if !spec.work.is_portable() || is_bound_by_files {
        return Place::Home;
    }
    workflow
        .stages
        .iter()
        .filter(|stage| stage.state == StageState::Completed)
        .filter_map(|stage| Some((stage.ended_at, stage.box_name.clone()?)))
        .max_by_key(|(ended_at, _)| *ended_at)
        .map_or(Place::Anywhere, |(_, name)| Place::Near(name))
}

/// What kind of work a stage is: a box that fails at it again and again is blocked for this kind alone.
#[must_use]
pub fn kind(workflow: &Workflow, stage: usize) -> String {
    let spec = &workflow.plan.stages[stage];
    match spec.work.uses() {
        Some(uses) => uses.to_owned(),
        None => format!("{}/{}", workflow.plan.name, spec.id),
    }
}

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
    /// Where it may run.
    pub place: Place,
    /// What kind of work it is, see `kind`.
    pub kind: String,
}

/// What a stage asks of a box.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Demand<'a> {
    /// What it takes while it runs.
    pub wants: &'a Resources,
    /// What the box must carry.
    pub labels: &'a BTreeMap<String, String>,
    /// Where it may run.
    pub place: &'a Place,
    /// What kind of work it is.
    pub kind: &'a str,
}

impl Candidate {
    /// What it asks of a box.
    #[must_use]
    pub fn demand(&self) -> Demand<'_> {
        Demand {
            wants: &self.wants,
            labels: &self.labels,
            place: &self.place,
            kind: &self.kind,
        }
    }
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
    /// It is the coordinator's own.
    pub home: bool,
    /// It runs nothing but what no other box can.
    pub only_home: bool,
    /// Kinds of work at which it failed again and again.
    pub blocked: BTreeSet<String>,
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
    /// Whether the box could run this if it were idle and accepted work. Nearness is no condition.
    #[must_use]
    pub fn could_run(&self, demand: Demand<'_>) -> bool {
        let is_home = *demand.place == Place::Home;
        (self.home || !is_home)
            && (!self.only_home || is_home)
            && !self.blocked.contains(demand.kind)
            && demand
                .labels
                .iter()
                .all(|(key, value)| self.labels.get(key) == Some(value))
            && demand
                .wants
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
        let demand = candidate.demand();
        if let Some(known) = self.failed.iter().position(|(failed, _)| *failed == demand) {
            if self.failed[known].1 {
                self.failed[known].1 = self.reserve(boxes, demand);
            }
            return None;
        }
        let fits = |index: &usize| {
            may(boxes, *index, demand) && self.missing(&boxes[*index], *index, demand.wants) == 0
        };
        // Of several, the emptiest: work spreads, and a later one that is bound finds room.
        let emptiest = |index: &usize| {
            let free = |resource: &String| boxes[*index].free(resource);
            (
                demand.wants.keys().map(free).min().unwrap_or(u64::MAX),
                std::cmp::Reverse(*index),
            )
        };
        let Some(on) = (0..boxes.len()).filter(fits).max_by_key(emptiest) else {
            let more = self.reserve(boxes, demand);
            self.failed.push((demand, more));
            return None;
        };
        boxes[on].take(demand.wants);
        self.spent = self.nothing_left(boxes);
        Some(on)
    }

    /// Keeps what a candidate wants from all after it, on the box that lacks least of it. Tells whether the next of its
    /// kind would still find something to keep.
    fn reserve(&mut self, boxes: &[BoxSlots], demand: Demand<'_>) -> bool {
        let could = |index: &usize| may(boxes, *index, demand);
        let lacks = |index: &usize| self.missing(&boxes[*index], *index, demand.wants);
        let able: Vec<usize> = (0..boxes.len()).filter(could).collect();
        let Some(on) = able.iter().copied().min_by_key(lacks) else {
            return false;
        };
        for (resource, amount) in demand.wants {
            let kept = self.reserved[on].entry(resource.clone()).or_insert(0);
            *kept = kept.saturating_add(*amount);
        }
        self.spent = self.nothing_left(boxes);
        able.iter().any(|index| {
            demand
                .wants
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

/// Whether this box may be given the demand as soon as it has room: it is able, and the files are not on another able one.
pub(super) fn may(boxes: &[BoxSlots], index: usize, demand: Demand<'_>) -> bool {
    let able = |slots: &BoxSlots| slots.accepting && slots.could_run(demand);
    if !able(&boxes[index]) {
        return false;
    }
    match demand.place {
        Place::Near(name) => {
            boxes[index].name == *name
                || !boxes.iter().any(|slots| slots.name == *name && able(slots))
        }
        Place::Anywhere | Place::Home => true,
    }
}

fn amount_of(resources: &Resources, name: &str) -> u64 {
    resources.get(name).copied().unwrap_or(0)
}
