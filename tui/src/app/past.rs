//! The History screen: pages of what ended, newest first, and a search of everything that is kept: what a page doesn't hold,
//! the daemon looks for.

use super::call::{Call, Failure, PAGE};
use super::core::App;
use super::toast::Tone;
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
                history
                    .rows
                    .retain(|row| crate::model::key::split(&row.key).0 != daemon);
                history.outdated = false;
            }
            history.fetched.insert(daemon, (offset + count, page.total));
            history.total = history.fetched.values().map(|(_, total)| total).sum();
            history.loaded = true;
            history.problem = None;
        }
        let history = &mut self.view.history;
        let known: BTreeSet<String> = history.rows.iter().map(|row| row.key.clone()).collect();
        history
            .rows
            .extend(rows.into_iter().filter(|row| !known.contains(&row.key)));
        // Pages and searches come in any order.
        history.rows.sort_by_key(|row| {
            std::cmp::Reverse((row.completed_ms.unwrap_or(row.updated_ms), row.created_ms))
        });
        self.list_changed = true;
    }

    /// Another filter for the list of the screen.
    pub(super) fn set_filter(&mut self, filter: Filter) {
        let list = self.view.list_mut();
        list.filter = filter;
        list.also.clear();
        self.list_changed = true;
    }
}
