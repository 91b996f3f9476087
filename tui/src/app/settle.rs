//! Putting the lists in order before a picture is drawn, and the cursors into sight.

use super::areas::Width;
use super::core::App;
use super::view::Screen;
use crate::model::Row;

impl App {
    pub(super) fn settle_lists(&mut self) {
        let now = self.now_ms;
        let mut active = std::mem::take(&mut self.view.active);
        active.fill(self.models().flat_map(|model| model.visible(now)));
        self.view.active = active;
        let mut asks = std::mem::take(&mut self.view.asks);
        asks.fill(self.rows().filter(|row| row.asks()));
        self.view.asks = asks;
        let mut ended = std::mem::take(&mut self.view.ended);
        ended.fill_past(&self.view.history.past);
        self.view.ended = ended;
        self.settle_queue();
        self.settle_families();
        self.check_form();
    }

    pub(super) fn settle_cursors(&mut self) {
        let areas = self.areas();
        let rows = areas.list_rows();
        match self.view.screen {
            Screen::Active | Screen::Asks => self.view.list_mut().scroll(rows),
            Screen::History => {
                self.view.ended.scroll(rows);
                self.settle_past(rows);
            }
            Screen::Hooks => self.settle_hooks(&areas),
            Screen::Queue => {
                let (_, below) = areas.queue_split(self.box_lines());
                let count = self.view.queue.order.len();
                let room = usize::from(below.height).saturating_sub(1);
                self.view.queue.cursor.scroll(room, count);
            }
            Screen::Stats => {
                let count = self.view.stats.families.len();
                let room = match areas.width {
                    Width::Preview => usize::from(areas.main.height / 3),
                    _ => usize::from(areas.main.height / 4),
                };
                self.view.stats.cursor.scroll(room.max(1), count);
            }
            Screen::Events => {
                self.settle_events();
                let count = self.view.events.shown.len();
                let room = usize::from(areas.main.height).saturating_sub(1);
                self.view.events.cursor.scroll(room, count);
            }
        }
    }

    /// How many rows the screen's list has.
    #[must_use]
    pub fn asks_count(&self) -> usize {
        self.count(Row::asks)
    }
}
