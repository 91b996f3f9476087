//! The Hooks screen: endpoints above, the deliveries of the chosen one below (first all that failed), and one delivery beside
//! the last one that was accepted.

use super::areas::Areas;
use super::call::{Call, Failure};
use super::core::App;
use super::cursor::Cursor;
use super::toast::Tone;
use super::view::Screen;
use crate::model::hooks::{self, Delivery, Endpoint};
use crate::model::key;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Which half takes the keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Pane {
    /// The endpoints.
    Endpoints,
    /// Their deliveries.
    #[default]
    Deliveries,
}

/// What the Hooks screen shows.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct HooksView {
    /// Each daemon's endpoints.
    pub endpoints: Vec<Endpoint>,
    /// They were fetched at least once.
    pub loaded: bool,
    /// Something changed since.
    pub outdated: bool,
    /// Why they, or the deliveries, can't be had.
    pub problem: Option<String>,
    /// Line 0 is all that failed; the others are the endpoints.
    pub picked: Cursor,
    /// The deliveries that are shown, newest first.
    pub deliveries: Vec<Delivery>,
    /// How many each daemon has of them.
    pub totals: BTreeMap<usize, u64>,
    /// They were fetched for this choice.
    pub fetched: Option<Option<String>>,
    /// Where the person is among them.
    pub cursor: Cursor,
    /// Which half takes the keys.
    pub pane: Pane,
    /// Acts mean these deliveries, if there are any.
    pub marks: BTreeSet<String>,
    /// Deliveries with their requests, as far as they were asked for.
    pub whole: BTreeMap<String, Delivery>,
    /// The last accepted delivery of an endpoint; none: there is none among the newest.
    pub accepted: BTreeMap<String, Option<String>>,
    /// Wanted as a curl command as soon as it is here.
    pub as_curl: Option<String>,
}

/// Requests that are kept of deliveries; beyond that all are forgotten.
const WHOLE_KEPT: usize = 200;

impl HooksView {
    /// The chosen endpoint's key; none: all that failed.
    #[must_use]
    pub fn endpoint(&self) -> Option<&Endpoint> {
        self.picked
            .at
            .checked_sub(1)
            .and_then(|at| self.endpoints.get(at))
    }

    /// How many deliveries there are, here and at the daemons.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.totals
            .values()
            .sum::<u64>()
            .max(self.deliveries.len() as u64)
    }
}

impl App {
    /// The delivery under the cursor.
    #[must_use]
    pub fn delivery(&self) -> Option<&Delivery> {
        self.view.hooks.deliveries.get(self.view.hooks.cursor.at)
    }

    /// The endpoint an act means: the chosen one, else the one of the delivery under the cursor.
    #[must_use]
    pub fn endpoint(&self) -> Option<&Endpoint> {
        let hooks = &self.view.hooks;
        hooks.endpoint().or_else(|| {
            let wanted = self.delivery()?.webhook_id.as_ref()?;
            hooks.endpoints.iter().find(|one| one.webhook_id == *wanted)
        })
    }

    pub(super) fn fetch_hooks(&mut self) {
        self.ask_each(|daemon| Call::Endpoints { daemon });
        self.fetch_deliveries();
    }

    fn fetch_deliveries(&mut self) {
        match self.view.hooks.endpoint().map(|one| one.webhook_id.clone()) {
            Some(id) if self.reaches(&id) => self.call_once(Call::Deliveries { id, offset: 0 }),
            Some(_) => {}
            None => self.ask_each(|daemon| Call::Failed { daemon, offset: 0 }),
        }
    }

    /// The next page, when the cursor comes near the end of what is here.
    fn fetch_more_deliveries(&mut self) {
        let hooks = &self.view.hooks;
        let here = hooks.deliveries.len();
        if here == 0 || hooks.cursor.at + 20 < here || here as u64 >= hooks.total() {
            return;
        }
        match hooks.endpoint().map(|one| one.webhook_id.clone()) {
            Some(id) => self.call_once(Call::Deliveries {
                id,
                offset: here as u64,
            }),
            None => {
                let of = |daemon: usize| {
                    let mine = |one: &&Delivery| key::split(&one.delivery_id).0 == daemon;
                    hooks.deliveries.iter().filter(mine).count() as u64
                };
                let offsets: Vec<(usize, u64)> = hooks
                    .totals
                    .iter()
                    .map(|(daemon, total)| (*daemon, of(*daemon), *total))
                    .filter(|(_, here, total)| here < total)
                    .map(|(daemon, here, _)| (daemon, here))
                    .collect();
                for (daemon, offset) in offsets {
                    self.call_once(Call::Failed { daemon, offset });
                }
            }
        }
    }

    pub(super) fn settle_hooks(&mut self, areas: &Areas) {
        let lines = self.view.hooks.endpoints.len() + 1;
        let (above, below) = areas.hooks_split(lines);
        let hooks = &mut self.view.hooks;
        hooks
            .picked
            .scroll(usize::from(above.height).saturating_sub(1), lines);
        hooks.cursor.scroll(
            usize::from(below.height).saturating_sub(1),
            hooks.deliveries.len(),
        );
    }

    pub(super) fn move_in_hooks(&mut self, by: isize) {
        let hooks = &mut self.view.hooks;
        match hooks.pane {
            Pane::Endpoints => {
                let before = hooks.picked.at;
                hooks.picked.step(by, hooks.endpoints.len() + 1);
                if hooks.picked.at != before {
                    hooks.deliveries.clear();
                    hooks.totals.clear();
                    hooks.fetched = None;
                    hooks.marks.clear();
                    hooks.cursor = Cursor::default();
                    self.fetch_deliveries();
                }
            }
            Pane::Deliveries => {
                hooks.cursor.step(by, hooks.deliveries.len());
                self.fetch_more_deliveries();
                self.fetch_whole();
            }
        }
    }

