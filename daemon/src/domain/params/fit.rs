//! One value against one definition.

use super::Problem;
use crate::domain::nearest;
use crate::domain::pipeline::{ParamKind, ParamSpec};
use crate::domain::value::Value;

/// The value in the form that the definition wants (`3.0` for a whole number becomes `3`), or what is wrong with it.
pub(super) fn fit(
    spec: &ParamSpec,
    value: &Value,
    matches: &dyn Fn(&str, &str) -> bool,
) -> Result<Value, Problem> {
    let wrong = |problem: String| Problem {
        field: spec.name.clone(),
        problem,
    };
    if has_nul(value) {
        return Err(wrong(
            "must not contain a NUL character; take it out".to_owned(),
        ));
    }
    let mismatch = || wrong(format!("must be {}, not {}", wanted(spec), told(value)));
    let fitted = match spec.kind {
        ParamKind::Int => Value::Int(whole(value).ok_or_else(mismatch)?),
        ParamKind::Number => value
            .as_number()
            .filter(|number| number.is_finite())
            .map(|_| value.clone())
            .ok_or_else(mismatch)?,
        ParamKind::Bool => Value::Bool(value.as_bool().ok_or_else(mismatch)?),
        ParamKind::List => Value::List(value.as_list().ok_or_else(mismatch)?.to_vec()),
        ParamKind::Map => Value::Map(value.as_map().ok_or_else(mismatch)?.clone()),
        ParamKind::Any => value.clone(),
        _ => Value::from(value.as_text().ok_or_else(mismatch)?),
    };
    match &fitted {
        Value::Text(text) if spec.kind != ParamKind::Any => {
            text_problem(spec, text, matches).map_or(Ok(()), |problem| Err(wrong(problem)))?;
        }
        Value::List(items) if spec.kind == ParamKind::List => {
            list_problem(spec, items, matches).map_or(Ok(()), Err)?
        }
        _ => {}
    }
    bounds_problem(spec, &fitted).map_or(Ok(()), |problem| Err(wrong(problem)))?;
    Ok(fitted)
}

/// A text read as a value of this kind; the text itself where it can't be.
pub(super) fn read(kind: ParamKind, text: &str) -> Value {
    let trimmed = text.trim();
    let read = match kind {
        ParamKind::Int => trimmed.parse().ok().map(Value::Int),
        ParamKind::Number => number(trimmed),
        ParamKind::Bool => match trimmed {
            "true" | "yes" | "on" | "1" => Some(Value::Bool(true)),
            "false" | "no" | "off" | "0" => Some(Value::Bool(false)),
            _ => None,
        },
        ParamKind::List if trimmed.is_empty() => Some(Value::List(Vec::new())),
        ParamKind::List => Some(Value::List(
            text.split(',')
                .map(|item| Value::from(item.trim()))
                .collect(),
        )),
        ParamKind::Any => number(trimmed),
        _ => None,
    };
    read.unwrap_or_else(|| Value::from(text))
}

fn number(text: &str) -> Option<Value> {
    if let Ok(whole) = text.parse() {
        return Some(Value::Int(whole));
    }
    text.parse::<f64>()
        .ok()
        .filter(|number| number.is_finite())
        .map(Value::Number)
}

/// What the definition wants, in words that follow "must be".
pub(super) fn wanted(spec: &ParamSpec) -> String {
    match spec.kind {
        ParamKind::String => "one line of text".to_owned(),
        ParamKind::Text => "text".to_owned(),
        ParamKind::Int => "a whole number".to_owned(),
        ParamKind::Number => "a number".to_owned(),
        ParamKind::Bool => "true or false".to_owned(),
        ParamKind::Enum => format!("one of {}", spec.options.join(", ")),
        ParamKind::Email => "an e-mail address".to_owned(),
        ParamKind::Url => "an http or https URL".to_owned(),
        ParamKind::File => "the path of a file".to_owned(),
        ParamKind::List => "a list of texts".to_owned(),
        ParamKind::Map => "values by name".to_owned(),
        ParamKind::Any => "a value".to_owned(),
    }
}

fn told(value: &Value) -> String {
    match value {
        Value::Null => "nothing".to_owned(),
        Value::Bool(_) | Value::Int(_) | Value::Number(_) => format!("`{value}`"),
        Value::Text(text) => format!("the text {}", quoted(text)),
        Value::List(_) => "a list".to_owned(),
        Value::Map(_) => "values by name".to_owned(),
    }
}

/// A text for a message: short, on one line.
fn quoted(text: &str) -> String {
    let mut short: String = text.chars().take(40).flat_map(char::escape_debug).collect();
    if text.chars().nth(40).is_some() {
        short.push('…');
    }
    format!("\"{short}\"")
}

