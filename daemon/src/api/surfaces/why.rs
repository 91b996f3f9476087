//! `GET /api/workflow/{id}/why`: what it waits for, who is ahead, and what a person can do about it.

use super::status::find;
use crate::api::Api;
use crate::api::answer::{self, Answer};
use crate::api::auth::Caller;
use crate::api::extract::Id;
use crate::api::problem::Problem;
use crate::domain::workflow::{Status, Workflow};
use crate::domain::{allowed, why::WaitKind};
use axum::extract::State;
use serde_json::{Value, json};

/// `GET /api/workflow/{id}/why`
pub async fn why(
    State(api): State<Api>,
    caller: Caller,
    Id(id): Id,
) -> Result<Answer<Value>, Problem> {
    let workflow = find(&api, &caller, &id).await?;
    let facts = api.facts(&workflow).await?;
    let kind = facts.waiting_for.as_ref().map(|waiting| waiting.kind);
    let help: Vec<Value> = help(&workflow, kind)
        .into_iter()
        .map(|(act, effect)| json!({ "act": act, "effect": effect }))
        .collect();
    // Ids are names that only their owner may know.
    let ahead = if caller.own {
        Vec::new()
    } else {
        facts.ahead.clone()
    };
    Ok(answer::ok(json!({
        "id": workflow.id,
        "status": workflow.status().word(),
        "waitingFor": facts.waiting_for.as_ref().map(crate::api::waiting_for),
        "ahead": ahead,
        "help": help,
    })))
}

/// The acts that are allowed and would change the wait, each with what it does.
fn help(workflow: &Workflow, kind: Option<WaitKind>) -> Vec<(&'static str, String)> {
    let mut help = Vec::new();
    for act in allowed(workflow) {
        let effect = match (act, workflow.status(), kind) {
            ("clarify", _, _) => "answers what is asked, and it goes on".to_owned(),
            ("confirm", _, _) => "lets it go on, or ends it".to_owned(),
            ("resume", _, _) => "lets it go on".to_owned(),
            ("retry", Status::Waiting, _) => "ends the wait and tries again now".to_owned(),
            ("retry", Status::Failed | Status::Cancelled, _) => {
                "begins a new attempt; what is done is kept".to_owned()
            }
            ("priority", Status::Queued | Status::Running, Some(WaitKind::Slot)) => {
                "a higher one moves it ahead of those that wait for the same".to_owned()
            }
            _ => continue,
        };
        help.push((act, effect));
    }
    if kind == Some(WaitKind::Box) {
        help.push((
            "undrain",
            "a box that is drained takes work again".to_owned(),
        ));
    }
    help
}
