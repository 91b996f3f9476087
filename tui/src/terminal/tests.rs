//! Bytes in and bytes out: what the painter writes is replayed by a terminal's parser and compared cell by cell, and the
//! bytes are counted.

use super::keys::{Input, Parser};
use super::pace::{Pace, Profile};
use super::painter::Painter;
use crate::app::App;
use crate::app::fixture::{draw, event, feed, live, workflow};
use crate::input::{Code, Key};
use proptest::prelude::*;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::{Color, Modifier, Style};
use serde_json::json;

/// A terminal that shows what it is told.
struct Screen {
    parser: vt100::Parser,
}

impl Screen {
    fn new(columns: u16, rows: u16) -> Self {
        Self {
            parser: replay(columns, rows),
        }
    }

    fn shows(&mut self, bytes: &[u8], buffer: &Buffer) {
        self.parser.process(bytes);
        let screen = self.parser.screen();
        let mut covered = 0;
        for y in 0..buffer.area.height {
            for x in 0..buffer.area.width {
                if covered > 0 {
                    covered -= 1;
                    continue;
                }
                let (wanted, cell) = (&buffer[(x, y)], screen.cell(y, x).unwrap());
                let contents = if cell.contents().is_empty() {
                    " "
                } else {
                    cell.contents()
                };
                assert_eq!(contents, wanted.symbol(), "cell {x},{y}");
                // The replayed terminal knows bold or dim, not both at once.
                let (bold, dim) = (
                    wanted.modifier.contains(Modifier::BOLD),
                    wanted.modifier.contains(Modifier::DIM),
                );
                if !(bold && dim) {
                    assert_eq!((cell.bold(), cell.dim()), (bold, dim), "weight at {x},{y}");
                }
                assert_eq!(
                    cell.inverse(),
                    wanted.modifier.contains(Modifier::REVERSED),
                    "reverse at {x},{y}"
                );
                assert_eq!(cell.fgcolor(), colour(wanted.fg), "colour at {x},{y}");
                covered = u16::try_from(unicode_width::UnicodeWidthStr::width(wanted.symbol()))
                    .unwrap()
                    .saturating_sub(1);
            }
        }
    }
}

fn replay(columns: u16, rows: u16) -> vt100::Parser {
    vt100::Parser::new(rows.try_into().unwrap(), columns.try_into().unwrap(), 0)
}

fn colour(colour: Color) -> vt100::Color {
    match colour {
        Color::Red => vt100::Color::Idx(1),
        Color::Green => vt100::Color::Idx(2),
        Color::Yellow => vt100::Color::Idx(3),
        Color::Blue => vt100::Color::Idx(4),
        Color::Magenta => vt100::Color::Idx(5),
        Color::Cyan => vt100::Color::Idx(6),
        Color::LightRed => vt100::Color::Idx(9),
        _ => vt100::Color::Default,
    }
}

fn styles() -> impl Strategy<Value = Style> {
    let colours =
        prop::sample::select(vec![Color::Reset, Color::Red, Color::Cyan, Color::LightRed]);
    let modifiers = prop::sample::select(vec![
        Modifier::empty(),
        Modifier::BOLD,
        Modifier::DIM,
        Modifier::REVERSED,
        Modifier::BOLD | Modifier::REVERSED,
    ]);
    (colours, modifiers).prop_map(|(fg, modifier)| Style::new().fg(fg).add_modifier(modifier))
}

