//! `external`: asks an outside maker for the work by a signed request, and waits for its callback.
//!
//! ```text
//!  nothing noted ─▶ noted: asking ─▶ request ─┬▶ 2xx ─▶ noted: asked ─▶ waits for the callback
//!                                             ├▶ refused ─▶ note taken back ─▶ fails, or is tried again
//!                                             └▶ no answer ─▶ it may have been taken: waits for the callback
//!  noted: asking or asked (the daemon died) ─▶ waits for the callback; it isn't asked again
//! ```
//!
//! The work may cost money, so it is asked for at most once in an attempt: the note is on the disk before the request goes
//! out. Whoever tries the stage again by hand asks again, under another key.

mod note;
mod offline;

use super::settings;
use crate::attempt_log::Level;
use crate::config::ExternalService;
use crate::domain::{ErrorClass, Value, Values};
use crate::executor::stage::{StageContext, StageError};
use crate::outbound::{Answer, Failure, Limits, retry_after};
use crate::pipeline::json;
use crate::signing;
use http_body_util::Full;
use hyper::body::Bytes;
use hyper::header::{HeaderMap, HeaderName, HeaderValue};
use hyper::{Request, StatusCode};
use note::Note;
use serde_json::{Map, Value as Json};
use std::time::Duration;

/// The parameter that names the maker, and is not sent to it.
const SERVICE: &str = "service";
/// What an answer may take, and what is read of it.
const LIMITS: Limits = Limits {
    connect: Duration::from_secs(10),
    total: Duration::from_secs(30),
    read: 64 * 1024,
};
/// Characters of a maker's own id of the work.
const LONGEST_ID: usize = 200;
/// What a maker that asks for patience without saying how much gets.
const PATIENCE: Duration = Duration::from_secs(60);

/// Runs the stage.
///
/// # Errors
/// `NeedsCallback` when the maker took it; class `config` without a maker or when it refuses us; `input` when it refuses the
/// request; `network`, `provider` when it can't be asked now.
pub async fn run(context: StageContext) -> Result<Values, StageError> {
    let name = settings::text(&context.with, SERVICE)
        .or_else(|| settings::text(&context.params, SERVICE))
        .unwrap_or("create")
        .to_owned();
    let Some(service) = context.config.external.named(&name).cloned() else {
        return Err(StageError::failed(
            ErrorClass::Config,
            "unknown_maker",
            format!("there is no maker `{name}`"),
            "Write service = \"create\" or \"generate\".",
        ));
    };
    let Some(url) = service.url.clone() else {
        return offline::run(&context, &name).await;
    };
    if let Some(note) = Note::read(&context).await? {
        return Err(resumed(&context, &service, &note));
    }
    let note = Note::asking(jiff::Timestamp::now().as_millisecond());
    note.keep(&context).await?;
    context.log(Level::Info, &format!("asking the maker `{name}`"));
    let request = request(&context, &service, &url)?;
    let client = context.outside.trusted(LIMITS);
    let answer = tokio::select! {
        () = context.cancelled().cancelled() => return Err(StageError::Cancelled),
        answer = client.send(request) => answer,
    };
    match answer {
        Ok(answer) if answer.status.is_success() => {
            let execution_id = execution_id(&answer.body);
            let note = note.asked(execution_id.clone());
            note.keep(&context).await?;
            context.log(
                Level::Info,
                &match &execution_id {
                    Some(id) => format!("the maker `{name}` took it as {id}"),
                    None => format!("the maker `{name}` took it"),
                },
            );
            Err(waits(
                &service,
                &note,
                format!("the maker `{name}` works on it"),
            ))
        }
        Ok(answer) => {
            Note::take_back(&context).await?;
            Err(refused(&name, &answer))
        }
        Err(failure) if failure.sent => {
            let words = format!(
                "the maker `{name}` gave no answer ({failure}); it may have taken the request, so it is not asked again"
            );
            context.log(Level::Warn, &words);
            Err(waits(&service, &note, words))
        }
        Err(failure) => {
            Note::take_back(&context).await?;
            Err(unreached(&name, &failure))
        }
    }
}

/// An earlier call of this attempt got so far.
fn resumed(context: &StageContext, service: &ExternalService, note: &Note) -> StageError {
    let words = if note.taken {
        "the maker works on it".to_owned()
    } else {
        "the daemon ended while the maker was asked; it may have taken the request, so it is not asked again".to_owned()
    };
    context.log(Level::Info, &format!("{words}; waiting for its callback"));
    waits(service, note, words)
}

/// The wait for the callback, counted from when the maker was asked.
fn waits(service: &ExternalService, note: &Note, reason: String) -> StageError {
    let now = jiff::Timestamp::now().as_millisecond();
    let gone = Duration::from_millis(u64::try_from(now.saturating_sub(note.at)).unwrap_or(0));
    StageError::NeedsCallback {
        deadline: service.timeout.saturating_sub(gone),
        reason,
        execution_id: note.execution_id.clone(),
    }
}

/// The request's fields, with what a maker needs to call back.
fn body(context: &StageContext) -> Vec<u8> {
    let mut fields: Map<String, Json> = Map::new();
    for (name, value) in &context.params {
        if name != SERVICE && *value != Value::Null {
            fields.insert(name.clone(), json::to_json(value));
        }
    }
    let base = &context.outside.public_url;
    for (name, value) in [
        ("videoId", context.workflow_id.clone()),
        ("userId", context.user.clone()),
        ("callbackUrl", format!("{base}/api/webhook/video-complete")),
        ("errorUrl", format!("{base}/api/webhook/workflow-error")),
    ] {
        fields.insert(name.to_owned(), value.into());
    }
    Json::Object(fields).to_string().into_bytes()
}

