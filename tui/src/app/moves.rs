//! Moving: along lists, pages, problems and from workflow to workflow.

use super::core::App;
use super::detail::Tab;
use super::view::Screen;
use crate::model::listed::Listed;
use crate::model::words::Status;

impl App {
    pub(super) fn move_by(&mut self, by: isize) {
        match &mut self.view.detail {
            Some(detail) if matches!(detail.tab, Tab::Timeline | Tab::Logs) => self.scroll_log(by),
            Some(detail) => detail.top = detail.top.saturating_add_signed(by),
            None => self.move_on_screen(by),
        }
    }

    pub(super) fn move_to_end(&mut self, end: bool) {
        match &mut self.view.detail {
            Some(detail) if matches!(detail.tab, Tab::Timeline | Tab::Logs) => self.log_to_end(end),
            Some(detail) => detail.top = if end { usize::MAX / 2 } else { 0 },
            None => self.move_on_screen(if end { isize::MAX } else { isize::MIN }),
        }
    }

    fn move_on_screen(&mut self, by: isize) {
        match self.view.screen {
            Screen::Active | Screen::Asks | Screen::History => {
                self.view.list_mut().step(by);
                self.fetch_more_history();
            }
            Screen::Hooks => self.move_in_hooks(by),
            Screen::Queue => self.move_in_queue(by),
            Screen::Stats => {
                let count = self.view.stats.families.len();
                self.view.stats.cursor.step(by, count);
            }
            Screen::Events => {
                let count = self.view.events.shown.len();
                self.view.events.cursor.step(by, count);
                self.fetch_older_events();
            }
        }
    }

    /// Left and right: a log's long lines, a window of time, a place in the line.
    pub(super) fn sideways(&mut self, by: i16) {
        if self.view.detail.is_some() {
            self.shift_log(by * 8);
        } else if self.view.screen == Screen::Stats {
            self.change_window(isize::from(by));
        }
    }

    /// `by` pages of `1 / part` of the height.
    pub(super) fn move_pages(&mut self, by: isize, part: usize) {
        let height = match &self.view.detail {
            Some(_) => self.log_rows(),
            None => self.areas().list_rows(),
        };
        let lines = isize::try_from((height / part).max(1)).unwrap_or(1);
        self.move_by(by * lines);
    }

    /// The next workflow of the list, opened on the same tab.
    pub(super) fn other_workflow(&mut self, by: isize) {
        let Some((id, tab)) = self
            .view
            .detail
            .as_ref()
            .map(|detail| (detail.id.clone(), detail.tab))
        else {
            return;
        };
        let list = self.view.list_mut();
        if list.go_to(&id) {
            list.step(by);
        }
        if let Some(next) = list.cursor.clone().filter(|next| *next != id) {
            self.open_detail(next, tab);
        }
    }

    /// In a list the next that failed or asks; in a log what is searched for, else the next error.
    pub(super) fn next_problem(&mut self, forward: bool) {
        if let Some(detail) = &self.view.detail {
            let searching = detail.log_view.search.is_some();
            self.find_in_log(forward, searching);
            return;
        }
        let list = self.view.list();
        let count = list.ids.len();
        let problem = |at: &usize| {
            let Some(key) = list.ids.get(*at) else {
                return false;
            };
            match self.row(key) {
                Some(row) => row.status == Status::Failed || row.asks() || self.is_stale(row),
                None => {
                    let ended = self.view.history.past.find(key);
                    ended.is_some_and(|entry| entry.status() == Status::Failed)
                }
            }
        };
        if !self.view.screen.lists_workflows() {
            self.show_screen(Screen::Active);
            return;
        }
        let round = (1..=count).map(|step| {
            if forward {
                (list.at + step) % count
            } else {
                (list.at + count - step % count) % count
            }
        });
        let found = round.into_iter().find(problem);
        match found {
            Some(at) => self.view.list_mut().go(at),
            None => self.say(super::toast::Tone::Plain, "nothing here failed or asks"),
        }
    }
}
