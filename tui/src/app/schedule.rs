//! When the picture changes without an event: the moments that are asked for, and what each brings. Moving numbers are
//! told in steps, so that between two moments nothing changes and nothing is written.

use super::core::App;
use super::event::Action;
use crate::model::words::Status;

/// Durations and estimates move in steps of this many milliseconds.
const STEP_MS: i64 = 5_000;

impl App {
    /// When [`super::Event::Tick`] is wanted next, in Unix milliseconds.
    #[must_use]
    pub fn next_tick(&self) -> i64 {
        let now = self.now_ms;
        let minute = now + 60_000 - now.rem_euclid(60_000);
        let moving = self.view.frozen.is_none()
            && self.links().any(|(_, link)| link.is_fresh(now))
            && self
                .rows()
                .any(|row| matches!(row.status, Status::Running | Status::Waiting));
        let step = moving.then(|| now + STEP_MS - now.rem_euclid(STEP_MS));
        let held = self.held.iter().map(|held| held.next_change(now)).min();
        [
            Some(minute),
            step,
            held,
            self.view.toasts.next_expiry(),
            self.models().filter_map(|model| model.next_expiry()).min(),
            self.links()
                .filter_map(|(_, link)| link.next_change(now))
                .min(),
            self.next_refresh(),
            self.quitting.map(|(until, _)| until),
            self.is_scanning().then_some(now),
        ]
        .into_iter()
        .flatten()
        .min()
        .unwrap_or(minute)
        .max(now + 1)
    }

    pub(super) fn tick(&mut self) {
        self.view.toasts.expire(self.now_ms);
        let now = self.now_ms;
        for daemon in 0..self.daemons() {
            self.list_changed |= self.model_mut(daemon).expire(now);
        }
        self.send_due();
        self.ask_again();
        if self.is_scanning() {
            self.settle_log();
        }
        self.changed = true;
    }

    /// Ends as soon as no act is under way any more, or when its time is up.
    pub(super) fn finish_quitting(&mut self) {
        let Some((until, leave_picture)) = self.quitting else {
            return;
        };
        if self.now_ms >= until || !self.calls.values().any(super::call::Call::is_act) {
            self.quitting = None;
            self.out.push(Action::Quit { leave_picture });
        }
    }
}
