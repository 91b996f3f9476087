//! What was confirmed and is held back for five seconds, so that it can be undone; and what a confirmation leads to.

use super::acts::cancels;
use super::call::{Act, Call, Deed};
use super::core::App;
use super::popup::{Asked, Confirm, Popup};
use super::toast::Tone;
use crate::model::{Row, key};

/// How long a confirmed cancel, drain or deletion is held back, in milliseconds.
pub const HOLD_MS: i64 = 5_000;

/// What was confirmed and can still be taken back.
#[derive(Debug, Clone, PartialEq)]
pub struct Held {
    /// What.
    pub what: Asked,
    /// Sent then, in Unix milliseconds.
    pub until_ms: i64,
}

impl Held {
    /// It is an act on this workflow.
    #[must_use]
    pub fn means(&self, key: &str) -> bool {
        matches!(&self.what, Asked::Act(_, ids) if ids.iter().any(|id| id == key))
    }

    /// The act's name.
    #[must_use]
    pub fn verb(&self) -> &'static str {
        match &self.what {
            Asked::Act(act, _) => act.verb(),
            Asked::Deeds(deeds) => deeds.first().map_or("", |(_, deed)| deed.verb()),
        }
    }

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
    /// The answer was yes.
    pub(super) fn confirmed(&mut self, confirm: Confirm) {
        let daemons: Vec<usize> = match &confirm.asked {
            Asked::Act(_, ids) => ids.iter().map(|id| key::split(id).0).collect(),
            Asked::Deeds(deeds) => deeds.iter().map(|(daemon, _)| *daemon).collect(),
        };
        if daemons
            .first()
            .is_none_or(|daemon| !self.may_act_at(*daemon))
        {
            return;
        }
        let held = match &confirm.asked {
            Asked::Act(act, _) => matches!(act, Act::Cancel | Act::Delete),
            Asked::Deeds(deeds) => deeds.iter().any(|(_, deed)| matches!(deed, Deed::Drain(_))),
        };
        if held {
            self.held.push(Held {
                what: confirm.asked,
                until_ms: self.now_ms + HOLD_MS,
            });
        } else {
            self.send_asked(confirm.asked);
        }
        self.view.marks.clear();
        self.view.mark_from = None;
    }

    fn send_asked(&mut self, asked: Asked) {
        match asked {
            Asked::Act(act, ids) => self.send_act(&act, ids),
            Asked::Deeds(deeds) => {
                for (daemon, deed) in deeds {
                    self.call(Call::Deed { daemon, deed });
                }
            }
        }
    }

    /// Closes a question whose workflows moved on so that it no longer fits.
    pub(super) fn check_question(&mut self) {
        let Some(Popup::Confirm(Confirm {
            asked: Asked::Act(act, ids),
            ..
        })) = &self.view.popup
        else {
            return;
        };
        let fits: fn(&Row) -> bool = match act {
            Act::Cancel => cancels,
            Act::Delete => |row| row.status.is_terminal(),
            _ => return,
        };
        let moved = ids
            .iter()
            .find(|id| !self.row(id).is_some_and(fits))
            .cloned();
        if let Some(id) = moved {
            let name = self.told(std::slice::from_ref(&id));
            let by = self.row(&id).and_then(|row| self.who_moved(&row.key));
            let by = by.map_or_else(String::new, |by| format!(" by {by}"));
            self.view.popup = None;
            self.say(
                Tone::Plain,
                format!("{name} ended meanwhile{by}: the question is void, nothing was sent"),
            );
        }
    }

    /// Who last did something to a workflow, as far as we watched.
    #[must_use]
    pub fn who_moved(&self, key: &str) -> Option<String> {
        let mut kept = self.view.events.kept.iter().rev().take(200);
        kept.find(|one| one.key.as_deref() == Some(key) && one.by.is_some())
            .and_then(|one| one.by.clone())
    }

    pub(super) fn undo(&mut self) {
        match self.held.pop() {
            Some(held) => {
                let name = self.held_name(&held);
                let text = format!("{name} goes on: the {} was taken back", held.verb());
                self.say(Tone::Good, text);
            }
            None => self.say(Tone::Plain, "nothing to undo: what was sent is sent"),
        }
    }

    /// What is held, in words.
    #[must_use]
    pub fn held_name(&self, held: &Held) -> String {
        match &held.what {
            Asked::Act(_, ids) => self.told(ids),
            Asked::Deeds(deeds) => deeds
                .first()
                .map_or_else(String::new, |(_, deed)| deed.target().to_owned()),
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
            if self.reaches_any() {
                self.send_asked(held.what);
            } else {
                let (name, verb) = (self.held_name(&held), held.verb());
                let text = format!("{verb} {name}: not sent, the daemon is not there");
                self.say(Tone::Bad, text);
            }
        }
    }
}
