//! The list's columns: which there are at a width, and one row of them.

use super::paint::{field, field_right, put};
use super::{format, theme};
use crate::app::App;
use crate::app::areas::Width;
use crate::app::choosing::USUAL;
use crate::app::list::Column;
use crate::model::Row;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

/// The columns there are, in order, with their widths; the name takes what is left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Columns {
    shown: Vec<(Column, u16)>,
}

const LEAD: u16 = 4;

/// A name is at least so wide; what doesn't fit beside it goes, the last first.
const NAME: u16 = 12;

impl Columns {
    /// For a list so many cells wide. Of the usual ones the box shows only where there are several.
    #[must_use]
    pub fn of(width: Width, cells: u16, boxes: bool, chosen: Option<&[Column]>) -> Self {
        let narrow = width <= Width::Narrow;
        let wide = |column: Column| match column {
            Column::Id => 6,
            Column::Name => 0,
            Column::Stages if narrow => 12,
            Column::Stages => 14,
            Column::Bar if narrow => 0,
            Column::Bar if width == Width::Strip => 12,
            Column::Bar => 10,
            Column::Percent => 4,
            Column::Eta => 12,
            Column::Box => 8,
            Column::Pipeline => 10,
            Column::User => 8,
            Column::Priority => 5,
            Column::Age => 6,
        };
        let mut shown: Vec<(Column, u16)> = chosen
            .unwrap_or(&USUAL)
            .iter()
            .filter(|column| {
                let unasked = chosen.is_none();
                !(unasked && **column == Column::Box && (narrow || !boxes))
                    && !(unasked && narrow && **column == Column::Bar)
            })
            .map(|column| (*column, wide(*column)))
            .filter(|(column, wide)| *wide > 0 || *column == Column::Name)
            .collect();
        if !shown.iter().any(|(column, _)| *column == Column::Name) {
            shown.insert(0, (Column::Name, 0));
        }
        let fixed = |shown: &[(Column, u16)]| {
            LEAD + shown.iter().map(|(_, wide)| wide + 1).sum::<u16>() - 1
        };
        // A bar says less than the number beside it.
        while fixed(&shown) + NAME > cells && shown.len() > 1 {
            let bar = shown.iter().position(|(column, _)| *column == Column::Bar);
            let last = shown
                .iter()
                .rposition(|(column, _)| *column != Column::Name);
            let Some(at) = bar.or(last) else { break };
            if chosen.is_none() && bar.is_none() {
                break;
            }
            shown.remove(at);
        }
        let left = cells.saturating_sub(fixed(&shown)).max(8);
        for (column, wide) in &mut shown {
            if *column == Column::Name {
                *wide = left;
            }
        }
        Self { shown }
    }

    /// The line above the rows.
    pub fn head(&self, buffer: &mut Buffer, area: Rect) {
        let mut x = LEAD;
        for (column, width) in &self.shown {
            let (title, right) = match column {
                Column::Id => ("ID", false),
                Column::Name => ("NAME", false),
                Column::Stages => ("STAGES", false),
                Column::Bar => ("PROGRESS", false),
                Column::Percent => ("PCT", true),
                Column::Eta => ("ETA", true),
                Column::Box => ("BOX", false),
                Column::Pipeline => ("PIPELINE", false),
                Column::User => ("USER", false),
                Column::Priority => ("PRIO", true),
                Column::Age => ("AGE", true),
            };
            if right {
                field_right(buffer, area, x, 0, *width, title, theme::DIM);
            } else {
                field(buffer, area, x, 0, *width, title, theme::DIM);
            }
            x += width + 1;
        }
    }

    /// One workflow.
    pub fn row(
        &self,
        app: &App,
        row: &Row,
        buffer: &mut Buffer,
        area: Rect,
        y: u16,
        under_cursor: bool,
    ) {
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
        if app.view.marks.contains(&row.key) {
            put(buffer, area, 1, y, "●", theme::BOLD);
        }
        put(buffer, area, 2, y, sign, look);
        let mut x = LEAD;
        for (column, width) in &self.shown {
            cell(app, row, *column, buffer, area, (x, y, *width), text);
            x += width + 1;
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

/// A row's cell at a column, a line and a width.
fn cell(
    app: &App,
    row: &Row,
    column: Column,
    buffer: &mut Buffer,
    area: Rect,
    (x, y, width): (u16, u16, u16),
    text: Style,
) {
    let left =
        |buffer: &mut Buffer, words: &str, look| field(buffer, area, x, y, width, words, look);
    let right = |buffer: &mut Buffer, words: &str, look| {
        field_right(buffer, area, x, y, width, words, look)
    };
    match column {
        Column::Id => {
            let room = Rect {
                width: (x + width).min(area.width),
                ..area
            };
            id(app, row, buffer, room, x, y);
        }
        Column::Name => left(buffer, row.name(), text),
        Column::Stages => left(buffer, &format::stages(row), text),
        Column::Bar => {
            let bar = format::bar(row.view.progress, width);
            put(buffer, area, x, y, &bar, bar_look(row, theme::sign(row).1));
        }
        Column::Percent => right(buffer, &format::percent(row.view.progress), text),
        Column::Eta => {
            let (words, look) = outlook(app, row);
            right(buffer, &words, look.unwrap_or(text));
        }
        Column::Box => left(buffer, place(app, row), theme::DIM),
        Column::Pipeline => left(buffer, &row.view.pipeline, text),
        Column::User => left(buffer, &row.view.user_id, theme::DIM),
        Column::Priority => right(buffer, &row.view.priority.to_string(), text),
        Column::Age => {
            let age = format::duration((app.clock_ms() - row.created_ms).max(0));
            right(buffer, &age, theme::DIM);
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
