//! What `/` takes: words that all must hold. `field:value`, `!word` for its opposite, `/regex/`, else a part of the name, id,
//! pipeline or user. Case does not matter. A word that can't be read is told while it is typed, and the last good filter stays.

use super::listed::Listed;
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

    /// The workflow passes.
    #[must_use]
    pub fn matches(&self, row: &impl Listed) -> bool {
        self.terms
            .iter()
            .all(|term| term.test.holds(row) != term.negated)
    }
}

/// A filter over workflows that share texts: what was found in one of these is not looked for again. It is for one pass
/// over workflows of which each text keeps its number.
#[derive(Debug)]
pub struct Sieve<'a> {
    filter: &'a Filter,
    /// By the term, by the text's number.
    found: Vec<Vec<Option<bool>>>,
}

impl<'a> Sieve<'a> {
    /// Of a filter.
    #[must_use]
    pub fn of(filter: &'a Filter) -> Self {
        let found = vec![Vec::new(); filter.terms.len()];
        Self { filter, found }
    }

    /// The workflow passes.
    pub fn passes(&mut self, row: &impl Listed) -> bool {
        let terms = self.filter.terms.iter().zip(&mut self.found);
        for (term, found) in terms {
            let holds = match (&term.test, row.shared()) {
                (Test::Any(word), Some(numbers)) => {
                    contains(row.title(), word)
                        || contains(row.place().1, word)
                        || known(found, numbers[0], || contains(row.pipeline(), word))
                        || known(found, numbers[1], || contains(row.user(), word))
                        || known(found, numbers[2], || contains(row.status_word(), word))
                }
                (test, _) => test.holds(row),
            };
            if holds == term.negated {
                return false;
            }
        }
        true
    }
}

/// What was found in the text of this number, looked for once.
fn known(found: &mut Vec<Option<bool>>, number: u32, look: impl FnOnce() -> bool) -> bool {
    let at = number as usize;
    if at >= found.len() {
        found.resize(at + 1, None);
    }
    *found[at].get_or_insert_with(look)
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
    fn holds(&self, row: &impl Listed) -> bool {
        match self {
            Self::Any(word) => {
                contains(row.title(), word)
                    || contains(row.place().1, word)
                    || contains(row.pipeline(), word)
                    || contains(row.user(), word)
                    || contains(row.status_word(), word)
            }
            Self::Pattern(regex) => {
                regex.is_match(row.called())
                    || regex.is_match(row.place().1)
                    || regex.is_match(row.pipeline())
            }
            Self::Field(field, value) => field_holds(row, field, value),
        }
    }
}

fn field_holds(row: &impl Listed, field: &str, value: &str) -> bool {
    match field {
        "status" => contains(row.status_word(), value),
        "stage" => contains(row.current_state(), value),
        "id" => row.place().1.to_lowercase().starts_with(value),
        "name" => contains(row.title(), value),
        "pipeline" => contains(row.pipeline(), value),
        "user" => contains(row.user(), value),
        "box" => row.boxes().into_iter().any(|name| contains(name, value)),
        "error" => {
            let error = row.error();
            error.is_some_and(|parts| parts.into_iter().any(|part| contains(part, value)))
        }
        _ => match value.split_once('=') {
            Some((key, wanted)) => row.any_label(&mut |name, text| {
                name.eq_ignore_ascii_case(key) && contains(text, wanted)
            }),
            None => row.any_label(&mut |name, text| contains(name, value) || contains(text, value)),
        },
    }
}

/// `part` is lower case already.
fn contains(text: &str, part: &str) -> bool {
    if !text.is_ascii() {
        return text.to_lowercase().contains(part);
    }
    let (text, part) = (text.as_bytes(), part.as_bytes());
    let Some(first) = part.first() else {
        return true;
    };
    let Some(last) = text.len().checked_sub(part.len()) else {
        return false;
    };
    memchr::memchr2_iter(*first, first.to_ascii_uppercase(), &text[..=last])
        .any(|at| text[at..at + part.len()].eq_ignore_ascii_case(part))
}
