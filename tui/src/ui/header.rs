//! The first line: how the link stands, in a word and a sign, what there is to do, and the time. What matters least goes
//! first where the line is short.

use super::paint::{put, width};
use super::{format, theme};
use crate::app::App;
use crate::app::areas::Width;
use crate::model::Row;
use crate::model::link::{Link, Shown};
use crate::model::words::Status;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};

/// A piece of the line, and how soon it may go (0 never).
struct Piece {
    text: String,
    look: Style,
    goes: u8,
}

fn piece(text: impl Into<String>, look: Style, goes: u8) -> Piece {
    Piece {
        text: text.into(),
        look,
        goes,
    }
}

/// Draws it.
pub fn draw(app: &App, area: Rect, size: Width, buffer: &mut Buffer) {
    if area.is_empty() {
        return;
    }
    if size == Width::Line {
        line(app, area, buffer);
        return;
    }
    let mut pieces = link(app);
    counts(app, &mut pieces);
    if app.settings.read_only {
        pieces.push(piece("RO", theme::ASK, 0));
    }
    if let Some(frozen) = &app.view.frozen {
        let age = format::duration(app.now_ms - frozen.at_ms);
        pieces.push(piece(format!("FROZEN {age}"), theme::CURSOR, 0));
    }
    let clock = format::clock(app.now_ms, &app.settings.zone);
    let room = area.width.saturating_sub(width(&clock) + 2);
    fit(&mut pieces, room);
    let mut x = 1;
    for piece in &pieces {
        let line = Rect {
            width: room,
            ..area
        };
        x = put(buffer, line, x, 0, &piece.text, piece.look) + 2;
    }
    put(
        buffer,
        area,
        area.width.saturating_sub(width(&clock) + 1),
        0,
        &clock,
        theme::DIM,
    );
}

/// Drops pieces until the rest has room.
fn fit(pieces: &mut Vec<Piece>, room: u16) {
    let needed = |pieces: &[Piece]| {
        pieces
            .iter()
            .map(|piece| usize::from(width(&piece.text)) + 2)
            .sum::<usize>()
    };
    while needed(pieces) > usize::from(room) {
        let first = pieces.iter().map(|piece| piece.goes).max().unwrap_or(0);
        if first == 0 {
            return;
        }
        if let Some(at) = pieces.iter().rposition(|piece| piece.goes == first) {
            pieces.remove(at);
        }
    }
}

/// The link's word and what belongs to it.
fn link(app: &App) -> Vec<Piece> {
    let link = &app.link;
    let now = app.now_ms;
    let host = if app.model.host.is_empty() {
        link.target.clone()
    } else {
        app.model.host.clone()
    };
    let seconds = |at_ms: i64| ((at_ms - now).max(0) + 999) / 1000;
    match (link.shown(now), &link.link) {
        (Shown::Live, _) => {
            let mut pieces = vec![piece("● LIVE", theme::OK, 0), piece(host, theme::BOLD, 5)];
            if let Some(rtt) = link.rtt_ms {
                pieces.push(piece(format!("rtt {}", rtt_steps(rtt)), theme::DIM, 9));
            }
            pieces
        }
        (Shown::Slow, _) => vec![
            piece("◐ SLOW", theme::ASK, 0),
            piece(
                format!("rtt {}", rtt_steps(link.rtt_ms.unwrap_or_default())),
                theme::PLAIN,
                3,
            ),
            piece(host, theme::BOLD, 5),
        ],
        (Shown::Stale, _) => {
            let age = format::duration((now - link.last_frame_ms) / 10_000 * 10_000);
            vec![
                piece(format!("~ STALE {age}"), theme::CURSOR, 0),
                piece(host, theme::BOLD, 5),
            ]
        }
        (
            _,
            Link::Retry {
                attempt,
                at_ms,
                why,
            },
        ) => vec![
            piece(
                format!("↺ RETRY {attempt} in {}s", seconds(*at_ms)),
                theme::FAIL,
                0,
            ),
            piece("C-r now", theme::PLAIN, 2),
            piece(format!("why: {why}"), theme::PLAIN, 3),
            piece(host, theme::BOLD, 5),
        ],
        (_, Link::Denied { why, .. }) => {
            vec![
                piece("✗ AUTH", theme::FAIL, 0),
                piece(why.clone(), theme::PLAIN, 3),
                piece(host, theme::BOLD, 5),
            ]
        }
        (_, Link::Foreign { theirs, .. }) => {
            let ours = reel_shared::PROTOCOL;
            let who = if *theirs > ours {
                "client older"
            } else {
                "daemon older"
            };
            vec![
                piece(format!("✗ PROTO {theirs}≠{ours} ({who})"), theme::FAIL, 0),
                piece(host, theme::BOLD, 5),
            ]
        }
        _ => vec![piece(format!("… dialing {}", link.target), theme::ASK, 0)],
    }
}

/// In steps, so that a steady line writes nothing.
fn rtt_steps(ms: u32) -> String {
    match ms {
        ..=1 => "<2ms".to_owned(),
        2..=9 => "<10ms".to_owned(),
        10..=99 => format!("{}0ms", ms.div_ceil(10)),
        100..=999 => format!("{}00ms", ms.div_ceil(100)),
        _ => format!("{}s", ms.div_ceil(1000)),
    }
}

fn counts(app: &App, pieces: &mut Vec<Piece>) {
    let model = app.shown();
    if !model.loaded {
        return;
    }
    let running: usize = model
        .rows
        .values()
        .flat_map(|row| &row.stages)
        .filter(|stage| stage.view.status == "in_progress")
        .count();
    let waiting = model.count(|row| row.status.is_waiting_to_start());
    let asks = model.count(Row::asks);
    let failed = model.count(|row| row.status == Status::Failed);
    let slots = model
        .slots
        .map_or_else(String::new, |slots| format!("/{slots}"));
    pieces.push(piece(format!("run {running}{slots}"), theme::PLAIN, 4));
    pieces.push(piece(format!("wait {waiting}"), theme::PLAIN, 6));
    if asks > 0 {
        pieces.push(piece(format!("ask {asks}?"), theme::ASK, 0));
    }
    if failed > 0 {
        pieces.push(piece(format!("fail {failed}!"), theme::FAIL, 0));
    }
}

/// Below 40×10: `12 run 3? 2! LIVE`, and the keys that still work.
fn line(app: &App, area: Rect, buffer: &mut Buffer) {
    let model = app.shown();
    let running = model.count(|row| row.status == Status::Running);
    let asks = model.count(Row::asks);
    let failed = model.count(|row| row.status == Status::Failed);
    let word = match app.link.shown(app.now_ms) {
        Shown::Dialing => "DIAL",
        Shown::Live => "LIVE",
        Shown::Slow => "SLOW",
        Shown::Stale => "STALE",
        Shown::Retry => "RETRY",
        Shown::Denied => "AUTH",
        Shown::Foreign => "PROTO",
    };
    let text = format!("{running} run {asks}? {failed}! {word}");
    put(
        buffer,
        area,
        0,
        0,
        &text,
        theme::PLAIN.add_modifier(Modifier::BOLD),
    );
}
