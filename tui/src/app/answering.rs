//! Opening, filling in and sending forms.

use super::call::{Act, Call, Failure};
use super::core::App;
use super::form::{Form, Pressed, Purpose};
use super::toast::Tone;
use super::view::Screen;
use crate::input::Key;
use crate::model::happening;
use serde_json::Value;

impl App {
    /// Opens the form of what the current workflow asks.
    pub(super) fn open_form(&mut self) {
        let Some(row) = self.current() else { return };
        let Some(gate) = row.view.gates.first() else {
            let text = format!("{} asks nothing", row.name());
            self.say(Tone::Plain, text);
            return;
        };
        let form = Form::of_gate(row, gate, self.now_ms);
        let key = form.key.clone();
        if !self.may_act(&key) {
            return;
        }
        if self.view.screen != Screen::Asks || self.view.detail.is_some() {
            self.show_screen(Screen::Asks);
            self.settle_lists();
        }
        self.view.asks.go_to(&key);
        self.view.form = Some(form);
    }

    /// Asks how much more time a gate is to have: the line is there to be sent or changed.
    pub(super) fn ask_extend(&mut self) {
        if self.extensible().is_some() {
            self.open_palette_with("extend 30m");
        }
    }

    /// Gives the current workflow's gate more time; how much is the daemon's to judge.
    pub(super) fn extend_gate(&mut self, by: &str) {
        let Some((key, stage)) = self.extensible() else {
            return;
        };
        if self.may_act(&key) {
            let by = by.to_owned();
            self.act_on(Act::Extend { stage, by }, vec![key]);
        }
    }

    /// The current workflow and the stage of its first gate that has a deadline. Says why there is none.
    fn extensible(&mut self) -> Option<(String, Option<String>)> {
        let row = self.current()?;
        let found = row.view.gates.iter().find(|gate| gate.deadline.is_some());
        if let Some(gate) = found {
            return Some((row.key.clone(), gate.stage.clone()));
        }
        let text = if row.view.gates.is_empty() {
            format!("{} asks nothing", row.name())
        } else {
            format!("{} asks without a deadline", row.name())
        };
        self.say(Tone::Plain, text);
        None
    }

    /// Opens the inputs of a workflow that is to be tried again.
    pub(super) fn open_retry_form(&mut self, key: &str) {
        if !self.may_act(key) {
            return;
        }
        self.view.form = self.row(key).map(|row| Form::of_retry(row, self.now_ms));
    }

    pub(super) fn form_key(&mut self, mut form: Form, key: Key) {
        let pressed = form.key(key, self.now_ms);
        let whose = form.key.clone();
        self.view.form = Some(form);
        match pressed {
            Pressed::Stays => {}
            Pressed::Close => self.view.form = None,
            Pressed::Send => self.send_form(&whose),
            Pressed::Skip => {
                self.view.form = None;
                if self.view.screen == Screen::Asks {
                    let list = &mut self.view.asks;
                    let next = if list.at + 1 < list.ids.len() {
                        list.at + 1
                    } else {
                        0
                    };
                    list.go(next);
                    self.open_form();
                }
            }
        }
    }

    fn send_form(&mut self, key: &str) {
        if !self.may_act(key) {
            return;
        }
        let Some(form) = &self.view.form else { return };
        let act = match &form.purpose {
            Purpose::Answer { stage } => Act::Answer {
                stage: stage.clone(),
                responses: form.values(),
            },
            Purpose::Confirm { stage } => Act::Confirm {
                stage: stage.clone(),
                yes: form.says_yes(),
            },
            Purpose::Retry => Act::Retry {
                from: form.from(),
                params: form.values(),
            },
        };
        let ticket = self.call(Call::Act {
            id: key.to_owned(),
            act,
        });
        if let Some(form) = &mut self.view.form {
            form.ticket = Some(ticket);
        }
    }

    /// The reply to a form that was sent: taken, it closes; refused, it says why and stays. True if it was one.
    pub(super) fn form_told(&mut self, ticket: u64, result: &Result<Value, Failure>) -> bool {
        let Some(form) = &mut self.view.form else {
            return false;
        };
        if form.ticket != Some(ticket) {
            return false;
        }
        match result {
            Ok(_) => {
                self.view.form = None;
                false
            }
            Err(failure) => {
                form.ticket = None;
                form.problem = Some(failure.message.clone());
                true
            }
        }
    }

    /// Closes a form whose question was answered elsewhere, and says by whom.
    pub(super) fn check_form(&mut self) {
        let Some(form) = &self.view.form else { return };
        if form.ticket.is_some() {
            return;
        }
        let row = self.row(&form.key);
        if row.is_some_and(|row| form.still_asked(row)) {
            return;
        }
        let name = row.map_or_else(|| form.key.clone(), |row| row.name().to_owned());
        let by = row
            .and_then(|row| row.view.answers.last())
            .map(|answer| answer.by.as_str())
            .filter(|by| !by.is_empty())
            .map_or_else(|| "elsewhere".to_owned(), |by| format!("by {by}"));
        self.view.form = None;
        let text = format!("{name} was answered {by} meanwhile: nothing was sent");
        self.say(Tone::Plain, text);
    }

    /// Keeps what happened for the Events screen.
    pub(super) fn happened(&mut self, one: happening::Happening) {
        self.view.events.kept.push(one);
        self.view.events.changed = true;
    }
}
