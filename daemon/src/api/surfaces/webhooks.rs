//! Endpoints: registered, listed, changed, forgotten, given another secret, tried. A secret is in the answer that makes it,
//! and nowhere else.

use crate::api::Api;
use crate::api::answer::{self, Answer};
use crate::api::auth::Caller;
use crate::api::extract::{Asked, Sent};
use crate::api::fields::Fields;
use crate::api::idempotency::Kept;
use crate::api::problem::{Problem, excerpt};
use crate::api::view::time::text;
use crate::config::Secret;
use crate::outbound::{Own, Policy, url};
use crate::store::endpoints::{self, EndpointRow};
use crate::webhook::book::{self, Change};
use crate::webhook::{configured, secret};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Map, Value, json};

/// Labels or pipelines of an endpoint.
const FILTERS: usize = 50;
/// Characters of one.
const LONGEST: usize = 256;

/// An endpoint as shown: the values of its headers may be keys, so only their names are told.
fn shown(row: &EndpointRow) -> Value {
    let headers: Map<String, Value> = row
        .headers
        .keys()
        .map(|name| (name.clone(), "(hidden)".into()))
        .collect();
    json!({
        "webhookId": row.id, "url": row.url, "events": row.events, "createdAt": text(row.created_at), "active": row.active,
        "updatedAt": text(row.updated_at), "pipelines": row.pipelines, "labels": row.labels, "headers": headers,
        "configured": row.configured, "disabledReason": row.disabled, "failingSince": row.failing_since.map(text),
        "previousSecretUntil": row.old.first().map(|(_, until)| text(*until)),
    })
}

/// 404 to a token that sees its own workflows alone: endpoints are everyone's.
pub(super) fn for_all(caller: &Caller, id: &str) -> Result<(), Problem> {
    if caller.own {
        Err(Problem::not_found("webhook", id))
    } else {
        Ok(())
    }
}

pub(super) async fn one(api: &Api, caller: &Caller, id: &str) -> Result<EndpointRow, Problem> {
    for_all(caller, id)?;
    let wanted = id.to_owned();
    let found = api
        .engine()
        .reader()
        .ask(move |connection| endpoints::get(connection, &wanted))
        .await?;
    found.ok_or_else(|| Problem::not_found("webhook", id))
}

/// What a person may not change because the configuration says it.
fn not_configured(id: &str) -> Result<(), Problem> {
    if id == configured::ID {
        let message =
            "this endpoint stands in the configuration; change [webhooks] default_url and reload";
        return Err(Problem::new(StatusCode::CONFLICT, "configured", message));
    }
    Ok(())
}

struct Read {
    change: Change,
    fields: Fields,
}

/// The fields that registering and changing have in common.
fn read(api: &Api, sent: Sent) -> Result<Read, Problem> {
    let mut fields = sent.fields()?;
    let change = Change {
        url: fields.text("url"),
        events: fields.texts("events"),
        pipelines: fields.texts("pipelines"),
        labels: fields.text_map("labels"),
        headers: fields.text_map("headers"),
        active: None,
    };
    if let Some(given) = &change.url {
        let policy = Policy::of(&api.config().webhooks, Own::default());
        if let Err(problem) = url::read(given, &policy) {
            fields.problem("url", format!("`{}` {problem}", excerpt(given)));
        }
    }
    if let Some(Err(problem)) = change.events.as_deref().map(book::check_events) {
        fields.problem("events", problem);
    }
    if let Some(Err(problem)) = change.headers.as_ref().map(book::check_headers) {
        fields.problem("headers", problem);
    }
    let long = |text: &String| text.chars().count() > LONGEST;
    if change
        .pipelines
        .as_ref()
        .is_some_and(|all| all.len() > FILTERS || all.iter().any(long))
    {
        fields.problem(
            "pipelines",
            format!("takes up to {FILTERS} names of up to {LONGEST} characters"),
        );
    }
    let label = |labels: &std::collections::BTreeMap<String, String>| {
        labels.len() > FILTERS || labels.iter().any(|(key, value)| long(key) || long(value))
    };
    if change.labels.as_ref().is_some_and(label) {
        fields.problem(
            "labels",
            format!("takes up to {FILTERS} of up to {LONGEST} characters"),
        );
    }
    Ok(Read { change, fields })
}

/// A secret that was sent, or one that is made; true where it was made.
fn read_secret(fields: &mut Fields) -> Result<(Secret, bool), Problem> {
    let Some(given) = fields.text("secret") else {
        let made =
            secret::make().map_err(|error| Problem::internal("no secret could be made", &error))?;
        return Ok((made, true));
    };
    match secret::check(&given) {
        Ok(secret) => Ok((secret, false)),
        Err(problem) => {
            fields.problem("secret", problem);
            Ok((Secret::new(""), false))
        }
    }
}

