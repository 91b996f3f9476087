//! Acts on a workflow: each answers the workflow as it stands afterwards.

use super::status::find;
use crate::api::Api;
use crate::api::answer::{self, Answer};
use crate::api::auth::guard::too_small;
use crate::api::auth::{Caller, Scope};
use crate::api::extract::{Id, Sent};
use crate::api::problem::Problem;
use crate::api::view::time;
use crate::config::quantity::parse_duration;
use crate::domain::command::Extension;
use crate::domain::pipeline::Work;
use crate::domain::{Command, Pipeline, State as Stands, Values, Workflow};
use crate::pipeline::json;
use crate::pipeline::prepare::edits;
use axum::extract::State;
use reel_shared::workflow::WorkflowView;
use serde_json::{Map, Value};
use std::sync::Arc;

type Acted = Result<Answer<WorkflowView>, Problem>;

/// Whether a pipeline runs programs that its parameters name: such a one needs `admin`.
#[must_use]
pub fn runs_anything(plan: &Pipeline) -> bool {
    plan.name == "command"
        || plan
            .stages
            .iter()
            .any(|stage| matches!(stage.work, Work::Command))
}

async fn act(api: &Api, caller: &Caller, id: &str, command: Command) -> Acted {
    // Whose it is never changes, so looking first and asking then is one thing.
    if caller.own {
        find(api, caller, id).await?;
    }
    let ack = api.engine().command(id, command).await?;
    Ok(answer::ok(api.show(&ack.workflow).await?))
}

/// Who acts, as it is kept.
pub(super) fn by(caller: &Caller) -> String {
    caller.user.to_string()
}

/// `POST /api/workflow/{id}/cancel`
pub async fn cancel(State(api): State<Api>, caller: Caller, Id(id): Id, sent: Sent) -> Acted {
    sent.fields_or_none().finish()?;
    act(&api, &caller, &id, Command::Cancel { by: by(&caller) }).await
}

/// `POST /api/workflow/{id}/pause`
pub async fn pause(State(api): State<Api>, caller: Caller, Id(id): Id, sent: Sent) -> Acted {
    sent.fields_or_none().finish()?;
    act(&api, &caller, &id, Command::Pause { by: by(&caller) }).await
}

/// `POST /api/workflow/{id}/resume`
pub async fn resume(State(api): State<Api>, caller: Caller, Id(id): Id, sent: Sent) -> Acted {
    sent.fields_or_none().finish()?;
    act(&api, &caller, &id, Command::Resume { by: by(&caller) }).await
}

/// `POST /api/workflow/{id}/priority`
pub async fn priority(State(api): State<Api>, caller: Caller, Id(id): Id, sent: Sent) -> Acted {
    let mut body = sent.fields()?;
    let priority = body.whole("priority", -1000, 1000);
    let priority = body.require("priority", priority);
    body.finish()?;
    let priority = i32::try_from(priority.unwrap_or_default()).unwrap_or_default();
    act(
        &api,
        &caller,
        &id,
        Command::Prioritise {
            priority,
            by: by(&caller),
        },
    )
    .await
}

/// `POST /api/workflow/{id}/retry`
pub async fn retry(State(api): State<Api>, caller: Caller, Id(id): Id, sent: Sent) -> Acted {
    let mut body = sent.fields_or_none();
    let from = body.text("from");
    let params = body.object("params").unwrap_or_default();
    body.finish()?;
    let workflow = find(&api, &caller, &id).await?;
    if let Some(from) = from
        .as_deref()
        .filter(|from| workflow.stage_index(from).is_none())
    {
        return Err(Problem::field("from", no_stage(&workflow, from)));
    }
    let params = if params.is_empty() {
        Values::new()
    } else {
        changed(&caller, &workflow, &params, "params")?
    };
    act(
        &api,
        &caller,
        &id,
        Command::Retry {
            from,
            params,
            by: by(&caller),
        },
    )
    .await
}

pub(super) fn no_stage(workflow: &Workflow, word: &str) -> String {
    let ids: Vec<&str> = workflow
        .plan
        .stages
        .iter()
        .map(|stage| stage.id.as_str())
        .collect();
    let told = crate::api::fields::hint(word, ids.iter().copied());
    format!(
        "is `{}`, which is no stage of `{}`{told}; its stages are `{}`",
        crate::api::problem::excerpt(word),
        workflow.plan.name,
        ids.join("`, `")
    )
}