    /// Asks for the request of the delivery under the cursor, and for the one it is compared with.
    pub(super) fn fetch_whole(&mut self) {
        let Some(one) = self.delivery() else { return };
        let (id, endpoint) = (one.delivery_id.clone(), one.webhook_id.clone());
        if !self.reaches(&id) {
            return;
        }
        let hooks = &self.view.hooks;
        let known = hooks.whole.contains_key(&id);
        let unasked = endpoint.filter(|endpoint| !hooks.accepted.contains_key(endpoint));
        if !known {
            self.call_once(Call::Delivery { id });
        }
        if let Some(endpoint) = unasked {
            self.call_once(Call::Deliveries {
                id: endpoint,
                offset: 0,
            });
        }
    }

    pub(super) fn endpoints_told(&mut self, daemon: usize, result: Result<Value, Failure>) {
        let hooks = &mut self.view.hooks;
        match result {
            Ok(value) => {
                let picked = hooks.endpoint().map(|one| one.webhook_id.clone());
                hooks
                    .endpoints
                    .retain(|one| key::split(&one.webhook_id).0 != daemon);
                hooks.endpoints.extend(hooks::endpoints(&value, daemon));
                let at = picked
                    .and_then(|id| hooks.endpoints.iter().position(|one| one.webhook_id == id));
                hooks.picked.at = at.map_or(0, |at| at + 1);
                hooks.loaded = true;
                hooks.outdated = false;
                hooks.problem = None;
                let disabled = hooks
                    .endpoints
                    .iter()
                    .filter(|one| key::split(&one.webhook_id).0 == daemon && !one.active)
                    .count();
                self.model_mut(daemon).hooks.disabled = disabled as u64;
            }
            Err(failure) => hooks.problem = Some(failure.message),
        }
    }

    /// Deliveries came: of all that failed, or of an endpoint.
    pub(super) fn deliveries_told(
        &mut self,
        daemon: usize,
        of: Option<String>,
        offset: u64,
        result: Result<Value, Failure>,
    ) {
        let value = match result {
            Ok(value) => value,
            Err(failure) => {
                self.view.hooks.problem = Some(failure.message);
                return;
            }
        };
        let (rows, total) = hooks::deliveries(&value, daemon);
        if let Some(detail) = &mut self.view.detail {
            for one in &rows {
                let known = detail
                    .hooks
                    .iter()
                    .any(|known| known.delivery_id == one.delivery_id);
                if one.video_id.as_deref() == Some(&detail.id) && !known {
                    detail.hooks.push(one.clone());
                }
            }
        }
        if let Some(endpoint) = &of {
            let accepted = rows.iter().find(|one| one.status == "delivered");
            let accepted = accepted.map(|one| one.delivery_id.clone());
            if offset == 0 {
                self.view
                    .hooks
                    .accepted
                    .insert(endpoint.clone(), accepted.clone());
            }
            if let Some(id) = accepted.filter(|id| !self.view.hooks.whole.contains_key(id)) {
                self.call_once(Call::Delivery { id });
            }
        } else {
            self.model_mut(daemon).hooks.kept = total;
        }
        let several = self.several();
        let hooks = &mut self.view.hooks;
        let chosen = hooks.endpoint().map(|one| one.webhook_id.clone());
        if chosen != of {
            return;
        }
        let under = hooks
            .deliveries
            .get(hooks.cursor.at)
            .map(|one| one.delivery_id.clone());
        let mine = |one: &Delivery| key::split(&one.delivery_id).0 == daemon;
        if offset == 0 {
            hooks.deliveries.retain(|one| !mine(one));
        }
        for one in rows {
            if !hooks
                .deliveries
                .iter()
                .any(|known| known.delivery_id == one.delivery_id)
            {
                hooks.deliveries.push(one);
            }
        }
        if several {
            hooks
                .deliveries
                .sort_by_key(|one| std::cmp::Reverse(one.created_ms()));
        }
        hooks.totals.insert(daemon, total);
        hooks.fetched = Some(of);
        hooks.problem = None;
        let place = under.and_then(|id| {
            hooks
                .deliveries
                .iter()
                .position(|one| one.delivery_id == id)
        });
        if let Some(at) = place {
            hooks.cursor.at = at;
        }
        hooks.cursor.go(hooks.cursor.at, hooks.deliveries.len());
        let known: BTreeSet<String> = hooks
            .deliveries
            .iter()
            .map(|one| one.delivery_id.clone())
            .collect();
        hooks.marks.retain(|id| known.contains(id));
        if self.view.screen == Screen::Hooks {
            self.fetch_whole();
        }
    }

    pub(super) fn delivery_told(&mut self, id: &str, result: Result<Value, Failure>) {
        let daemon = key::split(id).0;
        match result.map(|value| hooks::delivery(&value, daemon)) {
            Ok(Some(one)) => {
                let whole = &mut self.view.hooks.whole;
                if whole.len() >= WHOLE_KEPT {
                    whole.clear();
                }
                whole.insert(id.to_owned(), one);
                if self.view.hooks.as_curl.as_deref() == Some(id) {
                    self.copy_curl();
                }
            }
            Ok(None) => self.say(Tone::Bad, "the delivery's answer is not understood"),
            Err(failure) => self.say(Tone::Bad, format!("the delivery: {}", failure.message)),
        }
    }
}
