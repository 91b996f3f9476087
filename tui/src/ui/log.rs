//! The log of the opened workflow: a line of what is looked at, then the lines. Only those in sight are touched.

use super::paint::{put, width, wrapped};
use super::{format, theme};
use crate::app::App;
use crate::app::detail::{Detail, Times};
use crate::app::log_view::WINDOWS;
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
    if view.sight.is_empty() {
        let text = if detail.log.is_empty() {
            match row.stages.iter().any(|stage| stage.view.attempts > 0) {
                true => "No line yet.",
                false => "No line yet: no stage has begun. w tells why.",
            }
        } else if view.is_scanning(&detail.log) {
            "No line passes so far; older ones are still looked at."
        } else if view.since_ms.is_some() {
            "No line passes: 0 shows all times, L lowers the level, s shows all stages."
        } else {
            "No line passes: L lowers the level, s shows all stages."
        };
        put(buffer, body, 2, 0, text, theme::DIM);
        return;
    }
    if view.wrap {
        wrapped_lines(app, row, detail, body, buffer);
    } else {
        for (y, (place, line)) in (0..body.height).zip(&view.sight) {
            let x = lead(app, row, detail, line, body, y, buffer);
            let text = Rect {
                x: body.x + x,
                width: body.width.saturating_sub(x + 1),
                ..body
            };
            let shifted = cut(&line.text, view.x);
            let end = put(buffer, text, 0, y, shifted, look(line.level));
            mark_hits(detail, shifted, text, y, buffer);
            beside(detail, *place, body, y, text.x - body.x + end, buffer);
        }
    }
    scrollbar(detail, body, buffer);
}

/// What a person marked, and how often the line came.
fn beside(detail: &Detail, place: u32, area: Rect, y: u16, end: u16, buffer: &mut Buffer) {
    let view = &detail.log_view;
    if view.marks.contains(&place) {
        put(buffer, area, 0, y, "●", theme::BOLD);
    }
    if let Some(count) = view.passing.folded.get(&place) {
        let said = format!(" (×{count}, F shows each)");
        let at = end.min(area.width.saturating_sub(width(&said) + 1));
        put(buffer, area, at, y, &said, theme::DIM);
    }
}

/// Where among all lines those in sight stand, and where something was found: the last column, where there are more lines than
/// fit.
fn scrollbar(detail: &Detail, area: Rect, buffer: &mut Buffer) {
    let view = &detail.log_view;
    let places = &view.passing.places;
    let rows = usize::from(area.height);
    if places.len() <= rows || area.width < 40 {
        return;
    }
    let column = area.width - 1;
    let line_of = |at: usize| (at * rows / places.len()).min(rows - 1) as u16;
    for y in 0..area.height {
        put(buffer, area, column, y, "·", theme::DIM);
    }
    let from = line_of(view.top);
    for y in from..=line_of((view.top + rows).min(places.len()) - 1) {
        put(buffer, area, column, y, "█", theme::DIM);
    }
    // A few ticks a line are as many as can be told apart.
    let hits = &view.hits.places;
    let step = (hits.len() / (rows * 4)).max(1);
    for hit in hits.iter().step_by(step) {
        let y = line_of(view.passing.find(*hit));
        put(buffer, area, column, y, "◄", theme::ASK);
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
    if let Some((_, name)) = WINDOWS.get(view.window).filter(|_| view.since_ms.is_some()) {
        said.push((*name).to_owned());
    }
    if let Some(filter) = &view.filter {
        said.push(format!("& {}", filter.text));
    }
    if let Some(search) = &view.search {
        let hits = &view.hits.places;
        let first = view.passing.places.get(view.top).copied().unwrap_or(0);
        let at = if view.follow {
            hits.len()
        } else {
            hits.partition_point(|hit| *hit <= first)
        };
        said.push(format!("/{} {at}/{}", search.text, hits.len()));
    }
    said.push(format!("{} lines", view.passing.places.len()));
    if view.is_scanning(&detail.log) {
        said.push(format!("{} % looked at", view.scanned(&detail.log)));
    }
    if detail.log.first() > 0 {
        said.push(format!("{} older not kept", detail.log.first()));
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
    let indent = lead_width(detail, row, area);
    let columns = area.width.saturating_sub(indent + 1).max(8);
    let broken = view
        .sight
        .iter()
        .map(|(place, line)| (place, line, wrapped(&line.text, columns)))
        .collect::<Vec<_>>();
    let mut first = 0;
    if view.follow {
        let mut left = usize::from(area.height);
        let fits = broken.iter().rev().take_while(|(_, _, parts)| {
            let fits = parts.len().max(1) <= left;
            left = left.saturating_sub(parts.len().max(1));
            fits
        });
        // The last line is shown even where it is longer than the screen.
        first = broken.len() - fits.count().max(1);
    }
    let mut y = 0u16;
    for (place, line, parts) in &broken[first..] {
        if y >= area.height {
            return;
        }
        let x = lead(app, row, detail, line, area, y, buffer);
        let mut end = x;
        for part in parts.iter().take(usize::from(area.height - y)) {
            let text = Rect {
                x: area.x + x,
                width: area.width.saturating_sub(x + 1),
                ..area
            };
            end = x + put(buffer, text, 0, y, part, look(line.level));
            mark_hits(detail, part, text, y, buffer);
            y += 1;
        }
        y += u16::from(parts.is_empty());
        beside(detail, **place, area, y - 1, end, buffer);
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
