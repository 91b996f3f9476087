//! The followed log of one workflow, a million lines of it. Lines come by offset: `(attempt ordinal << 32) | line`, one
//! sequence an attempt, so that stages that run at once interleave. A line is taken once; after a reconnect the stream is
//! asked from the earliest offset that may still be missing, and what comes again is passed over.
//!
//! ```text
//!   push ──▶ open lines ──full──▶ packed block ──too many──▶ dropped, counted
//! ```
//!
//! Invariants:
//! * a line keeps its place, counted from the first line ever taken, until it is dropped; places are never used twice;
//! * packed blocks are the older lines, the open ones the newest; together they have no gap;
//! * reading changes nothing: whoever reads brings the room that a block is unpacked into.

mod block;
mod clean;
mod level;
mod lines;

pub use clean::clean;
pub use level::Level;
pub use lines::{Line, Lines, Seen};

use block::Block;
use std::collections::{BTreeMap, VecDeque};
use std::ops::Range;

/// Lines kept at most; what goes is counted. The oldest go a block at a time.
pub const KEPT: u32 = 1_000_000;

/// Packed bytes kept at most: lines that are long or don't repeat themselves are fewer.
const KEPT_BYTES: usize = 32 << 20;

/// The open lines are packed when their text is so long, or they are so many.
const BLOCK_BYTES: usize = 64 << 10;
const BLOCK_LINES: usize = 2048;

/// What is kept of it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Log {
    blocks: VecDeque<Block>,
    packed: usize,
    open: Lines,
    /// Stages by the number that lines carry.
    stages: Vec<String>,
    next: BTreeMap<u32, (String, u32)>,
    first: u32,
}

