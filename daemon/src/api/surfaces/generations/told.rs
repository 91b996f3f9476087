//! What document 002 wants logged where a generation is asked for and where one is looked at. Web application and worker of
//! that document are one daemon here: a call from one to the other is a call within it.

use super::shape;
use crate::api::auth::Caller;
use crate::domain::Workflow;
use crate::pipeline::Draft;

/// Where the document's web application would have called.
const WITHIN: &str = "(within this daemon)";

/// A generation is asked for.
pub(super) fn received(caller: &Caller, draft: &Draft) {
    let text = |name: &str| draft.params.get(name).and_then(|value| value.as_str());
    let (prompt, provider) = (text("prompt"), text("provider"));
    tracing::info!(
        component = "GENERATION_CREATE", userId = %caller.user,
        conversationId = draft.labels.get(shape::CONVERSATION), messageId = draft.labels.get(shape::MESSAGE),
        prompt, provider, "Request received"
    );
    tracing::info!(
        component = "WORKER_GENERATION_CREATE", userId = %caller.user, prompt, provider, "Request received"
    );
}

/// It is on disk.
pub(super) fn created(workflow: &Workflow) {
    let (id, status) = (workflow.id.as_str(), shape::status(workflow));
    tracing::info!(
        component = "GENERATION_CREATE",
        videoId = id,
        generationId = id,
        status,
        "Generation created in DB"
    );
    tracing::info!(
        component = "GENERATION_CREATE",
        videoId = id,
        generationId = id,
        workerUrl = WITHIN,
        "Calling Worker API"
    );
    tracing::info!(
        component = "WORKER_GENERATION_CREATE",
        videoId = id,
        generationId = id,
        "Creating job"
    );
}

/// The answer goes out.
pub(super) fn returning(workflow: &Workflow, queue_position: Option<u64>) {
    let (id, status) = (workflow.id.as_str(), shape::status(workflow));
    tracing::info!(
        component = "WORKER_GENERATION_CREATE",
        videoId = id,
        generationId = id,
        jobId = id,
        queuePosition = queue_position,
        "Job created"
    );
    tracing::info!(
        component = "WORKER_GENERATION_CREATE",
        videoId = id,
        generationId = id,
        status = 201,
        "Returning response"
    );
    tracing::info!(
        component = "GENERATION_CREATE",
        videoId = id,
        generationId = id,
        success = true,
        workerGenerationId = id,
        "Worker response"
    );
    tracing::info!(
        component = "GENERATION_CREATE",
        videoId = id,
        generationId = id,
        status,
        "Returning response"
    );
}

/// Its status is asked for.
pub(super) fn asked(caller: &Caller, id: &str) {
    tracing::info!(
        component = "GENERATION_STATUS", videoId = id, generationId = id, userId = %caller.user, "Request received"
    );
    tracing::info!(
        component = "GENERATION_STATUS",
        videoId = id,
        generationId = id,
        workerGenerationId = id,
        "Checking Worker status"
    );
}

/// And told.
pub(super) fn told(workflow: &Workflow, progress: f64) {
    let (id, status) = (workflow.id.as_str(), shape::status(workflow));
    tracing::info!(
        component = "GENERATION_STATUS",
        videoId = id,
        generationId = id,
        success = true,
        status,
        progress,
        "Worker response"
    );
    tracing::info!(
        component = "GENERATION_STATUS",
        videoId = id,
        generationId = id,
        dbStatus = status,
        workerStatus = workflow.status().word(),
        "Returning response"
    );
}
