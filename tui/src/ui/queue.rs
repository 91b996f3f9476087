//! Screen 5: the boxes with their slots, and the line before them; with a draft, who would start when.

use super::paint::{field, field_right, put, width};
use super::pen::{Pen, rule};
use super::{empty, format, theme};
use crate::app::App;
use crate::app::areas::{Areas, Width};
use crate::app::queue::Pane;
use crate::model::workers::Worker;
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
    if !areas.preview.is_empty() {
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
        "D drains, U undrains",
        chosen,
    );
    let room = usize::from(area.height.saturating_sub(1));
    let first = (view.box_at + 1).saturating_sub(room);
    for (y, (at, one)) in (1u16..).zip(app.boxes().enumerate().skip(first).take(room)) {
        let row = Rect {
            y: area.y + y,
            height: 1,
            ..area
        };
        let under = at == view.box_at;
        if under {
            put(buffer, row, 0, 0, "▌", theme::BOLD);
        }
        worker(app, one, row, buffer);
        if under && chosen {
            let cells = Rect {
                x: row.x + 1,
                width: row.width.saturating_sub(1),
                ..row
            };
            buffer.set_style(cells.intersection(buffer.area), theme::CURSOR);
        }
    }
}

fn worker(app: &App, one: &Worker, row: Rect, buffer: &mut Buffer) {
    let link = app.link_of(one.daemon);
    let stale = !link.is_fresh(app.now_ms);
    let (sign, look) = match one.status.as_str() {
        _ if stale => ("~", theme::ASK),
        "lost" => ("!", theme::FAIL),
        "draining" => ("‖", theme::PAUSE),
        "active" => ("▶", theme::RUN),
        _ => ("✓", theme::OK),
    };
    put(buffer, row, 2, 0, sign, look);
    let name = if app.several() {
        let daemon = app.daemon_name(one.daemon);
        if daemon == one.worker_id {
            one.worker_id.clone()
        } else {
            format!("{} ({daemon})", one.worker_id)
        }
    } else {
        one.worker_id.clone()
    };
    let wide = if row.width >= 80 { 20 } else { 12 };
    field(buffer, row, 4, 0, wide, &name, theme::BOLD);
    let word = if stale { "stale" } else { one.status.as_str() };
    field(buffer, row, 5 + wide, 0, 8, word, look);
    let mut x = 14 + wide;
    let bar_wide = if row.width >= 80 { 10 } else { 5 };
    for (resource, slots) in &one.resources {
        let share = if slots.total > 0.0 {
            slots.used / slots.total * 100.0
        } else {
            0.0
        };
        let amounts = if resource.starts_with("mem") || slots.total > 1_000_000.0 {
            format!(
                "{}/{}",
                format::bytes(slots.used as u64),
                format::bytes(slots.total as u64)
            )
        } else {
            format!("{}/{}", slots.used, slots.total)
        };
        let needed = width(resource) + bar_wide + width(&amounts) + 4;
        if x + needed > row.width {
            put(buffer, row, x, 0, "…", theme::DIM);
            break;
        }
        x = put(buffer, row, x, 0, resource, theme::DIM) + 1;
        x = put(
            buffer,
            row,
            x,
            0,
            &format::bar(share, bar_wide),
            theme::PLAIN,
        ) + 1;
        x = put(buffer, row, x, 0, &amounts, theme::PLAIN) + 2;
    }
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
    let zone = &app.settings.zone;
    let room = usize::from(area.height.saturating_sub(1));
    let rows = view
        .order
        .iter()
        .enumerate()
        .skip(view.cursor.top)
        .take(room);
    for (y, (at, one)) in (1u16..).zip(rows) {
        let row = Rect {
            y: area.y + y,
            height: 1,
            ..area
        };
        let under = at == view.cursor.at;
        if under {
            put(buffer, row, 0, 0, "▌", theme::BOLD);
        }
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
        if under && chosen {
            let cells = Rect {
                x: row.x + 1,
                width: row.width.saturating_sub(1),
                ..row
            };
            buffer.set_style(cells.intersection(buffer.area), theme::CURSOR);
        }
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