/// The whole number that a value is, also where it came as `3.0`.
fn whole(value: &Value) -> Option<i64> {
    match value {
        Value::Int(whole) => Some(*whole),
        #[allow(
            clippy::cast_possible_truncation,
            reason = "whole and below 2^53, checked before"
        )]
        Value::Number(number)
            if number.fract() == 0.0 && number.abs() < 9_007_199_254_740_992.0 =>
        {
            Some(*number as i64)
        }
        _ => None,
    }
}

fn has_nul(value: &Value) -> bool {
    match value {
        Value::Text(text) => text.contains('\0'),
        Value::List(items) => items.iter().any(has_nul),
        Value::Map(entries) => entries
            .iter()
            .any(|(key, item)| key.contains('\0') || has_nul(item)),
        _ => false,
    }
}

fn text_problem(
    spec: &ParamSpec,
    text: &str,
    matches: &dyn Fn(&str, &str) -> bool,
) -> Option<String> {
    let mismatch = || Some(format!("must be {}, not {}", wanted(spec), quoted(text)));
    if spec.required && text.trim().is_empty() {
        return Some(format!("must not be empty; give {}", wanted(spec)));
    }
    let fits = match spec.kind {
        ParamKind::String => !text.contains(['\n', '\r']),
        ParamKind::Email => is_email(text),
        ParamKind::Url => is_url(text),
        ParamKind::File => !text.is_empty(),
        ParamKind::Enum => {
            return (!spec.options.iter().any(|option| option == text))
                .then(|| unknown_option(spec, text));
        }
        _ => true,
    };
    if !fits {
        return mismatch();
    }
    match &spec.pattern {
        Some(pattern) if !matches(pattern, text) => Some(format!(
            "{} does not match the pattern {pattern}",
            quoted(text)
        )),
        _ => None,
    }
}

fn unknown_option(spec: &ParamSpec, text: &str) -> String {
    let known = || spec.options.iter().map(String::as_str);
    let near = nearest::nearest(text, known())
        .map(|near| format!("; did you mean `{near}`?"))
        .unwrap_or_default();
    format!(
        "{} is none of {}{near}",
        quoted(text),
        spec.options.join(", ")
    )
}

fn list_problem(
    spec: &ParamSpec,
    items: &[Value],
    matches: &dyn Fn(&str, &str) -> bool,
) -> Option<Problem> {
    items.iter().enumerate().find_map(|(index, item)| {
        let problem = match item {
            Value::Text(text) if !spec.options.is_empty() && !spec.options.contains(text) => {
                unknown_option(spec, text)
            }
            Value::Text(text) => match &spec.pattern {
                Some(pattern) if !matches(pattern, text) => {
                    format!("{} does not match the pattern {pattern}", quoted(text))
                }
                _ => return None,
            },
            other => format!("must be text, not {}; put it in quotes", told(other)),
        };
        Some(Problem {
            field: format!("{}[{index}]", spec.name),
            problem,
        })
    })
}

/// `min` and `max`: of a number itself, of a text its characters, of a list its elements.
fn bounds_problem(spec: &ParamSpec, value: &Value) -> Option<String> {
    #[allow(clippy::cast_precision_loss, reason = "lengths are far below 2^53")]
    let (size, what) = match value {
        Value::Text(text) => (text.chars().count() as f64, "characters"),
        Value::List(items) => (items.len() as f64, "elements"),
        other => (other.as_number()?, ""),
    };
    let bound = match (spec.min, spec.max) {
        (Some(min), _) if size < min => format!("at least {min}"),
        (_, Some(max)) if size > max => format!("at most {max}"),
        _ => return None,
    };
    Some(if what.is_empty() {
        format!("must be {bound}, not {size}")
    } else {
        format!("must have {bound} {what}, not {size}")
    })
}

/// One `@` between something and a host; what the address really reaches only sending can tell.
fn is_email(text: &str) -> bool {
    let plain = |part: &str| {
        !part.is_empty()
            && !part.contains(|c: char| c.is_whitespace() || c.is_control() || c == '@')
    };
    let Some((user, host)) = text.split_once('@') else {
        return false;
    };
    text.len() <= 254
        && plain(user)
        && plain(host)
        && host.split('.').all(|label| !label.is_empty())
}

/// `http://` or `https://` and a host. Where it may lead is judged when it is connected to.
fn is_url(text: &str) -> bool {
    let lower = text.get(..8).unwrap_or(text).to_ascii_lowercase();
    let Some(rest) = (if lower.starts_with("https://") {
        text.get(8..)
    } else if lower.starts_with("http://") {
        text.get(7..)
    } else {
        None
    }) else {
        return false;
    };
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = host.rsplit('@').next().unwrap_or_default();
    !host.is_empty()
        && !host.starts_with(':')
        && !text.contains(|c: char| c.is_whitespace() || c.is_control())
}
