//! A workflow as JSON text in its row, and back. The domain's types stay free of serde; the mirror structs here are the
//! stored form, and matches are exhaustive, so that a state added there does not compile here until it has a form.
//!
//! Fields may be added with a default; none is ever renamed or given another meaning without a migration.

mod doc;
mod state;

use crate::domain::Workflow;
use crate::domain::pipeline::Pipeline;
use crate::store::error::StoreError;
use std::sync::Arc;

/// The stored text of a workflow.
///
/// # Errors
/// `Decode`, should a number not be representable; never for what the domain makes.
pub fn encode(workflow: &Workflow) -> Result<String, StoreError> {
    serde_json::to_string(&doc::Doc::of(workflow)).map_err(|error| StoreError::Decode {
        what: format!("workflow {}", workflow.id),
        problem: error.to_string(),
    })
}

/// The workflow of a stored text.
///
/// # Errors
/// `Decode`, naming the workflow and what does not read.
pub fn decode(text: &str, plan: Arc<Pipeline>) -> Result<Workflow, StoreError> {
    let doc: doc::Doc =
        serde_json::from_str(text).map_err(|error| unreadable(text, &error.to_string()))?;
    doc.into_workflow(plan)
        .map_err(|problem| unreadable(text, &problem))
}

fn unreadable(text: &str, problem: &str) -> StoreError {
    let start: String = text.chars().take(60).collect();
    StoreError::Decode {
        what: format!("the workflow stored as `{start}…`"),
        problem: problem.to_owned(),
    }
}
