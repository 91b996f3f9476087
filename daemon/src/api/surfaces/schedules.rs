//! `GET /api/schedules`, `POST /api/schedules/{name}/run`.

use crate::api::Api;
use crate::api::answer::{self, Answer};
use crate::api::auth::Caller;
use crate::api::extract::{Asked, Sent};
use crate::api::problem::{Problem, excerpt};
use crate::api::request_id::RequestId;
use crate::api::view::time::text;
use crate::calendar;
use axum::Extension;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use reel_shared::workflow::WorkflowView;
use serde_json::{Value, json};

/// `GET /api/schedules`
pub async fn list(
    State(api): State<Api>,
    _: Caller,
    Asked(asked): Asked,
) -> Result<Answer<Value>, Problem> {
    asked.finish()?;
    let fired = api.engine().reader().schedules().await?;
    let now = api.engine().now();
    let config = api.config();
    let schedules: Vec<Value> = config
        .schedules
        .iter()
        .map(|schedule| {
            let last = fired.iter().find(|row| row.name == schedule.name);
            json!({
                "name": schedule.name, "cron": schedule.cron, "zone": schedule.zone, "pipeline": schedule.pipeline,
                "params": schedule.params, "catchUp": if schedule.catch_up { "one" } else { "none" },
                "nextAt": calendar::next(&schedule.cron, &schedule.zone, now).map(text), "lastAt": last.map(|row| text(row.fired_at)),
                "lastVideoId": last.and_then(|row| row.workflow.clone()),
            })
        })
        .collect();
    Ok(answer::ok(
        json!({ "count": schedules.len(), "schedules": schedules }),
    ))
}

/// `POST /api/schedules/{name}/run`: now, beside its times.
pub async fn run(
    State(api): State<Api>,
    caller: Caller,
    Extension(request): Extension<RequestId>,
    derived: Option<Extension<crate::api::idempotency::Derived>>,
    Path(name): Path<String>,
    sent: Sent,
) -> Result<Answer<WorkflowView>, Problem> {
    sent.fields_or_none().finish()?;
    let config = api.config();
    let Some(schedule) = config
        .schedules
        .iter()
        .find(|schedule| schedule.name == name)
    else {
        let told = crate::api::fields::hint(
            &name,
            config
                .schedules
                .iter()
                .map(|schedule| schedule.name.as_str()),
        );
        let message = format!("there is no schedule `{}`{told}", excerpt(&name));
        return Err(Problem::new(StatusCode::NOT_FOUND, "not_found", message));
    };
    super::submit::of_schedule(&api, &caller, &request, derived.as_deref(), schedule).await
}
