//! `POST /api/video/{create,generate-video}`: requests for an outside maker, in the document's own fields; and
//! `POST /api/video/download-video`: a file from elsewhere.

use super::super::making::{Origin, checked, draft, made};
use crate::api::Api;
use crate::api::answer;
use crate::api::auth::Caller;
use crate::api::extract::Sent;
use crate::api::fields::Fields;
use crate::api::idempotency::Derived;
use crate::api::problem::{Problem, excerpt};
use crate::api::request_id::RequestId;
use crate::api::view::time;
use crate::cast::Cast;
use crate::domain::Workflow;
use crate::outbound::{Own, Policy, url};
use crate::pipeline::Draft;
use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Map, Value, json};
use std::sync::Arc;
use std::time::Duration;

/// Asks an outside maker.
const AVATAR: &str = "avatar";
/// Fetches a file.
const DOWNLOAD: &str = "download-video";
/// Characters of a name, as every workflow's.
const NAME: usize = 200;

/// A route to an outside maker.
struct Maker {
    /// `[external.NAME]`
    service: &'static str,
    /// Fields that must be there.
    wanted: &'static [&'static str],
    /// The field that the video is called by.
    title: &'static str,
}

const CREATE: Maker = Maker {
    service: "create",
    wanted: &["prompt", "name", "videoTopic", "email"],
    title: "videoTopic",
};
const GENERATE: Maker = Maker {
    service: "generate",
    wanted: &[
        "hook",
        "body",
        "conclusion",
        "avatar_title",
        "title",
        "email",
    ],
    title: "title",
};

/// What every handler of this file is given.
type Asking = (Caller, RequestId, Option<Derived>);

/// `POST /api/video/create`
pub async fn create(
    State(api): State<Api>,
    caller: Caller,
    Extension(request): Extension<RequestId>,
    derived: Option<Extension<Derived>>,
    sent: Sent,
) -> Result<Response, Problem> {
    let derived = derived.map(|one| one.0);
    ask(&api, (caller, request, derived), sent, &CREATE).await
}

/// `POST /api/video/generate-video`
pub async fn generate(
    State(api): State<Api>,
    caller: Caller,
    Extension(request): Extension<RequestId>,
    derived: Option<Extension<Derived>>,
    sent: Sent,
) -> Result<Response, Problem> {
    let derived = derived.map(|one| one.0);
    ask(&api, (caller, request, derived), sent, &GENERATE).await
}

async fn ask(api: &Api, asking: Asking, sent: Sent, maker: &Maker) -> Result<Response, Problem> {
    let mut body = sent.fields()?;
    let execution = execution(&mut body);
    let mut params = known(api, AVATAR, &mut body)?;
    for name in maker.wanted {
        if params.get(*name).is_none_or(is_blank) {
            body.problem(name, "is missing");
        }
    }
    params.insert("service".to_owned(), maker.service.into());
    voice(api, &mut params).await;
    let workflow = submit(api, &asking, body, AVATAR, params, maker.title, execution).await?;
    let now = api.engine().now();
    let expected = expected(api, &workflow, maker.service);
    let done = now
        .0
        .saturating_add(i64::try_from(expected.as_millis()).unwrap_or(i64::MAX));
    Ok(accepted(
        "Video generation started successfully",
        json!({
            "videoId": workflow.id,
            "status": "processing",
            "timestamp": time::text(now),
            "estimated_completion": time::text(crate::domain::Timestamp(done)),
            "note": "Video generation is running in the background",
        }),
    ))
}

/// `POST /api/video/download-video`
pub async fn download(
    State(api): State<Api>,
    caller: Caller,
    Extension(request): Extension<RequestId>,
    derived: Option<Extension<Derived>>,
    sent: Sent,
) -> Result<Response, Problem> {
    let asking = (caller, request, derived.map(|one| one.0));
    let mut body = sent.fields()?;
    let execution = execution(&mut body);
    let params = known(&api, DOWNLOAD, &mut body)?;
    if let Some(address) = params.get("videoUrl").and_then(Value::as_str) {
        let policy = Policy::of(&api.config().webhooks, Own::default());
        if let Err(problem) = url::read(address, &policy) {
            body.problem("videoUrl", format!("`{}` {problem}", excerpt(address)));
        }
    }
    let workflow = submit(&api, &asking, body, DOWNLOAD, params, "title", execution).await?;
    let now = time::text(api.engine().now());
    Ok(accepted(
        "Video download started",
        json!({ "videoId": workflow.id, "status": "processing", "timestamp": now }),
    ))
}

