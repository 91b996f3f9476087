//! When each stage ran, waited and failed, as bars over one axis. The axis grows in steps, so that a second more redraws one
//! cell and not all of them.

use super::paint::{field, field_right, put, width};
use super::usual::{box_column, marks, verdict, wait_line};
use super::{format, theme};
use crate::app::App;
use crate::app::detail::Detail;
use crate::model::span::{Doing, Lost, Span, critical, lost, spans};
use crate::model::{Row, Stage, asked};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// Axis lengths, in seconds; beyond them whole days.
const LENGTHS: [i64; 22] = [
    5, 10, 20, 30, 60, 120, 180, 300, 600, 900, 1200, 1800, 2700, 3600, 5400, 7200, 10_800, 14_400,
    21_600, 28_800, 43_200, 86_400,
];

pub(super) struct Axis {
    pub(super) from_ms: i64,
    pub(super) length_ms: i64,
    cells: u16,
}

impl Axis {
    fn of(app: &App, row: &Row, spans: &[Span], cells: u16) -> Self {
        let from_ms = spans
            .iter()
            .map(|span| span.from_ms)
            .min()
            .unwrap_or(row.started_ms);
        let now = if row.is_active() {
            app.clock_ms()
        } else {
            row.completed_ms.unwrap_or(row.updated_ms)
        };
        let left = row
            .view
            .estimated_time_remaining
            .filter(|_| row.is_active())
            .unwrap_or(0.0);
        let end = spans
            .iter()
            .filter_map(|span| span.to_ms)
            .fold(now, i64::max)
            + (left * 1000.0) as i64;
        let needed = ((end - from_ms).max(1000) + 999) / 1000;
        let seconds = LENGTHS
            .into_iter()
            .find(|length| *length >= needed)
            .unwrap_or((needed + 86_399) / 86_400 * 86_400);
        Self {
            from_ms,
            length_ms: seconds * 1000,
            cells,
        }
    }

    pub(super) fn cell(&self, at_ms: i64) -> u16 {
        let part = (at_ms - self.from_ms).clamp(0, self.length_ms) as f64 / self.length_ms as f64;
        ((part * f64::from(self.cells)).floor() as u16).min(self.cells.saturating_sub(1))
    }
}

/// A line of the table.
#[derive(Debug, Clone, Copy)]
enum Line<'a> {
    Stage(usize),
    /// What a stage waited before it ran, and for what.
    Wait(&'a Lost),
}

/// The table of stages with their bars, and a row of its own for time that was lost waiting.
pub fn draw(app: &App, row: &Row, detail: &Detail, area: Rect, buffer: &mut Buffer) {
    if area.height == 0 {
        return;
    }
    let spans = spans(row, detail.events.values());
    let lost = lost(row, &spans, app.clock_ms());
    let names = row
        .stages
        .iter()
        .map(|stage| width(&stage.id))
        .max()
        .unwrap_or(8)
        .clamp(8, 24);
    let compared = area.width >= 110
        && row
            .stages
            .iter()
            .any(|stage| app.usual(&row.key, &stage.id).is_some());
    let mut lead = 3 + names + 1 + 4 + 12 + 8;
    let boxes = box_column(row, area.width);
    let at_box = lead;
    if let Some(wide) = boxes {
        field(buffer, area, lead, 0, wide, "BOX", theme::DIM);
        lead += wide + 1;
    }
    if compared {
        put(buffer, area, lead, 0, "VS 7 DAYS", theme::DIM);
        lead += 11;
    }
    let cells = area.width.saturating_sub(lead + 1);
    let axis = Axis::of(app, row, &spans, cells);
    head(app, &axis, names, lead, area, buffer);
    let lines: Vec<Line<'_>> = (0..row.stages.len())
        .flat_map(|at| {
            let waits = lost
                .iter()
                .filter(move |one| one.stage == at)
                .map(Line::Wait);
            waits.chain([Line::Stage(at)])
        })
        .collect();
    let room = usize::from(area.height.saturating_sub(2));
    let (first, shown) = window(row, &lines, room);
    for (y, line) in (1u16..).zip(lines.iter().skip(first).take(shown)) {
        let cell = Rect {
            y: area.y + y,
            height: 1,
            ..area
        };
        let bar = Rect {
            x: area.x + lead,
            width: if cells >= 8 { cells } else { 0 },
            ..cell
        };
        match line {
            Line::Stage(at) => {
                let stage = &row.stages[*at];
                stage_line(app, row, stage, at + 1, names, cell, buffer);
                if let (Some(wide), Some(name)) = (boxes, &stage.view.box_name) {
                    field(buffer, cell, at_box, 0, wide, name, theme::DIM);
                }
                if compared {
                    verdict(app, row, stage, lead - 11, cell, buffer);
                }
                bars(app, stage, &spans, &axis, bar, buffer);
                marks(app, row, stage, &spans, &axis, bar, buffer);
            }
            Line::Wait(wait) => wait_line(app, wait, names, &axis, bar, cell, buffer),
        }
    }
    let below = 1 + u16::try_from(shown).unwrap_or(0);
    totals(app, row, &spans, below, area, buffer);
    if let Some(error) = &row.view.error {
        let stage = error.stage.as_deref().unwrap_or("");
        let text = format!(
            "! {stage} ({}): {}  {}",
            error.class, error.message, error.hint
        );
        put(buffer, area, 1, below + 1, &text, theme::FAIL);
    }
}

