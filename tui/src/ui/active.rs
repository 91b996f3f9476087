//! Screen 1: what runs, waits, asks and failed.

use super::columns::Columns;
use super::paint::{frame, put};
use super::{cards, empty, theme};
use crate::app::App;
use crate::app::areas::{Areas, Width};
use crate::app::list::ListView;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// The list, or why there is none.
pub fn draw(app: &App, areas: &Areas, buffer: &mut Buffer) {
    let list = &app.view.active;
    let title = if list.filter.is_empty() {
        format!("workflows {}", list.total)
    } else {
        format!("workflows {}/{}", list.ids.len(), list.total)
    };
    table(app, list, areas, &title, buffer);
    if list.ids.is_empty() {
        empty::active(app, inside(areas), buffer);
    }
}

/// Where rows stand within the main area.
#[must_use]
pub fn inside(areas: &Areas) -> Rect {
    match areas.width {
        Width::Preview => {
            let main = areas.main;
            Rect {
                x: main.x + 1,
                y: main.y + 1,
                width: main.width.saturating_sub(2),
                height: main.height.saturating_sub(2),
            }
        }
        _ => areas.main,
    }
}

/// A list of workflows with its head, framed where there is room.
pub fn table(app: &App, list: &ListView, areas: &Areas, title: &str, buffer: &mut Buffer) {
    if areas.width == Width::Preview {
        frame(buffer, areas.main, title, theme::DIM, theme::BOLD);
    }
    let area = inside(areas);
    if list.ids.is_empty() || area.height == 0 {
        return;
    }
    if areas.width == Width::Cards {
        cards::draw(app, list, buffer, area);
        return;
    }
    let boxes = several_boxes(app, list);
    let columns = Columns::of(areas.width, area.width, boxes, app.chosen_columns());
    columns.head(buffer, area);
    let rows = Rect {
        y: area.y + 1,
        height: area.height - 1,
        ..area
    };
    let room = areas.list_rows();
    let more = list.ids.len().saturating_sub(list.top + room);
    for (y, id) in (0u16..).zip(list.ids.iter().skip(list.top).take(room)) {
        if let Some(row) = app.row(id) {
            columns.row(
                app,
                row,
                buffer,
                rows,
                y,
                list.cursor.as_deref() == Some(id),
            );
        }
    }
    if more > 0 && areas.width == Width::Preview {
        let note = format!(" {more} more, PgDn page, G last ");
        let line = Rect {
            y: areas.main.bottom() - 1,
            height: 1,
            ..areas.main
        };
        put(buffer, line, 3, 0, &note, theme::DIM);
    }
}

/// Rows of more than one box are in sight.
fn several_boxes(app: &App, list: &ListView) -> bool {
    if app.several() {
        return true;
    }
    let mut names = list
        .ids
        .iter()
        .skip(list.top)
        .take(60)
        .filter_map(|id| app.row(id)?.view.box_name.as_deref());
    names
        .next()
        .is_some_and(|first| names.any(|other| other != first))
}
