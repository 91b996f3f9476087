//! One workflow, opened: timeline with the log's end below, the log alone, inputs, outputs, events.

use super::paint::{put, width, wrapped};
use super::{format, log, theme, timeline};
use crate::app::App;
use crate::app::areas::Areas;
use crate::app::detail::{Detail, Tab};
use crate::model::span::Doing;
use crate::model::{Row, happening};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use serde_json::{Map, Value};

type Lines = Vec<(String, Style)>;

/// Draws the chosen tab.
pub fn draw(app: &App, detail: &Detail, areas: &Areas, buffer: &mut Buffer) {
    let area = areas.main;
    let Some(row) = app.row(&detail.id) else {
        let text = match &detail.problem {
            Some(problem) => format!("{} can't be shown: {problem}", detail.id),
            None => format!("Asking for {}…", detail.id),
        };
        put(buffer, area, 2, 1, &text, theme::BOLD);
        return;
    };
    match detail.tab {
        Tab::Timeline if app.view.zoomed => log::draw(app, row, detail, area, buffer),
        Tab::Timeline => {
            let (upper, lower) = areas.detail_split(app.timeline_lines());
            timeline::draw(app, row, detail, upper, buffer);
            log::draw(app, row, detail, lower, buffer);
        }
        Tab::Logs => log::draw(app, row, detail, area, buffer),
        Tab::Inputs => lines(buffer, area, detail.top, inputs(row, area.width)),
        Tab::Files => lines(buffer, area, detail.top, outputs(row, area.width)),
        Tab::Tries => lines(buffer, area, detail.top, tries(app, row, detail)),
        Tab::Hooks => lines(buffer, area, detail.top, told_of(app, detail)),
        Tab::Events => lines(buffer, area, detail.top, events(app, detail)),
    }
}

fn lines(buffer: &mut Buffer, area: Rect, top: usize, lines: Lines) {
    let room = usize::from(area.height);
    let top = top.min(lines.len().saturating_sub(room));
    for (y, (text, look)) in (0u16..).zip(lines.iter().skip(top).take(room)) {
        put(buffer, area, 1, y, text, *look);
    }
}

fn inputs(row: &Row, columns: u16) -> Lines {
    let mut lines = values(
        &row.view.params,
        columns,
        "This workflow takes no parameter.",
    );
    if !row.view.labels.is_empty() {
        lines.push((String::new(), theme::PLAIN));
        lines.extend(
            row.view
                .labels
                .iter()
                .map(|(key, value)| (format!("label {key} = {value}"), theme::DIM)),
        );
    }
    for answer in &row.view.answers {
        lines.push((
            format!(
                "answered {} = {} by {} at {}",
                answer.key,
                plain(&answer.value),
                answer.by,
                answer.at
            ),
            theme::DIM,
        ));
    }
    lines
}

fn outputs(row: &Row, columns: u16) -> Lines {
    let mut lines = values(
        &row.view.outputs,
        columns,
        "Nothing yet: outputs stand here when stages complete.",
    );
    for stage in row
        .stages
        .iter()
        .filter(|stage| !stage.view.outputs.is_empty())
    {
        lines.push((String::new(), theme::PLAIN));
        lines.push((format!("{} gave", stage.id), theme::DIM));
        lines.extend(values(&stage.view.outputs, columns, ""));
    }
    lines
}

/// A value a line, long ones wrapped under their key.
fn values(values: &Map<String, Value>, columns: u16, none: &str) -> Lines {
    if values.is_empty() {
        return vec![(none.to_owned(), theme::DIM)];
    }
    let widest = values
        .keys()
        .map(|key| width(key))
        .max()
        .unwrap_or(0)
        .min(24);
    let mut lines = Lines::new();
    for (key, value) in values {
        let room = columns.saturating_sub(widest + 4);
        for (at, part) in wrapped(&plain(value), room).into_iter().enumerate() {
            let lead = if at == 0 { key.as_str() } else { "" };
            lines.push((
                format!("{lead:<wide$}  {part}", wide = usize::from(widest)),
                theme::PLAIN,
            ));
        }
    }
    lines
}

/// A text without its quotes, anything else as JSON.
fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => crate::model::log::clean(&text.replace('\n', " ⏎ ")),
        other => other.to_string(),
    }
}

