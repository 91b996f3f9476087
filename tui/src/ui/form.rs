//! A form's lines: each question, what can be chosen by number, what is filled in; and until when.

use super::paint::{field_right, put, width, wrapped};
use super::pen::Pen;
use super::{format, theme};
use crate::app::App;
use crate::app::field::Field;
use crate::app::form::{Form, Purpose};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

/// Choices on a line of their own above this many.
const INLINE: usize = 4;

/// Lines that name the pictures which a question is about, at most.
const PICTURES: usize = 3;

/// The lines that a form wants at a width.
#[must_use]
pub fn height(form: &Form, columns: u16) -> u16 {
    let fields: usize = form
        .fields
        .iter()
        .map(|field| field_lines(form, field, columns))
        .sum();
    let pictures = if form.shown.is_empty() { 0 } else { PICTURES };
    u16::try_from(fields + pictures + 3).unwrap_or(u16::MAX)
}

fn field_lines(form: &Form, field: &Field, columns: u16) -> usize {
    if form.purpose == Purpose::Retry {
        return 1;
    }
    let question = wrapped(&field.question, columns).len();
    let choices = match field.options.len() {
        0 => 1,
        many if many > INLINE => many,
        _ => 1,
    };
    question + choices + 1
}

/// A form that doesn't take keys yet.
pub fn still(app: &App, form: &Form, area: Rect, buffer: &mut Buffer) {
    let mut pen = Pen::new(buffer, area);
    for field in &form.fields {
        pen.text(&field.question, theme::ASK, 4);
        choices(field, false, &mut pen);
    }
    pictures(form, &mut pen);
    if pen.room() > 1 {
        pen.gap();
    }
    if let Some(text) = deadline(app, form) {
        pen.text(&text, theme::DIM, 2);
    }
    let key = app
        .keymap
        .key_of(app.context(), crate::input::Command::Answer)
        .unwrap_or_default();
    let extend = app
        .keymap
        .key_of(app.context(), crate::input::Command::Extend)
        .filter(|_| form.deadline_ms.is_some())
        .map_or_else(String::new, |key| format!("   {key} gives it more time"));
    let look = app
        .keymap
        .key_of(app.context(), crate::input::Command::Preview)
        .filter(|_| !form.shown.is_empty())
        .map_or_else(String::new, |key| format!("   {key} shows the first"));
    pen.text(&format!("{key} answers{extend}{look}"), theme::DIM, 2);
}

/// A form that takes the keys; where its cursor stands.
pub fn draw(app: &App, form: &Form, area: Rect, buffer: &mut Buffer) -> Option<Position> {
    let keys = area.height.saturating_sub(1);
    let mut pen = Pen::new(
        buffer,
        Rect {
            height: keys.saturating_sub(1),
            ..area
        },
    );
    let mut cursor = None;
    let heights: Vec<usize> = form
        .fields
        .iter()
        .map(|field| field_lines(form, field, area.width))
        .collect();
    // The line that takes the keys stays in sight.
    let mut first = 0;
    let until = form.at.min(heights.len().saturating_sub(1));
    while first < until && heights[first..=until].iter().sum::<usize>() > usize::from(pen.room()) {
        first += 1;
    }
    for (at, field) in form.fields.iter().enumerate().skip(first) {
        if pen.room() == 0 {
            break;
        }
        let here = at == form.at;
        let place = if form.purpose == Purpose::Retry {
            input(form, field, here, &mut pen)
        } else {
            question(field, here, form.takes_letters(), &mut pen)
        };
        if here && form.ticket.is_none() {
            cursor = place;
        }
    }
    pictures(form, &mut pen);
    let foot = Rect {
        y: area.y + keys.saturating_sub(1),
        height: 2.min(area.height),
        ..area
    };
    let mut pen = Pen::new(buffer, foot);
    match (&form.problem, form.ticket) {
        (Some(problem), _) => pen.line(problem, theme::FAIL),
        (None, Some(_)) => pen.line("sent; waiting for the daemon's word…", theme::DIM),
        (None, None) => match deadline(app, form) {
            Some(text) => pen.line(&text, theme::DIM),
            None => pen.gap(),
        },
    }
    pen.line(&hint(form), theme::DIM);
    cursor
}

/// The pictures that a yes lets out: their names, and once where they lie.
fn pictures(form: &Form, pen: &mut Pen<'_>) {
    let Some(first) = form.shown.first() else {
        return;
    };
    let parts = |path: &str| match path.rsplit_once('/') {
        Some((folder, name)) => (folder.to_owned(), name.to_owned()),
        None => (String::new(), path.to_owned()),
    };
    let folder = parts(first).0;
    let together = form.shown.iter().all(|path| parts(path).0 == folder);
    let names: Vec<String> = form
        .shown
        .iter()
        .map(|path| {
            if together {
                parts(path).1
            } else {
                path.clone()
            }
        })
        .collect();
    let count = match names.len() {
        1 => "1 picture".to_owned(),
        many => format!("{many} pictures"),
    };
    let most = PICTURES - usize::from(together && !folder.is_empty());
    pen.text(&format!("{count}: {}", names.join(" ")), theme::PLAIN, most);
    if together && !folder.is_empty() && pen.room() > 2 {
        pen.line(&format!("in {folder}"), theme::DIM);
    }
}

