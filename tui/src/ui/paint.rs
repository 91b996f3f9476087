//! Putting text into cells, clipped to where it may stand.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// A run of text in one style.
pub type Run<'a> = (std::borrow::Cow<'a, str>, Style);

/// Puts text at a column of an area's row, cut with `…` where it doesn't fit; gives the column behind it.
pub fn put(buffer: &mut Buffer, area: Rect, x: u16, y: u16, text: &str, style: Style) -> u16 {
    let (left, right) = (
        area.x.saturating_add(x),
        area.right().min(buffer.area.right()),
    );
    let row = area.y.saturating_add(y);
    if left >= right || row >= area.bottom().min(buffer.area.bottom()) {
        return x;
    }
    let room = usize::from(right - left);
    let end = if fits(text, room) {
        buffer.set_stringn(left, row, text, room, style).0
    } else {
        let cut = buffer.set_stringn(left, row, text, room - 1, style).0;
        buffer.set_stringn(cut, row, "…", 1, style).0
    };
    end - area.x
}

/// Puts text into a field so many columns wide.
pub fn field(
    buffer: &mut Buffer,
    area: Rect,
    x: u16,
    y: u16,
    width: u16,
    text: &str,
    style: Style,
) {
    put(buffer, cell(area, x, width), 0, y, text, style);
}

/// Puts text to the right end of a field so many columns wide.
pub fn field_right(
    buffer: &mut Buffer,
    area: Rect,
    x: u16,
    y: u16,
    width: u16,
    text: &str,
    style: Style,
) {
    let room = cell(area, x, width);
    put(
        buffer,
        room,
        room.width.saturating_sub(self::width(text)),
        y,
        text,
        style,
    );
}

fn cell(area: Rect, x: u16, width: u16) -> Rect {
    Rect {
        x: area.x.saturating_add(x),
        width: width.min(area.width.saturating_sub(x)),
        ..area
    }
}

/// Puts runs one behind the other.
pub fn runs(buffer: &mut Buffer, area: Rect, x: u16, y: u16, runs: &[Run<'_>]) -> u16 {
    runs.iter()
        .fold(x, |x, (text, style)| put(buffer, area, x, y, text, *style))
}

fn fits(text: &str, room: usize) -> bool {
    text.len() <= room || text.width() <= room
}

/// The columns that text takes.
#[must_use]
pub fn width(text: &str) -> u16 {
    u16::try_from(text.width()).unwrap_or(u16::MAX)
}

/// Breaks text into lines of at most `width` columns, at spaces where it can.
#[must_use]
pub fn wrapped(text: &str, width: u16) -> Vec<String> {
    let width = usize::from(width.max(1));
    let mut lines = Vec::new();
    for paragraph in text.lines() {
        let mut line = String::new();
        let mut used = 0;
        for word in paragraph.split_word_bounds() {
            let wide = word.width();
            if used + wide > width && used > 0 {
                lines.push(line.trim_end().to_owned());
                line.clear();
                used = 0;
                if word.trim().is_empty() {
                    continue;
                }
            }
            if wide <= width {
                line.push_str(word);
                used += wide;
                continue;
            }
            for grapheme in word.graphemes(true) {
                let wide = grapheme.width();
                if used + wide > width {
                    lines.push(std::mem::take(&mut line));
                    used = 0;
                }
                line.push_str(grapheme);
                used += wide;
            }
        }
        lines.push(line);
    }
    lines
}

/// A frame with a title; gives the inside.
pub fn frame(
    buffer: &mut Buffer,
    area: Rect,
    title: &str,
    style: Style,
    title_style: Style,
) -> Rect {
    if area.width < 2 || area.height < 2 {
        return Rect {
            width: 0,
            height: 0,
            ..area
        };
    }
    let flat = "─".repeat(usize::from(area.width - 2));
    put(buffer, area, 0, 0, &format!("┌{flat}┐"), style);
    for y in 1..area.height - 1 {
        put(buffer, area, 0, y, "│", style);
        put(buffer, area, area.width - 1, y, "│", style);
    }
    put(
        buffer,
        area,
        0,
        area.height - 1,
        &format!("└{flat}┘"),
        style,
    );
    if !title.is_empty() {
        let room = Rect {
            width: area.width.saturating_sub(2),
            ..area
        };
        put(buffer, room, 1, 0, &format!(" {title} "), title_style);
    }
    Rect {
        x: area.x + 1,
        y: area.y + 1,
        width: area.width - 2,
        height: area.height - 2,
    }
}

/// Empties an area.
pub fn clear(buffer: &mut Buffer, area: Rect) {
    let area = area.intersection(buffer.area);
    for y in area.top()..area.bottom() {
        for x in area.left()..area.right() {
            buffer[(x, y)].reset();
        }
    }
}