impl Log {
    /// Nothing came yet, or nothing is kept.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.end() == self.first
    }

    /// How many lines are kept.
    #[must_use]
    pub fn len(&self) -> usize {
        (self.end() - self.first) as usize
    }

    /// Lines that had to go; the place of the first one kept.
    #[must_use]
    pub fn first(&self) -> u32 {
        self.first
    }

    /// The place behind the last line.
    #[must_use]
    pub fn end(&self) -> u32 {
        self.open_from() + self.open.len() as u32
    }

    fn open_from(&self) -> u32 {
        self.blocks
            .back()
            .map_or(self.first, |last| last.places().end)
    }

    /// Takes a line; false if it was here already, or if there are no places left to give.
    pub fn push(&mut self, line: Line) -> bool {
        let ordinal = (line.offset >> 32) as u32;
        let number = (line.offset & u64::from(u32::MAX)) as u32;
        let next = self
            .next
            .entry(ordinal)
            .or_insert_with(|| (line.stage.clone(), 0));
        if number < next.1 {
            return false;
        }
        next.1 = number.saturating_add(1);
        if self.end() == u32::MAX {
            return false;
        }
        let stage = self.stage_number(&line.stage);
        self.open.push(&line, stage);
        if self.open.text_len() >= BLOCK_BYTES || self.open.len() >= BLOCK_LINES {
            self.pack();
        }
        true
    }

    fn stage_number(&mut self, stage: &str) -> u16 {
        let known = self.stages.iter().position(|known| known == stage);
        let at = known.unwrap_or_else(|| {
            // Pipelines have a few dozen stages; beyond the numbers there are, a line carries the last name.
            if self.stages.len() < usize::from(u16::MAX) {
                self.stages.push(stage.to_owned());
            }
            self.stages.len() - 1
        });
        at as u16
    }

    fn pack(&mut self) {
        let block = Block::pack(self.open_from(), &self.open);
        self.packed += block.size();
        self.blocks.push_back(block);
        self.open.clear();
        while self.len() > KEPT as usize || self.packed > KEPT_BYTES {
            let Some(gone) = self.blocks.pop_front() else {
                break;
            };
            self.packed -= gone.size();
            self.first = gone.places().end;
        }
    }

    /// The places of the lines that stand together with the one before `below`, cut there: what one reading unpacks.
    #[must_use]
    pub fn part_before(&self, below: u32) -> Option<Range<u32>> {
        if below <= self.first {
            return None;
        }
        let open = self.open_from();
        if below > open {
            return Some(open..below.min(self.end()));
        }
        let block = self.block_of(below - 1)?;
        Some(block.places().start..below)
    }

    fn block_of(&self, place: u32) -> Option<&Block> {
        let at = self
            .blocks
            .partition_point(|block| block.places().end <= place);
        self.blocks.get(at)
    }

    /// Calls `see` with the lines of these places, oldest first, until it answers false. `room` is what blocks are unpacked
    /// into.
    pub fn read(
        &self,
        places: Range<u32>,
        room: &mut Lines,
        mut see: impl FnMut(&Seen<'_>) -> bool,
    ) {
        let mut at = places.start.max(self.first);
        let end = places.end.min(self.end());
        while at < end {
            let (from, lines) = match self.block_of(at) {
                Some(block) => {
                    block.unpack(room);
                    (block.places().start, &*room)
                }
                None => (self.open_from(), &self.open),
            };
            let until = end.min(from + lines.len() as u32);
            if until <= at {
                return;
            }
            for place in at..until {
                let Some(seen) = lines.get((place - from) as usize, place, &self.stages) else {
                    return;
                };
                if !see(&seen) {
                    return;
                }
            }
            at = until;
        }
    }

    /// The nearest line at least so loud before or behind a place that `passes`. Blocks without such a line stay packed.
    pub fn nearest(
        &self,
        from: u32,
        forward: bool,
        level: Level,
        mut passes: impl FnMut(&Seen<'_>) -> bool,
    ) -> Option<u32> {
        let mut room = Lines::default();
        let mut parts: Vec<Range<u32>> = self
            .blocks
            .iter()
            .filter(|block| block.loudest() >= level)
            .map(Block::places)
            .collect();
        parts.push(self.open_from()..self.end());
        let wanted = |part: &Range<u32>| {
            if forward {
                part.start.max(from.saturating_add(1))..part.end
            } else {
                part.start..part.end.min(from)
            }
        };
        let mut look = |part: &Range<u32>| {
            let mut found = None;
            self.read(wanted(part), &mut room, |seen| {
                if seen.level >= level && passes(seen) {
                    found = Some(seen.place);
                }
                !(forward && found.is_some())
            });
            found
        };
        if forward {
            parts.iter().find_map(&mut look)
        } else {
            parts.iter().rev().find_map(&mut look)
        }
    }

    /// The line at a place.
    #[must_use]
    pub fn line(&self, place: u32) -> Option<Line> {
        let mut found = None;
        self.read(
            place..place.saturating_add(1),
            &mut Lines::default(),
            |seen| {
                found = Some(seen.to_line());
                false
            },
        );
        found
    }

    /// The lines at these places, which ascend.
    #[must_use]
    pub fn lines_at(&self, places: &[u32]) -> Vec<(u32, Line)> {
        let mut lines = Vec::with_capacity(places.len());
        let mut room = Lines::default();
        let mut rest = places;
        while let Some(first) = rest.first() {
            let end = self
                .block_of(*first)
                .map_or(self.end(), |block| block.places().end);
            let here = rest.partition_point(|place| *place < end);
            let (now, later) = rest.split_at(here);
            if let Some(last) = now.last() {
                let mut wanted = now.iter().peekable();
                self.read(*first..*last + 1, &mut room, |seen| {
                    if wanted.peek() == Some(&&seen.place) {
                        wanted.next();
                        lines.push((seen.place, seen.to_line()));
                    }
                    true
                });
            }
            // A place beyond the end is passed over.
            rest = if here == 0 { &[] } else { later };
        }
        lines
    }

    /// The first offset wanted when the stream is asked again: of the earliest attempt whose stage still runs, else behind the
    /// last line.
    #[must_use]
    pub fn resume(&self, runs: impl Fn(&str) -> bool) -> Option<u64> {
        let open = self
            .next
            .iter()
            .find(|(_, (stage, _))| runs(stage))
            .or_else(|| self.next.last_key_value());
        open.map(|(ordinal, (_, line))| (u64::from(*ordinal) << 32) | u64::from(*line))
    }
}

#[cfg(test)]
mod tests;
