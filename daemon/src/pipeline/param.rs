//! A parameter's definition: `[params.NAME]`.

use super::error::FileError;
use super::tree::{Entry, Section};
use crate::domain::Value;
use crate::domain::nearest::suggest;
use crate::domain::pipeline::{ParamKind, ParamSpec};

const KEYS: [&str; 8] = [
    "type", "required", "default", "question", "options", "min", "max", "pattern",
];

/// All parameters in the order of the file.
pub(super) fn read_all(root: &Section<'_>) -> Result<Vec<ParamSpec>, FileError> {
    let Some(params) = root.get("params") else {
        return Ok(Vec::new());
    };
    params
        .section("`params`")?
        .entries()
        .iter()
        .map(read)
        .collect()
}

fn read(entry: &Entry<'_>) -> Result<ParamSpec, FileError> {
    let name = entry.key.clone();
    if name.is_empty()
        || !name
            .chars()
            .all(|c| c.is_alphanumeric() || c == '_' || c == '-')
    {
        return Err(entry.error_at_key(format!(
            "`{name}` is no parameter name: letters, digits, `_` and `-`"
        )));
    }
    let section = entry.section(format!("parameter `{name}`"))?;
    section.only(&KEYS)?;
    let kind = kind_of(&section.must("type")?)?;
    let options = section
        .get("options")
        .map(|e| e.texts())
        .transpose()?
        .unwrap_or_default();
    if kind == ParamKind::Enum && options.is_empty() {
        return Err(section.error(format!("parameter `{name}` is an enum and lacks `options`")));
    }
    if let Some(pattern) = section.get("pattern") {
        // Patterns match whole values; the same wrapping as when a value is checked.
        regex::Regex::new(&whole(&pattern.text()?)).map_err(|error| {
            pattern.error(format!(
                "`pattern` of parameter `{name}` is no regular expression: {}",
                last_line(&error)
            ))
        })?;
    }
    let spec = ParamSpec {
        kind,
        required: section.get("required").map_or(Ok(false), |e| e.flag())?,
        default: section
            .get("default")
            .map(|e| default_of(&e, kind, &options))
            .transpose()?,
        question: section.get("question").map(|e| e.text()).transpose()?,
        min: section.get("min").map(|e| e.number()).transpose()?,
        max: section.get("max").map(|e| e.number()).transpose()?,
        pattern: section.get("pattern").map(|e| e.text()).transpose()?,
        options,
        name,
    };
    if let (Some(min), Some(max)) = (spec.min, spec.max)
        && min > max
    {
        return Err(section.error(format!(
            "parameter `{}` has min {min} above max {max}",
            spec.name
        )));
    }
    Ok(spec)
}

/// A pattern that must match the whole of a value.
pub(super) fn whole(pattern: &str) -> String {
    format!("^(?:{pattern})$")
}

fn last_line(error: &regex::Error) -> String {
    error
        .to_string()
        .lines()
        .last()
        .unwrap_or_default()
        .trim_start_matches("error: ")
        .to_owned()
}

fn kind_of(entry: &Entry<'_>) -> Result<ParamKind, FileError> {
    let word = entry.text()?;
    ParamKind::from_word(&word).ok_or_else(|| {
        let near = suggest(&word, ParamKind::ALL.iter().map(|kind| kind.word()));
        entry.error(format!(
            "{} is `{word}`, which is no type; {near}",
            entry.what
        ))
    })
}

fn default_of(entry: &Entry<'_>, kind: ParamKind, options: &[String]) -> Result<Value, FileError> {
    let value = entry.value()?;
    let fits = match (kind, &value) {
        (ParamKind::Int, Value::Int(_))
        | (ParamKind::Number, Value::Int(_) | Value::Number(_))
        | (ParamKind::Bool, Value::Bool(_))
        | (ParamKind::Map, Value::Map(_))
        | (ParamKind::Any, _) => true,
        (ParamKind::List, Value::List(items)) => items.iter().all(|item| item.as_text().is_some()),
        (ParamKind::Enum, Value::Text(text)) => options.contains(text),
        (
            ParamKind::String
            | ParamKind::Text
            | ParamKind::Email
            | ParamKind::Url
            | ParamKind::File,
            Value::Text(_),
        ) => true,
        _ => false,
    };
    if fits {
        return Ok(value);
    }
    let allowed = if options.is_empty() {
        String::new()
    } else {
        format!(" (one of {})", options.join(", "))
    };
    Err(entry.error(format!(
        "{} is `{value}`, which is not of its type `{}`{allowed}",
        entry.what,
        kind.word()
    )))
}
