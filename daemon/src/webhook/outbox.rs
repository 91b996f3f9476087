//! Turns events into deliveries, inside the event's own transaction: an event that is on disk has its deliveries on disk.
//!
//! Costs next to nothing while nobody listens: the endpoints are read once and again after one changes, which is itself an
//! event, and an event that nobody wants is not even put into words.

use super::payload::{self, Addresses, Told};
use super::schedule;
use super::subscription::{PROGRESS, wants};
use crate::config::Config;
use crate::domain::Timestamp;
use crate::engine::ports::{self, Written};
use crate::links::Links;
use crate::pipeline::ids;
use crate::store::StoreError;
use crate::store::deliveries::{self, NewDelivery};
use crate::store::endpoints::{self, EndpointRow};
use rusqlite::Connection;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// The largest body that is sent.
const LARGEST: usize = 256 * 1024;
/// Progress of one generation is told at most once in this time.
const PACE: Duration = Duration::from_secs(5);
/// Generations whose pace is remembered; beyond that the oldest memories go, which costs one early progress each.
const PACED: usize = 4096;

/// What the sender is told: that there may be something to send, and whether endpoints changed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Stir {
    /// Moves with everything.
    pub count: u64,
    /// Moves when an endpoint changed: what was read of it before no longer counts.
    pub endpoints: u64,
}

/// The webhooks' outbox.
pub struct Outbox {
    config: watch::Receiver<Arc<Config>>,
    links: Arc<Links>,
    signal: watch::Sender<Stir>,
    /// None: to be read again.
    endpoints: Option<Vec<EndpointRow>>,
    /// When progress was last told, by workflow.
    paced: HashMap<String, Timestamp>,
    /// The workflow that this transaction makes: before its first status it had none.
    made: Option<String>,
    /// There is something for the sender.
    stirred: bool,
    /// An endpoint changed.
    changed: bool,
}

impl Outbox {
    /// An outbox, and what is moved whenever there may be something to send.
    #[must_use]
    pub fn new(
        config: watch::Receiver<Arc<Config>>,
        links: Arc<Links>,
    ) -> (Self, watch::Receiver<Stir>) {
        let (signal, stirred) = watch::channel(Stir::default());
        let outbox = Self {
            config,
            links,
            signal,
            endpoints: None,
            paced: HashMap::new(),
            made: None,
            stirred: false,
            changed: false,
        };
        (outbox, stirred)
    }

    fn endpoints(&mut self, connection: &Connection) -> Result<&[EndpointRow], StoreError> {
        if self.endpoints.is_none() {
            self.endpoints = Some(endpoints::all(connection)?);
        }
        Ok(self.endpoints.as_deref().unwrap_or_default())
    }

    fn write(
        &mut self,
        connection: &Connection,
        event: &Written<'_>,
        told: &Told,
    ) -> Result<(), StoreError> {
        let endpoints = self.endpoints(connection)?;
        let wanted = endpoints
            .iter()
            .filter(|endpoint| wants(endpoint, told.event, event.workflow));
        let targets: Vec<String> = wanted.map(|endpoint| endpoint.id.clone()).collect();
        if targets.is_empty() || (told.event == PROGRESS && !self.paces(event)) {
            return Ok(());
        }
        let event_id = format!("evt_{}", id()?);
        let body = payload::body(&event_id, told.event, event.at, &told.data);
        if body.len() > LARGEST {
            let whose = event.workflow.map_or("", |workflow| workflow.id.as_str());
            tracing::error!(
                component = "WEBHOOK", videoId = %whose,
                "{} of {} bytes is not sent: the limit is {LARGEST}; shorten what the workflow gives", told.event, body.len()
            );
            return Ok(());
        }
        let due_at = schedule::first(&self.config.borrow().webhooks.schedule, event.at);
        for target in targets {
            deliveries::insert(
                connection,
                &NewDelivery {
                    id: &format!("dlv_{}", id()?),
                    target: &target,
                    endpoint: Some(&target),
                    url: None,
                    workflow: event.workflow.map(|workflow| workflow.id.as_str()),
                    event_id: &event_id,
                    event_type: told.event,
                    body: &body,
                    due_at,
                    created_at: event.at,
                },
            )?;
        }
        self.stirred = true;
        Ok(())
    }

