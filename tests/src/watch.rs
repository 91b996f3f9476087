//! Waits for a workflow by the event stream: no polling, no clock but the limit.

use crate::{Failure, Home, LIMIT, Result};
use reel_shared::client::{Events, EventsQuery};
use reel_shared::stream::Frame;
use reel_shared::workflow::WorkflowView;
use std::time::Duration;

/// An open stream of one workflow's events.
pub struct Watch {
    events: Events,
    id: String,
    home: Home,
}

impl Watch {
    /// Connects. The stream begins with a snapshot, and has everything after it.
    pub async fn open(home: &Home, id: &str) -> Result<Self> {
        let query = EventsQuery {
            workflow: Some(id.to_owned()),
            ..EventsQuery::default()
        };
        let events = Events::connect(&home.endpoint(), &query)
            .await
            .map_err(Failure::at("the event stream"))?;
        Ok(Self {
            events,
            id: id.to_owned(),
            home: home.clone(),
        })
    }

    /// Waits until the workflow is as wanted, and answers it.
    pub async fn until(&mut self, wanted: impl Fn(&WorkflowView) -> bool) -> Result<WorkflowView> {
        self.until_within(LIMIT, wanted).await
    }

    /// The same, with a limit of its own.
    pub async fn until_within(
        &mut self,
        limit: Duration,
        wanted: impl Fn(&WorkflowView) -> bool,
    ) -> Result<WorkflowView> {
        let mut last: Option<WorkflowView> = None;
        let seen = tokio::time::timeout(limit, async {
            loop {
                match self
                    .events
                    .next()
                    .await
                    .map_err(Failure::at("the event stream"))?
                {
                    // An ended workflow is in no snapshot: what it was at that number is asked for, what comes after it is on
                    // the stream.
                    Frame::Snapshot { .. } => last = Some(self.ask().await?),
                    Frame::Event {
                        workflow: Some(view),
                        ..
                    } if view.id == self.id => last = Some(*view),
                    _ => continue,
                }
                if let Some(view) = last.take_if(|view| wanted(view)) {
                    return Ok(view);
                }
            }
        })
        .await;
        match seen {
            Ok(done) => done,
            Err(_) => {
                let words = serde_json::to_string_pretty(&last).unwrap_or_default();
                Err(Failure::new(format!(
                    "{} is still not as wanted after {limit:?}: {words}",
                    self.id
                )))
            }
        }
    }
}

impl Watch {
    async fn ask(&self) -> Result<WorkflowView> {
        let path = format!("/api/workflow/status/{}", self.id);
        self.home
            .client()
            .get(&path)
            .await
            .map_err(Failure::at(&path))
    }
}

/// Waits until a workflow is as wanted.
pub async fn wait_for(
    home: &Home,
    id: &str,
    wanted: impl Fn(&WorkflowView) -> bool,
) -> Result<WorkflowView> {
    Watch::open(home, id).await?.until(wanted).await
}

/// Waits for a status.
pub async fn wait_for_status(home: &Home, id: &str, status: &str) -> Result<WorkflowView> {
    wait_for(home, id, |view| view.status == status).await
}

/// Waits for one of the three ends.
pub async fn wait_for_end(home: &Home, id: &str) -> Result<WorkflowView> {
    wait_for(home, id, |view| {
        ["completed", "failed", "cancelled"].contains(&view.status.as_str())
    })
    .await
}

/// Asks for a workflow until it is shown as wanted: for what is worked out when asked and has no event of its own.
pub async fn shown(
    home: &Home,
    id: &str,
    wanted: impl Fn(&WorkflowView) -> bool,
) -> Result<WorkflowView> {
    let path = format!("/api/workflow/status/{id}");
    let mut client = home.client();
    let asked = tokio::time::timeout(LIMIT, async {
        loop {
            let view: WorkflowView = client.get(&path).await.map_err(Failure::at(&path))?;
            if wanted(&view) {
                return Ok(view);
            }
        }
    });
    asked
        .await
        .map_err(|_| Failure::new(format!("{id} is never shown as wanted")))?
}
