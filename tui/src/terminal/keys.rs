//! A terminal's bytes as keys. One parser sees every byte, so that an answer which comes late, a mouse left switched on or a
//! sequence nobody knows is swallowed here and never typed into a prompt.
//!
//! A lone Esc can't be told from the beginning of a sequence until nothing follows: [`Parser::is_open`] says so, and the
//! runner calls [`Parser::flush`] when nothing came for a moment.

use crate::input::mouse::Mouse;
use crate::input::{Code, Key};

/// What was typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// A key.
    Key(Key),
    /// The mouse.
    Mouse(Mouse),
    /// Text between the marks of bracketed paste.
    Paste(String),
    /// The terminal has the eye, or lost it.
    Focus(bool),
}

/// The longest sequence or paste that is kept while its end is awaited, in bytes.
const LIMIT: usize = 64 * 1024;

const PASTE_END: &[u8] = b"\x1b[201~";

/// Bytes whose end isn't here yet.
#[derive(Debug, Default)]
pub struct Parser {
    open: Vec<u8>,
    pasting: bool,
}

/// What stands at the beginning of some bytes.
enum Step {
    /// So many bytes mean this.
    Take(usize, Option<Input>),
    /// So many bytes begin a paste.
    Paste(usize),
    /// More is needed.
    More,
}

impl Parser {
    /// Something began that isn't whole.
    #[must_use]
    pub fn is_open(&self) -> bool {
        !self.open.is_empty() && !self.pasting
    }

    /// Takes bytes as they come.
    pub fn feed(&mut self, bytes: &[u8]) -> Vec<Input> {
        self.open.extend_from_slice(bytes);
        let mut inputs = Vec::new();
        loop {
            if self.pasting && !self.paste(&mut inputs) {
                break;
            }
            if self.open.is_empty() {
                break;
            }
            match step(&self.open) {
                Step::Take(count, input) => {
                    self.open.drain(..count);
                    inputs.extend(input);
                }
                Step::Paste(count) => {
                    self.open.drain(..count);
                    self.pasting = true;
                }
                Step::More if self.open.len() > LIMIT => self.open.clear(),
                Step::More => break,
            }
        }
        inputs
    }

    /// Nothing followed: an Esc is an Esc, and half a sequence nothing.
    pub fn flush(&mut self) -> Vec<Input> {
        let open = std::mem::take(&mut self.open);
        if open == [0x1b] {
            vec![Input::Key(Key::of(Code::Esc))]
        } else {
            Vec::new()
        }
    }

    /// Takes a paste whose end is here; false while it isn't.
    fn paste(&mut self, inputs: &mut Vec<Input>) -> bool {
        let end = self
            .open
            .windows(PASTE_END.len())
            .position(|window| window == PASTE_END);
        let (text, behind) = match end {
            Some(at) => (at, at + PASTE_END.len()),
            None if self.open.len() > LIMIT => (self.open.len(), self.open.len()),
            None => return false,
        };
        inputs.push(Input::Paste(
            String::from_utf8_lossy(&self.open[..text]).into_owned(),
        ));
        self.open.drain(..behind);
        self.pasting = false;
        true
    }
}

fn step(bytes: &[u8]) -> Step {
    match bytes[0] {
        0x1b => escape(bytes),
        b'\r' | b'\n' => key(1, Key::of(Code::Enter)),
        b'\t' => key(1, Key::of(Code::Tab)),
        0x7f | 0x08 => key(1, Key::of(Code::Backspace)),
        byte @ 0x01..=0x1a => key(1, Key::ctrl(char::from(byte + 0x60))),
        0x00..=0x1f => Step::Take(1, None),
        _ => character(bytes),
    }
}

fn key(count: usize, key: Key) -> Step {
    Step::Take(count, Some(Input::Key(key)))
}

fn character(bytes: &[u8]) -> Step {
    let length = match bytes[0] {
        ..0x80 => 1,
        0xc2..0xe0 => 2,
        0xe0..0xf0 => 3,
        0xf0..0xf5 => 4,
        _ => return Step::Take(1, None),
    };
    if bytes.len() < length {
        return Step::More;
    }
    match std::str::from_utf8(&bytes[..length])
        .ok()
        .and_then(|text| text.chars().next())
    {
        Some(c) => key(length, Key::char(c)),
        None => Step::Take(1, None),
    }
}

