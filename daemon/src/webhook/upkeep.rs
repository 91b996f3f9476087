//! What keeps the webhooks in order: the configuration's endpoint, and letting go of what is too old.

use super::configured;
use super::sender::Context;
use crate::domain::Timestamp;
use crate::engine::EngineError;
use crate::store::{callbacks, deliveries};
use std::time::Duration;

/// How often old deliveries are looked for.
const PERIOD: Duration = Duration::from_secs(3600);
/// Deliveries that go in one transaction.
const AT_ONCE: u32 = 500;
/// A callback is known again for this long.
const CALLBACKS: Duration = Duration::from_secs(30 * 24 * 3600);

/// Runs until the daemon stops.
pub async fn run(mut context: Context) {
    loop {
        if let Err(error) = pass(&mut context).await {
            if matches!(error, EngineError::Stopping) {
                return;
            }
            tracing::error!(
                component = "WEBHOOK",
                "the webhooks' upkeep failed: {error}; it is tried again"
            );
        }
        tokio::select! {
            () = context.stop.cancelled() => return,
            changed = context.config.changed() => if changed.is_err() { return },
            () = tokio::time::sleep(PERIOD) => {}
        }
    }
}

async fn pass(context: &mut Context) -> Result<(), EngineError> {
    let config = context.config.borrow_and_update().clone();
    configured::keep(&context.engine, &config).await?;
    let before = |age: Duration| {
        Timestamp(
            context
                .engine
                .now()
                .0
                .saturating_sub(i64::try_from(age.as_millis()).unwrap_or(i64::MAX)),
        )
    };
    let horizon = before(config.retention.failed_deliveries);
    while context
        .engine
        .write(move |connection| deliveries::prune(connection, horizon, AT_ONCE))
        .await?
        > 0
    {}
    let horizon = before(CALLBACKS);
    context
        .engine
        .write(move |connection| callbacks::prune(connection, horizon))
        .await
        .map(|_| ())
}
