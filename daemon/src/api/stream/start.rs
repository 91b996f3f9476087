//! How a stream begins, and begins again after a lag: with what was missed where that is known, else with a snapshot.

use super::outbox::{Outbox, Over};
use super::session::Session;
use super::{Wish, frames};
use crate::api::problem::Problem;
use crate::api::show;
use crate::api::surfaces::{attention, workers};
use crate::domain::{Timestamp, Workflow};
use reel_shared::PROTOCOL;
use reel_shared::stream::Frame;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

/// Failed workflows are part of the snapshot for so long.
const FAILED: Duration = Duration::from_secs(24 * 3600);
/// Stored events that are read at a time.
const PAGE: u32 = 500;

/// Says hello, then whatever brings the client up to date.
pub(super) async fn begin(
    session: &mut Session,
    outbox: &mut Outbox,
    wish: &Wish,
) -> Result<(), Over> {
    let reader = session.api.engine().reader();
    let (seq, floor) = reader.bounds().await.map_err(broken)?;
    let instance = reader.instance().to_owned();
    let usable = |since: &u64| {
        *since <= seq
            && *since >= floor
            && wish
                .instance
                .as_ref()
                .is_none_or(|wished| *wished == instance)
    };
    let since = wish.since.filter(usable);
    let hello = Frame::Hello {
        protocol: PROTOCOL,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        host: session.api.config().node.name.clone(),
        instance,
        seq,
    };
    outbox.add(frames::plain(&hello)).await?;
    match since {
        Some(since) => replay(session, outbox, since, seq).await?,
        None => snapshot(session, outbox).await?,
    }
    outbox.flush().await
}

fn broken(error: impl Into<Problem>) -> Over {
    let _ = error.into();
    Over::Broken
}

/// Everything there is to know now.
pub(super) async fn snapshot(session: &mut Session, outbox: &mut Outbox) -> Result<(), Over> {
    let api = session.api.clone();
    let only = session.caller.only().map(str::to_owned);
    let failed_since = Timestamp(
        api.engine()
            .now()
            .0
            .saturating_sub(i64::try_from(FAILED.as_millis()).unwrap_or(i64::MAX)),
    );
    let (seq, mut workflows) = api
        .engine()
        .reader()
        .snapshot(only.as_deref(), failed_since)
        .await
        .map_err(broken)?;
    let active: Vec<Arc<Workflow>> = workflows
        .iter()
        .filter(|one| !one.status().is_terminal())
        .cloned()
        .collect();
    if let Some(id) = &session.workflow {
        workflows.retain(|one| one.id == *id);
        if workflows.is_empty() {
            workflows.extend(api.engine().reader().workflow(id).await.map_err(broken)?);
        }
    }
    session.seen(&workflows);
    let attention = attention::data(&api, &session.caller, &active)
        .await
        .map_err(broken)?;
    let webhooks = api.webhook_counts(failed_since).await.map_err(broken)?;
    // Thousands of workflows take a while to encode: off the runtime's threads, so that others don't wait.
    let encoded = tokio::task::spawn_blocking(move || {
        let insight = api.engine().insight();
        frames::plain(&Frame::Snapshot {
            seq,
            workflows: workflows
                .iter()
                .map(|workflow| show(&insight, workflow))
                .collect(),
            queue: workers::data(&api, &active),
            webhooks,
            attention,
        })
    });
    outbox.add(encoded.await.map_err(|_| Over::Broken)?).await?;
    session.last = seq;
    outbox.flush().await
}

/// The events after `since`, from the database, up to what was there when the session began to listen.
async fn replay(
    session: &mut Session,
    outbox: &mut Outbox,
    since: u64,
    until: u64,
) -> Result<(), Over> {
    session.last = since;
    let api = session.api.clone();
    if let Some(user) = session.caller.only().map(str::to_owned) {
        let own = api
            .engine()
            .reader()
            .active(Some(&user))
            .await
            .map_err(broken)?;
        session.seen(&own);
    }
    while session.last < until {
        let wanted = session.workflow.clone();
        let rows = api
            .engine()
            .reader()
            .events(session.last, PAGE, wanted.as_deref())
            .await
            .map_err(broken)?;
        let mut now: HashMap<String, Option<Arc<Workflow>>> = HashMap::new();
        for row in rows.iter().filter(|row| row.seq <= until) {
            session.last = row.seq;
            if !row
                .user
                .as_deref()
                .map_or(!session.caller.own, |user| session.caller.sees(user))
            {
                continue;
            }
            let workflow = match &row.workflow_id {
                Some(id) if now.contains_key(id) => now[id].clone(),
                Some(id) => {
                    let found = api.engine().reader().workflow(id).await.map_err(broken)?;
                    now.insert(id.clone(), found.clone());
                    found
                }
                None => None,
            };
            outbox
                .add(frames::stored(&api, row, workflow.as_deref()))
                .await?;
        }
        outbox.flush().await?;
        if rows.len() < PAGE as usize {
            break;
        }
    }
    session.last = session.last.max(until);
    Ok(())
}
