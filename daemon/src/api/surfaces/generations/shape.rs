//! A generation as document 002 prints it: durations in seconds, ids as `generationId` and `workerJobId`, and the worker's
//! job behind it.

use crate::api::Api;
use crate::api::problem::Problem;
use crate::api::surfaces::words;
use crate::api::view::time::text;
use crate::api::view::{self, gates};
use crate::conversation::wording;
use crate::domain::workflow::{Status, Workflow};
use crate::domain::{State, Value};
use crate::links::Door;
use crate::pipeline::json as values;
use serde_json::{Map, Value as Json, json};
use std::sync::Arc;

pub use crate::conversation::{CONVERSATION, MESSAGE};

/// The key under which a confirmation is kept among the answers.
const CONFIRM: &str = "confirm";
/// Parameters that the generation shows beside its `parameters`.
const BESIDE: [&str; 3] = ["prompt", "provider", "model"];

/// Where it stands, in the document's words.
#[must_use]
pub fn status(workflow: &Workflow) -> &'static str {
    words::generation(words::standing(workflow))
}

/// What is asked of a person now.
#[must_use]
pub fn questions(workflow: &Workflow) -> Json {
    let open = gates::open(workflow);
    let asked = open
        .into_iter()
        .filter(|gate| gate.kind == "clarification")
        .flat_map(|gate| gate.questions);
    asked
        .map(|question| serde_json::to_value(question).unwrap_or_default())
        .collect()
}

/// What was answered to a clarification, the last word for each question; none where nothing was.
fn responses(workflow: &Workflow) -> Option<Map<String, Json>> {
    let mut said = Map::new();
    for answer in &workflow.answers {
        if answer.stage.is_none() && answer.key != CONFIRM {
            said.insert(answer.key.clone(), values::to_json(&answer.value));
        }
    }
    (!said.is_empty()).then_some(said)
}

/// The parameters, but for those that are shown beside them.
fn parameters(workflow: &Workflow) -> Map<String, Json> {
    let mut all = values::object(&workflow.params);
    for name in BESIDE {
        all.remove(name);
    }
    all
}

fn param<'a>(workflow: &'a Workflow, name: &str) -> Option<&'a str> {
    workflow.params.get(name).and_then(Value::as_text)
}

/// Something that the workflow gives, else one of its stages, the last first.
fn output<'a>(workflow: &'a Workflow, name: &str) -> Option<&'a Value> {
    let stages = workflow.stages.iter().rev();
    workflow
        .outputs
        .get(name)
        .or_else(|| stages.filter_map(|stage| stage.outputs.get(name)).next())
}

fn number(workflow: &Workflow, name: &str) -> Option<f64> {
    output(workflow, name).and_then(Value::as_number)
}

fn resolution(workflow: &Workflow) -> Option<String> {
    let (width, height) = (number(workflow, "width")?, number(workflow, "height")?);
    Some(format!("{width}x{height}"))
}

/// The generation whole.
#[must_use]
pub fn generation(api: &Api, workflow: &Workflow, progress: f64) -> Json {
    let done = matches!(workflow.state, State::Completed);
    let path = done.then(|| param_output(workflow, "videoPath")).flatten();
    let link = |door: Door| {
        let config = api.config();
        let (now, ttl) = (api.engine().now().0, config.storage.link_ttl);
        api.links()
            .to(&config.http, &door.path(&workflow.id), &[], now, ttl)
    };
    let pictures = output(workflow, "thumbnails")
        .and_then(Value::as_list)
        .is_some_and(|list| !list.is_empty());
    let (message, code) = error(workflow);
    let ended = workflow.completed_at.map(text);
    let took = workflow
        .started_at
        .zip(workflow.completed_at)
        .filter(|_| done)
        .map(|(from, to)| seconds(to.since(from).as_secs_f64()));
    let format = path.and_then(|path| path.rsplit_once('.').map(|(_, ending)| ending.to_owned()));
    json!({
        "id": workflow.id,
        "conversationId": workflow.labels.get(CONVERSATION),
        "messageId": workflow.labels.get(MESSAGE),
        "userId": workflow.user,
        "type": "video",
        "provider": param(workflow, "provider").unwrap_or(&api.config().providers.generation),
        "model": param(workflow, "model"),
        "status": status(workflow),
        "prompt": param(workflow, "prompt"),
        "parameters": parameters(workflow),
        "clarificationResponses": responses(workflow),
        "workerJobId": workflow.id,
        "progress": progress,
        "resultUrl": path.map(|_| link(Door::Stream)),
        "thumbnailUrl": path.filter(|_| pictures).map(|_| link(Door::Thumbnail)),
        "duration": path.and(number(workflow, "duration")).map(|ms| seconds(ms / 1000.0)),
        "fileSize": path.and(output(workflow, "fileSize")).map(values::to_json),
        "resolution": path.and_then(|_| resolution(workflow)),
        "format": format,
        "processingTime": took,
        "errorMessage": message,
        "errorCode": code,
        "createdAt": text(workflow.created_at),
        "updatedAt": text(workflow.updated_at),
        "startedAt": workflow.started_at.map(text),
        "completedAt": ended.as_ref().filter(|_| done),
        "failedAt": ended.as_ref().filter(|_| !done),
    })
}

