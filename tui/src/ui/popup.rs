//! What stands over the screen: help, why, a question, the retry menu.

use super::paint::{Run, clear, frame, put, runs, width, wrapped};
use super::{format, reading, theme};
use crate::app::App;
use crate::app::choosing;
use crate::app::popup::{Answer, Confirm, Popup, RetryMenu, Why};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;

type Lines = Vec<(String, Style)>;

/// Draws the popup, if there is one; where the cursor stands in it.
pub fn draw(app: &App, buffer: &mut Buffer) -> Option<Position> {
    match app.view.popup.as_ref()? {
        Popup::Help { top } => {
            help(app, *top, buffer);
            None
        }
        Popup::Why(why) => {
            let lines = why_lines(app, why, inner_width(buffer));
            let name = app.row(&why.id).map_or(why.id.as_str(), |row| row.name());
            boxed(
                buffer,
                &format!("why {name}"),
                &lines,
                "Esc closes   + raises the priority",
            );
            None
        }
        Popup::Confirm(confirm) => question(confirm, buffer),
        Popup::Retry(menu) => {
            choices(app, menu, buffer);
            None
        }
        Popup::Columns { at } => {
            columns(app, *at, buffer);
            None
        }
        Popup::Delivery { id, top } => {
            reading::delivery(app, id, *top, buffer);
            None
        }
        Popup::Compare { top } => {
            reading::comparison(app, *top, buffer);
            None
        }
        Popup::Picture(picture) => {
            reading::picture(app, picture, buffer);
            None
        }
        Popup::Text { title, lines, top } => {
            reading::words(title, lines, *top, buffer);
            None
        }
    }
}

fn inner_width(buffer: &Buffer) -> u16 {
    buffer.area.width.saturating_sub(6).min(76)
}

/// A box in the middle, as large as its lines need; gives its inside.
fn boxed(buffer: &mut Buffer, title: &str, lines: &Lines, keys: &str) -> Rect {
    let screen = buffer.area;
    let widest = lines
        .iter()
        .map(|(line, _)| width(line))
        .max()
        .unwrap_or(0)
        .max(width(keys))
        .max(width(title) + 2);
    let wide = (widest + 4).min(screen.width);
    let high = u16::try_from(lines.len())
        .unwrap_or(u16::MAX)
        .saturating_add(4)
        .min(screen.height);
    let area = Rect {
        x: (screen.width - wide) / 2,
        y: (screen.height - high) / 3,
        width: wide,
        height: high,
    };
    clear(buffer, area);
    let inside = frame(buffer, area, title, theme::PLAIN, theme::BOLD);
    let text = Rect {
        x: inside.x + 1,
        width: inside.width.saturating_sub(2),
        ..inside
    };
    for (y, (line, look)) in (0u16..).zip(lines) {
        if y + 1 < text.height {
            put(buffer, text, 0, y, line, *look);
        }
    }
    put(
        buffer,
        text,
        0,
        text.height.saturating_sub(1),
        keys,
        theme::DIM,
    );
    text
}

fn why_lines(app: &App, why: &Why, columns: u16) -> Lines {
    let mut lines = Lines::new();
    let say = |lines: &mut Lines, text: &str, look: Style| {
        lines.extend(wrapped(text, columns).into_iter().map(|line| (line, look)));
    };
    let row = app.row(&why.id);
    match &why.answer {
        Answer::Asked => say(&mut lines, "Asking the daemon…", theme::DIM),
        Answer::Failed(problem) => say(&mut lines, &format!("No answer: {problem}"), theme::FAIL),
        Answer::Told(view) => {
            let error = row.and_then(|row| row.view.error.as_ref());
            match (&view.waiting_for, error) {
                (Some(waits), _) => {
                    say(
                        &mut lines,
                        &format!("Waits ({}): {}", waits.kind, waits.message),
                        theme::BOLD,
                    );
                    if let Some(until) = waits.until.as_deref().and_then(crate::model::row::unix_ms)
                    {
                        let at = format::day_or_clock(until, app.now_ms, &app.settings.zone);
                        say(&mut lines, &format!("until about {at}"), theme::PLAIN);
                    }
                }
                (None, Some(error)) => {
                    let stage = error
                        .stage
                        .as_deref()
                        .map_or_else(String::new, |stage| format!(" in {stage}"));
                    say(
                        &mut lines,
                        &format!("Failed{stage}, class {}: {}", error.class, error.message),
                        theme::FAIL,
                    );
                    say(&mut lines, &error.hint, theme::PLAIN);
                }
                (None, None) => {
                    let word = view.status.replace('_', " ");
                    say(
                        &mut lines,
                        &format!("It is {word}: nothing is waited for."),
                        theme::PLAIN,
                    );
                }
            }
            ahead(app, &view.ahead, &mut lines, columns);
            for help in &view.help {
                say(
                    &mut lines,
                    &format!("{}: {}", help.act, help.effect),
                    theme::OK,
                );
            }
        }
    }
    lines
}