/// Which lines are in sight: all, or those around the current stage.
fn window(row: &Row, lines: &[Line<'_>], room: usize) -> (usize, usize) {
    let count = lines.len();
    let wanted = room.saturating_sub(usize::from(row.view.error.is_some()));
    let room = wanted.max(1);
    if count <= room {
        return (0, count);
    }
    let current = row
        .current_stage()
        .and_then(|current| row.stages.iter().position(|stage| stage.id == current.id));
    let at = current.and_then(|current| {
        lines
            .iter()
            .position(|line| matches!(line, Line::Stage(at) if *at == current))
    });
    let first = at.unwrap_or(0).saturating_sub(room / 2).min(count - room);
    (first, room)
}

fn head(app: &App, axis: &Axis, names: u16, lead: u16, area: Rect, buffer: &mut Buffer) {
    put(buffer, area, 3, 0, "STAGE", theme::DIM);
    put(buffer, area, names + 4, 0, "TRY STATE", theme::DIM);
    field_right(buffer, area, names + 20, 0, 7, "TIME", theme::DIM);
    let labels = axis.cells / 12;
    for label in 0..labels {
        let at = axis.from_ms + axis.length_ms * i64::from(label) / i64::from(labels.max(1));
        let x = lead + axis.cells * label / labels.max(1);
        let text = if axis.length_ms < 600_000 {
            format::clock_millis(at, &app.settings.zone)[..8].to_owned()
        } else {
            format::clock(at, &app.settings.zone)
        };
        put(buffer, area, x, 0, &text, theme::DIM);
    }
}

#[allow(
    clippy::too_many_arguments,
    reason = "one line of a table, drawn from all of its columns"
)]
fn stage_line(
    app: &App,
    row: &Row,
    stage: &Stage,
    number: usize,
    names: u16,
    line: Rect,
    buffer: &mut Buffer,
) {
    let (sign, look) = theme::stage_sign(row.stage_word(stage));
    field_right(buffer, line, 0, 0, 2, &number.to_string(), theme::DIM);
    field(buffer, line, 3, 0, names, &stage.id, theme::PLAIN);
    if stage.tries() > 0 {
        field_right(
            buffer,
            line,
            names + 4,
            0,
            3,
            &stage.tries().to_string(),
            theme::DIM,
        );
    }
    let word = match row.stage_word(stage) {
        "in_progress" => format::percent(stage.view.progress),
        "completed" if stage.is_reused() => "reused".to_owned(),
        "completed" => "done".to_owned(),
        other => other.to_owned(),
    };
    field(
        buffer,
        line,
        names + 8,
        0,
        11,
        &format!("{sign} {word}"),
        look,
    );
    let ran = match (stage.started_ms, stage.completed_ms) {
        (Some(from), Some(to)) => format::took(to - from),
        (Some(from), None) if stage.view.status == "in_progress" => {
            format!("{}+", format::duration(app.clock_ms() - from))
        }
        _ => String::new(),
    };
    field_right(buffer, line, names + 20, 0, 7, &ran, theme::PLAIN);
}

