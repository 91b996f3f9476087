//! What is said of an event: its name on the outside and its `data`, and the body in which a workflow's own URL is told of
//! its end.

use crate::config::Config;
use crate::domain::pipeline::Work;
use crate::domain::workflow::{State, Status};
use crate::domain::{Timestamp, Value, Workflow};
use crate::engine::ports::Written;
use crate::links::{Door, Links};
use crate::pipeline::json;
use serde_json::{Map, Value as Json, json};

/// An event as the outside knows it.
#[derive(Debug, Clone, PartialEq)]
pub struct Told {
    /// `video.completed`…
    pub event: &'static str,
    /// `data` of the body.
    pub data: Map<String, Json>,
}

/// What addresses in a body stand on, and when they are made.
#[derive(Clone, Copy)]
pub struct Addresses<'a> {
    /// Makes them.
    pub links: &'a Links,
    /// Says on what they stand and for how long they hold.
    pub config: &'a Config,
    /// From when on.
    pub at: Timestamp,
}

impl Addresses<'_> {
    /// A signed link to what a workflow made.
    fn to(&self, workflow: &Workflow, door: Door) -> String {
        let ttl = self.config.storage.link_ttl;
        self.links.to(
            &self.config.http,
            &door.path(&workflow.id),
            &[],
            self.at.0,
            ttl,
        )
    }
}

/// The pipeline that the `generation.*` events are about.
const GENERATION: &str = "generation";
/// The built-in stage that puts a video onto its channels.
const PUBLISH: &str = "publish";

/// RFC 3339, UTC, milliseconds.
#[must_use]
pub fn time(at: Timestamp) -> String {
    let end = if at.0 < 0 {
        jiff::Timestamp::MIN
    } else {
        jiff::Timestamp::MAX
    };
    format!(
        "{:.3}",
        jiff::Timestamp::from_millisecond(at.0).unwrap_or(end)
    )
}

/// The body of an event: the very bytes that are signed, sent and kept.
#[must_use]
pub fn body(event_id: &str, event: &str, at: Timestamp, data: &Map<String, Json>) -> Vec<u8> {
    json!({"eventId": event_id, "eventType": event, "timestamp": time(at), "data": data})
        .to_string()
        .into_bytes()
}

/// Everything that an event of the log is to the outside; often nothing.
#[must_use]
pub fn told(event: &Written<'_>, addresses: Addresses<'_>) -> Vec<Told> {
    let Some(workflow) = event.workflow else {
        let data = serde_json::from_str(event.data).unwrap_or_default();
        return if event.kind == "endpoint.disabled" {
            vec![Told {
                event: event.kind,
                data,
            }]
        } else {
            Vec::new()
        };
    };
    let facts: Map<String, Json> = serde_json::from_str(event.data).unwrap_or_default();
    let mut told = Vec::new();
    let mut say = |event, data| told.push(Told { event, data });
    if let Some(to) = facts.get("to") {
        say(
            "workflow.state_changed",
            state_changed(workflow, facts.get("from"), to),
        );
    }
    let generation = workflow.plan.name == GENERATION;
    match event.kind {
        "workflow.completed" => {
            say("video.completed", video(workflow, addresses));
            if generation {
                say(
                    "generation.completed",
                    self::generation(workflow, addresses, "completed"),
                );
            }
        }
        "workflow.failed" => {
            say("video.failed", video(workflow, addresses));
            if generation {
                say(
                    "generation.failed",
                    self::generation(workflow, addresses, "failed"),
                );
            }
        }
        "workflow.started" if generation => say(
            "generation.started",
            self::generation(workflow, addresses, "processing"),
        ),
        "stage.started" | "stage.progress" | "stage.completed" | "stage.failed" if generation => {
            say(
                "generation.progress",
                self::generation(workflow, addresses, "processing"),
            );
        }
        _ => {}
    }
    if let "stage.completed" | "stage.failed" = event.kind {
        told.extend(channels(
            workflow,
            facts
                .get("stage")
                .and_then(Json::as_str)
                .unwrap_or_default(),
        ));
    }
    told
}

fn about(workflow: &Workflow) -> Map<String, Json> {
    let mut data = Map::new();
    data.insert("videoId".into(), workflow.id.as_str().into());
    data.insert("pipeline".into(), workflow.plan.name.as_str().into());
    data.insert("requestId".into(), workflow.request_id.as_str().into());
    data
}

fn state_changed(workflow: &Workflow, from: Option<&Json>, to: &Json) -> Map<String, Json> {
    let mut data = about(workflow);
    data.insert("previousState".into(), from.cloned().unwrap_or_default());
    data.insert("currentState".into(), to.clone());
    data.insert("progress".into(), workflow.progress.into());
    data
}

fn video(workflow: &Workflow, addresses: Addresses<'_>) -> Map<String, Json> {
    let mut data = about(workflow);
    if let Some(path) = workflow.outputs.get("videoPath").and_then(Value::as_text) {
        data.insert("videoPath".into(), path.into());
        data.insert(
            "videoUrl".into(),
            addresses.to(workflow, Door::Download).into(),
        );
        for key in ["duration", "fileSize"] {
            if let Some(value) = workflow.outputs.get(key) {
                data.insert(key.into(), json::to_json(value));
            }
        }
        let param = |key: &str| {
            workflow
                .params
                .get(key)
                .and_then(Value::as_text)
                .filter(|text| !text.is_empty())
        };
        let title = param("title").unwrap_or(&workflow.name);
        data.insert(
            "metadata".into(),
            json!({"title": title, "description": param("description").unwrap_or_default()}),
        );
    }
    if let Some(error) = error(workflow) {
        data.insert("error".into(), error);
    }
    data
}

