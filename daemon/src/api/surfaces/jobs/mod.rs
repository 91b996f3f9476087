//! Document 004: async jobs and the episodes they work on. Names are snake_case and answers stand bare. Every workflow is a
//! job here, whichever way it came.

mod discover;
mod episodes;
mod renders;
mod shape;
pub mod wait;

pub use discover::{clips, discover};
pub use episodes::{process, process_and_wait, render_clips};
pub use renders::file;

use super::acts::by;
use super::status::find;
use super::words;
use crate::api::Api;
use crate::api::answer;
use crate::api::auth::Caller;
use crate::api::extract::{Asked, Id, Sent};
use crate::api::fields::{Fields, hint};
use crate::api::problem::{Problem, excerpt};
use crate::domain::workflow::Status;
use crate::domain::{Command, Workflow};
use crate::store::list::{self, Filter};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

/// Jobs of an answer.
const MOST: i64 = 200;
const DEFAULT: i64 = 50;
/// Paused ones that are looked at for what they were paused from.
const PAUSED: u32 = 10_000;
/// How long a cancel waits for the end of what runs.
const GRACE: Duration = Duration::from_secs(15);

fn bare(status: StatusCode, body: &Value) -> Response {
    answer::json(status, body.to_string().into())
}

/// Takes the `status` filter: a word of this document, or one of ours.
fn wanted(asked: &mut Fields) -> Option<(String, Vec<Status>)> {
    let word = asked.text("status")?;
    let statuses = words::statuses(&word, words::job);
    if statuses.is_none() {
        let known = words::all(words::job);
        let told = hint(&word, known.iter().copied());
        asked.problem(
            "status",
            format!(
                "is `{}`; it must be one of `{}`{told}",
                excerpt(&word),
                known.join("`, `")
            ),
        );
    }
    Some((word, statuses?))
}

/// `GET /async/jobs?status&limit`: newest first.
pub async fn list(
    State(api): State<Api>,
    caller: Caller,
    Asked(mut asked): Asked,
) -> Result<Response, Problem> {
    let limit = asked.whole("limit", 1, MOST).unwrap_or(DEFAULT);
    let limit = usize::try_from(limit).unwrap_or(50);
    let wanted = wanted(&mut asked);
    asked.finish()?;
    let fits = |workflow: &Workflow| {
        wanted.as_ref().is_none_or(|(word, _)| {
            // One of ours is meant as it stands; a word of the document means what a paused one was paused from.
            words::job(words::standing(workflow)) == word || workflow.status().word() == word
        })
    };
    let mut found: Vec<Arc<Workflow>> = Vec::new();
    let mut offset = 0;
    loop {
        let filter = Filter {
            statuses: wanted
                .as_ref()
                .map(|(_, statuses)| statuses.clone())
                .unwrap_or_default(),
            user: caller.only().map(str::to_owned),
            limit: u32::try_from(limit).unwrap_or(50),
            offset,
            ..Filter::default()
        };
        let page = api.engine().reader().list(filter).await?.workflows;
        let full = page.len() == limit;
        offset += page.len() as u64;
        found.extend(page.into_iter().filter(|workflow| fits(workflow)));
        if !full || found.len() >= limit {
            break;
        }
    }
    found.truncate(limit);
    let views = api.show_all(&found).await?;
    let jobs: Vec<Value> = found
        .iter()
        .zip(&views)
        .map(|(workflow, view)| shape::job(workflow, view))
        .collect();
    Ok(bare(
        StatusCode::OK,
        &json!({ "jobs": jobs, "count": jobs.len() }),
    ))
}

/// `GET /async/jobs/{id}`
pub async fn one(
    State(api): State<Api>,
    caller: Caller,
    Id(id): Id,
    Asked(asked): Asked,
) -> Result<Response, Problem> {
    asked.finish()?;
    let workflow = find(&api, &caller, &id).await?;
    Ok(bare(
        StatusCode::OK,
        &shape::job(&workflow, &api.show(&workflow).await?),
    ))
}

/// `DELETE /async/jobs/{id}`: cancels one that waits or runs. The answer comes when its processes are gone, or says that
/// they are being ended.
pub async fn cancel(
    State(api): State<Api>,
    caller: Caller,
    Id(id): Id,
    sent: Sent,
) -> Result<Response, Problem> {
    let mut body = sent.fields_or_none();
    let _ = body.rest();
    body.finish()?;
    find(&api, &caller, &id).await?;
    let watch = wait::Watch::open(&api, &id);
    let ack = api
        .engine()
        .command(&id, Command::Cancel { by: by(&caller) })
        .await?;
    let ended = watch.ended(ack.workflow, GRACE).await?;
    let status = words::job(words::standing(&ended));
    let message = if ended.status().is_terminal() {
        "Cancelled"
    } else {
        "Cancelling: its programs are being ended"
    };
    Ok(bare(
        StatusCode::OK,
        &json!({ "job_id": ended.id, "status": status, "message": message }),
    ))
}

/// `GET /async/stats`
pub async fn stats(
    State(api): State<Api>,
    caller: Caller,
    Asked(asked): Asked,
) -> Result<Response, Problem> {
    asked.finish()?;
    let user = caller.only().map(str::to_owned);
    let only = user.clone();
    let reader = api.engine().reader();
    let counts = reader
        .ask(move |connection| list::counts(connection, only.as_deref()))
        .await?;
    let paused = Filter {
        statuses: vec![Status::Paused],
        user,
        limit: PAUSED,
        ..Filter::default()
    };
    let paused = reader.list(paused).await?.workflows;
    let of = |word: &str| {
        let counted = counts
            .iter()
            .filter(|(status, _)| *status != Status::Paused && words::job(*status) == word)
            .map(|(_, count)| *count)
            .sum::<u64>();
        let from = paused
            .iter()
            .filter(|workflow| words::job(words::standing(workflow)) == word);
        counted + from.count() as u64
    };
    let (queued, running) = (of("queued"), of("running"));
    let (completed, failed) = (of("completed"), of("failed"));
    let workers: u64 = api
        .engine()
        .boxes()
        .iter()
        .filter_map(|one| one.capacity.get("cpu"))
        .sum();
    Ok(bare(
        StatusCode::OK,
        &json!({
            "queued": queued, "running": running, "completed": completed, "failed": failed,
            "total": queued + running + completed + failed, "max_workers": workers,
        }),
    ))
}
