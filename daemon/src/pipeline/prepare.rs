//! From what a request says to a workflow that may be submitted: everything checked, everything filled in, or every field's
//! problem at once. A refused request has changed nothing.

use super::param::whole;
use super::{Catalogue, command, features, ids, json};
use crate::config::Config;
use crate::domain::pipeline::{Pipeline, RetryPolicy, Work};
use crate::domain::workflow::Dependency;
use crate::domain::{DependencyState, Submit, Timestamp, Value, Values, params};
use reel_shared::problem::FieldProblem;
use std::collections::BTreeMap;
use std::sync::Arc;

mod fields;
mod makers;
mod renders;
#[cfg(test)]
mod tests;

/// A workflow as a request describes it, whatever surface it came by.
#[derive(Debug, Clone, Default)]
pub struct Draft {
    /// Which pipeline.
    pub pipeline: String,
    /// Its parameters.
    pub params: serde_json::Map<String, serde_json::Value>,
    /// Values that are text may stand for numbers, truths and comma lists: the command line knows no types.
    pub params_are_text: bool,
    /// The client's own id.
    pub id: Option<String>,
    /// For people.
    pub name: Option<String>,
    /// −1000 to 1000; 0 where none is given.
    pub priority: Option<i64>,
    /// Ids that must complete first.
    pub depends_on: Vec<String>,
    /// RFC 3339.
    pub not_before: Option<String>,
    /// Called at the end.
    pub webhook_url: Option<String>,
    /// For filters.
    pub labels: BTreeMap<String, String>,
    /// A person confirms first.
    pub require_confirmation: bool,
    /// Who asks.
    pub user: String,
    /// By which surface.
    pub surface: String,
    /// In which request.
    pub request_id: String,
    /// An outside service's id.
    pub execution_id: Option<String>,
}

/// Checks a draft against its pipeline and the configuration. Reads the footage library's folder and the clips that are known
/// of an episode, nothing else.
///
/// # Errors
/// Every field that is wrong, each with its value and the remedy.
pub fn prepare(
    draft: Draft,
    catalogue: &Catalogue,
    config: &Config,
) -> Result<Submit, Vec<FieldProblem>> {
    let mut problems = Vec::new();
    let plan = catalogue
        .get(&draft.pipeline)
        .and_then(|plan| match features::refusal(&plan, &config.features) {
            Some(problem) => Err(problem),
            None => Ok(plan),
        })
        .map_err(|problem| found("pipeline", problem, &mut problems))
        .ok();
    let id = match draft.id {
        Some(id) => ids::check(&id).map(|()| id),
        None => ids::random(),
    };
    let id = id
        .map_err(|problem| found("id", problem, &mut problems))
        .unwrap_or_default();
    let not_before = draft.not_before.as_deref().and_then(|text| {
        fields::time(text)
            .map_err(|problem| found("notBefore", problem, &mut problems))
            .ok()
    });
    let priority = fields::priority(draft.priority.unwrap_or(0))
        .map_err(|problem| found("priority", problem, &mut problems))
        .unwrap_or(0);
    let name = draft.name.filter(|name| !name.trim().is_empty());
    if let Some(Err(problem)) = name.as_deref().map(fields::name) {
        found("name", problem, &mut problems);
    }
    if let Some(Err(problem)) = draft
        .webhook_url
        .as_deref()
        .map(|url| fields::webhook_url(url, &config.webhooks))
    {
        found("webhookUrl", problem, &mut problems);
    }
    fields::labels(&draft.labels, &mut |field, problem| {
        found(field, problem, &mut problems)
    });
    fields::depends_on(&draft.depends_on, &id, &mut |field, problem| {
        found(field, problem, &mut problems)
    });
    let checked = plan.map(|plan| {
        let checked = parameters(
            &plan,
            &draft.params,
            draft.params_are_text,
            config,
            &mut problems,
        );
        (plan, checked)
    });
    let Some((plan, mut checked)) = checked.filter(|_| problems.is_empty()) else {
        return Err(problems);
    };
    let plan = renders::expand(plan, &mut checked.params, config, &mut |name, problem| {
        found(&format!("params.{name}"), problem, &mut problems)
    });
    if !problems.is_empty() {
        return Err(problems);
    }
    let mut seen = std::collections::BTreeSet::new();
    let depends_on = draft
        .depends_on
        .into_iter()
        .filter(|id| seen.insert(id.clone()));
    Ok(Submit {
        name: name.unwrap_or_else(|| fields::name_of(&id, &checked.params)),
        user: draft.user,
        surface: draft.surface,
        request_id: draft.request_id,
        execution_id: draft.execution_id,
        priority,
        labels: draft.labels,
        params: checked.params,
        webhook_url: draft.webhook_url,
        depends_on: depends_on
            .map(|id| (Dependency { id, done: false }, DependencyState::Open))
            .collect(),
        not_before,
        wants_confirmation: draft.require_confirmation || plan.confirm,
        gate_deadline: plan.gates.deadline,
        resources: checked.resources,
        retry: checked.retry,
        plan,
        id,
    })
}

