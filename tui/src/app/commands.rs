//! What each command does: one arm each, the longer ones in a sibling file.

use super::call::Call;
use super::core::App;
use super::detail::{Detail, Tab};
use super::event::Action;
use super::popup::{Answer, Popup, Why, WhyView};
use super::toast::Tone;
use super::view::{Frozen, Screen};
use crate::input::Command;
use crate::model::words::Status;

/// A second `C-c` within this many milliseconds ends.
const TWICE_MS: i64 = 2_000;

/// How long the end waits for acts under way, in milliseconds.
const GRACE_MS: i64 = 2_000;

impl App {
    /// Does a command.
    pub fn run(&mut self, command: Command) {
        self.changed = true;
        match command {
            Command::Down => self.move_by(1),
            Command::Up => self.move_by(-1),
            Command::Top => self.move_to_end(false),
            Command::Bottom => self.move_to_end(true),
            Command::HalfDown => self.move_pages(1, 2),
            Command::HalfUp => self.move_pages(-1, 2),
            Command::PageDown => self.move_pages(1, 1),
            Command::PageUp => self.move_pages(-1, 1),
            Command::Left => self.shift_log(-8),
            Command::Right => self.shift_log(8),
            Command::NextWorkflow => self.other_workflow(1),
            Command::PreviousWorkflow => self.other_workflow(-1),
            Command::Active => self.show_screen(Screen::Active),
            Command::History => self.show_screen(Screen::History),
            Command::Open => self.open(Tab::Timeline),
            Command::Logs => self.open(Tab::Logs),
            Command::Back => self.back(),
            Command::LastView => self.last_view(),
            Command::NextTab => self.step_tab(1),
            Command::PreviousTab => self.step_tab(Tab::ALL.len() - 1),
            Command::Filter => self.open_filter(),
            Command::NextProblem => self.next_problem(true),
            Command::PreviousProblem => self.next_problem(false),
            Command::Sort(key) => {
                self.view.list_mut().sort.key = key;
                self.list_changed = true;
            }
            Command::Reverse => {
                let sort = &mut self.view.list_mut().sort;
                sort.reversed = !sort.reversed;
                self.list_changed = true;
            }
            Command::Palette => self.open_palette(),
            Command::Help => self.view.popup = Some(Popup::Help { top: 0 }),
            Command::Mark => self.mark(),
            Command::MarkAll => self.view.marks.extend(self.view.list().ids.to_vec()),
            Command::MarkInvert => self.invert_marks(),
            Command::MarkClear => self.view.marks.clear(),
            Command::Retry => self.ask_retry(),
            Command::Cancel => self.ask_cancel(),
            Command::Pause => self.pause_or_resume(),
            Command::Raise => self.change_priority(10),
            Command::Lower => self.change_priority(-10),
            Command::Why => self.ask_why(),
            Command::Undo => self.undo(),
            Command::Yank => self.yank(),
            Command::Follow => self.toggle_follow(),
            Command::Search => self.open_search(),
            Command::Level => self.next_level(),
            Command::NextError => self.find_in_log(true, false),
            Command::PreviousError => self.find_in_log(false, false),
            Command::Stage => self.next_stage(),
            Command::Times => self.with_log(|view| view.times = view.times.next()),
            Command::Wrap => self.with_log(|view| view.wrap = !view.wrap),
            Command::Freeze => self.freeze(),
            Command::ReadOnly => self.toggle_read_only(),
            Command::Repaint => self.out.push(Action::Repaint),
            Command::Refetch => self.refetch(),
            Command::Suspend => self.out.push(Action::Suspend),
            Command::Quit if self.view.detail.is_some() => self.close_detail(),
            Command::Quit => self.quit(false),
            Command::QuitLeaving => self.quit(true),
            Command::Interrupt => self.interrupt(),
        }
    }

    fn open(&mut self, tab: Tab) {
        if let Some(detail) = &mut self.view.detail {
            detail.tab = tab;
            self.log_changed = true;
            return;
        }
        if let Some(row) = self.current() {
            let id = row.view.id.clone();
            self.open_detail(id, tab);
        }
    }

    pub(super) fn open_detail(&mut self, id: String, tab: Tab) {
        self.view.last = Some((self.view.screen, None));
        self.view.detail = Some(Detail::new(id, tab));
        self.touch_all();
        if self.link.is_connected() {
            self.refetch_detail();
            self.subscribe();
        }
    }

