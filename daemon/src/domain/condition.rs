//! Whether a stage's `when` holds for a workflow's parameters.

use super::pipeline::Condition;
use super::value::{Value, Values};

/// Whether `condition` holds. A parameter without a value is false as a flag, and equal to no text but the empty one.
#[must_use]
pub fn holds(condition: &Condition, params: &Values) -> bool {
    match condition {
        Condition::Flag { param, negated } => {
            let set = params.get(param).and_then(Value::as_bool).unwrap_or(false);
            set != *negated
        }
        Condition::Equals {
            param,
            text,
            negated,
        } => {
            let same = match params.get(param) {
                Some(Value::Text(value)) => value == text,
                Some(value) => value.to_string() == *text,
                None => text.is_empty(),
            };
            same != *negated
        }
        Condition::Any(parts) => parts.iter().any(|part| holds(part, params)),
        Condition::All(parts) => parts.iter().all(|part| holds(part, params)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flag(param: &str, negated: bool) -> Condition {
        Condition::Flag {
            param: param.to_owned(),
            negated,
        }
    }

    #[test]
    fn flags_texts_and_their_joins() {
        let params = Values::from([
            ("loud".to_owned(), Value::Bool(true)),
            ("source".to_owned(), Value::from("drawn")),
        ]);
        let source = |text: &str, negated| Condition::Equals {
            param: "source".to_owned(),
            text: text.to_owned(),
            negated,
        };
        assert!(holds(&flag("loud", false), &params));
        assert!(!holds(&flag("loud", true), &params));
        assert!(holds(&flag("absent", true), &params));
        assert!(holds(&source("drawn", false), &params));
        assert!(holds(&source("veo", true), &params));
        assert!(holds(
            &Condition::Any(vec![source("veo", false), source("drawn", false)]),
            &params
        ));
        assert!(!holds(
            &Condition::All(vec![flag("loud", false), source("veo", false)]),
            &params
        ));
    }
}