fn hint(form: &Form) -> String {
    let mut parts = Vec::new();
    if let Some(field) = form.field().filter(|_| !form.takes_letters()) {
        parts.push(format!("1-{} choose", field.options.len().min(9)));
    }
    if form.fields.len() > 1 {
        parts.push("Tab next".to_owned());
    }
    let last = form.at + 1 >= form.fields.len();
    parts.push(if form.takes_letters() && !last {
        "Enter next".to_owned()
    } else {
        "Enter sends".to_owned()
    });
    if form.purpose != Purpose::Retry && !form.takes_letters() {
        parts.push("i types  s skips".to_owned());
    }
    parts.push("Esc leaves".to_owned());
    parts.join("   ")
}

fn deadline(app: &App, form: &Form) -> Option<String> {
    let at = form.deadline_ms?;
    let when = format::day_or_clock(at, app.now_ms, &app.settings.zone);
    let default = form.fields.iter().any(|field| field.default.is_some());
    Some(if default {
        format!("until {when}; then the defaults are taken")
    } else {
        format!("until {when}; unanswered it fails then")
    })
}

/// A question, its choices or its line.
fn question(field: &Field, here: bool, letters: bool, pen: &mut Pen<'_>) -> Option<Position> {
    let look = if here { theme::ASK } else { theme::BOLD };
    let needed = if field.required { "" } else { "  (optional)" };
    pen.text(&format!("{}{needed}", field.question), look, 4);
    let typed = here && letters;
    if !(field.options.is_empty() || typed) {
        choices(field, here, pen);
        pen.gap();
        return None;
    }
    let (y, lead) = (pen.y, if here { "▌ " } else { "  " });
    let shown = match (field.edit.text(), &field.default) {
        ("", Some(default)) => format!("{lead}{default}  (default)"),
        (text, _) => format!("{lead}{text}"),
    };
    let look = if field.edit.text().is_empty() {
        theme::DIM
    } else {
        theme::PLAIN
    };
    pen.line(&shown, look);
    pen.gap();
    let column = 2 + width(field.edit.before());
    (here && y < pen.area.height).then(|| Position {
        x: pen.area.x + column.min(pen.area.width.saturating_sub(1)),
        y: pen.area.y + y,
    })
}

fn choices(field: &Field, here: bool, pen: &mut Pen<'_>) {
    let chosen = field.chosen();
    let one = |at: usize, option: &String| {
        let number = if at < 9 {
            format!("{} ", at + 1)
        } else {
            "  ".to_owned()
        };
        let look = if chosen == Some(at) && here {
            theme::CURSOR
        } else if chosen == Some(at) {
            theme::BOLD
        } else {
            theme::PLAIN
        };
        (format!(" {number}{option} "), look)
    };
    if field.options.is_empty() {
        let text = field.default.as_ref().map_or_else(
            || format!("  ({})", field.kind),
            |default| format!("  {default}  (default)"),
        );
        pen.line(&text, theme::DIM);
        return;
    }
    let all: u16 = field
        .options
        .iter()
        .enumerate()
        .map(|(at, option)| width(&one(at, option).0) + 1)
        .sum();
    if field.options.len() <= INLINE && all <= pen.area.width {
        let parts: Vec<super::paint::Run<'_>> = field
            .options
            .iter()
            .enumerate()
            .flat_map(|(at, option)| {
                let (text, look) = one(at, option);
                [(text.into(), look), (" ".into(), theme::PLAIN)]
            })
            .collect();
        pen.parts(&parts);
        return;
    }
    for (at, option) in field.options.iter().enumerate() {
        let (text, look) = one(at, option);
        pen.line(&text, look);
    }
}

/// An input of a retry: name, value, and whether it differs from before.
fn input(form: &Form, field: &Field, here: bool, pen: &mut Pen<'_>) -> Option<Position> {
    let names = form
        .fields
        .iter()
        .map(|field| width(&field.key))
        .max()
        .unwrap_or(0)
        .min(24);
    let y = pen.y;
    if y >= pen.area.height {
        return None;
    }
    let line = Rect {
        y: pen.area.y + y,
        height: 1,
        ..pen.area
    };
    pen.gap();
    let changed = field.edit.text() != field.before;
    put(
        pen.buffer,
        line,
        0,
        0,
        if here { "▌" } else { " " },
        theme::BOLD,
    );
    let key = Rect {
        width: (names + 1).min(line.width),
        ..line
    };
    put(
        pen.buffer,
        key,
        1,
        0,
        &field.key,
        if here { theme::BOLD } else { theme::DIM },
    );
    let x = names + 3;
    let room = line.width.saturating_sub(x + 10);
    // The end of a long value stays in sight while it is typed.
    let text = field.edit.text().replace('\n', " ");
    let before = width(field.edit.before());
    let skipped = usize::from(before.saturating_sub(room.saturating_sub(1)));
    let shown: String = text.chars().skip(if here { skipped } else { 0 }).collect();
    let value = Rect {
        x: line.x + x.min(line.width),
        width: room,
        ..line
    };
    let look = if changed { theme::ASK } else { theme::PLAIN };
    put(pen.buffer, value, 0, 0, &shown, look);
    if changed {
        field_right(
            pen.buffer,
            line,
            line.width.saturating_sub(9),
            0,
            9,
            "changed",
            theme::ASK,
        );
    } else if here && !field.options.is_empty() {
        let count = field.options.len().min(9);
        field_right(
            pen.buffer,
            line,
            line.width.saturating_sub(9),
            0,
            9,
            &format!("1-{count}"),
            theme::DIM,
        );
    }
    here.then(|| Position {
        x: (value.x + before.saturating_sub(skipped as u16)).min(line.right().saturating_sub(1)),
        y: line.y,
    })
}
