//! A form: what a workflow asks, or a retry with other inputs, filled in with a few keys.
//!
//! ```text
//!   a, Enter ─▶ open ─(400 ms pass: keys typed ahead are dropped)─▶ armed ─ Enter ─▶ sent ─ taken ─▶ closed
//!                 ▲                                                   ▲                 │ refused
//!                 └── a new question                                  └── the problem ◀─┘
//! ```
//!
//! Invariants: a form never opens by itself, so that nothing typed for another place answers a question; it means one gate
//! of one workflow, and closes unsent when that gate was answered elsewhere.

use super::field::{Field, YES_NO};
use crate::input::{Code, Edit, Key};
use crate::model::row::unix_ms;
use crate::model::{Row, asked};
use reel_shared::workflow::Gate;
use serde_json::{Map, Value};

/// Keys within so many milliseconds of the opening are dropped: they were typed for something else.
pub const ARMED_AFTER_MS: i64 = 400;

/// What sending it does.
#[derive(Debug, Clone, PartialEq)]
pub enum Purpose {
    /// Answers a gate's questions.
    Answer {
        /// The stage that asks.
        stage: Option<String>,
    },
    /// Says yes or no to a gate.
    Confirm {
        /// The stage that asks.
        stage: Option<String>,
    },
    /// Tries again with other inputs.
    Retry,
}

/// A form.
#[derive(Debug, Clone, PartialEq)]
pub struct Form {
    /// Whose key.
    pub key: String,
    /// What sending it does.
    pub purpose: Purpose,
    /// Its lines.
    pub fields: Vec<Field>,
    /// The pictures that a yes lets out, as a stage before told them.
    pub shown: Vec<String>,
    /// The line that takes the keys.
    pub at: usize,
    /// A line with choices takes letters too.
    pub free: bool,
    /// Keys count from here on, in Unix milliseconds.
    pub armed_ms: i64,
    /// Until when it can be answered, in Unix milliseconds.
    pub deadline_ms: Option<i64>,
    /// Why it was not sent or not taken.
    pub problem: Option<String>,
    /// It is sent, under this ticket.
    pub ticket: Option<u64>,
}

/// What a key on a form means.
#[derive(Debug, Clone, PartialEq)]
pub enum Pressed {
    /// It stays open.
    Stays,
    /// It is to be sent.
    Send,
    /// It is to be closed.
    Close,
    /// The next question is wanted.
    Skip,
}

/// The parameter that a retry's form takes the stage from.
const FROM: &str = "from";

/// A gate that is only said yes or no to.
#[must_use]
pub fn is_confirmation(gate: &Gate) -> bool {
    gate.kind == "confirmation" || gate.questions.iter().all(|one| one.key == "confirm")
}

impl Form {
    /// Of a gate of this workflow.
    #[must_use]
    pub fn of_gate(row: &Row, gate: &Gate, now_ms: i64) -> Self {
        let mut shown = Vec::new();
        let (purpose, fields) = if is_confirmation(gate) {
            let question = gate.questions.first().map(|one| one.question.as_str());
            let question = question.map(|text| {
                let (text, pictures) = asked::apart(row, text);
                shown = pictures.into_iter().map(str::to_owned).collect();
                text.to_owned()
            });
            let question = question.filter(|text| !text.is_empty());
            let field = Field {
                key: "confirm".to_owned(),
                question: question.unwrap_or_else(|| format!("Let {} go on?", row.name())),
                kind: "bool".to_owned(),
                options: YES_NO.map(str::to_owned).to_vec(),
                required: true,
                default: None,
                edit: Edit::default(),
                before: String::new(),
            };
            let stage = gate.stage.clone();
            (Purpose::Confirm { stage }, vec![field])
        } else {
            let stage = gate.stage.clone();
            let fields = gate.questions.iter().map(Field::of_question).collect();
            (Purpose::Answer { stage }, fields)
        };
        Self {
            key: row.key.clone(),
            purpose,
            fields,
            shown,
            at: 0,
            free: false,
            armed_ms: now_ms + ARMED_AFTER_MS,
            deadline_ms: gate.deadline.as_deref().and_then(unix_ms),
            problem: None,
            ticket: None,
        }
    }

    /// A retry of this workflow with other inputs.
    #[must_use]
    pub fn of_retry(row: &Row, now_ms: i64) -> Self {
        let mut fields: Vec<Field> = row
            .view
            .params
            .iter()
            .map(|(key, value)| Field::of_param(key, value))
            .collect();
        let mut options = vec!["what failed".to_owned()];
        options.extend(row.stages.iter().map(|stage| stage.id.clone()));
        fields.push(Field {
            key: FROM.to_owned(),
            question: "begin with which stage? What is done before it is kept".to_owned(),
            kind: "enum".to_owned(),
            edit: Edit::new(&options[0]),
            before: options[0].clone(),
            options,
            required: true,
            default: None,
        });
        Self {
            key: row.key.clone(),
            purpose: Purpose::Retry,
            fields,
            shown: Vec::new(),
            at: 0,
            free: false,
            armed_ms: now_ms + ARMED_AFTER_MS,
            deadline_ms: None,
            problem: None,
            ticket: None,
        }
    }

