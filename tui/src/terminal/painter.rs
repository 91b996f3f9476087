//! A picture as the bytes that turn the last picture into it: cells that differ, the cheapest way between them, one look to
//! the next. Nothing differs, no bytes.

use super::scroll::{self, Scroll};
use super::sgr::{Look, NONE};
use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::{Position, Rect};
use unicode_width::UnicodeWidthStr;

/// Frames shorter than this can't tear: they aren't bracketed.
const BRACKETED_FROM: usize = 96;

/// What the terminal shows, and where its cursor is.
#[derive(Debug)]
pub struct Painter {
    shown: Buffer,
    colours: bool,
    pen: Option<(u16, u16)>,
    look: Look,
    cursor_shown: bool,
    clear: bool,
    body: Vec<u8>,
    frame: Vec<u8>,
}

impl Painter {
    /// For a screen that was just cleared, with its cursor hidden and its look plain.
    #[must_use]
    pub fn new(size: (u16, u16), colours: bool) -> Self {
        Self {
            shown: Buffer::empty(Rect::new(0, 0, size.0, size.1)),
            colours,
            pen: None,
            look: NONE,
            cursor_shown: false,
            clear: false,
            body: Vec::new(),
            frame: Vec::new(),
        }
    }

    /// The next picture is drawn whole, on a cleared screen of this size.
    pub fn begin_anew(&mut self, size: (u16, u16)) {
        self.shown = Buffer::empty(Rect::new(0, 0, size.0, size.1));
        self.pen = None;
        self.clear = true;
    }

    /// The bytes for `next`; empty when nothing differs. They count as written.
    pub fn paint(&mut self, next: &Buffer, cursor: Option<Position>) -> &[u8] {
        self.body.clear();
        self.frame.clear();
        if next.area != self.shown.area {
            self.begin_anew((next.area.width, next.area.height));
        }
        if std::mem::take(&mut self.clear) {
            self.set_look(NONE);
            self.body.extend_from_slice(b"\x1b[2J");
        }
        self.scroll(next);
        self.cells(next);
        self.place_cursor(cursor);
        self.shown.content.clone_from(&next.content);
        if self.body.len() >= BRACKETED_FROM {
            self.frame.extend_from_slice(b"\x1b[?2026h");
            self.frame.extend_from_slice(&self.body);
            self.frame.extend_from_slice(b"\x1b[?2026l");
        } else {
            self.frame.extend_from_slice(&self.body);
        }
        &self.frame
    }

    /// Where a log moved up, the terminal moves it: only the new lines are written.
    fn scroll(&mut self, next: &Buffer) {
        let Some(Scroll { top, bottom, lines }) = scroll::find(&self.shown, next) else {
            return;
        };
        self.set_look(NONE);
        self.csi(&[top + 1, bottom + 1], b'r');
        self.csi(&[lines], b'S');
        self.body.extend_from_slice(b"\x1b[r");
        // Setting the region moves the cursor to its home.
        self.pen = Some((0, 0));
        scroll::apply(&mut self.shown, Scroll { top, bottom, lines });
    }

    fn cells(&mut self, next: &Buffer) {
        let shown = std::mem::take(&mut self.shown);
        let width = usize::from(next.area.width);
        if width > 0 {
            let rows = shown.content.chunks(width).zip(next.content.chunks(width));
            for (y, (before, after)) in (0u16..).zip(rows) {
                if before != after {
                    self.row(next, y, &changed(before, after));
                }
            }
        }
        self.shown = shown;
    }