proptest! {
    #[test]
    fn a_terminal_shows_every_picture_that_is_painted(
        pictures in prop::collection::vec(
            prop::collection::vec((0u16..30, 0u16..6, prop::sample::select(vec!["x", "hello", "日本", "a b", "   ", "──"]), styles()), 0..12),
            1..8,
        ),
        cursor in prop::option::of((0u16..30, 0u16..6)),
    ) {
        let mut painter = Painter::new((30, 6), true);
        let mut screen = Screen::new(30, 6);
        for picture in pictures {
            let mut buffer = Buffer::empty(Rect::new(0, 0, 30, 6));
            for (x, y, text, style) in picture {
                buffer.set_stringn(x, y, text, usize::from(30 - x), style);
            }
            let at = cursor.map(|(x, y)| Position { x, y });
            let bytes = painter.paint(&buffer, at).to_vec();
            screen.shows(&bytes, &buffer);
            if let Some((x, y)) = cursor {
                prop_assert_eq!(screen.parser.screen().cursor_position(), (y, x));
            }
            prop_assert_eq!(painter.paint(&buffer, at), b"");
        }
    }

    #[test]
    fn a_terminal_shows_what_moved_up(
        steps in prop::collection::vec((0usize..9, prop::option::of((0u16..12, "[a-z]{1,6}"))), 1..20),
        words in prop::collection::vec(prop::sample::select(vec!["alpha", "beta 日本", "", "gamma gamma"]), 200),
    ) {
        let mut painter = Painter::new((30, 12), true);
        let mut screen = Screen::new(30, 12);
        let mut first = 0;
        for (moved, other) in steps {
            first += moved;
            let mut buffer = Buffer::empty(Rect::new(0, 0, 30, 12));
            buffer.set_string(0, 0, "head", Style::new().add_modifier(Modifier::REVERSED));
            for y in 1..11u16 {
                let at = first + usize::from(y);
                buffer.set_string(1, y, format!("{at} {}", words[at]), Style::new().fg(Color::Cyan));
            }
            if let Some((y, text)) = other {
                buffer.set_string(2, y, text, Style::new().add_modifier(Modifier::BOLD));
            }
            let bytes = painter.paint(&buffer, None).to_vec();
            screen.shows(&bytes, &buffer);
            prop_assert_eq!(painter.paint(&buffer, None), b"");
        }
    }

    #[test]
    fn keys_are_the_same_however_the_line_cuts_them(
        parts in prop::collection::vec(prop::sample::select(vec![
            &b"j"[..], b"\x1b[A", b"\x1bOB", b"\x1b[5~", "é".as_bytes(), b"\x1b[200~a\x1b[Ab\x1b[201~", b"\r", b"\x1b[<0;3;4M",
            b"\x1b]11;rgb:0/0/0\x1b\\", b"\x1b[?62;4c", b"\x1b[I", b"\x1b[1;5C", b"\x04", b"\x1bP1$r0m\x1b\\", b"\x1b[M !!", b"\x1b[27u",
        ]), 0..20),
        cuts in prop::collection::vec(1usize..5, 0..60),
    ) {
        let bytes: Vec<u8> = parts.concat();
        let whole = Parser::default().feed(&bytes);
        let mut parser = Parser::default();
        let mut pieces = Vec::new();
        let mut rest = bytes.as_slice();
        for cut in cuts {
            let (piece, behind) = rest.split_at(cut.min(rest.len()));
            pieces.extend(parser.feed(piece));
            rest = behind;
        }
        pieces.extend(parser.feed(rest));
        prop_assert_eq!(pieces, whole);
    }

    #[test]
    fn no_bytes_make_the_parser_fail_or_keep_much(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let mut parser = Parser::default();
        parser.feed(&bytes);
        parser.flush();
        prop_assert!(!parser.is_open());
    }
}

#[test]
fn keys_are_read() {
    let read = |bytes: &[u8]| {
        let mut parser = Parser::default();
        let mut inputs = parser.feed(bytes);
        inputs.extend(parser.flush());
        inputs
    };
    let key = |key: Key| vec![Input::Key(key)];
    assert_eq!(read(b"\x1b"), key(Key::of(Code::Esc)));
    assert_eq!(read(b"\x1b[Z"), key(Key::of(Code::BackTab)));
    assert_eq!(read(b"\x7f"), key(Key::of(Code::Backspace)));
    assert_eq!(read(b"\x03"), key(Key::ctrl('c')));
    assert_eq!(read(b"\x1b[6~"), key(Key::of(Code::PageDown)));
    assert_eq!(read(b"\x1b[99;5u"), key(Key::ctrl('c')));
    assert_eq!(read(b"\x1b[O"), vec![Input::Focus(false)]);
    assert_eq!(
        read(b"\x1b[200~x\ny\x1b[201~"),
        vec![Input::Paste("x\ny".into())]
    );
    assert_eq!(
        read(b"\x1bq"),
        vec![Input::Key(Key::of(Code::Esc)), Input::Key(Key::char('q'))]
    );
    assert_eq!(
        read(b"\x1b[24;80R"),
        vec![],
        "an answer nobody asked for is no key"
    );
}

