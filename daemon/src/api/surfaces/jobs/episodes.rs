//! `POST /async/episodes/{id}/process`, `…/render_clips`, and `POST /episodes/{id}/process`, which answers at the end.

use super::super::making::{Origin, checked, draft, made};
use super::super::words;
use super::{bare, shape, wait};
use crate::api::Api;
use crate::api::auth::Caller;
use crate::api::extract::{Asked, Sent};
use crate::api::fields::Fields;
use crate::api::idempotency::Derived;
use crate::api::problem::{Problem, excerpt};
use crate::api::request_id::RequestId;
use crate::domain::{Value as Held, Workflow};
use crate::episodes::{self, Episode};
use crate::pipeline::Draft;
use crate::store::episodes as stored;
use axum::Extension;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Map, Value, json};
use std::sync::Arc;
use std::time::Duration;

/// How far an episode can be taken, in order.
const TARGETS: [&str; 5] = ["discovered", "transcribed", "enriched", "rendered", "clips"];
/// How far unless said.
const TARGET: &str = "rendered";
/// Seconds that a client may wait for an end.
const LONGEST: i64 = 3600;
const WAIT: i64 = 600;

/// Who asks, in which request: what all three begin with.
type From<'a> = Origin<'a>;

fn origin<'a>(
    caller: &'a Caller,
    request: &'a RequestId,
    derived: Option<&'a Extension<Derived>>,
) -> From<'a> {
    From {
        caller,
        request,
        surface: "async",
        derived: derived.map(|Extension(derived)| derived),
    }
}

/// The episode of the path.
///
/// # Errors
/// 404 for one that lies nowhere.
pub(super) async fn find(api: &Api, id: &str) -> Result<Episode, Problem> {
    let (config, wanted) = (api.config(), id.to_owned());
    // Reads directories: off the runtime's threads.
    let found = tokio::task::spawn_blocking(move || episodes::find(&config, &wanted))
        .await
        .map_err(|error| Problem::internal("the episodes could not be looked through", &error))?;
    found.ok_or_else(|| Problem::not_found("episode", id))
}

/// A body may name the path's episode again, and no other.
fn same_episode(body: &mut Fields, id: &str) {
    if let Some(named) = body.text("episode_id").filter(|named| named != id) {
        body.problem(
            "episode_id",
            format!(
                "is `{}`, and the path says `{}`; send the same, or leave it out",
                excerpt(&named),
                excerpt(id)
            ),
        );
    }
}

/// The job that has done, or is doing, what is asked.
async fn there(
    api: &Api,
    caller: &Caller,
    episode: &str,
    target: &str,
) -> Result<Option<Arc<Workflow>>, Problem> {
    let id = episode.to_owned();
    let reader = api.engine().reader();
    let row = reader
        .ask(move |connection| stored::one(connection, &id))
        .await?;
    let Some(job) = row.and_then(|row| row.job) else {
        return Ok(None);
    };
    let far = |word: &str| TARGETS.iter().position(|one| *one == word);
    let goes_as_far = |workflow: &Workflow| {
        let its = workflow
            .params
            .get("target_stage")
            .and_then(Held::as_text)
            .unwrap_or(TARGET);
        far(its) >= far(target)
    };
    Ok(reader.workflow(&job).await?.filter(|workflow| {
        let ended = workflow.status().is_terminal();
        let good = words::job(words::standing(workflow)) == "completed";
        caller.sees(&workflow.user) && (!ended || good) && goes_as_far(workflow)
    }))
}

/// A job for an episode, and whether it was there before.
struct Job {
    workflow: Arc<Workflow>,
    is_new: bool,
}

async fn take(
    api: &Api,
    origin: &From<'_>,
    episode: &Episode,
    mut body: Fields,
) -> Result<Job, Problem> {
    same_episode(&mut body, &episode.id);
    let target = body
        .word("target_stage", &TARGETS, |word| {
            TARGETS.into_iter().find(|known| *known == word)
        })
        .unwrap_or(TARGET);
    let force = body.truth("force_reprocess").unwrap_or(false);
    let webhook_url = body.text("webhook_url");
    let priority = body.whole("priority", -1000, 1000);
    let _ = body.rest();
    let mut params = Map::new();
    params.insert("episode_id".to_owned(), episode.id.as_str().into());
    params.insert("target_stage".to_owned(), target.into());
    let draft = Draft {
        pipeline: "episode".to_owned(),
        params,
        name: Some(episode.title.chars().take(200).collect()),
        webhook_url,
        priority,
        ..draft(origin, 0)
    };
    let submit = checked(api, draft, &mut body, |field| said(field)).await?;
    body.finish()?;
    if !force && let Some(workflow) = there(api, origin.caller, &episode.id, target).await? {
        return Ok(Job {
            workflow,
            is_new: false,
        });
    }
    Ok(Job {
        workflow: made(api, submit, origin.derived).await?,
        is_new: true,
    })
}

