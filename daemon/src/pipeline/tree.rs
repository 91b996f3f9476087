//! A parsed TOML text with the place of every key and value, so that each mistake is told with its line and column.

use super::amount;
use super::error::{FileError, Places};
use crate::domain::nearest::suggest;
use crate::domain::{Value, Values};
use std::ops::Range;
use std::time::Duration;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// A table of the file, with the words that name it in messages.
#[derive(Clone)]
pub(super) struct Section<'a> {
    /// `the pipeline`, `stage `one``.
    pub what: String,
    /// Where it stands.
    pub span: Range<usize>,
    table: &'a DeTable<'a>,
    places: Places<'a>,
}

/// A value of the file, with the words that name it.
#[derive(Clone)]
pub(super) struct Entry<'a> {
    /// The key.
    pub key: String,
    /// `` `timeout` of stage `one` ``.
    pub what: String,
    /// Where the value stands.
    pub span: Range<usize>,
    /// Where the key stands.
    pub key_span: Range<usize>,
    value: &'a DeValue<'a>,
    places: Places<'a>,
}

impl<'a> Section<'a> {
    /// The whole file.
    pub fn root(table: &'a DeTable<'a>, places: Places<'a>) -> Self {
        Self {
            what: "the pipeline".to_owned(),
            span: 0..0,
            table,
            places,
        }
    }

    /// An error at the head of this section.
    pub fn error(&self, message: impl Into<String>) -> FileError {
        self.places.error(self.span.start, message)
    }

    /// Refuses keys that are not among `known`.
    pub fn only(&self, known: &[&str]) -> Result<(), FileError> {
        for entry in self.entries() {
            if !known.contains(&entry.key.as_str()) {
                let near = suggest(&entry.key, known.iter().copied());
                return Err(
                    entry.error_at_key(format!("{} has no key `{}`; {near}", self.what, entry.key))
                );
            }
        }
        Ok(())
    }

    /// All entries in the order of the file.
    pub fn entries(&self) -> Vec<Entry<'a>> {
        let mut entries: Vec<Entry<'a>> = self
            .table
            .iter()
            .map(|(key, value)| self.entry(key, value))
            .collect();
        entries.sort_by_key(|entry| entry.key_span.start);
        entries
    }

    /// The entry of this key.
    pub fn get(&self, key: &str) -> Option<Entry<'a>> {
        self.table
            .get_key_value(key)
            .map(|(key, value)| self.entry(key, value))
    }

    /// The entry of this key, or an error that names what is missing.
    pub fn must(&self, key: &str) -> Result<Entry<'a>, FileError> {
        self.get(key)
            .ok_or_else(|| self.error(format!("{} lacks `{key}`", self.what)))
    }

    fn entry(
        &self,
        key: &'a Spanned<std::borrow::Cow<'a, str>>,
        value: &'a Spanned<DeValue<'a>>,
    ) -> Entry<'a> {
        let name = key.get_ref().to_string();
        Entry {
            what: format!("`{name}` of {}", self.what),
            key: name,
            span: value.span(),
            key_span: key.span(),
            value: value.get_ref(),
            places: self.places,
        }
    }
}

impl<'a> Entry<'a> {
    /// An error at the value.
    pub fn error(&self, message: impl Into<String>) -> FileError {
        self.places.error(self.span.start, message)
    }

    /// An error at the key.
    pub fn error_at_key(&self, message: impl Into<String>) -> FileError {
        self.places.error(self.key_span.start, message)
    }

    fn wrong(&self, wanted: &str) -> FileError {
        self.error(format!(
            "{} must be {wanted}, not {}",
            self.what,
            self.value.type_str()
        ))
    }

    /// Text.
    pub fn text(&self) -> Result<String, FileError> {
        self.value
            .as_str()
            .map(str::to_owned)
            .ok_or_else(|| self.wrong("text in quotes"))
    }

    /// True or false.
    pub fn flag(&self) -> Result<bool, FileError> {
        self.value
            .as_bool()
            .ok_or_else(|| self.wrong("true or false"))
    }

    /// A whole number, if it is one.
    pub fn whole(&self) -> Option<i64> {
        let number = self.value.as_integer()?;
        i64::from_str_radix(&number.as_str().replace('_', ""), number.radix()).ok()
    }

