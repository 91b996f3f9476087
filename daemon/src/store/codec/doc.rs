//! The stored form of a workflow and of its stages.

use super::state::{FailureDoc, LeaseDoc, StageStateDoc, StateDoc};
use crate::domain::pipeline::{Pipeline, RetryPolicy};
use crate::domain::time::Timestamp;
use crate::domain::workflow::{Answer, Dependency, Stage, Workflow};
use crate::pipeline::json;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

#[derive(Serialize, Deserialize)]
pub(super) struct Doc {
    id: String,
    name: String,
    user: String,
    surface: String,
    request_id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    execution_id: Option<String>,
    priority: i32,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    labels: BTreeMap<String, String>,
    params: Map<String, Json>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    webhook_url: Option<String>,
    created_at: i64,
    updated_at: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    started_at: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    completed_at: Option<i64>,
    attempt: u32,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    depends_on: Vec<(String, bool)>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    not_before: Option<i64>,
    #[serde(default)]
    wants_confirmation: bool,
    state: StateDoc,
    stages: Vec<StageDoc>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    answers: Vec<AnswerDoc>,
    progress: f64,
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    outputs: Map<String, Json>,
    next_lease: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    queued_at: Option<i64>,
}

#[derive(Serialize, Deserialize)]
struct AnswerDoc {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    stage: Option<String>,
    key: String,
    value: Json,
    by: String,
    at: i64,
}

#[derive(Serialize, Deserialize)]
struct StageDoc {
    state: StageStateDoc,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    lease: Option<LeaseDoc>,
    attempts: u32,
    #[serde(default)]
    tries: u32,
    #[serde(default)]
    losses: u32,
    #[serde(default)]
    progress: f64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    message: Option<String>,
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    outputs: Map<String, Json>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    resources: Option<BTreeMap<String, u64>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    retry: Option<RetryDoc>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    started_at: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ended_at: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    failure: Option<FailureDoc>,
    #[serde(default, rename = "box", skip_serializing_if = "Option::is_none")]
    box_name: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct RetryDoc {
    times: u32,
    first_ms: u64,
    max_ms: u64,
}

pub(super) fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}

fn ms(at: Option<Timestamp>) -> Option<i64> {
    at.map(|at| at.0)
}

fn at(ms: Option<i64>) -> Option<Timestamp> {
    ms.map(Timestamp)
}

impl Doc {
    pub(super) fn of(workflow: &Workflow) -> Self {
        Self {
            id: workflow.id.clone(),
            name: workflow.name.clone(),
            user: workflow.user.clone(),
            surface: workflow.surface.clone(),
            request_id: workflow.request_id.clone(),
            execution_id: workflow.execution_id.clone(),
            priority: workflow.priority,
            labels: workflow.labels.clone(),
            params: json::object(&workflow.params),
            webhook_url: workflow.webhook_url.clone(),
            created_at: workflow.created_at.0,
            updated_at: workflow.updated_at.0,
            started_at: ms(workflow.started_at),
            completed_at: ms(workflow.completed_at),
            attempt: workflow.attempt,
            depends_on: workflow
                .depends_on
                .iter()
                .map(|needed| (needed.id.clone(), needed.done))
                .collect(),
            not_before: ms(workflow.not_before),
            wants_confirmation: workflow.wants_confirmation,
            state: StateDoc::of(&workflow.state),
            stages: workflow.stages.iter().map(StageDoc::of).collect(),
            answers: workflow
                .answers
                .iter()
                .map(|answer| AnswerDoc {
                    stage: answer.stage.clone(),
                    key: answer.key.clone(),
                    value: json::to_json(&answer.value),
                    by: answer.by.clone(),
                    at: answer.at.0,
                })
                .collect(),
            progress: workflow.progress,
            outputs: json::object(&workflow.outputs),
            next_lease: workflow.next_lease,
            queued_at: ms(workflow.queued_at),
        }
    }

    pub(super) fn into_workflow(self, plan: Arc<Pipeline>) -> Result<Workflow, String> {
        if self.stages.len() != plan.stages.len() {
            return Err(format!(
                "it has {} stages, its pipeline {}",
                self.stages.len(),
                plan.stages.len()
            ));
        }
        Ok(Workflow {
            stages: self
                .stages
                .into_iter()
                .map(StageDoc::into_stage)
                .collect::<Result<_, _>>()?,
            id: self.id,
            plan,
            name: self.name,
            user: self.user,
            surface: self.surface,
            request_id: self.request_id,
            execution_id: self.execution_id,
            priority: self.priority,
            labels: self.labels,
            params: json::values(&self.params),
            webhook_url: self.webhook_url,
            created_at: Timestamp(self.created_at),
            updated_at: Timestamp(self.updated_at),
            started_at: at(self.started_at),
            completed_at: at(self.completed_at),
            attempt: self.attempt,
            depends_on: self
                .depends_on
                .into_iter()
                .map(|(id, done)| Dependency { id, done })
                .collect(),
            not_before: at(self.not_before),
            wants_confirmation: self.wants_confirmation,
            state: self.state.into_state()?,
            answers: self
                .answers
                .into_iter()
                .map(|answer| Answer {
                    stage: answer.stage,
                    key: answer.key,
                    value: json::from_json(&answer.value),
                    by: answer.by,
                    at: Timestamp(answer.at),
                })
                .collect(),
            progress: self.progress,
            outputs: json::values(&self.outputs),
            next_lease: self.next_lease,
            queued_at: at(self.queued_at),
        })
    }
}

impl StageDoc {
    fn of(stage: &Stage) -> Self {
        let (state, lease) = StageStateDoc::of(&stage.state);
        Self {
            state,
            lease,
            attempts: stage.attempts,
            tries: stage.tries,
            losses: stage.losses,
            progress: stage.progress,
            message: stage.message.clone(),
            outputs: json::object(&stage.outputs),
            resources: stage.resources.clone(),
            retry: stage.retry.map(|policy| RetryDoc {
                times: policy.times,
                first_ms: millis(policy.first),
                max_ms: millis(policy.max),
            }),
            started_at: ms(stage.started_at),
            ended_at: ms(stage.ended_at),
            failure: stage.failure.as_ref().map(FailureDoc::of),
            box_name: stage.box_name.clone(),
        }
    }

    fn into_stage(self) -> Result<Stage, String> {
        Ok(Stage {
            state: self.state.into_state(self.lease)?,
            attempts: self.attempts,
            tries: self.tries,
            losses: self.losses,
            progress: self.progress,
            message: self.message,
            outputs: json::values(&self.outputs),
            resources: self.resources,
            retry: self.retry.map(|policy| RetryPolicy {
                times: policy.times,
                first: Duration::from_millis(policy.first_ms),
                max: Duration::from_millis(policy.max_ms),
            }),
            started_at: at(self.started_at),
            ended_at: at(self.ended_at),
            failure: self.failure.map(FailureDoc::into_failure).transpose()?,
            box_name: self.box_name,
        })
    }
}
