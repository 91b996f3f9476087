//! Submitting: `POST /api/workflow`, `…/batch`, and document 000's `POST /api/video/generate`.

use super::making::{Origin, checked, draft, made, permitted};
use crate::api::Api;
use crate::api::answer::{self, Answer};
use crate::api::auth::Caller;
use crate::api::extract::Sent;
use crate::api::fields::{Fields, kind};
use crate::api::idempotency::Derived;
use crate::api::problem::Problem;
use crate::api::request_id::RequestId;
use crate::domain::{Refusal, Submit};
use crate::engine::EngineError;
use crate::pipeline::Draft;
use crate::reconcile::runs;
use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use reel_shared::problem::FieldProblem;
use reel_shared::workflow::WorkflowView;
use serde::Serialize;
use serde_json::{Map, Value};

/// Workflows of a batch.
const MOST: usize = 1000;

/// `POST /api/workflow`
pub async fn workflow(
    State(api): State<Api>,
    caller: Caller,
    Extension(request): Extension<RequestId>,
    derived: Option<Extension<Derived>>,
    sent: Sent,
) -> Result<Answer<WorkflowView>, Problem> {
    let derived = derived.as_deref();
    let origin = Origin {
        caller: &caller,
        request: &request,
        surface: "workflow",
        derived,
    };
    let mut body = sent.fields()?;
    let submit = read(&api, &origin, &mut body, 0).await?;
    body.finish()?;
    shown(&api, submit, derived).await
}

/// `POST /api/video/generate`: the `video` pipeline's parameters at the top of the body. Fields that it doesn't know are
/// passed over, as this document's clients expect.
pub async fn video(
    State(api): State<Api>,
    caller: Caller,
    Extension(request): Extension<RequestId>,
    derived: Option<Extension<Derived>>,
    sent: Sent,
) -> Result<Answer<WorkflowView>, Problem> {
    const PIPELINE: &str = "video";
    let derived = derived.as_deref();
    let origin = Origin {
        caller: &caller,
        request: &request,
        surface: "video",
        derived,
    };
    let mut body = sent.fields()?;
    let webhook_url = body.text("webhookUrl");
    let plan = api
        .catalogue()
        .get(PIPELINE)
        .map_err(|problem| Problem::field("pipeline", problem))?;
    let mut params = Map::new();
    for (name, value) in body.rest() {
        if plan.params.iter().any(|spec| spec.name == name) {
            params.insert(name, value);
        }
    }
    let name = params
        .get("title")
        .and_then(Value::as_str)
        .map(str::to_owned);
    let draft = Draft {
        pipeline: PIPELINE.to_owned(),
        params,
        name,
        webhook_url,
        ..draft(&origin, 0)
    };
    let submit = checked(&api, draft, &mut body, |field| {
        // The parameters stand at the top of this body.
        field
            .strip_prefix("params.")
            .map_or_else(|| field.clone(), str::to_owned)
    })
    .await?;
    body.finish()?;
    shown(&api, submit, derived).await
}

/// What a batch made.
#[derive(Serialize)]
pub struct Made {
    count: usize,
    workflows: Vec<WorkflowView>,
}

impl Made {
    fn of(workflows: Vec<WorkflowView>) -> Self {
        Self {
            count: workflows.len(),
            workflows,
        }
    }
}

/// `POST /api/workflow/batch`
pub async fn batch(
    State(api): State<Api>,
    caller: Caller,
    Extension(request): Extension<RequestId>,
    derived: Option<Extension<Derived>>,
    sent: Sent,
) -> Result<Answer<Made>, Problem> {
    let derived = derived.as_deref();
    let origin = Origin {
        caller: &caller,
        request: &request,
        surface: "workflow",
        derived,
    };
    let mut body = sent.fields()?;
    let list = body.list("workflows");
    let list = body.require("workflows", list).unwrap_or_default();
    body.finish()?;
    if list.is_empty() || list.len() > MOST {
        return Err(Problem::field(
            "workflows",
            format!("has {} members; 1 to {MOST} are taken", list.len()),
        ));
    }
    let mut submits = Vec::with_capacity(list.len());
    let mut problems: Vec<FieldProblem> = Vec::new();
    for (index, member) in list.into_iter().enumerate() {
        let Value::Object(map) = member else {
            let problem = format!("must be an object, and is {}", kind(&member));
            problems.push(FieldProblem {
                field: format!("workflows[{index}]"),
                problem,
            });
            continue;
        };
        let mut fields = Fields::within(map, &format!("workflows[{index}]."));
        submits.extend(read(&api, &origin, &mut fields, index).await?);
        problems.extend(fields.into_problems());
    }
    if !problems.is_empty() {
        return Err(Problem::invalid(&problems));
    }
    let ids: Vec<String> = submits.iter().map(|submit| submit.id.clone()).collect();
    let acks = match api.engine().submit_batch(submits).await {
        Err(EngineError::BatchRefused {
            refusal: Refusal::IdTaken(id),
            ..
        }) if derived.is_some_and(|derived| derived.id(0) == id) => {
            return again(&api, &ids).await;
        }
        acks => acks?,
    };
    let shown: Vec<WorkflowView> = acks
        .iter()
        .map(|ack| api.show_at_hand(&ack.workflow))
        .collect();
    Ok(answer::accepted(Made::of(shown)))
}

