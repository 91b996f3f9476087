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
    if !app.shown().loaded {
        centred(buffer, area, &waiting_for_link(app));
    } else if list.total > 0 {
        let text = list.filter.text();
        centred(
            buffer,
            area,
            &[
                format!("0 of {} match {text:?}", list.total),
                "Esc clears the filter, / changes it".to_owned(),
            ],
        );
    } else {
        let ended = app.shown().ended.back().map(|(_, row)| {
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
    } else if !history.loaded && !app.link.is_connected() {
        centred(buffer, area, &waiting_for_link(app));
    } else if !history.loaded {
        centred(buffer, area, &["Asking for what ended…".to_owned()]);
    } else if list.total > 0 {
        centred(
            buffer,
            area,
            &[
                format!("0 of {} match {:?}", list.total, list.filter.text()),
                "Esc clears the filter, / changes it".to_owned(),
            ],
        );
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
            "--token-file FILE or REEL_TOKEN gives a token; `reel token create` makes one."
                .to_owned(),
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
