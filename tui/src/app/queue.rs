//! The Queue screen: the boxes with their slots, and the line before them. Moving a workflow along the line is a draft: the
//! screen shows who would start when, and nothing is sent before Enter.
//!
//! The daemon orders the line by when a workflow was queued, less five minutes for each step of priority. A draft gives the
//! moved one the smallest change of priority that brings it there.

use super::call::{Act, Call, Deed};
use super::core::App;
use super::cursor::Cursor;
use super::toast::Tone;
use crate::model::key;
use crate::model::row::unix_ms;
use crate::model::workers::Worker;
use std::collections::BTreeMap;

/// A step of priority is worth so many milliseconds in the line.
const STEP_MS: i64 = 5 * 60 * 1000;

/// Which half takes the keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Pane {
    /// The boxes.
    Boxes,
    /// The line.
    #[default]
    Line,
}

/// One in the line, as it is shown.
#[derive(Debug, Clone, PartialEq)]
pub struct InLine {
    /// The workflow's key.
    pub key: String,
    /// Its priority; a draft's where there is one.
    pub priority: i32,
    /// Unix milliseconds since when it waits.
    pub since_ms: i64,
    /// About when it starts, in Unix milliseconds: in a draft, as it would be.
    pub starts_ms: Option<i64>,
    /// Its place without the draft, from 1.
    pub before: usize,
}

impl InLine {
    /// Smaller goes first.
    fn rank(&self) -> i64 {
        self.since_ms - i64::from(self.priority) * STEP_MS
    }
}

/// What the Queue screen shows.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct QueueView {
    /// The line, in order; with the draft where there is one.
    pub order: Vec<InLine>,
    /// Priorities that were tried out and not sent, by key.
    pub draft: BTreeMap<String, i32>,
    /// The workflow under the cursor.
    pub held: Option<String>,
    /// Its place in the line.
    pub cursor: Cursor,
    /// The box under the cursor.
    pub box_at: usize,
    /// Which half takes the keys.
    pub pane: Pane,
}

/// The line as the daemon has it, then as the draft would have it: the moments at which places come free stay, who takes
/// them changes.
#[must_use]
pub fn arranged(mut line: Vec<InLine>, draft: &BTreeMap<String, i32>) -> Vec<InLine> {
    if draft.is_empty() {
        return line;
    }
    let mut moments: Vec<Option<i64>> = line.iter().map(|one| one.starts_ms).collect();
    moments.sort_by_key(|at| at.unwrap_or(i64::MAX));
    for one in &mut line {
        if let Some(priority) = draft.get(&one.key) {
            one.priority = *priority;
        }
    }
    line.sort_by_key(InLine::rank);
    for (one, at) in line.iter_mut().zip(moments) {
        one.starts_ms = at;
    }
    line
}

/// The priority nearest to its own that puts the one at `from` to the other side of the one at `to`.
#[must_use]
pub fn priority_past(line: &[InLine], from: usize, to: usize) -> Option<i32> {
    let (one, other) = (line.get(from)?, line.get(to)?);
    // rank(one) is to be below (or above) rank(other) by at least a moment.
    let gap = one.since_ms - other.rank();
    let wanted = if to < from {
        gap.div_euclid(STEP_MS) + 1
    } else {
        (gap - 1).div_euclid(STEP_MS)
    };
    i32::try_from(wanted)
        .ok()
        .filter(|priority| (-1000..=1000).contains(priority))
}

impl App {
    /// The boxes of all daemons.
    pub fn boxes(&self) -> impl Iterator<Item = &Worker> {
        self.models().flat_map(|model| &model.workers.boxes)
    }

    /// Lines that the boxes want above the line.
    #[must_use]
    pub fn box_lines(&self) -> usize {
        self.boxes().count() + 1
    }

