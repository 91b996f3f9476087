//! Roles and their looks: the terminal's own foreground and background, bold, dim, reverse and six of its colours. Signs are
//! drawn in Unicode and put into ASCII at the end where that is wanted.

use crate::app::App;
use crate::model::Row;
use crate::model::words::Status;
use ratatui::buffer::Buffer;
use ratatui::style::{Color, Modifier, Style};

/// As the terminal has it.
pub const PLAIN: Style = Style::new();
/// Beside the point.
pub const DIM: Style = Style::new().add_modifier(Modifier::DIM);
/// The point.
pub const BOLD: Style = Style::new().add_modifier(Modifier::BOLD);
/// Under the cursor.
pub const CURSOR: Style = Style::new().add_modifier(Modifier::REVERSED);
/// It went well.
pub const OK: Style = Style::new().fg(Color::Green);
/// It runs.
pub const RUN: Style = Style::new().fg(Color::Cyan);
/// A person is asked.
pub const ASK: Style = Style::new().fg(Color::Yellow).add_modifier(Modifier::BOLD);
/// It failed.
pub const FAIL: Style = Style::new().fg(Color::Red).add_modifier(Modifier::BOLD);
/// It waits to try again.
pub const RETRY: Style = Style::new().fg(Color::Blue);
/// It is held.
pub const PAUSE: Style = Style::new().fg(Color::Magenta);

/// A row's sign and look.
#[must_use]
pub fn sign(row: &Row) -> (&'static str, Style) {
    if row.view.cancelling == Some(true) {
        return ("✗", FAIL);
    }
    match row.status {
        Status::Running => ("▶", RUN),
        Status::Waiting if row.asks() => ("?", ASK),
        Status::Waiting => ("↻", RETRY),
        Status::PendingClarification | Status::PendingConfirmation => ("?", ASK),
        Status::Queued | Status::Scheduled | Status::Blocked => ("·", DIM),
        Status::Paused => ("‖", PAUSE),
        Status::Completed => ("✓", OK),
        Status::Failed => ("!", FAIL),
        Status::Cancelled => ("✗", DIM),
        Status::Unknown => ("~", DIM),
    }
}

/// A stage's sign and look.
#[must_use]
pub fn stage_sign(status: &str) -> (&'static str, Style) {
    match status {
        "in_progress" => ("▶", RUN),
        "waiting" => ("↻", RETRY),
        "completed" => ("✓", OK),
        "failed" => ("!", FAIL),
        "cancelled" => ("✗", DIM),
        "skipped" => ("-", DIM),
        _ => ("·", DIM),
    }
}

/// What each sign becomes where only ASCII is wanted.
const ASCII: [(&str, &str); 33] = [
    ("✓", "v"),
    ("▶", ">"),
    ("·", "."),
    ("‖", "="),
    ("↻", "R"),
    ("✗", "x"),
    ("●", "*"),
    ("◐", "%"),
    ("↺", "R"),
    ("▌", "|"),
    ("█", "#"),
    ("▓", "#"),
    ("▒", "x"),
    ("▏", "|"),
    ("┄", "-"),
    ("─", "-"),
    ("│", "|"),
    ("┌", "+"),
    ("┐", "+"),
    ("└", "+"),
    ("┘", "+"),
    ("├", "+"),
    ("┤", "+"),
    ("…", "."),
    ("–", "-"),
    ("›", ">"),
    ("≥", ">"),
    ("±", "~"),
    ("▲", "^"),
    ("▼", "v"),
    ("“", "\""),
    ("”", "\""),
    ("≈", "~"),
];

/// The last touch: ASCII where it is wanted.
pub fn finish(app: &App, buffer: &mut Buffer) {
    if !app.settings.ascii {
        return;
    }
    for cell in &mut buffer.content {
        if let Some((_, ascii)) = ASCII.iter().find(|(sign, _)| *sign == cell.symbol()) {
            cell.set_symbol(ascii);
        }
    }
}