pub(super) fn fifty(size: (u16, u16)) -> App {
    let views = (0..50).map(|n| {
        let (status, plan) = if n < 12 { ("running", "TCSp>rh") } else { ("queued", "tcsprh") };
        workflow(&format!("{n:02}aaaaaaaaaa"), &format!("dsp-lecture-{n}"), status, plan, f64::from(n) * 3.0,
            json!({"estimatedTimeRemaining": 900.0 + f64::from(n) * 60.0, "queuePosition": if n < 12 { None } else { Some(n - 11) }}))
    });
    live(size, views.collect())
}

#[test]
fn without_colours_bold_and_reverse_stay() {
    let mut app = fifty((80, 24));
    let buffer = draw(&mut app);
    let mut painter = Painter::new((80, 24), false);
    let mut parser = replay(80, 24);
    parser.process(painter.paint(&buffer, None));
    let mut reversed = 0;
    for y in 0..24 {
        for x in 0..80 {
            let cell = parser.screen().cell(y, x).unwrap();
            assert_eq!(cell.fgcolor(), vt100::Color::Default);
            reversed += usize::from(cell.inverse());
        }
    }
    assert!(reversed >= 79, "the row under the cursor is seen");
}

#[test]
fn a_large_picture_is_bracketed_and_a_small_one_is_not() {
    let mut app = fifty((80, 24));
    let mut painter = Painter::new((80, 24), true);
    let first = draw(&mut app);
    let bytes = painter.paint(&first, None);
    assert!(bytes.starts_with(b"\x1b[?2026h") && bytes.ends_with(b"\x1b[?2026l"));
    feed(
        &mut app,
        event(
            11,
            "workflow.prioritised",
            workflow(
                "00aaaaaaaaaa",
                "dsp-lecture-x",
                "running",
                "TCSp>rh",
                0.0,
                json!({"estimatedTimeRemaining": 900.0}),
            ),
        ),
    );
    let next = draw(&mut app);
    let bytes = painter.paint(&next, None);
    assert!(!bytes.is_empty() && !bytes.windows(6).any(|window| window == b"[?2026"));
}

#[test]
fn a_picture_waits_its_time_and_a_key_does_not() {
    let mut pace = Pace::new(Profile::Ssh);
    assert!(pace.due(true, false).unwrap() < 0, "the first at once");
    pace.drawn(1_000);
    assert_eq!(pace.due(true, false), None);
    pace.want(false);
    assert_eq!(pace.due(true, false), Some(1_250));
    assert_eq!(pace.due(false, false), Some(2_000));
    assert_eq!(pace.due(true, true), Some(1_500));
    pace.want(true);
    pace.want(false);
    assert_eq!(pace.due(true, false), Some(1_016));
}

#[test]
fn lines_that_moved_up_are_not_written_again() {
    let picture = |first: usize| {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 100, 30));
        for y in 0..30u16 {
            let n = (first + usize::from(y)) * 7919;
            buffer.set_string(
                0,
                y,
                format!("{n} {}", format!("{:x} ", n * n).repeat(8)),
                Style::new(),
            );
        }
        buffer
    };
    let mut painter = Painter::new((100, 30), true);
    painter.paint(&picture(0), None);
    let bytes = painter.paint(&picture(2), None).len();
    assert!(bytes < 400, "{bytes} bytes for two new lines");
}
