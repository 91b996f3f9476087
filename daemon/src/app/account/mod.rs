//! Writes what happens to workflows into the log, from the feed: after the commit, in the words that people look for.
//!
//! | file | components |
//! |---|---|
//! | `transition` | `TRANSITION`: state, what it was before, how long that lasted |
//! | `job` | `JOB_MANAGER`: a job's life, for every workflow |
//! | `video` | `VIDEO`, `FILE`, `STORE`, `YOUTUBE`, `ERROR`: what is made, kept, published, and what went wrong |
//! | `generation` | `GENERATION_WORKFLOW`: the same for generations, in their document's words |

mod generation;
mod job;
mod transition;
mod video;

use crate::config::Config;
use crate::domain::Workflow;
use crate::engine::feed::{Committed, Message};
use serde_json::Value;
use std::sync::Arc;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use transition::Known;

/// Until the daemon stops.
pub(super) async fn keep(
    mut feed: Receiver<Message>,
    config: watch::Receiver<Arc<Config>>,
    stop: CancellationToken,
) {
    let mut known = Known::default();
    loop {
        let message = tokio::select! {
            () = stop.cancelled() => return,
            message = feed.recv() => message,
        };
        match message {
            Ok(Message::Event(event)) => {
                let config = Arc::clone(&config.borrow());
                tell(&event, &mut known, &config);
            }
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

fn tell(event: &Committed, known: &mut Known, config: &Config) {
    known.tell(event);
    let Some(workflow) = &event.workflow else {
        return;
    };
    let happened = Happened {
        kind: event.kind,
        facts: serde_json::from_str(&event.data).unwrap_or_default(),
        workflow,
    };
    job::tell(&happened);
    video::tell(&happened, config);
    generation::tell(&happened);
}

/// An event with its workflow.
struct Happened<'a> {
    kind: &'static str,
    /// What the event says of itself.
    facts: Value,
    workflow: &'a Workflow,
}

impl Happened<'_> {
    /// The stage that it is about.
    fn stage(&self) -> Option<&str> {
        self.facts["stage"].as_str()
    }

    /// What that stage gave.
    fn gave(&self, name: &str) -> Option<Value> {
        let index = self.workflow.stage_index(self.stage()?)?;
        let outputs = &self.workflow.stages[index].outputs;
        outputs.get(name).map(crate::pipeline::json::to_json)
    }

    /// A parameter.
    fn param(&self, name: &str) -> Option<Value> {
        let value = self.workflow.params.get(name)?;
        Some(crate::pipeline::json::to_json(value))
    }

    /// Milliseconds since the workflow's start, once it has ended.
    fn took(&self) -> Option<u64> {
        let (from, to) = self.workflow.started_at.zip(self.workflow.completed_at)?;
        u64::try_from(to.since(from).as_millis()).ok()
    }

    fn line(&self, component: &'static str, message: &str, metadata: &Value) {
        let duration = self.facts["durationMs"].as_u64();
        self.timed(component, message, duration, metadata);
    }

    fn timed(
        &self,
        component: &'static str,
        message: &str,
        duration: Option<u64>,
        metadata: &Value,
    ) {
        tracing::info!(
            component, videoId = %self.workflow.id, userId = %self.workflow.user, requestId = %self.workflow.request_id,
            state = self.workflow.current_state(), duration, attempt = self.facts["attempt"].as_u64(), %metadata, "{message}"
        );
    }
}
