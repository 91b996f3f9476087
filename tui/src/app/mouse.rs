//! The mouse, where a person lets it in: a click chooses, a second one opens, the wheel scrolls. It does nothing that keys
//! don't, and nothing that changes a workflow.

use super::areas::{Rect, Width};
use super::core::App;
use super::detail::Tab;
use super::event::Action;
use super::hooks;
use super::queue;
use super::toast::Tone;
use super::view::Screen;
use crate::input::mouse::{Mouse, Move};
use crate::input::{Code, Command, Key};

/// A second click within so many milliseconds opens.
const TWICE_MS: i64 = 400;

/// Lines of a turn of the wheel.
const WHEEL: isize = 3;

/// Which line of a screen stands at a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Spot {
    /// Of a list of workflows.
    Row(usize),
    /// Of the upper half: boxes, endpoints.
    Upper(usize),
    /// Of the lower half, or of the only list: the line, deliveries, events.
    Lower(usize),
}

impl App {
    pub(super) fn mouse(&mut self, mouse: Mouse) {
        self.changed = true;
        match mouse.what {
            Move::WheelUp => self.wheel(-WHEEL),
            Move::WheelDown => self.wheel(WHEEL),
            Move::Press => self.press(mouse.at),
        }
    }

    pub(super) fn toggle_mouse(&mut self) {
        self.settings.mouse = !self.settings.mouse;
        self.out.push(Action::Mouse(self.settings.mouse));
        let text = if self.settings.mouse {
            "the mouse chooses and scrolls; with Shift the terminal selects as ever"
        } else {
            "the mouse is the terminal's own again"
        };
        self.say(Tone::Plain, text);
    }

    fn wheel(&mut self, by: isize) {
        if self.view.popup.is_some() {
            let code = if by < 0 { Code::Up } else { Code::Down };
            for _ in 0..WHEEL {
                self.key(Key::of(code));
            }
        } else if self.view.form.is_none() && self.view.prompt.is_none() {
            self.move_by(by);
        }
    }

    fn press(&mut self, at: (u16, u16)) {
        if self.view.popup.is_some() || self.view.form.is_some() || self.view.prompt.is_some() {
            return;
        }
        let areas = self.areas();
        if areas.tabs.height > 0 && at.1 == areas.tabs.y {
            self.press_tab(at.0);
            return;
        }
        if self.view.detail.is_some() {
            return;
        }
        let Some(spot) = self.spot(at) else { return };
        let twice = self
            .view
            .pressed
            .is_some_and(|(when, before)| before == at.1 && self.now_ms - when < TWICE_MS);
        self.view.pressed = Some((self.now_ms, at.1));
        self.choose(spot);
        if twice {
            self.view.pressed = None;
            // On the Queue screen Enter sends a draft, which is no click's business.
            if self.view.screen != Screen::Queue {
                self.run(Command::Open);
            }
        }
    }

    fn press_tab(&mut self, column: u16) {
        let area = self.areas().tabs;
        if self.view.detail.is_some() {
            if let Some(tab) = crate::ui::tab_at(area, column) {
                self.show_tab(tab);
            }
        } else if let Some(screen) = crate::ui::screen_at(self, area, column) {
            self.show_screen(screen);
        }
    }

    fn show_tab(&mut self, wanted: Tab) {
        for _ in 0..Tab::ALL.len() {
            if self
                .view
                .detail
                .as_ref()
                .is_none_or(|detail| detail.tab == wanted)
            {
                return;
            }
            self.step_tab(1);
        }
    }

    fn spot(&self, at: (u16, u16)) -> Option<Spot> {
        let areas = self.areas();
        let within = |area: Rect| {
            let inside = area.contains((at.0, at.1).into());
            inside.then(|| usize::from(at.1 - area.y))
        };
        match self.view.screen {
            Screen::Active | Screen::Asks | Screen::History => {
                let list = self.view.list();
                let line = within(areas.main)?;
                let (lead, high) = match areas.width {
                    Width::Preview => (2, 1),
                    Width::Cards => (0, 2),
                    _ => (1, 1),
                };
                let row = line.checked_sub(lead)? / high;
                let at = list.top + row;
                (row < areas.list_rows() && at < list.ids.len()).then_some(Spot::Row(at))
            }
            Screen::Hooks => {
                let hooks = &self.view.hooks;
                let (above, below) = areas.hooks_split(hooks.endpoints.len() + 1);
                if let Some(line) = within(above) {
                    let at = line.checked_sub(1)? + hooks.picked.top;
                    return (at <= hooks.endpoints.len()).then_some(Spot::Upper(at));
                }
                let at = within(below)?.checked_sub(1)? + hooks.cursor.top;
                (at < hooks.deliveries.len()).then_some(Spot::Lower(at))
            }
            Screen::Queue => {
                let view = &self.view.queue;
                let (above, below) = areas.queue_split(self.box_lines());
                if let Some(line) = within(above) {
                    let first = self.first_box(usize::from(above.height).saturating_sub(1));
                    let at = line.checked_sub(1)? + first;
                    return (at < self.boxes().count()).then_some(Spot::Upper(at));
                }
                let at = within(below)?.checked_sub(1)? + view.cursor.top;
                (at < view.order.len()).then_some(Spot::Lower(at))
            }
            Screen::Events => {
                let view = &self.view.events;
                let at = within(areas.main)?.checked_sub(1)? + view.cursor.top;
                (at < view.shown.len()).then_some(Spot::Lower(at))
            }
            Screen::Stats => None,
        }
    }