/// An answer that names a secret. What is kept for a repeated request names none.
fn with_secret(status: StatusCode, mut open: Value, secret: &Secret, made: bool) -> Response {
    let kept = open.to_string().into();
    let place = if open.get("data").is_some() {
        &mut open["data"]
    } else {
        &mut open
    };
    place["signingSecret"] = secret::signing_secret(secret).expose().into();
    if made {
        place["secret"] = secret.expose().into();
    }
    let mut answer = answer::json(status, open.to_string().into());
    answer.extensions_mut().insert(Kept(kept));
    answer
}

/// `POST /api/webhooks/register`
pub async fn register(State(api): State<Api>, sent: Sent) -> Result<Response, Problem> {
    let Read { change, mut fields } = read(&api, sent)?;
    let (secret, made) = read_secret(&mut fields)?;
    let url = fields.require("url", change.url).unwrap_or_default();
    let events = fields.require("events", change.events).unwrap_or_default();
    fields.finish()?;
    let now = api.engine().now();
    let id = book::id("wh_").map_err(|error| Problem::internal("no id could be made", &error))?;
    let row = EndpointRow {
        id,
        url,
        events,
        pipelines: change.pipelines.unwrap_or_default(),
        labels: change.labels.unwrap_or_default(),
        headers: change.headers.unwrap_or_default(),
        secret: Some(secret.clone()),
        old: Vec::new(),
        active: true,
        disabled: None,
        configured: false,
        exhausted: 0,
        failing_since: None,
        created_at: now,
        updated_at: now,
    };
    let open =
        json!({ "success": true, "webhookId": row.id, "url": row.url, "events": row.events });
    if !book::register(api.engine(), row).await? {
        return Err(Problem::field(
            "url",
            format!(
                "would be one too many: there are {} endpoints; delete some",
                book::MOST
            ),
        ));
    }
    Ok(with_secret(StatusCode::CREATED, open, &secret, made))
}

/// `GET /api/webhooks`
pub async fn list(
    State(api): State<Api>,
    caller: Caller,
    Asked(asked): Asked,
) -> Result<Answer<Value>, Problem> {
    asked.finish()?;
    let rows = if caller.own {
        Vec::new()
    } else {
        api.engine().reader().ask(endpoints::all).await?
    };
    let webhooks: Vec<Value> = rows.iter().map(shown).collect();
    Ok(answer::ok(
        json!({ "count": webhooks.len(), "webhooks": webhooks }),
    ))
}

/// `PATCH /api/webhooks/{id}`
pub async fn change(
    State(api): State<Api>,
    caller: Caller,
    Path(id): Path<String>,
    sent: Sent,
) -> Result<Answer<Value>, Problem> {
    let Read {
        mut change,
        mut fields,
    } = read(&api, sent)?;
    change.active = fields.truth("active");
    fields.finish()?;
    one(&api, &caller, &id).await?;
    let only_active = Change {
        active: change.active,
        ..Change::default()
    };
    if format!("{change:?}") != format!("{only_active:?}") {
        not_configured(&id)?;
    }
    match book::change(api.engine(), &id, change).await? {
        Some(row) => Ok(answer::ok(shown(&row))),
        None => Err(Problem::not_found("webhook", &id)),
    }
}

/// `DELETE /api/webhooks/{id}`
pub async fn remove(
    State(api): State<Api>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    for_all(&caller, &id)?;
    not_configured(&id)?;
    if !book::delete(api.engine(), &id).await? {
        return Err(Problem::not_found("webhook", &id));
    }
    let said = json!({ "success": true, "message": "Webhook deleted successfully" });
    Ok(answer::json(StatusCode::OK, said.to_string().into()))
}

/// `POST /api/webhooks/{id}/rotate-secret`
pub async fn rotate(
    State(api): State<Api>,
    caller: Caller,
    Path(id): Path<String>,
    sent: Sent,
) -> Result<Response, Problem> {
    let mut fields = sent.fields_or_none();
    let (secret, made) = read_secret(&mut fields)?;
    fields.finish()?;
    for_all(&caller, &id)?;
    not_configured(&id)?;
    let Some(row) = book::rotate(api.engine(), &id, secret.clone()).await? else {
        return Err(Problem::not_found("webhook", &id));
    };
    Ok(with_secret(
        StatusCode::OK,
        json!({ "success": true, "data": shown(&row) }),
        &secret,
        made,
    ))
}

/// `POST /api/webhooks/{id}/test`
pub async fn test(
    State(api): State<Api>,
    caller: Caller,
    Path(id): Path<String>,
    sent: Sent,
) -> Result<Answer<Value>, Problem> {
    sent.fields_or_none().finish()?;
    for_all(&caller, &id)?;
    let make =
        |prefix| book::id(prefix).map_err(|error| Problem::internal("no id could be made", &error));
    let sent = book::test(api.engine(), &id, make("dlv_")?, make("evt_")?).await?;
    match sent {
        Some(delivery) => Ok(answer::accepted(json!({ "deliveryId": delivery }))),
        None => Err(Problem::not_found("webhook", &id)),
    }
}
