//! What moves without an event is asked for: places in line after the queue moved, and the estimates of the waiting workflow
//! under the cursor. Seldom, and only while somebody may look.

use super::call::Call;
use super::core::App;
use super::view::Screen;
use crate::model::Row;
use crate::model::words::Status;

/// Between two looks at the queue, in milliseconds.
const QUEUE_MS: i64 = 2_000;

/// Between two looks at the workflow under the cursor, in milliseconds.
const CURRENT_MS: i64 = 10_000;

/// Between two looks at deliveries or at slots, while that screen is shown, in milliseconds.
const HOOKS_MS: i64 = 5_000;

/// Between two looks at the numbers, in milliseconds.
const STATS_MS: i64 = 30_000;

/// A longer queue isn't asked for again and again: its places come with each snapshot.
const QUEUE_MOST: usize = 500;

/// When what was asked for last.
#[derive(Debug, Clone, Default)]
pub struct Refresh {
    queue_moved: bool,
    queue_ms: i64,
    current: (String, i64),
    screen_ms: i64,
}

impl App {
    /// A workflow moved from one state to another.
    pub(super) fn note_move(&mut self, before: Option<Status>, after: Option<Status>) {
        let queued = |status: Option<Status>| status.is_some_and(Status::is_waiting_to_start);
        self.refresh.queue_moved |= before != after && (queued(before) || queued(after));
    }

    /// When something is to be asked again.
    pub(super) fn next_refresh(&self) -> Option<i64> {
        if !self.refreshes() {
            return None;
        }
        let queue = self
            .refresh
            .queue_moved
            .then_some(self.refresh.queue_ms + QUEUE_MS);
        let current = self.waiting_row().map(|row| match &self.refresh.current {
            (id, at) if *id == row.key => at + CURRENT_MS,
            _ => self.now_ms + 300,
        });
        let screen = self
            .screen_period()
            .map(|period| self.refresh.screen_ms + period);
        queue.into_iter().chain(current).chain(screen).min()
    }

    pub(super) fn ask_again(&mut self) {
        if !self.refreshes() {
            return;
        }
        let now = self.now_ms;
        if self.refresh.queue_moved && now >= self.refresh.queue_ms + QUEUE_MS {
            self.refresh.queue_moved = false;
            self.refresh.queue_ms = now;
            if self.count(|row| row.status == Status::Queued) <= QUEUE_MOST {
                self.ask_each(|daemon| Call::Workers { daemon });
            }
        }
        if self
            .screen_period()
            .is_some_and(|period| now >= self.refresh.screen_ms + period)
        {
            self.refresh.screen_ms = now;
            self.refetch_screen();
        }
        let Some(id) = self.waiting_row().map(|row| row.key.clone()) else {
            return;
        };
        let asked = &mut self.refresh.current;
        if asked.0 != id || now >= asked.1 + CURRENT_MS {
            *asked = (id.clone(), now);
            self.call_once(Call::Show { id });
        }
    }

    /// How often a screen asks anew for what no event tells, in milliseconds.
    fn screen_period(&self) -> Option<i64> {
        if self.view.detail.is_some() {
            return None;
        }
        match self.view.screen {
            Screen::Hooks => Some(HOOKS_MS),
            Screen::Queue => Some(HOOKS_MS),
            Screen::Stats => Some(STATS_MS),
            Screen::Active | Screen::Asks | Screen::History | Screen::Events => None,
        }
    }

    fn refreshes(&self) -> bool {
        self.reaches_any() && self.view.focused && self.view.frozen.is_none()
    }

    /// The current workflow, if time alone changes what is said of it.
    fn waiting_row(&self) -> Option<&Row> {
        self.current()
            .filter(|row| row.status.is_waiting_to_start() || row.status == Status::Waiting)
    }
}
