//! Submitting for tests: the shortest way to a workflow.

use crate::{Failure, Home, Result};
use reel_shared::request::SubmitRequest;
use reel_shared::workflow::WorkflowView;
use serde_json::{Map, Value};

/// A submit of a pipeline with these parameters.
pub fn request(pipeline: &str, params: Value) -> SubmitRequest {
    let params = match params {
        Value::Object(params) => params,
        _ => Map::new(),
    };
    SubmitRequest {
        pipeline: pipeline.to_owned(),
        params,
        ..SubmitRequest::default()
    }
}

/// A program as a one-stage workflow.
pub fn command(argv: &[&str]) -> SubmitRequest {
    request("command", serde_json::json!({ "argv": argv }))
}

/// Submits and answers the workflow as it was taken.
pub async fn submit(home: &Home, request: &SubmitRequest) -> Result<WorkflowView> {
    home.client()
        .post("/api/workflow", request)
        .await
        .map_err(Failure::at("submitting"))
}

/// An act on a workflow, and what it answers.
pub async fn act(home: &Home, id: &str, act: &str, body: Value) -> Result<WorkflowView> {
    home.client()
        .post(&format!("/api/workflow/{id}/{act}"), &body)
        .await
        .map_err(Failure::at(act))
}
