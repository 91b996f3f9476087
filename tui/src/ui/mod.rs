//! The picture: `draw(&App)` puts cells into a buffer and changes nothing. What is drawn is quantised (whole percents, steps
//! of time), so that between two events most cells stay as they are and no byte is written for them.
//!
//! Nothing is told by colour alone: each state has a sign and a word.

mod active;
mod asks;
mod boxes;
mod cards;
mod columns;
mod compare;
mod detail;
mod empty;
mod footer;
mod form;
pub mod format;
mod happenings;
mod header;
mod history;
mod hooks;
mod log;
mod paint;
mod pen;
mod popup;
mod preview;
mod queue;
pub mod reading;
mod rows;
mod stats;
mod strip;
pub mod svg;
mod tabs;
pub mod theme;
mod timeline;
mod usual;

pub use tabs::{screen_at, tab_at};

use crate::app::areas::Width;
use crate::app::{App, Screen};
use ratatui::buffer::Buffer;
use ratatui::layout::Position;

/// Draws everything; where the cursor stands, if it shows.
pub fn draw(app: &App, buffer: &mut Buffer) -> Option<Position> {
    buffer.reset();
    let areas = app.areas();
    if buffer.area.is_empty() {
        return None;
    }
    header::draw(app, areas.header, areas.width, buffer);
    if areas.width == Width::Line {
        let cursor = footer::toast(app, areas.toast, buffer);
        theme::finish(app, buffer);
        return cursor;
    }
    tabs::draw(app, areas.tabs, areas.crumbs, buffer);
    let mut cursor = None;
    match (&app.view.detail, app.view.screen) {
        (Some(opened), _) => detail::draw(app, opened, &areas, buffer),
        (None, Screen::Active) => {
            active::draw(app, &areas, buffer);
            preview::draw(app, areas.preview, buffer);
            strip::draw(app, areas.strip, buffer);
        }
        (None, Screen::Asks) => cursor = asks::draw(app, &areas, buffer),
        (None, Screen::History) => {
            history::draw(app, &areas, buffer);
            preview::draw(app, areas.preview, buffer);
            strip::draw(app, areas.strip, buffer);
        }
        (None, Screen::Hooks) => hooks::draw(app, &areas, buffer),
        (None, Screen::Queue) => queue::draw(app, &areas, buffer),
        (None, Screen::Stats) => stats::draw(app, &areas, buffer),
        (None, Screen::Events) => happenings::draw(app, &areas, buffer),
    }
    if !app.reaches_any() && app.loaded() {
        // What is known is shown on, as of a while ago.
        for old in [areas.main, areas.preview, areas.strip] {
            buffer.set_style(old.intersection(buffer.area), theme::DIM);
        }
    }
    footer::attention(app, areas.attention, buffer);
    cursor = footer::toast(app, areas.toast, buffer).or(cursor);
    footer::hints(app, areas.hints, buffer);
    if let Some(form) = &app.view.form {
        let beside = app.view.screen == Screen::Asks
            && app.view.detail.is_none()
            && !areas.preview.is_empty();
        if !beside {
            cursor = asks::over(app, form, buffer).or(cursor);
        }
    }
    cursor = popup::draw(app, buffer).or(cursor);
    if app.view.plain {
        plain(buffer);
    }
    theme::finish(app, buffer);
    cursor
}

/// Text alone: without frames, bars and looks, so that the terminal's own selection takes words.
fn plain(buffer: &mut Buffer) {
    for cell in &mut buffer.content {
        let drawn = |c: char| matches!(c, '\u{2500}'..='\u{259f}');
        if cell.symbol().chars().any(drawn) {
            cell.set_symbol(" ");
        }
        cell.modifier = ratatui::style::Modifier::empty();
        cell.fg = ratatui::style::Color::Reset;
        cell.bg = ratatui::style::Color::Reset;
    }
}

/// A picture as lines of text, without looks and without blank ends.
#[must_use]
pub fn lines(buffer: &Buffer) -> Vec<String> {
    let area = buffer.area;
    (area.top()..area.bottom())
        .map(|y| {
            let mut line = String::new();
            let mut covered = 0;
            for x in area.left()..area.right() {
                if covered > 0 {
                    covered -= 1;
                    continue;
                }
                let symbol = buffer[(x, y)].symbol();
                covered = paint::width(symbol).saturating_sub(1);
                line.push_str(symbol);
            }
            line.trim_end().to_owned()
        })
        .collect()
}

#[cfg(test)]
mod looks;
#[cfg(test)]
mod stage_tests;
#[cfg(test)]
mod state_tests;
#[cfg(test)]
mod tests;
