//! Screen 2: what waits for a person's answer; beside it what is asked, as the form will ask it.

use super::paint::{frame, put};
use super::pen::Pen;
use super::{active, empty, form, theme};
use crate::app::App;
use crate::app::areas::Areas;
use crate::app::form::Form;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

/// The list and the form; where the cursor stands in it.
pub fn draw(app: &App, areas: &Areas, buffer: &mut Buffer) -> Option<Position> {
    let list = &app.view.asks;
    let title = match list.ids.len() {
        1 => "1 asks".to_owned(),
        many => format!("{many} ask"),
    };
    active::table(app, list, areas, &title, buffer);
    if list.ids.is_empty() {
        empty::asks(app, active::inside(areas), buffer);
        if !areas.preview.is_empty() {
            frame(buffer, areas.preview, "", theme::DIM, theme::BOLD);
        }
        return None;
    }
    if !areas.preview.is_empty() {
        return panel(app, areas.preview, buffer);
    }
    if !areas.strip.is_empty() && app.view.form.is_none() {
        strip(app, areas.strip, buffer);
    }
    None
}

/// The form, or what it will ask.
fn panel(app: &App, area: Rect, buffer: &mut Buffer) -> Option<Position> {
    let row = app.current()?;
    let at = app.view.asks.at + 1;
    let count = app.view.asks.ids.len();
    let title = format!("ask {at} of {count} ─ {}", row.name());
    let filled = app.view.form.as_ref().filter(|form| form.key == row.key);
    let look = if filled.is_some() {
        theme::PLAIN
    } else {
        theme::DIM
    };
    let inside = frame(buffer, area, &title, look, theme::BOLD);
    let text = Rect {
        x: inside.x + 1,
        width: inside.width.saturating_sub(2),
        ..inside
    };
    match filled {
        Some(form) => form::draw(app, form, text, buffer),
        None => {
            let form = Form::of_gate(row, row.view.gates.first()?, app.now_ms);
            form::still(app, &form, text, buffer);
            None
        }
    }
}

fn strip(app: &App, area: Rect, buffer: &mut Buffer) {
    let Some(row) = app.current() else { return };
    let mut pen = Pen::new(buffer, area);
    pen.rule(row.name());
    let Some(gate) = row.view.gates.first() else {
        return;
    };
    let inside = Rect {
        x: area.x + 1,
        y: area.y + 1,
        width: area.width.saturating_sub(2),
        height: area.height.saturating_sub(1),
    };
    let form = Form::of_gate(row, gate, app.now_ms);
    form::still(app, &form, inside, buffer);
}

/// A form over whatever is shown, where no pane is its place.
pub fn over(app: &App, form: &Form, buffer: &mut Buffer) -> Option<Position> {
    let screen = buffer.area;
    let wide = screen.width.min(84);
    let lines = form::height(form, wide.saturating_sub(4));
    let high = (lines + 2).min(screen.height);
    let area = Rect {
        x: (screen.width - wide) / 2,
        y: (screen.height - high) / 3,
        width: wide,
        height: high,
    };
    super::paint::clear(buffer, area);
    let name = app.row(&form.key).map_or("", |row| row.name());
    let title = match form.purpose {
        crate::app::form::Purpose::Retry => format!("retry {name} with other inputs"),
        _ => format!("{name} asks"),
    };
    let inside = frame(buffer, area, &title, theme::PLAIN, theme::BOLD);
    if inside.width < 6 || inside.height == 0 {
        put(buffer, area, 0, 0, &title, theme::BOLD);
        return None;
    }
    let text = Rect {
        x: inside.x + 1,
        width: inside.width.saturating_sub(2),
        ..inside
    };
    form::draw(app, form, text, buffer)
}
