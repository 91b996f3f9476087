//! One line of a form: what is asked, what can be chosen, what is filled in, and the value that it means.

use crate::input::Edit;
use reel_shared::workflow::QuestionView;
use serde_json::Value;

/// Words of a choice of yes and no.
pub(super) const YES_NO: [&str; 2] = ["yes", "no"];

/// One line to fill in.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    /// The parameter.
    pub key: String,
    /// In words.
    pub question: String,
    /// `string`, `int`, `bool`, `enum`… as the daemon names types.
    pub kind: String,
    /// What can be chosen by number.
    pub options: Vec<String>,
    /// It must be answered.
    pub required: bool,
    /// What is taken when nothing is said.
    pub default: Option<String>,
    /// What is filled in.
    pub edit: Edit,
    /// What stood there at first.
    pub before: String,
}

impl Field {
    pub(super) fn of_question(asked: &QuestionView) -> Self {
        let mut options = asked.options.clone().unwrap_or_default();
        if options.is_empty() && asked.kind == "bool" {
            options = YES_NO.map(str::to_owned).to_vec();
        }
        let default = asked.default.as_ref().map(plain);
        Self {
            key: asked.key.clone(),
            question: asked.question.clone(),
            kind: asked.kind.clone(),
            options,
            required: asked.required,
            default,
            edit: Edit::default(),
            before: String::new(),
        }
    }

    pub(super) fn of_param(key: &str, value: &Value) -> Self {
        let (kind, text, options) = match value {
            Value::String(text) => ("string", text.clone(), Vec::new()),
            Value::Bool(yes) => {
                let words = YES_NO.map(str::to_owned);
                ("bool", words[usize::from(!yes)].clone(), words.to_vec())
            }
            Value::Number(number) => ("number", number.to_string(), Vec::new()),
            other => ("json", other.to_string(), Vec::new()),
        };
        Self {
            key: key.to_owned(),
            question: String::new(),
            kind: kind.to_owned(),
            options,
            required: false,
            default: None,
            edit: Edit::new(&text),
            before: text,
        }
    }

    /// What is filled in, else the default.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        let typed = Some(self.edit.text()).filter(|text| !text.trim().is_empty());
        typed.or(self.default.as_deref())
    }

    /// Which of the options is filled in.
    #[must_use]
    pub fn chosen(&self) -> Option<usize> {
        let text = self.text()?;
        self.options.iter().position(|option| option == text)
    }

    /// A text as the field's type wants it.
    pub(super) fn value(&self, text: &str) -> Result<Value, String> {
        match self.kind.as_str() {
            "bool" => match text {
                "yes" | "true" => Ok(true.into()),
                "no" | "false" => Ok(false.into()),
                other => Err(format!("{other:?} is neither yes nor no")),
            },
            "int" => text
                .trim()
                .parse::<i64>()
                .map(Value::from)
                .map_err(|_| format!("{text:?} is no whole number")),
            "number" => serde_json::from_str::<Value>(text.trim())
                .ok()
                .filter(Value::is_number)
                .ok_or_else(|| format!("{text:?} is no number")),
            "json" => serde_json::from_str(text).map_err(|error| format!("it is no JSON: {error}")),
            "list" if text.trim_start().starts_with('[') => {
                serde_json::from_str(text).map_err(|error| format!("it is no JSON list: {error}"))
            }
            "list" => Ok(text
                .split(',')
                .map(|part| Value::from(part.trim()))
                .collect()),
            _ => Ok(text.into()),
        }
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Bool(yes) => YES_NO[usize::from(!yes)].to_owned(),
        other => other.to_string(),
    }
}