fn ahead(app: &App, ids: &[String], lines: &mut Lines, columns: u16) {
    if ids.is_empty() {
        return;
    }
    let names: Vec<&str> = ids
        .iter()
        .take(5)
        .map(|id| app.row(id).map_or(id.as_str(), |row| row.name()))
        .collect();
    let more = if ids.len() > 5 {
        format!(" and {} more", ids.len() - 5)
    } else {
        String::new()
    };
    let text = format!("{} ahead: {}{more}", ids.len(), names.join(", "));
    lines.extend(
        wrapped(&text, columns)
            .into_iter()
            .map(|line| (line, theme::PLAIN)),
    );
}

fn question(confirm: &Confirm, buffer: &mut Buffer) -> Option<Position> {
    let columns = inner_width(buffer);
    let mut lines: Lines = confirm
        .lines
        .iter()
        .enumerate()
        .flat_map(|(at, line)| {
            let look = if at == 0 { theme::BOLD } else { theme::PLAIN };
            wrapped(line, columns)
                .into_iter()
                .map(move |line| (line, look))
        })
        .collect();
    let Some(wanted) = &confirm.wanted else {
        boxed(
            buffer,
            &confirm.title,
            &lines,
            "1 y yes   2 n no (Enter, Esc)",
        );
        return None;
    };
    let asked = format!("Type {wanted} to go on: {}", confirm.typed.text());
    let at = lines.len();
    lines.push((asked.clone(), theme::PLAIN));
    let text = boxed(
        buffer,
        &confirm.title,
        &lines,
        "Enter sends   Esc leaves all as it is",
    );
    let y = text
        .y
        .saturating_add(u16::try_from(at).unwrap_or(0))
        .min(buffer.area.bottom().saturating_sub(1));
    let x = (text.x + width(&asked))
        .min(text.right().saturating_sub(1))
        .min(buffer.area.right().saturating_sub(1));
    Some(Position { x, y })
}

fn choices(app: &App, menu: &RetryMenu, buffer: &mut Buffer) {
    let name = match menu.ids.as_slice() {
        [id] => app.row(id).map_or(id.clone(), |row| row.name().to_owned()),
        many => format!("{} workflows", many.len()),
    };
    let lines: Lines = menu
        .choices
        .iter()
        .enumerate()
        .map(|(at, (text, _))| {
            let lead = if at == menu.chosen { "▌" } else { " " };
            let look = if at == menu.chosen {
                theme::CURSOR
            } else {
                theme::PLAIN
            };
            (format!("{lead}{} {text}", at + 1), look)
        })
        .collect();
    boxed(
        buffer,
        &format!("retry {name}"),
        &lines,
        "Enter takes it   1-9 choose   Esc nothing",
    );
}

/// Every column, those that show with a mark.
fn columns(app: &App, at: usize, buffer: &mut Buffer) {
    let all = app.all_columns();
    let at = at.min(all.len().saturating_sub(1));
    let lines: Lines = all
        .iter()
        .enumerate()
        .map(|(place, (column, shown))| {
            let lead = if place == at { "▌" } else { " " };
            let sign = if *shown { "✓" } else { " " };
            let look = match (place == at, shown) {
                (true, _) => theme::CURSOR,
                (false, true) => theme::PLAIN,
                (false, false) => theme::DIM,
            };
            (format!("{lead}{sign} {}", choosing::name(*column)), look)
        })
        .collect();
    let keys = "Space shows or hides   < > moves   r as usual   Esc closes";
    boxed(buffer, "columns", &lines, keys);
}

/// The keys that work here, from the table.
fn help(app: &App, top: usize, buffer: &mut Buffer) {
    let screen = buffer.area;
    let rows = app.keymap.rows(app.context());
    let keys_width = rows
        .iter()
        .map(|(keys, _)| width(keys))
        .max()
        .unwrap_or(0)
        .min(16);
    let wide = screen.width.min(86);
    let high = screen.height.saturating_sub(2).max(screen.height.min(3));
    let area = Rect {
        x: (screen.width - wide) / 2,
        y: (screen.height - high) / 2,
        width: wide,
        height: high,
    };
    clear(buffer, area);
    let title = match &app.view.detail {
        Some(_) => "keys of an opened workflow".to_owned(),
        None => format!("keys of {}", app.view.screen.title()),
    };
    let inside = frame(buffer, area, &title, theme::PLAIN, theme::BOLD);
    let room = usize::from(inside.height.saturating_sub(1));
    let top = top.min(rows.len().saturating_sub(room));
    for (y, (keys, command)) in (0u16..).zip(rows.iter().skip(top).take(room)) {
        let info = command.info();
        let parts: [Run<'_>; 2] = [
            (keys.as_str().into(), theme::BOLD),
            ("".into(), theme::PLAIN),
        ];
        runs(buffer, inside, 1, y, &parts);
        let x = put(buffer, inside, keys_width + 3, y, info.doc, theme::PLAIN);
        let name = format!("  :{}", info.name);
        if x + width(&name) <= inside.width {
            put(
                buffer,
                inside,
                inside.width.saturating_sub(width(&name) + 1),
                y,
                &name,
                theme::DIM,
            );
        }
    }
    let below = rows.len().saturating_sub(top + room);
    let more = if below > 0 {
        format!("{below} more: j PgDn   ")
    } else {
        String::new()
    };
    put(
        buffer,
        inside,
        1,
        inside.height.saturating_sub(1),
        &format!("{more}Esc closes"),
        theme::DIM,
    );
}
