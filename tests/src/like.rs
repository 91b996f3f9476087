//! Holds an answer against a printed example: names, nesting and kinds of values, and for what is no id and no time the very
//! words.

use serde_json::Value;

/// How an answer differs from a printed example, one line each; empty where it is like it. An answer may hold more names
/// than are printed. A printed `"T"` stands for any time, a null for anything, a text between `<` and `>` for any text, and
/// so does a number below zero for any number.
#[must_use]
pub fn unlike(printed: &Value, answer: &Value) -> Vec<String> {
    let mut found = Vec::new();
    compare("", printed, answer, &mut found);
    found
}

/// Panics with every difference, where there is one.
///
/// # Panics
/// Where the answer is unlike what is printed.
#[track_caller]
pub fn assert_like(printed: &Value, answer: &Value) {
    let found = unlike(printed, answer);
    assert!(found.is_empty(), "{}", found.join("\n"));
}

fn compare(place: &str, printed: &Value, answer: &Value, found: &mut Vec<String>) {
    let mut tell = |what: &str| {
        found.push(format!(
            "{place}: {what}; printed {printed}, answered {answer}"
        ))
    };
    match (printed, answer) {
        (Value::Null, _) => {}
        (Value::String(wanted), Value::String(_)) if is_any(wanted) => {}
        (Value::String(wanted), Value::String(given)) if wanted == "T" => {
            if !is_time(given) {
                tell("is no time of RFC 3339 with milliseconds in UTC");
            }
        }
        (Value::Number(wanted), Value::Number(_)) if wanted.as_f64().is_some_and(|n| n < 0.0) => {}
        (Value::Number(wanted), Value::Number(given)) => {
            if wanted.as_f64() != given.as_f64() {
                tell("is another number");
            }
        }
        (Value::Object(wanted), Value::Object(given)) => {
            for (name, one) in wanted {
                match given.get(name) {
                    Some(other) => compare(&format!("{place}.{name}"), one, other, found),
                    None => found.push(format!("{place}.{name}: is missing in {answer}")),
                }
            }
        }
        (Value::Array(wanted), Value::Array(given)) => {
            if given.len() < wanted.len() {
                tell("has fewer entries");
            }
            for (index, (one, other)) in wanted.iter().zip(given).enumerate() {
                compare(&format!("{place}[{index}]"), one, other, found);
            }
        }
        (wanted, given) if wanted == given => {}
        _ => tell("is something else"),
    }
}

fn is_any(text: &str) -> bool {
    text.len() >= 2 && text.starts_with('<') && text.ends_with('>')
}

/// `2026-11-20T10:17:50.123Z`
fn is_time(text: &str) -> bool {
    let pattern = b"dddd-dd-ddTdd:dd:dd.dddZ";
    text.len() == pattern.len()
        && text
            .bytes()
            .zip(pattern)
            .all(|(byte, wanted)| match wanted {
                b'd' => byte.is_ascii_digit(),
                wanted => byte == *wanted,
            })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_printed_must_be_there() {
        let printed = json!({"a": "T", "b": [{"c": "<id>", "d": -1}], "e": null, "f": "word"});
        let good = json!({"a": "2026-11-20T10:17:50.123Z", "b": [{"c": "x", "d": 7}, 8], "e": 1, "f": "word", "g": 0});
        assert_eq!(unlike(&printed, &good), Vec::<String>::new());
        for (path, wrong) in [
            ("/a", json!("today")),
            ("/b", json!([])),
            ("/b/0/d", json!("7")),
            ("/f", json!("Word")),
        ] {
            let mut bad = good.clone();
            *bad.pointer_mut(path).unwrap() = wrong;
            assert_eq!(unlike(&printed, &bad).len(), 1, "{path}");
        }
    }
}
