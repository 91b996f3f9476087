//! `PATCH /api/video/{id}` and `DELETE /api/video/delete/{id}`

use super::super::jobs::wait::Watch;
use super::super::status::find;
use super::shape;
use crate::api::Api;
use crate::api::answer::{self, Answer};
use crate::api::auth::guard::too_small;
use crate::api::auth::{Caller, Scope};
use crate::api::extract::{Id, Sent};
use crate::api::problem::Problem;
use crate::domain::{Command, Refusal};
use crate::engine::EngineError;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Value, json};
use std::time::Duration;

/// Characters of a title.
const LONGEST: usize = 200;
/// How long a deletion waits for what runs to be gone: twice what a program gets to end by itself, and the writing.
const PATIENCE: Duration = Duration::from_secs(25);

/// `PATCH /api/video/{id}`: another title.
pub async fn rename(
    State(api): State<Api>,
    caller: Caller,
    Id(id): Id,
    sent: Sent,
) -> Result<Answer<Value>, Problem> {
    let mut body = sent.fields()?;
    let title = body.text("title").map(|text| text.trim().to_owned());
    let title = body.require("title", title).unwrap_or_default();
    let length = title.chars().count();
    if !(1..=LONGEST).contains(&length) || title.chars().any(char::is_control) {
        let problem = format!("must be one line of 1 to {LONGEST} characters, and has {length}");
        if body.problems_of("title") == 0 {
            body.problem("title", problem);
        }
    }
    let _ = body.rest();
    body.finish()?;
    find(&api, &caller, &id).await?;
    let by = caller.user.to_string();
    let ack = api
        .engine()
        .command(&id, Command::Rename { name: title, by })
        .await?;
    Ok(answer::ok(shape::video(&api, &ack.workflow)))
}

/// `DELETE /api/video/delete/{id}`: ends what runs, then removes the files and the row. One's own with `operate`, anyone's
/// with `admin`.
pub async fn remove(
    State(api): State<Api>,
    caller: Caller,
    Id(id): Id,
    sent: Sent,
) -> Result<Response, Problem> {
    let mut body = sent.fields_or_none();
    let _ = body.rest();
    body.finish()?;
    let workflow = find(&api, &caller, &id).await?;
    if caller.scope < Scope::Admin && workflow.user != *caller.user {
        return Err(too_small(&caller, Scope::Admin));
    }
    let by = || caller.user.to_string();
    if !workflow.status().is_terminal() {
        let watch = Watch::open(&api, &id);
        match api
            .engine()
            .command(&id, Command::Cancel { by: by() })
            .await
        {
            // It ended by itself meanwhile.
            Ok(_) | Err(EngineError::Refused(Refusal::InvalidTransition { .. })) => {}
            Err(error) => return Err(error.into()),
        }
        if !watch
            .ended(workflow, PATIENCE)
            .await?
            .status()
            .is_terminal()
        {
            return Err(still_ends(&id));
        }
    }
    api.engine()
        .command(&id, Command::Delete { by: by() })
        .await?;
    let said = json!({ "success": true, "message": "Video deleted successfully" });
    Ok(answer::json(StatusCode::OK, said.to_string().into()))
}

fn still_ends(id: &str) -> Problem {
    Problem::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "still_cancelling",
        format!(
            "`{id}` was cancelled and its programs have not ended yet; delete it again in a moment"
        ),
    )
    .after(Duration::from_secs(5))
}
