//! `KEY=VALUE` on the command line, and what JSON value is meant by it.
//!
//! The text alone doesn't say: `3` is a number for one parameter and a title for another. So the parameter's type
//! decides; where it isn't known or the text doesn't fit it, the text is sent as it stands and the daemon says what
//! is wrong, with its remedy.

use serde_json::{Map, Number, Value};
use std::collections::BTreeMap;

/// The types of parameters, by name.
pub type Kinds = BTreeMap<String, String>;

/// Splits `KEY=VALUE`; the value may hold further `=`.
pub fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some(("", _)) => Err("the key before the = is missing".to_owned()),
        Some((key, value)) => Ok((key.to_owned(), value.to_owned())),
        None => Err("write KEY=VALUE".to_owned()),
    }
}

/// Splits `NAME=N` with a whole number from 0 up.
pub fn amount(text: &str) -> Result<(String, u64), String> {
    let (name, number) = pair(text)?;
    let number = number
        .parse()
        .map_err(|_| format!("{number:?} is no whole number: write NAME=N, as in cpu=2"))?;
    Ok((name, number))
}

/// The value that `text` means for a parameter of type `kind`.
pub fn typed(kind: Option<&str>, text: &str) -> Value {
    let as_is = || Value::String(text.to_owned());
    match kind {
        Some("int") => text.parse::<i64>().map_or_else(|_| as_is(), Value::from),
        Some("number") => match text.parse::<i64>() {
            Ok(whole) => Value::from(whole),
            Err(_) => text
                .parse::<f64>()
                .ok()
                .and_then(Number::from_f64)
                .map_or_else(as_is, Value::Number),
        },
        Some("bool") => match text {
            "true" | "yes" | "on" | "1" => Value::Bool(true),
            "false" | "no" | "off" | "0" => Value::Bool(false),
            _ => as_is(),
        },
        Some("list") => list(text),
        Some("map") => match serde_json::from_str(text) {
            Ok(map @ Value::Object(_)) => map,
            _ => as_is(),
        },
        _ => as_is(),
    }
}

/// A list as JSON, else its parts between commas.
fn list(text: &str) -> Value {
    match serde_json::from_str(text) {
        Ok(list @ Value::Array(_)) => list,
        _ if text.is_empty() => Value::Array(Vec::new()),
        _ => text
            .split(',')
            .map(|part| Value::String(part.trim().to_owned()))
            .collect(),
    }
}

/// Lays the pairs over `into`, each as its type says. A list's key may come several times: its values are joined.
/// Any other key that comes twice is refused.
pub fn lay(
    into: &mut Map<String, Value>,
    pairs: &[(String, String)],
    kinds: &Kinds,
) -> Result<(), String> {
    let mut seen = Map::new();
    for (key, text) in pairs {
        let value = typed(kinds.get(key).map(String::as_str), text);
        match (seen.get_mut(key), value) {
            (None, value) => drop(seen.insert(key.clone(), value)),
            (Some(Value::Array(kept)), Value::Array(further)) => kept.extend(further),
            (Some(_), _) => return Err(format!("{key:?} is given twice")),
        }
    }
    into.extend(seen);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_type_decides() {
        for (kind, text, wanted) in [
            ("string", "3", json!("3")),
            ("int", "3", json!(3)),
            ("int", "-3", json!(-3)),
            ("int", "three", json!("three")),
            ("number", "2.5", json!(2.5)),
            ("number", "2", json!(2)),
            ("number", "nan", json!("nan")),
            ("bool", "true", json!(true)),
            ("bool", "no", json!(false)),
            ("bool", "maybe", json!("maybe")),
            ("list", "a, b", json!(["a", "b"])),
            ("list", r#"["a,b"]"#, json!(["a,b"])),
            ("list", "", json!([])),
            ("map", r#"{"A":"b"}"#, json!({"A": "b"})),
            ("text", "x=y\nz", json!("x=y\nz")),
        ] {
            assert_eq!(typed(Some(kind), text), wanted, "{kind} {text}");
        }
        assert_eq!(typed(None, "3"), json!("3"));
    }

    #[test]
    fn pairs_keep_everything_behind_the_first_sign() {
        assert_eq!(pair("a=b=c").unwrap(), ("a".into(), "b=c".into()));
        assert_eq!(pair("a=").unwrap(), ("a".into(), String::new()));
        assert!(pair("a").is_err() && pair("=b").is_err());
        assert_eq!(amount("cpu=2").unwrap(), ("cpu".into(), 2));
        assert!(amount("cpu=-1").is_err() && amount("cpu=x").is_err());
    }

    #[test]
    fn lists_join_and_other_keys_come_once() {
        let kinds = Kinds::from([("l".into(), "list".into())]);
        let two = |key: &str| {
            vec![
                (key.to_owned(), "1".to_owned()),
                (key.to_owned(), "2".to_owned()),
            ]
        };
        let mut map = Map::new();
        lay(&mut map, &two("l"), &kinds).unwrap();
        assert_eq!(Value::Object(map.clone()), json!({"l": ["1", "2"]}));
        assert!(
            lay(&mut map, &two("x"), &kinds)
                .unwrap_err()
                .contains("\"x\"")
        );
    }
}
