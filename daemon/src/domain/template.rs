//! Arguments with places to fill in: `${params.NAME}` and `${stages.ID.outputs.KEY}`; `$${` stands for a plain `${`.
//!
//! - A place is filled with the value's text, once: what a parameter holds is never looked at again for places.
//! - Behind a name or key, further words separated by dots lead into a map: `${params.env.HOME}`.
//! - An unknown root, a malformed or unclosed place, and a place without a value are errors that name it. Files are held
//!   against `references` when they are read, so that only a missing value can turn up when a stage starts.

use super::value::{Value, Values};
use std::fmt::Write;

/// A place in a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reference {
    /// `${params.NAME}`
    Param {
        /// The parameter.
        name: String,
        /// Further words, into a map.
        path: Vec<String>,
    },
    /// `${stages.ID.outputs.KEY}`
    Output {
        /// The stage's id.
        stage: String,
        /// The output.
        key: String,
        /// Further words, into a map.
        path: Vec<String>,
    },
}

/// What is wrong with a template, or with filling it in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{place}` {problem}")]
pub struct TemplateError {
    /// The place, as it stands in the text.
    pub place: String,
    /// What is wrong with it, and the remedy.
    pub problem: String,
}

enum Piece<'a> {
    Text(&'a str),
    Place(&'a str, Reference),
}

/// The places of a text, in order: for holding them against the pipeline when its file is read.
///
/// # Errors
/// The first malformed place.
pub fn references(text: &str) -> Result<Vec<Reference>, TemplateError> {
    let place = |piece| match piece {
        Piece::Place(_, reference) => Some(reference),
        Piece::Text(_) => None,
    };
    Ok(parse(text)?.into_iter().filter_map(place).collect())
}

/// Fills a text in. `output(stage, key)` gives what an earlier stage gave.
///
/// # Errors
/// The first malformed place, or the first without a value.
pub fn render(
    text: &str,
    params: &Values,
    output: &dyn Fn(&str, &str) -> Option<Value>,
) -> Result<String, TemplateError> {
    let mut filled = String::with_capacity(text.len());
    for piece in parse(text)? {
        let (place, reference) = match piece {
            Piece::Text(text) => {
                filled.push_str(text);
                continue;
            }
            Piece::Place(place, reference) => (place, reference),
        };
        let missing = |problem: String| TemplateError {
            place: place.to_owned(),
            problem,
        };
        let value = match &reference {
            Reference::Param { name, path } => params
                .get(name)
                .and_then(|value| walk(value, path))
                .cloned()
                .ok_or_else(|| {
                    missing(format!(
                        "has no value; submit `{name}`, or give the parameter a default in the pipeline's file"
                    ))
                })?,
            Reference::Output { stage, key, path } => output(stage, key)
                .and_then(|value| walk(&value, path).cloned())
                .ok_or_else(|| {
                    missing(format!(
                        "has no value; `{stage}` gave no such output (it may have been skipped)"
                    ))
                })?,
        };
        // Writing into a String can't fail.
        let _ = write!(filled, "{value}");
    }
    Ok(filled)
}

fn walk<'a>(value: &'a Value, path: &[String]) -> Option<&'a Value> {
    path.iter()
        .try_fold(value, |value, word| value.as_map()?.get(word))
}

fn parse(text: &str) -> Result<Vec<Piece<'_>>, TemplateError> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find("${") {
        let (before, place) = rest.split_at(at);
        if let Some(before) = before.strip_suffix('$') {
            pieces.push(Piece::Text(before));
            pieces.push(Piece::Text("${"));
            rest = &place[2..];
            continue;
        }
        pieces.push(Piece::Text(before));
        let Some(end) = place.find('}') else {
            let shown = place.chars().take(40).collect();
            return Err(TemplateError {
                place: shown,
                problem: "is not closed; add a `}`, or write `$${` for a plain `${`".to_owned(),
            });
        };
        let (place, after) = place.split_at(end + 1);
        pieces.push(Piece::Place(place, reference(place)?));
        rest = after;
    }
    pieces.push(Piece::Text(rest));
    Ok(pieces)
}

