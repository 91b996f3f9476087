//! What only the `command` pipeline's parameters may hold: an argument list, a directory, an environment, resources and a
//! retry of their own.

use super::amount;
use crate::domain::pipeline::{Resources, RetryPolicy};
use crate::domain::{Value, Values};

/// Collects what is wrong with one parameter after the other.
pub(super) type Problems<'a> = dyn FnMut(&str, String) + 'a;

/// Longest argument list and environment together, in bytes: below what Linux takes with room for what is added.
const LONGEST: usize = 128 * 1024;

/// Checks `argv`, `dir` and `env`, and turns the environment's values into text.
pub(super) fn check(params: &mut Values, problem: &mut Problems<'_>) {
    let mut bytes = 0;
    if let Some(Value::List(argv)) = params.get("argv") {
        if argv
            .first()
            .and_then(Value::as_text)
            .is_some_and(|program| program.trim().is_empty())
        {
            problem(
                "argv",
                "the first element names the program and is empty; give its name or path"
                    .to_owned(),
            );
        }
        bytes += argv
            .iter()
            .filter_map(Value::as_text)
            .map(str::len)
            .sum::<usize>();
    }
    if let Some(Value::Text(dir)) = params.get("dir")
        && !dir.starts_with('/')
    {
        problem(
            "dir",
            format!(
                "`{dir}` is not absolute; the daemon has no directory of yours to start from: give the whole path"
            ),
        );
    }
    if let Some(Value::Map(env)) = params.get_mut("env") {
        for (name, value) in env.iter_mut() {
            if let Err(wrong) = environment(name, value) {
                problem(&format!("env.{name}"), wrong);
            }
            bytes += name.len() + value.as_text().map_or(0, str::len);
        }
    }
    if bytes > LONGEST {
        problem(
            "argv",
            format!(
                "arguments and environment have {bytes} bytes; at most {LONGEST} fit: put long input into a file"
            ),
        );
    }
}

fn environment(name: &str, value: &mut Value) -> Result<(), String> {
    let fits = !name.is_empty()
        && !name.starts_with(|c: char| c.is_ascii_digit())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    if !fits {
        return Err(format!(
            "`{name}` is no name of a variable: letters, digits and `_`, not a digit first"
        ));
    }
    if name.starts_with("REEL_") {
        return Err(format!(
            "`{name}` belongs to Reel, which tells the program its place by it; choose another name"
        ));
    }
    match value {
        Value::Text(text) if text.contains('\0') => {
            Err("holds a NUL character, which no program can be given".to_owned())
        }
        Value::Text(_) => Ok(()),
        Value::Int(_) | Value::Number(_) | Value::Bool(_) => {
            *value = Value::Text(value.to_string());
            Ok(())
        }
        _ => Err("must be text".to_owned()),
    }
}

/// The resources of a `resources` parameter: whole numbers, or sizes as text.
pub(super) fn resources(value: &Value, problem: &mut Problems<'_>) -> Option<Resources> {
    let map = value.as_map()?;
    let mut resources = Resources::new();
    for (name, amount) in map {
        let field = format!("resources.{name}");
        let named = !name.is_empty()
            && name.len() <= 64
            && name
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
        if !named {
            problem(
                &field,
                format!("`{name}` is no name of a resource: 1 to 64 letters, digits, `_` and `-`"),
            );
            continue;
        }
        let read = match amount {
            Value::Int(number) => {
                u64::try_from(*number).map_err(|_| format!("{number} is below 0"))
            }
            Value::Text(text) => amount::size(text),
            other => Err(format!(
                "`{other}` is neither a whole number nor a size like \"16GiB\""
            )),
        };
        match read {
            Ok(amount) => drop(resources.insert(name.clone(), amount)),
            Err(wrong) => problem(&field, wrong),
        }
    }
    Some(resources)
}

