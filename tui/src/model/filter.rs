//! What `/` takes: words that all must hold. `field:value`, `!word` for its opposite, `/regex/`, else a part of the name, id,
//! pipeline or user. Case does not matter. A word that can't be read is told while it is typed, and the last good filter stays.

use super::row::Row;
use regex::{Regex, RegexBuilder};

/// The fields that `field:value` knows, for messages and completion.
pub const FIELDS: [&str; 9] = [
    "status", "stage", "id", "name", "pipeline", "user", "box", "label", "error",
];

/// A compiled filter.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    text: String,
    terms: Vec<Term>,
}

#[derive(Debug, Clone)]
struct Term {
    negated: bool,
    test: Test,
}

#[derive(Debug, Clone)]
enum Test {
    Any(String),
    Field(&'static str, String),
    Pattern(Regex),
}

impl Filter {
    /// Reads what was typed.
    pub fn parse(text: &str) -> Result<Self, String> {
        let terms = words(text)?
            .into_iter()
            .map(|word| term(&word))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            text: text.trim().to_owned(),
            terms,
        })
    }

    /// As it was typed.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// It lets everything through.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    /// The part of it that a daemon can look for in everything it keeps, as a query: the first plain word or name, and a
    /// whole status. Empty where there is none.
    #[must_use]
    pub fn query(&self) -> String {
        let mut query = String::new();
        let plain = self.terms.iter().filter(|term| !term.negated);
        let mut words = plain.clone().filter_map(|term| match &term.test {
            Test::Any(word) | Test::Field("name", word) => Some(word),
            _ => None,
        });
        if let Some(word) = words.next() {
            query.push_str(&format!("&q={}", reel_shared::client::segment(word)));
        }
        let status = plain.clone().find_map(|term| match &term.test {
            Test::Field("status", word) => {
                super::words::Status::words().find(|known| known == word)
            }
            _ => None,
        });
        if let Some(word) = status {
            query.push_str(&format!("&status={word}"));
        }
        query
    }

    /// The row passes.
    #[must_use]
    pub fn matches(&self, row: &Row) -> bool {
        self.terms
            .iter()
            .all(|term| term.test.holds(row) != term.negated)
    }
}

impl PartialEq for Filter {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

/// Splits at spaces; a `/…/` keeps its spaces.
fn words(text: &str) -> Result<Vec<String>, String> {
    let mut words = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let body = rest.strip_prefix('!').unwrap_or(rest);
        let end = if let Some(pattern) = body.strip_prefix('/') {
            let close = pattern
                .find('/')
                .ok_or("a pattern ends with a second /: /text/")?;
            rest.len() - pattern.len() + close + 1
        } else {
            rest.find(char::is_whitespace).unwrap_or(rest.len())
        };
        let (word, behind) = rest.split_at(end);
        words.push(word.to_owned());
        rest = behind.trim_start();
    }
    Ok(words)
}

fn term(word: &str) -> Result<Term, String> {
    let (negated, body) = word
        .strip_prefix('!')
        .map_or((false, word), |rest| (true, rest));
    if body.is_empty() {
        return Err("! stands before a word: !completed".to_owned());
    }
    if let Some(pattern) = body
        .strip_prefix('/')
        .and_then(|rest| rest.strip_suffix('/'))
    {
        let regex = RegexBuilder::new(pattern)
            .case_insensitive(true)
            .size_limit(1 << 20)
            .build()
            .map_err(|_| format!("/{pattern}/ is no regular expression"))?;
        return Ok(Term {
            negated,
            test: Test::Pattern(regex),
        });
    }
    let test = match body.split_once(':') {
        Some((field, value)) => {
            let field = FIELDS
                .into_iter()
                .find(|known| known.eq_ignore_ascii_case(field))
                .ok_or_else(|| format!("no field {field:?}; there are {}", FIELDS.join(" ")))?;
            if value.is_empty() {
                return Err(format!("{field}: wants a value"));
            }
            Test::Field(field, value.to_lowercase())
        }
        None => Test::Any(body.to_lowercase()),
    };
    Ok(Term { negated, test })
}

impl Test {
    fn holds(&self, row: &Row) -> bool {
        match self {
            Self::Any(word) => [
                &row.view.name,
                &row.view.id,
                &row.view.pipeline,
                &row.view.user_id,
                &row.view.status,
            ]
            .into_iter()
            .any(|text| contains(text, word)),
            Self::Pattern(regex) => {
                regex.is_match(row.name())
                    || regex.is_match(&row.view.id)
                    || regex.is_match(&row.view.pipeline)
            }
            Self::Field(field, value) => field_holds(row, field, value),
        }
    }
}

fn field_holds(row: &Row, field: &str, value: &str) -> bool {
    match field {
        "status" => contains(&row.view.status, value),
        "stage" => contains(&row.view.current_state, value),
        "id" => row.view.id.to_lowercase().starts_with(value),
        "name" => contains(&row.view.name, value),
        "pipeline" => contains(&row.view.pipeline, value),
        "user" => contains(&row.view.user_id, value),
        "box" => {
            let place = row.view.box_name.as_deref();
            place.is_some_and(|name| contains(name, value)) || contains(&row.host, value)
        }
        "error" => row.view.error.as_ref().is_some_and(|error| {
            contains(&error.class, value)
                || contains(&error.code, value)
                || contains(&error.message, value)
        }),
        _ => match value.split_once('=') {
            Some((key, wanted)) => row
                .view
                .labels
                .iter()
                .any(|(name, text)| name.eq_ignore_ascii_case(key) && contains(text, wanted)),
            None => row
                .view
                .labels
                .iter()
                .any(|(name, text)| contains(name, value) || contains(text, value)),
        },
    }
}

/// `part` is lower case already.
fn contains(text: &str, part: &str) -> bool {
    if text.is_ascii() {
        let (text, part) = (text.as_bytes(), part.as_bytes());
        return part.is_empty()
            || text
                .windows(part.len())
                .any(|window| window.eq_ignore_ascii_case(part));
    }
    text.to_lowercase().contains(part)
}