/// Each try of each stage, newest first.
fn tries(app: &App, row: &Row, detail: &Detail) -> Lines {
    let zone = &app.settings.zone;
    let spans = crate::model::span::spans(row, detail.events.values());
    let mut lines: Lines = vec![(
        format!(
            "{:<24} {:<9} {:>9}  {}",
            "STAGE", "BEGAN", "TOOK", "HOW IT WENT"
        ),
        theme::DIM,
    )];
    for span in spans.iter().rev() {
        let (word, look) = match span.doing {
            Doing::Ran if span.to_ms.is_none() => ("runs", theme::RUN),
            Doing::Ran => ("done", theme::OK),
            Doing::Failed => ("failed", theme::FAIL),
            Doing::Waited => ("waited", theme::RETRY),
        };
        let to = span.to_ms.unwrap_or_else(|| app.clock_ms());
        let took = if span.to_ms.is_some() {
            format::took(to - span.from_ms)
        } else {
            format!("{}+", format::duration(to - span.from_ms))
        };
        lines.push((
            format!(
                "{:<24} {:<9} {took:>9}  {word}{}",
                span.stage,
                format::clock_seconds(span.from_ms, zone),
                if span.why.is_empty() {
                    String::new()
                } else {
                    format!(": {}", span.why)
                },
            ),
            look,
        ));
    }
    // What is counted against a stage's retries, where that is not simply all that began.
    for stage in &row.stages {
        let (began, tries) = (stage.view.attempts, stage.tries());
        if began > tries && tries > 0 {
            let text = format!(
                "{}: {began} attempts began, of which {tries} count as tries",
                stage.id
            );
            lines.push((text, theme::DIM));
        }
    }
    if lines.len() == 1 {
        return vec![(
            "No stage has begun yet. w tells why.".to_owned(),
            theme::DIM,
        )];
    }
    lines
}

/// Who was told of it, and how that went.
fn told_of(app: &App, detail: &Detail) -> Lines {
    let zone = &app.settings.zone;
    let mut found: Vec<&crate::model::hooks::Delivery> = detail.hooks.iter().collect();
    found.sort_by_key(|one| std::cmp::Reverse(one.created_ms()));
    let mut lines = Lines::new();
    for one in found {
        let look = match one.status.as_str() {
            "delivered" => theme::OK,
            "failed" => theme::FAIL,
            _ => theme::PLAIN,
        };
        let at = one
            .created_ms()
            .map_or_else(String::new, |at| format::clock_seconds(at, zone));
        let url = one.url.as_deref().unwrap_or("");
        lines.push((
            format!("{at}  {:<20} {:<10} {url}", one.event_type, one.status),
            look,
        ));
        for attempt in &one.attempts {
            lines.push((
                format!(
                    "          try {}  {}  {} ms  {}",
                    attempt.number,
                    attempt.outcome(),
                    attempt.latency,
                    attempt.said()
                ),
                theme::DIM,
            ));
        }
    }
    if lines.is_empty() {
        let text = if app.view.hooks.loaded && app.view.hooks.endpoints.is_empty() {
            "Nobody is told: there are no webhooks. reel webhooks add URL --event '*' makes one."
        } else {
            "No delivery of it among the newest ones; 4 shows all of them."
        };
        lines.push((text.to_owned(), theme::DIM));
    }
    lines
}

fn events(app: &App, detail: &Detail) -> Lines {
    let mut lines: Lines = detail
        .events
        .values()
        .rev()
        .map(|event| {
            let at = crate::model::row::unix_ms(&event.timestamp).unwrap_or_default();
            let by = happening::by(&event.data).map_or_else(String::new, |by| format!("by {by}  "));
            let data = format!("{by}{}", happening::told(&event.data));
            let look = if event.kind.contains("failed") {
                theme::FAIL
            } else {
                theme::PLAIN
            };
            (
                format!(
                    "{}  {:>6}  {:<24}  {data}",
                    format::clock_millis(at, &app.settings.zone),
                    event.seq,
                    event.kind
                ),
                look,
            )
        })
        .collect();
    if lines.is_empty() {
        let text = detail
            .problem
            .clone()
            .unwrap_or_else(|| "Asking for its events…".to_owned());
        lines.push((text, theme::DIM));
    }
    lines
}