/// The policy of a `retry` parameter: a number of tries, or `{times, first, max}`.
pub(super) fn retry(
    value: &Value,
    default: RetryPolicy,
    problem: &mut Problems<'_>,
) -> Option<RetryPolicy> {
    let times = |value: &Value, field: &str, problem: &mut Problems<'_>| {
        let number = match value {
            Value::Int(number) => u32::try_from(*number).ok(),
            Value::Text(text) => text.trim().parse().ok(),
            _ => None,
        };
        let number = number.filter(|n| *n <= 100);
        if number.is_none() {
            problem(
                field,
                format!(
                    "`{value}` is no number of tries: a whole number from 0 to 100, or {{\"times\": 3, \"first\": \"5s\", \"max\": \"10m\"}}"
                ),
            );
        }
        number
    };
    let Some(table) = value.as_map() else {
        return times(value, "retry", problem).map(|times| RetryPolicy { times, ..default });
    };
    let mut policy = default;
    for (key, value) in table {
        let field = format!("retry.{key}");
        match key.as_str() {
            "times" => policy.times = times(value, &field, problem)?,
            "first" | "max" => {
                let span = value
                    .as_text()
                    .ok_or_else(|| format!("`{value}` is not a duration; write one like \"5s\""))
                    .and_then(amount::duration);
                match span {
                    Ok(span) if key == "first" => policy.first = span,
                    Ok(span) => policy.max = span,
                    Err(wrong) => {
                        problem(&field, wrong);
                        return None;
                    }
                }
            }
            _ => {
                problem(
                    &field,
                    format!(
                        "`retry` has no key `{key}`; {}",
                        crate::domain::nearest::suggest(key, ["times", "first", "max"])
                    ),
                );
                return None;
            }
        }
    }
    if policy.first > policy.max {
        problem(
            "retry.first",
            "the first wait is longer than the longest (`retry.max`)".to_owned(),
        );
        return None;
    }
    Some(policy)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::json;
    use std::time::Duration;

    const DEFAULT: RetryPolicy = RetryPolicy {
        times: 0,
        first: Duration::from_secs(5),
        max: Duration::from_secs(600),
    };

    fn problems(params: serde_json::Value) -> Vec<String> {
        let mut params = json::values(params.as_object().unwrap());
        let mut found = Vec::new();
        check(&mut params, &mut |field, problem| {
            found.push(format!("{field}: {problem}"))
        });
        if let Some(value) = params.get("resources") {
            resources(value, &mut |field, problem| {
                found.push(format!("{field}: {problem}"))
            });
        }
        if let Some(value) = params.get("retry") {
            retry(value, DEFAULT, &mut |field, problem| {
                found.push(format!("{field}: {problem}"))
            });
        }
        found
    }

    #[test]
    fn takes_what_is_right() {
        let params = serde_json::json!({
            "argv": ["echo", "", "%s"], "dir": "/tmp", "env": {"A_1": "x", "N": 3},
            "resources": {"cpu": 2, "memory": "1GiB"}, "retry": {"times": 2, "first": "1s"},
        });
        assert_eq!(problems(params), Vec::<String>::new());
    }

    #[test]
    fn tells_everything_that_is_wrong_at_once() {
        let params = serde_json::json!({
            "argv": [" "], "dir": "relative", "env": {"1A": "x", "REEL_STAGE": "x", "B": ["x"], "C": "a\u{0}b"},
            "resources": {"cpu": -1, "memory": "lots", "": 1}, "retry": {"tmies": 2},
        });
        let fields: Vec<String> = problems(params)
            .iter()
            .map(|p| p.split(':').next().unwrap().to_owned())
            .collect();
        assert_eq!(
            fields,
            [
                "argv",
                "dir",
                "env.1A",
                "env.B",
                "env.C",
                "env.REEL_STAGE",
                "resources.",
                "resources.cpu",
                "resources.memory",
                "retry.tmies"
            ]
        );
    }

    #[test]
    fn an_environment_holds_text() {
        let mut params = json::values(
            serde_json::json!({"env": {"N": 3, "B": true}})
                .as_object()
                .unwrap(),
        );
        check(&mut params, &mut |_, _| {});
        assert_eq!(
            json::object(&params)["env"],
            serde_json::json!({"N": "3", "B": "true"})
        );
    }

    #[test]
    fn a_retry_is_a_number_or_a_table() {
        let times = |json: serde_json::Value| {
            retry(&json::from_json(&json), DEFAULT, &mut |_, _| {}).map(|p| p.times)
        };
        assert_eq!(times(serde_json::json!(4)), Some(4));
        assert_eq!(times(serde_json::json!("4")), Some(4));
        assert_eq!(times(serde_json::json!({"times": 1})), Some(1));
        assert_eq!(times(serde_json::json!(-1)), None);
        assert_eq!(times(serde_json::json!({"first": "1h", "max": "1m"})), None);
    }
}
