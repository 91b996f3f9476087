//! The endpoints that are registered: what one may be, and what may be done with it. Every change is an event of the log, by
//! which the outbox learns of it.

use super::payload;
use super::subscription::{EVENTS, TEST};
use crate::config::Secret;
use crate::domain::Timestamp;
use crate::engine::{Engine, EngineError, Notice};
use crate::pipeline::{ids, nearest};
use crate::store::deliveries::{self, NewDelivery};
use crate::store::endpoints::{self, EndpointRow};
use serde_json::json;
use std::collections::BTreeMap;
use std::time::Duration;

/// How long a replaced secret still signs.
pub const OVERLAP: Duration = Duration::from_secs(24 * 3600);
/// Replaced secrets that may still sign at once.
const OLD: usize = 3;
/// Endpoints at once.
pub const MOST: usize = 1000;
/// Headers of an endpoint.
const HEADERS: usize = 20;
/// Bytes of a header's value.
const VALUE: usize = 4096;
/// Headers that are ours, or the connection's.
const OURS: [&str; 13] = [
    "host",
    "content-length",
    "content-type",
    "user-agent",
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "expect",
];

/// What is wrong with a list of events.
///
/// # Errors
/// Each unknown name with the nearest that is known.
pub fn check_events(events: &[String]) -> Result<(), String> {
    if events.is_empty() {
        return Err("is empty; name at least one event, or `*` for all but progress".to_owned());
    }
    match events
        .iter()
        .find(|event| !EVENTS.contains(&event.as_str()))
    {
        None => Ok(()),
        Some(unknown) => {
            let near = nearest(unknown, EVENTS)
                .map(|near| format!("; did you mean `{near}`?"))
                .unwrap_or_default();
            Err(format!(
                "has no event `{unknown}`{near}; known are `{}`",
                EVENTS.join("`, `")
            ))
        }
    }
}

/// What is wrong with headers.
///
/// # Errors
/// The header and the rule.
pub fn check_headers(headers: &BTreeMap<String, String>) -> Result<(), String> {
    if headers.len() > HEADERS {
        return Err(format!("are more than {HEADERS}; send fewer"));
    }
    for (name, value) in headers {
        let lower = name.to_ascii_lowercase();
        if hyper::header::HeaderName::from_bytes(name.as_bytes()).is_err() {
            return Err(format!("has `{name}`, which is no name of a header"));
        }
        if OURS.contains(&lower.as_str())
            || lower.starts_with("webhook-")
            || lower.starts_with("x-webhook-")
        {
            return Err(format!(
                "has `{name}`, which is set by the daemon; take it out"
            ));
        }
        if value.len() > VALUE || !value.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
            return Err(format!(
                "has a value of `{name}` that is not up to {VALUE} printable ASCII characters"
            ));
        }
    }
    Ok(())
}

/// What to change of an endpoint; none stays as it is.
#[derive(Debug, Clone, Default)]
pub struct Change {
    /// Where events are sent.
    pub url: Option<String>,
    /// Which.
    pub events: Option<Vec<String>>,
    /// Of which pipelines.
    pub pipelines: Option<Vec<String>>,
    /// With which labels.
    pub labels: Option<BTreeMap<String, String>>,
    /// Sent with each request.
    pub headers: Option<BTreeMap<String, String>>,
    /// Whether it is told at all.
    pub active: Option<bool>,
}

/// A fresh id behind a prefix.
///
/// # Errors
/// The system's source of randomness, where it fails.
pub fn id(prefix: &str) -> Result<String, String> {
    ids::random().map(|id| format!("{prefix}{id}"))
}

fn notice(kind: &'static str, row: &EndpointRow) -> Vec<Notice> {
    vec![Notice {
        kind,
        data: json!({"webhookId": row.id, "url": row.url, "active": row.active}),
    }]
}

/// Registers an endpoint. False: there are too many.
///
/// # Errors
/// Stopping, store.
pub async fn register(engine: &Engine, row: EndpointRow) -> Result<bool, EngineError> {
    engine
        .write_told(move |connection| {
            if endpoints::all(connection)?.len() >= MOST {
                return Ok((false, Vec::new()));
            }
            endpoints::save(connection, &row)?;
            Ok((true, notice("endpoint.registered", &row)))
        })
        .await
}

/// Changes an endpoint; turning it on lets go what waited. None: there is none.
///
/// # Errors
/// Stopping, store.
pub async fn change(
    engine: &Engine,
    id: &str,
    change: Change,
) -> Result<Option<EndpointRow>, EngineError> {
    let (id, now) = (id.to_owned(), engine.now());
    engine
        .write_told(move |connection| {
            let Some(mut row) = endpoints::get(connection, &id)? else {
                return Ok((None, Vec::new()));
            };
            let Change {
                url,
                events,
                pipelines,
                labels,
                headers,
                active,
            } = change.clone();
            row.url = url.unwrap_or(row.url);
            row.events = events.unwrap_or(row.events);
            row.pipelines = pipelines.unwrap_or(row.pipelines);
            row.labels = labels.unwrap_or(row.labels);
            row.headers = headers.unwrap_or(row.headers);
            row.updated_at = now;
            if let Some(active) = active {
                row.active = active;
                row.disabled = None;
                row.exhausted = 0;
                row.failing_since = None;
            }
            endpoints::save(connection, &row)?;
            match active {
                Some(true) => drop(deliveries::release(connection, &row.id, now)?),
                Some(false) => deliveries::hold(connection, &row.id)?,
                None => {}
            }
            let told = notice("endpoint.changed", &row);
            Ok((Some(row), told))
        })
        .await
}

