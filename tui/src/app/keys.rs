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
            Popup::Help { top } => match key.code {
                _ if closes || key.code == Code::Char('?') => None,
                Code::Down | Code::Char('j') => Some(Popup::Help { top: top + 1 }),
                Code::Up | Code::Char('k') => Some(Popup::Help {
                    top: top.saturating_sub(1),
                }),
                Code::PageDown | Code::Char(' ') => Some(Popup::Help { top: top + 10 }),
                Code::PageUp => Some(Popup::Help {
                    top: top.saturating_sub(10),
                }),
                _ => Some(Popup::Help { top }),
            },
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
        if let Some(edit) = &mut confirm.typed {
            match key.code {
                Code::Esc => return,
                Code::Enter if edit.text().trim() == confirm.ids.len().to_string() => {
                    self.confirmed(confirm)
                }
                Code::Enter => {}
                _ => {
                    edit.key(key);
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
                let edit = match &mut self.view.prompt {
                    Some(
                        Prompt::Filter { edit, .. }
                        | Prompt::Search { edit, .. }
                        | Prompt::Palette { edit, .. },
                    ) => edit,
                    None => return,
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
        match &mut self.view.prompt {
            Some(
                Prompt::Filter { edit, .. }
                | Prompt::Search { edit, .. }
                | Prompt::Palette { edit, .. },
            ) => {
                *edit = Edit::new(&text);
            }
            None => return,
        }
        self.typed_on();
    }
}
