//! Reads an object's fields one by one and keeps every problem it meets, so that a client is told all that is wrong at once:
//! which field, what was sent, what is wanted. Whatever was not asked for is refused by name, with the nearest known name.

use super::problem::{Problem, excerpt};
use crate::pipeline::nearest;
use reel_shared::problem::FieldProblem;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// The fields of a body or a query.
#[derive(Debug)]
pub struct Fields {
    map: Map<String, Value>,
    /// What stands before each name in a problem: `workflows[3].`
    prefix: String,
    /// All values are text that a URL carried.
    from_query: bool,
    known: Vec<&'static str>,
    problems: Vec<FieldProblem>,
}

/// What a value is, in words.
#[must_use]
pub fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// ` (did you mean `x`?)` or nothing.
#[must_use]
pub fn hint<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    nearest(word, known)
        .map(|one| format!("; did you mean `{one}`?"))
        .unwrap_or_default()
}

impl Fields {
    /// Of a body.
    #[must_use]
    pub fn new(map: Map<String, Value>) -> Self {
        Self::within(map, "")
    }

    /// Of an object inside a body.
    #[must_use]
    pub fn within(map: Map<String, Value>, prefix: &str) -> Self {
        Self {
            map,
            prefix: prefix.to_owned(),
            from_query: false,
            known: Vec::new(),
            problems: Vec::new(),
        }
    }

    /// Of a query.
    #[must_use]
    pub fn of_query(map: Map<String, Value>) -> Self {
        Self {
            from_query: true,
            ..Self::within(map, "")
        }
    }

    /// Takes a field out; null counts as not given.
    fn take(&mut self, name: &'static str) -> Option<Value> {
        self.known.push(name);
        self.map.shift_remove(name).filter(|value| !value.is_null())
    }

    /// Notes a problem of a field.
    pub fn problem(&mut self, name: &str, problem: impl Into<String>) {
        self.problems.push(FieldProblem {
            field: format!("{}{name}", self.prefix),
            problem: problem.into(),
        });
    }

    /// Notes problems that others found; their fields are named as they stand.
    pub fn problems(&mut self, problems: impl IntoIterator<Item = FieldProblem>) {
        let prefix = &self.prefix;
        self.problems
            .extend(problems.into_iter().map(|one| FieldProblem {
                field: format!("{prefix}{}", one.field),
                ..one
            }));
    }

    fn wrong(&mut self, name: &str, wanted: &str, value: &Value) {
        let sent = excerpt(&value.to_string());
        self.problem(
            name,
            format!("must be {wanted}, and is {} ({sent})", kind(value)),
        );
    }

    /// Notes that a field is missing, unless it is there.
    pub fn require<T>(&mut self, name: &'static str, value: Option<T>) -> Option<T> {
        if value.is_none() && self.problems_of(name) == 0 {
            self.problem(name, "is missing");
        }
        value
    }

    /// How many problems of a field were noted.
    #[must_use]
    pub fn problems_of(&self, name: &str) -> usize {
        let is_it = |one: &&FieldProblem| one.field.strip_prefix(&*self.prefix) == Some(name);
        self.problems.iter().filter(is_it).count()
    }

    /// Whatever was sent.
    pub fn any(&mut self, name: &'static str) -> Option<Value> {
        self.take(name)
    }

    /// A text.
    pub fn text(&mut self, name: &'static str) -> Option<String> {
        match self.take(name)? {
            Value::String(text) => Some(text),
            other => {
                self.wrong(name, "a text", &other);
                None
            }
        }
    }

    /// True or false.
    pub fn truth(&mut self, name: &'static str) -> Option<bool> {
        match self.take(name)? {
            Value::Bool(truth) => Some(truth),
            Value::String(text) if self.from_query && text == "true" => Some(true),
            Value::String(text) if self.from_query && text == "false" => Some(false),
            other => {
                self.wrong(name, "true or false", &other);
                None
            }
        }
    }

    /// A whole number within bounds, both included.
    pub fn whole(&mut self, name: &'static str, least: i64, most: i64) -> Option<i64> {
        let value = self.take(name)?;
        let number = match &value {
            Value::Number(number) => number.as_i64(),
            Value::String(text) if self.from_query => text.parse().ok(),
            _ => None,
        };
        match number {
            Some(number) if (least..=most).contains(&number) => Some(number),
            _ => {
                self.wrong(
                    name,
                    &format!("a whole number from {least} to {most}"),
                    &value,
                );
                None
            }
        }
    }

