//! Under the list, from 60 to 109 columns: the workflow under the cursor in two lines.

use super::paint::{Run, put, runs, width};
use super::{format, theme};
use crate::app::App;
use crate::model::{Row, asked};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// Draws it.
pub fn draw(app: &App, area: Rect, buffer: &mut Buffer) {
    if area.is_empty() {
        return;
    }
    let Some(row) = app.current() else {
        return;
    };
    let flat = "─".repeat(usize::from(area.width));
    put(buffer, area, 0, 0, &flat, theme::DIM);
    let mut title = format!(" {} ", row.name());
    if let Some(stage) = row.running_stage() {
        title.push_str(&format!(
            "─ {} {} ",
            stage.id,
            format::percent(stage.view.progress)
        ));
    }
    let fresh = app.is_fresh(row);
    if let Some(eta) = format::eta(row, app.clock_ms(), fresh).filter(|_| row.is_active()) {
        title.push_str(&format!("─ ETA {eta} "));
    }
    put(buffer, area, 1, 0, &title, theme::BOLD);
    stages(app, row, area, buffer);
    let (text, look) = word(row);
    put(buffer, area, 1, 2, &text, look);
}

/// Stages with how long each took; the ones at work and behind first kept in sight.
fn stages(app: &App, row: &Row, area: Rect, buffer: &mut Buffer) {
    let parts: Vec<Vec<Run<'_>>> = row
        .stages
        .iter()
        .filter(|stage| stage.view.status != "skipped")
        .map(|stage| {
            let (sign, look) = theme::stage_sign(row.stage_word(stage));
            let ran = match (stage.started_ms, stage.completed_ms) {
                (Some(from), Some(to)) => format::took(to - from),
                (Some(from), None) if stage.view.status == "in_progress" => {
                    format::duration(app.clock_ms() - from)
                }
                _ => String::new(),
            };
            let name = stage.id.as_str();
            vec![
                (format!("{sign} ").into(), look),
                (name.into(), theme::PLAIN),
                (format!(" {ran}  ").into(), theme::DIM),
            ]
        })
        .collect();
    let wide = |part: &Vec<Run<'_>>| part.iter().map(|(text, _)| width(text)).sum::<u16>();
    let current = row
        .stages
        .iter()
        .filter(|stage| stage.view.status != "skipped")
        .position(|stage| !matches!(stage.view.status.as_str(), "completed" | "cancelled"));
    let mut first = 0;
    let last = current.unwrap_or(parts.len().saturating_sub(1));
    while first < last && parts[first..=last].iter().map(wide).sum::<u16>() + 1 > area.width {
        first += 1;
    }
    let mut x = 1;
    for part in parts.iter().skip(first) {
        x = runs(buffer, area, x, 1, part);
    }
}

/// What there is to say of it.
fn word(row: &Row) -> (String, ratatui::style::Style) {
    if let Some(error) = &row.view.error {
        return (format!("! {}  {}", error.message, error.hint), theme::FAIL);
    }
    let question = row
        .view
        .gates
        .iter()
        .flat_map(|gate| &gate.questions)
        .next();
    if let Some(question) = question {
        return (
            format!("? {}", asked::words(row, &question.question)),
            theme::ASK,
        );
    }
    if let Some(waits) = row.view.waiting_for.as_ref().filter(|_| row.is_active()) {
        return (
            format!("waits: {}", asked::words(row, &waits.message)),
            theme::PLAIN,
        );
    }
    (row.view.message.clone().unwrap_or_default(), theme::PLAIN)
}
