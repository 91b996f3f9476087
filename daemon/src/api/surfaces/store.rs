//! `POST /api/store/retry`: stores now what stayed on this box while the store was away.

use crate::api::Api;
use crate::api::answer::{self, Answer};
use crate::api::extract::Sent;
use crate::api::problem::Problem;
use axum::extract::State;
use serde_json::{Value, json};
use std::sync::Arc;

/// `POST /api/store/retry`: answers when everything was tried once.
pub async fn retry(State(api): State<Api>, sent: Sent) -> Result<Answer<Value>, Problem> {
    sent.fields_or_none().finish()?;
    let storer = Arc::clone(api.storer());
    // On a task of its own: a client that goes away does not break off a put.
    let round = tokio::spawn(async move { storer.round().await })
        .await
        .map_err(|error| Problem::internal("the round of storing broke", &error))??;
    Ok(answer::ok(
        json!({ "stored": round.stored, "left": round.left }),
    ))
}
