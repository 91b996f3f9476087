//! The History screen: pages of what ended, newest first, and a search of everything that is kept: what a page doesn't hold,
//! the daemon looks for.

use super::call::{Call, Failure, PAGE};
use super::core::App;
use super::toast::Tone;
use super::view::History;
use crate::model::Row;
use crate::model::filter::Filter;
use reel_shared::workflow::WorkflowView;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeSet;

#[derive(Deserialize)]
struct Listing {
    workflows: Vec<WorkflowView>,
    #[serde(default)]
    total: u64,
}

impl App {
    pub(super) fn fetch_history(&mut self) {
        self.ask_each(|daemon| Call::History {
            daemon,
            offset: 0,
            query: String::new(),
        });
    }

    /// More of what ended, when the cursor comes near the end of what is here.
    pub(super) fn fetch_more_history(&mut self) {
        if self.view.screen != super::view::Screen::History {
            return;
        }
        if self.view.ended.at + 20 < self.view.ended.ids.len() {
            return;
        }
        let more: Vec<(usize, u64)> = self
            .view
            .history
            .fetched
            .iter()
            .filter(|(_, (here, total))| *here > 0 && here < total)
            .map(|(daemon, (here, _))| (*daemon, *here))
            .collect();
        for (daemon, offset) in more {
            if self.link_of(daemon).is_connected() {
                self.call_once(Call::History {
                    daemon,
                    offset,
                    query: String::new(),
                });
            }
        }
    }

    /// The filter stands: what it means is looked for in everything kept.
    pub(super) fn search_history(&mut self) {
        let query = self.view.ended.filter.query();
        self.view.ended.also.clear();
        if query.is_empty() {
            return;
        }
        if self.view.history.query != query {
            self.view.history.query.clone_from(&query);
        }
        self.ask_each(|daemon| Call::History {
            daemon,
            offset: 0,
            query: query.clone(),
        });
    }

    pub(super) fn history_told(
        &mut self,
        daemon: usize,
        offset: u64,
        query: &str,
        result: Result<Value, Failure>,
    ) {
        let now = self.now_ms;
        let page = match result.map(serde_json::from_value::<Listing>) {
            Ok(Ok(page)) => page,
            Ok(Err(error)) => {
                self.view.history.problem = Some(format!("the answer is not understood: {error}"));
                return;
            }
            Err(failure) => {
                self.view.history.problem = Some(failure.message);
                return;
            }
        };
        let count = page.workflows.len() as u64;
        let model = self.model_of(daemon);
        let rows: Vec<Row> = page
            .workflows
            .into_iter()
            .map(|view| model.row_of(view, now))
            .collect();
        let history = &mut self.view.history;
        if !query.is_empty() {
            if history.query == query {
                let found = rows.iter().map(|row| row.key.clone());
                self.view.ended.also.extend(found);
                if page.total > PAGE {
                    let text = format!("{} match; the newest {PAGE} are shown", page.total);
                    self.say(Tone::Plain, text);
                }
            }
        } else {
            if offset == 0 {
                history.forget(daemon);
                history.outdated = false;
            }
            history.fetched.insert(daemon, (offset + count, page.total));
            history.total = history.fetched.values().map(|(_, total)| total).sum();
            history.loaded = true;
            history.problem = None;
        }
        for row in rows {
            self.view.history.take(row);
        }
        self.list_changed = true;
    }

    /// Unpacks what is in sight; the one under the cursor is asked for whole.
    pub(super) fn settle_past(&mut self, rows: usize) {
        let list = &self.view.ended;
        let keys: Vec<&str> = list.ids.iter().skip(list.top).take(rows).collect();
        self.view.history.unpack(keys.into_iter(), &self.view.marks);
        let asking = |call: &Call| matches!(call, Call::Show { .. });
        if let Some(key) = self.view.ended.cursor.clone()
            && !self.view.history.is_whole(&key)
            && self.view.history.asked.as_ref() != Some(&key)
            && self.reaches(&key)
            && !self.calls.values().any(asking)
        {
            // Once: one that is gone at the daemon stays as it is packed.
            self.view.history.asked = Some(key.clone());
            self.call(Call::Show { id: key });
        }
    }

    /// Unpacks what is marked, so that acts know what they mean.
    pub(super) fn unpack_marked(&mut self) {
        let marks = &self.view.marks;
        let history = &mut self.view.history;
        history.unpack(marks.iter().map(String::as_str), marks);
    }

    /// Another filter for the list of the screen.
    pub(super) fn set_filter(&mut self, filter: Filter) {
        let list = self.view.list_mut();
        list.filter = filter;
        list.also.clear();
        self.list_changed = true;
    }
}

/// Beside the marked ones, so many may stand unpacked.
const UNPACKED: usize = 512;

impl History {
    /// A workflow as far as it is known, where it is at hand.
    #[must_use]
    pub fn row(&self, key: &str) -> Option<&Row> {
        let whole = self.whole.iter().rev().find(|row| row.key == key);
        whole.or_else(|| self.sight.get(key))
    }

    /// It is known with its inputs and outputs.
    #[must_use]
    pub fn is_whole(&self, key: &str) -> bool {
        self.whole.iter().any(|row| row.key == key)
    }

    /// Takes one that was told whole.
    pub fn take(&mut self, row: Row) {
        self.past.insert(&row);
        self.sight.remove(&row.key);
        self.whole.retain(|known| known.key != row.key);
        self.whole.push_back(row);
        while self.whole.len() as u64 > PAGE {
            self.whole.pop_front();
        }
    }

    /// These are at hand from now on, and what is marked stays so; others may go.
    pub fn unpack<'a>(&mut self, keys: impl Iterator<Item = &'a str>, marks: &BTreeSet<String>) {
        if self.sight.len() > marks.len() + UNPACKED {
            self.sight.retain(|key, _| marks.contains(key));
        }
        for key in keys {
            if !self.sight.contains_key(key)
                && let Some(entry) = self.past.find(key)
            {
                self.sight.insert(key.to_owned(), entry.to_row());
            }
        }
    }

    /// Forgets what this daemon told.
    fn forget(&mut self, daemon: usize) {
        let others = |row: &Row| crate::model::key::split(&row.key).0 != daemon;
        self.past.forget(daemon);
        self.whole.retain(others);
        self.sight.retain(|_, row| others(row));
        self.asked = None;
    }
}
