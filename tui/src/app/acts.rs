//! What changes something at the daemon: who is meant, the question before it, the hold for undo, the sending.
//!
//! ```text
//!   x ─▶ question (default No) ─ y ─▶ held five seconds ─▶ sent ─▶ `cancelling…` until the daemon says otherwise
//!                     │ n, Esc            │ u
//!                     ▼                   ▼
//!                  nothing             nothing
//! ```

use super::call::{Act, Call, Deed};
use super::core::App;
use super::popup::{Asked, Choice, Confirm, Popup, RetryMenu};
use super::toast::Tone;
use crate::input::Edit;
use crate::model::link::Shown;
use crate::model::words::Status;
use crate::model::{Row, key};
use crate::ui::format;

/// More than this many are confirmed by typing their count.
pub const FEW: usize = 5;

impl App {
    /// The workflows an act means, by key: the marked ones, else the current one.
    #[must_use]
    pub fn targets(&self) -> Vec<String> {
        let marked = self.view.detail.is_none() && self.view.screen.lists_workflows();
        if marked && !self.view.marks.is_empty() {
            return self
                .view
                .marks
                .iter()
                .filter(|id| self.row(id).is_some())
                .cloned()
                .collect();
        }
        self.current()
            .map(|row| row.key.clone())
            .into_iter()
            .collect()
    }

    /// What a row says of acts under way: `cancel in 4s`, `retrying…`.
    #[must_use]
    pub fn under_way(&self, row: &Row) -> Option<String> {
        let id = &row.key;
        if let Some(held) = self.held.iter().find(|held| held.means(id)) {
            return Some(format!("{} in {}s", held.verb(), held.seconds(self.now_ms)));
        }
        let asked = self.calls.values().find_map(|call| match call {
            Call::Act { id: whose, act } if whose == id => Some(act.under_way()),
            _ => None,
        });
        let told = if row.view.cancelling == Some(true) {
            Some("cancelling")
        } else if row.view.pausing == Some(true) {
            Some("pausing")
        } else {
            None
        };
        asked.or(told).map(|word| format!("{word}…"))
    }

    /// An act on what has this key may be sent: acts are allowed and its daemon is there. Says why not.
    pub(super) fn may_act(&mut self, of: &str) -> bool {
        self.may_act_at(key::split(of).0)
    }

    /// An act may be sent to this daemon. Says why not.
    pub(super) fn may_act_at(&mut self, daemon: usize) -> bool {
        if self.settings.read_only {
            self.say(Tone::Bad, "read-only: nothing was sent; ! allows acts");
            return false;
        }
        if !self.link_of(daemon).is_connected() {
            let whom = if self.several() {
                format!("{} is not connected", self.daemon_name(daemon))
            } else {
                "not connected".to_owned()
            };
            self.say(
                Tone::Bad,
                format!("{whom}: nothing was sent; C-r connects now"),
            );
            return false;
        }
        true
    }

    /// Asks before an act on what may have moved on since it was drawn; else sends it.
    pub(super) fn act_on(&mut self, act: Act, ids: Vec<String>) {
        let stale = ids
            .iter()
            .map(|id| self.link_of(key::split(id).0))
            .find(|link| link.shown(self.now_ms) == Shown::Stale);
        if let Some(link) = stale {
            let age = format::duration(self.now_ms - link.last_frame_ms);
            let lines = vec![format!(
                "The picture is {age} old. {} {} all the same?",
                act.verb(),
                self.told(&ids)
            )];
            self.ask_act(act, ids, lines);
            return;
        }
        self.send_act(&act, ids);
    }

    pub(super) fn send_act(&mut self, act: &Act, ids: Vec<String>) {
        for id in ids {
            if self.link_of(key::split(&id).0).is_connected() {
                self.call(Call::Act {
                    id,
                    act: act.clone(),
                });
            } else {
                let name = self.told(&[id]);
                let text = format!("{} {name}: not sent, its daemon is not there", act.verb());
                self.say(Tone::Bad, text);
            }
        }
    }

    /// Asks before an act on workflows. More than a few, or those of another box than the first: their count is typed.
    pub(super) fn ask_act(&mut self, act: Act, ids: Vec<String>, mut lines: Vec<String>) {
        let mut others: Vec<String> = ids
            .iter()
            .map(|id| key::split(id).0)
            .filter(|daemon| *daemon > 0)
            .map(|daemon| self.daemon_name(daemon).to_owned())
            .collect();
        others.dedup();
        let wanted = match others.as_slice() {
            [] => (ids.len() > FEW).then(|| ids.len().to_string()),
            [one] if ids.len() <= FEW => Some(one.clone()),
            _ => Some(ids.len().to_string()),
        };
        if !others.is_empty() {
            lines.push(format!("On {}.", others.join(", ")));
        }
        self.view.popup = Some(Popup::Confirm(Confirm {
            title: act.verb().to_owned(),
            asked: Asked::Act(act, ids),
            lines,
            wanted,
            typed: Edit::default(),
        }));
    }

