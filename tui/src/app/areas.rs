//! Where everything stands, from the terminal's size alone: computed in one place for drawing and for scrolling.
//!
//! Widths: 110 columns and more show list and preview, 80 the list and a strip of two lines, 60 drop the box and the bar,
//! 40 show cards of two lines; below 40×10 one status line.

use super::view::Screen;

/// A rectangle of cells.
pub use ratatui::layout::Rect;

/// How wide the terminal is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Width {
    /// Below 40×10.
    Line,
    /// 40 to 59.
    Cards,
    /// 60 to 79.
    Narrow,
    /// 80 to 109.
    Strip,
    /// From 110.
    Preview,
}

/// What the areas hang on, beside the size.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Shape {
    /// A workflow is opened.
    pub detail: bool,
    /// The screen below.
    pub screen: Screen,
    /// The list over the whole width, or the log over the whole height.
    pub zoomed: bool,
}

/// The rectangles of a screen. Those without a place are empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Areas {
    /// How wide.
    pub width: Width,
    /// One line: link and counts.
    pub header: Rect,
    /// One line: screens, or the detail's tabs.
    pub tabs: Rect,
    /// One line: filter and sort; empty below 110 columns, where the tabs' line says it.
    pub crumbs: Rect,
    /// The list or the detail.
    pub main: Rect,
    /// Beside the list.
    pub preview: Rect,
    /// Under the list.
    pub strip: Rect,
    /// One line: what waits for a person.
    pub attention: Rect,
    /// One line: toasts, prompt.
    pub toast: Rect,
    /// One line: keys.
    pub hints: Rect,
}

impl Areas {
    /// For a terminal of this size.
    #[must_use]
    pub fn of(size: (u16, u16), shape: &Shape) -> Self {
        let (columns, rows) = size;
        let beside = !shape.detail && !shape.zoomed && shape.screen.has_preview();
        let width = match columns {
            _ if columns < 40 || rows < 10 => Width::Line,
            ..60 => Width::Cards,
            60..80 => Width::Narrow,
            80..110 => Width::Strip,
            _ => Width::Preview,
        };
        let line = |y: u16| {
            Rect::new(
                0,
                y.min(rows.saturating_sub(1)),
                columns,
                u16::from(rows > 0),
            )
        };
        let none = Rect::new(0, 0, 0, 0);
        if width == Width::Line {
            let main = none;
            return Self {
                width,
                header: line(0),
                tabs: none,
                crumbs: none,
                main,
                preview: none,
                strip: none,
                attention: none,
                toast: if rows > 1 { line(rows - 1) } else { none },
                hints: none,
            };
        }
        let crumbs = if width == Width::Preview && !shape.detail {
            line(2)
        } else {
            none
        };
        let top = 2 + crumbs.height;
        let bottom = if rows >= 14 { 3 } else { 2 };
        let attention = if bottom == 3 { line(rows - 3) } else { none };
        let mut body = Rect::new(0, top, columns, rows - top - bottom);
        let mut preview = none;
        let mut strip = none;
        if beside && width == Width::Preview {
            let wanted = match shape.screen {
                // Bodies and answers want room.
                Screen::Hooks => (columns * 2 / 5).clamp(44, 80),
                Screen::Asks => (columns * 2 / 5).clamp(46, 80),
                _ => (columns / 3).clamp(40, 64),
            };
            preview = Rect::new(columns - wanted, top, wanted, body.height);
            body.width -= wanted;
        }
        if beside && matches!(width, Width::Strip | Width::Narrow) && body.height >= 12 {
            let lines = match shape.screen {
                Screen::Hooks | Screen::Asks => 6.min(body.height / 3),
                _ => 3,
            };
            body.height -= lines;
            strip = Rect::new(0, body.bottom(), columns, lines);
        }
        Self {
            width,
            header: line(0),
            tabs: line(1),
            crumbs,
            main: body,
            preview,
            strip,
            attention,
            toast: line(rows - 2),
            hints: line(rows - 1),
        }
    }

    /// The rows of workflows that the list has room for.
    #[must_use]
    pub fn list_rows(&self) -> usize {
        let height = usize::from(self.main.height);
        match self.width {
            Width::Line => 1,
            Width::Cards => (height / 2).max(1),
            // A frame and a head.
            Width::Preview => height.saturating_sub(3).max(1),
            // A head.
            Width::Narrow | Width::Strip => height.saturating_sub(1).max(1),
        }
    }

    /// Of the Hooks screen: endpoints above, deliveries below.
    #[must_use]
    pub fn hooks_split(&self, endpoints: usize) -> (Rect, Rect) {
        self.split(endpoints + 1, self.main.height * 2 / 5)
    }

    /// Of the Queue screen: boxes above, the line below.
    #[must_use]
    pub fn queue_split(&self, boxes: usize) -> (Rect, Rect) {
        self.split(boxes + 1, self.main.height / 2)
    }

    fn split(&self, wanted: usize, most: u16) -> (Rect, Rect) {
        let height = u16::try_from(wanted)
            .unwrap_or(u16::MAX)
            .min(most.max(2))
            .min(self.main.height);
        let above = Rect {
            height,
            ..self.main
        };
        let below = Rect {
            y: self.main.y + height,
            height: self.main.height - height,
            ..self.main
        };
        (above, below)
    }

    /// Of a detail: the lines of the timeline that `stages` need, and the lines of its log below.
    #[must_use]
    pub fn detail_split(&self, wanted: usize) -> (Rect, Rect) {
        let height = self.main.height;
        let most = height.saturating_sub(5).max(height / 2);
        let upper = u16::try_from(wanted)
            .unwrap_or(u16::MAX)
            .min(most)
            .min(height);
        let above = Rect {
            height: upper,
            ..self.main
        };
        let below = Rect {
            y: self.main.y + upper,
            height: height - upper,
            ..self.main
        };
        (above, below)
    }
}
