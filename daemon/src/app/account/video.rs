//! What is made, kept and published, and what went wrong on the way.

use super::Happened;
use crate::config::Config;
use crate::domain::ErrorClass;
use serde_json::{Value, json};

/// Files that a stage may have written, by the output that names each.
const FILES: [&str; 4] = ["videoPath", "audioPath", "thumbnailPath", "captionsPath"];

/// Tells it.
pub(super) fn tell(happened: &Happened<'_>, config: &Config) {
    // A program that somebody queued makes no video: its life is `JOB_MANAGER`'s.
    let makes = happened.workflow.plan.name != "command";
    match happened.kind {
        "workflow.created" if makes => created(happened, config),
        "workflow.completed" if makes => completed(happened),
        "stage.started" => begun(happened),
        "stage.completed" => done(happened),
        "stage.failed" | "stage.waiting" | "stage.lost" | "workflow.failed" => wrong(happened),
        "workflow.deleted" => happened.line("FILE", "Deleting files", &json!({ "act": "delete" })),
        _ => {}
    }
}

fn created(happened: &Happened<'_>, config: &Config) {
    let params = crate::pipeline::json::object(&happened.workflow.params);
    let source = happened.param("videoSource");
    let fields = json!({
        "pipeline": happened.workflow.plan.name, "parameters": params, "videoSource": source,
        "ttsProvider": config.providers.speech, "surface": happened.workflow.surface,
    });
    happened.line("VIDEO", "Video creation started", &fields);
}

fn completed(happened: &Happened<'_>) {
    let gave = |name: &str| {
        let value = happened.workflow.outputs.get(name);
        value.map(crate::pipeline::json::to_json)
    };
    let took = happened.took();
    let fields = json!({
        "totalDuration": took, "fileSize": gave("fileSize"), "videoPath": gave("videoPath"), "length": gave("duration"),
    });
    happened.timed("VIDEO", "Video completed", took, &fields);
}

fn begun(happened: &Happened<'_>) {
    match happened.stage() {
        Some("storing") => {
            happened.line("STORE", "Upload started", &json!({ "progress": 0 }));
        }
        Some("publishing") => {
            let channels = happened.param("channels");
            happened.line(
                "YOUTUBE",
                "Upload started",
                &json!({ "channels": channels }),
            );
        }
        _ => {}
    }
}

fn done(happened: &Happened<'_>) {
    for name in FILES {
        if let Some(path) = happened.gave(name) {
            let bytes = happened.gave("fileSize").filter(|_| name == "videoPath");
            let fields =
                json!({ "act": "write", "path": path, "bytes": bytes, "stage": happened.stage() });
            happened.line("FILE", "File written", &fields);
        }
    }
    match happened.stage() {
        Some("storing") => {
            let fields = json!({
                "outcome": happened.gave("storage"), "progress": 100, "keys": happened.gave("s3Keys"),
                "retry": happened.facts["attempt"].as_u64().unwrap_or(1).saturating_sub(1),
            });
            happened.line("STORE", "Upload complete", &fields);
        }
        Some("publishing") => {
            let channels = happened.gave("channels");
            for (channel, state) in channels.iter().filter_map(Value::as_object).flatten() {
                let fields = json!({
                    "channelName": channel, "status": state["status"], "youtubeVideoId": state["youtubeVideoId"],
                    "startedAt": state["startedAt"], "completedAt": state["completedAt"], "bytes": state["bytes"],
                });
                happened.line("YOUTUBE", "Upload ended", &fields);
            }
        }
        _ => {}
    }
}

/// A failure, with what was being done and what happens next.
fn wrong(happened: &Happened<'_>) {
    let error = &happened.facts["error"];
    let (workflow, stage) = (happened.workflow, happened.stage());
    let lost = happened.kind == "stage.lost";
    if error.is_null() && !lost {
        return;
    }
    let spec = stage
        .and_then(|stage| workflow.stage_index(stage))
        .map(|index| &workflow.plan.stages[index]);
    let class = error["class"].as_str().unwrap_or(ErrorClass::Lost.word());
    let cause = error["message"]
        .as_str()
        .or(happened.facts["reason"].as_str());
    let metadata = json!({
        "doing": spec.map_or("ending the workflow", |spec| spec.title.as_str()), "stage": stage.map_or(error["stage"].clone(), Value::from),
        "class": class, "code": error["code"], "causes": [cause], "hint": error["hint"], "wait": happened.facts["wait"],
    });
    let message = cause.unwrap_or_default();
    let attempt = happened.facts["attempt"].as_u64();
    if happened.kind == "stage.waiting" || lost {
        tracing::warn!(
            component = "ERROR", videoId = %workflow.id, userId = %workflow.user, requestId = %workflow.request_id,
            state = workflow.current_state(), attempt, %metadata, "will be tried again: {message}"
        );
        if stage == Some("storing") {
            happened.line(
                "STORE",
                "Upload will be tried again",
                &json!({ "outcome": "retry", "retry": attempt }),
            );
        }
    } else {
        tracing::error!(
            component = "ERROR", videoId = %workflow.id, userId = %workflow.user, requestId = %workflow.request_id,
            state = workflow.current_state(), attempt, %metadata, "{message}"
        );
    }
}
