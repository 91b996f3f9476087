//! What a built-in stage is told of its attempt.

use super::program::Places;
use super::runner::Inner;
use super::stage::Facts;
use crate::domain::Values;
use crate::domain::workflow::Answer;
use crate::engine::ports::Order;
use std::sync::Arc;

/// The facts of an attempt, as its stage sees them.
pub(super) fn facts(inner: &Inner, order: &Order, places: &Places, with: Values) -> Facts {
    let workflow = &order.workflow;
    let gave = workflow
        .plan
        .stages
        .iter()
        .zip(&workflow.stages)
        .filter(|(_, stage)| !stage.outputs.is_empty());
    Facts {
        workflow_id: workflow.id.clone(),
        workflow_name: workflow.name.clone(),
        user: workflow.user.clone(),
        request_id: workflow.request_id.clone(),
        stage_id: workflow.plan.stages[order.stage].id.clone(),
        attempt: order.attempt,
        run: workflow.attempt,
        last_try: workflow.stages[order.stage].tries >= workflow.retry_policy(order.stage).times,
        params: workflow.params.clone(),
        with,
        answers: answers(order),
        outputs: gave
            .map(|(spec, stage)| (spec.id.clone(), stage.outputs.clone()))
            .collect(),
        work_dir: places.work_dir.clone(),
        media_dir: inner.config.data_dir.join("media"),
        config: Arc::clone(&inner.config),
        outside: Arc::clone(&inner.outside),
    }
}

/// What was answered to the stage since it first began: an answer to an earlier round of it says nothing about this one.
fn answers(order: &Order) -> Vec<Answer> {
    let workflow = &order.workflow;
    let id = &workflow.plan.stages[order.stage].id;
    let since = workflow.stages[order.stage].started_at;
    let own = workflow.answers.iter().filter(|answer| {
        answer.stage.as_ref() == Some(id) && since.is_some_and(|since| answer.at >= since)
    });
    own.cloned().collect()
}
