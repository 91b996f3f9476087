//! Forgets ended workflows, old events and old durations as `[retention]` says, a few at a time.

use super::Context;
use crate::domain::Timestamp;
use crate::engine::EngineError;
use crate::store::{events, stats};
use std::time::Duration;

/// Without any end: for what only grows old.
const PERIOD: Duration = Duration::from_secs(3600);
/// Ends within this time are looked at together.
const TOGETHER: Duration = Duration::from_secs(2);
/// So many are forgotten in one transaction: others are not kept waiting.
const CHUNK: u32 = 100;
/// Events are kept at least so long.
const EVENTS: Duration = Duration::from_secs(7 * 24 * 3600);
/// Durations of stages are kept so long.
const RUNS: Duration = Duration::from_secs(90 * 24 * 3600);

pub(super) async fn run(context: Context) {
    let mut ended = context.engine.ended_count();
    loop {
        if let Err(error) = pass(&context).await {
            tracing::warn!(component = "STORE", "old workflows stay for now: {error}");
        }
        tokio::select! {
            () = context.stop.cancelled() => return,
            changed = ended.changed() => if changed.is_err() { return },
            () = tokio::time::sleep(PERIOD) => continue,
        }
        tokio::select! {
            () = context.stop.cancelled() => return,
            () = tokio::time::sleep(TOGETHER) => {}
        }
    }
}

async fn pass(context: &Context) -> Result<(), EngineError> {
    let retention = context.config.borrow().retention.clone();
    let age = retention
        .max_age
        .map(|age| i64::try_from(age.as_millis()).unwrap_or(i64::MAX));
    while context
        .engine
        .retain(retention.finished, age, CHUNK)
        .await?
        == u64::from(CHUNK)
    {
        if context.stop.is_cancelled() {
            return Ok(());
        }
    }
    let now = context.engine.now();
    let before = |span: Duration| {
        Timestamp(
            now.0
                .saturating_sub(i64::try_from(span.as_millis()).unwrap_or(i64::MAX)),
        )
    };
    let (events_horizon, runs_horizon) = (before(EVENTS), before(RUNS));
    let chunk = CHUNK as usize;
    loop {
        let gone = context
            .engine
            .write(move |connection| {
                Ok((
                    events::prune(connection, events_horizon, CHUNK)?,
                    stats::prune(connection, runs_horizon, CHUNK)?,
                ))
            })
            .await?;
        if gone.0 < chunk && gone.1 < chunk {
            return Ok(());
        }
    }
}