    /// Whether enough time has passed since this workflow's progress was last told; notes that it is told now.
    fn paces(&mut self, event: &Written<'_>) -> bool {
        let Some(workflow) = event.workflow else {
            return true;
        };
        let last = self.paced.get(&workflow.id);
        if last.is_some_and(|last| event.at.since(*last) < PACE) {
            return false;
        }
        if self.paced.len() >= PACED {
            self.paced.retain(|_, last| event.at.since(*last) < PACE);
        }
        self.paced.insert(workflow.id.clone(), event.at);
        true
    }

    /// The end of a workflow, told to its own URL.
    fn write_own(
        &mut self,
        connection: &Connection,
        event: &Written<'_>,
    ) -> Result<(), StoreError> {
        let Some(workflow) = event.workflow else {
            return Ok(());
        };
        let (Some(url), Some((name, body))) = (&workflow.webhook_url, payload::own(workflow))
        else {
            return Ok(());
        };
        if body.len() > LARGEST {
            tracing::error!(
                component = "WEBHOOK", videoId = %workflow.id,
                "the end is not told to its webhookUrl: {} bytes are over the limit of {LARGEST}", body.len()
            );
            return Ok(());
        }
        deliveries::insert(
            connection,
            &NewDelivery {
                id: &format!("dlv_{}", id()?),
                target: &own_target(url),
                endpoint: None,
                url: Some(url),
                workflow: Some(&workflow.id),
                event_id: &format!("evt_{}", id()?),
                event_type: name,
                body: &body,
                due_at: schedule::first(&self.config.borrow().webhooks.schedule, event.at),
                created_at: event.at,
            },
        )?;
        self.stirred = true;
        Ok(())
    }
}

/// What shares a pace with a workflow's own URL: all that go to the same host and port.
fn own_target(url: &str) -> String {
    let parsed = url::Url::parse(url).ok();
    let host = parsed
        .as_ref()
        .and_then(url::Url::host_str)
        .unwrap_or_default();
    let port = parsed
        .as_ref()
        .and_then(url::Url::port_or_known_default)
        .unwrap_or_default();
    format!("own:{host}:{port}")
}

fn id() -> Result<String, StoreError> {
    ids::random().map_err(StoreError::Sqlite)
}

impl ports::Outbox for Outbox {
    fn written(&mut self, connection: &Connection, event: Written<'_>) -> Result<(), StoreError> {
        if event.kind.starts_with("endpoint.") {
            self.endpoints = None;
            self.stirred = true;
            self.changed = true;
        }
        if let "workflow.completed" | "workflow.failed" | "workflow.cancelled" = event.kind {
            self.write_own(connection, &event)?;
            self.paced
                .remove(event.workflow.map_or("", |workflow| workflow.id.as_str()));
        }
        if self.endpoints(connection)?.is_empty() {
            return Ok(());
        }
        let id = event.workflow.map_or("", |workflow| workflow.id.as_str());
        let made = std::mem::take(&mut self.made).is_some_and(|made| made == id);
        if event.kind == "workflow.created" {
            self.made = Some(id.to_owned());
        }
        let (links, config) = (Arc::clone(&self.links), Arc::clone(&self.config.borrow()));
        let addresses = Addresses {
            links: &links,
            config: &config,
            at: event.at,
        };
        for mut told in payload::told(&event, addresses) {
            if made && told.data.contains_key("previousState") {
                told.data
                    .insert("previousState".to_owned(), serde_json::Value::Null);
            }
            self.write(connection, &event, &told)?;
        }
        Ok(())
    }

    fn committed(&mut self) {
        if std::mem::take(&mut self.stirred) {
            let changed = std::mem::take(&mut self.changed);
            self.signal.send_modify(|stir| {
                stir.count += 1;
                stir.endpoints += u64::from(changed);
            });
        }
    }

    fn forget(&mut self) {
        self.endpoints = None;
        self.made = None;
        self.stirred = false;
        self.changed = false;
    }
}
