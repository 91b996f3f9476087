//! An attempt's name on its way.

use crate::engine::ports::AttemptKey;
use serde::{Deserialize, Serialize};

/// Names one attempt of one stage.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Attempt {
    /// The workflow's id.
    pub workflow: String,
    /// The stage's index.
    pub stage: usize,
    /// Its number.
    pub attempt: u32,
}

impl From<&AttemptKey> for Attempt {
    fn from(key: &AttemptKey) -> Self {
        Self {
            workflow: key.workflow.clone(),
            stage: key.stage,
            attempt: key.attempt,
        }
    }
}

impl From<&Attempt> for AttemptKey {
    fn from(attempt: &Attempt) -> Self {
        Self {
            workflow: attempt.workflow.clone(),
            stage: attempt.stage,
            attempt: attempt.attempt,
        }
    }
}
