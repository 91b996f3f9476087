//! The one endpoint that stands in the configuration (`[webhooks] default_url`), kept as the configuration says.

use crate::config::{Config, Webhooks};
use crate::domain::Timestamp;
use crate::engine::{Engine, EngineError, Notice};
use crate::store::endpoints::{self, EndpointRow};
use crate::store::{StoreError, deliveries};
use rusqlite::Connection;
use serde_json::json;

/// Its id.
pub const ID: &str = "wh_configured";

/// Makes the stored endpoint what the configuration says.
///
/// # Errors
/// Stopping, store.
pub async fn keep(engine: &Engine, config: &Config) -> Result<(), EngineError> {
    let (settings, now) = (config.webhooks.clone(), engine.now());
    engine
        .write_told(move |connection| settle(connection, &settings, now))
        .await
}

fn settle(
    connection: &Connection,
    settings: &Webhooks,
    now: Timestamp,
) -> Result<((), Vec<Notice>), StoreError> {
    let stored = endpoints::get(connection, ID)?;
    let told = |kind| {
        vec![Notice {
            kind,
            data: json!({"webhookId": ID}),
        }]
    };
    let Some(url) = &settings.default_url else {
        if stored.is_none() {
            return Ok(((), Vec::new()));
        }
        endpoints::delete(connection, ID)?;
        deliveries::forget_endpoint(connection, ID)?;
        return Ok(((), told("endpoint.deleted")));
    };
    let fresh = || EndpointRow {
        id: ID.to_owned(),
        url: String::new(),
        events: Vec::new(),
        pipelines: Vec::new(),
        labels: Default::default(),
        headers: Default::default(),
        secret: None,
        old: Vec::new(),
        active: true,
        disabled: None,
        configured: true,
        exhausted: 0,
        failing_since: None,
        created_at: now,
        updated_at: now,
    };
    let mut row = stored.clone().unwrap_or_else(fresh);
    row.url.clone_from(url);
    row.events.clone_from(&settings.default_events);
    row.secret.clone_from(&settings.default_secret);
    if stored.as_ref() == Some(&row) {
        return Ok(((), Vec::new()));
    }
    row.updated_at = now;
    endpoints::save(connection, &row)?;
    Ok((
        (),
        told(if stored.is_some() {
            "endpoint.changed"
        } else {
            "endpoint.registered"
        }),
    ))
}
