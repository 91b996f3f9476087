//! When those in the queue will start: the scheduler's own choice, played forward over the slots.

use crate::domain::pick::{BoxSlots, Candidate, Pass};
use crate::domain::pipeline::Resources;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Duration;

/// One that waits for a slot.
#[derive(Debug, Clone)]
pub struct Waiting {
    /// What it asks for.
    pub candidate: Candidate,
    /// How long it will hold that; unknown: what it takes is not counted on to come back.
    pub lasts: Option<Duration>,
}

/// One that runs.
#[derive(Debug, Clone)]
pub struct Running {
    /// Index of its box.
    pub on: usize,
    /// What it holds.
    pub holds: Resources,
    /// How much longer; unknown: never.
    pub left: Option<Duration>,
}

/// How long each of the first `first` of `waiting` (sorted by rank) will wait; none where that can't be told. `boxes` are
/// as now, with what `running` holds in `used`.
///
/// A workflow counts as holding its next stage's slots for as long as all of it lasts: an estimate, bounded in its work
/// by `first`² looks.
#[must_use]
pub fn queue_starts(
    waiting: &[Waiting],
    running: &[Running],
    boxes: &[BoxSlots],
    first: usize,
) -> Vec<Option<Duration>> {
    let waiting = &waiting[..waiting.len().min(first)];
    let mut boxes = boxes.to_vec();
    let mut starts = vec![None; waiting.len()];
    let mut holds: Vec<(usize, &Resources)> =
        running.iter().map(|run| (run.on, &run.holds)).collect();
    let ends = running
        .iter()
        .enumerate()
        .filter_map(|(index, run)| Some(Reverse((run.left?, index))));
    let mut ends: BinaryHeap<Reverse<(Duration, usize)>> = ends.collect();
    let mut now = Duration::ZERO;
    let mut open: Vec<usize> = (0..waiting.len()).collect();
    loop {
        let mut pass = Pass::over(&boxes);
        open.retain(|index| {
            let Waiting { candidate, lasts } = &waiting[*index];
            if pass.is_spent() && !candidate.wants.is_empty() {
                return true;
            }
            let Some(on) = pass.offer(&mut boxes, candidate) else {
                return true;
            };
            starts[*index] = Some(now);
            if let Some(lasts) = lasts {
                ends.push(Reverse((now.saturating_add(*lasts), holds.len())));
            }
            holds.push((on, &candidate.wants));
            false
        });
        // The next end, and all at the same moment.
        let Some(Reverse((at, _))) = ends.peek().copied() else {
            return starts;
        };
        if open.is_empty() {
            return starts;
        }
        now = at;
        while let Some(Reverse((end, index))) = ends.peek().copied()
            && end == now
        {
            ends.pop();
            let (on, amounts) = holds[index];
            if let Some(slots) = boxes.get_mut(on) {
                slots.give_back(amounts);
            }
        }
    }
}
