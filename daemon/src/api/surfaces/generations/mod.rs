//! Document 002: generations. What is missing is asked for, a person confirms, and then the work is queued; each answer
//! tells the generation whole, in that document's names and words.

mod request;
pub mod shape;
mod told;

use super::acts::{self, responded};
use super::making::{self, Origin};
use super::status::find;
use crate::api::Api;
use crate::api::answer::{self, Answer};
use crate::api::auth::Caller;
use crate::api::extract::{Id, Sent};
use crate::api::idempotency::Derived;
use crate::api::problem::Problem;
use crate::api::request_id::RequestId;
use crate::domain::{Command, Workflow};
use axum::Extension;
use axum::extract::State;
use serde_json::{Value, json};
use std::sync::Arc;

/// The pipeline behind the surface.
pub const PIPELINE: &str = "generation";
/// Under which surface its workflows are counted.
const SURFACE: &str = crate::conversation::GENERATIONS;

type Answered = Result<Answer<Value>, Problem>;

/// `POST /api/generations`
pub async fn create(
    State(api): State<Api>,
    caller: Caller,
    Extension(request): Extension<RequestId>,
    derived: Option<Extension<Derived>>,
    sent: Sent,
) -> Answered {
    let derived = derived.as_deref();
    let origin = Origin {
        caller: &caller,
        request: &request,
        surface: SURFACE,
        derived,
    };
    let mut body = sent.fields()?;
    let draft = request::read(&api, &origin, &mut body).await?;
    told::received(&caller, &draft);
    let submit = making::checked(&api, draft, &mut body, |field| request::field(field)).await?;
    body.finish()?;
    let workflow = making::made(&api, submit, derived).await?;
    told::created(&workflow);
    let made = shape::made(&api, &workflow).await?;
    told::returning(&workflow, made["queuePosition"].as_u64());
    Ok(answer::created(made))
}

/// `POST /api/generations/{id}/clarify`
pub async fn clarify(State(api): State<Api>, caller: Caller, Id(id): Id, sent: Sent) -> Answered {
    let mut body = sent.fields()?;
    let responses = body.object("responses");
    let responses = body.require("responses", responses).unwrap_or_default();
    let stage = body.text("stage");
    let _ = body.rest();
    body.finish()?;
    let workflow = find(&api, &caller, &id).await?;
    let responses = request::named(&workflow.plan, responses);
    let responses = responded(&caller, &workflow, &responses)?;
    let command = Command::Clarify {
        responses,
        stage,
        by: acts::by(&caller),
    };
    act(&api, &id, command).await
}

/// `POST /api/generations/{id}/confirm`
pub async fn confirm(State(api): State<Api>, caller: Caller, Id(id): Id, sent: Sent) -> Answered {
    let mut body = sent.fields_or_none();
    let confirmed = body.truth("confirmed").unwrap_or(true);
    let stage = body.text("stage");
    let _ = body.rest();
    body.finish()?;
    find(&api, &caller, &id).await?;
    let command = Command::Confirm {
        confirmed,
        stage,
        by: acts::by(&caller),
    };
    act(&api, &id, command).await
}

async fn act(api: &Api, id: &str, command: Command) -> Answered {
    let ack = api.engine().command(id, command).await?;
    Ok(answer::ok(shape::answered(api, &ack.workflow).await?))
}

/// `GET /api/generations/{id}/status`
pub async fn status(State(api): State<Api>, caller: Caller, Id(id): Id) -> Answered {
    told::asked(&caller, &id);
    let workflow: Arc<Workflow> = find(&api, &caller, &id).await?;
    let shown = api.show(&workflow).await?;
    told::told(&workflow, shown.progress);
    let generation = shape::generation(&api, &workflow, shown.progress);
    Ok(answer::ok(json!({
        "generationId": workflow.id,
        "status": shape::status(&workflow),
        "progress": shown.progress,
        "message": shown.message,
        "clarificationQuestions": shape::questions(&workflow),
        "generation": generation,
        "job": shape::job(&workflow, &generation),
    })))
}
