//! From which state to which, and how long the one before lasted.

use crate::domain::Timestamp;
use crate::engine::feed::Committed;
use std::collections::HashMap;

/// States that are remembered; beyond that the oldest knowledge is dropped, and a duration is missing from a line.
const MOST: usize = 10_000;

/// The state of each workflow that has not ended, and since when.
#[derive(Default)]
pub(super) struct Known(HashMap<String, (String, Timestamp)>);

impl Known {
    /// Tells a transition; what changes no state is told at `debug`.
    pub fn tell(&mut self, event: &Committed) {
        let Some(id) = &event.workflow_id else {
            tracing::info!(component = "QUEUE_MANAGER", metadata = %event.data, "{}", event.kind);
            return;
        };
        let Some(workflow) = &event.workflow else {
            self.0.remove(id);
            tracing::info!(component = "TRANSITION", videoId = %id, "{}", event.kind);
            return;
        };
        let state = workflow.current_state();
        let (previous, duration) = match self.0.get(id) {
            Some((previous, since)) => {
                let lasted = event.at.since(*since).as_millis();
                (Some(previous.clone()), u64::try_from(lasted).ok())
            }
            None => (None, None),
        };
        if previous.as_deref() == Some(state) {
            tracing::debug!(
                component = "TRANSITION", videoId = %id, userId = %workflow.user, requestId = %workflow.request_id, state,
                metadata = %event.data, "{}", event.kind
            );
            return;
        }
        tracing::info!(
            component = "TRANSITION", videoId = %id, userId = %workflow.user, requestId = %workflow.request_id, state,
            previousState = previous, duration, progress = workflow.progress, metadata = %event.data, "{}", event.kind
        );
        if workflow.completed_at.is_some() {
            self.0.remove(id);
            return;
        }
        if self.0.len() >= MOST {
            self.0.clear();
        }
        self.0.insert(id.clone(), (state.to_owned(), event.at));
    }
}
