//! A workflow as the dashboard keeps it: the daemon's view, with what every frame would otherwise read again from text.

use super::words::Status;
use reel_shared::workflow::{StageView, WorkflowView};

/// One workflow.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Its name among all daemons' workflows.
    pub key: String,
    /// The daemon's box.
    pub host: String,
    /// As the daemon told it.
    pub view: WorkflowView,
    /// Its status, read.
    pub status: Status,
    /// Its stages in the pipeline's order.
    pub stages: Vec<Stage>,
    /// Unix milliseconds.
    pub created_ms: i64,
    /// Unix milliseconds; the creation until it starts.
    pub started_ms: i64,
    /// Unix milliseconds of its last change.
    pub updated_ms: i64,
    /// When we learnt `estimated_time_remaining`, by our clock: it counts from there.
    pub estimated_ms: i64,
    /// Unix milliseconds.
    pub completed_ms: Option<i64>,
}

/// One of its stages.
#[derive(Debug, Clone, PartialEq)]
pub struct Stage {
    /// Its id.
    pub id: String,
    /// As the daemon told it.
    pub view: StageView,
    /// Unix milliseconds.
    pub started_ms: Option<i64>,
    /// Unix milliseconds.
    pub completed_ms: Option<i64>,
}

impl Stage {
    /// The tries that count against its retries; a stage that began had one, also where the daemon does not count them apart.
    #[must_use]
    pub fn tries(&self) -> u32 {
        let began = self.started_ms.is_some() && self.view.status != "pending";
        self.view.tries.max(u32::from(began))
    }

    /// Its work was taken from what was made before, and not done again.
    #[must_use]
    pub fn is_reused(&self) -> bool {
        self.view.status == "completed"
            && self.view.outputs.get("reused") == Some(&serde_json::Value::Bool(true))
    }
}

/// Unix milliseconds of an RFC 3339 text, if it is one.
#[must_use]
pub fn unix_ms(text: &str) -> Option<i64> {
    text.parse::<jiff::Timestamp>()
        .ok()
        .map(jiff::Timestamp::as_millisecond)
}

impl Row {
    /// Reads a view of the first daemon once, learnt at `now_ms`.
    #[must_use]
    pub fn new(view: WorkflowView, now_ms: i64) -> Self {
        Self::of(0, view, now_ms)
    }

    /// Reads a view of the daemon with this number once, learnt at `now_ms`.
    #[must_use]
    pub fn of(daemon: usize, view: WorkflowView, now_ms: i64) -> Self {
        let stages = view
            .stage_views()
            .map(|(id, stage)| Stage {
                id: id.to_owned(),
                started_ms: stage.started_at.as_deref().and_then(unix_ms),
                completed_ms: stage.completed_at.as_deref().and_then(unix_ms),
                view: stage,
            })
            .collect();
        let created_ms = unix_ms(&view.created_at).unwrap_or_default();
        Self {
            key: super::key::of(daemon, &view.id),
            host: String::new(),
            status: Status::read(&view.status),
            stages,
            created_ms,
            started_ms: unix_ms(&view.started_at).unwrap_or(created_ms),
            estimated_ms: now_ms,
            updated_ms: unix_ms(&view.updated_at).unwrap_or(created_ms),
            completed_ms: view.completed_at.as_deref().and_then(unix_ms),
            view,
        }
    }

    /// What a person reads: the name, else the id.
    #[must_use]
    pub fn name(&self) -> &str {
        if self.view.name.is_empty() {
            &self.view.id
        } else {
            &self.view.name
        }
    }

    /// The first stage at work.
    #[must_use]
    pub fn running_stage(&self) -> Option<&Stage> {
        self.stages
            .iter()
            .find(|stage| stage.view.status == "in_progress")
    }

    /// The stage the eye goes to: at work, else failed, else waiting, else the next one, else the last.
    #[must_use]
    pub fn current_stage(&self) -> Option<&Stage> {
        ["in_progress", "failed", "waiting", "pending"]
            .iter()
            .find_map(|word| self.stages.iter().find(|stage| stage.view.status == *word))
            .or(self.stages.last())
    }

    /// A person is asked something.
    #[must_use]
    pub fn asks(&self) -> bool {
        !self.view.gates.is_empty()
            || matches!(
                self.status,
                Status::PendingClarification | Status::PendingConfirmation
            )
    }

    /// The word of a stage's state: `asks` where it waits for a person's answer.
    #[must_use]
    pub fn stage_word<'a>(&self, stage: &'a Stage) -> &'a str {
        let asks = |gate: &reel_shared::workflow::Gate| gate.stage.as_ref() == Some(&stage.id);
        match stage.view.status.as_str() {
            "waiting" if self.view.gates.iter().any(asks) => "asks",
            word => word,
        }
    }

    /// It runs or could: it is not ended.
    #[must_use]
    pub fn is_active(&self) -> bool {
        !self.status.is_terminal()
    }
}