/// The outside service's own id, where it began the work itself.
fn execution(body: &mut Fields) -> Option<String> {
    let id = body.text("executionId")?;
    let plain = (1..=200).contains(&id.len()) && !id.chars().any(char::is_control);
    if !plain {
        body.problem("executionId", "must be one line of 1 to 200 characters");
    }
    Some(id)
}

/// Those fields of the body that are parameters of the pipeline; the rest is passed over.
fn known(api: &Api, pipeline: &str, body: &mut Fields) -> Result<Map<String, Value>, Problem> {
    let plan = api
        .catalogue()
        .get(pipeline)
        .map_err(|problem| Problem::field("pipeline", problem))?;
    let mut params = body.rest();
    params.retain(|name, value| {
        // An empty text is a form's way to leave a field out.
        let left_out = value.is_null() || is_blank(value);
        !left_out && plan.params.iter().any(|spec| spec.name == *name)
    });
    // Ours to say, not the request's.
    params.shift_remove("service");
    Ok(params)
}

fn is_blank(value: &Value) -> bool {
    value.as_str().is_some_and(|text| text.trim().is_empty())
}

/// The voice that goes with the avatar, unless the request names one. A catalogue that can't be read costs the voice, not
/// the video.
async fn voice(api: &Api, params: &mut Map<String, Value>) {
    let avatar = params.get("avatar_title").and_then(Value::as_str);
    let Some(avatar) = avatar.filter(|_| !params.contains_key("voice_id")) else {
        return;
    };
    let (avatar, config) = (avatar.to_owned(), api.config());
    let read = tokio::task::spawn_blocking(move || {
        let cast = Cast::read(&config).map_err(|error| error.to_string())?;
        Ok::<_, String>(cast.voice_for(&avatar).map(|voice| voice.voice_id.clone()))
    });
    match read.await.unwrap_or_else(|error| Err(error.to_string())) {
        Ok(Some(voice)) => {
            params.insert("voice_id".to_owned(), voice.into());
        }
        Ok(None) => {}
        Err(problem) => {
            tracing::warn!(
                component = "VIDEO",
                "no voice is chosen for the avatar: {problem}"
            );
        }
    }
}

async fn submit(
    api: &Api,
    (caller, request, derived): &Asking,
    mut body: Fields,
    pipeline: &str,
    params: Map<String, Value>,
    title: &str,
    execution_id: Option<String>,
) -> Result<Arc<Workflow>, Problem> {
    let origin = Origin {
        caller,
        request,
        surface: "service",
        derived: derived.as_ref(),
    };
    let name = params.get(title).and_then(Value::as_str).map(one_line);
    let draft = Draft {
        pipeline: pipeline.to_owned(),
        params,
        name,
        execution_id,
        ..draft(&origin, 0)
    };
    // The parameters stand at the top of this body.
    let submit = checked(api, draft, &mut body, |field| {
        field
            .strip_prefix("params.")
            .map_or_else(|| field.clone(), str::to_owned)
    })
    .await?;
    body.finish()?;
    made(api, submit, derived.as_ref()).await
}

/// A text as a name: its words on one line, cut where a name ends.
fn one_line(text: &str) -> String {
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    words
        .chars()
        .filter(|c| !c.is_control())
        .take(NAME)
        .collect()
}

/// How long it will take: by what such videos took before, else as the configuration expects of the maker.
fn expected(api: &Api, workflow: &Workflow, service: &str) -> Duration {
    let told = api.show_at_hand(workflow).estimated_time_remaining;
    let told = told.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    let external = &api.config().external;
    let usual = match service {
        "create" => external.create.expect,
        _ => external.generate.expect,
    };
    told.filter(|span| !span.is_zero()).unwrap_or(usual)
}

fn accepted(message: &str, data: Value) -> Response {
    let said = json!({ "success": true, "message": message, "data": data });
    answer::json(StatusCode::ACCEPTED, said.to_string().into())
}