/// `place` with its `${` and `}`.
fn reference(place: &str) -> Result<Reference, TemplateError> {
    let words: Vec<&str> = place[2..place.len() - 1].split('.').collect();
    let owned = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
    let is_word = |word: &&str| {
        !word.is_empty()
            && word
                .chars()
                .all(|c| c.is_alphanumeric() || c == '_' || c == '-')
    };
    match words.as_slice() {
        words if !words.iter().all(is_word) => {}
        ["params", name, path @ ..] => {
            return Ok(Reference::Param {
                name: (*name).to_owned(),
                path: owned(path),
            });
        }
        ["stages", stage, "outputs", key, path @ ..] => {
            return Ok(Reference::Output {
                stage: (*stage).to_owned(),
                key: (*key).to_owned(),
                path: owned(path),
            });
        }
        _ => {}
    }
    let problem = "is unknown; a place is `${params.NAME}` or `${stages.ID.outputs.KEY}`, and `$${` a plain `${`";
    Err(TemplateError {
        place: place.to_owned(),
        problem: problem.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn params() -> Values {
        Values::from([
            ("word".to_owned(), Value::from("a ${params.count} \"b\"")),
            ("count".to_owned(), Value::Int(3)),
            (
                "list".to_owned(),
                Value::List(vec![Value::from("x"), Value::from("y")]),
            ),
            (
                "env".to_owned(),
                Value::Map(Values::from([("HOME".to_owned(), Value::from("/root"))])),
            ),
        ])
    }

    fn fill(text: &str) -> Result<String, String> {
        let output = |stage: &str, key: &str| {
            (stage == "zero" && key == "place").then(|| Value::from("here"))
        };
        render(text, &params(), &output).map_err(|error| error.to_string())
    }

    #[test]
    fn fills_places_once() {
        assert_eq!(
            fill("say ${params.word}!"),
            Ok("say a ${params.count} \"b\"!".to_owned())
        );
        assert_eq!(fill("${params.count}${params.count}"), Ok("33".to_owned()));
        assert_eq!(
            fill("in ${stages.zero.outputs.place}"),
            Ok("in here".to_owned())
        );
        assert_eq!(fill("${params.list}"), Ok("x,y".to_owned()));
        assert_eq!(fill("${params.env.HOME}"), Ok("/root".to_owned()));
    }

    #[test]
    fn a_doubled_dollar_is_a_plain_one() {
        assert_eq!(fill("$${params.word}"), Ok("${params.word}".to_owned()));
        assert_eq!(fill("cost: 3$, {x} $"), Ok("cost: 3$, {x} $".to_owned()));
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (text, place) in [
            ("${params.nope}", "${params.nope}"),
            ("${params.env.NOPE}", "${params.env.NOPE}"),
            ("${stages.zero.outputs.nope}", "${stages.zero.outputs.nope}"),
            ("${stages.one.outputs.place}", "${stages.one.outputs.place}"),
            ("${env.HOME}", "${env.HOME}"),
            ("${}", "${}"),
            ("${params.}", "${params.}"),
            ("${stages.zero.place}", "${stages.zero.place}"),
            ("x ${params.word", "${params.word"),
        ] {
            let error = fill(text).unwrap_err();
            assert!(error.starts_with(&format!("`{place}` ")), "{text}: {error}");
        }
    }

    #[test]
    fn tells_its_references() {
        let found = references("a ${params.x} $${no} ${stages.s.outputs.k.deep}").unwrap();
        let output = Reference::Output {
            stage: "s".to_owned(),
            key: "k".to_owned(),
            path: vec!["deep".to_owned()],
        };
        assert_eq!(
            found,
            [
                Reference::Param {
                    name: "x".to_owned(),
                    path: Vec::new()
                },
                output
            ]
        );
        assert!(references("${x").is_err());
    }

    proptest! {
        #[test]
        fn text_without_places_stays(text in "[^$]*") {
            prop_assert_eq!(fill(&text), Ok(text));
        }

        #[test]
        fn any_value_goes_through_unharmed(value in "\\PC*") {
            let params = Values::from([("v".to_owned(), Value::from(value.clone()))]);
            let filled = render("<${params.v}>", &params, &|_, _| None).map_err(|error| error.to_string());
            prop_assert_eq!(filled, Ok(format!("<{value}>")));
        }

        #[test]
        fn no_text_is_a_panic(text in "[${}.a-z]*") {
            let _ = fill(&text);
            let _ = references(&text);
        }
    }
}
