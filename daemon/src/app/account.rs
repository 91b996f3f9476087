//! Writes every transition into the log, from the feed: state, what it was before, and how long that lasted.

use crate::domain::Timestamp;
use crate::engine::feed::{Committed, Message};
use std::collections::HashMap;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio_util::sync::CancellationToken;

/// States that are remembered; beyond that the oldest knowledge is dropped, and a duration is missing from a line.
const KNOWN: usize = 10_000;

/// Until the daemon stops.
pub(super) async fn keep(mut feed: Receiver<Message>, stop: CancellationToken) {
    let mut known: HashMap<String, (String, Timestamp)> = HashMap::new();
    loop {
        let message = tokio::select! {
            () = stop.cancelled() => return,
            message = feed.recv() => message,
        };
        match message {
            Ok(Message::Event(event)) => tell(&event, &mut known),
            Ok(Message::Progress(_) | Message::Log(_)) => {}
            Err(RecvError::Lagged(missed)) => {
                tracing::warn!(
                    component = "TRANSITION",
                    missed,
                    "too many at once: the event log has them all"
                );
            }
            Err(RecvError::Closed) => return,
        }
    }
}

fn tell(event: &Committed, known: &mut HashMap<String, (String, Timestamp)>) {
    let Some(id) = &event.workflow_id else {
        tracing::info!(component = "JOB_MANAGER", metadata = %event.data, "{}", event.kind);
        return;
    };
    let Some(workflow) = &event.workflow else {
        known.remove(id);
        tracing::info!(component = "TRANSITION", videoId = %id, "{}", event.kind);
        return;
    };
    let state = workflow.current_state();
    let (previous, duration) = match known.get(id) {
        Some((previous, since)) => (
            Some(previous.clone()),
            Some(event.at.since(*since).as_millis()),
        ),
        None => (None, None),
    };
    if previous.as_deref() == Some(state) {
        tracing::debug!(component = "TRANSITION", videoId = %id, state, metadata = %event.data, "{}", event.kind);
        return;
    }
    let duration = duration.and_then(|ms| u64::try_from(ms).ok());
    tracing::info!(
        component = "TRANSITION", videoId = %id, userId = %workflow.user, requestId = %workflow.request_id, state,
        previousState = previous, duration, metadata = %event.data, "{}", event.kind
    );
    if workflow.completed_at.is_some() {
        known.remove(id);
    } else {
        if known.len() >= KNOWN {
            known.clear();
        }
        known.insert(id.clone(), (state.to_owned(), event.at));
    }
}
