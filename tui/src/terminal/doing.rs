//! What the core wants done: calls and controls for the network, words for the terminal, text for files.

use super::runner::{End, Runner};
use super::{files, graphics};
use crate::app::call::Failure;
use crate::app::popup::Popup;
use crate::app::{Action, Event};
use crate::clock::now_ms;
use crate::config::Config;
use crate::net::Control;
use crate::ui::reading;
use ratatui::layout::Rect;

impl Runner {
    pub(super) fn act(&mut self, action: Action) {
        match action {
            Action::Call { ticket, call } => {
                if let Err(failure) = self.net.call(ticket, call) {
                    self.refused(ticket, failure);
                }
            }
            Action::Subscribe(daemon, logs) => self.control(daemon, Control::Subscribe(logs)),
            Action::Dial(daemon) => self.control(daemon, Control::Dial),
            Action::Resync(daemon) => self.control(daemon, Control::Resync),
            Action::Seen {
                daemon,
                seq,
                instance,
            } => self.control(daemon, Control::Seen(seq, instance)),
            Action::Mouse(_) => self.listen_to_mouse(),
            Action::Repaint => self.painter.begin_anew(self.app.view.size),
            Action::Title(title) => self.tell_terminal(&format!("\x1b]2;{}\x07", plain(&title))),
            Action::Copy(text) => {
                use base64::Engine as _;
                let coded = base64::engine::general_purpose::STANDARD.encode(text);
                let bytes = self
                    .looks
                    .terminal
                    .passed_on(&format!("\x1b]52;c;{coded}\x07"));
                self.tell_terminal(&bytes);
            }
            Action::Notify(text) => {
                let bytes = self.looks.terminal.notification(&text);
                self.tell_terminal(&bytes);
            }
            Action::Save { path, text } => {
                let told = match files::save(&path, &text) {
                    Ok(place) => (true, format!("written to {}", place.display())),
                    Err(why) => (false, why),
                };
                self.feed(Event::Told {
                    good: told.0,
                    text: told.1,
                });
            }
            Action::Reload => {
                let env = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
                let config = Config::load(env);
                let good = config.problems.is_empty();
                self.feed(Event::Configured(Box::new(config)));
                if good {
                    let text = "tui.toml was read again".to_owned();
                    self.feed(Event::Told { good, text });
                }
            }
            Action::Suspend => self.suspend(),
            Action::Quit { leave_picture } => self.end = Some((End::Quit, leave_picture)),
        }
    }

    fn refused(&mut self, ticket: u64, failure: Failure) {
        let event = Event::Reply {
            ticket,
            result: Err(failure),
        };
        for action in self.app.handle(event, now_ms()) {
            // A refusal asks for nothing that could be refused again.
            if let Action::Quit { leave_picture } = action {
                self.end = Some((End::Quit, leave_picture));
            }
        }
    }

    /// Controls that find no room are sent again by what causes them: numbers with the next event, logs with the next connect.
    fn control(&self, daemon: usize, control: Control) {
        let _ = self.net.control(daemon, control);
    }

    /// Asks the terminal to tell of the mouse, or no longer. Leaving it always ends that.
    pub(super) fn listen_to_mouse(&mut self) {
        self.tell_terminal(if self.app.settings.mouse {
            "\x1b[?1000h\x1b[?1006h"
        } else {
            "\x1b[?1006l\x1b[?1000l"
        });
    }

    fn tell_terminal(&mut self, bytes: &str) {
        self.tty.get_mut().queue(bytes.as_bytes());
    }
}

impl Runner {
    /// The picture that the terminal itself is to show, by its key and its place.
    fn wanted_picture(&self) -> Option<(String, Rect)> {
        match &self.app.view.popup {
            Some(Popup::Picture(picture)) if self.app.settings.graphics => {
                let (columns, rows) = self.app.view.size;
                let area = reading::picture_area(picture, Rect::new(0, 0, columns, rows));
                Some((picture.key.clone(), area))
            }
            _ => None,
        }
    }

    /// Before a drawing: a picture that is no longer wanted is taken away, and the cells below it are drawn anew.
    pub(super) fn hide_picture(&mut self) {
        if self.pictured.is_some() && self.pictured != self.wanted_picture() {
            self.pictured = None;
            self.tell_terminal(graphics::hide(self.looks.terminal.pictures));
            self.painter.begin_anew(self.app.view.size);
        }
    }

    /// After a drawing: the one that is wanted is put over the cells that were left empty for it.
    pub(super) fn show_picture(&mut self) {
        let wanted = self.wanted_picture();
        if self.pictured == wanted {
            return;
        }
        if let (Some((_, area)), Some(Popup::Picture(picture))) = (&wanted, &self.app.view.popup)
            && let Some(bytes) = graphics::show(self.looks.terminal.pictures, picture, *area)
        {
            self.tell_terminal(&bytes);
        }
        self.pictured = wanted;
    }
}

/// Without what would end the sequence.
fn plain(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).collect()
}
