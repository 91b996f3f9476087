//! Beside the list, from 110 columns: the workflow under the cursor.

use super::paint::frame;
use super::pen::Pen;
use super::{format, theme, timeline};
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
        frame(buffer, area, "", theme::DIM, theme::BOLD);
        return;
    };
    let inside = frame(buffer, area, row.name(), theme::DIM, theme::BOLD);
    let text = Rect {
        x: inside.x + 1,
        width: inside.width.saturating_sub(2),
        ..inside
    };
    let mut pen = Pen::new(buffer, text);
    facts(app, row, &mut pen);
    pen.gap();
    let room = pen.area.height.saturating_sub(pen.y);
    let stages = u16::try_from(row.stages.len()).unwrap_or(u16::MAX);
    let height = stages.min(room.saturating_sub(4));
    let bars = Rect {
        y: pen.area.y + pen.y,
        height,
        ..pen.area
    };
    timeline::small(app, row, bars, pen.buffer);
    pen.y += height;
    pen.gap();
    troubles(app, row, &mut pen);
    results(row, &mut pen);
}

fn facts(app: &App, row: &Row, pen: &mut Pen<'_>) {
    let zone = &app.settings.zone;
    let (sign, look) = theme::sign(row);
    let since = match row.completed_ms {
        Some(at) => format!(
            "ended {} after {}",
            format::clock(at, zone),
            format::took(at - row.started_ms)
        ),
        None if row.status.is_waiting_to_start() => {
            format!("submitted {}", format::clock(row.created_ms, zone))
        }
        None => format!("started {}", format::clock(row.started_ms, zone)),
    };
    pen.line(
        &format!("{sign} {}  {since}", row.view.status.replace('_', " ")),
        look,
    );
    let mut about = format!("{}  {}", row.view.id, row.view.pipeline);
    if !row.view.user_id.is_empty() {
        about.push_str(&format!("  by {}", row.view.user_id));
    }
    pen.line(&about, theme::DIM);
    let mut numbers = vec![
        format!("prio {}", row.view.priority),
        format!("attempt {}", row.view.attempt.max(1)),
    ];
    if let Some(name) = &row.view.box_name {
        numbers.push(format!("on {name}"));
    }
    pen.line(&numbers.join("  "), theme::DIM);
    if let Some(stage) = row.running_stage() {
        let message = row.view.message.as_deref().unwrap_or("");
        let again = match stage.tries() {
            0 | 1 => String::new(),
            tries => format!("  try {tries}"),
        };
        let now = format::percent(stage.view.progress);
        let text = format!("now {} {now}{again}  {message}", stage.id);
        pen.line(&text, theme::PLAIN);
    }
    let fresh = app.is_fresh(row);
    if let Some(left) = format::eta(row, app.clock_ms(), fresh).filter(|_| row.is_active()) {
        let ends = row
            .view
            .estimated_time_remaining
            .map_or(row.estimated_ms, |s| row.estimated_ms + (s * 1000.0) as i64);
        pen.line(
            &format!("ETA {left}, about {}", format::clock(ends, zone)),
            theme::PLAIN,
        );
    }
}

fn troubles(app: &App, row: &Row, pen: &mut Pen<'_>) {
    if let Some(error) = &row.view.error {
        let stage = error
            .stage
            .as_deref()
            .map_or_else(String::new, |stage| format!("{stage}: "));
        pen.text(&format!("! {stage}{}", error.message), theme::FAIL, 5);
        if !error.hint.is_empty() {
            pen.text(&error.hint, theme::PLAIN, 3);
        }
        pen.line("r retries, w tells more", theme::DIM);
        pen.gap();
    }
    for gate in &row.view.gates {
        for question in &gate.questions {
            let words = asked::words(row, &question.question);
            pen.text(&format!("? {words}"), theme::ASK, 3);
            if let Some(options) = &question.options {
                pen.text(&options.join(" · "), theme::PLAIN, 2);
            }
        }
        pen.line("a answers", theme::DIM);
    }
    if let Some(waits) = row.view.waiting_for.as_ref().filter(|_| row.is_active()) {
        pen.text(
            &format!("waits: {}", asked::words(row, &waits.message)),
            theme::PLAIN,
            4,
        );
        if let Some(until) = waits.until.as_deref().and_then(crate::model::row::unix_ms) {
            pen.line(
                &format!("until about {}", format::clock(until, &app.settings.zone)),
                theme::DIM,
            );
        }
    }
}

fn results(row: &Row, pen: &mut Pen<'_>) {
    for (key, value) in row.view.params.iter().take(4) {
        let text = value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_owned);
        pen.text(
            &format!(
                "{key}: {}",
                crate::model::log::clean(&text.replace('\n', " "))
            ),
            theme::DIM,
            3,
        );
    }
    if let Some(path) = row
        .view
        .outputs
        .get("videoPath")
        .and_then(serde_json::Value::as_str)
    {
        pen.text(path, theme::OK, 3);
    }
}
