//! Running the daemon: drain, undrain, reload.

use crate::api::Api;
use crate::api::answer::{self, Answer};
use crate::api::extract::Sent;
use crate::api::problem::Problem;
use axum::extract::State;
use axum::http::StatusCode;
use serde_json::{Value, json};

async fn set(api: &Api, sent: Sent, on: bool) -> Result<Answer<Value>, Problem> {
    let mut body = sent.fields_or_none();
    let name = body.text("box");
    body.finish()?;
    api.engine().drain(name.as_deref(), on).await?;
    Ok(answer::ok(json!({})))
}

/// `POST /api/drain`
pub async fn drain(State(api): State<Api>, sent: Sent) -> Result<Answer<Value>, Problem> {
    set(&api, sent, true).await
}

/// `POST /api/undrain`
pub async fn undrain(State(api): State<Api>, sent: Sent) -> Result<Answer<Value>, Problem> {
    set(&api, sent, false).await
}

/// `POST /api/reload`: the old configuration stays unless the new one is good.
pub async fn reload(State(api): State<Api>, sent: Sent) -> Result<Answer<Value>, Problem> {
    sent.fields_or_none().finish()?;
    match api.reload().await {
        Ok(()) => Ok(answer::ok(json!({}))),
        Err(problems) => {
            let message = "the new configuration is not good, and the old one stays; see details and `reeld check`";
            Err(Problem::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "validation_failed",
                message,
            )
            .with(
                problems
                    .into_iter()
                    .map(|one| json!({ "field": one.field, "problem": one.problem }))
                    .collect(),
            ))
        }
    }
}
