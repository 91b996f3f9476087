//! A stage's box, its time against its usual ones, and the time that it lost waiting: what stands beside and between the
//! timeline's bars.

use super::paint::{field, field_right, put, width};
use super::timeline::Axis;
use super::{format, theme};
use crate::app::App;
use crate::model::span::{Doing, Lost, Span};
use crate::model::{Row, Stage};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// How long a stage ran, as far as it is known.
fn ran(app: &App, stage: &Stage) -> Option<i64> {
    match (stage.started_ms, stage.completed_ms) {
        (Some(from), Some(to)) => Some(to - from),
        (Some(from), None) if stage.view.status == "in_progress" => Some(app.clock_ms() - from),
        _ => None,
    }
}

/// How wide the column of boxes is: where several share the work, and on a wide terminal also where one does all of it.
pub(super) fn box_column(row: &Row, columns: u16) -> Option<u16> {
    let mut names: Vec<&str> = row
        .stages
        .iter()
        .filter_map(|stage| stage.view.box_name.as_deref())
        .collect();
    names.sort_unstable();
    names.dedup();
    let wanted = columns >= 130 || (names.len() > 1 && columns >= 76);
    let wide = names.iter().map(|name| width(name)).max()?;
    let most = if columns >= 110 { 12 } else { 8 };
    wanted.then_some(wide.clamp(3, most))
}

/// A stage's time against its usual ones.
pub(super) fn verdict(
    app: &App,
    row: &Row,
    stage: &Stage,
    x: u16,
    line: Rect,
    buffer: &mut Buffer,
) {
    let Some(usual) = app.usual(&row.key, &stage.id) else {
        return;
    };
    let (Some(p50), Some(p90)) = (usual.p50, usual.p90) else {
        return;
    };
    let (text, look) = match ran(app, stage) {
        None if stage.view.status == "pending" => {
            (format!("~{}", format::took(p50 as i64)), theme::DIM)
        }
        None => return,
        Some(ms) if ms as f64 > p90.max(p50 + 1_000.0) => (">p90 slow".to_owned(), theme::ASK),
        Some(ms) if ms as f64 > p50 => ("<p90 ok".to_owned(), theme::DIM),
        Some(_) => ("<p50 ok".to_owned(), theme::DIM),
    };
    field(buffer, line, x, 0, 10, &text, look);
}

/// Where half, and nine in ten, of the runs had ended.
pub(super) fn marks(
    app: &App,
    row: &Row,
    stage: &Stage,
    spans: &[Span],
    axis: &Axis,
    area: Rect,
    buffer: &mut Buffer,
) {
    let Some(usual) = app.usual(&row.key, &stage.id) else {
        return;
    };
    let last = spans
        .iter()
        .rev()
        .find(|span| span.stage == stage.id && span.doing != Doing::Waited);
    let Some(from) = last.map(|span| span.from_ms) else {
        return;
    };
    let until = axis.from_ms + axis.length_ms;
    for (after, sign) in [(usual.p90, "┇"), (usual.p50, "┊")] {
        let at = after.map_or(i64::MAX, |ms| from.saturating_add(ms as i64));
        // A mark within the first cell says nothing.
        if at < until && axis.cell(at) > axis.cell(from) && area.width > 0 {
            put(buffer, area, axis.cell(at), 0, sign, theme::DIM);
        }
    }
}

/// Time that a stage lost, in its own row.
#[allow(
    clippy::too_many_arguments,
    reason = "one line of a table, drawn from all of its columns"
)]
pub(super) fn wait_line(
    app: &App,
    wait: &Lost,
    names: u16,
    axis: &Axis,
    bar: Rect,
    line: Rect,
    buffer: &mut Buffer,
) {
    let text = format!("wait {}", wait.why);
    field(
        buffer,
        line,
        5,
        0,
        (names + 16).saturating_sub(2),
        &text,
        theme::DIM,
    );
    field_right(
        buffer,
        line,
        names + 20,
        0,
        7,
        &format::took(wait.total_ms),
        theme::DIM,
    );
    if bar.width == 0 {
        return;
    }
    for (from_ms, to_ms) in &wait.stretches {
        let from = axis.cell(*from_ms);
        let to = axis.cell(to_ms.unwrap_or_else(|| app.clock_ms())).max(from);
        let bars = "┄".repeat(usize::from(to - from + 1));
        put(buffer, bar, from, 0, &bars, theme::RETRY);
    }
}