fn request(
    context: &StageContext,
    service: &ExternalService,
    url: &str,
) -> Result<Request<Full<Bytes>>, StageError> {
    let body = body(context);
    let id = format!(
        "{}-{}-{}",
        context.workflow_id, context.stage_id, context.attempt
    );
    let seconds = jiff::Timestamp::now().as_second();
    let mut headers = vec![
        ("content-type", "application/json".to_owned()),
        (
            "user-agent",
            concat!("Reel/", env!("CARGO_PKG_VERSION")).to_owned(),
        ),
        ("x-webhook-event", "video.requested".to_owned()),
        ("x-request-id", context.request_id.clone()),
        ("idempotency-key", id.clone()),
        ("webhook-id", id.clone()),
        ("webhook-timestamp", seconds.to_string()),
    ];
    if let Some(secret) = &service.secret {
        headers.push(("x-webhook-signature", signing::legacy(secret, &body)));
        let standard = signing::standard(secret, &id, seconds, &body);
        headers.push(("webhook-signature", standard));
    }
    let wrong = |error: &dyn std::fmt::Display| {
        StageError::failed(
            ErrorClass::Config,
            "maker_url",
            format!("no request can be made to the maker: {error}"),
            "Correct [external] url.",
        )
    };
    let mut request = Request::post(url)
        .body(Full::new(Bytes::from(body)))
        .map_err(|error| wrong(&error))?;
    let map: &mut HeaderMap = request.headers_mut();
    for (name, value) in headers {
        // A request id that a client brought may hold what no header can: it is then left out.
        if let Ok(value) = HeaderValue::from_str(&value) {
            map.insert(HeaderName::from_static(name), value);
        }
    }
    Ok(request)
}

/// The maker's own id of the work, wherever it says it.
fn execution_id(body: &[u8]) -> Option<String> {
    let said: Json = serde_json::from_slice(body).ok()?;
    let said = said
        .as_array()
        .and_then(|list| list.first())
        .unwrap_or(&said);
    let places = [said, &said["data"]];
    let found = places
        .iter()
        .flat_map(|place| [&place["executionId"], &place["execution_id"]])
        .find_map(|value| match value {
            Json::String(text) => Some(text.clone()),
            Json::Number(number) => Some(number.to_string()),
            _ => None,
        })?;
    let fits = !found.is_empty()
        && found.chars().count() <= LONGEST_ID
        && !found.chars().any(char::is_control);
    fits.then_some(found)
}

fn refused(name: &str, answer: &Answer) -> StageError {
    let status = answer.status;
    let words = String::from_utf8_lossy(&answer.body);
    let said: String = words
        .chars()
        .filter(|c| !c.is_control())
        .take(300)
        .collect();
    let message = format!("the maker `{name}` answered {status}: {}", said.trim());
    if status == StatusCode::TOO_MANY_REQUESTS || status == StatusCode::SERVICE_UNAVAILABLE {
        return StageError::Parked {
            wait: retry_after::of(&answer.headers).unwrap_or(PATIENCE),
            reason: message,
            class: Some(ErrorClass::RateLimit),
        };
    }
    let (class, hint) = match status.as_u16() {
        408 | 500.. => (
            ErrorClass::Provider,
            "It is asked again by itself; look at the maker's own log.".to_owned(),
        ),
        300..=399 | 401 | 403 | 404 | 410 => (
            ErrorClass::Config,
            format!("Correct url and secret of [external.{name}], then retry."),
        ),
        _ => (
            ErrorClass::Input,
            "Correct what the maker did not like, and submit it anew.".to_owned(),
        ),
    };
    StageError::failed(class, &format!("maker_{}", status.as_u16()), message, hint)
}

fn unreached(name: &str, failure: &Failure) -> StageError {
    StageError::failed(
        ErrorClass::Network,
        "maker_unreached",
        format!("the maker `{name}` can't be reached: {failure}"),
        format!(
            "It is tried again by itself; look whether [external.{name}] url is right and the maker runs."
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_makers_own_id_is_found_wherever_it_stands() {
        let id = |text: &str| execution_id(text.as_bytes());
        assert_eq!(id(r#"{"executionId":"e1"}"#).as_deref(), Some("e1"));
        assert_eq!(id(r#"[{"execution_id":7}]"#).as_deref(), Some("7"));
        assert_eq!(
            id(r#"{"data":{"executionId":"e2"}}"#).as_deref(),
            Some("e2")
        );
        for none in [
            "",
            "ok",
            "{}",
            r#"{"executionId":""}"#,
            r#"{"executionId":["x"]}"#,
        ] {
            assert_eq!(id(none), None, "{none}");
        }
        assert_eq!(
            id(&format!(r#"{{"executionId":"{}"}}"#, "x".repeat(201))),
            None
        );
    }

    #[test]
    fn what_a_maker_answers_decides_who_has_to_act() {
        let class = |status: u16| {
            let answer = Answer {
                status: StatusCode::from_u16(status).unwrap(),
                headers: HeaderMap::new(),
                body: b"no".to_vec(),
            };
            match refused("create", &answer) {
                StageError::Failed { class, .. } => Some(class),
                _ => None,
            }
        };
        assert_eq!(class(500), Some(ErrorClass::Provider));
        assert_eq!(class(401), Some(ErrorClass::Config));
        assert_eq!(class(302), Some(ErrorClass::Config));
        assert_eq!(class(422), Some(ErrorClass::Input));
        assert_eq!(class(429), None);
    }
}
