//! `POST /api/v1/videos/generate`: the `video` pipeline's parameters in this document's spelling, some at the top of the
//! body, some in its `config`.

use super::super::making::{Origin, checked, draft, made};
use super::super::words;
use super::{accepted, current_stage};
use crate::api::Api;
use crate::api::auth::Caller;
use crate::api::extract::Sent;
use crate::api::idempotency::Derived;
use crate::api::problem::Problem;
use crate::api::request_id::RequestId;
use crate::api::view::time;
use crate::domain::Pipeline;
use crate::pipeline::Draft;
use axum::Extension;
use axum::extract::State;
use axum::response::Response;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

const PIPELINE: &str = "video";

/// `POST /api/v1/videos/generate`. Fields that nobody knows are passed over.
pub async fn generate(
    State(api): State<Api>,
    caller: Caller,
    Extension(request): Extension<RequestId>,
    derived: Option<Extension<Derived>>,
    sent: Sent,
) -> Result<Response, Problem> {
    let derived = derived.as_deref();
    let origin = Origin {
        caller: &caller,
        request: &request,
        surface: "videos",
        derived,
    };
    let mut body = sent.fields()?;
    let webhook_url = body.text("webhook_url");
    let priority = body.whole("priority", -1000, 1000);
    let config = body.object("config").unwrap_or_default();
    let plan = api
        .catalogue()
        .get(PIPELINE)
        .map_err(|problem| Problem::field("pipeline", problem))?;
    let given = params(&plan, config, body.rest());
    let name = given.values.get("title").and_then(Value::as_str);
    let draft = Draft {
        pipeline: PIPELINE.to_owned(),
        name: name.map(str::to_owned),
        params: given.values,
        priority,
        webhook_url,
        ..draft(&origin, 0)
    };
    let submit = checked(&api, draft, &mut body, |field| said(&given.fields, field)).await?;
    body.finish()?;
    let workflow = made(&api, submit, derived).await?;
    Ok(accepted(&json!({
        "job_id": workflow.id,
        "status": words::job(words::standing(&workflow)),
        "progress": 0,
        "current_stage": current_stage(&workflow),
        "message": "Video generation queued",
        "created_at": time::text(workflow.created_at),
        "status_url": format!("/api/v1/videos/jobs/{}/status", workflow.id),
    })))
}

/// What was given for the pipeline's parameters.
struct Given {
    values: Map<String, Value>,
    /// The field that each came from.
    fields: BTreeMap<String, String>,
}

/// Those fields that are parameters of the pipeline, by its own spelling or in snake_case. The top of the body goes before
/// its `config`.
fn params(plan: &Pipeline, config: Map<String, Value>, top: Map<String, Value>) -> Given {
    let mut given = Given {
        values: Map::new(),
        fields: BTreeMap::new(),
    };
    let config = config
        .into_iter()
        .map(|(name, value)| (format!("config.{name}"), name, value));
    let top = top
        .into_iter()
        .map(|(name, value)| (name.clone(), name, value));
    for (field, name, value) in config.chain(top) {
        let spelled = plan
            .params
            .iter()
            .find(|spec| spec.name == name || snake(&spec.name) == name);
        if let Some(spec) = spelled.filter(|_| !value.is_null()) {
            given.values.insert(spec.name.clone(), value);
            given.fields.insert(spec.name.clone(), field);
        }
    }
    given
}

/// A problem's field under the name that the client sent, or would send.
fn said(fields: &BTreeMap<String, String>, field: &str) -> String {
    let Some(name) = field.strip_prefix("params.") else {
        return snake(field);
    };
    // A list's entry is told behind its name.
    let (name, rest) = name
        .find(['[', '.'])
        .map_or((name, ""), |at| name.split_at(at));
    let known = fields.get(name).cloned();
    known.unwrap_or_else(|| snake(name)) + rest
}

/// `videoSource` as `video_source`.
fn snake(name: &str) -> String {
    let mut text = String::with_capacity(name.len() + 4);
    for letter in name.chars() {
        if letter.is_ascii_uppercase() {
            text.push('_');
        }
        text.push(letter.to_ascii_lowercase());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn problems_are_told_under_the_names_that_were_sent() {
        let fields = BTreeMap::from([(
            "quality_levels".to_owned(),
            "config.quality_levels".to_owned(),
        )]);
        assert_eq!(
            said(&fields, "params.quality_levels[1]"),
            "config.quality_levels[1]"
        );
        assert_eq!(said(&fields, "params.videoSource"), "video_source");
        assert_eq!(said(&fields, "webhookUrl"), "webhook_url");
        assert_eq!(said(&fields, "priority"), "priority");
    }
}