fn escape(bytes: &[u8]) -> Step {
    match bytes.get(1) {
        None => Step::More,
        Some(b'[') => csi(bytes),
        Some(b'O') => match bytes.get(2) {
            None => Step::More,
            Some(last) => Step::Take(3, cursor_key(*last).map(|code| Input::Key(Key::of(code)))),
        },
        // Strings: operating system commands, device answers and the like.
        Some(b']' | b'P' | b'_' | b'^' | b'X') => string(bytes),
        // An Esc of its own: what follows is a key of its own.
        Some(_) => key(1, Key::of(Code::Esc)),
    }
}

fn string(bytes: &[u8]) -> Step {
    for at in 2..bytes.len() {
        if bytes[at] == 0x07 {
            return Step::Take(at + 1, None);
        }
        if bytes[at] == 0x1b && bytes.get(at + 1) == Some(&b'\\') {
            return Step::Take(at + 2, None);
        }
    }
    Step::More
}

fn csi(bytes: &[u8]) -> Step {
    let Some(end) = bytes[2..]
        .iter()
        .position(|byte| (0x40..=0x7e).contains(byte))
        .map(|at| at + 2)
    else {
        // A control within a sequence ends it unread.
        return match bytes[2..].iter().position(|byte| *byte < 0x20) {
            Some(at) => Step::Take(at + 2, None),
            None => Step::More,
        };
    };
    let (body, last) = (&bytes[2..end], bytes[end]);
    // The oldest mouse reports carry three bytes behind their end.
    if last == b'M' && body.is_empty() {
        return if bytes.len() < end + 4 {
            Step::More
        } else {
            Step::Take(end + 4, None)
        };
    }
    let text = std::str::from_utf8(body).unwrap_or("?");
    let number = |at: usize| {
        text.split(';')
            .nth(at)
            .and_then(|part| part.split(':').next())
            .and_then(|part| part.parse::<u32>().ok())
    };
    if last == b'~' && number(0) == Some(200) {
        return Step::Paste(end + 1);
    }
    if let Some(report) = text.strip_prefix('<')
        && matches!(last, b'M' | b'm')
    {
        let mut numbers = report
            .split(';')
            .map(|part| part.parse::<u32>().unwrap_or(0));
        let mut next = || numbers.next().unwrap_or(0);
        let mouse = Mouse::read(next(), next(), next(), last == b'M');
        return Step::Take(end + 1, mouse.map(Input::Mouse));
    }
    let ctrl = number(1).is_some_and(|modifiers| modifiers.saturating_sub(1) & 4 != 0);
    let code = match last {
        b'I' if body.is_empty() => return Step::Take(end + 1, Some(Input::Focus(true))),
        b'O' if body.is_empty() => return Step::Take(end + 1, Some(Input::Focus(false))),
        b'Z' => Some(Code::BackTab),
        b'~' => number(0).and_then(editing_key),
        b'u' => number(0).and_then(unicode_key),
        _ if text.starts_with(['<', '?', '>', '=']) => None,
        _ => cursor_key(last),
    };
    Step::Take(end + 1, code.map(|code| Input::Key(Key { code, ctrl })))
}

fn cursor_key(last: u8) -> Option<Code> {
    Some(match last {
        b'A' => Code::Up,
        b'B' => Code::Down,
        b'C' => Code::Right,
        b'D' => Code::Left,
        b'H' => Code::Home,
        b'F' => Code::End,
        b'M' => Code::Enter,
        _ => return None,
    })
}

fn editing_key(number: u32) -> Option<Code> {
    Some(match number {
        1 | 7 => Code::Home,
        2 => Code::Insert,
        3 => Code::Delete,
        4 | 8 => Code::End,
        5 => Code::PageUp,
        6 => Code::PageDown,
        _ => return None,
    })
}

/// Keys that terminals with the newer protocol send by their character.
fn unicode_key(number: u32) -> Option<Code> {
    Some(match number {
        13 => Code::Enter,
        27 => Code::Esc,
        9 => Code::Tab,
        127 => Code::Backspace,
        _ => Code::Char(char::from_u32(number).filter(|c| !c.is_control())?),
    })
}
