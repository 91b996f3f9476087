//! The Stats screen: success, times by stage, and failures folded into families, over an hour, a day or a week.

use super::call::{Call, Failure};
use super::core::App;
use super::cursor::Cursor;
use super::popup::{Choice, Popup, RetryMenu};
use super::toast::Tone;
use super::view::Screen;
use crate::model::Row;
use crate::model::key;
use crate::model::stats::{Family, Stats, families};
use crate::model::words::Status;
use reel_shared::workflow::WorkflowView;
use serde_json::Value;
use std::collections::BTreeMap;

/// The windows: hours, and what they are called.
pub const WINDOWS: [(u32, &str); 3] = [(1, "1h"), (24, "24h"), (168, "7d")];

/// What the Stats screen shows.
#[derive(Debug, Clone, PartialEq)]
pub struct StatsView {
    /// Which of the windows.
    pub window: usize,
    /// By daemon and hours; also twice the window, for what was before.
    pub told: BTreeMap<(usize, u32), Stats>,
    /// What ended in the window, as far as a page holds it.
    pub ended: Vec<Row>,
    /// More ended than `ended` holds.
    pub more: bool,
    /// Failures by cause.
    pub families: Vec<Family>,
    /// The family under the cursor.
    pub cursor: Cursor,
    /// Why something of it can't be had.
    pub problem: Option<String>,
    /// When it was asked for last, in Unix milliseconds.
    pub asked_ms: i64,
}

impl Default for StatsView {
    fn default() -> Self {
        Self {
            window: 1,
            told: BTreeMap::new(),
            ended: Vec::new(),
            more: false,
            families: Vec::new(),
            cursor: Cursor::default(),
            problem: None,
            asked_ms: i64::MIN / 2,
        }
    }
}

impl StatsView {
    /// The window in hours.
    #[must_use]
    pub fn hours(&self) -> u32 {
        WINDOWS[self.window.min(WINDOWS.len() - 1)].0
    }

    /// The window's name.
    #[must_use]
    pub fn name(&self) -> &'static str {
        WINDOWS[self.window.min(WINDOWS.len() - 1)].1
    }
}

impl App {
    pub(super) fn fetch_stats(&mut self) {
        self.view.stats.asked_ms = self.now_ms;
        let hours = self.view.stats.hours();
        let since = self.now_ms - i64::from(hours) * 3_600_000;
        let since = crate::ui::format::rfc3339(since);
        self.ask_each(|daemon| Call::Stats { daemon, hours });
        self.ask_each(|daemon| Call::Stats {
            daemon,
            hours: hours * 2,
        });
        self.ask_each(|daemon| Call::Ended {
            daemon,
            since: since.clone(),
        });
    }

    pub(super) fn change_window(&mut self, by: isize) {
        let view = &mut self.view.stats;
        let window = view.window.saturating_add_signed(by).min(WINDOWS.len() - 1);
        if window != view.window {
            view.window = window;
            view.ended.clear();
            view.families.clear();
            self.fetch_stats();
        }
    }

    pub(super) fn stats_told(&mut self, daemon: usize, hours: u32, result: Result<Value, Failure>) {
        let told = result
            .map_err(|failure| failure.message)
            .and_then(Stats::read);
        match told {
            Ok(stats) => {
                self.view.stats.told.insert((daemon, hours), stats);
                self.view.stats.problem = None;
            }
            Err(why) => self.view.stats.problem = Some(why),
        }
    }

    pub(super) fn ended_told(&mut self, daemon: usize, result: Result<Value, Failure>) {
        let value = match result {
            Ok(value) => value,
            Err(failure) => {
                self.view.stats.problem = Some(failure.message);
                return;
            }
        };
        let listed = value["workflows"].as_array().cloned().unwrap_or_default();
        let total = value["total"].as_u64().unwrap_or(0);
        let now = self.now_ms;
        let rows: Vec<Row> = listed
            .into_iter()
            .filter_map(|one| serde_json::from_value::<WorkflowView>(one).ok())
            .map(|view| self.model_of(daemon).row_of(view, now))
            .collect();
        let view = &mut self.view.stats;
        view.more = total > rows.len() as u64;
        view.ended.retain(|row| key::split(&row.key).0 != daemon);
        view.ended.extend(rows);
        self.settle_families();
    }

    /// Families of what failed in the window: what ended, and what the live rows tell since.
    pub(super) fn settle_families(&mut self) {
        if self.view.screen != Screen::Stats {
            return;
        }
        let since = self.now_ms - i64::from(self.view.stats.hours()) * 3_600_000;
        let mut rows: BTreeMap<&str, &Row> = BTreeMap::new();
        for row in self.view.stats.ended.iter().chain(self.rows()) {
            rows.insert(row.key.as_str(), row);
        }
        let mut failed: Vec<&Row> = rows
            .into_values()
            .filter(|row| row.status == Status::Failed)
            .filter(|row| row.completed_ms.unwrap_or(row.updated_ms) >= since)
            .collect();
        failed.sort_by_key(|row| std::cmp::Reverse(row.completed_ms));
        let families = families(failed.into_iter());
        let view = &mut self.view.stats;
        view.families = families;
        view.cursor.go(view.cursor.at, view.families.len());
    }

    /// Enter on a family: its workflows, in the Active list where they stand.
    pub(super) fn open_family(&mut self) {
        let view = &self.view.stats;
        let Some(key) = view
            .families
            .get(view.cursor.at)
            .and_then(|one| one.keys.first())
        else {
            return;
        };
        let key = key.clone();
        self.open_detail(key, super::detail::Tab::Timeline);
    }

    /// One retry for a whole family.
    pub(super) fn ask_retry_family(&mut self) {
        let view = &self.view.stats;
        let Some(family) = view.families.get(view.cursor.at) else {
            self.say(
                Tone::Plain,
                "nothing failed here: there is nothing to retry",
            );
            return;
        };
        let ids = family.keys.clone();
        if ids.first().is_some_and(|key| !self.may_act(key)) {
            return;
        }
        self.view.popup = Some(Popup::Retry(RetryMenu {
            choices: vec![(
                format!("all {} from what failed in each", ids.len()),
                Choice::From(None),
            )],
            ids,
            chosen: 0,
        }));
    }

    /// How many workflows ended in each part of the window, oldest first.
    #[must_use]
    pub fn ended_by_time(&self, parts: usize) -> Vec<(u64, u64)> {
        let span = i64::from(self.view.stats.hours()) * 3_600_000;
        let from = self.now_ms - span;
        let mut counts = vec![(0, 0); parts.max(1)];
        for row in &self.view.stats.ended {
            let Some(at) = row.completed_ms else { continue };
            let part = (at - from).clamp(0, span - 1) as u128 * counts.len() as u128 / span as u128;
            if let Some(count) = counts.get_mut(part as usize) {
                count.0 += 1;
                count.1 += u64::from(row.status == Status::Failed);
            }
        }
        counts
    }
}
