//! `GET /api/pipelines` and `…/{name}`: what may be submitted.

use crate::api::Api;
use crate::api::answer::{self, Answer};
use crate::api::auth::Caller;
use crate::api::extract::Asked;
use crate::api::problem::Problem;
use crate::domain::pipeline::{Pipeline, Work};
use crate::pipeline::json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde_json::{Value, json};

fn shown(pipeline: &Pipeline) -> Value {
    let params: Vec<Value> = pipeline
        .params
        .iter()
        .map(|spec| {
            let mut param = json!({
                "name": spec.name, "type": spec.kind.word(), "required": spec.required,
                "default": spec.default.as_ref().map(json::to_json), "question": spec.question,
            });
            if !spec.options.is_empty() {
                param["options"] = json!(spec.options);
            }
            for (name, bound) in [("min", spec.min), ("max", spec.max)] {
                if let Some(bound) = bound {
                    param[name] = json!(bound);
                }
            }
            if let Some(pattern) = &spec.pattern {
                param["pattern"] = json!(pattern);
            }
            param
        })
        .collect();
    let stages: Vec<Value> = pipeline
        .stages
        .iter()
        .map(|spec| {
            let needs: Vec<&str> = spec
                .needs
                .iter()
                .filter_map(|need| pipeline.stages.get(*need))
                .map(|need| need.id.as_str())
                .collect();
            let mut stage = json!({
                "id": spec.id, "title": spec.title, "needs": needs, "resources": spec.resources,
                "optional": spec.optional,
            });
            match &spec.work {
                Work::BuiltIn { uses, .. } => stage["uses"] = json!(uses),
                Work::Program { run } => stage["run"] = json!(run),
                Work::Command => stage["uses"] = json!("command"),
            }
            stage
        })
        .collect();
    let source = if pipeline.origin == "built-in" {
        "built-in"
    } else {
        "file"
    };
    json!({
        "name": pipeline.name, "description": pipeline.description, "source": source, "origin": pipeline.origin,
        "clarify": pipeline.clarify, "confirm": pipeline.confirm, "params": params, "stages": stages,
    })
}

/// `GET /api/pipelines`
pub async fn list(
    State(api): State<Api>,
    _: Caller,
    Asked(asked): Asked,
) -> Result<Answer<Value>, Problem> {
    asked.finish()?;
    let loaded = api.catalogue().loaded();
    let pipelines: Vec<Value> = loaded
        .pipelines
        .values()
        .map(|pipeline| shown(pipeline))
        .collect();
    let mut data = json!({ "count": pipelines.len(), "pipelines": pipelines });
    if !loaded.problems.is_empty() {
        data["problems"] = loaded.problems.iter().map(ToString::to_string).collect();
    }
    Ok(answer::ok(data))
}

/// `GET /api/pipelines/{name}`: with the text of its file.
pub async fn one(
    State(api): State<Api>,
    _: Caller,
    Path(name): Path<String>,
    Asked(asked): Asked,
) -> Result<Answer<Value>, Problem> {
    asked.finish()?;
    let found = api.catalogue().get(&name);
    let pipeline =
        found.map_err(|problem| Problem::new(StatusCode::NOT_FOUND, "not_found", problem))?;
    let mut data = shown(&pipeline);
    data["text"] = json!(pipeline.source);
    Ok(answer::ok(data))
}
