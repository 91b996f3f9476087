//! Lists without a row say why, and which key or command helps.

use super::paint::{put, width, wrapped};
use super::theme;
use crate::app::App;
use crate::model::link::Link;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// The Active list is empty.
pub fn active(app: &App, area: Rect, buffer: &mut Buffer) {
    let list = &app.view.active;
    if !app.loaded() {
        centred(buffer, area, &waiting_for_link(app));
    } else if list.total > 0 {
        filtered(app, buffer, area);
    } else {
        let last = app
            .models()
            .filter_map(|model| model.ended.back())
            .max_by_key(|(at, _)| *at);
        let ended = last.map(|(_, row)| {
            let at = row.completed_ms.unwrap_or(row.updated_ms);
            format!(
                "Last ended: {} at {}",
                row.name(),
                super::format::clock(at, &app.settings.zone)
            )
        });
        let mut lines = vec!["Nothing runs and nothing waits.".to_owned()];
        lines.extend(ended);
        lines.push(
            "reel submit video -p prompt=\"A video of a sunset\"  starts one; 3 shows what ended"
                .to_owned(),
        );
        centred(buffer, area, &lines);
    }
}

/// The History list is empty.
pub fn history(app: &App, area: Rect, buffer: &mut Buffer) {
    let history = &app.view.history;
    let list = &app.view.ended;
    if let Some(problem) = &history.problem {
        centred(
            buffer,
            area,
            &[
                format!("History could not be fetched: {problem}"),
                "C-r asks again".to_owned(),
            ],
        );
    } else if !history.loaded && !app.reaches_any() {
        centred(buffer, area, &waiting_for_link(app));
    } else if !history.loaded {
        centred(buffer, area, &["Asking for what ended…".to_owned()]);
    } else if list.total > 0 {
        filtered(app, buffer, area);
    } else {
        centred(
            buffer,
            area,
            &[
                "Nothing has ended yet.".to_owned(),
                "1 shows what runs".to_owned(),
            ],
        );
    }
}

/// Nobody asks.
pub fn asks(app: &App, area: Rect, buffer: &mut Buffer) {
    if !app.loaded() {
        centred(buffer, area, &waiting_for_link(app));
    } else if app.view.asks.total > 0 {
        filtered(app, buffer, area);
    } else {
        let lines = [
            "Nothing asks for an answer.".to_owned(),
            "What does is told in the header as ask N? and listed here".to_owned(),
        ];
        centred(buffer, area, &lines);
    }
}

/// No endpoint is known yet.
pub fn hooks(app: &App, area: Rect, buffer: &mut Buffer) {
    match &app.view.hooks.problem {
        Some(problem) => centred(
            buffer,
            area,
            &[
                format!("Endpoints could not be fetched: {problem}"),
                "C-r asks again".to_owned(),
            ],
        ),
        None if !app.reaches_any() => centred(buffer, area, &waiting_for_link(app)),
        None => centred(buffer, area, &["Asking for endpoints…".to_owned()]),
    }
}

/// No delivery of what was chosen.
pub fn deliveries(app: &App, area: Rect, buffer: &mut Buffer) {
    let hooks = &app.view.hooks;
    let lines = match (&hooks.problem, &hooks.fetched, hooks.endpoint()) {
        (Some(problem), ..) => vec![format!("Deliveries could not be fetched: {problem}")],
        (None, None, _) => vec!["Asking for deliveries…".to_owned()],
        (None, Some(_), Some(one)) => vec![
            format!("Nothing was sent to {} yet.", one.url),
            "T sends it one signed test".to_owned(),
        ],
        (None, Some(_), None) if hooks.endpoints.is_empty() => vec![
            "There are no webhooks.".to_owned(),
            "reel webhooks add URL --event '*'  makes one".to_owned(),
        ],
        (None, Some(_), None) => vec![
            "No delivery failed.".to_owned(),
            "Tab goes to the endpoints; each shows its own deliveries".to_owned(),
        ],
    };
    centred(buffer, area, &lines);
}

