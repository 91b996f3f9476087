//! Looking at a log: following its end, scrolling, levels, stages, search. Any move up stops following; reaching the end by
//! hand does not start it again, `f` and `G` do.

use super::core::App;
use super::detail::{LogView, Search, Tab};
use super::log_scan::SLICE;
use super::popup::Popup;
use super::toast::Tone;
use crate::model::log::{Level, Line, Seen};

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

    /// Looks at a slice of the lines, and says where the screen begins among those that pass.
    pub(super) fn settle_log(&mut self) {
        let rows = self.log_rows();
        let most = usize::from(self.areas().main.height).max(rows);
        let Some(detail) = &mut self.view.detail else {
            return;
        };
        let view = &mut detail.log_view;
        view.scan(&detail.log, SLICE);
        let last_top = view.passing.places.len().saturating_sub(rows);
        view.top = match view.anchor {
            _ if view.follow => last_top,
            Some(anchor) => view.passing.find(anchor).min(last_top),
            None => view.top.min(last_top),
        };
        let places: Vec<u32> = view
            .passing
            .places
            .range(view.top..)
            .take(most)
            .copied()
            .collect();
        view.sight = detail.log.lines_at(&places);
    }

    /// Older lines are still looked at.
    #[must_use]
    pub fn is_scanning(&self) -> bool {
        let detail = self.view.detail.as_ref();
        detail.is_some_and(|detail| detail.log_view.is_scanning(&detail.log))
    }

    fn anchor_log(&mut self, top: usize) {
        let rows = self.log_rows();
        let Some(detail) = &mut self.view.detail else {
            return;
        };
        let view = &mut detail.log_view;
        let places = &view.passing.places;
        view.top = top.min(places.len().saturating_sub(rows));
        view.follow = false;
        view.anchor = places.get(view.top).copied();
        self.log_changed = true;
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
    fn line_in_sight(&self) -> Option<(u32, Line)> {
        let detail = self.view.detail.as_ref()?;
        let view = &detail.log_view;
        let places = &view.passing.places;
        let place = if view.follow {
            places.back()
        } else {
            places.get(view.top)
        };
        let place = *place?;
        Some((place, detail.log.line(place)?))
    }

    pub(super) fn mark_line(&mut self) {
        let Some((place, _)) = self.line_in_sight() else {
            return;
        };
        self.with_log(|view| {
            if !view.marks.remove(&place) {
                view.marks.insert(place);
            }
        });
    }

    pub(super) fn next_marked_line(&mut self) {
        let Some(detail) = &self.view.detail else {
            return;
        };
        let view = &detail.log_view;
        let places = &view.passing.places;
        let from = match places.get(view.top) {
            Some(place) if !view.follow => place + 1,
            _ => 0,
        };
        let behind = view.marks.range(from..).chain(view.marks.range(..from));
        let found = behind
            .map(|place| (view.passing.find(*place), place))
            .find(|(at, place)| places.get(*at) == Some(*place))
            .map(|(at, _)| at);
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
        let Some((_, line)) = self.line_in_sight() else {
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

    /// Changes which lines are wanted, or how they stand.
    pub(super) fn with_log(&mut self, change: impl FnOnce(&mut LogView)) {
        if let Some(detail) = &mut self.view.detail {
            let view = &mut detail.log_view;
            let wanted = |view: &LogView| {
                let filter = view.filter.as_ref().map(|filter| filter.text.clone());
                (
                    view.level,
                    view.since_ms,
                    view.stage.clone(),
                    view.fold,
                    filter,
                )
            };
            let before = wanted(view);
            change(view);
            if wanted(view) != before {
                view.choose_anew();
            }
            self.log_changed = true;
            self.changed = true;
        }
    }

    /// Looks for something else from now on; nothing, for no search.
    pub(super) fn search_log(&mut self, search: Option<Search>) {
        self.with_log(|view| {
            if view.search != search {
                view.search = search;
                view.search_anew();
            }
        });
    }

    /// Lines of the last so many minutes alone; of an ended workflow, before its last line.
    pub(super) fn log_window(&mut self, window: usize) {
        let active = self.current().is_some_and(crate::model::Row::is_active);
        let now = self.now_ms;
        let Some(detail) = &self.view.detail else {
            return;
        };
        let last = detail.log.line(detail.log.end().saturating_sub(1));
        let end = last.map_or(now, |line| {
            if active {
                now.max(line.at_ms)
            } else {
                line.at_ms
            }
        });
        let Some((span, _)) = WINDOWS.get(window) else {
            return;
        };
        let since = span.map(|span| end - span);
        self.with_log(|view| {
            view.window = window;
            view.since_ms = since;
        });
    }

    /// Goes to the next line that is searched for, or to the next warning or error.
    pub(super) fn find_in_log(&mut self, forward: bool, searched: bool) {
        // What was typed last may not have been looked for yet.
        self.settle_log();
        let Some(detail) = &self.view.detail else {
            return;
        };
        let view = &detail.log_view;
        let places = &view.passing.places;
        // Following, the end is where one stands: what is found first lies before it. What is folded into the first line in
        // sight stands before it in the log and is no step back.
        let (from, forward) = match view.top.checked_sub(1) {
            _ if view.follow => (u32::MAX, false),
            _ if forward => (places.get(view.top).copied().unwrap_or(u32::MAX), true),
            Some(before) => (places.get(before).map_or(0, |place| place + 1), false),
            None => (0, false),
        };
        let found = if searched && view.search.is_some() {
            let hits = &view.hits.places;
            let behind = |hit: &u32| if forward { *hit <= from } else { *hit < from };
            let at = hits.partition_point(behind);
            let at = if forward { Some(at) } else { at.checked_sub(1) };
            at.and_then(|at| hits.get(at)).copied()
        } else {
            let passes = |seen: &Seen<'_>| view.passes(seen);
            detail.log.nearest(from, forward, Level::Warn, passes)
        };
        match found.map(|place| view.passing.find(place)) {
            Some(at) => self.anchor_log(at),
            None if self.is_scanning() => {
                self.say(Tone::Plain, "none among the lines looked at so far");
            }
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

/// The windows of time by the digits that choose them, in milliseconds.
pub const WINDOWS: [(Option<i64>, &str); 7] = [
    (None, "all"),
    (Some(60_000), "last 1m"),
    (Some(5 * 60_000), "last 5m"),
    (Some(15 * 60_000), "last 15m"),
    (Some(60 * 60_000), "last 1h"),
    (Some(6 * 60 * 60_000), "last 6h"),
    (Some(24 * 60 * 60_000), "last 24h"),
];
