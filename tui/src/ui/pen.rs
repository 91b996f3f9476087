//! Writing lines one under the other.

use super::paint::{put, runs, width, wrapped};
use super::theme;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

/// Writes downwards within an area; what has no room is left out.
pub struct Pen<'a> {
    /// Where.
    pub buffer: &'a mut Buffer,
    /// Within this.
    pub area: Rect,
    /// The next line.
    pub y: u16,
}

impl<'a> Pen<'a> {
    /// At the top of an area.
    pub fn new(buffer: &'a mut Buffer, area: Rect) -> Self {
        Self { buffer, area, y: 0 }
    }

    /// A line.
    pub fn line(&mut self, text: &str, look: Style) {
        if self.y < self.area.height {
            put(self.buffer, self.area, 0, self.y, text, look);
        }
        self.y = self.y.saturating_add(1);
    }

    /// A line of several looks.
    pub fn parts(&mut self, parts: &[super::paint::Run<'_>]) {
        if self.y < self.area.height {
            runs(self.buffer, self.area, 0, self.y, parts);
        }
        self.y = self.y.saturating_add(1);
    }

    /// Words over as many lines as they need, at most so many.
    pub fn text(&mut self, text: &str, look: Style, most: usize) {
        for line in wrapped(text, self.area.width).iter().take(most) {
            self.line(line, look);
        }
    }

    /// A line with a title set into it.
    pub fn rule(&mut self, title: &str) {
        if self.y < self.area.height {
            let flat = "─".repeat(usize::from(self.area.width));
            put(self.buffer, self.area, 0, self.y, &flat, theme::DIM);
            if !title.is_empty() {
                put(
                    self.buffer,
                    self.area,
                    1,
                    self.y,
                    &format!(" {title} "),
                    theme::BOLD,
                );
            }
        }
        self.y = self.y.saturating_add(1);
    }

    /// An empty line.
    pub fn gap(&mut self) {
        self.y = self.y.saturating_add(1);
    }

    /// Lines left.
    #[must_use]
    pub fn room(&self) -> u16 {
        self.area.height.saturating_sub(self.y)
    }
}

/// A rule over an area's row, with a title set into it and words at its right end.
pub fn rule(buffer: &mut Buffer, area: Rect, y: u16, title: &str, said: &str, chosen: bool) {
    let line = Rect {
        y: area.y.saturating_add(y),
        height: 1,
        ..area
    };
    if y >= area.height {
        return;
    }
    put(
        buffer,
        line,
        0,
        0,
        &"─".repeat(usize::from(area.width)),
        theme::DIM,
    );
    let look = if chosen { theme::BOLD } else { theme::PLAIN };
    let lead = if chosen { "▌" } else { " " };
    put(buffer, line, 1, 0, &format!("{lead}{title} "), look);
    let wide = width(said) + 3;
    if !said.is_empty() && wide + width(title) + 6 <= area.width {
        put(
            buffer,
            line,
            area.width - wide,
            0,
            &format!(" {said} "),
            theme::DIM,
        );
    }
}
