//! `POST /api/v1/admin/jobs/{id}/reprocess`: does a job again. One that failed goes on under its id; one that is completed
//! never changes, so with `force` a new job is made of the same request, and its metadata counts the version on.

use super::super::acts::no_stage;
use super::super::making::{Origin, checked, draft, made};
use super::super::media::{VERSION, version};
use super::super::status::find;
use super::super::words;
use super::accepted;
use crate::api::Api;
use crate::api::auth::Caller;
use crate::api::extract::{Id, Sent};
use crate::api::fields::Fields;
use crate::api::idempotency::Derived;
use crate::api::problem::Problem;
use crate::api::request_id::RequestId;
use crate::domain::workflow::Status;
use crate::domain::{Command, Values, Workflow};
use crate::pipeline::{Draft, json as values};
use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Map, json};
use std::sync::Arc;

/// The label that names the job whose request was taken again.
const AGAIN: &str = "reel.reprocess_of";

/// `POST …/reprocess`
pub async fn reprocess(
    State(api): State<Api>,
    caller: Caller,
    Extension(request): Extension<RequestId>,
    derived: Option<Extension<Derived>>,
    Id(id): Id,
    sent: Sent,
) -> Result<Response, Problem> {
    let derived = derived.as_deref();
    let mut body = sent.fields_or_none();
    let from = body.text("from_stage");
    let force = body.truth("force").unwrap_or(false);
    // What this document does not print is tolerated.
    let _ = body.rest();
    body.finish()?;
    let workflow = find(&api, &caller, &id).await?;
    if let Some(from) = from
        .as_deref()
        .filter(|from| workflow.stage_index(from).is_none())
    {
        return Err(Problem::field("from_stage", no_stage(&workflow, from)));
    }
    let (again, message) = if workflow.status() == Status::Completed {
        if !force {
            return Err(completed(&id));
        }
        let origin = Origin {
            caller: &caller,
            request: &request,
            surface: "videos",
            derived,
        };
        let again = copy(&api, &origin, &workflow).await?;
        (again, format!("Reprocessing {id} from the beginning"))
    } else {
        let by = caller.user.to_string();
        let retry = Command::Retry {
            from: from.clone(),
            params: Values::new(),
            by,
        };
        let again = api.engine().command(&id, retry).await?.workflow;
        let stage = from.or_else(|| first_left(&again));
        (again, format!("Reprocessing from {}", stage.unwrap_or(id)))
    };
    Ok(accepted(&json!({
        "job_id": again.id,
        "status": words::job(words::standing(&again)),
        "attempt": again.attempt,
        "message": message,
    })))
}

fn completed(id: &str) -> Problem {
    Problem::new(
        StatusCode::CONFLICT,
        "invalid_transition",
        format!("`{id}` is completed and never changes; send \"force\": true to make it anew under a new job_id"),
    )
    .with(json!({ "status": Status::Completed.word(), "allowed": ["delete"] }))
}

/// Where the new attempt begins.
fn first_left(workflow: &Workflow) -> Option<String> {
    let open = workflow.stages.iter().zip(&workflow.plan.stages);
    open.filter(|(stage, _)| stage.ended_at.is_none())
        .map(|(_, spec)| spec.id.clone())
        .next()
}

/// The same request once more, for the same user, one version on.
async fn copy(api: &Api, origin: &Origin<'_>, of: &Workflow) -> Result<Arc<Workflow>, Problem> {
    let mut labels = of.labels.clone();
    labels.insert(VERSION.to_owned(), (version(of) + 1).to_string());
    labels.insert(AGAIN.to_owned(), of.id.clone());
    let draft = Draft {
        pipeline: of.plan.name.clone(),
        params: values::object(&of.params),
        name: Some(of.name.clone()),
        priority: Some(of.priority.into()),
        webhook_url: of.webhook_url.clone(),
        labels,
        user: of.user.clone(),
        ..draft(origin, 0)
    };
    let mut problems = Fields::new(Map::new());
    let submit = checked(api, draft, &mut problems, String::clone).await?;
    problems.finish()?;
    made(api, submit, origin.derived).await
}
