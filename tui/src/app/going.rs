//! Going from view to view: screens, an opened workflow, tabs and panes, the way back.

use super::call::Call;
use super::core::App;
use super::detail::{Detail, Tab};
use super::toast::Tone;
use super::view::Screen;

impl App {
    /// This screen is shown, with nothing opened over it.
    pub(super) fn on(&self, screen: Screen) -> bool {
        self.view.detail.is_none() && self.view.screen == screen
    }

    pub(super) fn open(&mut self, tab: Tab) {
        if let Some(detail) = &mut self.view.detail {
            detail.tab = tab;
            self.log_changed = true;
        } else if self.on(Screen::Hooks) {
            self.open_in_hooks();
        } else if self.on(Screen::Stats) {
            self.open_family();
        } else if let Some(row) = self.current() {
            let key = row.key.clone();
            self.open_detail(key, tab);
        } else if let Some(key) = self.current_key() {
            // An event's workflow that no list holds any more.
            self.open_detail(key, tab);
        }
    }

    pub(super) fn open_detail(&mut self, key: String, tab: Tab) {
        let from = self.place();
        self.view
            .places
            .go(from, (self.view.screen, Some(key.clone())));
        self.show_detail(key, tab);
    }

    fn show_detail(&mut self, key: String, tab: Tab) {
        let reaches = self.reaches(&key);
        self.view.form = None;
        self.view.detail = Some(Detail::new(key, tab));
        self.touch_all();
        if reaches {
            self.refetch_detail();
            self.subscribe();
        }
    }

    pub(super) fn close_detail(&mut self) {
        let from = self.place();
        self.view.places.go(from, (self.view.screen, None));
        self.hide_detail();
    }

    fn hide_detail(&mut self) {
        self.view.detail = None;
        self.touch_all();
        if self.reaches_any() {
            self.subscribe();
        }
    }

    fn place(&self) -> super::view::Place {
        let opened = self.view.detail.as_ref().map(|detail| detail.id.clone());
        (self.view.screen, opened)
    }

    /// Goes where the way back or forward leads, without a new step on it.
    pub(super) fn go_to(&mut self, place: Option<super::view::Place>) {
        match place {
            Some((screen, Some(key))) => {
                self.view.screen = screen;
                self.show_detail(key, Tab::Timeline);
            }
            Some((screen, None)) => {
                if self.view.detail.is_some() {
                    self.hide_detail();
                }
                self.view.screen = screen;
                self.view.form = None;
                self.enter_screen();
            }
            None => self.say(Tone::Plain, "no further view that way"),
        }
    }

    pub(super) fn show_screen(&mut self, screen: Screen) {
        let from = self.place();
        if from == (screen, None) {
            self.refetch_screen();
            return;
        }
        self.view.places.go(from, (screen, None));
        if self.view.detail.is_some() {
            self.hide_detail();
        }
        if screen != self.view.screen {
            // Marks mean what is in sight.
            self.view.marks.clear();
            self.view.form = None;
        }
        self.view.screen = screen;
        self.enter_screen();
    }

    fn enter_screen(&mut self) {
        let stale = match self.view.screen {
            Screen::History => !self.view.history.loaded || self.view.history.outdated,
            Screen::Hooks => true,
            Screen::Stats => self.now_ms - self.view.stats.asked_ms > 30_000,
            Screen::Queue | Screen::Events => true,
            Screen::Active | Screen::Asks => false,
        };
        if stale {
            self.refetch_screen();
        }
        self.view.events.changed = true;
        self.touch_all();
    }

    /// Asks anew for what the screen shows beyond the stream.
    pub(super) fn refetch_screen(&mut self) {
        match self.view.screen {
            Screen::History => self.fetch_history(),
            Screen::Hooks => self.fetch_hooks(),
            Screen::Stats => self.fetch_stats(),
            Screen::Queue => self.ask_each(|daemon| Call::Workers { daemon }),
            Screen::Events => self.fetch_older_events(),
            Screen::Active | Screen::Asks => {}
        }
    }

    /// One step back: what was said, the search, the detail, the draft, the marks, the filter.
    pub(super) fn back(&mut self) {
        let said = self.view.toasts.clear();
        if let Some(detail) = &self.view.detail {
            if detail.log_view.search.is_some() {
                self.search_log(None);
            } else {
                self.close_detail();
            }
        } else if self.on(Screen::Queue) && !self.view.queue.draft.is_empty() {
            self.view.queue.draft.clear();
            self.list_changed = true;
        } else if self.on(Screen::Hooks) && !self.view.hooks.marks.is_empty() {
            self.view.hooks.marks.clear();
        } else if self.on(Screen::Events) && !self.view.events.filter.is_empty() {
            self.view.events.filter.clear();
            self.view.events.changed = true;
        } else if self.view.screen.lists_workflows() && !self.view.marks.is_empty() {
            self.view.marks.clear();
        } else if self.view.screen.lists_workflows() && !self.view.list().filter.is_empty() {
            self.set_filter(Default::default());
        } else if !said && self.view.screen != Screen::Active {
            self.show_screen(Screen::Active);
        }
    }

    pub(super) fn step_tab(&mut self, by: usize) {
        if let Some(detail) = &mut self.view.detail {
            detail.tab = detail.tab.step(by);
            detail.top = 0;
            self.log_changed = true;
            self.fetch_tab();
            return;
        }
        match self.view.screen {
            Screen::Hooks => {
                let pane = &mut self.view.hooks.pane;
                *pane = match pane {
                    super::hooks::Pane::Endpoints => super::hooks::Pane::Deliveries,
                    super::hooks::Pane::Deliveries => super::hooks::Pane::Endpoints,
                };
            }
            Screen::Queue => {
                let pane = &mut self.view.queue.pane;
                *pane = match pane {
                    super::queue::Pane::Boxes => super::queue::Pane::Line,
                    super::queue::Pane::Line => super::queue::Pane::Boxes,
                };
            }
            _ => {}
        }
    }
}
