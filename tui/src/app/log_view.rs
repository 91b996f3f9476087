//! Looking at a log: following its end, scrolling, levels, stages, search. Any move up stops following; reaching the end by
//! hand does not start it again, `f` and `G` do.

use super::core::App;
use super::detail::{LogView, Tab};
use super::toast::Tone;
use crate::model::log::Level;

impl App {
    /// The lines that the log has room for.
    #[must_use]
    pub fn log_rows(&self) -> usize {
        let Some(detail) = &self.view.detail else {
            return 1;
        };
        let areas = self.areas();
        let height = match detail.tab {
            Tab::Timeline => areas
                .detail_split(self.timeline_lines())
                .1
                .height
                .saturating_sub(1),
            Tab::Logs => areas.main.height.saturating_sub(1),
            _ => areas.main.height,
        };
        usize::from(height).max(1)
    }

    /// The lines that the timeline of the open workflow wants.
    #[must_use]
    pub fn timeline_lines(&self) -> usize {
        self.current().map_or(2, |row| {
            row.stages.len() + 2 + usize::from(row.view.error.is_some())
        })
    }

    /// Chooses the lines that pass, and where the screen begins among them.
    pub(super) fn settle_log(&mut self) {
        let rows = self.log_rows();
        let Some(detail) = &mut self.view.detail else {
            return;
        };
        let view = &mut detail.log_view;
        view.shown.clear();
        let passing = detail.log.lines().iter().enumerate().filter(|(_, line)| {
            line.level >= view.level && view.stage.as_ref().is_none_or(|stage| *stage == line.stage)
        });
        view.shown.extend(passing.map(|(place, _)| place));
        let last_top = view.shown.len().saturating_sub(rows);
        let lines = detail.log.lines();
        view.top = match view.anchor {
            _ if view.follow => last_top,
            Some(anchor) => {
                let held = view
                    .shown
                    .iter()
                    .rposition(|place| lines.get(*place).is_some_and(|line| line.offset == anchor));
                held.unwrap_or(0).min(last_top)
            }
            None => view.top.min(last_top),
        };
    }

    fn anchor_log(&mut self, top: usize) {
        let rows = self.log_rows();
        let Some(detail) = &mut self.view.detail else {
            return;
        };
        let view = &mut detail.log_view;
        view.top = top.min(view.shown.len().saturating_sub(rows));
        view.follow = false;
        view.anchor = view
            .shown
            .get(view.top)
            .and_then(|place| detail.log.lines().get(*place))
            .map(|line| line.offset);
        self.changed = true;
    }

    pub(super) fn scroll_log(&mut self, by: isize) {
        let Some(detail) = &self.view.detail else {
            return;
        };
        if detail.log_view.follow && by > 0 {
            return;
        }
        self.anchor_log(detail.log_view.top.saturating_add_signed(by));
    }

    pub(super) fn log_to_end(&mut self, end: bool) {
        if end {
            self.with_log(|view| view.follow = true);
        } else {
            self.anchor_log(0);
        }
    }

    pub(super) fn toggle_follow(&mut self) {
        let Some(detail) = &self.view.detail else {
            return;
        };
        if detail.log_view.follow {
            self.anchor_log(detail.log_view.top);
        } else {
            self.with_log(|view| view.follow = true);
        }
    }

    pub(super) fn shift_log(&mut self, by: i16) {
        self.with_log(|view| view.x = view.x.saturating_add_signed(by));
    }

    pub(super) fn next_level(&mut self) {
        self.with_log(|view| view.level = view.level.next());
    }

    /// Each stage that has lines, one after the other, and all again.
    pub(super) fn next_stage(&mut self) {
        let Some(row) = self.current() else { return };
        let ids: Vec<String> = row.stages.iter().map(|stage| stage.id.clone()).collect();
        self.with_log(|view| {
            view.stage = match &view.stage {
                None => ids.first().cloned(),
                Some(stage) => ids
                    .iter()
                    .position(|id| id == stage)
                    .and_then(|at| ids.get(at + 1))
                    .cloned(),
            };
        });
    }

    pub(super) fn with_log(&mut self, change: impl FnOnce(&mut LogView)) {
        if let Some(detail) = &mut self.view.detail {
            change(&mut detail.log_view);
            self.log_changed = true;
            self.changed = true;
        }
    }

    /// Goes to the next line that is searched for, or to the next warning or error.
    pub(super) fn find_in_log(&mut self, forward: bool, searched: bool) {
        let Some(detail) = &self.view.detail else {
            return;
        };
        let view = &detail.log_view;
        let lines = detail.log.lines();
        let hit = |at: &usize| {
            view.shown
                .get(*at)
                .and_then(|place| lines.get(*place))
                .is_some_and(|line| match &view.search {
                    Some(search) if searched => search.regex.is_match(&line.text),
                    _ => line.level >= Level::Warn,
                })
        };
        let from = view.top;
        // Following, the end is where one stands: what is found first lies before it.
        let found = if view.follow || !forward {
            (0..if view.follow { view.shown.len() } else { from })
                .rev()
                .find(hit)
        } else {
            (from + 1..view.shown.len()).find(hit)
        };
        match found {
            Some(at) => self.anchor_log(at),
            None => {
                let what = if searched {
                    "no further line with that"
                } else {
                    "no further warning or error"
                };
                self.say(Tone::Plain, what);
            }
        }
    }
}