    /// Any finite number.
    pub fn number(&self) -> Result<f64, FileError> {
        #[allow(
            clippy::cast_precision_loss,
            reason = "bounds and weights are far below 2^53"
        )]
        let number = match self.value {
            DeValue::Integer(_) => self.whole().map(|n| n as f64),
            DeValue::Float(text) => text.as_str().replace('_', "").parse::<f64>().ok(),
            _ => None,
        };
        number
            .filter(|n| n.is_finite())
            .ok_or_else(|| self.wrong("a number"))
    }

    /// A list of text.
    pub fn texts(&self) -> Result<Vec<String>, FileError> {
        self.items("a list of texts")?
            .iter()
            .map(|item| {
                item.text().map_err(|error| FileError {
                    message: format!("{} must be a list of texts", self.what),
                    ..error
                })
            })
            .collect()
    }

    /// The elements of a list, each named by its number.
    pub fn items(&self, wanted: &str) -> Result<Vec<Entry<'a>>, FileError> {
        let list = self.value.as_array().ok_or_else(|| self.wrong(wanted))?;
        Ok(list
            .iter()
            .enumerate()
            .map(|(index, item)| Entry {
                key: index.to_string(),
                what: format!("{}[{index}]", self.what),
                span: item.span(),
                key_span: item.span(),
                value: item.get_ref(),
                places: self.places,
            })
            .collect())
    }

    /// A duration; none for `"off"`.
    pub fn duration_or_off(&self) -> Result<Option<Duration>, FileError> {
        let text = self
            .value
            .as_str()
            .ok_or_else(|| self.wrong("a duration like \"90s\", or \"off\""))?;
        if text == "off" {
            return Ok(None);
        }
        let span = amount::duration(text)
            .map_err(|problem| self.error(format!("{}: {problem}", self.what)))?;
        if span.is_zero() {
            return Err(self.error(format!("{} is zero; write \"off\" for no limit", self.what)));
        }
        Ok(Some(span))
    }

    /// A duration.
    pub fn duration(&self) -> Result<Duration, FileError> {
        let text = self
            .value
            .as_str()
            .ok_or_else(|| self.wrong("a duration like \"90s\""))?;
        amount::duration(text).map_err(|problem| self.error(format!("{}: {problem}", self.what)))
    }

    /// An amount: a whole number, or a size like `"16GiB"`.
    pub fn amount(&self) -> Result<u64, FileError> {
        if let Some(text) = self.value.as_str() {
            return amount::size(text)
                .map_err(|problem| self.error(format!("{}: {problem}", self.what)));
        }
        self.whole()
            .and_then(|n| u64::try_from(n).ok())
            .ok_or_else(|| self.wrong("a whole number, or a size like \"16GiB\""))
    }

    /// A table.
    pub fn section(&self, what: impl Into<String>) -> Result<Section<'a>, FileError> {
        let table = self.value.as_table().ok_or_else(|| self.wrong("a table"))?;
        Ok(Section {
            what: what.into(),
            span: self.key_span.clone(),
            table,
            places: self.places,
        })
    }

    /// Any value, as the domain holds it.
    pub fn value(&self) -> Result<Value, FileError> {
        Ok(match self.value {
            DeValue::String(text) => Value::Text(text.to_string()),
            DeValue::Boolean(flag) => Value::Bool(*flag),
            DeValue::Integer(_) => Value::Int(
                self.whole()
                    .ok_or_else(|| self.wrong("a number within 64 bits"))?,
            ),
            DeValue::Float(_) => Value::Number(self.number()?),
            DeValue::Datetime(_) => {
                return Err(self.wrong("text, a number, true or false, a list or a table"));
            }
            DeValue::Array(_) => Value::List(
                self.items("a list")?
                    .iter()
                    .map(Self::value)
                    .collect::<Result<_, _>>()?,
            ),
            DeValue::Table(_) => Value::Map(self.section(self.what.clone())?.values()?),
        })
    }
}

impl Section<'_> {
    /// All entries as the domain holds them.
    pub fn values(&self) -> Result<Values, FileError> {
        self.entries()
            .into_iter()
            .map(|entry| Ok((entry.key.clone(), entry.value()?)))
            .collect()
    }
}
