//! Callbacks of outside services, by three routes that say the same in different words: `worker` of the generations,
//! `video-complete` and `workflow-error` of the video service. Signed, or with a token; read from their raw bytes.

use crate::api::Api;
use crate::api::answer;
use crate::api::auth::{Caller, Scope};
use crate::api::extract;
use crate::api::fields::Fields;
use crate::api::problem::{Problem, excerpt};
use crate::domain::workflow::Status;
use crate::domain::{Values, Workflow};
use crate::outbound::{Own, Policy, url};
use crate::pipeline::json;
use crate::store::list::Filter;
use crate::webhook::inbound::{self, Callback, Phrase, Taken, Word};
use crate::webhook::sign::{self, Signed};
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};
use std::sync::Arc;

/// Bytes of a callback.
const LARGEST: u64 = 1024 * 1024;
/// Characters of a failure's words that are kept.
const MESSAGE: usize = 2000;

/// A route: whose secret signs, and how its answers speak.
#[derive(Clone, Copy)]
struct Route {
    name: &'static str,
    secret: &'static str,
    id_key: &'static str,
    status: fn(Status) -> &'static str,
}

const WORKER: Route = Route {
    name: "worker",
    secret: "worker",
    id_key: "generationId",
    status: generation_word,
};
const COMPLETE: Route = Route {
    name: "video-complete",
    secret: "n8n",
    id_key: "videoId",
    status: video_word,
};
const ERROR: Route = Route {
    name: "workflow-error",
    secret: "n8n",
    id_key: "videoId",
    status: video_word,
};

/// A status as document 002 says it of a generation.
fn generation_word(status: Status) -> &'static str {
    match status {
        Status::PendingClarification => "pending_clarification",
        Status::PendingConfirmation => "pending_confirmation",
        Status::Blocked | Status::Scheduled | Status::Queued => "queued",
        Status::Running | Status::Waiting | Status::Paused => "processing",
        Status::Completed => "completed",
        Status::Failed | Status::Cancelled => "failed",
    }
}

/// A status as document 003 says it of a video.
fn video_word(status: Status) -> &'static str {
    match status {
        Status::Running | Status::Waiting | Status::Paused => "processing",
        Status::Completed => "ready",
        Status::Failed | Status::Cancelled => "failed",
        _ => "pending",
    }
}

/// What a callback says, and whose work it names.
struct Said {
    id: Option<String>,
    execution: Option<String>,
    event_id: Option<String>,
    word: Word,
}

/// `POST /api/webhooks/worker`
pub async fn worker(State(api): State<Api>, request: Request) -> Result<Response, Problem> {
    take(api, request, WORKER, read_worker).await
}

/// `POST /api/webhook/video-complete`
pub async fn video_complete(State(api): State<Api>, request: Request) -> Result<Response, Problem> {
    take(api, request, COMPLETE, read_complete).await
}

/// `POST /api/webhook/workflow-error`
pub async fn workflow_error(State(api): State<Api>, request: Request) -> Result<Response, Problem> {
    take(api, request, ERROR, read_error).await
}

async fn take(
    api: Api,
    request: Request,
    route: Route,
    read: fn(&mut Fields, &Policy) -> Said,
) -> Result<Response, Problem> {
    let caller = request.extensions().get::<Caller>().cloned();
    let (parts, body): (_, Body) = request.into_parts();
    let bytes = extract::read(&parts.headers, body, LARGEST.min(api.config().limits.body)).await?;
    let caller = admit(&api, &parts.headers, &bytes, caller, route)?;
    let mut fields = Fields::new(extract::object(&bytes)?);
    let policy = Policy::of(&api.config().webhooks, Own::default());
    let said = read(&mut fields, &policy);
    // A document's surface: what is not known is passed over.
    let _ = fields.rest();
    tracing::info!(
        component = "WEBHOOK",
        route = route.name,
        videoId = said.id,
        executionId = said.execution,
        "webhook received"
    );
    fields.finish()?;
    let hash: [u8; 32] = Sha256::digest(&bytes).into();
    let key = known_by(&parts.headers, said.event_id.as_deref(), &hash);
    if let Some(first) = inbound::known(api.engine(), route.name, &key).await? {
        let status = StatusCode::from_u16(first.status).unwrap_or(StatusCode::OK);
        return Ok(answer::json(status, Bytes::from(first.body)));
    }
    let workflow = find(&api, caller.as_ref(), &said).await?;
    let phrase: Arc<Phrase> = Arc::new(move |after: &Workflow, duplicate| {
        let mut data = Map::new();
        data.insert(route.id_key.to_owned(), after.id.as_str().into());
        data.insert("status".to_owned(), (route.status)(after.status()).into());
        data.insert("duplicate".to_owned(), duplicate.into());
        serde_json::json!({ "success": true, "data": data })
            .to_string()
            .into_bytes()
    });
    let callback = Callback {
        route: route.name,
        key,
        hash,
        workflow,
        word: said.word,
    };
    let (after, duplicate) =
        match inbound::take(api.engine(), callback, Arc::clone(&phrase)).await? {
            Taken::Applied(after) => (after, false),
            Taken::Duplicate(after) => (after, true),
            Taken::NotWaiting(after) => return Err(not_waiting(&after)),
        };
    tracing::info!(component = "WEBHOOK", route = route.name, videoId = %after.id, duplicate, "webhook processed");
    Ok(answer::json(
        StatusCode::OK,
        Bytes::from(phrase(&after, duplicate)),
    ))
}

