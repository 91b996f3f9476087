//! An order on its way: the workflow as its row holds it, its pipeline's text, and the files that the stage may want.
//!
//! Paths below the sender's data directory, wherever they stand in outputs and parameters, become paths below the
//! receiver's.

use super::{Attempt, Belonging};
use crate::domain::{Value, Values, Workflow};
use crate::engine::ports::Order;
use crate::pipeline::{Defaults, parse};
use crate::store::{StoreError, codec};
use serde::{Deserialize, Serialize};
use std::path::Path;
use std::sync::Arc;

/// See `engine::ports::Order`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct OrderDoc {
    /// Its name.
    pub attempt: Attempt,
    /// The lease's ordinal.
    pub ordinal: u32,
    /// The workflow's stored form.
    workflow: String,
    /// The pipeline: its name, origin, text and hash.
    plan: (String, String, String, String),
    /// The sender's data directory.
    data_dir: String,
    /// Files of the workflow that the sender has.
    pub files: Vec<Belonging>,
}

/// An order that can't be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}; do all boxes run the same version of reeld?")]
pub struct UnreadableOrder(String);

impl OrderDoc {
    /// Of an order that is given by who keeps its data there.
    ///
    /// # Errors
    /// `Decode`; never for what the domain makes.
    pub fn of(order: &Order, data_dir: &Path, files: Vec<Belonging>) -> Result<Self, StoreError> {
        let plan = &order.workflow.plan;
        Ok(Self {
            attempt: Attempt::from(&order.key()),
            ordinal: order.ordinal,
            workflow: codec::encode(&order.workflow)?,
            plan: (
                plan.name.clone(),
                plan.origin.clone(),
                plan.source.clone(),
                plan.hash.clone(),
            ),
            data_dir: data_dir.to_string_lossy().into_owned(),
            files,
        })
    }

    /// The sender's data directory: what paths in the answers are below.
    #[must_use]
    pub fn home(&self) -> &str {
        &self.data_dir
    }

    /// The order, as it is on the box that keeps its data there.
    ///
    /// # Errors
    /// A form or a pipeline that this version can't read.
    pub fn read(&self, data_dir: &Path, defaults: &Defaults) -> Result<Order, UnreadableOrder> {
        let unreadable = |problem: String| UnreadableOrder(problem);
        let (name, origin, source, hash) = &self.plan;
        let mut plan =
            parse(name, source, origin, defaults).map_err(|error| unreadable(error.to_string()))?;
        hash.clone_into(&mut plan.hash);
        let mut workflow: Workflow = codec::decode(&self.workflow, Arc::new(plan))
            .map_err(|error| unreadable(error.to_string()))?;
        if self.attempt.stage >= workflow.stages.len() || self.attempt.workflow != workflow.id {
            return Err(unreadable(format!(
                "there is no such stage: {:?}",
                self.attempt
            )));
        }
        let here = data_dir.to_string_lossy();
        for values in workflow
            .stages
            .iter_mut()
            .map(|stage| &mut stage.outputs)
            .chain([&mut workflow.params, &mut workflow.outputs])
        {
            move_paths(values, &self.data_dir, &here);
        }
        Ok(Order {
            stage: self.attempt.stage,
            attempt: self.attempt.attempt,
            ordinal: self.ordinal,
            workflow: Arc::new(workflow),
        })
    }
}

/// Makes paths below one data directory paths below another.
pub fn move_paths(values: &mut Values, from: &str, to: &str) {
    if from != to {
        values
            .values_mut()
            .for_each(|value| move_path(value, from, to));
    }
}

fn move_path(value: &mut Value, from: &str, to: &str) {
    match value {
        Value::Text(text) => {
            let below = text
                .strip_prefix(from)
                .filter(|rest| rest.starts_with('/'))
                .map(|rest| format!("{to}{rest}"));
            if let Some(moved) = below {
                *text = moved;
            }
        }
        Value::List(items) => items.iter_mut().for_each(|item| move_path(item, from, to)),
        Value::Map(entries) => move_paths(entries, from, to),
        Value::Null | Value::Bool(_) | Value::Int(_) | Value::Number(_) => {}
    }
}
