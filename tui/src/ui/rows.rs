//! Lines of a list of anything: from one on, the one under the cursor with its mark, and shown as chosen where its pane has
//! the keys.

use super::paint::put;
use super::theme;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// Which lines of a list are drawn, and how.
#[derive(Debug, Clone, Copy)]
pub struct Lines {
    /// The first one in sight.
    pub top: usize,
    /// The one under the cursor.
    pub at: usize,
    /// Its pane has the keys.
    pub chosen: bool,
}

/// Draws each line in sight, by its place and its row of cells.
pub fn draw<T>(
    lines: Lines,
    all: impl Iterator<Item = T>,
    area: Rect,
    buffer: &mut Buffer,
    mut line: impl FnMut(usize, T, Rect, &mut Buffer),
) {
    for (y, (at, one)) in (0..area.height).zip(all.enumerate().skip(lines.top)) {
        let row = Rect {
            y: area.y + y,
            height: 1,
            ..area
        };
        let under = at == lines.at;
        if under {
            put(buffer, row, 0, 0, "▌", theme::BOLD);
        }
        line(at, one, row, buffer);
        if under && lines.chosen {
            let cells = Rect {
                x: row.x + 1,
                width: row.width.saturating_sub(1),
                ..row
            };
            buffer.set_style(cells.intersection(buffer.area), theme::CURSOR);
        }
    }
}

/// An area without its first line, which is a title.
#[must_use]
pub fn below_title(area: Rect) -> Rect {
    Rect {
        y: area.y + u16::from(area.height > 0),
        height: area.height.saturating_sub(1),
        ..area
    }
}
