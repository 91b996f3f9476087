//! Parameters: what a client gives, held against the pipeline's definitions, all problems at once.
//!
//! - What `check` lets through has only known names, right types, and the defaults filled in.
//! - A `Null` is as good as no value.
//! - Text is taken as it is; only `coerce`, for callers that have nothing but text, reads numbers and truth values out of it.

mod fit;

#[cfg(test)]
mod tests;

use super::nearest;
use super::pipeline::{ParamKind, ParamSpec, Pipeline};
use super::value::{Value, Values};
use super::workflow::Question;

/// What is wrong with one parameter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The parameter's name, with `[n]` behind it for an element of a list.
    pub field: String,
    /// What is wrong, and what would be right.
    pub problem: String,
}

/// Checks `given` and fills in the defaults. `matches(pattern, text)` says whether a regular expression matches a whole
/// text. With `partial`, required parameters may miss (they will be asked for) and no default is filled in: for
/// corrections and retries, which are laid over values that are there.
///
/// # Errors
/// Every problem there is, in the order of the names.
pub fn check(
    pipeline: &Pipeline,
    given: &Values,
    partial: bool,
    matches: &dyn Fn(&str, &str) -> bool,
) -> Result<Values, Vec<Problem>> {
    let mut problems = Vec::new();
    let mut checked = Values::new();
    for (name, value) in given {
        let Some(spec) = pipeline.params.iter().find(|spec| spec.name == *name) else {
            let known = pipeline.params.iter().map(|spec| spec.name.as_str());
            let problem = format!("unknown parameter; {}", nearest::suggest(name, known));
            problems.push(Problem {
                field: name.clone(),
                problem,
            });
            continue;
        };
        if *value == Value::Null {
            continue;
        }
        match fit::fit(spec, value, matches) {
            Ok(value) => {
                checked.insert(name.clone(), value);
            }
            Err(found) => problems.push(found),
        }
    }
    if !partial {
        for spec in &pipeline.params {
            if given
                .get(&spec.name)
                .is_some_and(|value| *value != Value::Null)
            {
                continue;
            }
            if let Some(default) = &spec.default {
                checked.insert(spec.name.clone(), default.clone());
            } else if spec.required {
                let problem = match &spec.question {
                    Some(question) => format!("is required: {question}"),
                    None => format!("is required; give {}", fit::wanted(spec)),
                };
                problems.push(Problem {
                    field: spec.name.clone(),
                    problem,
                });
            }
        }
    }
    if problems.is_empty() {
        return Ok(checked);
    }
    problems.sort_by(|one, other| one.field.cmp(&other.field));
    Err(problems)
}

/// As `check` for a pipeline that asks for what is missing: required parameters may miss, and a default of theirs is what
/// the question offers and the gate's deadline takes. All other defaults are filled in.
///
/// # Errors
/// Every problem there is, in the order of the names.
pub fn check_for_questions(
    pipeline: &Pipeline,
    given: &Values,
    matches: &dyn Fn(&str, &str) -> bool,
) -> Result<Values, Vec<Problem>> {
    let mut checked = check(pipeline, given, true, matches)?;
    for spec in pipeline.params.iter().filter(|spec| !spec.required) {
        if let (false, Some(default)) = (checked.contains_key(&spec.name), &spec.default) {
            checked.insert(spec.name.clone(), default.clone());
        }
    }
    Ok(checked)
}

/// Reads texts as what their parameters are: `3` as a number, `true` or `false` as a truth value, `a,b` as a list. What
/// can't be read so stays text, for `check` to refuse.
#[must_use]
pub fn coerce(pipeline: &Pipeline, given: &Values) -> Values {
    let kind = |name: &str| {
        pipeline
            .params
            .iter()
            .find(|spec| spec.name == name)
            .map(|spec| spec.kind)
    };
    let read = |name: &String, value: &Value| match (kind(name), value) {
        (Some(kind), Value::Text(text)) => fit::read(kind, text),
        _ => value.clone(),
    };
    given
        .iter()
        .map(|(name, value)| (name.clone(), read(name, value)))
        .collect()
}

/// What a person must be asked: the required parameters that have no value, in the order of the file.
#[must_use]
pub fn questions(pipeline: &Pipeline, params: &Values) -> Vec<Question> {
    pipeline
        .params
        .iter()
        .filter(|spec| {
            spec.required
                && params
                    .get(&spec.name)
                    .is_none_or(|value| *value == Value::Null)
        })
        .map(|spec| Question {
            key: spec.name.clone(),
            question: spec
                .question
                .clone()
                .unwrap_or_else(|| format!("What is `{}`?", spec.name)),
            kind: spec.kind,
            options: spec.options.clone(),
            default: spec.default.clone(),
            required: true,
        })
        .collect()
}

/// Whether a value answers a stage's question.
///
/// # Errors
/// What would.
pub fn answers(question: &Question, value: &Value) -> Result<(), String> {
    let spec = ParamSpec {
        name: question.key.clone(),
        kind: question.kind,
        required: question.required,
        default: None,
        question: None,
        options: question.options.clone(),
        min: None,
        max: None,
        pattern: None,
    };
    // A question without a definition behind it takes any text that it offers no choice for.
    let lenient = question.kind == ParamKind::Any && question.options.is_empty();
    if lenient {
        return Ok(());
    }
    fit::fit(&spec, value, &|_, _| true)
        .map(|_| ())
        .map_err(|found| found.problem)
}
