//! Reads the event log from a kept place on, and hands each way what it wants.

use super::conditions::Conditions;
use super::gather::Batch;
use super::note;
use super::way::{Trouble, Way};
use crate::config::{Config, Notify};
use crate::domain::Timestamp;
use crate::engine::{Engine, EngineError};
use crate::store::{StoreError, meta};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// The key of the place in the log.
const PLACE: &str = "notify_place";
/// Events read at once.
const PAGE: u32 = 500;
/// What is older when the daemon comes back is history, not news.
const STALE: Duration = Duration::from_secs(24 * 3600);
/// How often the conditions are looked at.
const PERIOD: Duration = Duration::from_secs(60);
/// How long a message that is under way may still take when the daemon stops.
const GRACE: Duration = Duration::from_secs(3);

/// What the notifications work with.
#[derive(Clone)]
pub struct Context {
    /// The engine.
    pub engine: Engine,
    /// The configuration that holds now.
    pub config: watch::Receiver<Arc<Config>>,
    /// Cancelled when the daemon stops.
    pub stop: CancellationToken,
}

/// Runs until the daemon stops. While no way is configured nothing is read at all.
pub async fn run(mut context: Context) {
    loop {
        let settings = context.config.borrow_and_update().notify.clone();
        let idle =
            settings.slack.is_none() && settings.email.is_none() && settings.command.is_none();
        if idle {
            tokio::select! {
                () = context.stop.cancelled() => return,
                changed = context.config.changed() => if changed.is_err() { return },
            }
        } else if let Err(error) = tell(&mut context, &settings).await {
            if matches!(error, EngineError::Stopping) {
                return;
            }
            tracing::error!(
                component = "NOTIFY",
                "the event log could not be read: {error}; it is tried again"
            );
            tokio::select! {
                () = context.stop.cancelled() => return,
                () = tokio::time::sleep(PERIOD) => {}
            }
        }
        if context.stop.is_cancelled() {
            return;
        }
    }
}

fn store(error: StoreError) -> EngineError {
    EngineError::Store(error.to_string())
}

/// Tells until the configuration changes or the daemon stops.
async fn tell(context: &mut Context, settings: &Notify) -> Result<(), EngineError> {
    let engine = context.engine.clone();
    // Listening begins before the log is read, so that nothing falls between.
    let mut feed = engine.subscribe();
    let kept = engine
        .reader()
        .ask(|connection| meta::get(connection, PLACE))
        .await
        .map_err(store)?;
    let mut place: u64 = kept
        .and_then(|text| text.parse().ok())
        .unwrap_or_else(|| engine.seq());
    let mut written = place;
    let mut ways = Way::all(settings, engine.now());
    let mut conditions = Conditions::default();
    let mut sending: JoinSet<(usize, Batch, Result<(), Trouble>)> = JoinSet::new();
    let mut minute = tokio::time::interval(PERIOD);
    loop {
        place = read(&engine, &mut ways, place).await?;
        let now = engine.now();
        let mut wait = PERIOD;
        for (index, way) in ways.iter_mut().enumerate().filter(|(_, way)| !way.busy) {
            if let Some(batch) = way.gather.take(now) {
                way.busy = true;
                let to = way.to.clone();
                sending.spawn(async move {
                    let result = to.send(&batch).await;
                    (index, batch, result)
                });
            } else if let Some(next) = way.gather.next(now) {
                wait = wait.min(next.since(now));
            }
        }
        let quiet = sending.is_empty() && ways.iter().all(|way| way.gather.next(now).is_none());
        if quiet && place != written {
            // What is told twice after a crash is better than what is never told.
            engine
                .write(move |connection| meta::set(connection, PLACE, &place.to_string()))
                .await?;
            written = place;
        }
        tokio::select! {
            () = context.stop.cancelled() => break,
            changed = context.config.changed() => {
                if changed.is_err() || context.config.borrow().notify != *settings {
                    break;
                }
            }
            heard = feed.recv() => if matches!(heard, Err(RecvError::Closed)) { break },
            Some(done) = sending.join_next(), if !sending.is_empty() => match done {
                Ok((index, batch, result)) => ways[index].told(batch, result, engine.now()),
                Err(error) => tracing::error!(component = "NOTIFY", "telling broke: {error}"),
            },
            _ = minute.tick() => {
                for note in conditions.look(&engine).await.map_err(store)? {
                    ways.iter_mut().for_each(|way| way.gather.push(&note, now));
                }
            }
            () = tokio::time::sleep(wait) => {}
        }
    }
    let _ = tokio::time::timeout(GRACE, async {
        while sending.join_next().await.is_some() {}
    })
    .await;
    Ok(())
}

/// Hands every way the events behind `place`; answers the new place.
async fn read(engine: &Engine, ways: &mut [Way], mut place: u64) -> Result<u64, EngineError> {
    let now = engine.now();
    let stale = Timestamp(
        now.0
            .saturating_sub(i64::try_from(STALE.as_millis()).unwrap_or(i64::MAX)),
    );
    while place < engine.seq() {
        let events = engine
            .reader()
            .events(place, PAGE, None)
            .await
            .map_err(store)?;
        let Some(last) = events.last() else {
            return Ok(engine.seq());
        };
        place = last.seq;
        for event in events.iter().filter(|event| event.at > stale) {
            // Progress is for screens.
            if event.kind == "stage.progress" {
                continue;
            }
            let workflow = match &event.workflow_id {
                Some(id) => engine.reader().workflow(id).await.map_err(store)?,
                None => None,
            };
            let note = note::of_event(event, workflow.as_deref());
            ways.iter_mut().for_each(|way| way.gather.push(&note, now));
        }
    }
    Ok(place)
}
