//! A picture as SVG: text and colours, for a page that is read in a browser. The cells are kept in place by the lengths that
//! each run of text is given, whatever font the reader has.

use ratatui::buffer::{Buffer, Cell};
use ratatui::style::{Color, Modifier};
use std::fmt::Write as _;

/// A cell, in the picture's units.
const WIDE: f64 = 8.4;
const HIGH: f64 = 17.0;
/// Around the cells.
const EDGE: f64 = 12.0;

const GROUND: &str = "#14181f";
const TEXT: &str = "#d7dce2";
const DIM: &str = "#858e9a";

/// A cell's colours: text, background.
fn colours(cell: &Cell) -> (String, Option<String>) {
    let dim = cell.modifier.contains(Modifier::DIM);
    let text = named(cell.fg).unwrap_or_else(|| if dim { DIM } else { TEXT }.to_owned());
    let ground = named(cell.bg);
    if cell.modifier.contains(Modifier::REVERSED) {
        return (ground.unwrap_or_else(|| GROUND.to_owned()), Some(text));
    }
    (text, ground)
}

fn named(colour: Color) -> Option<String> {
    let text = match colour {
        Color::Green | Color::LightGreen => "#8ccf7e",
        Color::Red | Color::LightRed => "#ef8a80",
        Color::Yellow | Color::LightYellow => "#e5c76b",
        Color::Blue | Color::LightBlue => "#7fb2f0",
        Color::Magenta | Color::LightMagenta => "#c99bea",
        Color::Cyan | Color::LightCyan => "#6fcfd0",
        Color::Rgb(red, green, blue) => return Some(format!("#{red:02x}{green:02x}{blue:02x}")),
        Color::Indexed(index) => {
            let level = |n: u8| if n == 0 { 0 } else { 55 + 40 * n };
            let (red, green, blue) = match index {
                232.. => (
                    8 + 10 * (index - 232),
                    8 + 10 * (index - 232),
                    8 + 10 * (index - 232),
                ),
                16.. => (
                    level((index - 16) / 36),
                    level((index - 16) / 6 % 6),
                    level((index - 16) % 6),
                ),
                _ => return None,
            };
            return Some(format!("#{red:02x}{green:02x}{blue:02x}"));
        }
        _ => return None,
    };
    Some(text.to_owned())
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

/// The picture; `title` is for those who can't see it.
#[must_use]
pub fn svg(buffer: &Buffer, title: &str) -> String {
    let area = buffer.area;
    let width = f64::from(area.width) * WIDE + 2.0 * EDGE;
    let height = f64::from(area.height) * HIGH + 2.0 * EDGE;
    let mut out = String::new();
    // Writing into a String can't fail.
    let _ = write!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height:.0}\" role=\"img\" aria-label=\"{0}\">\n<title>{0}</title>\n<rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"{GROUND}\"/>\n<g font-family=\"ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace\" font-size=\"14\">\n",
        escaped(title)
    );
    for y in area.top()..area.bottom() {
        let mut x = area.left();
        while x < area.right() {
            let (run, cells) = run(buffer, x, y);
            let first = &buffer[(x, y)];
            let (text, ground) = colours(first);
            let left = EDGE + f64::from(x - area.left()) * WIDE;
            let top = EDGE + f64::from(y - area.top()) * HIGH;
            let long = f64::from(cells) * WIDE;
            if let Some(ground) = ground {
                let _ = writeln!(
                    out,
                    "<rect x=\"{left:.1}\" y=\"{top:.1}\" width=\"{long:.1}\" height=\"{HIGH:.1}\" fill=\"{ground}\"/>"
                );
            }
            // Blank ends would be folded away: the text stands where its first sign stands, and is as long as itself.
            let text_only = run.trim();
            if !text_only.is_empty() {
                let bold = if first.modifier.contains(Modifier::BOLD) {
                    " font-weight=\"bold\""
                } else {
                    ""
                };
                let blanks = run.len() - run.trim_start().len();
                #[allow(clippy::cast_precision_loss, reason = "a line's blanks")]
                let from = left + blanks as f64 * WIDE;
                let long = f64::from(super::paint::width(text_only)) * WIDE;
                let base = top + HIGH * 0.76;
                let _ = writeln!(
                    out,
                    "<text x=\"{from:.1}\" y=\"{base:.1}\" textLength=\"{long:.1}\" lengthAdjust=\"spacingAndGlyphs\" fill=\"{text}\"{bold}>{}</text>",
                    escaped(text_only)
                );
            }
            x += cells;
        }
    }
    out.push_str("</g>\n</svg>\n");
    out
}

/// The cells of one look from here on, as text, and how many they are.
fn run(buffer: &Buffer, from: u16, y: u16) -> (String, u16) {
    let first = &buffer[(from, y)];
    let look = |cell: &Cell| (cell.fg, cell.bg, cell.modifier);
    let mut text = String::new();
    let mut x = from;
    while x < buffer.area.right() {
        let cell = &buffer[(x, y)];
        if look(cell) != look(first) {
            break;
        }
        // Two blanks end a run, so that what follows stands in its own place.
        let blank = cell.symbol() == " ";
        if !blank && text.ends_with("  ") && !text.trim().is_empty() {
            break;
        }
        let wide = super::paint::width(cell.symbol()).max(1);
        text.push_str(cell.symbol());
        x = x.saturating_add(wide);
    }
    (text, x.min(buffer.area.right()) - from)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ratatui::layout::Rect;
    use ratatui::style::Style;

    #[test]
    fn text_and_colours_stand_in_it_and_nothing_breaks_out() {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 20, 2));
        buffer.set_string(0, 0, "<b> & 日本", Style::new().fg(Color::Green));
        buffer.set_string(
            0,
            1,
            "chosen",
            Style::new().add_modifier(Modifier::REVERSED),
        );
        let svg = svg(&buffer, "a \"<picture>\"");
        assert!(svg.contains("&lt;b&gt; &amp; 日本") && svg.contains("#8ccf7e"));
        assert!(svg.contains("fill=\"#14181f\">chosen"));
        assert!(!svg.contains("<b>") && svg.ends_with("</svg>\n"));
    }
}