    /// Asks before deeds; `wanted` is what must be typed instead of `y`.
    pub(super) fn ask_deeds(
        &mut self,
        title: &str,
        deeds: Vec<(usize, Deed)>,
        lines: Vec<String>,
        wanted: Option<String>,
    ) {
        if deeds.iter().any(|(daemon, _)| !self.may_act_at(*daemon)) {
            return;
        }
        let other = deeds
            .iter()
            .map(|(daemon, _)| *daemon)
            .find(|daemon| *daemon > 0);
        let wanted = wanted.or_else(|| other.map(|daemon| self.daemon_name(daemon).to_owned()));
        self.view.popup = Some(Popup::Confirm(Confirm {
            title: title.to_owned(),
            asked: Asked::Deeds(deeds),
            lines,
            wanted,
            typed: Edit::default(),
        }));
    }

    /// `name`, or `3 workflows`.
    pub(super) fn told(&self, ids: &[String]) -> String {
        match ids {
            [id] => self
                .row(id)
                .map_or_else(|| id.clone(), |row| row.name().to_owned()),
            many => format!("{} workflows", many.len()),
        }
    }

    /// A choice of the menu was taken.
    pub(super) fn retry_chosen(&mut self, menu: RetryMenu) {
        let Some((_, choice)) = menu.choices.into_iter().nth(menu.chosen) else {
            return;
        };
        let Some(first) = menu.ids.first().cloned() else {
            return;
        };
        match choice {
            Choice::Inputs => self.open_retry_form(&first),
            Choice::From(from) => {
                if self.may_act(&first) {
                    self.act_on(Act::retry(from), menu.ids);
                }
            }
        }
    }

    pub(super) fn pause_or_resume(&mut self) {
        let targets = self.targets();
        if targets.is_empty() || !self.may_act(&targets[0]) {
            return;
        }
        let with = |app: &Self, holds: fn(&Row) -> bool| -> Vec<String> {
            targets
                .iter()
                .filter(|id| app.row(id).is_some_and(holds))
                .cloned()
                .collect()
        };
        let pausable = with(self, |row| {
            row.status.is_waiting_to_start()
                || matches!(row.status, Status::Running | Status::Waiting)
        });
        let paused = with(self, |row| row.status == Status::Paused);
        if !pausable.is_empty() {
            self.act_on(Act::Pause, pausable);
        } else if !paused.is_empty() {
            self.act_on(Act::Resume, paused);
        } else {
            let state = self
                .row(&targets[0])
                .map_or("gone", |row| row.status.word());
            let text = format!("{} is {state}: it can't be paused", self.told(&targets));
            self.say(Tone::Plain, text);
        }
    }

    /// `:priority N`
    pub(super) fn set_priority(&mut self, priority: i32) {
        let targets = self.targets();
        let active = |id: &&String| self.row(id).is_some_and(Row::is_active);
        let ids: Vec<String> = targets.iter().filter(active).cloned().collect();
        match ids.first().cloned() {
            Some(first) if self.may_act(&first) => self.act_on(Act::Priority(priority), ids),
            Some(_) => {}
            None => self.say(Tone::Plain, "nothing here has a priority any more"),
        }
    }

    pub(super) fn change_priority(&mut self, by: i32) {
        let targets = self.targets();
        if targets.is_empty() || !self.may_act(&targets[0]) {
            return;
        }
        for id in targets {
            let asked = self.calls.values().rev().find_map(|call| match call {
                Call::Act {
                    id: whose,
                    act: Act::Priority(priority),
                } if *whose == id => Some(*priority),
                _ => None,
            });
            let Some(row) = self.row(&id) else { continue };
            if !row.is_active() {
                let text = format!(
                    "{} is {}: its priority means nothing any more",
                    row.name(),
                    row.status.word()
                );
                self.say(Tone::Plain, text);
                continue;
            }
            let before = asked.unwrap_or(row.view.priority);
            let priority = (before + by).clamp(-1000, 1000);
            if priority != before {
                self.act_on(Act::Priority(priority), vec![id]);
            }
        }
    }

    /// Says something, and keeps it among the events.
    pub(super) fn say(&mut self, tone: Tone, text: impl Into<String>) {
        let text = text.into();
        self.note_said(tone, &text);
        self.view.toasts.say(tone, text, self.now_ms);
        self.changed = true;
    }
}

pub(super) fn cancels(row: &Row) -> bool {
    row.is_active() && row.view.cancelling != Some(true)
}
