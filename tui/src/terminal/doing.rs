//! What the core wants done: calls and controls for the network, words for the terminal, text for files.

use super::files;
use super::runner::{End, Runner};
use crate::app::call::Failure;
use crate::app::{Action, Event};
use crate::clock::now_ms;
use crate::config::Config;
use crate::net::Control;

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

    fn tell_terminal(&mut self, bytes: &str) {
        self.tty.get_mut().queue(bytes.as_bytes());
    }
}

/// Without what would end the sequence.
fn plain(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).collect()
}
