//! Who gets a key: the popup, else the prompt, else the screen through the keymap.

use super::core::App;
use super::popup::Popup;
use super::view::Prompt;
use crate::input::{Code, Command, Edit, Key, Lookup};

impl App {
    pub(super) fn key(&mut self, key: Key) {
        self.changed = true;
        // Leaving is never in the way of a popup or a prompt.
        if key == Key::ctrl('c') {
            self.run(Command::Interrupt);
        } else if let Some(popup) = self.view.popup.take() {
            self.popup_key(popup, key);
        } else if let Some(form) = self.view.form.take() {
            self.form_key(form, key);
        } else if self.view.prompt.is_some() {
            self.prompt_key(key);
        } else {
            self.screen_key(key);
        }
    }

    fn screen_key(&mut self, key: Key) {
        if !self.view.chord.is_empty() && key.code == Code::Esc {
            self.view.chord.clear();
            return;
        }
        self.view.chord.push(key);
        match self.keymap.lookup(self.context(), &self.view.chord) {
            Lookup::Command(command) => {
                self.view.chord.clear();
                self.run(command);
            }
            Lookup::Prefix(_) => {}
            Lookup::Nothing => self.view.chord.clear(),
        }
    }

    /// `popup` is put back unless the key closes it.
    fn popup_key(&mut self, popup: Popup, key: Key) {
        let closes = matches!(key.code, Code::Esc) || (key.code == Code::Char('q') && !key.ctrl);
        self.view.popup = match popup {
            _ if closes && !matches!(popup, Popup::Confirm(_)) => None,
            Popup::Help { .. } if key.code == Code::Char('?') => None,
            Popup::Help { top } => Some(Popup::Help {
                top: scrolled(top, key),
            }),
            Popup::Text { .. } | Popup::Delivery { .. } | Popup::Compare { .. }
                if key.code == Code::Enter =>
            {
                None
            }
            Popup::Text { title, lines, top } => Some(Popup::Text {
                title,
                lines,
                top: scrolled(top, key),
            }),
            Popup::Picture(_) if matches!(key.code, Code::Enter | Code::Char('v')) => None,
            Popup::Picture(picture) => Some(Popup::Picture(picture)),
            Popup::Compare { top } => Some(Popup::Compare {
                top: scrolled(top, key),
            }),
            Popup::Delivery { id, top } => {
                match key.code {
                    Code::Char('R' | 'r') => self.replay(),
                    Code::Char('y') => self.copy_curl(),
                    _ => {}
                }
                let top = scrolled(top, key);
                // A question that was just asked goes before what it is asked over.
                match self.view.popup.take() {
                    Some(asked) => Some(asked),
                    None => Some(Popup::Delivery { id, top }),
                }
            }
            Popup::Columns { at } => self.columns_key(at, key),
            Popup::Why(why) => match key.code {
                _ if closes || matches!(key.code, Code::Enter | Code::Char('w')) => None,
                Code::Char('+' | '=') => {
                    self.run(Command::Raise);
                    Some(Popup::Why(why))
                }
                _ => Some(Popup::Why(why)),
            },
            Popup::Confirm(confirm) => {
                self.confirm_key(confirm, key);
                return;
            }
            Popup::Retry(mut menu) => match key.code {
                _ if closes => None,
                Code::Down | Code::Char('j') => {
                    menu.chosen = (menu.chosen + 1).min(menu.choices.len().saturating_sub(1));
                    Some(Popup::Retry(menu))
                }
                Code::Up | Code::Char('k') => {
                    menu.chosen = menu.chosen.saturating_sub(1);
                    Some(Popup::Retry(menu))
                }
                Code::Char(c)
                    if c.to_digit(10)
                        .is_some_and(|n| n >= 1 && n as usize <= menu.choices.len()) =>
                {
                    menu.chosen = c.to_digit(10).map_or(0, |n| n as usize - 1);
                    self.retry_chosen(menu);
                    return;
                }
                Code::Enter => {
                    self.retry_chosen(menu);
                    return;
                }
                _ => Some(Popup::Retry(menu)),
            },
        };
    }

    /// No is the default: Enter, Esc and every other answer but `y` or the typed count leave all as it is.
    fn confirm_key(&mut self, mut confirm: super::popup::Confirm, key: Key) {
        if let Some(wanted) = &confirm.wanted {
            match key.code {
                Code::Esc => {}
                Code::Enter if confirm.typed.text().trim() == wanted.as_str() => {
                    self.confirmed(confirm);
                }
                Code::Enter => {}
                _ => {
                    confirm.typed.key(key);
                    self.view.popup = Some(Popup::Confirm(confirm));
                }
            }
            return;
        }
        match key.code {
            Code::Char('y' | 'Y' | '1') => self.confirmed(confirm),
            Code::Char('n' | 'N' | '2' | 'q') | Code::Enter | Code::Esc => {}
            _ => self.view.popup = Some(Popup::Confirm(confirm)),
        }
    }

    fn prompt_key(&mut self, key: Key) {
        match key.code {
            Code::Esc => self.leave_prompt(),
            Code::Enter => self.enter_prompt(),
            Code::Up => self.recall(1),
            Code::Down => self.recall(-1),
            Code::Tab | Code::BackTab => self.complete(),
            _ => {
                let Some(edit) = self.view.prompt.as_mut().map(Prompt::edit_mut) else {
                    return;
                };
                // Backspace in an empty line leaves it, as in an editor's command line.
                if key.code == Code::Backspace && edit.text().is_empty() {
                    self.leave_prompt();
                } else if edit.key(key) {
                    self.typed_on();
                }
            }
        }
    }

    /// Up: in the palette an offer before, else an earlier line.
    fn recall(&mut self, by: isize) {
        if let Some(Prompt::Palette { edit, chosen }) = &mut self.view.prompt
            && (!edit.text().is_empty() || self.view.recalled.is_none() && by < 0)
        {
            *chosen = chosen.saturating_add_signed(-by);
            return;
        }
        let count = self.view.typed.len();
        let next = match self.view.recalled {
            None if by > 0 && count > 0 => Some(0),
            None => None,
            Some(at) => at
                .checked_add_signed(by)
                .map(|at| at.min(count.saturating_sub(1))),
        };
        self.view.recalled = next;
        let text = next
            .and_then(|at| self.view.typed.iter().rev().nth(at))
            .cloned()
            .unwrap_or_default();
        let Some(prompt) = &mut self.view.prompt else {
            return;
        };
        *prompt.edit_mut() = Edit::new(&text);
        self.typed_on();
    }
}

/// The first line of something to read, after a key.
fn scrolled(top: usize, key: Key) -> usize {
    match key.code {
        Code::Down | Code::Char('j') => top + 1,
        Code::Up | Code::Char('k') => top.saturating_sub(1),
        Code::PageDown | Code::Char(' ') => top + 10,
        Code::PageUp => top.saturating_sub(10),
        Code::Home => 0,
        _ => top,
    }
}
