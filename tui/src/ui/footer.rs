//! The last lines: what waits for a person, what was just said or is being typed, and the keys that work here.

use super::paint::{Run, put, runs, width};
use super::theme;
use crate::app::App;
use crate::app::toast::Tone;
use crate::app::view::{Prompt, Screen};
use crate::input::{Command, Edit, Lookup};
use crate::model::asked;
use crate::model::words::Status;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;

/// What waits for a person: failures, questions, and what the daemon names beside workflows.
pub fn attention(app: &App, area: Rect, buffer: &mut Buffer) {
    if area.is_empty() {
        return;
    }
    let mut parts: Vec<Run<'_>> = Vec::new();
    let mut say = |text: String, look: Style| {
        parts.push(if parts.is_empty() {
            (" n: ".into(), theme::DIM)
        } else {
            (" · ".into(), theme::DIM)
        });
        parts.push((text.into(), look));
    };
    for row in app.rows().filter(|row| row.asks()) {
        let question = row
            .view
            .gates
            .iter()
            .flat_map(|gate| &gate.questions)
            .next();
        match question {
            Some(question) => say(
                format!(
                    "{} asks: {}",
                    row.name(),
                    asked::words(row, &question.question)
                ),
                theme::ASK,
            ),
            None => say(format!("{} waits to be confirmed", row.name()), theme::ASK),
        }
    }
    for row in app.rows().filter(|row| row.status == Status::Failed) {
        let error = row.view.error.as_ref();
        let stage = error.and_then(|error| error.stage.as_deref()).unwrap_or("");
        let why = error.map_or("failed", |error| error.message.as_str());
        say(format!("{} {stage}: {why}", row.name()), theme::FAIL);
    }
    let beside = app.models().flat_map(|model| &model.attention);
    for item in beside.filter(|item| item.video_id.is_none()) {
        say(item.message.clone(), theme::ASK);
    }
    runs(buffer, area, 0, 0, &parts);
}

/// The prompt, else what a chord may become, else what is held for undo and the newest toasts.
pub fn toast(app: &App, area: Rect, buffer: &mut Buffer) -> Option<Position> {
    if area.is_empty() {
        return None;
    }
    if let Some(prompt) = &app.view.prompt {
        return Some(typed(app, prompt, area, buffer));
    }
    if !app.view.chord.is_empty() {
        chord(app, area, buffer);
        return None;
    }
    let mut x = 1;
    if let Some(held) = app.held.last() {
        let text = format!(
            "{} {} in {}s, u takes it back",
            held.verb(),
            app.held_name(held),
            held.seconds(app.now_ms)
        );
        x = put(buffer, area, x, 0, &text, theme::ASK) + 3;
    }
    for toast in app.view.toasts.standing().iter().rev() {
        let (sign, look) = match toast.tone {
            Tone::Good => ("✓ ", theme::OK),
            Tone::Plain => ("", theme::PLAIN),
            Tone::Bad => ("! ", theme::FAIL),
        };
        if x >= area.width {
            break;
        }
        x = put(buffer, area, x, 0, &format!("{sign}{}", toast.text), look) + 3;
    }
    None
}

fn typed(app: &App, prompt: &Prompt, area: Rect, buffer: &mut Buffer) -> Position {
    let (lead, edit, note, look) = match prompt {
        Prompt::Filter {
            edit,
            problem: Some(problem),
            ..
        } => ("/", edit, problem.clone(), theme::FAIL),
        Prompt::Filter { edit, .. } if app.view.screen == Screen::Events => {
            let events = &app.view.events;
            let note = format!("{} of {}", events.shown.len(), events.kept.len());
            ("/", edit, note, theme::DIM)
        }
        Prompt::Filter { edit, .. } => {
            let list = app.view.list();
            (
                "/",
                edit,
                if app.view.screen == Screen::History {
                    format!(
                        "{} of {}, Enter looks in all that is kept",
                        list.ids.len(),
                        list.total
                    )
                } else {
                    format!("{} of {}", list.ids.len(), list.total)
                },
                theme::DIM,
            )
        }
        Prompt::Search {
            edit,
            problem: Some(problem),
        } => ("/", edit, problem.clone(), theme::FAIL),
        Prompt::Search { edit, .. } => ("/", edit, hits(app), theme::DIM),
        Prompt::LogFilter {
            edit,
            problem: Some(problem),
        } => ("&", edit, problem.clone(), theme::FAIL),
        Prompt::LogFilter { edit, .. } => {
            let shown = app
                .view
                .detail
                .as_ref()
                .map_or(0, |detail| detail.log_view.passing.places.len());
            (
                "&",
                edit,
                format!("{shown} lines; ! before it leaves them out"),
                theme::DIM,
            )
        }
        Prompt::Palette { edit, chosen } => (":", edit, offered(app, edit, *chosen), theme::DIM),
    };
    let x = put(buffer, area, 0, 0, lead, theme::BOLD);
    let end = put(buffer, area, x, 0, edit.text(), theme::PLAIN);
    put(buffer, area, end + 3, 0, &note, look);
    let column = (x + width(edit.before())).min(area.width.saturating_sub(1));
    Position {
        x: area.x + column,
        y: area.y,
    }
}

