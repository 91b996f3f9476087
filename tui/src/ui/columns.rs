//! The list's columns: which there are at a width, and one row of them.

use super::paint::{field, field_right, put};
use super::{format, theme};
use crate::app::App;
use crate::app::areas::Width;
use crate::model::Row;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

/// Where each column begins and how wide it is; 0 is hidden.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Columns {
    id: u16,
    name: u16,
    stages: u16,
    bar: u16,
    percent: u16,
    outlook: u16,
    place: u16,
}

const LEAD: u16 = 4;

impl Columns {
    /// For a list so many cells wide. The box shows only where there are several.
    #[must_use]
    pub fn of(width: Width, cells: u16, boxes: bool) -> Self {
        let narrow = width <= Width::Narrow;
        let mut columns = Self {
            id: 6,
            name: 0,
            stages: if narrow { 12 } else { 14 },
            bar: match width {
                Width::Preview => 10,
                Width::Strip => 12,
                _ => 0,
            },
            percent: 4,
            outlook: 12,
            place: if boxes && !narrow { 8 } else { 0 },
        };
        let fixed = columns.fixed();
        columns.name = cells.saturating_sub(fixed).max(8);
        columns
    }

    fn fixed(self) -> u16 {
        let gaps = [
            self.id,
            self.stages,
            self.bar,
            self.percent,
            self.outlook,
            self.place,
        ];
        LEAD + gaps
            .iter()
            .map(|width| if *width == 0 { 0 } else { width + 1 })
            .sum::<u16>()
    }

    /// The line above the rows.
    pub fn head(self, buffer: &mut Buffer, area: Rect) {
        let titles = [
            (self.id, "ID", false),
            (self.name, "NAME", false),
            (self.stages, "STAGES", false),
            (self.bar, "PROGRESS", false),
            (self.percent, "PCT", true),
            (self.outlook, "ETA", true),
            (self.place, "BOX", false),
        ];
        let mut x = LEAD;
        for (width, title, right) in titles {
            if width > 0 {
                if right {
                    field_right(buffer, area, x, 0, width, title, theme::DIM)
                } else {
                    field(buffer, area, x, 0, width, title, theme::DIM)
                };
                x += width + 1;
            }
        }
    }

    /// One workflow.
    pub fn row(
        self,
        app: &App,
        row: &Row,
        buffer: &mut Buffer,
        area: Rect,
        y: u16,
        under_cursor: bool,
    ) {
        let marked = app.view.marks.contains(&row.key);
        let (sign, look) = if app.is_stale(row) && app.several() {
            ("~", theme::ASK)
        } else {
            theme::sign(row)
        };
        let ended = row.status.is_terminal() && row.status != crate::model::words::Status::Failed;
        let text = if ended { theme::DIM } else { theme::PLAIN };
        if under_cursor {
            put(buffer, area, 0, y, "▌", theme::BOLD);
        }
        if marked {
            put(buffer, area, 1, y, "●", theme::BOLD);
        }
        put(buffer, area, 2, y, sign, look);
        let mut x = LEAD;
        id(
            app,
            row,
            buffer,
            Rect {
                width: (x + self.id).min(area.width),
                ..area
            },
            x,
            y,
        );
        x += self.id + 1;
        field(buffer, area, x, y, self.name, row.name(), text);
        x += self.name + 1;
        field(buffer, area, x, y, self.stages, &format::stages(row), text);
        x += self.stages + 1;
        if self.bar > 0 {
            put(
                buffer,
                area,
                x,
                y,
                &format::bar(row.view.progress, self.bar),
                bar_look(row, look),
            );
            x += self.bar + 1;
        }
        field_right(
            buffer,
            area,
            x,
            y,
            self.percent,
            &format::percent(row.view.progress),
            text,
        );
        x += self.percent + 1;
        let (outlook, outlook_look) = outlook(app, row);
        field_right(
            buffer,
            area,
            x,
            y,
            self.outlook,
            &outlook,
            outlook_look.unwrap_or(text),
        );
        x += self.outlook + 1;
        if self.place > 0 {
            field(buffer, area, x, y, self.place, place(app, row), theme::DIM);
        }
        if under_cursor {
            let line = Rect {
                x: area.x + 1,
                y: area.y + y,
                width: area.width.saturating_sub(1),
                height: 1,
            };
            buffer.set_style(line.intersection(buffer.area), theme::CURSOR);
        }
    }
}

/// The id's shortest beginning that no other has stands out.
fn id(app: &App, row: &Row, buffer: &mut Buffer, area: Rect, x: u16, y: u16) {
    let id = &row.view.id;
    let shared = |other: &String| {
        id.chars()
            .zip(other.chars())
            .take_while(|(a, b)| a == b)
            .count()
    };
    let daemon = crate::model::key::split(&row.key).0;
    let Some(model) = app.models().find(|model| model.daemon == daemon) else {
        put_cut(buffer, area, x, y, id, theme::DIM);
        return;
    };
    let rows = &model.rows;
    let before = rows
        .range::<String, _>(..id)
        .next_back()
        .map_or(0, |(other, _)| shared(other));
    let behind = rows
        .range::<String, _>((std::ops::Bound::Excluded(id), std::ops::Bound::Unbounded))
        .next();
    let unique = before.max(behind.map_or(0, |(other, _)| shared(other))) + 1;
    let at = id.char_indices().nth(unique).map_or(id.len(), |(at, _)| at);
    let x = put(buffer, area, x, y, &id[..at], theme::BOLD);
    put_cut(buffer, area, x, y, &id[at..], theme::DIM);
}

/// An id is cut without a sign: it is a beginning, and works as one.
fn put_cut(buffer: &mut Buffer, area: Rect, x: u16, y: u16, text: &str, style: Style) {
    let room = usize::from(area.width.saturating_sub(x));
    let end = text
        .char_indices()
        .nth(room)
        .map_or(text.len(), |(at, _)| at);
    put(buffer, area, x, y, &text[..end], style);
}

/// Where it runs; of several daemons, whose it is.
pub fn place<'a>(app: &'a App, row: &'a Row) -> &'a str {
    if app.several() {
        app.daemon_name(crate::model::key::split(&row.key).0)
    } else {
        row.view.box_name.as_deref().unwrap_or("-")
    }
}

fn bar_look(row: &Row, look: Style) -> Style {
    if row.status == crate::model::words::Status::Running {
        theme::PLAIN
    } else {
        look
    }
}

/// The last column's words: an act under way goes before what is awaited.
#[must_use]
pub fn outlook(app: &App, row: &Row) -> (String, Option<Style>) {
    if let Some(word) = app.under_way(row) {
        return (word, Some(theme::ASK));
    }
    let fresh = app.is_fresh(row);
    let text = format::outlook(row, app.clock_ms(), fresh, &app.settings.zone);
    let look = match row.status {
        crate::model::words::Status::Failed => Some(theme::FAIL),
        _ if row.asks() => Some(theme::ASK),
        _ => None,
    };
    (text, look)
}
