//! Document 001's jobs: `POST /api/v1/videos/generate`, `GET …/jobs/{id}/status`, `POST /api/v1/admin/jobs/{id}/reprocess`.
//! Names are snake_case, answers stand bare. Its media routes are in `media`.

mod generate;
mod reprocess;
mod status;

pub use generate::generate;
pub use reprocess::reprocess;
pub use status::status;

use super::words;
use crate::api::answer;
use crate::domain::Workflow;
use crate::domain::workflow::{StageState, Wait};
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::Value;

/// 202 with a bare object.
fn accepted(body: &Value) -> Response {
    answer::json(StatusCode::ACCEPTED, body.to_string().into())
}

/// The stage that works, or waits for somebody outside; else the job's word.
pub(super) fn current_stage(workflow: &Workflow) -> &str {
    let at_work = |state: &StageState| {
        matches!(
            state,
            StageState::InProgress(_)
                | StageState::Waiting(Wait::Callback { .. } | Wait::Approval { .. })
        )
    };
    workflow
        .stages
        .iter()
        .zip(&workflow.plan.stages)
        .find(|(stage, _)| at_work(&stage.state) && !workflow.status().is_terminal())
        .map_or_else(
            || words::job(words::standing(workflow)),
            |(_, spec)| spec.id.as_str(),
        )
}
