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
        "asks" => ("?", ASK),
        "completed" => ("✓", OK),
        "failed" => ("!", FAIL),
        "cancelled" => ("✗", DIM),
        "skipped" => ("-", DIM),
        _ => ("·", DIM),
    }
}

/// What each sign becomes where only ASCII is wanted.
const ASCII: [(&str, &str); 44] = [
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
    ("┊", ":"),
    ("┇", "!"),
    ("×", "x"),
    ("→", ">"),
    ("◄", "<"),
    ("▁", "_"),
    ("▂", "_"),
    ("▃", "-"),
    ("▄", "-"),
    ("▅", "="),
    ("⏎", "/"),
];

/// What each role looks like: the six colours that roles are drawn in, and what dim is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Theme {
    /// The terminal's own sixteen colours.
    #[default]
    Ansi,
    /// For a dark background, of 256 colours.
    Dark,
    /// For a light background, of 256 colours.
    Light,
    /// Nothing dim, everything bright.
    Contrast,
    /// Well and failed are blue and orange: for eyes that don't tell red from green.
    Cvd,
    /// No colour.
    Mono,
}

/// The themes by their names.
const THEMES: [(&str, Theme); 6] = [
    ("ansi", Theme::Ansi),
    ("dark-256", Theme::Dark),
    ("light-256", Theme::Light),
    ("high-contrast", Theme::Contrast),
    ("cvd", Theme::Cvd),
    ("mono", Theme::Mono),
];

/// Names of themes.
pub const NAMES: [&str; 6] = [
    "ansi",
    "dark-256",
    "light-256",
    "high-contrast",
    "cvd",
    "mono",
];

/// The theme with this name, or whose name begins so.
#[must_use]
pub fn named(name: &str) -> Option<Theme> {
    let exact = THEMES.iter().find(|(known, _)| *known == name);
    exact
        .or_else(|| {
            THEMES
                .iter()
                .find(|(known, _)| !name.is_empty() && known.contains(name))
        })
        .map(|(_, theme)| *theme)
}

impl Theme {
    /// A role's colour in this theme.
    #[must_use]
    pub fn colour(self, role: Color) -> Color {
        let indexed = |dark: u8, light: u8| match self {
            Self::Light => Color::Indexed(light),
            _ => Color::Indexed(dark),
        };
        match (self, role) {
            (Self::Ansi, role) => role,
            (Self::Mono, Color::Rgb(..) | Color::Indexed(_)) => role,
            (Self::Mono, _) => Color::Reset,
            (Self::Cvd, Color::Green) => Color::Blue,
            (Self::Cvd, Color::Red) => Color::Yellow,
            (Self::Cvd, Color::Yellow) => Color::Magenta,
            (Self::Cvd, Color::Blue) => Color::Cyan,
            (Self::Cvd, role) => role,
            (Self::Contrast, Color::Green) => Color::LightGreen,
            (Self::Contrast, Color::Red) => Color::LightRed,
            (Self::Contrast, Color::Yellow) => Color::LightYellow,
            (Self::Contrast, Color::Blue) => Color::LightBlue,
            (Self::Contrast, Color::Magenta) => Color::LightMagenta,
            (Self::Contrast, Color::Cyan) => Color::LightCyan,
            (Self::Contrast, role) => role,
            (_, Color::Green) => indexed(114, 22),
            (_, Color::Red) => indexed(210, 124),
            (_, Color::Yellow) => indexed(222, 94),
            (_, Color::Blue) => indexed(111, 25),
            (_, Color::Magenta) => indexed(183, 90),
            (_, Color::Cyan) => indexed(116, 23),
            (_, role) => role,
        }
    }

    /// What is beside the point, where the theme has a colour for it.
    #[must_use]
    pub fn dim(self) -> Option<Color> {
        match self {
            Self::Dark => Some(Color::Indexed(246)),
            Self::Light => Some(Color::Indexed(240)),
            Self::Contrast => Some(Color::Reset),
            Self::Ansi | Self::Cvd | Self::Mono => None,
        }
    }
}

/// The last touch: the theme's colours, and ASCII where it is wanted.
pub fn finish(app: &App, buffer: &mut Buffer) {
    let theme = app.settings.theme;
    if theme != Theme::Ansi {
        for cell in &mut buffer.content {
            cell.fg = theme.colour(cell.fg);
            if let Some(dim) = theme
                .dim()
                .filter(|_| cell.modifier.contains(Modifier::DIM))
            {
                cell.modifier.remove(Modifier::DIM);
                if cell.fg == Color::Reset {
                    cell.fg = dim;
                }
            }
        }
    }
    if !app.settings.ascii {
        return;
    }
    for cell in &mut buffer.content {
        if let Some((_, ascii)) = ASCII.iter().find(|(sign, _)| *sign == cell.symbol()) {
            cell.set_symbol(ascii);
        } else if !cell.symbol().is_ascii() && super::paint::width(cell.symbol()) == 1 {
            let other = if is_drawn(cell.symbol()) {
                "#"
            } else {
                continue;
            };
            cell.set_symbol(other);
        }
    }
}

/// A sign of ours that has no ASCII of its own: blocks and sparks. Text of the person's stays as it is.
fn is_drawn(symbol: &str) -> bool {
    symbol
        .chars()
        .all(|c| matches!(c, '\u{2500}'..='\u{259f}' | '\u{2800}'..='\u{28ff}'))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The sRGB of one of the 240 fixed colours.
    fn rgb(index: u8) -> [f64; 3] {
        let level = |n: u8| if n == 0 { 0.0 } else { f64::from(55 + 40 * n) };
        if index >= 232 {
            return [f64::from(8 + 10 * (index - 232)); 3];
        }
        let n = index - 16;
        [level(n / 36), level(n / 6 % 6), level(n % 6)]
    }

    fn luminance(rgb: [f64; 3]) -> f64 {
        let linear = |c: f64| {
            let c = c / 255.0;
            if c <= 0.04045 {
                c / 12.92
            } else {
                ((c + 0.055) / 1.055).powf(2.4)
            }
        };
        0.2126 * linear(rgb[0]) + 0.7152 * linear(rgb[1]) + 0.0722 * linear(rgb[2])
    }

    fn contrast(a: [f64; 3], b: [f64; 3]) -> f64 {
        let (a, b) = (luminance(a), luminance(b));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    #[test]
    fn every_role_can_be_read_on_its_background() {
        let roles = [
            Color::Green,
            Color::Red,
            Color::Yellow,
            Color::Blue,
            Color::Magenta,
            Color::Cyan,
        ];
        for (theme, background) in [(Theme::Dark, [30.0; 3]), (Theme::Light, [250.0; 3])] {
            let dim = theme.dim().unwrap();
            for colour in roles
                .map(|role| theme.colour(role))
                .into_iter()
                .chain([dim])
            {
                let Color::Indexed(index) = colour else {
                    unreachable!("{colour:?} of {theme:?} is of 256")
                };
                let contrast = contrast(rgb(index), background);
                assert!(contrast >= 4.5, "{index} of {theme:?}: {contrast:.1}");
            }
        }
    }

    #[test]
    fn themes_are_found_by_name_and_its_beginning() {
        for (name, theme) in NAMES.iter().zip(THEMES) {
            assert_eq!((*name, named(name)), (theme.0, Some(theme.1)));
        }
        assert_eq!(named("dark"), Some(Theme::Dark));
        assert_eq!(named(""), None);
        assert_eq!(named("solarized"), None);
    }
}
