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
    let mut pieces = if app.several() { links(app) } else { link(app) };
    counts(app, &mut pieces);
    if app.settings.read_only {
        pieces.push(piece("RO", theme::ASK, 0));
    } else {
        pieces.push(piece("RW", theme::DIM, 8));
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

/// Of several daemons: how many are there, and each that is not, by name.
fn links(app: &App) -> Vec<Piece> {
    let now = app.now_ms;
    let live = app.links().filter(|(_, link)| link.is_fresh(now)).count();
    let all = app.daemons();
    let (word, look) = if live == all {
        (format!("● LIVE {live}/{all}"), theme::OK)
    } else {
        (format!("◐ LIVE {live}/{all}"), theme::ASK)
    };
    let mut pieces = vec![piece(word, look, 0)];
    for (daemon, link) in app.links() {
        let name = app.daemon_name(daemon);
        let shown = link.shown(now);
        if link.is_fresh(now) {
            pieces.push(piece(format!("{name} ●"), theme::DIM, 9));
            continue;
        }
        let text = match &link.link {
            Link::Retry { attempt, at_ms, .. } => {
                let left = ((at_ms - now).max(0) + 999) / 1000;
                format!("{name} ↺ RETRY {attempt} in {left}s")
            }
            _ => format!("{name} ~ {}", shown.word()),
        };
        pieces.push(piece(text, theme::FAIL, 3));
    }
    pieces
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
    if !app.loaded() {
        return;
    }
    let running: usize = app
        .rows()
        .flat_map(|row| &row.stages)
        .filter(|stage| stage.view.status == "in_progress")
        .count();
    let waiting = app.count(|row| row.status.is_waiting_to_start());
    let asks = app.asks_count();
    let failed = app.count(|row| row.status == Status::Failed);
    let slots: f64 = app
        .models()
        .filter_map(|model| model.workers.slots("cpu"))
        .map(|slots| slots.total)
        .sum();
    let slots = if slots > 0.0 {
        format!("/{slots}")
    } else {
        String::new()
    };
    let hooks: u64 = app
        .models()
        .map(|model| model.hooks.kept + model.hooks.disabled)
        .sum();
    pieces.push(piece(format!("run {running}{slots}"), theme::PLAIN, 4));
    pieces.push(piece(format!("wait {waiting}"), theme::PLAIN, 6));
    if asks > 0 {
        pieces.push(piece(format!("ask {asks}?"), theme::ASK, 0));
    }
    if failed > 0 {
        pieces.push(piece(format!("fail {failed}!"), theme::FAIL, 0));
    }
    if hooks > 0 {
        pieces.push(piece(format!("hooks {hooks}!"), theme::FAIL, 1));
    }
}

/// Below 40×10: `12 run 3? 2! LIVE`, and the keys that still work.
fn line(app: &App, area: Rect, buffer: &mut Buffer) {
    let running = app.count(|row| row.status == Status::Running);
    let asks = app.count(Row::asks);
    let failed = app.count(|row| row.status == Status::Failed);
    let worst = app.links().find(|(_, link)| !link.is_fresh(app.now_ms));
    let link = worst.map_or(&app.link, |(_, link)| link);
    let word = link.shown(app.now_ms).word();
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
