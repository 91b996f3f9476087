//! Finds rows that moved up together: a log that is followed. The terminal can move them itself for a dozen bytes.

use ratatui::buffer::{Buffer, Cell};

/// Rows `top` to `bottom` (both within) moved up by so many lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scroll {
    /// The first row of the region.
    pub top: u16,
    /// The last row of the region.
    pub bottom: u16,
    /// How far they moved.
    pub lines: u16,
}

/// A region smaller than this is as cheap to write.
const LEAST: usize = 6;

/// A log that moved further in one picture has little left to move.
const FURTHEST: usize = 16;

/// The one region between the first and the last row that differ, if most of it is what stood some lines below.
#[must_use]
pub fn find(shown: &Buffer, next: &Buffer) -> Option<Scroll> {
    let width = usize::from(next.area.width);
    if width == 0 || shown.area != next.area {
        return None;
    }
    let before: Vec<&[Cell]> = shown.content.chunks(width).collect();
    let after: Vec<&[Cell]> = next.content.chunks(width).collect();
    let differs = |y: &usize| before[*y] != after[*y];
    let top = (0..after.len()).find(differs)?;
    let bottom = (0..after.len()).rev().find(differs)?;
    let height = bottom - top + 1;
    if height < LEAST {
        return None;
    }
    (1..=FURTHEST.min(height / 2)).find_map(|lines| {
        let kept = height - lines;
        let moved = (top..=bottom - lines)
            .filter(|y| after[*y] == before[y + lines] && !is_blank(after[*y]))
            .count();
        (moved * 3 >= kept * 2).then(|| Scroll {
            top: u16::try_from(top).unwrap_or(u16::MAX),
            bottom: u16::try_from(bottom).unwrap_or(u16::MAX),
            lines: u16::try_from(lines).unwrap_or(u16::MAX),
        })
    })
}

/// What the terminal shows after it moved them: the new rows at the bottom are blank.
pub fn apply(shown: &mut Buffer, scroll: Scroll) {
    let width = usize::from(shown.area.width);
    let from = usize::from(scroll.top) * width;
    let to = (usize::from(scroll.bottom) + 1) * width;
    let by = usize::from(scroll.lines) * width;
    shown.content[from..to].rotate_left(by);
    for cell in &mut shown.content[to - by..to] {
        cell.reset();
    }
}

fn is_blank(row: &[Cell]) -> bool {
    row.iter().all(|cell| cell.symbol() == " ")
}
