//! Screen 5: the boxes with their slots, and the line before them; with a draft, who would start when.

use super::paint::{field, field_right};
use super::pen::{Pen, rule};
use super::rows::{self, Lines};
use super::{boxes, empty, format, theme};
use crate::app::App;
use crate::app::areas::{Areas, Width};
use crate::app::queue::{InLine, Pane};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// Draws it.
pub fn draw(app: &App, areas: &Areas, buffer: &mut Buffer) {
    if !app.loaded() {
        empty::queue(app, areas.main, buffer);
        return;
    }
    let (above, below) = areas.queue_split(app.box_lines());
    boxes(app, above, buffer);
    line(app, areas.width, below, buffer);
    // Where nothing waits, the box has the room.
    let of_box = app.view.queue.pane == Pane::Boxes || app.view.queue.order.is_empty();
    if !areas.preview.is_empty() && of_box {
        boxes::about(app, areas.preview, buffer);
    } else if !areas.preview.is_empty() {
        super::preview::draw(app, areas.preview, buffer);
    } else if !areas.strip.is_empty() {
        why(app, areas.strip, buffer);
    }
}

fn boxes(app: &App, area: Rect, buffer: &mut Buffer) {
    let view = &app.view.queue;
    let chosen = view.pane == Pane::Boxes;
    let count = app.boxes().count();
    rule(
        buffer,
        area,
        0,
        &format!("boxes {count}"),
        "D drains, or lets it go on",
        chosen,
    );
    let below = rows::below_title(area);
    let lines = Lines {
        top: app.first_box(usize::from(below.height)),
        at: view.box_at,
        chosen,
    };
    rows::draw(lines, app.boxes(), below, buffer, |_, one, row, buffer| {
        boxes::line(app, one, row, buffer);
    });
}

fn line(app: &App, size: Width, area: Rect, buffer: &mut Buffer) {
    let view = &app.view.queue;
    let chosen = view.pane == Pane::Line;
    let drafted = !view.draft.is_empty();
    let title = if drafted {
        format!("line {} ─ DRAFT, nothing is sent", view.order.len())
    } else {
        format!("line {}", view.order.len())
    };
    let said = if drafted {
        "Enter applies, Esc drops it"
    } else {
        "< > try another place"
    };
    rule(buffer, area, 0, &title, said, chosen);
    if view.order.is_empty() {
        let below = Rect {
            y: area.y + 1,
            height: area.height.saturating_sub(1),
            ..area
        };
        empty::line(app, below, buffer);
        return;
    }
    let lines = Lines {
        top: view.cursor.top,
        at: view.cursor.at,
        chosen,
    };
    let all = view.order.iter();
    let below = rows::below_title(area);
    rows::draw(lines, all, below, buffer, |at, one, row, buffer| {
        place(app, size, (at, one), row, buffer);
    });
}

fn place(app: &App, size: Width, (at, one): (usize, &InLine), row: Rect, buffer: &mut Buffer) {
    let view = &app.view.queue;
    let zone = &app.settings.zone;
    let drafted = !view.draft.is_empty();
    let moved = view.draft.contains_key(&one.key);
    let look = if moved { theme::ASK } else { theme::PLAIN };
    field_right(buffer, row, 1, 0, 4, &format!("#{}", at + 1), look);
    let shift = match (at + 1).cmp(&one.before) {
        _ if !drafted => String::new(),
        std::cmp::Ordering::Less => format!("▲{}", one.before - at - 1),
        std::cmp::Ordering::Greater => format!("▼{}", at + 1 - one.before),
        std::cmp::Ordering::Equal => String::new(),
    };
    field(buffer, row, 6, 0, 3, &shift, look);
    let known = app.row(&one.key);
    let name = known.map_or(one.key.as_str(), |row| row.name());
    let name_wide = (row.width / 3).clamp(10, 32);
    field(buffer, row, 9, 0, name_wide, name, look);
    let mut x = 10 + name_wide;
    field_right(
        buffer,
        row,
        x,
        0,
        9,
        &format!("prio {}", one.priority),
        look,
    );
    x += 10;
    let starts = match one.starts_ms {
        Some(at) if at > app.now_ms => format!("about {}", format::clock(at, zone)),
        Some(_) => "soon".to_owned(),
        None => "-".to_owned(),
    };
    field(buffer, row, x, 0, 11, &starts, look);
    x += 12;
    if size >= Width::Narrow {
        let waits = known
            .and_then(|row| row.view.waiting_for.as_ref())
            .map_or("", |waits| waits.message.as_str());
        let room = row.width.saturating_sub(x + 1);
        field(buffer, row, x, 0, room, waits, theme::DIM);
    }
}

/// Why the one under the cursor waits.
fn why(app: &App, area: Rect, buffer: &mut Buffer) {
    let Some(row) = app.current() else { return };
    let mut pen = Pen::new(buffer, area);
    pen.rule(row.name());
    if let Some(waits) = &row.view.waiting_for {
        let text = format!(" waits ({}): {}", waits.kind, waits.message);
        pen.text(&text, theme::PLAIN, 2);
    }
}
