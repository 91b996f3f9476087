//! Folds one frame of the stream into the model.

use super::workers::Workers;
use super::{Attention, ENDED_KEPT, Model, Row};
use reel_shared::stream::Frame;
use reel_shared::workflow::WorkflowView;
use serde_json::Value;

/// What a frame meant.
#[derive(Debug, Clone, PartialEq)]
pub enum Applied {
    /// Nothing that shows.
    Nothing,
    /// Another daemon's numbers than before, or the first ones: what was known is of another world.
    Hello {
        /// The protocol the daemon speaks.
        protocol: u32,
    },
    /// The rows are new; so many events lie between what was known and this (0 on the first).
    Snapshot {
        /// Events that were not seen one by one.
        missed: u64,
    },
    /// An event moved a workflow.
    Changed {
        /// Whose.
        id: String,
        /// `workflow.created`, `stage.started`…
        kind: String,
        /// The row before, if it was known.
        before: Option<Box<Row>>,
        /// When, in Unix milliseconds.
        at_ms: i64,
    },
    /// An event without a workflow (endpoint, box, disk, schedule).
    Elsewhere {
        /// Its kind.
        kind: String,
    },
    /// Progress of a known row.
    Progress,
    /// A number is missing: only a fresh snapshot helps.
    Gap {
        /// The number that should have come.
        expected: u64,
        /// The number that came.
        got: u64,
    },
}

impl Model {
    /// Folds `frame` in at `now_ms`. Log lines and notifications are not the model's.
    pub fn apply(&mut self, frame: Frame, now_ms: i64) -> Applied {
        match frame {
            Frame::Hello {
                protocol,
                version,
                host,
                instance,
                ..
            } => {
                self.version = version;
                self.host = host;
                if self.instance.as_deref() != Some(instance.as_str()) {
                    self.instance = Some(instance);
                    self.seq = 0;
                    self.gaps_allowed = false;
                }
                Applied::Hello { protocol }
            }
            Frame::Snapshot {
                seq,
                workflows,
                queue,
                webhooks,
                attention,
            } => {
                let missed = if self.loaded && !self.rows.is_empty() {
                    seq.saturating_sub(self.seq)
                } else {
                    0
                };
                self.rows = workflows
                    .into_iter()
                    .map(|view| (view.id.clone(), self.row_of(view, now_ms)))
                    .collect();
                self.seq = seq;
                self.place(&queue);
                self.hooks = serde_json::from_value(webhooks).unwrap_or_default();
                self.attention = Attention::read_all(&attention);
                self.loaded = true;
                self.awaiting_snapshot = false;
                Applied::Snapshot { missed }
            }
            Frame::Event {
                seq,
                timestamp,
                workflow_id,
                kind,
                workflow,
                ..
            } => self.event(seq, &timestamp, workflow_id, kind, workflow, now_ms),
            Frame::Progress {
                workflow_id,
                stage,
                progress,
                workflow_progress,
                message,
                eta_seconds,
            } => {
                let Some(row) = self.rows.get_mut(&workflow_id) else {
                    return Applied::Nothing;
                };
                if let Some(stage) = row.stages.iter_mut().find(|known| known.id == stage) {
                    stage.view.progress = stage.view.progress.max(progress);
                }
                row.view.progress = row.view.progress.max(workflow_progress);
                if message.is_some() {
                    row.view.message = message;
                }
                if eta_seconds.is_some() {
                    row.view.estimated_time_remaining = eta_seconds;
                    row.estimated_ms = now_ms;
                }
                Applied::Progress
            }
            Frame::Lagged => {
                self.awaiting_snapshot = true;
                Applied::Nothing
            }
            Frame::Log { .. } | Frame::Notification { .. } | Frame::Ping | Frame::Unknown => {
                Applied::Nothing
            }
        }
    }