/// No box is known yet.
pub fn queue(app: &App, area: Rect, buffer: &mut Buffer) {
    centred(buffer, area, &waiting_for_link(app));
}

/// Nobody waits for a first slot.
pub fn line(app: &App, area: Rect, buffer: &mut Buffer) {
    let running = app.count(|row| row.status == crate::model::words::Status::Running);
    let text = match running {
        0 => "Nothing waits and nothing runs.".to_owned(),
        1 => "Nothing waits: 1 runs.".to_owned(),
        many => format!("Nothing waits: {many} run."),
    };
    centred(buffer, area, &[text]);
}

/// No numbers yet.
pub fn stats(app: &App, area: Rect, buffer: &mut Buffer) {
    match &app.view.stats.problem {
        Some(problem) => centred(
            buffer,
            area,
            &[
                format!("The numbers could not be fetched: {problem}"),
                "C-r asks again".to_owned(),
            ],
        ),
        None if !app.reaches_any() => centred(buffer, area, &waiting_for_link(app)),
        None => centred(buffer, area, &["Asking for the numbers…".to_owned()]),
    }
}

/// Nothing happened yet.
pub fn events(app: &App, area: Rect, buffer: &mut Buffer) {
    let view = &app.view.events;
    if view.kept.is_empty() {
        let lines = [
            match &view.problem {
                Some(problem) => format!("What happened before can't be had: {problem}"),
                None if app.is_asking_for_events() => "Asking for what happened…".to_owned(),
                None => "Nothing has happened since this dashboard was opened.".to_owned(),
            },
            "3 shows what ended before".to_owned(),
        ];
        centred(buffer, area, &lines);
    } else {
        let lines = [
            format!("0 of {} match {:?}", view.kept.len(), view.filter),
            "Esc clears the filter, / changes it".to_owned(),
        ];
        centred(buffer, area, &lines);
    }
}

fn filtered(app: &App, buffer: &mut Buffer, area: Rect) {
    let list = app.view.list();
    let mut lines = vec![
        format!("0 of {} match {:?}", list.total, list.filter.text()),
        "Esc clears the filter, / changes it".to_owned(),
    ];
    if app.view.screen == crate::app::Screen::History {
        lines.push("Enter behind a filter looks in everything that is kept".to_owned());
    }
    centred(buffer, area, &lines);
}

fn waiting_for_link(app: &App) -> Vec<String> {
    let target = &app.link.target;
    match &app.link.link {
        Link::Dialing | Link::Live => vec![format!("Connecting to {target}…")],
        Link::Retry { why, .. } => vec![
            format!("No daemon at {target}: {why}"),
            "It is tried again by itself; C-r tries now. `reeld run` starts one here.".to_owned(),
        ],
        Link::Denied { why, .. } => vec![
            format!("The daemon at {target} refuses this client: {why}"),
            "--token-file FILE or REEL_TOKEN gives a token;".to_owned(),
            "`reel token create` makes one".to_owned(),
        ],
        Link::Foreign { theirs, .. } => vec![
            format!(
                "The daemon at {target} speaks protocol {theirs}, this client {}.",
                reel_shared::PROTOCOL
            ),
            "Install the same version on both sides.".to_owned(),
        ],
    }
}

fn centred(buffer: &mut Buffer, area: Rect, lines: &[String]) {
    let room = area.width.saturating_sub(4);
    let lines: Vec<(usize, String)> = lines
        .iter()
        .enumerate()
        .flat_map(|(at, line)| wrapped(line, room).into_iter().map(move |line| (at, line)))
        .collect();
    let height = u16::try_from(lines.len()).unwrap_or(u16::MAX);
    let first = area.height.saturating_sub(height) / 3;
    for (y, (at, line)) in (first..).zip(lines) {
        let x = area.width.saturating_sub(width(&line)) / 2;
        put(
            buffer,
            area,
            x,
            y,
            &line,
            if at == 0 { theme::BOLD } else { theme::PLAIN },
        );
    }
}
