//! Callbacks of outside services, by three routes that say the same in different words: `worker` of the generations,
//! `video-complete` and `workflow-error` of the video service. Signed, or with a token; read from their raw bytes.

mod words;

use crate::api::Api;
use crate::api::answer;
use crate::api::auth::{Caller, Scope};
use crate::api::extract;
use crate::api::fields::Fields;
use crate::api::problem::{Problem, excerpt};
use crate::api::surfaces::words as said;
use crate::domain::Workflow;
use crate::outbound::{Own, Policy};
use crate::store::list::Filter;
use crate::webhook::inbound::{self, Callback, Phrase, Taken};
use crate::webhook::sign::{self, Signed};
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde_json::Map;
use sha2::{Digest as _, Sha256};
use std::sync::Arc;
use words::Said;

/// Bytes of a callback.
const LARGEST: u64 = 1024 * 1024;

/// A route: whose secret signs, and how its answers speak.
#[derive(Clone, Copy)]
struct Route {
    name: &'static str,
    /// At the beginning of a line of the log.
    title: &'static str,
    secret: &'static str,
    id_key: &'static str,
    status: said::Words,
}

const WORKER: Route = Route {
    name: "worker",
    title: "Worker",
    secret: "worker",
    id_key: "generationId",
    status: said::generation,
};
const COMPLETE: Route = Route {
    name: "video-complete",
    title: "Completion",
    secret: "n8n",
    id_key: "videoId",
    status: said::video,
};
const ERROR: Route = Route {
    name: "workflow-error",
    title: "Error",
    secret: "n8n",
    id_key: "videoId",
    status: said::video,
};

/// `POST /api/webhooks/worker`
pub async fn worker(State(api): State<Api>, request: Request) -> Result<Response, Problem> {
    take(api, request, WORKER, words::worker).await
}

/// `POST /api/webhook/video-complete`
pub async fn video_complete(State(api): State<Api>, request: Request) -> Result<Response, Problem> {
    take(api, request, COMPLETE, words::complete).await
}

/// `POST /api/webhook/workflow-error`
pub async fn workflow_error(State(api): State<Api>, request: Request) -> Result<Response, Problem> {
    take(api, request, ERROR, words::error).await
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
    let config = api.config();
    let policy = Policy::of(&config.webhooks, Own::default()).trusting(config.external.urls());
    let event = extract::object(&bytes)?
        .get("event")
        .and_then(|event| event.as_str().map(excerpt));
    let said = read(&mut fields, &policy);
    // A document's surface: what is not known is passed over.
    let _ = fields.rest();
    tracing::info!(
        component = "WEBHOOK",
        route = route.name,
        event,
        videoId = said.id,
        jobId = said.id,
        generationId = said.id,
        executionId = said.execution,
        "{} webhook received",
        route.title
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
        data.insert(
            "status".to_owned(),
            (route.status)(said::standing(after)).into(),
        );
        data.insert("duplicate".to_owned(), duplicate.into());
        serde_json::json!({ "success": true, "data": data })
            .to_string()
            .into_bytes()
    });
    tracing::info!(
        component = "WEBHOOK", route = route.name, videoId = %workflow.id, generationId = %workflow.id, event,
        status = said.word.status(), requestId = %workflow.request_id, "Updating generation in DB"
    );
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
    tracing::info!(component = "WEBHOOK", route = route.name, videoId = %after.id, generationId = %after.id, duplicate, "Webhook processed successfully");
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
