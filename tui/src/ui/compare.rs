//! The opened workflow beside the last good run of its pipeline: what differs, from inputs to the first other log line.

use super::{format, theme};
use crate::app::App;
use crate::app::detail::Comparison;
use crate::model::{Row, Stage};
use ratatui::style::Style;
use serde_json::Value;
use std::collections::BTreeSet;

/// Lines with their looks.
type Lines = Vec<(String, Style)>;

/// What differs, a line each.
#[must_use]
pub fn lines(app: &App, row: &Row, compare: &Comparison) -> Lines {
    if let Some(problem) = &compare.problem {
        return vec![(problem.clone(), theme::FAIL)];
    }
    let Some(other) = &compare.other else {
        return vec![("asking for the last good run…".to_owned(), theme::DIM)];
    };
    let mut lines = Lines::new();
    let at = other.completed_ms.unwrap_or(other.updated_ms);
    lines.push((
        format!(
            "{} {} completed {} on {}",
            other.view.id,
            other.name(),
            format::day_or_clock(at, app.now_ms, &app.settings.zone),
            other.view.box_name.as_deref().unwrap_or("-"),
        ),
        theme::BOLD,
    ));
    places(row, other, &mut lines);
    inputs(row, other, &mut lines);
    stages(app, row, other, &mut lines);
    logs(compare, &mut lines);
    lines
}

fn places(row: &Row, other: &Row, lines: &mut Lines) {
    let name = |row: &Row| row.view.box_name.clone().unwrap_or_else(|| "-".to_owned());
    if name(row) != name(other) {
        let text = format!("box      here {}, then {}", name(row), name(other));
        lines.push((text, theme::ASK));
    }
}

fn plain(value: Option<&Value>) -> String {
    match value {
        None => "(none)".to_owned(),
        Some(Value::String(text)) => crate::model::log::clean(&text.replace('\n', " ")),
        Some(other) => other.to_string(),
    }
}

fn inputs(row: &Row, other: &Row, lines: &mut Lines) {
    let (here, then) = (&row.view.params, &other.view.params);
    let keys: BTreeSet<&String> = here.keys().chain(then.keys()).collect();
    let differing: Vec<&String> = keys
        .into_iter()
        .filter(|key| here.get(*key) != then.get(*key))
        .collect();
    lines.push((String::new(), theme::PLAIN));
    if differing.is_empty() {
        lines.push(("inputs   the same".to_owned(), theme::DIM));
    }
    for (at, key) in differing.into_iter().enumerate() {
        let lead = if at == 0 { "inputs" } else { "" };
        lines.push((format!("{lead:<8} {key}"), theme::BOLD));
        lines.push((format!("         + {}", plain(here.get(key))), theme::ASK));
        lines.push((format!("         - {}", plain(then.get(key))), theme::DIM));
    }
}

fn took(app: &App, stage: &Stage) -> Option<i64> {
    let from = stage.started_ms?;
    match stage.completed_ms {
        Some(to) => Some(to - from),
        None if stage.view.status == "in_progress" => Some(app.clock_ms() - from),
        None => None,
    }
}

fn stages(app: &App, row: &Row, other: &Row, lines: &mut Lines) {
    lines.push((String::new(), theme::PLAIN));
    lines.push((
        format!("{:<8} {:<22} {:>9} {:>9}", "stages", "", "here", "then"),
        theme::DIM,
    ));
    for stage in &row.stages {
        let then = other.stages.iter().find(|known| known.id == stage.id);
        let here_ms = took(app, stage);
        let then_ms = then.and_then(|stage| took(app, stage));
        let text = |ms: Option<i64>| ms.map_or_else(|| "-".to_owned(), format::took);
        let (note, look) = match (stage.view.status.as_str(), here_ms, then_ms) {
            ("failed", ..) => ("  failed here".to_owned(), theme::FAIL),
            (_, Some(here), Some(then))
                if then > 0 && here > then * 3 / 2 && here - then > 2_000 =>
            {
                (
                    format!("  {:.1} times as long", here as f64 / then as f64),
                    theme::ASK,
                )
            }
            _ => (String::new(), theme::PLAIN),
        };
        let key = |value: &serde_json::Map<String, Value>| plain(value.get("provider"));
        let mut provider = String::new();
        if let Some(then) = then
            && key(&stage.view.outputs) != key(&then.view.outputs)
            && stage.view.outputs.contains_key("provider")
        {
            provider = format!(
                "  by {}, then by {}",
                key(&stage.view.outputs),
                key(&then.view.outputs)
            );
        }
        lines.push((
            format!(
                "         {:<22} {:>9} {:>9}{note}{provider}",
                stage.id,
                text(here_ms),
                text(then_ms)
            ),
            look,
        ));
    }
}

/// A line without what differs in every run: numbers.
fn folded(line: &str) -> String {
    line.chars().filter(|c| !c.is_ascii_digit()).collect()
}

fn logs(compare: &Comparison, lines: &mut Lines) {
    lines.push((String::new(), theme::PLAIN));
    let (Some(here), Some(then)) = (&compare.own_log, &compare.other_log) else {
        lines.push(("log      asking for both…".to_owned(), theme::DIM));
        return;
    };
    let first = here
        .iter()
        .zip(then)
        .position(|(here, then)| folded(here) != folded(then))
        .or((here.len() != then.len()).then_some(here.len().min(then.len())));
    match first {
        None => lines.push((
            format!("log      the first {} lines say the same", here.len()),
            theme::DIM,
        )),
        Some(at) => {
            lines.push((
                format!("log      first differs at line {}", at + 1),
                theme::BOLD,
            ));
            let said = |log: &[String]| log.get(at).cloned().unwrap_or_else(|| "(ends)".to_owned());
            lines.push((format!("         + {}", said(here)), theme::ASK));
            lines.push((format!("         - {}", said(then)), theme::DIM));
        }
    }
}