fn not_waiting(workflow: &Workflow) -> Problem {
    tracing::warn!(component = "WEBHOOK", videoId = %workflow.id, "a callback came for which nothing waits");
    let message = format!(
        "workflow `{}` is {} and waits for no callback; nothing was changed",
        workflow.id,
        workflow.status().word()
    );
    Problem::new(StatusCode::CONFLICT, "not_waiting", message)
}

/// Whoever signs with the route's secret, or shows a token that may operate.
fn admit(
    api: &Api,
    headers: &HeaderMap,
    body: &[u8],
    caller: Option<Caller>,
    route: Route,
) -> Result<Option<Caller>, Problem> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let signed = Signed {
        legacy: text("x-webhook-signature"),
        id: text("webhook-id"),
        timestamp: text("webhook-timestamp"),
        standard: text("webhook-signature"),
    };
    let refused = |why: String| {
        tracing::warn!(
            component = "WEBHOOK",
            route = route.name,
            "a callback was refused: {why}"
        );
        Problem::new(StatusCode::UNAUTHORIZED, "unauthorized", why)
    };
    if signed.legacy.is_none() && signed.standard.is_none() {
        return match caller {
            Some(caller) if caller.scope >= Scope::Operate => Ok(Some(caller)),
            Some(caller) => Err(crate::api::auth::guard::too_small(&caller, Scope::Operate)),
            None => Err(refused(format!(
                "{}, or a token of scope operate",
                sign::Unsigned::Missing
            ))),
        };
    }
    let config = api.config();
    let Some(secret) = config.inbound.secrets.get(route.secret) else {
        return Err(refused(format!(
            "no secret is set for this route; set [inbound] secrets.{}",
            route.secret
        )));
    };
    let now = api.engine().now().0.div_euclid(1000);
    sign::verify(secret, &signed, body, now).map_err(|why| refused(why.to_string()))?;
    Ok(None)
}

/// By `webhook-id`, else the event's id, else the body itself.
fn known_by(headers: &HeaderMap, event_id: Option<&str>, hash: &[u8; 32]) -> String {
    let id = headers
        .get("webhook-id")
        .and_then(|value| value.to_str().ok())
        .filter(|id| !id.is_empty());
    match (id, event_id.filter(|id| !id.is_empty())) {
        (Some(id), _) => format!("id:{id}"),
        (None, Some(id)) => format!("event:{id}"),
        (None, None) => format!(
            "body:{}",
            hash.iter()
                .map(|byte| format!("{byte:02x}"))
                .collect::<String>()
        ),
    }
}

async fn find(api: &Api, caller: Option<&Caller>, said: &Said) -> Result<Arc<Workflow>, Problem> {
    let reader = api.engine().reader();
    let found = match (&said.id, &said.execution) {
        (Some(id), _) => reader.workflow(id).await?,
        (None, Some(execution)) => {
            let filter = Filter {
                execution_id: Some(execution.clone()),
                limit: 1,
                ..Filter::default()
            };
            reader.list(filter).await?.workflows.into_iter().next()
        }
        (None, None) => None,
    };
    let name = said
        .id
        .as_deref()
        .or(said.execution.as_deref())
        .unwrap_or_default();
    found.filter(|workflow| caller.is_none_or(|caller| caller.sees(&workflow.user))).ok_or_else(|| {
        tracing::warn!(component = "WEBHOOK", videoId = %excerpt(name), "a callback names no workflow that is known");
        Problem::not_found("workflow", name)
    })
}