    /// The cells of one row; a blank tail is erased at once where that is shorter.
    fn row(&mut self, next: &Buffer, y: u16, changed: &[(u16, &Cell)]) {
        let width = next.area.width;
        let last = (0..width)
            .rev()
            .find(|x| !is_blank(&next[(*x, y)], self.colours));
        let tail = last.map_or(0, |x| {
            x + u16::try_from(columns(&next[(x, y)])).unwrap_or(1)
        });
        let in_tail = changed.iter().filter(|(x, _)| *x >= tail).count();
        let erase = in_tail > 4;
        for (x, cell) in changed {
            if erase && *x >= tail {
                break;
            }
            self.go(next, *x, y);
            self.set_look(Look::of(cell, self.colours));
            self.body.extend_from_slice(cell.symbol().as_bytes());
            let end = x + u16::try_from(columns(cell)).unwrap_or(1);
            // At the right edge terminals differ on where the cursor is.
            self.pen = (end < width).then_some((end, y));
        }
        if erase {
            self.go(next, tail, y);
            self.set_look(NONE);
            self.body.extend_from_slice(b"\x1b[K");
        }
    }

    /// The cheapest way to a cell.
    fn go(&mut self, next: &Buffer, x: u16, y: u16) {
        match self.pen {
            Some(at) if at == (x, y) => {}
            Some((from, row)) if row == y && from < x => {
                let gap = x - from;
                if gap <= 3 && (from..x).all(|x| self.repeats(&next[(x, y)])) {
                    for x in from..x {
                        self.body
                            .extend_from_slice(next[(x, y)].symbol().as_bytes());
                    }
                } else {
                    self.csi(&[gap], b'C');
                }
            }
            Some((_, row)) if x == 0 && row + 1 == y => self.body.extend_from_slice(b"\r\n"),
            Some((_, row)) if x == 0 && row == y => self.body.push(b'\r'),
            _ if x == 0 => self.csi(&[y + 1], b'H'),
            _ => self.csi(&[y + 1, x + 1], b'H'),
        }
        self.pen = Some((x, y));
    }

    /// Writing this cell again costs a byte and changes nothing.
    fn repeats(&self, cell: &Cell) -> bool {
        cell.symbol().len() == 1 && Look::of(cell, self.colours) == self.look
    }

    /// `CSI n… final`; ones are left out where they are the default.
    fn csi(&mut self, numbers: &[u16], last: u8) {
        self.body.extend_from_slice(b"\x1b[");
        if numbers != [1] {
            let text: Vec<String> = numbers.iter().map(u16::to_string).collect();
            self.body.extend_from_slice(text.join(";").as_bytes());
        }
        self.body.push(last);
    }

    fn set_look(&mut self, look: Look) {
        self.look.change(look, &mut self.body);
        self.look = look;
    }

    fn place_cursor(&mut self, cursor: Option<Position>) {
        match cursor {
            Some(Position { x, y }) => {
                if self.pen != Some((x, y)) {
                    self.csi(&[y + 1, x + 1], b'H');
                    self.pen = Some((x, y));
                }
                if !self.cursor_shown {
                    self.body.extend_from_slice(b"\x1b[?25h");
                }
            }
            None if self.cursor_shown => self.body.extend_from_slice(b"\x1b[?25l"),
            None => {}
        }
        self.cursor_shown = cursor.is_some();
    }
}

/// The cells of a row to write. A wide character that goes takes its second half with it, so what stood behind it is written
/// again even where it is the same.
fn changed<'a>(before: &[Cell], after: &'a [Cell]) -> Vec<(u16, &'a Cell)> {
    let mut cells = Vec::new();
    let (mut covered, mut spoilt) = (0, 0);
    for (x, (old, new)) in before.iter().zip(after).enumerate() {
        if x < covered {
            spoilt = spoilt.max(x + columns(old));
            continue;
        }
        if old != new || x < spoilt {
            spoilt = spoilt.max(x + columns(old));
            cells.push((u16::try_from(x).unwrap_or(u16::MAX), new));
        }
        covered = x + columns(new);
    }
    cells
}

/// The columns that a cell's character takes.
fn columns(cell: &Cell) -> usize {
    if cell.symbol().len() == 1 {
        1
    } else {
        cell.symbol().width().max(1)
    }
}

fn is_blank(cell: &Cell, colours: bool) -> bool {
    cell.symbol() == " " && Look::of(cell, colours) == NONE
}
