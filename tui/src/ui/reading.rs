//! Large popups to read in: a delivery beside the last accepted one, a comparison, words, a picture.

use super::paint::{clear, frame, put, wrapped};
use super::{compare, hooks, theme};
use crate::app::App;
use crate::app::picture::Picture;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Style};

/// A delivery: the receiver's answer, and the bodies.
pub fn delivery(app: &App, id: &str, top: usize, buffer: &mut Buffer) {
    let known = app
        .view
        .hooks
        .deliveries
        .iter()
        .find(|one| one.delivery_id == id);
    let Some(one) = known else { return };
    let mut lines = Vec::new();
    if let Some(last) = one.last() {
        lines.push((
            format!(
                "attempt {} of {}: {}",
                last.number,
                one.attempts.len(),
                last.outcome()
            ),
            theme::BOLD,
        ));
        let answer = last.response.as_deref().unwrap_or_default();
        if !answer.trim().is_empty() {
            lines.push((
                format!("answered: {}", crate::model::log::clean(answer.trim())),
                theme::PLAIN,
            ));
        }
        lines.push((String::new(), theme::PLAIN));
    }
    lines.extend(hooks::pair(app, one));
    let name = one
        .video_id
        .as_ref()
        .and_then(|id| app.row(id))
        .map_or("", |row| row.name());
    let title = format!("{} {} {name}", crate::model::key::id(id), one.event_type);
    read(
        title.trim(),
        &lines,
        top,
        "R replay   y as curl   j k scroll   Esc closes",
        buffer,
    );
}

/// The opened workflow beside the last good run.
pub fn comparison(app: &App, top: usize, buffer: &mut Buffer) {
    let Some(detail) = &app.view.detail else {
        return;
    };
    let (Some(row), Some(found)) = (app.row(&detail.id), &detail.compare) else {
        return;
    };
    let lines = compare::lines(app, row, found);
    let title = format!("{} and the last good run", row.name());
    read(
        &title,
        &lines,
        top,
        "+ here   - then   j k scroll   Esc closes",
        buffer,
    );
}

/// Words.
pub fn words(title: &str, lines: &[String], top: usize, buffer: &mut Buffer) {
    let lines: Vec<(String, Style)> = lines
        .iter()
        .map(|line| (line.clone(), theme::PLAIN))
        .collect();
    read(title, &lines, top, "j k scroll   Esc closes", buffer);
}

fn read(title: &str, lines: &[(String, Style)], top: usize, keys: &str, buffer: &mut Buffer) {
    let screen = buffer.area;
    let wide = screen
        .width
        .saturating_sub(if screen.width >= 80 { 8 } else { 0 })
        .min(110);
    let columns = wide.saturating_sub(4);
    let lines: Vec<(String, Style)> = lines
        .iter()
        .flat_map(|(line, look)| match line.is_empty() {
            true => vec![(String::new(), *look)],
            false => kept_indent(line, columns)
                .into_iter()
                .map(|line| (line, *look))
                .collect(),
        })
        .collect();
    let high = u16::try_from(lines.len() + 3)
        .unwrap_or(u16::MAX)
        .min(screen.height.saturating_sub(2).max(3.min(screen.height)));
    let area = Rect {
        x: (screen.width - wide) / 2,
        y: (screen.height - high) / 3,
        width: wide,
        height: high,
    };
    clear(buffer, area);
    let inside = frame(buffer, area, title, theme::PLAIN, theme::BOLD);
    let room = usize::from(inside.height.saturating_sub(1));
    let top = top.min(lines.len().saturating_sub(room));
    for (y, (line, look)) in (0u16..).zip(lines.iter().skip(top).take(room)) {
        put(buffer, inside, 1, y, line, *look);
    }
    let below = lines.len().saturating_sub(top + room);
    let more = if below > 0 {
        format!("{below} more   ")
    } else {
        String::new()
    };
    put(
        buffer,
        inside,
        1,
        inside.height.saturating_sub(1),
        &format!("{more}{keys}"),
        theme::DIM,
    );
}

/// Wraps a line; what goes on below keeps its indent.
fn kept_indent(line: &str, columns: u16) -> Vec<String> {
    let text = line.trim_start();
    let indent = line.len() - text.len();
    let lead = " ".repeat(indent.min(usize::from(columns / 2)));
    wrapped(
        text,
        columns.saturating_sub(u16::try_from(lead.len()).unwrap_or(0)),
    )
    .into_iter()
    .map(|part| format!("{lead}{part}"))
    .collect()
}

/// Where a picture stands on a screen, in cells; for drawing it and for a terminal that draws it itself.
#[must_use]
pub fn picture_area(picture: &Picture, screen: Rect) -> Rect {
    let (columns, rows) = picture.cells(
        screen.width.saturating_sub(4).clamp(1, 80),
        screen.height.saturating_sub(4).max(1),
    );
    Rect {
        x: (screen.width.saturating_sub(columns)) / 2,
        y: (screen.height.saturating_sub(rows)) / 3,
        width: columns.min(screen.width),
        height: rows.min(screen.height),
    }
}

/// A picture in half blocks: the upper half of a cell in the one colour, the lower in the other.
pub fn picture(app: &App, picture: &Picture, buffer: &mut Buffer) {
    let inner = picture_area(picture, buffer.area);
    let outer = Rect {
        x: inner.x.saturating_sub(1),
        y: inner.y.saturating_sub(1),
        width: inner.width + 2,
        height: inner.height + 2,
    }
    .intersection(buffer.area);
    clear(buffer, outer);
    let name = app
        .row(&picture.key)
        .map_or(picture.key.as_str(), |row| row.name());
    let size = super::format::bytes(picture.bytes as u64);
    frame(
        buffer,
        outer,
        &format!("{name} ({size})  v closes"),
        theme::PLAIN,
        theme::BOLD,
    );
    if app.settings.graphics {
        return;
    }
    if app.settings.ascii {
        put(
            buffer,
            inner,
            1,
            0,
            "no picture without block signs",
            theme::DIM,
        );
        return;
    }
    let pixels = picture.scaled(u32::from(inner.width), u32::from(inner.height) * 2);
    let colour = |x: u16, y: u32| {
        let [red, green, blue] = pixels.get_pixel(u32::from(x), y).0;
        cube(red, green, blue)
    };
    for y in 0..inner.height {
        for x in 0..inner.width {
            let (cx, cy) = (inner.x + x, inner.y + y);
            if cx < buffer.area.right() && cy < buffer.area.bottom() {
                let cell = &mut buffer[(cx, cy)];
                cell.set_symbol("▀");
                cell.fg = colour(x, u32::from(y) * 2);
                cell.bg = colour(x, u32::from(y) * 2 + 1);
            }
        }
    }
}

/// The nearest of the 240 fixed colours: a third of the bytes of the exact one, and every terminal has them.
fn cube(red: u8, green: u8, blue: u8) -> Color {
    let level = |c: u8| match c {
        0..48 => 0u8,
        48..115 => 1,
        _ => (c - 35) / 40,
    };
    let spread = red.max(green).max(blue) - red.min(green).min(blue);
    if spread < 12 {
        let grey = (u16::from(red) + u16::from(green) + u16::from(blue)) / 3;
        if (8..=238).contains(&grey) {
            return Color::Indexed(232 + ((grey - 8) / 10).min(23) as u8);
        }
    }
    Color::Indexed(16 + 36 * level(red) + 6 * level(green) + level(blue))
}