/// New values, checked against the pipeline's definitions.
fn changed(
    caller: &Caller,
    workflow: &Workflow,
    params: &Map<String, Value>,
    prefix: &str,
) -> Result<Values, Problem> {
    if runs_anything(&workflow.plan) && caller.scope < Scope::Admin {
        return Err(too_small(caller, Scope::Admin));
    }
    edits(&workflow.plan, params, prefix, false).map_err(|problems| Problem::invalid(&problems))
}

/// `POST /api/workflow/{id}/clarify`
pub async fn clarify(State(api): State<Api>, caller: Caller, Id(id): Id, sent: Sent) -> Acted {
    let mut body = sent.fields()?;
    let responses = body.object("responses");
    let responses = body.require("responses", responses).unwrap_or_default();
    let stage = body.text("stage");
    body.finish()?;
    let workflow = find(&api, &caller, &id).await?;
    let responses = responded(&caller, &workflow, &responses)?;
    act(
        &api,
        &caller,
        &id,
        Command::Clarify {
            responses,
            stage,
            by: by(&caller),
        },
    )
    .await
}

/// Answers, checked against the parameters that they become; those to a stage's own questions the stage's gate checks.
///
/// # Errors
/// 422 with every answer that is wrong; 403 where they name a program and the caller may not.
pub(super) fn responded(
    caller: &Caller,
    workflow: &Workflow,
    responses: &Map<String, Value>,
) -> Result<Values, Problem> {
    let becomes_params = matches!(
        workflow.state,
        Stands::PendingClarification { .. } | Stands::PendingConfirmation { .. }
    );
    if becomes_params {
        return changed(caller, workflow, responses, "responses");
    }
    Ok(json::values(responses))
}

/// `POST /api/workflow/{id}/confirm`
pub async fn confirm(State(api): State<Api>, caller: Caller, Id(id): Id, sent: Sent) -> Acted {
    let mut body = sent.fields_or_none();
    let confirmed = body.truth("confirmed").unwrap_or(true);
    let stage = body.text("stage");
    body.finish()?;
    act(
        &api,
        &caller,
        &id,
        Command::Confirm {
            confirmed,
            stage,
            by: by(&caller),
        },
    )
    .await
}

/// `POST /api/workflow/{id}/extend`
pub async fn extend(State(api): State<Api>, caller: Caller, Id(id): Id, sent: Sent) -> Acted {
    let mut body = sent.fields()?;
    let until = body.text("until");
    let span = body.text("by");
    let stage = body.text("stage");
    let extension = match (until, span) {
        (Some(until), None) => match time::parse(&until) {
            Ok(at) => Some(Extension::Until(at)),
            Err(problem) => {
                body.problem("until", problem);
                None
            }
        },
        (None, Some(span)) => {
            let read = parse_duration(&span).filter(|span| !span.is_zero());
            if read.is_none() {
                let shown = crate::api::problem::excerpt(&span);
                body.problem(
                    "by",
                    format!("is `{shown}`; write a length like 30m or 1h30m"),
                );
            }
            read.map(Extension::By)
        }
        (Some(_), Some(_)) => {
            body.problem("by", "stands beside `until`; send one of them");
            None
        }
        (None, None) => {
            body.problem("until", "is required, or `by` with a length like 30m");
            None
        }
    };
    body.finish()?;
    let Some(extension) = extension else {
        return Err(Problem::field("until", "is required, or `by`".to_owned()));
    };
    let by = by(&caller);
    let command = Command::Extend {
        extension,
        stage,
        by,
    };
    act(&api, &caller, &id, command).await
}

/// `DELETE /api/workflow/{id}`
pub async fn remove(State(api): State<Api>, caller: Caller, Id(id): Id, sent: Sent) -> Acted {
    sent.fields_or_none().finish()?;
    let workflow: Arc<Workflow> = find(&api, &caller, &id).await?;
    if caller.scope < Scope::Admin && workflow.user != *caller.user {
        return Err(too_small(&caller, Scope::Admin));
    }
    act(&api, &caller, &id, Command::Delete { by: by(&caller) }).await
}
