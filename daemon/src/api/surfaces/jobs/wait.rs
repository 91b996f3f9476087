//! Waits for a workflow's end by the feed of what is committed.

use crate::api::Api;
use crate::api::problem::Problem;
use crate::domain::Workflow;
use crate::engine::feed::Message;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;

/// Watches from the moment it is opened: open it before looking.
pub struct Watch {
    api: Api,
    id: String,
    feed: Receiver<Message>,
}

impl Watch {
    /// Of this workflow.
    pub fn open(api: &Api, id: &str) -> Self {
        Self {
            api: api.clone(),
            id: id.to_owned(),
            feed: api.engine().subscribe(),
        }
    }

    /// The workflow when it has ended; as it was last seen after `limit`, or when the daemon stops.
    ///
    /// # Errors
    /// The database's; 404 when it was deleted meanwhile.
    pub async fn ended(
        mut self,
        mut last: Arc<Workflow>,
        limit: Duration,
    ) -> Result<Arc<Workflow>, Problem> {
        let stop = self.api.stop().clone();
        let deadline = tokio::time::Instant::now() + limit;
        while !last.status().is_terminal() {
            let heard = tokio::select! {
                heard = self.feed.recv() => heard,
                () = tokio::time::sleep_until(deadline) => break,
                () = stop.cancelled() => break,
            };
            match heard {
                Ok(Message::Event(event)) if event.workflow_id.as_ref() == Some(&self.id) => {
                    let Some(workflow) = event.workflow.clone() else {
                        return Err(Problem::not_found("workflow", &self.id));
                    };
                    last = workflow;
                }
                Ok(_) => {}
                // Too slow for all that happens: what it is now is in the database.
                Err(RecvError::Lagged(_)) => {
                    let found = self.api.engine().reader().workflow(&self.id).await?;
                    last = found.ok_or_else(|| Problem::not_found("workflow", &self.id))?;
                }
                Err(RecvError::Closed) => break,
            }
        }
        Ok(last)
    }
}
