//! A box on the Queue screen: a line with its state, what it has and what it does; beside the list, all of it, and why it
//! takes nothing where it takes nothing.

use super::paint::{field, frame, put, width};
use super::pen::Pen;
use super::{format, theme};
use crate::app::App;
use crate::model::workers::{Slots, Worker};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

/// Its state in a word, with its sign. What is not heard of is stale, whatever was said last.
fn state(app: &App, one: &Worker) -> (&'static str, Style, String) {
    let told = match app.box_state(one) {
        "stale" => ("~", theme::ASK),
        "lost" => ("!", theme::FAIL),
        "gone" => ("·", theme::PAUSE),
        "draining" => ("‖", theme::PAUSE),
        "active" => ("▶", theme::RUN),
        _ => ("✓", theme::OK),
    };
    (told.0, told.1, app.box_state(one).to_owned())
}

fn name(app: &App, one: &Worker) -> String {
    let daemon = app.daemon_name(one.daemon);
    if app.several() && daemon != one.worker_id {
        format!("{} ({daemon})", one.worker_id)
    } else {
        one.worker_id.clone()
    }
}

fn amounts(resource: &str, slots: &Slots) -> String {
    if resource.starts_with("mem") || slots.total > 1_000_000.0 {
        let (used, total) = (slots.used as u64, slots.total as u64);
        format!("{}/{}", format::bytes(used), format::bytes(total))
    } else {
        format!("{}/{}", slots.used, slots.total)
    }
}

fn share(slots: &Slots) -> f64 {
    if slots.total > 0.0 {
        slots.used / slots.total * 100.0
    } else {
        0.0
    }
}

/// When it was last heard of, where that is worth a word.
fn beat(app: &App, one: &Worker) -> Option<String> {
    let age = app.now_ms - one.heard_ms()?;
    // A beat every few seconds is no news.
    (age >= 10_000).then(|| format!("heard {} ago", format::duration(age / 5_000 * 5_000)))
}

/// A line.
pub fn line(app: &App, one: &Worker, row: Rect, buffer: &mut Buffer) {
    let (sign, look, word) = state(app, one);
    put(buffer, row, 2, 0, sign, look);
    let wide = if row.width >= 80 { 20 } else { 12 };
    field(buffer, row, 4, 0, wide, &name(app, one), theme::BOLD);
    field(buffer, row, 5 + wide, 0, 8, &word, look);
    let mut x = 14 + wide;
    if let Some(text) = beat(app, one) {
        x = put(buffer, row, x, 0, &text, theme::ASK) + 2;
    }
    let bar_wide = if row.width >= 80 { 10 } else { 5 };
    for (resource, slots) in &one.resources {
        let amounts = amounts(resource, slots);
        let needed = width(resource) + bar_wide + width(&amounts) + 4;
        if x + needed > row.width {
            put(buffer, row, x, 0, "…", theme::DIM);
            return;
        }
        x = put(buffer, row, x, 0, resource, theme::DIM) + 1;
        let bar = format::bar(share(slots), bar_wide);
        x = put(buffer, row, x, 0, &bar, theme::PLAIN) + 1;
        x = put(buffer, row, x, 0, &amounts, theme::PLAIN) + 2;
    }
    let mut said: Vec<String> = labels(one);
    said.extend(app.jobs_of(one).map(|(name, _)| name));
    if x + 8 < row.width {
        put(buffer, row, x, 0, &said.join("  "), theme::DIM);
    }
}

fn labels(one: &Worker) -> Vec<String> {
    one.labels
        .iter()
        .map(|(name, value)| match value {
            serde_json::Value::String(text) if text.is_empty() => name.clone(),
            serde_json::Value::String(text) => format!("{name}={text}"),
            other => format!("{name}={other}"),
        })
        .collect()
}

/// All of the box under the cursor.
pub fn about(app: &App, area: Rect, buffer: &mut Buffer) {
    let Some(one) = app.boxes().nth(app.view.queue.box_at) else {
        frame(buffer, area, "", theme::DIM, theme::BOLD);
        return;
    };
    let title = name(app, one);
    let inside = frame(buffer, area, &title, theme::DIM, theme::BOLD);
    let text = Rect {
        x: inside.x + 1,
        width: inside.width.saturating_sub(2),
        ..inside
    };
    let (sign, look, word) = state(app, one);
    let mut pen = Pen::new(buffer, text);
    pen.line(&format!("{sign} {word}"), look);
    if let Some(text) = beat(app, one) {
        pen.line(&text, theme::DIM);
    }
    let labels = labels(one);
    if !labels.is_empty() {
        pen.text(&labels.join("  "), theme::DIM, 3);
    }
    pen.gap();
    for (resource, slots) in &one.resources {
        let bar = format::bar(share(slots), 12);
        let amounts = amounts(resource, slots);
        pen.line(&format!("{resource:<10} {bar} {amounts}"), theme::PLAIN);
    }
    pen.gap();
    pen.text(&why_not(app, one), theme::PLAIN, 3);
    pen.gap();
    let jobs: Vec<(String, String)> = app.jobs_of(one).collect();
    if jobs.is_empty() {
        pen.line("Nothing runs on it.", theme::DIM);
    }
    for (name, stage) in jobs {
        pen.parts(&[
            ("▶ ".into(), theme::RUN),
            (name.into(), theme::PLAIN),
            (format!("  {stage}").into(), theme::DIM),
        ]);
    }
}

/// Whether it takes more, and why not.
fn why_not(app: &App, one: &Worker) -> String {
    let full: Vec<String> = one
        .resources
        .iter()
        .filter(|(_, slots)| slots.total > 0.0 && slots.used >= slots.total)
        .map(|(resource, slots)| format!("{resource} {}", amounts(resource, slots)))
        .collect();
    match app.box_state(one) {
        "lost" => "Takes nothing: it is lost. What ran there is leased anew elsewhere.".to_owned(),
        "gone" => "Takes nothing: it was stopped, and held nothing.".to_owned(),
        "stale" => {
            "Takes nothing for now: nothing is heard of it. After a while it is lost.".to_owned()
        }
        "draining" => "Takes no more: it finishes what runs. U lets it take work again.".to_owned(),
        _ if !full.is_empty() => format!("Full: {}.", full.join(", ")),
        _ => "Has room.".to_owned(),
    }
}