    fn event(
        &mut self,
        seq: u64,
        timestamp: &str,
        workflow_id: Option<String>,
        kind: String,
        workflow: Option<Box<WorkflowView>>,
        now_ms: i64,
    ) -> Applied {
        if seq <= self.seq || self.awaiting_snapshot {
            return Applied::Nothing;
        }
        let expected = self.seq + 1;
        if seq != expected && !self.gaps_allowed {
            return Applied::Gap { expected, got: seq };
        }
        self.seq = seq;
        let Some(id) = workflow_id else {
            return Applied::Elsewhere { kind };
        };
        let before = self.rows.remove(&id).map(Box::new);
        match workflow {
            Some(view) => {
                let mut row = self.row_of(*view, now_ms);
                if let Some(old) = before.as_deref() {
                    keep_progress(&mut row, old);
                }
                self.ended.retain(|(_, ended)| ended.view.id != id);
                if matches!(
                    row.status,
                    super::words::Status::Completed | super::words::Status::Cancelled
                ) {
                    self.ended.push_back((now_ms, row));
                    while self.ended.len() > ENDED_KEPT {
                        self.ended.pop_front();
                    }
                } else {
                    self.rows.insert(id.clone(), row);
                }
            }
            None if kind.ends_with(".deleted") => {
                self.ended.retain(|(_, ended)| ended.view.id != id)
            }
            None => {
                if let Some(row) = before.clone() {
                    self.rows.insert(id.clone(), *row);
                }
            }
        }
        let at_ms = super::row::unix_ms(timestamp).unwrap_or(now_ms);
        Applied::Changed {
            id,
            kind,
            before,
            at_ms,
        }
    }
}

/// Progress that came between events may be ahead of a post-state of the same attempt: it never goes back on the screen.
fn keep_progress(row: &mut Row, old: &Row) {
    if row.view.attempt != old.view.attempt {
        return;
    }
    row.view.progress = row.view.progress.max(old.view.progress);
    if row.status == old.status && row.view.queue_position.is_none() {
        row.view.queue_position = old.view.queue_position;
    }
    for stage in &mut row.stages {
        let same = |known: &&super::Stage| {
            known.id == stage.id && known.view.attempts == stage.view.attempts
        };
        if let Some(known) = old.stages.iter().find(same)
            && stage.view.status == "in_progress"
        {
            stage.view.progress = stage.view.progress.max(known.view.progress);
        }
    }
}

impl Model {
    /// Takes what `/api/workers` tells: slots, and the places in line of what is queued.
    pub fn place(&mut self, queue: &Value) {
        self.workers = Workers::read(queue, self.daemon);
        let entries = queue.get("queue").and_then(Value::as_array);
        for entry in entries.into_iter().flatten() {
            let id = entry
                .get("jobId")
                .and_then(Value::as_str)
                .unwrap_or_default();
            if let Some(row) = self.rows.get_mut(id) {
                row.view.queue_position = entry.get("position").and_then(Value::as_u64);
            }
        }
    }

    /// A view of this daemon's as a row.
    #[must_use]
    pub fn row_of(&self, view: WorkflowView, now_ms: i64) -> Row {
        Row {
            host: self.host.clone(),
            ..Row::of(self.daemon, view, now_ms)
        }
    }

    /// Takes from a view that was asked for what moves without an event: place in line, what is waited for, estimates. A
    /// view of another state is passed over: the stream tells that.
    pub fn refine(&mut self, view: &WorkflowView, now_ms: i64) {
        let Some(row) = self.rows.get_mut(&view.id) else {
            return;
        };
        if row.view.status != view.status || row.view.updated_at != view.updated_at {
            return;
        }
        row.view.queue_position = view.queue_position.or(row.view.queue_position);
        row.view.waiting_for.clone_from(&view.waiting_for);
        row.view.estimated_time_remaining = view.estimated_time_remaining;
        row.view.eta_low = view.eta_low;
        row.view.eta_high = view.eta_high;
        row.estimated_ms = now_ms;
    }
}
