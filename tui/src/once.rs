//! One plain picture: a table of what there is, for a pipe, a script or `--once`. No escape sequence, exit 0; 3 where no
//! daemon answers.

use crate::app::{App, Event, LinkEvent, Settings};
use crate::clock::now_ms;
use crate::model::Row;
use crate::model::link::Link;
use crate::net::Handle;
use crate::ui::format;
use reel_shared::client::Endpoint;
use std::fmt::Write as _;
use std::io::{self, Write};
use std::process::ExitCode;
use unicode_width::UnicodeWidthStr;

/// Waits for the first snapshot and prints it.
pub async fn run(
    endpoints: Vec<Endpoint>,
    targets: Vec<String>,
    settings: Settings,
) -> io::Result<ExitCode> {
    let mut net = Handle::start(endpoints);
    let mut app = App::of(targets, settings, (120, u16::MAX), now_ms());
    // Each daemon has a snapshot, or is told as missing.
    let mut missing = std::collections::BTreeSet::new();
    while let Some((daemon, event)) = net.link.recv().await {
        let stopped = match &event {
            LinkEvent::State(Link::Retry { why, .. } | Link::Denied { why, .. }) => {
                Some(why.clone())
            }
            LinkEvent::State(Link::Foreign { theirs, .. }) => {
                Some(format!("it speaks protocol {theirs}"))
            }
            _ => None,
        };
        if let Some(why) = stopped
            && missing.insert(daemon)
        {
            eprintln!("reel: no daemon at {}: {why}", app.link_of(daemon).target);
        }
        app.handle(Event::Link { daemon, event }, now_ms());
        let told = |daemon: &usize| missing.contains(daemon) || app.model_of(*daemon).loaded;
        if (0..app.daemons()).all(|daemon| told(&daemon)) {
            break;
        }
    }
    if missing.len() == app.daemons() {
        return Ok(ExitCode::from(3));
    }
    app.settle();
    let written = io::stdout().write_all(table(&app).as_bytes());
    match written {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(ExitCode::SUCCESS),
        other => other.map(|()| ExitCode::SUCCESS),
    }
}

/// A head and a line for each workflow.
#[must_use]
pub fn table(app: &App) -> String {
    let rows: Vec<&Row> = app
        .view
        .active
        .ids
        .iter()
        .filter_map(|id| app.row(id))
        .collect();
    if rows.is_empty() {
        return format!("{}: nothing runs and nothing waits\n", app.model.host);
    }
    let cells: Vec<[String; 6]> = rows.iter().map(|row| line(app, row)).collect();
    let titles = ["ID", "NAME", "STATUS", "STAGE", "DONE", "ETA"].map(str::to_owned);
    let mut widths = [0; 6];
    for line in cells.iter().chain([&titles]) {
        for (width, cell) in widths.iter_mut().zip(line) {
            *width = (*width).max(cell.width());
        }
    }
    let mut text = String::new();
    for line in [&titles].into_iter().chain(&cells) {
        let mut whole = String::new();
        for (width, cell) in widths.iter().zip(line) {
            // Writing to a string can't fail.
            let _ = write!(whole, "{cell}{}  ", " ".repeat(width - cell.width()));
        }
        text.push_str(whole.trim_end());
        text.push('\n');
    }
    text
}

fn line(app: &App, row: &Row) -> [String; 6] {
    let plain = |text: &str| crate::model::log::clean(&text.replace(['\n', '\r'], " "));
    [
        row.view.id.clone(),
        plain(row.name()),
        row.view.status.clone(),
        row.current_stage()
            .map_or_else(String::new, |stage| stage.id.clone()),
        format::percent(row.view.progress),
        plain(&format::outlook(row, app.now_ms, true, &app.settings.zone)),
    ]
}
