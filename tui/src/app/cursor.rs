//! A place in a list of anything: where the cursor stands and what is in sight.

/// A cursor over so many lines.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Cursor {
    /// The line under it.
    pub at: usize,
    /// The first line in sight.
    pub top: usize,
}

impl Cursor {
    /// Moves by some lines of `count`.
    pub fn step(&mut self, by: isize, count: usize) {
        self.go(self.at.saturating_add_signed(by), count);
    }

    /// Goes to a line of `count`; beyond the end to the last.
    pub fn go(&mut self, at: usize, count: usize) {
        self.at = at.min(count.saturating_sub(1));
    }

    /// Scrolls as little as needed for the cursor to stand within `height` lines of `count`.
    pub fn scroll(&mut self, height: usize, count: usize) {
        let height = height.max(1);
        self.at = self.at.min(count.saturating_sub(1));
        self.top = self
            .top
            .clamp((self.at + 1).saturating_sub(height), self.at)
            .min(count.saturating_sub(height));
    }
}