fn bars(app: &App, stage: &Stage, spans: &[Span], axis: &Axis, area: Rect, buffer: &mut Buffer) {
    let own = spans.iter().filter(|span| span.stage == stage.id);
    for span in own.filter(|span| span.doing != Doing::Waited && area.width > 0) {
        let (sign, look) = match span.doing {
            Doing::Ran if span.to_ms.is_none() => ("▓", theme::RUN),
            Doing::Ran => ("█", theme::PLAIN),
            Doing::Failed => ("▒", theme::FAIL),
            Doing::Waited => ("┄", theme::RETRY),
        };
        let from = axis.cell(span.from_ms);
        let to = axis
            .cell(span.to_ms.unwrap_or_else(|| app.clock_ms()))
            .max(from);
        let bar = sign.repeat(usize::from(to - from + 1));
        put(buffer, area, from, 0, &bar, look);
        if span.doing == Doing::Failed {
            put(buffer, area, to, 0, "!", theme::FAIL);
        }
    }
}

/// How long it took, and how much of that was work.
fn totals(app: &App, row: &Row, spans: &[Span], y: u16, area: Rect, buffer: &mut Buffer) {
    let now = if row.is_active() {
        app.clock_ms()
    } else {
        row.completed_ms.unwrap_or(row.updated_ms)
    };
    let mut ran: Vec<(i64, i64)> = spans
        .iter()
        .filter(|span| span.doing != Doing::Waited)
        .map(|span| (span.from_ms, span.to_ms.unwrap_or(now).max(span.from_ms)))
        .collect();
    ran.sort_unstable();
    // Stages that ran at once count once.
    let (mut work, mut until) = (0, i64::MIN);
    for (from, to) in ran {
        work += (to - from.max(until)).max(0);
        until = until.max(to);
    }
    let total = (now - row.created_ms).max(0);
    let say = |ms: i64| {
        if row.is_active() {
            format::duration(ms)
        } else {
            format::took(ms)
        }
    };
    let mut text = format!(
        "total {}  work {}  wait {}",
        say(total),
        say(work),
        say((total - work).max(0))
    );
    if let Some(waits) = row.view.waiting_for.as_ref().filter(|_| row.is_active()) {
        text.push_str(&format!(
            "   waits: {} (w)",
            asked::words(row, &waits.message)
        ));
    } else if let Some(message) = row.view.message.as_deref().filter(|_| row.is_active()) {
        text.push_str(&format!("   {message}"));
    }
    let path = critical(row);
    if path.len() > 1 && !row.is_active() {
        text.push_str(&format!("   critical path {}", path.join(" → ")));
    }
    put(buffer, area, 3, y, &text, theme::DIM);
}

/// For the preview: a name, a bar, a time for each stage.
pub fn small(app: &App, row: &Row, area: Rect, buffer: &mut Buffer) {
    if area.height == 0 {
        return;
    }
    let spans = spans(row, std::iter::empty());
    let names = row
        .stages
        .iter()
        .map(|stage| width(&stage.id))
        .max()
        .unwrap_or(8)
        .min(16);
    let cells = area.width.saturating_sub(names + 10);
    let axis = Axis::of(app, row, &spans, cells);
    let lines: Vec<Line<'_>> = (0..row.stages.len()).map(Line::Stage).collect();
    let (first, shown) = window(row, &lines, usize::from(area.height));
    for (y, stage) in (0u16..).zip(row.stages.iter().skip(first).take(shown)) {
        let line = Rect {
            y: area.y + y,
            height: 1,
            ..area
        };
        let (sign, look) = theme::stage_sign(row.stage_word(stage));
        put(buffer, line, 0, 0, sign, look);
        field(buffer, line, 2, 0, names, &stage.id, theme::PLAIN);
        bars(
            app,
            stage,
            &spans,
            &axis,
            Rect {
                x: area.x + names + 3,
                width: cells,
                ..line
            },
            buffer,
        );
        let ran = match (stage.started_ms, stage.completed_ms) {
            (Some(from), Some(to)) => format::took(to - from),
            (Some(_), None) if stage.view.status == "in_progress" => {
                format::percent(stage.view.progress)
            }
            _ => String::new(),
        };
        field_right(
            buffer,
            line,
            area.width.saturating_sub(7),
            0,
            7,
            &ran,
            theme::DIM,
        );
    }
}
