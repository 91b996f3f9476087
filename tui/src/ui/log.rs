//! The log of the opened workflow: a line of what is looked at, then the lines. Only those in sight are touched.

use super::paint::{put, width, wrapped};
use super::{format, theme};
use crate::app::App;
use crate::app::detail::{Detail, Times};
use crate::model::Row;
use crate::model::log::{Level, Line};
use jiff::tz::TimeZone;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

/// Draws it.
pub fn draw(app: &App, row: &Row, detail: &Detail, area: Rect, buffer: &mut Buffer) {
    if area.height == 0 {
        return;
    }
    title(detail, area, buffer);
    let body = Rect {
        y: area.y + 1,
        height: area.height - 1,
        ..area
    };
    let view = &detail.log_view;
    if view.shown.is_empty() {
        let text = if detail.log.lines().is_empty() {
            match row.stages.iter().any(|stage| stage.view.attempts > 0) {
                true => "No line yet.",
                false => "No line yet: no stage has begun. w tells why.",
            }
        } else {
            "No line passes: L lowers the level, s shows all stages."
        };
        put(buffer, body, 2, 0, text, theme::DIM);
        return;
    }
    if view.wrap {
        wrapped_lines(app, row, detail, body, buffer);
        return;
    }
    let lines = view
        .shown
        .iter()
        .skip(view.top)
        .take(usize::from(body.height));
    for (y, line) in (0u16..).zip(lines.filter_map(|place| detail.log.lines().get(*place))) {
        let x = lead(app, row, detail, line, body, y, buffer);
        let text = Rect {
            x: body.x + x,
            width: body.width.saturating_sub(x),
            ..body
        };
        let shifted = cut(&line.text, view.x);
        put(buffer, text, 0, y, shifted, look(line.level));
        mark_hits(detail, shifted, text, y, buffer);
    }
}

/// Follow, level, stage, search, count.
fn title(detail: &Detail, area: Rect, buffer: &mut Buffer) {
    let view = &detail.log_view;
    put(
        buffer,
        area,
        0,
        0,
        &"─".repeat(usize::from(area.width)),
        theme::DIM,
    );
    let mut said = vec![
        "logs".to_owned(),
        if view.follow {
            "follow ON".to_owned()
        } else {
            format!("follow off, line {}", view.top + 1)
        },
        if view.level == Level::Debug {
            "level all".to_owned()
        } else {
            format!("level ≥ {}", view.level.word())
        },
        format!("stage {}", view.stage.as_deref().unwrap_or("all")),
    ];
    if let Some(search) = &view.search {
        said.push(format!("/{}", search.text));
    }
    said.push(format!("{} lines", view.shown.len()));
    if detail.log.dropped > 0 {
        said.push(format!("{} older not kept", detail.log.dropped));
    }
    put(
        buffer,
        area,
        1,
        0,
        &format!(" {} ", said.join(" ─ ")),
        theme::BOLD,
    );
}

fn look(level: Level) -> Style {
    match level {
        Level::Debug => theme::DIM,
        Level::Info => theme::PLAIN,
        Level::Warn => theme::ASK,
        Level::Error => theme::FAIL,
    }
}

/// Time, level and stage; gives the column behind them.
fn lead(
    app: &App,
    row: &Row,
    detail: &Detail,
    line: &Line,
    area: Rect,
    y: u16,
    buffer: &mut Buffer,
) -> u16 {
    let view = &detail.log_view;
    let time = match view.times {
        Times::Local => format::clock_millis(line.at_ms, &app.settings.zone),
        Times::Utc => format!("{}Z", format::clock_millis(line.at_ms, &TimeZone::UTC)),
        Times::Relative => format!("{:>9.3}", (line.at_ms - row.started_ms) as f64 / 1000.0),
        Times::Off => String::new(),
    };
    let mut x = 1;
    if !time.is_empty() && area.width >= 60 {
        x = put(buffer, area, x, y, &time, theme::DIM) + 1;
    }
    x = put(buffer, area, x, y, line.level.short(), look(line.level)) + 1;
    if view.stage.is_none() && area.width >= 80 && row.stages.len() > 1 {
        let room = Rect {
            width: (x + 16).min(area.width),
            ..area
        };
        put(buffer, room, x, y, &line.stage, theme::DIM);
        x += 17;
    }
    x
}

/// The text from a column on.
fn cut(text: &str, x: u16) -> &str {
    if x == 0 {
        return text;
    }
    let at = text
        .char_indices()
        .nth(usize::from(x))
        .map_or(text.len(), |(at, _)| at);
    &text[at..]
}

fn mark_hits(detail: &Detail, text: &str, area: Rect, y: u16, buffer: &mut Buffer) {
    let Some(search) = &detail.log_view.search else {
        return;
    };
    for hit in search
        .regex
        .find_iter(text)
        .filter(|hit| !hit.is_empty())
        .take(50)
    {
        let from = width(&text[..hit.start()]);
        let wide = width(hit.as_str());
        let cells = Rect {
            x: area.x.saturating_add(from),
            y: area.y + y,
            width: wide,
            height: 1,
        };
        buffer.set_style(
            cells.intersection(area).intersection(buffer.area),
            theme::CURSOR,
        );
    }
}

/// Long lines go on below; while following, the last line ends at the bottom.
fn wrapped_lines(app: &App, row: &Row, detail: &Detail, area: Rect, buffer: &mut Buffer) {
    let view = &detail.log_view;
    let room = usize::from(area.height);
    let indent = lead_width(detail, row, area);
    let columns = area.width.saturating_sub(indent).max(8);
    let broken = |place: &usize| {
        detail
            .log
            .lines()
            .get(*place)
            .map(|line| (line, wrapped(&line.text, columns)))
    };
    let mut first = view.top;
    if view.follow {
        let mut used = 0;
        first = view.shown.len();
        for (at, place) in view.shown.iter().enumerate().rev() {
            used += broken(place).map_or(0, |(_, parts)| parts.len().max(1));
            if used > room {
                break;
            }
            first = at;
        }
        first = first.min(view.shown.len().saturating_sub(1));
    }
    let mut y = 0u16;
    for (line, parts) in view.shown.iter().skip(first).filter_map(broken) {
        if y >= area.height {
            return;
        }
        let x = lead(app, row, detail, line, area, y, buffer);
        for part in &parts {
            let text = Rect {
                x: area.x + x,
                width: area.width.saturating_sub(x),
                ..area
            };
            put(buffer, text, 0, y, part, look(line.level));
            mark_hits(detail, part, text, y, buffer);
            y += 1;
        }
        y += u16::from(parts.is_empty());
    }
}

fn lead_width(detail: &Detail, row: &Row, area: Rect) -> u16 {
    let view = &detail.log_view;
    let time = match view.times {
        Times::Local => 13,
        Times::Utc => 14,
        Times::Relative => 10,
        Times::Off => 0,
    };
    let time = if area.width >= 60 { time } else { 0 };
    let stage = if view.stage.is_none() && area.width >= 80 && row.stages.len() > 1 {
        17
    } else {
        0
    };
    1 + time + 4 + stage
}
