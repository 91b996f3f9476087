//! `GENERATION_WORKFLOW`: document 002's points, for the workflows of pipeline `generation`.

use super::Happened;
use serde_json::{Map, Value, json};

const COMPONENT: &str = "GENERATION_WORKFLOW";
/// The pipeline.
const PIPELINE: &str = "generation";
/// The stage that asks the maker.
const MAKING: &str = "generating_video";
/// The stage that keeps what was made.
const STORING: &str = "storing";

/// Tells it.
pub(super) fn tell(happened: &Happened<'_>) {
    let workflow = happened.workflow;
    if workflow.plan.name != PIPELINE {
        return;
    }
    let say = |message: &str, more: Value| {
        let mut fields = Map::new();
        fields.insert("jobId".to_owned(), workflow.id.as_str().into());
        if let Value::Object(more) = more {
            fields.extend(more);
        }
        happened.line(COMPONENT, message, &Value::Object(fields));
    };
    let prompt = || happened.param("prompt");
    let status = workflow.status().word();
    match (happened.kind, happened.stage()) {
        ("workflow.started", _) => say(
            "Starting generation",
            json!({ "generationId": workflow.id, "prompt": prompt(), "provider": happened.param("provider") }),
        ),
        ("stage.started", Some(MAKING)) => {
            say(
                &format!("Calling {} API", maker(happened)),
                json!({ "prompt": prompt() }),
            );
        }
        ("stage.completed", Some(MAKING)) => say(
            &format!("{} API response", maker(happened)),
            json!({ "videoId": workflow.id, "status": "completed", "provider": happened.gave("provider") }),
        ),
        ("stage.failed", Some(MAKING)) => say(
            &format!("{} API response", maker(happened)),
            json!({ "videoId": workflow.id, "status": "failed", "error": happened.facts["error"]["message"] }),
        ),
        ("stage.started", Some(STORING)) => {
            say("Uploading to R2", json!({ "videoId": workflow.id }))
        }
        ("stage.completed", Some(STORING)) => {
            let place = workflow
                .outputs
                .get("videoPath")
                .map(crate::pipeline::json::to_json);
            say(
                "Upload complete",
                json!({ "videoUrl": place.or_else(|| happened.gave("videoPath")) }),
            );
        }
        ("workflow.completed" | "workflow.failed" | "workflow.cancelled", _) => {
            if workflow.webhook_url.is_some() {
                say(
                    "Sending webhook",
                    json!({ "generationId": workflow.id, "status": status }),
                );
            }
            say("Generation complete", json!({ "status": status }));
        }
        _ => {}
    }
}

/// Who makes it, as the document calls the one that it knows.
fn maker(happened: &Happened<'_>) -> String {
    let named = happened
        .param("provider")
        .or_else(|| happened.gave("provider"));
    match named.as_ref().and_then(Value::as_str) {
        Some(name) if name.starts_with("veo") => "Veo3".to_owned(),
        Some(name) => name.to_owned(),
        None => "Veo3".to_owned(),
    }
}
