//! From one look to the next in as few bytes as possible: the sixteen colours by their short codes (3x, 9x), so that the
//! terminal's own palette holds; without colours the rest stays.

use ratatui::buffer::Cell;
use ratatui::style::{Color, Modifier};

/// A cell's look, as far as it is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    fg: Color,
    bg: Color,
    modifier: Modifier,
}

/// As the terminal has it.
pub const NONE: Look = Look {
    fg: Color::Reset,
    bg: Color::Reset,
    modifier: Modifier::empty(),
};

/// Modifiers and their codes, on and off.
const CODES: [(Modifier, u8, u8); 5] = [
    (Modifier::BOLD, 1, 22),
    (Modifier::DIM, 2, 22),
    (Modifier::ITALIC, 3, 23),
    (Modifier::UNDERLINED, 4, 24),
    (Modifier::REVERSED, 7, 27),
];

impl Look {
    /// Of a cell; without `colours` only its modifiers.
    #[must_use]
    pub fn of(cell: &Cell, colours: bool) -> Self {
        if colours {
            Self {
                fg: cell.fg,
                bg: cell.bg,
                modifier: cell.modifier,
            }
        } else {
            Self {
                modifier: cell.modifier,
                ..NONE
            }
        }
    }

    /// The bytes that lead from `self` to `next`.
    pub fn change(self, next: Self, out: &mut Vec<u8>) {
        if self == next {
            return;
        }
        if next == NONE {
            out.extend_from_slice(b"\x1b[m");
            return;
        }
        let mut step = Vec::new();
        self.steps(next, &mut step);
        let mut anew = vec![0];
        NONE.steps(next, &mut anew);
        let parts = if length(&step) <= length(&anew) {
            step
        } else {
            anew
        };
        out.extend_from_slice(b"\x1b[");
        for (at, part) in parts.iter().enumerate() {
            if at > 0 {
                out.push(b';');
            }
            // A leading zero may be left out.
            if !(at == 0 && *part == 0) {
                out.extend_from_slice(part.to_string().as_bytes());
            }
        }
        out.push(b'm');
    }

    fn steps(self, next: Self, parts: &mut Vec<u16>) {
        let off = self.modifier.difference(next.modifier);
        let mut on = next.modifier.difference(self.modifier);
        for (modifier, _, code) in CODES {
            if off.contains(modifier) && !parts.contains(&u16::from(code)) {
                parts.push(u16::from(code));
            }
        }
        // Bold and dim are switched off together: what stays of them is switched on again.
        let weight = Modifier::BOLD | Modifier::DIM;
        if off.intersects(weight) {
            on |= next.modifier & weight;
        }
        for (modifier, code, _) in CODES {
            if on.contains(modifier) {
                parts.push(u16::from(code));
            }
        }
        if self.fg != next.fg {
            colour(next.fg, 30, parts);
        }
        if self.bg != next.bg {
            colour(next.bg, 40, parts);
        }
    }
}

fn length(parts: &[u16]) -> usize {
    parts
        .iter()
        .map(|part| {
            if *part >= 100 {
                4
            } else if *part >= 10 {
                3
            } else {
                2
            }
        })
        .sum()
}

/// `base` is 30 for the foreground, 40 for the background.
fn colour(colour: Color, base: u16, parts: &mut Vec<u16>) {
    let short = match colour {
        Color::Reset => 9,
        Color::Black => 0,
        Color::Red => 1,
        Color::Green => 2,
        Color::Yellow => 3,
        Color::Blue => 4,
        Color::Magenta => 5,
        Color::Cyan => 6,
        Color::Gray => 7,
        Color::DarkGray => 60,
        Color::LightRed => 61,
        Color::LightGreen => 62,
        Color::LightYellow => 63,
        Color::LightBlue => 64,
        Color::LightMagenta => 65,
        Color::LightCyan => 66,
        Color::White => 67,
        Color::Indexed(index) => {
            parts.extend([base + 8, 5, u16::from(index)]);
            return;
        }
        Color::Rgb(red, green, blue) => {
            parts.extend([
                base + 8,
                2,
                u16::from(red),
                u16::from(green),
                u16::from(blue),
            ]);
            return;
        }
    };
    parts.push(base + short);
}
