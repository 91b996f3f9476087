//! Everything that happened while we watched, and before as far as it was looked for, newest last: the daemon's events, what was said here, and who did it.

use super::key;
use super::log::clean;
use serde_json::Value;
use std::collections::VecDeque;

/// How many are kept.
pub const KEPT: usize = 20_000;

/// How it went, for its look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// Well.
    Good,
    /// As it goes.
    Plain,
    /// Badly.
    Bad,
    /// A person is asked.
    Ask,
}

/// One of them.
#[derive(Debug, Clone, PartialEq)]
pub struct Happening {
    /// Unix milliseconds.
    pub at_ms: i64,
    /// The workflow's key, where it is about one.
    pub key: Option<String>,
    /// The workflow's name, or what else it is about.
    pub name: String,
    /// `stage.failed`, or `here` for what this dashboard said.
    pub kind: String,
    /// Who did it, where that was told.
    pub by: Option<String>,
    /// The rest in words.
    pub told: String,
    /// Its look.
    pub tone: Tone,
}

/// Those that are kept.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Happenings {
    kept: VecDeque<Happening>,
    /// How many had to go.
    pub dropped: u64,
}

impl Happenings {
    /// Takes one.
    pub fn push(&mut self, one: Happening) {
        self.kept.push_back(one);
        if self.kept.len() > KEPT {
            self.kept.pop_front();
            self.dropped += 1;
        }
    }

    /// Takes an older one than all; false where no more are kept.
    pub fn push_older(&mut self, one: Happening) -> bool {
        if self.kept.len() >= KEPT {
            return false;
        }
        self.kept.push_front(one);
        true
    }

    /// Oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Happening> {
        self.kept.iter()
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.kept.len()
    }

    /// None.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.kept.is_empty()
    }
}

/// Who did what an event tells, where its data says so.
#[must_use]
pub fn by(data: &Value) -> Option<String> {
    let direct = data["by"].as_str();
    let answered = || data["answers"][0]["by"].as_str();
    direct
        .or_else(answered)
        .filter(|name| !name.is_empty())
        .map(clean)
}

/// The look of an event's kind.
#[must_use]
pub fn tone(kind: &str) -> Tone {
    match kind {
        _ if kind.ends_with("failed") || kind.ends_with("lost") || kind == "endpoint.disabled" => {
            Tone::Bad
        }
        "workflow.completed" => Tone::Good,
        _ if kind.ends_with("_asked") => Tone::Ask,
        _ => Tone::Plain,
    }
}

/// An event of the stream.
#[must_use]
pub fn of_event(
    daemon: usize,
    at_ms: i64,
    id: Option<&str>,
    name: &str,
    kind: &str,
    data: &Value,
) -> Happening {
    Happening {
        at_ms,
        key: id.map(|id| key::of(daemon, id)),
        name: name.to_owned(),
        kind: kind.to_owned(),
        by: by(data),
        told: told(data),
        tone: tone(kind),
    }
}

/// An event's fields in one line; of what has fields itself, what it says.
#[must_use]
pub fn told(data: &Value) -> String {
    let Value::Object(fields) = data else {
        return String::new();
    };
    let one = |value: &Value| match value {
        Value::String(text) => clean(&text.replace('\n', " ⏎ ")),
        other => clean(&other.to_string()),
    };
    let parts = fields.iter().filter_map(|(key, value)| match value {
        Value::Null => None,
        _ if matches!(key.as_str(), "by" | "requestId" | "ordinal") => None,
        Value::Object(inner) => {
            let said = ["message", "reason", "for"]
                .iter()
                .find_map(|key| inner.get(*key));
            said.filter(|said| !said.is_null())
                .map(|said| format!("{key}={}", one(said)))
        }
        Value::Array(all) => {
            let said: Vec<String> = all
                .iter()
                .map(|value| match (&value["key"], &value["value"]) {
                    (Value::String(key), value) => format!("{key}: {}", one(value)),
                    _ => one(value),
                })
                .collect();
            Some(format!("{key}={}", said.join(",")))
        }
        value => Some(format!("{key}={}", one(value))),
    });
    parts.collect::<Vec<_>>().join("  ")
}
