//! The configuration file as a tree in which every value knows its file and line, so that each problem and each
//! effective value can name where it came from. An overlay is laid over it key by key.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// A place in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The file.
    pub file: Arc<Path>,
    /// From 1.
    pub line: usize,
}

/// A value with its place.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Node {
    pub(super) value: Content,
    pub(super) place: Place,
}

/// What stands there.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Content {
    Text(String),
    Integer(i64),
    Float(f64),
    Flag(bool),
    /// Dates and times: no key wants one, so only its text is kept for the message.
    Moment(String),
    List(Vec<Node>),
    Table(Table),
}

pub(super) type Table = BTreeMap<String, Node>;

impl Content {
    /// What it is, in words for a message.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Text(_) => "a text",
            Self::Integer(_) => "a whole number",
            Self::Float(_) => "a number",
            Self::Flag(_) => "true or false",
            Self::Moment(_) => "a date or time",
            Self::List(_) => "a list",
            Self::Table(_) => "a table",
        }
    }

    /// The value as JSON, for parameters of schedules.
    pub(super) fn to_json(&self) -> serde_json::Value {
        match self {
            Self::Text(text) | Self::Moment(text) => text.clone().into(),
            Self::Integer(number) => (*number).into(),
            Self::Float(number) => (*number).into(),
            Self::Flag(flag) => (*flag).into(),
            Self::List(items) => items.iter().map(|node| node.value.to_json()).collect(),
            Self::Table(table) => table
                .iter()
                .map(|(key, node)| (key.clone(), node.value.to_json()))
                .collect::<serde_json::Map<_, _>>()
                .into(),
        }
    }
}

/// A file that is not TOML: where and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SyntaxError {
    pub(super) line: usize,
    pub(super) column: usize,
    pub(super) message: String,
}

/// Parses a file's text.
pub(super) fn parse(file: &Path, text: &str) -> Result<Table, SyntaxError> {
    let lines = Lines::new(text);
    let table = DeTable::parse(text).map_err(|error| {
        let (line, column) = lines.position(error.span().map_or(0, |span| span.start));
        SyntaxError {
            line,
            column,
            message: error.message().trim().replace('\n', ": "),
        }
    })?;
    Ok(convert_table(
        table.get_ref(),
        &lines,
        &Arc::from(PathBuf::from(file)),
    ))
}

/// Lays `over` on `base`: tables are merged key by key, anything else is replaced. A `{ file | env }` reference stands
/// for a text, so it is replaced whole.
pub(super) fn overlay(base: &mut Table, over: Table) {
    for (key, node) in over {
        let under = base.get_mut(&key).map(|under| &mut under.value);
        match (under, node.value) {
            (Some(Content::Table(under)), Content::Table(table))
                if !is_reference(&table) && !is_reference(under) =>
            {
                overlay(under, table);
            }
            (_, value) => {
                base.insert(
                    key,
                    Node {
                        value,
                        place: node.place,
                    },
                );
            }
        }
    }
}

/// Whether a table stands for a text that lives elsewhere: `{ file = … }` or `{ env = … }` alone.
pub(super) fn is_reference(table: &Table) -> bool {
    table.len() == 1 && (table.contains_key("file") || table.contains_key("env"))
}

struct Lines {
    starts: Vec<usize>,
}

impl Lines {
    fn new(text: &str) -> Self {
        let starts = std::iter::once(0)
            .chain(memchr::memchr_iter(b'\n', text.as_bytes()).map(|at| at + 1))
            .collect();
        Self { starts }
    }

    /// Line and column from 1 of a byte offset.
    fn position(&self, offset: usize) -> (usize, usize) {
        let line = self.starts.partition_point(|start| *start <= offset);
        (line, offset - self.starts[line - 1] + 1)
    }
}

fn convert_table(table: &DeTable<'_>, lines: &Lines, file: &Arc<Path>) -> Table {
    table
        .iter()
        .map(|(key, value)| {
            let mut node = convert(value, lines, file);
            node.place.line = lines.position(key.span().start).0;
            (key.get_ref().to_string(), node)
        })
        .collect()
}

fn convert(value: &Spanned<DeValue<'_>>, lines: &Lines, file: &Arc<Path>) -> Node {
    let place = Place {
        file: Arc::clone(file),
        line: lines.position(value.span().start).0,
    };
    let value = match value.get_ref() {
        DeValue::String(text) => Content::Text(text.to_string()),
        DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix())
            .map_or_else(
                |_| Content::Moment(number.as_str().to_owned()),
                Content::Integer,
            ),
        DeValue::Float(number) => number.as_str().parse().map_or_else(
            |_| Content::Moment(number.as_str().to_owned()),
            Content::Float,
        ),
        DeValue::Boolean(flag) => Content::Flag(*flag),
        DeValue::Datetime(moment) => Content::Moment(moment.to_string()),
        DeValue::Array(items) => Content::List(
            items
                .iter()
                .map(|item| convert(item, lines, file))
                .collect(),
        ),
        DeValue::Table(table) => Content::Table(convert_table(table, lines, file)),
    };
    Node { value, place }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(text: &str) -> Table {
        parse(Path::new("reeld.toml"), text).unwrap()
    }

    #[test]
    fn every_value_knows_its_line() {
        let table = table("[limits]\n\nburst = 0x10\n");
        let Content::Table(limits) = &table["limits"].value else {
            panic!("a table")
        };
        assert_eq!(limits["burst"].place.line, 3);
        assert_eq!(limits["burst"].value, Content::Integer(16));
    }

    #[test]
    fn a_syntax_error_tells_line_and_column() {
        let error = parse(Path::new("x"), "a = 1\nb = = 2\n").unwrap_err();
        assert_eq!((error.line, error.column), (2, 5));
    }

    #[test]
    fn an_overlay_replaces_keys_and_whole_references() {
        let mut base = table("[a]\nx = 1\ny = { env = 'Y' }\n[b]\nz = [1, 2]\n");
        overlay(&mut base, table("[a]\ny = { file = 'f' }\n[b]\nz = [3]\n"));
        let json = Content::Table(base).to_json();
        assert_eq!(
            json,
            serde_json::json!({"a": {"x": 1, "y": {"file": "f"}}, "b": {"z": [3]}})
        );
    }
}