    /// A box's state: stale as well where its daemon is not heard.
    #[must_use]
    pub fn box_state<'a>(&self, one: &'a Worker) -> &'a str {
        let clock = self.clock_ms();
        match one.state(clock) {
            word @ ("lost" | "gone") => word,
            _ if !self.link_of(one.daemon).is_fresh(self.now_ms) => "stale",
            word => word,
        }
    }

    /// What runs on a box: names and stages.
    pub fn jobs_of<'a>(&'a self, one: &'a Worker) -> impl Iterator<Item = (String, String)> + 'a {
        self.models()
            .filter(|model| model.daemon == one.daemon)
            .flat_map(|model| &model.workers.jobs)
            .filter(|job| job.worker_id == one.worker_id)
            .map(|job| {
                let row = self.row(&job.job_id);
                let name = row.map_or(key::id(&job.job_id), |row| row.name());
                (name.to_owned(), job.stage.clone())
            })
    }

    /// The first box in sight of so many lines.
    #[must_use]
    pub fn first_box(&self, lines: usize) -> usize {
        (self.view.queue.box_at + 1).saturating_sub(lines)
    }

    pub(super) fn queue_cursor(&self) -> Option<String> {
        let view = &self.view.queue;
        view.order.get(view.cursor.at).map(|one| one.key.clone())
    }

    /// Puts the line together from the rows: the daemon's places, and the draft over them.
    pub(super) fn settle_queue(&mut self) {
        let mut line: Vec<(u64, InLine)> = self
            .rows()
            .filter(|row| row.status == crate::model::words::Status::Queued)
            .map(|row| {
                let waits = row.view.waiting_for.as_ref();
                let one = InLine {
                    key: row.key.clone(),
                    priority: row.view.priority,
                    since_ms: row.created_ms,
                    starts_ms: waits
                        .and_then(|waits| waits.until.as_deref())
                        .and_then(unix_ms),
                    before: 0,
                };
                (row.view.queue_position.unwrap_or(u64::MAX), one)
            })
            .collect();
        line.sort_by(|(a, one), (b, other)| {
            a.cmp(b)
                .then_with(|| one.rank().cmp(&other.rank()))
                .then_with(|| one.key.cmp(&other.key))
        });
        let mut line: Vec<InLine> = line.into_iter().map(|(_, one)| one).collect();
        for (place, one) in line.iter_mut().enumerate() {
            one.before = place + 1;
        }
        let view = &mut self.view.queue;
        view.draft.retain(|key, priority| {
            line.iter()
                .any(|one| one.key == *key && one.priority != *priority)
        });
        view.order = arranged(line, &view.draft);
        let place = view
            .held
            .as_ref()
            .and_then(|key| view.order.iter().position(|one| one.key == *key));
        view.cursor
            .go(place.unwrap_or(view.cursor.at), view.order.len());
        view.held = view.order.get(view.cursor.at).map(|one| one.key.clone());
    }

    pub(super) fn move_in_queue(&mut self, by: isize) {
        let boxes = self.boxes().count();
        let view = &mut self.view.queue;
        match view.pane {
            Pane::Boxes => {
                view.box_at = view
                    .box_at
                    .saturating_add_signed(by)
                    .min(boxes.saturating_sub(1));
            }
            Pane::Line => {
                view.cursor.step(by, view.order.len());
                view.held = view.order.get(view.cursor.at).map(|one| one.key.clone());
            }
        }
    }

    /// In the draft one place earlier or later.
    pub(super) fn draft(&mut self, by: isize) {
        let view = &self.view.queue;
        let from = view.cursor.at;
        let Some(to) = from
            .checked_add_signed(by)
            .filter(|to| *to < view.order.len())
        else {
            return;
        };
        let Some(key) = view.order.get(from).map(|one| one.key.clone()) else {
            return;
        };
        if !self.may_act(&key) {
            return;
        }
        match priority_past(&self.view.queue.order, from, to) {
            Some(priority) => {
                self.view.queue.draft.insert(key, priority);
                self.list_changed = true;
            }
            None => self.say(
                Tone::Plain,
                "priorities end at -1000 and 1000: it can't go further",
            ),
        }
    }

    /// Sends the draft.
    pub(super) fn apply_draft(&mut self) {
        let draft = std::mem::take(&mut self.view.queue.draft);
        if draft.is_empty() {
            if let Some(key) = self.queue_cursor() {
                self.open_detail(key, super::detail::Tab::Timeline);
            }
            return;
        }
        for (key, priority) in draft {
            if self.may_act(&key) {
                self.act_on(Act::Priority(priority), vec![key]);
            }
        }
        self.list_changed = true;
    }

    /// The box that is meant, with its daemon.
    fn meant_box(&self) -> Option<(usize, String, String)> {
        let one = self.boxes().nth(self.view.queue.box_at)?;
        Some((one.daemon, one.worker_id.clone(), one.status.clone()))
    }

    pub(super) fn ask_drain(&mut self) {
        let Some((daemon, name, status)) = self.meant_box() else {
            self.say(Tone::Plain, "no box is known here");
            return;
        };
        if status == "draining" {
            self.undrain();
            return;
        }
        let running: Vec<String> = self
            .boxes()
            .filter(|one| one.daemon == daemon && one.worker_id == name)
            .flat_map(|one| self.jobs_of(one))
            .map(|(named, stage)| format!("{named} at {stage}"))
            .collect();
        let mut lines = vec![format!(
            "Drain box {name}? It finishes what runs and takes no more."
        )];
        match running.as_slice() {
            [] => lines.push("Nothing runs on it now.".to_owned()),
            some => lines.push(format!("It finishes: {}", some.join(", "))),
        }
        self.ask_deeds(
            "drain",
            vec![(daemon, Deed::Drain(name.clone()))],
            lines,
            Some(name),
        );
    }

    pub(super) fn undrain(&mut self) {
        let Some((daemon, name, status)) = self.meant_box() else {
            self.say(Tone::Plain, "no box is known here");
            return;
        };
        if status != "draining" {
            self.say(Tone::Plain, format!("{name} isn't drained: it is {status}"));
        } else if self.may_act_at(daemon) {
            self.call(Call::Deed {
                daemon,
                deed: Deed::Undrain(name),
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn line(ranks: &[(i64, i32)]) -> Vec<InLine> {
        let mut line: Vec<InLine> = ranks
            .iter()
            .enumerate()
            .map(|(at, (since, priority))| InLine {
                key: format!("k{at}"),
                priority: *priority,
                since_ms: *since,
                starts_ms: Some(at as i64),
                before: at + 1,
            })
            .collect();
        line.sort_by_key(InLine::rank);
        line
    }

    proptest! {
        #[test]
        fn a_drafted_move_passes_its_neighbour(ranks in prop::collection::vec((0i64..10_000_000, -5i32..5), 2..12), from in 0usize..12, up: bool) {
            let line = line(&ranks);
            let from = from % line.len();
            let to = if up { from.checked_sub(1) } else { Some(from + 1).filter(|to| *to < line.len()) };
            if let Some(to) = to {
                let other = line[to].clone();
                let priority = priority_past(&line, from, to).unwrap();
                let key = line[from].key.clone();
                let moved = InLine { priority, ..line[from].clone() };
                let passed = if up { moved.rank() < other.rank() } else { moved.rank() > other.rank() };
                prop_assert!(passed);
                let after = arranged(line.clone(), &BTreeMap::from([(key, priority)]));
                let mut moments: Vec<_> = line.iter().map(|one| one.starts_ms).collect();
                moments.sort();
                prop_assert_eq!(after.iter().map(|one| one.starts_ms).collect::<Vec<_>>(), moments);
            }
        }
    }
}
