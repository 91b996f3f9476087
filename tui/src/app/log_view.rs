//! Looking at a log: following its end, scrolling, levels, stages, search. Any move up stops following; reaching the end by
//! hand does not start it again, `f` and `G` do.

use super::core::App;
use super::detail::{LogView, Tab};
use super::popup::Popup;
use super::toast::Tone;
use crate::model::log::{Level, Line};

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
        let Some(row) = self.current() else { return 2 };
        let waits = self.view.detail.as_ref().map_or(0, |detail| {
            let spans = crate::model::span::spans(row, detail.events.values());
            crate::model::span::lost(row, &spans, self.clock_ms()).len()
        });
        row.stages.len() + waits + 2 + usize::from(row.view.error.is_some())
    }

    /// Chooses the lines that pass, and where the screen begins among them.
    pub(super) fn settle_log(&mut self) {
        let rows = self.log_rows();
        let Some(detail) = &mut self.view.detail else {
            return;
        };
        let view = &mut detail.log_view;
        view.shown.clear();
        view.folded.clear();
        let (wanted, negated) = match &view.filter {
            Some(filter) => (Some(&filter.regex), filter.text.starts_with('!')),
            None => (None, false),
        };
        let mut last: Option<&Line> = None;
        for (place, line) in detail.log.lines().iter().enumerate() {
            let passes = line.level >= view.level
                && view.stage.as_ref().is_none_or(|stage| *stage == line.stage)
                && wanted.is_none_or(|regex| regex.is_match(&line.text) != negated);
            if !passes {
                continue;
            }
            let repeats = view.fold
                && !view.marks.contains(&line.offset)
                && last.is_some_and(|last| {
                    last.text == line.text && last.level == line.level && last.stage == line.stage
                });
            last = Some(line);
            match view.shown.last_mut() {
                Some(before) if repeats => {
                    let count = view.folded.remove(before).unwrap_or(1);
                    *before = place;
                    view.folded.insert(place, count + 1);
                }
                _ => view.shown.push(place),
            }
        }
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

    /// The first line in sight; while following, the last one.
    fn line_in_sight(&self) -> Option<&Line> {
        let detail = self.view.detail.as_ref()?;
        let view = &detail.log_view;
        let place = if view.follow {
            view.shown.last()
        } else {
            view.shown.get(view.top)
        };
        detail.log.lines().get(*place?)
    }

    pub(super) fn mark_line(&mut self) {
        let Some(offset) = self.line_in_sight().map(|line| line.offset) else {
            return;
        };
        self.with_log(|view| {
            if !view.marks.remove(&offset) {
                view.marks.insert(offset);
            }
        });
    }

    pub(super) fn next_marked_line(&mut self) {
        let Some(detail) = &self.view.detail else {
            return;
        };
        let view = &detail.log_view;
        let lines = detail.log.lines();
        let marked = |at: &usize| {
            let line = view.shown.get(*at).and_then(|place| lines.get(*place));
            line.is_some_and(|line| view.marks.contains(&line.offset))
        };
        let from = if view.follow { 0 } else { view.top + 1 };
        let found = (from..view.shown.len()).chain(0..from).find(marked);
        match found {
            Some(at) => self.anchor_log(at),
            None => self.say(
                Tone::Plain,
                "no line is marked: m marks the first one shown",
            ),
        }
    }

    /// The line in sight whole, with the JSON in it set out.
    pub(super) fn pretty(&mut self) {
        let Some(line) = self.line_in_sight() else {
            return;
        };
        let mut lines = Vec::new();
        let text = line.text.clone();
        let json = text.find(['{', '[']).and_then(|at| {
            let value = serde_json::from_str::<serde_json::Value>(text[at..].trim()).ok()?;
            Some((at, serde_json::to_string_pretty(&value).ok()?))
        });
        match json {
            Some((at, json)) => {
                if at > 0 {
                    lines.push(text[..at].trim_end().to_owned());
                }
                lines.extend(json.lines().map(str::to_owned));
            }
            None => lines.push(text),
        }
        let title = format!("{} {}", line.stage, line.level.word());
        self.view.popup = Some(Popup::Text {
            title,
            lines,
            top: 0,
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