fn hits(app: &App) -> String {
    let Some(detail) = &app.view.detail else {
        return String::new();
    };
    let Some(search) = &detail.log_view.search else {
        return "a pattern; Enter goes to the last line with it".to_owned();
    };
    let view = &detail.log_view;
    let said = format!("{} lines", view.hits.places.len());
    if search.text.is_empty() || !view.is_scanning(&detail.log) {
        return said;
    }
    format!("{said} in the newest {} %", view.scanned(&detail.log))
}

/// The offers of the palette, the chosen one in brackets.
fn offered(app: &App, edit: &Edit, chosen: usize) -> String {
    let offers = app.offers(edit.text());
    if offers.is_empty() {
        return "no such command".to_owned();
    }
    let chosen = chosen.min(offers.len() - 1);
    let first = chosen.saturating_sub(2);
    let names = offers
        .iter()
        .enumerate()
        .skip(first)
        .take(8)
        .map(|(at, offer)| match (at == chosen, offer.doc.as_str()) {
            (true, "") => format!("[{}]", offer.name),
            (true, doc) => format!("[{}: {doc}]", offer.name),
            (false, _) => offer.name.clone(),
        });
    names.collect::<Vec<_>>().join("  ")
}

fn chord(app: &App, area: Rect, buffer: &mut Buffer) {
    let typed: String = app.view.chord.iter().map(ToString::to_string).collect();
    let x = put(buffer, area, 1, 0, &format!("{typed} … "), theme::BOLD);
    let Lookup::Prefix(rest) = app.keymap.lookup(app.context(), &app.view.chord) else {
        return;
    };
    let mut parts: Vec<Run<'_>> = Vec::new();
    for (keys, command) in rest {
        parts.push((keys.into(), theme::BOLD));
        parts.push((
            format!(" {}  ", command.info().name.trim_start_matches("sort ")).into(),
            theme::PLAIN,
        ));
    }
    parts.push(("Esc".into(), theme::BOLD));
    parts.push((" nothing".into(), theme::PLAIN));
    runs(buffer, area, x, 0, &parts);
}

/// The keys that work here, from the table, until the line is full.
pub fn hints(app: &App, area: Rect, buffer: &mut Buffer) {
    if area.is_empty() {
        return;
    }
    let context = app.context();
    let help = format!(
        "{} keys",
        app.keymap
            .key_of(context, Command::Help)
            .unwrap_or_default()
    );
    let room = area.width.saturating_sub(width(&help) + 2);
    let line = Rect {
        width: room,
        ..area
    };
    let mut x = 1;
    for (keys, command) in app.keymap.rows(context) {
        let hint = command.info().hint;
        if hint.is_empty() || command == Command::Help || !fits_now(app, command) {
            continue;
        }
        let key = keys.split(' ').next().unwrap_or_default();
        let needed = width(key) + 1 + width(hint);
        if x + needed > room {
            break;
        }
        x = runs(
            buffer,
            line,
            x,
            0,
            &[
                (key.into(), theme::BOLD),
                (" ".into(), theme::PLAIN),
                (hint.into(), theme::DIM),
            ],
        ) + 2;
    }
    put(
        buffer,
        area,
        area.width.saturating_sub(width(&help) + 1),
        0,
        &help,
        theme::DIM,
    );
}

/// What does nothing now isn't hinted.
fn fits_now(app: &App, command: Command) -> bool {
    match command {
        Command::Undo => !app.held.is_empty(),
        Command::Answer => {
            !app.settings.read_only && app.current().is_some_and(crate::model::Row::asks)
        }
        Command::Mark if app.view.screen == Screen::Hooks => app.delivery().is_some(),
        Command::Open if !app.view.screen.lists_workflows() => true,
        Command::Replay | Command::Curl => app.delivery().is_some(),
        Command::Apply => !app.view.queue.draft.is_empty(),
        Command::Preview => app
            .current()
            .is_some_and(|row| row.view.outputs.contains_key("thumbnails")),
        Command::Open
        | Command::Mark
        | Command::Logs
        | Command::Why
        | Command::Yank
        | Command::Compare => app.current().is_some(),
        Command::ReplayAll
        | Command::Enable
        | Command::Rotate
        | Command::Ping
        | Command::Drain
        | Command::Undrain
        | Command::Earlier
        | Command::Later => !app.settings.read_only,
        Command::Retry if app.view.screen == Screen::Stats && app.view.detail.is_none() => {
            !app.settings.read_only && !app.view.stats.families.is_empty()
        }
        command if command.is_act() => !app.settings.read_only && app.current().is_some(),
        _ => true,
    }
}