/// A problem's field as this document spells it.
fn said(field: &str) -> String {
    match field.strip_prefix("params.") {
        Some(name) => name.to_owned(),
        None if field == "webhookUrl" => "webhook_url".to_owned(),
        None => field.to_owned(),
    }
}

fn begun(job: &Job, message: &str) -> Response {
    let status = words::job(words::standing(&job.workflow));
    let message = match (job.is_new, status) {
        (true, _) => message,
        (false, "completed") => "Episode was processed before",
        (false, _) => "Episode is being processed",
    };
    bare(
        StatusCode::ACCEPTED,
        &json!({ "job_id": job.workflow.id, "status": status, "message": message }),
    )
}

/// `POST /async/episodes/{id}/process`
pub async fn process(
    State(api): State<Api>,
    caller: Caller,
    Extension(request): Extension<RequestId>,
    derived: Option<Extension<Derived>>,
    Path(id): Path<String>,
    sent: Sent,
) -> Result<Response, Problem> {
    let origin = origin(&caller, &request, derived.as_ref());
    let episode = find(&api, &id).await?;
    let job = take(&api, &origin, &episode, sent.fields_or_none()).await?;
    Ok(begun(&job, "Episode processing queued"))
}

/// `POST /episodes/{id}/process`: the job at its end; 202 when that does not come within `wait` seconds.
pub async fn process_and_wait(
    State(api): State<Api>,
    caller: Caller,
    Extension(request): Extension<RequestId>,
    derived: Option<Extension<Derived>>,
    Path(id): Path<String>,
    Asked(mut asked): Asked,
    sent: Sent,
) -> Result<Response, Problem> {
    let origin = origin(&caller, &request, derived.as_ref());
    let queried = asked.whole("wait", 0, LONGEST);
    asked.finish()?;
    let mut body = sent.fields_or_none();
    let wait = body.whole("wait", 0, LONGEST).or(queried).unwrap_or(WAIT);
    let wait = Duration::from_secs(u64::try_from(wait).unwrap_or_default());
    let episode = find(&api, &id).await?;
    let job = take(&api, &origin, &episode, body).await?;
    let watch = wait::Watch::open(&api, &job.workflow.id);
    // What was made may have gone on since it was: looked at behind the watch's opening, nothing is missed.
    let now = api.engine().reader().workflow(&job.workflow.id).await?;
    let ended = watch.ended(now.unwrap_or(job.workflow), wait).await?;
    let status = if ended.status().is_terminal() {
        StatusCode::OK
    } else {
        StatusCode::ACCEPTED
    };
    Ok(bare(status, &shape::job(&ended, &api.show(&ended).await?)))
}

/// `POST /async/episodes/{id}/render_clips`
pub async fn render_clips(
    State(api): State<Api>,
    caller: Caller,
    Extension(request): Extension<RequestId>,
    derived: Option<Extension<Derived>>,
    Path(id): Path<String>,
    sent: Sent,
) -> Result<Response, Problem> {
    let origin = origin(&caller, &request, derived.as_ref());
    let episode = find(&api, &id).await?;
    let mut body = sent.fields_or_none();
    same_episode(&mut body, &episode.id);
    let mut params = Map::new();
    params.insert("episode_id".to_owned(), episode.id.as_str().into());
    for name in ["clip_ids", "variants", "aspect_ratios"] {
        if let Some(list) = body.texts(name) {
            params.insert(name.to_owned(), list.into_iter().map(Value::from).collect());
        }
    }
    let webhook_url = body.text("webhook_url");
    let priority = body.whole("priority", -1000, 1000);
    let _ = body.rest();
    let title: String = episode.title.chars().take(190).collect();
    let draft = Draft {
        pipeline: "clips".to_owned(),
        params,
        name: Some(format!("Clips of {title}")),
        webhook_url,
        priority,
        ..draft(&origin, 0)
    };
    let submit = checked(&api, draft, &mut body, |field| said(field)).await?;
    body.finish()?;
    let job = Job {
        workflow: made(&api, submit, origin.derived).await?,
        is_new: true,
    };
    Ok(begun(&job, "Clip rendering queued"))
}
