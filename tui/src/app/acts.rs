//! What changes something at the daemon: who is meant, the question before it, the hold for undo, the sending.
//!
//! ```text
//!   x ─▶ question (default No) ─ y ─▶ held five seconds ─▶ sent ─▶ `cancelling…` until the daemon says otherwise
//!                     │ n, Esc            │ u
//!                     ▼                   ▼
//!                  nothing             nothing
//! ```

use super::call::{Act, Call};
use super::core::App;
use super::popup::{Confirm, Popup, RetryMenu};
use super::toast::Tone;
use crate::model::Row;
use crate::model::link::Shown;
use crate::model::words::Status;
use crate::ui::format;

/// How long a confirmed cancel is held back, in milliseconds.
pub const HOLD_MS: i64 = 5_000;

/// More than this many are confirmed by typing their count.
pub const FEW: usize = 5;

/// A cancel that was confirmed and can still be taken back.
#[derive(Debug, Clone, PartialEq)]
pub struct Held {
    /// Of these.
    pub ids: Vec<String>,
    /// Sent then, in Unix milliseconds.
    pub until_ms: i64,
}

impl Held {
    /// Whole seconds left.
    #[must_use]
    pub fn seconds(&self, now_ms: i64) -> i64 {
        ((self.until_ms - now_ms).max(0) + 999) / 1000
    }

    /// When the seconds change.
    #[must_use]
    pub fn next_change(&self, now_ms: i64) -> i64 {
        let left = (self.until_ms - now_ms).max(1);
        now_ms + (left - 1) % 1000 + 1
    }
}

impl App {
    /// The workflows an act means: the marked ones, else the current one.
    #[must_use]
    pub fn targets(&self) -> Vec<String> {
        if self.view.detail.is_none() && !self.view.marks.is_empty() {
            return self
                .view
                .marks
                .iter()
                .filter(|id| self.row(id).is_some())
                .cloned()
                .collect();
        }
        self.current()
            .map(|row| row.view.id.clone())
            .into_iter()
            .collect()
    }

    /// What a row says of acts under way: `cancel in 4s`, `retrying…`.
    #[must_use]
    pub fn under_way(&self, row: &Row) -> Option<String> {
        let id = &row.view.id;
        if let Some(held) = self.held.iter().find(|held| held.ids.contains(id)) {
            return Some(format!("cancel in {}s", held.seconds(self.now_ms)));
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

    /// An act may be sent: acts are allowed and the daemon is there. Says why not.
    pub(super) fn may_act(&mut self) -> bool {
        if self.settings.read_only {
            self.say(Tone::Bad, "read-only: nothing was sent; ! allows acts");
            return false;
        }
        if !self.link.is_connected() {
            self.say(
                Tone::Bad,
                "not connected: nothing was sent; C-r connects now",
            );
            return false;
        }
        true
    }

    /// Asks before an act on what may have moved on since it was drawn; else sends it.
    pub(super) fn act_on(&mut self, act: Act, ids: Vec<String>) {
        if self.link.shown(self.now_ms) == Shown::Stale {
            let age = format::duration(self.now_ms - self.link.last_frame_ms);
            let lines = vec![format!(
                "The picture is {age} old. {} {} all the same?",
                act.verb(),
                self.told(&ids)
            )];
            self.view.popup = Some(Popup::Confirm(Confirm {
                act,
                ids,
                lines,
                typed: None,
            }));
            return;
        }
        for id in ids {
            self.call(Call::Act {
                id,
                act: act.clone(),
            });
        }
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

    /// The answer was yes.
    pub(super) fn confirmed(&mut self, confirm: Confirm) {
        if !self.may_act() {
            return;
        }
        if confirm.act != Act::Cancel {
            for id in confirm.ids {
                self.call(Call::Act {
                    id,
                    act: confirm.act.clone(),
                });
            }
            return;
        }
        self.held.push(Held {
            ids: confirm.ids,
            until_ms: self.now_ms + HOLD_MS,
        });
    }

    /// Closes a question whose workflows moved on so that it no longer fits.
    pub(super) fn check_question(&mut self) {
        let Some(Popup::Confirm(confirm)) = &self.view.popup else {
            return;
        };
        if confirm.act != Act::Cancel {
            return;
        }
        let moved = confirm
            .ids
            .iter()
            .find(|id| !self.model.row(id).is_some_and(cancels))
            .cloned();
        if let Some(id) = moved {
            let name = self.told(&[id]);
            self.view.popup = None;
            self.say(
                Tone::Plain,
                format!("{name} ended meanwhile: the question is void, nothing was sent"),
            );
        }
    }

    pub(super) fn undo(&mut self) {
        match self.held.pop() {
            Some(held) => {
                let name = self.told(&held.ids);
                self.say(
                    Tone::Good,
                    format!("{name} goes on: the cancel was taken back"),
                );
            }
            None => self.say(Tone::Plain, "nothing to undo: what was sent is sent"),
        }
    }

    /// Sends what was held long enough; all of it when the end is near.
    pub(super) fn send_due(&mut self) {
        let now = self.now_ms;
        let all = self.quitting.is_some();
        let (due, rest) = std::mem::take(&mut self.held)
            .into_iter()
            .partition(|held: &Held| all || held.until_ms <= now);
        self.held = rest;
        let due: Vec<Held> = due;
        for held in due {
            if !self.link.is_connected() {
                let name = self.told(&held.ids);
                self.say(
                    Tone::Bad,
                    format!("{name} was not cancelled: the daemon is not there; x asks again"),
                );
                continue;
            }
            for id in held.ids {
                self.call(Call::Act {
                    id,
                    act: Act::Cancel,
                });
            }
        }
    }

    /// A choice of the menu was taken.
    pub(super) fn retry_chosen(&mut self, menu: RetryMenu) {
        let Some((_, from)) = menu.choices.into_iter().nth(menu.chosen) else {
            return;
        };
        if self.may_act() {
            self.act_on(Act::Retry { from }, menu.ids);
        }
    }

    pub(super) fn pause_or_resume(&mut self) {
        let targets = self.targets();
        if targets.is_empty() || !self.may_act() {
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

    pub(super) fn change_priority(&mut self, by: i32) {
        let targets = self.targets();
        if targets.is_empty() || !self.may_act() {
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

    pub(super) fn say(&mut self, tone: Tone, text: impl Into<String>) {
        self.view.toasts.say(tone, text, self.now_ms);
        self.changed = true;
    }
}

pub(super) fn cancels(row: &Row) -> bool {
    row.is_active() && row.view.cancelling != Some(true)
}
