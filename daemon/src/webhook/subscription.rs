//! What an endpoint can ask for, and whether an event is for it.

use crate::domain::Workflow;
use crate::store::endpoints::EndpointRow;

/// Everything but progress.
pub const ALL: &str = "*";
/// Sent by hand, whatever an endpoint asks for.
pub const TEST: &str = "webhook.test";
/// Progress of a generation: the one event that `*` leaves out.
pub const PROGRESS: &str = "generation.progress";

/// Every event that can be asked for.
pub const EVENTS: [&str; 11] = [
    ALL,
    "video.completed",
    "video.failed",
    "generation.started",
    PROGRESS,
    "generation.completed",
    "generation.failed",
    "youtube.uploaded",
    "youtube.failed",
    "workflow.state_changed",
    "endpoint.disabled",
];

/// Whether an endpoint asks for this event of this workflow.
#[must_use]
pub fn wants(endpoint: &EndpointRow, event: &str, workflow: Option<&Workflow>) -> bool {
    let named = endpoint
        .events
        .iter()
        .any(|asked| asked == event || (asked == ALL && event != PROGRESS));
    endpoint.active && named && of_interest(endpoint, workflow)
}

/// What is about no workflow is for everyone; else pipeline and labels must fit.
fn of_interest(endpoint: &EndpointRow, workflow: Option<&Workflow>) -> bool {
    let Some(workflow) = workflow else {
        return true;
    };
    let pipeline =
        endpoint.pipelines.is_empty() || endpoint.pipelines.contains(&workflow.plan.name);
    pipeline
        && endpoint
            .labels
            .iter()
            .all(|(key, value)| workflow.labels.get(key) == Some(value))
}
