//! A stage's `when`: `params.x`, `!params.x`, `params.x == 'text'`, `params.x != 'text'`, joined by `&&` and `||` (`&&` binds
//! closer).

use crate::domain::pipeline::Condition;

/// Reads a condition.
///
/// # Errors
/// What can't be read, and the forms that can.
pub(super) fn parse(text: &str) -> Result<Condition, String> {
    let any = split(text, "||")
        .into_iter()
        .map(|part| {
            let all = split(part, "&&")
                .into_iter()
                .map(|term| term_of(term, text))
                .collect::<Result<Vec<_>, _>>()?;
            Ok(one_or(all, Condition::All))
        })
        .collect::<Result<Vec<_>, String>>()?;
    Ok(one_or(any, Condition::Any))
}

/// The parameters that a condition looks at.
pub(super) fn params(condition: &Condition) -> Vec<&str> {
    match condition {
        Condition::Flag { param, .. } | Condition::Equals { param, .. } => vec![param],
        Condition::Any(list) | Condition::All(list) => list.iter().flat_map(params).collect(),
    }
}

fn one_or(mut list: Vec<Condition>, join: fn(Vec<Condition>) -> Condition) -> Condition {
    if list.len() == 1 {
        list.remove(0)
    } else {
        join(list)
    }
}

/// Cuts at a word that stands outside quotes.
fn split<'a>(text: &'a str, word: &str) -> Vec<&'a str> {
    let mut parts = Vec::new();
    let (mut start, mut quoted) = (0, false);
    for (at, character) in text.char_indices() {
        if character == '\'' {
            quoted = !quoted;
        } else if !quoted && at >= start && text[at..].starts_with(word) {
            parts.push(&text[start..at]);
            start = at + word.len();
        }
    }
    parts.push(&text[start..]);
    parts
}

fn term_of(term: &str, whole: &str) -> Result<Condition, String> {
    let refused = || {
        format!(
            "`when = \"{whole}\"` can't be read; write params.x, !params.x, params.x == 'text' or params.x != 'text', joined by && or ||"
        )
    };
    let term = term.trim();
    for (operator, negated) in [("==", false), ("!=", true)] {
        if let [left, right] = split(term, operator)[..] {
            let text = right
                .trim()
                .strip_prefix('\'')
                .and_then(|r| r.strip_suffix('\''))
                .ok_or_else(refused)?;
            if text.contains('\'') {
                return Err(refused());
            }
            return Ok(Condition::Equals {
                param: name_of(left).ok_or_else(refused)?,
                text: text.to_owned(),
                negated,
            });
        }
    }
    let (term, negated) = term
        .strip_prefix('!')
        .map_or((term, false), |rest| (rest, true));
    Ok(Condition::Flag {
        param: name_of(term).ok_or_else(refused)?,
        negated,
    })
}

fn name_of(text: &str) -> Option<String> {
    let name = text.trim().strip_prefix("params.")?;
    let fits = !name.is_empty()
        && name
            .chars()
            .all(|c| c.is_alphanumeric() || c == '_' || c == '-');
    fits.then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flag(param: &str, negated: bool) -> Condition {
        Condition::Flag {
            param: param.into(),
            negated,
        }
    }

    #[test]
    fn reads_every_form() {
        assert_eq!(parse("params.loud"), Ok(flag("loud", false)));
        assert_eq!(parse(" !params.loud "), Ok(flag("loud", true)));
        let equals = Condition::Equals {
            param: "x".into(),
            text: "a || b == c".into(),
            negated: false,
        };
        assert_eq!(parse("params.x == 'a || b == c'"), Ok(equals));
        let differs = Condition::Equals {
            param: "x".into(),
            text: String::new(),
            negated: true,
        };
        assert_eq!(parse("params.x != ''"), Ok(differs.clone()));
        let joined = Condition::Any(vec![
            Condition::All(vec![flag("a", false), differs]),
            flag("b", true),
        ]);
        assert_eq!(parse("params.a && params.x != '' || !params.b"), Ok(joined));
    }

    #[test]
    fn names_what_it_looks_at() {
        let condition = parse("params.a && params.b == '1' || !params.c").unwrap();
        assert_eq!(params(&condition), ["a", "b", "c"]);
    }

    #[test]
    fn refuses_the_rest() {
        for text in [
            "",
            "params.",
            "x",
            "params.a ==",
            "params.a == b",
            "params.a & params.b",
            "params.a == 'it's'",
            "||",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
