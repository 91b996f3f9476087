//! Pictures as text, for tests: what stands there once, and how it looks in every palette.

use crate::app::App;
use crate::app::fixture::draw;
use crate::ui;
use ratatui::buffer::{Buffer, Cell};
use ratatui::style::{Color, Modifier};
use std::fmt::Write as _;

/// Terminals that a picture is drawn for.
pub const SIZES: [(u16, u16); 5] = [(160, 50), (120, 36), (80, 24), (60, 20), (40, 10)];

/// The terminal's own colours, dark, light, and none.
pub const PALETTES: [&str; 4] = ["ansi", "dark-256", "light-256", "mono"];

/// A state at every size in every palette, as one snapshot. What is said does not hang on colours.
pub fn pictures(name: &str, make: impl Fn((u16, u16)) -> App) {
    let mut text = String::new();
    for size in SIZES {
        let mut app = make(size);
        let mut said = None;
        for palette in PALETTES {
            app.settings.theme = ui::theme::named(palette).unwrap();
            let buffer = draw(&mut app);
            let lines = ui::lines(&buffer);
            if said.is_none() {
                writeln!(text, "=== {}x{} ===\n{}", size.0, size.1, lines.join("\n")).unwrap();
                said = Some(lines);
            } else {
                assert_eq!(said.as_ref(), Some(&lines), "{name} in {palette}");
            }
            writeln!(text, "--- {palette}\n{}", looks(&buffer)).unwrap();
        }
    }
    insta::assert_snapshot!(name, text);
}

/// The looks of a picture: rows, and in each the columns that are not plain. Rows that look alike stand on one line.
pub fn looks(buffer: &Buffer) -> String {
    let rows: Vec<String> = (0..buffer.area.height).map(|y| row(buffer, y)).collect();
    let mut text = String::new();
    let mut y = 0;
    while y < rows.len() {
        let alike = rows[y..].iter().take_while(|row| **row == rows[y]).count();
        let last = y + alike - 1;
        if !rows[y].is_empty() {
            let span = if last > y {
                format!("{y}-{last}")
            } else {
                y.to_string()
            };
            writeln!(text, "{span:>5} {}", rows[y]).unwrap();
        }
        y = last + 1;
    }
    text.trim_end().to_owned()
}

fn row(buffer: &Buffer, y: u16) -> String {
    let wide = buffer.area.width;
    let mut parts = Vec::new();
    let mut x = 0;
    while x < wide {
        let code = code(&buffer[(x, y)]);
        let end = (x..wide)
            .find(|at| self::code(&buffer[(*at, y)]) != code)
            .unwrap_or(wide);
        if !code.is_empty() {
            parts.push(format!("{x}+{}{code}", end - x));
        }
        x = end;
    }
    parts.join(" ")
}

/// A look: `#` reversed, `*` bold, `.` dim, and the colour's letter or number.
fn code(cell: &Cell) -> String {
    let mut code = String::new();
    let signs = [
        (Modifier::REVERSED, '#'),
        (Modifier::BOLD, '*'),
        (Modifier::DIM, '.'),
    ];
    code.extend(
        signs
            .iter()
            .filter(|(one, _)| cell.modifier.contains(*one))
            .map(|(_, sign)| sign),
    );
    match cell.fg {
        Color::Reset => {}
        Color::Red => code.push('r'),
        Color::Green => code.push('g'),
        Color::Yellow => code.push('y'),
        Color::Blue => code.push('b'),
        Color::Magenta => code.push('m'),
        Color::Cyan => code.push('c'),
        Color::Indexed(number) => write!(code, "c{number}").unwrap(),
        other => write!(code, "{other:?}").unwrap(),
    }
    code
}