/// Where the result is: exactly what the stages after need, nothing that was not asked for.
fn result(fields: &mut Fields, policy: &Policy) -> Values {
    let (mut outputs, mut place) = (Map::new(), false);
    for name in ["videoUrl", "thumbnailUrl"] {
        let Some(text) = fields.text(name) else {
            continue;
        };
        place |= name == "videoUrl";
        if let Err(problem) = url::read(&text, policy) {
            fields.problem(name, format!("`{}` {problem}", excerpt(&text)));
        }
        outputs.insert(name.to_owned(), text.into());
    }
    if let Some(key) = fields.text("s3Key") {
        let plain = !key.is_empty()
            && key.len() <= 1024
            && !key.starts_with('/')
            && !key.split('/').any(|part| part == "..");
        if !plain {
            fields.problem("s3Key", "must be the key of an object: up to 1024 bytes, without a leading `/` and without `..`");
        }
        place = true;
        outputs.insert("s3Key".to_owned(), key.into());
    }
    if !place {
        fields.problem(
            "videoUrl",
            "is missing; send videoUrl, or s3Key of an object in the store",
        );
    }
    for name in ["duration", "fileSize", "metadata", "resolution", "format"] {
        if let Some(value) = fields.any(name) {
            outputs.insert(name.to_owned(), value);
        }
    }
    json::values(&outputs)
}

/// The words of a failure: a text, or an object with `message` and `code`.
fn failure(value: Option<Value>) -> Word {
    let text = |value: &Value| {
        value
            .as_str()
            .map(|text| text.chars().take(MESSAGE).collect::<String>())
    };
    let (message, code) = match &value {
        Some(Value::Object(map)) => (
            map.get("message").and_then(text),
            map.get("code").and_then(text),
        ),
        Some(other) => (text(other), None),
        None => (None, None),
    };
    Word::Failed {
        message: message.unwrap_or_else(|| "the outside service failed without a word".to_owned()),
        code,
    }
}

fn read_worker(fields: &mut Fields, policy: &Policy) -> Said {
    const KNOWN: [&str; 4] = [
        "generation.started",
        "generation.progress",
        "generation.completed",
        "generation.failed",
    ];
    let id = fields.text("generationId");
    let job = fields.text("jobId");
    let id = fields.require("generationId", id.or(job));
    let event_id = fields.text("eventId");
    let event = fields.word("event", &KNOWN, |word| {
        KNOWN.into_iter().find(|known| *known == word)
    });
    let event = fields.require("event", event);
    let progress = fields.any("progress").and_then(|value| value.as_f64());
    let message = fields.text("message");
    let error = fields.any("error");
    let word = match event {
        Some("generation.completed") => {
            let mut inner = Fields::within(fields.object("result").unwrap_or_default(), "result.");
            let outputs = result(&mut inner, policy);
            let _ = inner.rest();
            fields.problems(inner.into_problems());
            Word::Completed { outputs }
        }
        Some("generation.failed") => failure(error),
        Some("generation.progress") => {
            let progress = fields.require("progress", progress).unwrap_or_default();
            Word::Progress { progress, message }
        }
        _ => Word::Started,
    };
    Said {
        id,
        execution: None,
        event_id,
        word,
    }
}

fn read_complete(fields: &mut Fields, policy: &Policy) -> Said {
    const KNOWN: [&str; 2] = ["ready", "failed"];
    let id = fields.text("videoId");
    let execution = fields.text("executionId");
    if id.is_none() && execution.is_none() {
        fields.require::<()>("videoId", None);
    }
    let event_id = fields.text("eventId");
    let status = fields.word("status", &KNOWN, |word| {
        KNOWN.into_iter().find(|known| *known == word)
    });
    let word = match fields.require("status", status) {
        Some("failed") => failure(fields.any("error")),
        Some(_) => Word::Completed {
            outputs: result(fields, policy),
        },
        None => Word::Started,
    };
    Said {
        id,
        execution,
        event_id,
        word,
    }
}

fn read_error(fields: &mut Fields, _: &Policy) -> Said {
    let id = fields.text("videoId");
    let execution = fields.text("executionId");
    if id.is_none() && execution.is_none() {
        fields.require::<()>("executionId", None);
    }
    let event_id = fields.text("eventId");
    let message = fields.text("errorMessage");
    let message = fields.require("errorMessage", message);
    Said {
        id,
        execution,
        event_id,
        word: failure(message.map(Value::String)),
    }
}
