//! The verbs about endpoints.

use super::{Add, each};
use crate::cli::context::Context;
use crate::cli::failure::{Failure, Outcome};
use crate::cli::moment;
use crate::cli::output::Look;
use crate::cli::table::{Cell, Side, Table};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use reel_shared::client::{ClientError, Http, Method, segment};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

#[derive(Deserialize)]
pub(super) struct Listing {
    pub webhooks: Vec<Endpoint>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Endpoint {
    pub webhook_id: String,
    url: String,
    events: Vec<String>,
    active: bool,
    created_at: String,
    #[serde(default)]
    disabled_reason: Option<String>,
}

pub(super) async fn all(http: &mut Http) -> Outcome<Vec<Endpoint>> {
    let listing: Listing = http.get("/api/webhooks").await?;
    Ok(listing.webhooks)
}

/// The one endpoint whose id begins with `text`.
pub(super) async fn find(http: &mut Http, text: &str) -> Outcome<String> {
    let ids: Vec<String> = all(http)
        .await?
        .into_iter()
        .map(|one| one.webhook_id)
        .collect();
    let fits: Vec<&String> = ids.iter().filter(|id| id.starts_with(text)).collect();
    match fits.as_slice() {
        _ if ids.iter().any(|id| id == text) => Ok(text.to_owned()),
        [one] => Ok((*one).clone()),
        [] => Err(Failure::missing(format!("there is no webhook {text:?}"))
            .with_remedy("`reel webhooks ls` lists them")),
        many => {
            let list: Vec<&str> = many.iter().take(10).map(|id| id.as_str()).collect();
            Err(Failure::usage(format!(
                "{text:?} begins more than one id: {}",
                list.join(", ")
            )))
        }
    }
}

fn path(id: &str) -> String {
    format!("/api/webhooks/{}", segment(id))
}

pub(super) async fn add(context: &mut Context, add: Add) -> Outcome {
    let mut body = json!({"url": add.url, "events": add.events});
    if let Some(secret) = &add.secret {
        body["secret"] = secret.as_str().into();
    }
    if !add.pipelines.is_empty() {
        body["pipelines"] = add.pipelines.into();
    }
    for (name, pairs) in [("labels", add.labels), ("headers", add.headers)] {
        if !pairs.is_empty() {
            body[name] = json!(pairs.into_iter().collect::<BTreeMap<_, _>>());
        }
    }
    let body = serde_json::to_vec(&body).map_err(|error| Failure::failed(error.to_string()))?;
    let reply = context
        .http
        .request(Method::POST, "/api/webhooks/register", Some(body), &[])
        .await?;
    let mut made: Map<String, Value> = serde_json::from_slice(&reply.body).map_err(protocol)?;
    made.remove("success");
    if context.out.json {
        return context.out.json(&Value::Object(made));
    }
    let text = |name: &str| made.get(name).and_then(Value::as_str).map(str::to_owned);
    let id = text("webhookId")
        .ok_or_else(|| ClientError::Protocol("a new webhook without an id".to_owned()))?;
    context.out.line(&id)?;
    context.out.flush()?;
    tell_secret(text("secret"), text("signingSecret"));
    Ok(())
}

/// A secret is shown once, beside the output that scripts read.
fn tell_secret(made: Option<String>, signing: Option<String>) {
    match (made, signing) {
        (Some(made), _) => {
            eprintln!("reel: its secret, shown this once: {made}");
        }
        (None, Some(signing)) => {
            eprintln!("reel: your secret, as the libraries of Standard Webhooks take it: {signing}")
        }
        (None, None) => {}
    }
}

fn protocol(error: serde_json::Error) -> ClientError {
    ClientError::Protocol(error.to_string())
}

pub(super) async fn list(context: &mut Context) -> Outcome {
    let data: Value = context.http.get("/api/webhooks").await?;
    if context.out.json {
        return context.out.json(&data);
    }
    let listing: Listing = serde_json::from_value(data).map_err(protocol)?;
    if listing.webhooks.is_empty() {
        eprintln!("reel: there are no webhooks; `reel webhooks add URL --event '*'` makes one");
        return Ok(());
    }
    let (now, zone) = (Timestamp::now(), TimeZone::system());
    let mut table = Table::new(&[
        ("ID", Side::Left),
        ("STATE", Side::Left),
        ("SINCE", Side::Left),
        ("EVENTS", Side::Left),
        ("URL", Side::Left),
    ]);
    for one in &listing.webhooks {
        let state = match (&one.disabled_reason, one.active) {
            (_, true) => Cell::with("on", Look::Good),
            (Some(_), false) => Cell::with("dead", Look::Bad),
            (None, false) => Cell::new("off"),
        };
        table.row(vec![
            Cell::with(&one.webhook_id, Look::Bold),
            state,
            Cell::new(moment::clock(&one.created_at, now, &zone)),
            Cell::new(one.events.join(",")),
            Cell::new(&one.url),
        ]);
    }
    let width = context.width();
    table.print(&mut context.out, width)?;
    context.out.flush()?;
    for (one, reason) in listing
        .webhooks
        .iter()
        .filter_map(|one| Some((one, one.disabled_reason.as_ref()?)))
    {
        eprintln!(
            "reel: {} is off: {reason}; `reel webhooks enable {}` sends what waits",
            one.webhook_id, one.webhook_id
        );
    }
    Ok(())
}

pub(super) async fn show(context: &mut Context, text: &str) -> Outcome {
    let id = find(&mut context.http, text).await?;
    let data: Value = context.http.get("/api/webhooks").await?;
    let known = data["webhooks"]
        .as_array()
        .into_iter()
        .flatten()
        .find(|one| one["webhookId"] == id.as_str());
    let one = known.cloned().unwrap_or_default();
    if context.out.json {
        return context.out.json(&one);
    }
    for (name, value) in one.as_object().into_iter().flatten() {
        let text = match value {
            Value::Null => continue,
            Value::String(text) => text.clone(),
            Value::Array(items) => items
                .iter()
                .filter_map(Value::as_str)
                .collect::<Vec<_>>()
                .join(", "),
            Value::Object(map) => {
                let pair = |(key, value): (&String, &Value)| {
                    format!("{key}={}", value.as_str().unwrap_or_default())
                };
                map.iter().map(pair).collect::<Vec<_>>().join(", ")
            }
            other => other.to_string(),
        };
        let name = context.out.paint(&format!("{name:20}"), Look::Dim);
        context
            .out
            .line(&format!("{name} {}", crate::cli::output::plain(&text)))?;
    }
    Ok(())
}

pub(super) async fn remove(context: &mut Context, ids: &[String]) -> Outcome {
    each(context, ids, async |context: &mut Context, text: &str| {
        let id = find(&mut context.http, text).await?;
        context.http.delete(&path(&id)).await?;
        if context.out.json {
            return context.out.json(&json!({"webhookId": id, "deleted": true}));
        }
        context.out.line(&format!("{id} deleted"))
    })
    .await
}

pub(super) async fn rotate(context: &mut Context, text: &str, secret: Option<String>) -> Outcome {
    let id = find(&mut context.http, text).await?;
    let body = secret.map_or_else(|| json!({}), |secret| json!({"secret": secret}));
    let data: Value = context
        .http
        .post(&format!("{}/rotate-secret", path(&id)), &body)
        .await?;
    if context.out.json {
        return context.out.json(&data);
    }
    context.out.line(&format!(
        "{id} rotated; the old secret signs too for 24 hours"
    ))?;
    context.out.flush()?;
    let text = |name: &str| data[name].as_str().map(str::to_owned);
    tell_secret(text("secret"), text("signingSecret"));
    Ok(())
}

pub(super) async fn switch(context: &mut Context, ids: &[String], on: bool) -> Outcome {
    each(context, ids, async |context: &mut Context, text: &str| {
        let id = find(&mut context.http, text).await?;
        let body = serde_json::to_vec(&json!({"active": on})).unwrap_or_default();
        let data: Value = context
            .http
            .request(Method::PATCH, &path(&id), Some(body), &[])
            .await?
            .data()?;
        if context.out.json {
            return context.out.json(&data);
        }
        context
            .out
            .line(&format!("{id} {}", if on { "enabled" } else { "disabled" }))
    })
    .await
}

pub(super) async fn test(context: &mut Context, text: &str) -> Outcome {
    let id = find(&mut context.http, text).await?;
    let data: Value = context
        .http
        .post(&format!("{}/test", path(&id)), &json!({}))
        .await?;
    if context.out.json {
        return context.out.json(&data);
    }
    context
        .out
        .line(data["deliveryId"].as_str().unwrap_or_default())
}