fn param_output<'a>(workflow: &'a Workflow, name: &str) -> Option<&'a str> {
    workflow.outputs.get(name).and_then(Value::as_text)
}

/// Why it failed, in words and by its code.
fn error(workflow: &Workflow) -> (Option<String>, Option<String>) {
    match (view::failure(workflow), workflow.status()) {
        (Some(failure), _) => (Some(failure.message.clone()), Some(failure.code.clone())),
        (None, Status::Cancelled) => (
            Some("it was cancelled".to_owned()),
            Some("cancelled".to_owned()),
        ),
        (None, _) => (None, None),
    }
}

/// To a tenth; whole ones without a fraction.
fn seconds(value: f64) -> Json {
    let tenths = (value * 10.0).round();
    #[allow(
        clippy::cast_possible_truncation,
        reason = "a duration in seconds, far below 2^53"
    )]
    if tenths % 10.0 == 0.0 {
        json!((tenths / 10.0) as i64)
    } else {
        json!(tenths / 10.0)
    }
}

/// The worker's job behind a generation.
#[must_use]
pub fn job(workflow: &Workflow, generation: &Json) -> Json {
    let retries = workflow
        .stages
        .iter()
        .map(|stage| stage.attempts.saturating_sub(1))
        .max();
    let most = (0..workflow.stages.len())
        .map(|index| workflow.retry_policy(index).times)
        .max();
    let result = generation["resultUrl"].is_string().then(|| {
        json!({
            "videoUrl": generation["resultUrl"],
            "thumbnailUrl": generation["thumbnailUrl"],
            "duration": generation["duration"],
            "fileSize": generation["fileSize"],
        })
    });
    json!({
        "id": workflow.id,
        "status": words::generation_job(words::standing(workflow)),
        "progress": generation["progress"],
        "data": {
            "generationId": workflow.id,
            "userId": workflow.user,
            "prompt": generation["prompt"],
            "parameters": generation["parameters"],
            "provider": generation["provider"],
            "model": generation["model"],
            "clarificationResponses": responses(workflow).unwrap_or_default(),
        },
        "retryCount": retries.unwrap_or(0),
        "maxRetries": most.unwrap_or(0),
        "createdAt": generation["createdAt"],
        "updatedAt": generation["updatedAt"],
        "startedAt": generation["startedAt"],
        "completedAt": generation["completedAt"],
        "result": result,
        "error": generation["errorMessage"],
    })
}

/// The answer to a request that made one.
///
/// # Errors
/// The database's.
pub async fn made(api: &Api, workflow: &Arc<Workflow>) -> Result<Json, Problem> {
    Ok(json!({
        "generationId": workflow.id,
        "status": status(workflow),
        "queuePosition": place(api, workflow).await?,
        "clarificationQuestions": questions(workflow),
        "generation": generation(api, workflow, workflow.progress),
    }))
}

/// The answer to an act.
///
/// # Errors
/// The database's.
pub async fn answered(api: &Api, workflow: &Arc<Workflow>) -> Result<Json, Problem> {
    let mut answer = made(api, workflow).await?;
    if workflow.status() == Status::PendingConfirmation {
        let facts = api.facts(workflow).await?;
        answer["confirmation"] = json!({
            "message": wording::confirmation(&workflow.params),
            "parameters": parameters(workflow),
            "estimatedSeconds": facts.eta.map(|(_, likely, _)| seconds(likely)),
        });
    }
    Ok(answer)
}

/// Its place in the queue. One that was leased in the very transaction that queued it was the first.
async fn place(api: &Api, workflow: &Arc<Workflow>) -> Result<Option<u64>, Problem> {
    if workflow.status() != Status::Queued {
        return Ok(None);
    }
    Ok(Some(api.facts(workflow).await?.queue_position.unwrap_or(1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_seconds_have_no_fraction() {
        assert_eq!(seconds(10.0), json!(10));
        assert_eq!(seconds(9.96), json!(10));
        assert_eq!(seconds(2.44), json!(2.4));
    }
}
