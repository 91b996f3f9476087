//! What each command does: one arm each, the longer ones in a sibling file.

use super::call::Call;
use super::core::App;
use super::detail::Tab;
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
            Command::Left => self.sideways(-1),
            Command::Right => self.sideways(1),
            Command::NextWorkflow => self.other_workflow(1),
            Command::PreviousWorkflow => self.other_workflow(-1),
            Command::Active => self.show_screen(Screen::Active),
            Command::Asks => self.show_screen(Screen::Asks),
            Command::History => self.show_screen(Screen::History),
            Command::Hooks => self.show_screen(Screen::Hooks),
            Command::Queue => self.show_screen(Screen::Queue),
            Command::Stats => self.show_screen(Screen::Stats),
            Command::Events => self.show_screen(Screen::Events),
            Command::Open => self.open(Tab::Timeline),
            Command::Logs => self.open(Tab::Logs),
            Command::Back => self.back(),
            Command::LastView => {
                let place = self.view.places.swap();
                self.go_to(place);
            }
            Command::StepBack => {
                let place = self.view.places.step(-1);
                self.go_to(place);
            }
            Command::StepForward => {
                let place = self.view.places.step(1);
                self.go_to(place);
            }
            Command::NextTab => self.step_tab(1),
            Command::PreviousTab => self.step_tab(Tab::ALL.len() - 1),
            Command::Zoom => {
                self.view.zoomed = !self.view.zoomed;
                self.touch_all();
            }
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
            Command::Columns => self.view.popup = Some(Popup::Columns { at: 0 }),
            Command::Mouse => self.toggle_mouse(),
            Command::Help => self.view.popup = Some(Popup::Help { top: 0 }),
            Command::Mark => self.mark(),
            Command::MarkRange => self.mark_range(),
            Command::MarkAll => self.mark_all(),
            Command::MarkInvert => self.invert_marks(),
            Command::MarkClear => self.clear_marks(),
            Command::Retry if self.on(Screen::Stats) => self.ask_retry_family(),
            Command::Retry => self.ask_retry(),
            Command::Cancel => self.ask_cancel(),
            Command::Delete => self.ask_delete(),
            Command::Pause => self.pause_or_resume(),
            Command::Raise => self.change_priority(10),
            Command::Lower => self.change_priority(-10),
            Command::Why => self.ask_why(),
            Command::Answer => self.open_form(),
            Command::Extend => self.ask_extend(),
            Command::Compare => self.compare(),
            Command::Preview => self.preview(),
            Command::Undo => self.undo(),
            Command::Yank => self.yank(),
            Command::Follow => self.toggle_follow(),
            Command::Search => self.open_search(),
            Command::LogFilter => self.open_log_filter(),
            Command::Since(window) => self.log_window(usize::from(window)),
            Command::Level => self.next_level(),
            Command::NextError => self.find_in_log(true, false),
            Command::PreviousError => self.find_in_log(false, false),
            Command::Stage => self.next_stage(),
            Command::Times => self.with_log(|view| view.times = view.times.next()),
            Command::Wrap => self.with_log(|view| view.wrap = !view.wrap),
            Command::Fold => self.with_log(|view| view.fold = !view.fold),
            Command::Pretty => self.pretty(),
            Command::LogMark => self.mark_line(),
            Command::LogNextMark => self.next_marked_line(),
            Command::Replay => self.replay(),
            Command::ReplayAll => self.ask_replay_all(),
            Command::Enable => self.enable(),
            Command::Rotate => self.ask_rotate(),
            Command::Ping => self.ping(),
            Command::Curl => self.copy_curl(),
            Command::Drain => self.ask_drain(),
            Command::Undrain => self.undrain(),
            Command::Earlier => self.draft(-1),
            Command::Later => self.draft(1),
            Command::Apply => self.apply_draft(),
            Command::WindowLess => self.change_window(-1),
            Command::WindowMore => self.change_window(1),
            Command::Plain => {
                self.view.plain = !self.view.plain;
                self.out.push(Action::Repaint);
            }
            Command::Dump => self.save_screen("~/reel-screen.txt"),
            Command::Net => self.show_net(),
            Command::Reload => self.out.push(Action::Reload),
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

    fn ask_why(&mut self) {
        let Some(row) = self.current() else { return };
        let id = row.key.clone();
        let ended = row.status.is_terminal() && row.status != Status::Unknown;
        let answer = if ended {
            // Why it failed stands in its row; nothing is waited for.
            Answer::Told(WhyView {
                status: row.view.status.clone(),
                ..WhyView::default()
            })
        } else if self.reaches(&id) {
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
                models: self.models().cloned().collect(),
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
        self.renew_links();
        if self.reaches_any() {
            self.view.history.outdated = true;
            self.refetch_screen();
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
