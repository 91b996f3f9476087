//! Deliveries: listed with every attempt, shown as they are sent, tried again by hand.

use super::webhooks::{for_all, one};
use crate::api::Api;
use crate::api::answer::{self, Answer};
use crate::api::auth::Caller;
use crate::api::extract::{Asked, Sent};
use crate::api::fields::Fields;
use crate::api::problem::Problem;
use crate::api::view::time::{self, text};
use crate::store::deliveries as stored;
use crate::store::delivery_list::{self, DeliveryRow, Which};
use crate::store::endpoints;
use crate::webhook::attempt::Destination;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde_json::{Map, Value, json};

fn shown(row: &DeliveryRow) -> Value {
    let attempts: Vec<Value> = row
        .attempts
        .iter()
        .map(|one| {
            json!({
                "number": one.number, "at": text(one.at), "status": one.status, "latency": one.latency, "error": one.error,
                "response": one.response,
            })
        })
        .collect();
    json!({
        "deliveryId": row.id, "webhookId": row.endpoint, "url": row.url, "videoId": row.workflow, "eventId": row.event_id,
        "eventType": row.event_type, "status": row.status, "createdAt": text(row.created_at),
        "nextAttemptAt": row.due_at.map(text), "attempts": attempts,
    })
}

async fn page(api: &Api, which: Which, mut asked: Fields) -> Result<Answer<Value>, Problem> {
    let limit = asked.whole("limit", 1, 200).unwrap_or(50);
    let offset = asked.whole("offset", 0, i64::MAX).unwrap_or(0);
    asked.finish()?;
    let (take, pass) = (
        u32::try_from(limit).unwrap_or(50),
        u64::try_from(offset).unwrap_or(0),
    );
    let page = api
        .engine()
        .reader()
        .ask(move |connection| delivery_list::page(connection, &which, take, pass))
        .await?;
    let deliveries: Vec<Value> = page.deliveries.iter().map(shown).collect();
    Ok(answer::ok(
        json!({ "deliveries": deliveries, "total": page.total, "limit": limit, "offset": offset }),
    ))
}

/// `GET /api/webhooks/{id}/deliveries?limit&offset`
pub async fn of(
    State(api): State<Api>,
    caller: Caller,
    Path(id): Path<String>,
    Asked(asked): Asked,
) -> Result<Answer<Value>, Problem> {
    one(&api, &caller, &id).await?;
    page(&api, Which::Of(id), asked).await
}

/// `GET /api/webhooks/failed?limit&offset`
pub async fn failed(
    State(api): State<Api>,
    caller: Caller,
    Asked(asked): Asked,
) -> Result<Answer<Value>, Problem> {
    for_all(&caller, "failed")?;
    page(&api, Which::Failed, asked).await
}

/// `GET /api/webhooks/deliveries/{deliveryId}`: with the request as the next attempt would send it, what is secret hidden.
pub async fn show(
    State(api): State<Api>,
    caller: Caller,
    Path(id): Path<String>,
    Asked(asked): Asked,
) -> Result<Answer<Value>, Problem> {
    asked.finish()?;
    for_all(&caller, &id)?;
    let wanted = id.clone();
    let found = api.engine().reader().ask(move |connection| {
        let Some((row, body)) = delivery_list::one(connection, &wanted)? else {
            return Ok(None);
        };
        let endpoint = row
            .endpoint
            .as_deref()
            .map(|id| endpoints::get(connection, id))
            .transpose()?
            .flatten();
        Ok(Some((row, body, endpoint)))
    });
    let Some((row, body, endpoint)) = found.await? else {
        return Err(Problem::not_found("delivery", &id));
    };
    let (now, config) = (api.engine().now(), api.config());
    let to = match &endpoint {
        Some(endpoint) => Destination::endpoint(endpoint, now),
        None => Destination::own(
            row.url.as_deref().unwrap_or_default(),
            config.webhooks.default_secret.as_ref(),
        ),
    };
    let own = |name: &str| {
        endpoint
            .as_ref()
            .is_some_and(|endpoint| endpoint.headers.contains_key(name))
    };
    let secret = |name: &str| own(name) || name.to_ascii_lowercase().contains("signature");
    let headers: Map<String, Value> = to
        .headers(&row.event_type, &row.event_id, &body, now)
        .into_iter()
        .map(|(name, value)| {
            let value = if secret(&name) {
                "***".to_owned()
            } else {
                value
            };
            (name, value.into())
        })
        .collect();
    let mut data = shown(&row);
    data["request"] = json!({
        "method": "POST", "url": to.url, "headers": headers, "body": String::from_utf8_lossy(&body),
    });
    Ok(answer::ok(data))
}

/// `POST /api/webhooks/failed/{deliveryId}/retry`
pub async fn retry(
    State(api): State<Api>,
    caller: Caller,
    Path(id): Path<String>,
    sent: Sent,
) -> Result<Answer<Value>, Problem> {
    sent.fields_or_none().finish()?;
    for_all(&caller, &id)?;
    let (wanted, now) = (id.clone(), api.engine().now());
    let done = api.engine().write_told(move |connection| {
        Ok((stored::retry(connection, &wanted, now)?, again(&wanted)))
    });
    match done.await? {
        None => return Err(Problem::not_found("delivery", &id)),
        Some(false) => {
            let message =
                "this delivery did not fail: it waits for its next attempt, or got through";
            return Err(Problem::new(StatusCode::CONFLICT, "not_failed", message));
        }
        Some(true) => {}
    }
    let wanted = id.clone();
    let found = api
        .engine()
        .reader()
        .ask(move |connection| delivery_list::one(connection, &wanted))
        .await?;
    found
        .map(|(row, _)| answer::accepted(shown(&row)))
        .ok_or_else(|| Problem::not_found("delivery", &id))
}

/// Said to the log, by which the sender learns that something is due.
fn again(what: &str) -> Vec<crate::engine::Notice> {
    vec![crate::engine::Notice {
        kind: "endpoint.retried",
        data: json!({ "deliveries": what }),
    }]
}

/// `POST /api/webhooks/failed/retry`: all of them.
pub async fn retry_all(
    State(api): State<Api>,
    caller: Caller,
    sent: Sent,
) -> Result<Answer<Value>, Problem> {
    sent.fields_or_none().finish()?;
    for_all(&caller, "failed")?;
    let now = api.engine().now();
    let count = api
        .engine()
        .write_told(move |connection| Ok((stored::retry_all(connection, now)?, again("all"))))
        .await?;
    Ok(answer::accepted(json!({ "count": count })))
}

/// `POST /api/webhooks/{id}/recover` `{since}`: all that failed since, however many.
pub async fn recover(
    State(api): State<Api>,
    caller: Caller,
    Path(id): Path<String>,
    sent: Sent,
) -> Result<Answer<Value>, Problem> {
    let mut fields = sent.fields()?;
    let given = fields.text("since");
    let since = fields
        .require("since", given)
        .and_then(|given| match time::parse(&given) {
            Ok(since) => Some(since),
            Err(problem) => {
                fields.problem("since", problem);
                None
            }
        });
    fields.finish()?;
    one(&api, &caller, &id).await?;
    let (now, since) = (api.engine().now(), since.unwrap_or_default());
    let count = api.engine().write_told(move |connection| {
        Ok((stored::recover(connection, &id, since, now)?, again(&id)))
    });
    Ok(answer::accepted(json!({ "count": count.await? })))
}