/// Checks values for parameters of a pipeline that is already known: answers to questions, or a retry's edits. Only what is
/// given comes back.
///
/// # Errors
/// Every field that is wrong; fields are named `PREFIX.NAME`.
pub fn edits(
    pipeline: &Pipeline,
    given: &serde_json::Map<String, serde_json::Value>,
    prefix: &str,
    text: bool,
) -> Result<Values, Vec<FieldProblem>> {
    let mut problems = Vec::new();
    let mut values = checked(
        pipeline,
        given,
        Extent::Edits,
        text,
        &mut |name, problem| found(&format!("{prefix}.{name}"), problem, &mut problems),
    );
    if pipeline
        .stages
        .iter()
        .any(|stage| stage.work == Work::Command)
    {
        command::check(&mut values, &mut |name, problem| {
            found(&format!("{prefix}.{name}"), problem, &mut problems)
        });
    }
    if problems.is_empty() {
        Ok(values)
    } else {
        Err(problems)
    }
}

struct Checked {
    params: Values,
    resources: Option<crate::domain::Resources>,
    retry: Option<RetryPolicy>,
}

fn parameters(
    plan: &Arc<Pipeline>,
    given: &serde_json::Map<String, serde_json::Value>,
    text: bool,
    config: &Config,
    problems: &mut Vec<FieldProblem>,
) -> Checked {
    let mut problem = |name: &str, wrong: String| found(&format!("params.{name}"), wrong, problems);
    let mut params = checked(
        plan,
        given,
        if plan.clarify {
            Extent::Asking
        } else {
            Extent::Whole
        },
        text,
        &mut problem,
    );
    let (mut resources, mut retry) = (None, None);
    if let Some(stage) = plan.stages.iter().find(|stage| stage.work == Work::Command) {
        command::check(&mut params, &mut problem);
        resources = params
            .get("resources")
            .and_then(|value| command::resources(value, &mut problem));
        retry = params
            .get("retry")
            .and_then(|value| command::retry(value, stage.retry, &mut problem));
    }
    makers::settle(plan, &mut params, config, &mut problem);
    let attempts = plan
        .params
        .iter()
        .find(|spec| spec.name == "retry_attempts");
    if let (Some(spec), Some(Value::Int(times))) = (attempts, params.get("retry_attempts"))
        && spec.default != Some(Value::Int(*times))
    {
        let policy = RetryPolicy {
            times: 0,
            first: config.retry.first,
            max: config.retry.max,
        };
        retry = u32::try_from(*times)
            .ok()
            .map(|times| RetryPolicy { times, ..policy });
    }
    if plan.stages.iter().any(|stage| stage.id == "publishing")
        && let Some(Value::List(channels)) = params.get("channels")
    {
        let known = || config.youtube.channels.keys().map(String::as_str);
        for channel in channels.iter().filter_map(Value::as_text) {
            if !config.youtube.channels.contains_key(channel) {
                problem("channels", fields::unknown_channel(channel, known()));
            }
        }
    }
    if let Some(Value::Text(at)) = params.get("publishAt")
        && let Err(wrong) = fields::time(at)
    {
        problem("publishAt", wrong);
    }
    Checked {
        params,
        resources,
        retry,
    }
}

/// How far a check goes.
#[derive(Clone, Copy, PartialEq)]
enum Extent {
    /// All that is required, defaults filled in.
    Whole,
    /// Defaults filled in; what is required and missing will be asked for.
    Asking,
    /// Only what is given.
    Edits,
}

/// The domain's check, with the regular expressions that it hasn't. What was wrong is handed back as it was given.
fn checked(
    plan: &Pipeline,
    given: &serde_json::Map<String, serde_json::Value>,
    extent: Extent,
    text: bool,
    problem: &mut command::Problems<'_>,
) -> Values {
    let given = json::values(given);
    let given = if text {
        params::coerce(plan, &given)
    } else {
        given
    };
    let matches = |pattern: &str, value: &str| {
        regex::Regex::new(&whole(pattern)).is_ok_and(|pattern| pattern.is_match(value))
    };
    let result = match extent {
        Extent::Whole => params::check(plan, &given, false, &matches),
        Extent::Asking => params::check_for_questions(plan, &given, &matches),
        Extent::Edits => params::check(plan, &given, true, &matches),
    };
    result.unwrap_or_else(|wrong| {
        for one in wrong {
            problem(&one.field, one.problem);
        }
        given
    })
}

fn found(field: &str, problem: String, problems: &mut Vec<FieldProblem>) {
    problems.push(FieldProblem {
        field: field.to_owned(),
        problem,
    });
}

/// A moment as the interface prints it, for callers that have text.
///
/// # Errors
/// A text that is no RFC 3339 time with an offset.
pub fn time(text: &str) -> Result<Timestamp, String> {
    fields::time(text)
}