    /// Puts the cursor there, as moving to it would.
    fn choose(&mut self, spot: Spot) {
        let (pane_queue, pane_hooks) = match spot {
            Spot::Upper(_) => (queue::Pane::Boxes, hooks::Pane::Endpoints),
            _ => (queue::Pane::Line, hooks::Pane::Deliveries),
        };
        let (Spot::Row(to) | Spot::Upper(to) | Spot::Lower(to)) = spot;
        let from = match self.view.screen {
            Screen::Active | Screen::Asks | Screen::History => self.view.list().at,
            Screen::Hooks => {
                let hooks = &mut self.view.hooks;
                hooks.pane = pane_hooks;
                match spot {
                    Spot::Upper(_) => hooks.picked.at,
                    _ => hooks.cursor.at,
                }
            }
            Screen::Queue => {
                let view = &mut self.view.queue;
                view.pane = pane_queue;
                match spot {
                    Spot::Upper(_) => view.box_at,
                    _ => view.cursor.at,
                }
            }
            Screen::Events => self.view.events.cursor.at,
            Screen::Stats => return,
        };
        let step = isize::try_from(to).unwrap_or(isize::MAX) - isize::try_from(from).unwrap_or(0);
        self.move_by(step);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::Event;
    use crate::app::fixture::*;
    use crate::model::Row;
    use proptest::prelude::*;

    fn press(app: &mut App, at: (u16, u16), after_ms: i64) {
        let mouse = Mouse {
            what: Move::Press,
            at,
        };
        let now = app.now_ms + after_ms;
        app.handle(Event::Mouse(mouse), now);
        app.settle();
    }

    /// The line of the picture with this text.
    fn line_of(app: &mut App, text: &str) -> u16 {
        let buffer = draw(app);
        let lines = crate::ui::lines(&buffer);
        u16::try_from(lines.iter().position(|line| line.contains(text)).unwrap()).unwrap()
    }

    #[test]
    fn a_click_chooses_what_is_drawn_there_and_a_second_one_opens_it() {
        for size in [(160, 50), (120, 36), (80, 24), (60, 20), (45, 20)] {
            let mut app = live(size, workflows());
            let name = "safety-briefing";
            let y = line_of(&mut app, name);
            press(&mut app, (10, y), 1_000);
            assert!(app.current().unwrap().name().contains(name), "{size:?}");
            press(&mut app, (10, y), 5_000);
            assert!(app.view.detail.is_none(), "too late for a second click");
            press(&mut app, (10, y), 100);
            assert!(app.view.detail.is_some(), "{size:?}");
        }
    }

    #[test]
    fn a_click_on_a_name_goes_there_and_the_wheel_scrolls() {
        let mut app = live((120, 36), workflows());
        let buffer = draw(&mut app);
        let tabs = crate::ui::lines(&buffer)[1].clone();
        let column = |text: &str| u16::try_from(tabs[..tabs.find(text).unwrap()].chars().count());
        press(&mut app, (column("Stats").unwrap(), 1), 1_000);
        assert_eq!(app.view.screen, Screen::Stats);
        type_keys(&mut app, "1 Enter");
        let buffer = draw(&mut app);
        let tabs = crate::ui::lines(&buffer)[1].clone();
        let at = tabs[..tabs.find("Inputs").unwrap()].chars().count();
        press(&mut app, (u16::try_from(at).unwrap(), 1), 1_000);
        assert_eq!(app.view.detail.as_ref().unwrap().tab, Tab::Inputs);
        type_keys(&mut app, "Esc");
        let first = app.current().map(|row: &Row| row.key.clone());
        let wheel = Mouse {
            what: Move::WheelDown,
            at: (0, 0),
        };
        let now = app.now_ms;
        app.handle(Event::Mouse(wheel), now);
        assert_ne!(app.current().map(|row| row.key.clone()), first);
    }

    proptest! {
        #[test]
        fn no_click_does_anything_to_a_workflow(
            clicks in prop::collection::vec((0..3u8, 0..130u16, 0..40u16), 1..40),
            keys in prop::sample::select(vec!["1", "2", "3", "4", "5", "6", "7", "Enter", "?", "C", "/ a"]),
        ) {
            let mut app = queued((120, 36));
            type_keys(&mut app, keys);
            for (what, column, row) in clicks {
                let what = [Move::Press, Move::WheelUp, Move::WheelDown][usize::from(what)];
                let now = app.now_ms + 100;
                app.handle(Event::Mouse(Mouse { what, at: (column, row) }), now);
                draw(&mut app);
            }
            prop_assert!(!app.calls.values().any(|call| call.is_act()) && app.held.is_empty());
        }
    }
}
