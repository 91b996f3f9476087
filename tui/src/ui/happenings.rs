//! Screen 7: everything that happened while we watched, newest first, and who did it.

use super::paint::{field, put};
use super::rows::{self, Lines};
use super::{empty, format, theme};
use crate::app::App;
use crate::app::areas::{Areas, Width};
use crate::model::happening::{Happening, Tone};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// Draws it.
pub fn draw(app: &App, areas: &Areas, buffer: &mut Buffer) {
    let view = &app.view.events;
    let area = areas.main;
    if view.shown.is_empty() {
        empty::events(app, area, buffer);
        return;
    }
    let wide = areas.width >= Width::Strip;
    let head: &[(u16, &str)] = if wide {
        &[(1, "TIME"), (10, "WHO"), (21, "WHAT"), (47, "WHOSE")]
    } else {
        &[(1, "TIME"), (10, "WHAT")]
    };
    for (x, title) in head {
        put(buffer, area, *x, 0, title, theme::DIM);
    }
    let lines = Lines {
        top: view.cursor.top,
        at: view.cursor.at,
        chosen: true,
    };
    let all = (0..view.shown.len()).filter_map(|at| view.line(at));
    let below = rows::below_title(area);
    rows::draw(lines, all, below, buffer, |_, one, row, buffer| {
        line(app, one, wide, row, buffer);
    });
}

fn line(app: &App, one: &Happening, wide: bool, row: Rect, buffer: &mut Buffer) {
    let look = match one.tone {
        Tone::Good => theme::OK,
        Tone::Plain => theme::PLAIN,
        Tone::Bad => theme::FAIL,
        Tone::Ask => theme::ASK,
    };
    let time = format::clock_seconds(one.at_ms, &app.settings.zone);
    put(buffer, row, 1, 0, &time, theme::DIM);
    let mut x = 10;
    if wide {
        let who = match (&one.by, one.kind.as_str()) {
            (Some(by), _) => by.as_str(),
            (None, "here") => "here",
            (None, _) => "",
        };
        field(buffer, row, x, 0, 10, who, theme::BOLD);
        x += 11;
    }
    if one.kind == "here" {
        put(buffer, row, x, 0, &one.told, look);
        return;
    }
    if !wide {
        let by = one
            .by
            .as_ref()
            .map_or_else(String::new, |by| format!(" by {by}"));
        let text = format!("{} {}{by}  {}", one.name, one.kind, one.told);
        put(buffer, row, x, 0, &text, look);
        return;
    }
    field(buffer, row, x, 0, 25, &one.kind, look);
    x += 26;
    let name_wide = (row.width / 5).clamp(12, 28);
    field(buffer, row, x, 0, name_wide, &one.name, theme::PLAIN);
    x += name_wide + 1;
    put(buffer, row, x, 0, &one.told, theme::DIM);
}