/// Submits, and answers the workflow as it is shown.
async fn shown(
    api: &Api,
    submit: Option<Submit>,
    derived: Option<&Derived>,
) -> Result<Answer<WorkflowView>, Problem> {
    let workflow = made(api, submit, derived).await?;
    Ok(answer::accepted(api.show_at_hand(&workflow)))
}

/// The workflows that an earlier life of this request made.
async fn again(api: &Api, ids: &[String]) -> Result<Answer<Made>, Problem> {
    let mut shown = Vec::with_capacity(ids.len());
    for id in ids {
        shown.extend(
            api.engine()
                .reader()
                .workflow(id)
                .await?
                .map(|workflow| api.show_at_hand(&workflow)),
        );
    }
    Ok(answer::accepted(Made::of(shown)))
}

/// Reads a submit's fields. None: problems were noted.
async fn read(
    api: &Api,
    origin: &Origin<'_>,
    body: &mut Fields,
    index: usize,
) -> Result<Option<Submit>, Problem> {
    let base = draft(origin, index);
    let pipeline = body.text("pipeline");
    let draft = Draft {
        pipeline: body.require("pipeline", pipeline).unwrap_or_default(),
        params: body.object("params").unwrap_or_default(),
        id: body.text("id").or(base.id),
        name: body.text("name"),
        priority: body.whole("priority", -1000, 1000),
        depends_on: body.texts("dependsOn").unwrap_or_default(),
        not_before: body.text("notBefore"),
        webhook_url: body.text("webhookUrl"),
        labels: body.text_map("labels").unwrap_or_default(),
        require_confirmation: body.truth("requireConfirmation").unwrap_or(false),
        ..base
    };
    if draft.pipeline.is_empty() {
        if body.problems_of("pipeline") == 0 {
            body.problem(
                "pipeline",
                "is empty; `reel pipelines` lists those that there are",
            );
        }
        return Ok(None);
    }
    permitted(
        origin.caller,
        api.catalogue().get(&draft.pipeline).ok().as_deref(),
    )?;
    checked(api, draft, body, String::clone).await
}

/// Submits what a schedule submits, for a caller that wants it now; of several workflows the first is answered.
///
/// # Errors
/// As any submit.
pub async fn of_schedule(
    api: &Api,
    caller: &Caller,
    request: &RequestId,
    derived: Option<&Derived>,
    schedule: &crate::config::Schedule,
) -> Result<Answer<WorkflowView>, Problem> {
    let origin = Origin {
        caller,
        request,
        surface: "schedule",
        derived,
    };
    let mut fields = Fields::new(Map::new());
    permitted(
        caller,
        api.catalogue().get(&schedule.pipeline).ok().as_deref(),
    )?;
    let runs = runs::of(api.engine(), &api.config(), schedule).await?;
    let mut submits = Vec::with_capacity(runs.len());
    for (index, run) in runs.into_iter().enumerate() {
        let draft = Draft {
            pipeline: schedule.pipeline.clone(),
            params: run.params,
            name: schedule.for_each.is_some().then_some(run.name),
            labels: [("schedule".to_owned(), schedule.name.clone())].into(),
            ..draft(&origin, index)
        };
        submits.extend(checked(api, draft, &mut fields, String::clone).await?);
    }
    fields.finish()?;
    if submits.len() == 1 {
        return shown(api, submits.pop(), derived).await;
    }
    let first = submits.first().map(|submit| submit.id.clone());
    let made = match api.engine().submit_batch(submits).await {
        Ok(acks) => acks.into_iter().next().map(|ack| ack.workflow),
        // Made before, under the same key.
        Err(EngineError::BatchRefused {
            refusal: Refusal::IdTaken(id),
            ..
        }) if derived.is_some() && first.as_ref() == Some(&id) => {
            api.engine().reader().workflow(&id).await?
        }
        Err(error) => return Err(error.into()),
    };
    let Some(workflow) = made else {
        return Err(Problem::new(
            StatusCode::CONFLICT,
            "nothing_to_do",
            format!(
                "schedule `{}` submits a workflow for each episode, and none is left to be processed",
                schedule.name
            ),
        ));
    };
    Ok(answer::accepted(api.show_at_hand(&workflow)))
}
