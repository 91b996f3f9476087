//! `GET /api/video/history`: what became of each request, found by the outside service's own id.

use super::super::history::page_of;
use super::super::words;
use super::{page, shape, wanted};
use crate::api::Api;
use crate::api::answer::{self, Answer};
use crate::api::auth::Caller;
use crate::api::extract::Asked;
use crate::api::problem::Problem;
use crate::api::view::time;
use crate::domain::{Value as Given, Workflow};
use crate::store::list::Filter;
use axum::extract::State;
use serde_json::{Value, json};

/// `GET /api/video/history?executionId&limit&offset`
pub async fn history(
    State(api): State<Api>,
    caller: Caller,
    Asked(mut asked): Asked,
) -> Result<Answer<Value>, Problem> {
    let (limit, offset) = page_of(&mut asked);
    let execution_id = asked.text("executionId");
    let wanted = wanted(&mut asked, words::history);
    asked.finish()?;
    let filter = Filter {
        user: caller.only().map(str::to_owned),
        execution_id,
        limit,
        offset,
        ..Filter::default()
    };
    let page = page(&api, filter, wanted, words::history).await?;
    let entries: Vec<Value> = page.workflows.iter().map(|one| entry(one)).collect();
    Ok(answer::ok(
        json!({ "history": entries, "total": page.total, "limit": limit, "offset": offset }),
    ))
}

fn entry(workflow: &Workflow) -> Value {
    json!({
        "executionId": workflow.execution_id,
        "videoId": workflow.id,
        "userId": workflow.user,
        "email": workflow.params.get("email").and_then(Given::as_text),
        "status": words::history(words::standing(workflow)),
        "createdAt": time::text(workflow.created_at),
        "completedAt": workflow.completed_at.map(time::text),
        "errorMessage": shape::error(workflow),
    })
}