    pub(super) fn close_detail(&mut self) {
        let id = self.view.detail.take().map(|detail| detail.id);
        self.view.last = Some((self.view.screen, id));
        self.touch_all();
        if self.link.is_connected() {
            self.subscribe();
        }
    }

    fn last_view(&mut self) {
        match self.view.last.take() {
            Some((screen, Some(id))) => {
                self.view.screen = screen;
                self.open_detail(id, Tab::Timeline);
            }
            Some((_, None)) if self.view.detail.is_some() => self.close_detail(),
            Some((screen, None)) => self.show_screen(screen),
            None => {}
        }
    }

    /// One step back: what was said, the search, the detail, the marks, the filter.
    fn back(&mut self) {
        let said = self.view.toasts.clear();
        if let Some(detail) = &mut self.view.detail {
            if detail.log_view.search.take().is_none() {
                self.close_detail();
            }
        } else if !self.view.marks.is_empty() {
            self.view.marks.clear();
        } else if !self.view.list().filter.is_empty() {
            self.view.list_mut().filter = Default::default();
            self.list_changed = true;
        } else if !said && self.view.screen != Screen::Active {
            self.show_screen(Screen::Active);
        }
    }

    fn step_tab(&mut self, by: usize) {
        if let Some(detail) = &mut self.view.detail {
            detail.tab = detail.tab.step(by);
            detail.top = 0;
            self.log_changed = true;
        }
    }

    fn mark(&mut self) {
        let Some(id) = self.view.list().cursor.clone() else {
            return;
        };
        if !self.view.marks.remove(&id) {
            self.view.marks.insert(id);
        }
        self.view.list_mut().step(1);
    }

    fn invert_marks(&mut self) {
        for id in self.view.list().ids.clone() {
            if !self.view.marks.remove(&id) {
                self.view.marks.insert(id);
            }
        }
    }

    fn ask_why(&mut self) {
        let Some(row) = self.current() else { return };
        let id = row.view.id.clone();
        let ended = row.status.is_terminal() && row.status != Status::Unknown;
        let answer = if ended {
            // Why it failed stands in its row; nothing is waited for.
            Answer::Told(WhyView {
                status: row.view.status.clone(),
                ..WhyView::default()
            })
        } else if self.link.is_connected() {
            Answer::Asked
        } else {
            Answer::Failed("not connected; C-r connects now".to_owned())
        };
        if answer == Answer::Asked {
            self.call_once(Call::Why { id: id.clone() });
        }
        self.view.popup = Some(Popup::Why(Why { id, answer }));
    }

    fn yank(&mut self) {
        let Some(row) = self.current() else { return };
        let id = row.view.id.clone();
        self.say(Tone::Good, format!("{id} copied via OSC 52"));
        self.out.push(Action::Copy(id));
    }

    fn freeze(&mut self) {
        self.view.frozen = match self.view.frozen.take() {
            Some(_) => None,
            None => Some(Frozen {
                model: self.model.clone(),
                at_ms: self.clock_ms(),
            }),
        };
        self.touch_all();
    }

    fn toggle_read_only(&mut self) {
        self.settings.read_only = !self.settings.read_only;
        let text = if self.settings.read_only {
            "read-only: acts are refused"
        } else {
            "acts are allowed"
        };
        self.say(Tone::Plain, text);
    }

    fn refetch(&mut self) {
        if self.link.is_connected() {
            self.out.push(Action::Resync);
            self.view.history.outdated = true;
            if self.view.screen == Screen::History {
                self.fetch_history();
            }
        } else {
            self.out.push(Action::Dial);
        }
    }

    fn interrupt(&mut self) {
        if self
            .view
            .interrupted_ms
            .is_some_and(|at| self.now_ms - at < TWICE_MS)
        {
            self.quit(false);
        } else {
            self.view.interrupted_ms = Some(self.now_ms);
            self.say(Tone::Plain, "C-c again quits");
        }
    }

    /// A cancel that is still held was confirmed: it is sent, and the end waits a moment for its answer.
    fn quit(&mut self, leave_picture: bool) {
        self.quitting = Some((self.now_ms + GRACE_MS, leave_picture));
        self.send_due();
    }
}