    /// The gate is still open.
    #[must_use]
    pub fn still_asked(&self, row: &Row) -> bool {
        let same = |gate: &Gate| match &self.purpose {
            Purpose::Answer { stage } => gate.stage == *stage && !is_confirmation(gate),
            Purpose::Confirm { stage } => gate.stage == *stage && is_confirmation(gate),
            Purpose::Retry => true,
        };
        matches!(self.purpose, Purpose::Retry) || row.view.gates.iter().any(same)
    }

    /// The line that takes the keys.
    #[must_use]
    pub fn field(&self) -> Option<&Field> {
        self.fields.get(self.at)
    }

    /// Letters go into the line.
    #[must_use]
    pub fn takes_letters(&self) -> bool {
        self.field()
            .is_some_and(|field| self.free || field.options.is_empty())
    }

    /// Pasted text goes into a line that takes letters.
    pub fn paste(&mut self, text: &str) {
        if self.takes_letters()
            && let Some(field) = self.fields.get_mut(self.at)
        {
            field.edit.insert(text);
        }
    }

    /// Fills the line that takes the keys with what was typed as a whole: a choice's number, or the words.
    pub fn answer_line(&mut self, typed: &str) {
        let Some(field) = self.fields.get_mut(self.at) else {
            return;
        };
        let number = typed.parse::<usize>().ok().and_then(|n| n.checked_sub(1));
        let option = number.and_then(|at| field.options.get(at)).cloned();
        let text = option.unwrap_or_else(|| typed.to_owned());
        if !text.is_empty() {
            field.edit = Edit::new(&text);
        }
        // Enter then goes on to the next one, and sends behind the last.
        self.free = true;
    }

    fn go(&mut self, by: isize) {
        let last = self.fields.len().saturating_sub(1);
        self.at = self.at.saturating_add_signed(by).min(last);
        self.free = false;
    }

    /// Takes a key.
    pub fn key(&mut self, key: Key, now_ms: i64) -> Pressed {
        if key.code == Code::Esc {
            return Pressed::Close;
        }
        if now_ms < self.armed_ms || self.ticket.is_some() {
            return Pressed::Stays;
        }
        self.problem = None;
        let letters = self.takes_letters();
        let last = self.at + 1 >= self.fields.len();
        match key.code {
            Code::Tab | Code::Down => self.go(1),
            Code::BackTab | Code::Up => self.go(-1),
            Code::Char('d') if key.ctrl => self.go(4),
            Code::Enter if key.ctrl => return self.complete(),
            Code::Enter if letters && !last => self.go(1),
            Code::Enter => return self.complete(),
            Code::Char('s') if key.ctrl || !letters => return Pressed::Skip,
            Code::Char('i') if !letters => self.free = true,
            Code::Char(c) if !letters && !key.ctrl => self.choose(c),
            _ => {
                if let Some(field) = self.fields.get_mut(self.at) {
                    field.edit.key(key);
                }
            }
        }
        Pressed::Stays
    }

    fn choose(&mut self, c: char) {
        let Some(field) = self.fields.get_mut(self.at) else {
            return;
        };
        let choice = match c {
            'y' if field.kind == "bool" => Some(0),
            'n' if field.kind == "bool" => Some(1),
            'j' | 'l' => Some(
                field
                    .chosen()
                    .map_or(0, |at| (at + 1) % field.options.len()),
            ),
            'k' | 'h' => {
                let count = field.options.len();
                Some(
                    field
                        .chosen()
                        .map_or(count - 1, |at| (at + count - 1) % count),
                )
            }
            _ => c.to_digit(10).and_then(|n| (n as usize).checked_sub(1)),
        };
        if let Some(option) = choice.and_then(|at| field.options.get(at)) {
            field.edit = Edit::new(option);
        }
    }

    /// Every line that must be filled in is.
    fn complete(&mut self) -> Pressed {
        let missing = self
            .fields
            .iter()
            .position(|field| field.required && field.text().is_none());
        if let Some(at) = missing {
            self.at = at;
            self.problem = Some(format!("{} must be answered", self.fields[at].key));
            return Pressed::Stays;
        }
        for (at, field) in self.fields.iter().enumerate() {
            if let Some(Err(problem)) = field.text().map(|text| field.value(text)) {
                self.problem = Some(format!("{}: {problem}", field.key));
                self.at = at;
                return Pressed::Stays;
            }
        }
        Pressed::Send
    }

    /// The answer to a yes or no.
    #[must_use]
    pub fn says_yes(&self) -> bool {
        self.fields
            .first()
            .and_then(Field::text)
            .is_some_and(|text| text == YES_NO[0])
    }

    /// What is filled in, by parameter; of a retry only what differs from before.
    #[must_use]
    pub fn values(&self) -> Map<String, Value> {
        let retry = self.purpose == Purpose::Retry;
        self.fields
            .iter()
            .filter(|field| !retry || (field.key != FROM && field.edit.text() != field.before))
            .filter_map(|field| Some((field.key.clone(), field.value(field.text()?).ok()?)))
            .collect()
    }

    /// The stage that a retry begins with, where one was chosen.
    #[must_use]
    pub fn from(&self) -> Option<String> {
        let field = self.fields.last().filter(|field| field.key == FROM)?;
        (field.edit.text() != field.before).then(|| field.edit.text().to_owned())
    }
}