/// Forgets an endpoint and everything that was sent to it. False: there is none.
///
/// # Errors
/// Stopping, store.
pub async fn delete(engine: &Engine, id: &str) -> Result<bool, EngineError> {
    let id = id.to_owned();
    engine
        .write_told(move |connection| {
            let Some(row) = endpoints::get(connection, &id)? else {
                return Ok((false, Vec::new()));
            };
            endpoints::delete(connection, &id)?;
            deliveries::forget_endpoint(connection, &id)?;
            Ok((true, notice("endpoint.deleted", &row)))
        })
        .await
}

/// Replaces the secret; the one before still signs for a while. None: there is no such endpoint.
///
/// # Errors
/// Stopping, store.
pub async fn rotate(
    engine: &Engine,
    id: &str,
    secret: Secret,
) -> Result<Option<EndpointRow>, EngineError> {
    let (id, now) = (id.to_owned(), engine.now());
    engine
        .write_told(move |connection| {
            let Some(mut row) = endpoints::get(connection, &id)? else {
                return Ok((None, Vec::new()));
            };
            if let Some(before) = row
                .secret
                .replace(secret.clone())
                .filter(|before| *before != secret)
            {
                row.old.retain(|(_, until)| *until > now);
                row.old.insert(0, (before, now.plus(OVERLAP)));
                row.old.truncate(OLD);
            }
            row.updated_at = now;
            endpoints::save(connection, &row)?;
            let told = notice("endpoint.changed", &row);
            Ok((Some(row), told))
        })
        .await
}

/// Sends a test event to an endpoint. None: there is none; else the delivery's id.
///
/// # Errors
/// Stopping, store.
pub async fn test(
    engine: &Engine,
    id: &str,
    delivery: String,
    event_id: String,
) -> Result<Option<String>, EngineError> {
    let (id, now) = (id.to_owned(), engine.now());
    let data = json!({"webhookId": id, "message": "this is a test; nothing happened"});
    let body = payload::body(
        &event_id,
        TEST,
        now,
        &data.as_object().cloned().unwrap_or_default(),
    );
    engine
        .write_told(move |connection| {
            let Some(row) = endpoints::get(connection, &id)? else {
                return Ok((None, Vec::new()));
            };
            insert_test(connection, &row, &delivery, &event_id, &body, now)?;
            // An endpoint that is off is asked all the same: a test is how one learns whether it can be turned on again.
            let data = json!({"webhookId": row.id, "deliveryId": delivery});
            Ok((
                Some(delivery.clone()),
                vec![Notice {
                    kind: "endpoint.tested",
                    data,
                }],
            ))
        })
        .await
}

fn insert_test(
    connection: &rusqlite::Connection,
    row: &EndpointRow,
    id: &str,
    event_id: &str,
    body: &[u8],
    now: Timestamp,
) -> Result<(), crate::store::StoreError> {
    deliveries::insert(
        connection,
        &NewDelivery {
            id,
            target: &row.id,
            endpoint: Some(&row.id),
            url: None,
            workflow: None,
            event_id,
            event_type: TEST,
            body,
            due_at: now,
            created_at: now,
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_events_are_told_with_the_nearest() {
        let events = |names: &[&str]| {
            check_events(
                &names
                    .iter()
                    .map(|name| (*name).to_owned())
                    .collect::<Vec<_>>(),
            )
        };
        assert!(events(&["video.completed", "*"]).is_ok());
        assert!(events(&[]).is_err());
        assert!(
            events(&["video.complete"])
                .unwrap_err()
                .contains("did you mean `video.completed`?")
        );
    }

    #[test]
    fn headers_of_ours_and_of_the_connection_are_refused() {
        let one =
            |name: &str, value: &str| check_headers(&[(name.to_owned(), value.to_owned())].into());
        assert!(one("Authorization", "Bearer x").is_ok());
        for name in [
            "Host",
            "content-length",
            "Webhook-Id",
            "X-Webhook-Signature",
            "Transfer-Encoding",
            "a b",
            "",
        ] {
            assert!(one(name, "x").is_err(), "{name}");
        }
        for value in ["a\r\nX: y", "ü", &"x".repeat(4097)] {
            assert!(one("X-A", value).is_err(), "{value}");
        }
        assert!(check_headers(&(0..21).map(|n| (format!("X-{n}"), "v".into())).collect()).is_err());
    }
}