    /// One of the known words.
    pub fn word<T>(
        &mut self,
        name: &'static str,
        known: &[&'static str],
        read: impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        let text = self.text(name)?;
        let value = read(&text);
        if value.is_none() {
            let list = known.join("`, `");
            self.problem(
                name,
                format!(
                    "is `{}`; it must be one of `{list}`{}",
                    excerpt(&text),
                    hint(&text, known.iter().copied())
                ),
            );
        }
        value
    }

    /// A list of texts.
    pub fn texts(&mut self, name: &'static str) -> Option<Vec<String>> {
        let value = self.take(name)?;
        let Value::Array(items) = value else {
            self.wrong(name, "a list of texts", &value);
            return None;
        };
        let mut texts = Vec::with_capacity(items.len());
        for (index, item) in items.into_iter().enumerate() {
            match item {
                Value::String(text) => texts.push(text),
                other => self.wrong(&format!("{name}[{index}]"), "a text", &other),
            }
        }
        Some(texts)
    }

    /// A list.
    pub fn list(&mut self, name: &'static str) -> Option<Vec<Value>> {
        match self.take(name)? {
            Value::Array(items) => Some(items),
            other => {
                self.wrong(name, "a list", &other);
                None
            }
        }
    }

    /// An object.
    pub fn object(&mut self, name: &'static str) -> Option<Map<String, Value>> {
        match self.take(name)? {
            Value::Object(map) => Some(map),
            other => {
                self.wrong(name, "an object", &other);
                None
            }
        }
    }

    /// An object whose values are texts.
    pub fn text_map(&mut self, name: &'static str) -> Option<BTreeMap<String, String>> {
        let map = self.object(name)?;
        let mut texts = BTreeMap::new();
        for (key, value) in map {
            match value {
                Value::String(text) => {
                    texts.insert(key, text);
                }
                other => self.wrong(&format!("{name}.{}", excerpt(&key)), "a text", &other),
            }
        }
        Some(texts)
    }

    /// Takes out everything that was not asked for yet, so that nothing is left that could be unknown.
    pub fn rest(&mut self) -> Map<String, Value> {
        std::mem::take(&mut self.map)
    }

    /// Notes whatever was not asked for.
    fn unknown(&mut self) {
        let left = std::mem::take(&mut self.map);
        for name in left.keys() {
            let told = hint(name, self.known.iter().copied());
            let list = self.known.join("`, `");
            let takes = if self.known.is_empty() {
                "nothing is taken here".to_owned()
            } else {
                format!("known are `{list}`")
            };
            self.problem(&excerpt(name), format!("is not known{told}; {takes}"));
        }
    }

    /// Everything that was wrong, what was not asked for included.
    #[must_use]
    pub fn into_problems(mut self) -> Vec<FieldProblem> {
        self.unknown();
        self.problems
    }

    /// Ends the reading.
    ///
    /// # Errors
    /// 422 with everything that was wrong.
    pub fn finish(self) -> Result<(), Problem> {
        let problems = self.into_problems();
        if problems.is_empty() {
            Ok(())
        } else {
            Err(Problem::invalid(&problems))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn fields(value: Value) -> Fields {
        match value {
            Value::Object(map) => Fields::new(map),
            other => panic!("{other}"),
        }
    }

    fn told(fields: Fields) -> Vec<(String, String)> {
        fields
            .into_problems()
            .into_iter()
            .map(|one| (one.field, one.problem))
            .collect()
    }

    #[test]
    fn all_problems_are_told_at_once() {
        let mut body = fields(
            json!({ "priority": "high", "labels": { "a": 1 }, "pipelin": "video", "xyzzy": 1 }),
        );
        let pipeline = body.text("pipeline");
        body.require("pipeline", pipeline);
        assert_eq!(body.whole("priority", -1000, 1000), None);
        body.require::<i64>("priority", None);
        body.text_map("labels");
        let told = told(body);
        let of = |field: &str| {
            told.iter()
                .filter(|one| one.0 == field)
                .map(|one| one.1.as_str())
                .collect::<Vec<_>>()
        };
        assert_eq!(of("pipeline"), ["is missing"]);
        assert_eq!(
            of("priority"),
            ["must be a whole number from -1000 to 1000, and is a text (\"high\")"]
        );
        assert_eq!(of("labels.a").len(), 1);
        assert!(
            of("pipelin")[0].contains("did you mean `pipeline`?"),
            "{told:?}"
        );
        assert!(!of("xyzzy")[0].contains("did you mean"), "{told:?}");
    }

    #[test]
    fn a_query_carries_numbers_and_truths_as_text() {
        let map = json!({ "limit": "20", "progress": "false", "offset": "-1" });
        let mut query = Fields::of_query(map.as_object().unwrap().clone());
        assert_eq!(query.whole("limit", 1, 200), Some(20));
        assert_eq!(query.truth("progress"), Some(false));
        assert_eq!(query.whole("offset", 0, i64::MAX), None);
        assert_eq!(told(query).len(), 1);
    }

    #[test]
    fn null_counts_as_not_given() {
        let mut body = fields(json!({ "name": null }));
        assert_eq!(body.text("name"), None);
        assert!(body.finish().is_ok());
    }
}