/// What went wrong, in the words that the outside is given.
fn error(workflow: &Workflow) -> Option<Json> {
    match &workflow.state {
        State::Failed(failure) | State::Failing(failure) => {
            let mut error = json!({"message": failure.message, "code": failure.code, "class": failure.class.word()});
            error["stage"] = failure.stage.as_deref().into();
            error["hint"] = failure.hint.as_str().into();
            Some(error)
        }
        State::Cancelled => Some(json!({"message": "it was cancelled", "code": "cancelled"})),
        _ => None,
    }
}

fn generation(workflow: &Workflow, addresses: Addresses<'_>, status: &str) -> Map<String, Json> {
    let mut data = about(workflow);
    data.insert("generationId".into(), workflow.id.as_str().into());
    data.insert("jobId".into(), workflow.id.as_str().into());
    data.insert("status".into(), status.into());
    data.insert("progress".into(), workflow.progress.into());
    let output = |key: &str| workflow.outputs.get(key).map_or(Json::Null, json::to_json);
    let result = (status == "completed").then(|| {
        let link = |key: &str, door| {
            let made = workflow.outputs.contains_key(key);
            made.then(|| addresses.to(workflow, door))
        };
        json!({
            "videoUrl": link("videoPath", Door::Download), "videoPath": output("videoPath"),
            "thumbnailUrl": link("thumbnails", Door::Thumbnail),
            "duration": seconds(workflow), "fileSize": output("fileSize"),
        })
    });
    data.insert("result".into(), result.unwrap_or_default());
    data.insert("error".into(), error(workflow).unwrap_or_default());
    data
}

/// How long a video is, as document 002 says it: in seconds, whole ones without a fraction.
fn seconds(workflow: &Workflow) -> Json {
    let length = workflow.outputs.get("duration").and_then(Value::as_number);
    length.map_or(Json::Null, |ms| {
        let seconds = (ms / 100.0).round() / 10.0;
        #[allow(
            clippy::cast_possible_truncation,
            reason = "a video's seconds are far below 2^53"
        )]
        if seconds.fract() == 0.0 {
            json!(seconds as i64)
        } else {
            json!(seconds)
        }
    })
}

/// What became of each channel, where the stage that ended is the one that publishes.
fn channels(workflow: &Workflow, stage: &str) -> Vec<Told> {
    let Some(index) = workflow.stage_index(stage) else {
        return Vec::new();
    };
    if !matches!(&workflow.plan.stages[index].work, Work::BuiltIn { uses, .. } if uses == PUBLISH) {
        return Vec::new();
    }
    let stage = &workflow.stages[index];
    let states = stage.outputs.get("channels").and_then(Value::as_map);
    let asked = workflow
        .params
        .get("channels")
        .and_then(Value::as_list)
        .unwrap_or_default();
    let mut told = Vec::new();
    for name in asked.iter().filter_map(Value::as_text) {
        let state = states
            .and_then(|states| states.get(name))
            .and_then(Value::as_map);
        let word = state
            .and_then(|state| state.get("status").or_else(|| state.get("state")))
            .and_then(Value::as_text);
        let mut data = about(workflow);
        data.insert("channelName".into(), name.into());
        let known = state.is_some_and(|state| state.contains_key("known"));
        if known {
            // Told by an earlier attempt of the workflow.
            continue;
        }
        if word == Some("uploaded") {
            for key in ["youtubeVideoId", "youtubeUrl", "path", "provider"] {
                if let Some(value) = state.and_then(|state| state.get(key)) {
                    data.insert(key.into(), json::to_json(value));
                }
            }
            told.push(Told {
                event: "youtube.uploaded",
                data,
            });
        } else if let Some(failure) = &stage.failure {
            let said = state
                .and_then(|state| state.get("error"))
                .map(json::to_json);
            data.insert(
                "error".into(),
                said.unwrap_or_else(|| json!({"message": failure.message, "code": failure.code})),
            );
            told.push(Told {
                event: "youtube.failed",
                data,
            });
        }
    }
    told
}

/// Document 004's name for what a job does; the pipeline's own name for what it doesn't know.
#[must_use]
pub fn job_type(workflow: &Workflow) -> &str {
    match workflow.plan.name.as_str() {
        "episode" => "process_episode",
        "clips" => "render_clips",
        other => other,
    }
}

/// What a completed job gives, as document 004 prints it: what is told of an episode stands at the top.
#[must_use]
pub fn job_result(workflow: &Workflow) -> Json {
    let mut result = json::object(&workflow.outputs);
    if let Some(Json::Object(episode)) = result.remove("episode") {
        result.extend(episode);
    }
    Json::Object(result)
}

/// What a workflow's own URL is told of its end: the event's name and the body. None before the end.
#[must_use]
pub fn own(workflow: &Workflow) -> Option<(&'static str, Vec<u8>)> {
    let event = match workflow.status() {
        Status::Completed => "video.completed",
        Status::Failed | Status::Cancelled => "video.failed",
        _ => return None,
    };
    let completed = workflow.status() == Status::Completed;
    let mut body = json!({
        "job_id": workflow.id,
        "job_type": job_type(workflow),
        "status": if completed { "completed" } else { "failed" },
        "progress": workflow.progress,
    });
    if completed {
        body["result"] = job_result(workflow);
    } else {
        let said = error(workflow).unwrap_or_default();
        body["error"] =
            json!({"code": said["code"], "message": said["message"], "stage": said["stage"]});
    }
    body["request_id"] = workflow.request_id.as_str().into();
    Some((event, body.to_string().into_bytes()))
}
