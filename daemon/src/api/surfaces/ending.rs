//! Waiting for a workflow's end, on the engine's own signal.

use crate::api::Api;
use crate::api::problem::Problem;
use crate::domain::Workflow;
use std::sync::Arc;
use std::time::Duration;

/// The workflow once it has ended; none where it has not within this time, or the daemon stops before.
///
/// # Errors
/// 404 when it is gone meanwhile, the database's.
pub async fn ended(
    api: &Api,
    id: &str,
    within: Duration,
) -> Result<Option<Arc<Workflow>>, Problem> {
    // Counted from before the look, so that an end between the look and the wait is not missed.
    let mut ends = api.engine().ended_count();
    let over = tokio::time::sleep(within);
    tokio::pin!(over);
    loop {
        ends.mark_unchanged();
        let found = api.engine().reader().workflow(id).await?;
        let workflow = found.ok_or_else(|| Problem::not_found("workflow", id))?;
        if workflow.status().is_terminal() {
            return Ok(Some(workflow));
        }
        tokio::select! {
            () = api.stop().cancelled() => return Ok(None),
            () = &mut over => return Ok(None),
            changed = ends.changed() => if changed.is_err() {
                return Ok(None);
            },
        }
    }
}
