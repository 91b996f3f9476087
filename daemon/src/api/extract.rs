//! What comes in with a request, read with errors that say exactly what is wrong: bodies as JSON objects within their
//! limits, queries, and ids of the path.

use super::Api;
use super::fields::Fields;
use super::listen::body::Late;
use super::problem::{Problem, excerpt};
use axum::body::{Body, Bytes};
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use serde_json::{Map, Value};

/// How deep a body's lists and objects may nest.
pub const MAX_DEPTH: usize = 64;
/// How much of a body that is too large is read and dropped, so that its sender comes to read the refusal.
const DRAINED: u64 = 8 * 1024 * 1024;

/// A body that was sent, or none.
pub struct Sent(Option<Map<String, Value>>);

impl Sent {
    /// The fields of a body that must be there.
    ///
    /// # Errors
    /// 400 without one.
    pub fn fields(self) -> Result<Fields, Problem> {
        self.0
            .map(Fields::new)
            .ok_or_else(|| Problem::malformed("the body is empty; send a JSON object"))
    }

    /// The fields of a body that may be left out.
    #[must_use]
    pub fn fields_or_none(self) -> Fields {
        Fields::new(self.0.unwrap_or_default())
    }
}

impl FromRequest<Api> for Sent {
    type Rejection = Problem;

    async fn from_request(request: Request, api: &Api) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        let bytes = read(&parts.headers, body, api.config().limits.body).await?;
        if bytes.iter().all(u8::is_ascii_whitespace) {
            return Ok(Self(None));
        }
        wants_json(&parts.headers)?;
        object(&bytes).map(|map| Self(Some(map)))
    }
}

/// Reads a body whole.
///
/// # Errors
/// 413 over `limit`, 408 when it is late, 400 when the connection broke.
pub async fn read(headers: &HeaderMap, mut body: Body, limit: u64) -> Result<Bytes, Problem> {
    let length = headers
        .get(header::CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    if length.is_some_and(|length| length > limit) {
        // Who asks first whether to send is told no; who has already begun is heard out as far as is cheap.
        if !headers.contains_key(header::EXPECT) {
            drain(&mut body).await;
        }
        return Err(too_large(limit));
    }
    let limited = Limited::new(&mut body, usize::try_from(limit).unwrap_or(usize::MAX));
    match limited.collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => {
            drain(&mut body).await;
            Err(too_large(limit))
        }
        Err(error) if is_late(&*error) => Err(Problem::new(
            StatusCode::REQUEST_TIMEOUT,
            "request_timeout",
            "the request's body did not come in time; send the whole request within 28 seconds",
        )),
        Err(error) => Err(Problem::malformed(format!(
            "the request's body could not be read: {error}"
        ))),
    }
}

fn too_large(limit: u64) -> Problem {
    Problem::new(
        StatusCode::PAYLOAD_TOO_LARGE,
        "body_too_large",
        format!("the body is over {limit} bytes; send less, or raise [limits] body"),
    )
}

async fn drain(body: &mut Body) {
    let mut seen = 0;
    while seen < DRAINED {
        match body.frame().await {
            Some(Ok(frame)) => seen += frame.data_ref().map_or(0, |data| data.len() as u64),
            Some(Err(_)) | None => return,
        }
    }
}

/// Whether a body's error is that it came too late or too slowly.
#[must_use]
pub fn is_late(error: &(dyn std::error::Error + 'static)) -> bool {
    std::iter::successors(Some(error), |error| error.source()).any(|error| error.is::<Late>())
}

/// 415 for a body that says it is something else.
fn wants_json(headers: &HeaderMap) -> Result<(), Problem> {
    let Some(value) = headers.get(header::CONTENT_TYPE) else {
        return Ok(());
    };
    let text = value.to_str().unwrap_or_default();
    let essence = text
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    if essence == "application/json"
        || (essence.starts_with("application/") && essence.ends_with("+json"))
    {
        return Ok(());
    }
    Err(Problem::new(
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "unsupported_media_type",
        format!(
            "the body is `{}`; send JSON with `Content-Type: application/json`",
            excerpt(text)
        ),
    ))
}

/// A JSON object.
///
/// # Errors
/// 400 with line and column, or with what is there in its place.
pub fn object(bytes: &[u8]) -> Result<Map<String, Value>, Problem> {
    if depth(bytes) > MAX_DEPTH {
        return Err(Problem::malformed(format!(
            "the body nests deeper than {MAX_DEPTH} levels"
        )));
    }
    let value: Value = serde_json::from_slice(bytes)
        .map_err(|error| Problem::malformed(format!("the body is not JSON: {error}")))?;
    match value {
        Value::Object(map) => Ok(map),
        other => Err(Problem::malformed(format!(
            "the body is {}; send an object",
            super::fields::kind(&other)
        ))),
    }
}

/// The deepest nesting of a JSON text, brackets within strings not counted; right for all that parses.
fn depth(bytes: &[u8]) -> usize {
    let (mut deepest, mut now, mut quoted, mut escaped) = (0_usize, 0_usize, false, false);
    for byte in bytes {
        if quoted {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => quoted = false,
                _ => {}
            }
            continue;
        }
        match byte {
            b'"' => quoted = true,
            b'{' | b'[' => {
                now += 1;
                deepest = deepest.max(now);
            }
            b'}' | b']' => now = now.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

/// The query, each name once.
pub struct Asked(pub Fields);

impl<S: Sync> FromRequestParts<S> for Asked {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let Ok(Query(pairs)) = Query::<Vec<(String, String)>>::try_from_uri(&parts.uri) else {
            return Err(Problem::malformed(
                "the query is not `name=value&…` in percent-encoded UTF-8",
            ));
        };
        let mut map = Map::with_capacity(pairs.len());
        for (name, value) in pairs {
            if map.contains_key(&name) {
                return Err(Problem::field(
                    excerpt(&name),
                    "is given more than once; give it once",
                ));
            }
            map.insert(name, Value::String(value));
        }
        Ok(Self(Fields::of_query(map)))
    }
}

/// Whether a text can be an id at all; what can't names nothing.
#[must_use]
pub fn is_id(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    (1..=64).contains(&text.len()) && text.bytes().all(allowed)
}

/// The first id of the path: one that can be an id.
pub struct Id(pub String);

impl<S: Send + Sync> FromRequestParts<S> for Id {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let path = Path::<Vec<(String, String)>>::from_request_parts(parts, state).await;
        let Ok(Path(pairs)) = path else {
            return Err(Problem::malformed("the path is not percent-encoded UTF-8"));
        };
        let text = pairs
            .into_iter()
            .next()
            .map(|(_, text)| text)
            .unwrap_or_default();
        if is_id(&text) {
            Ok(Self(text))
        } else {
            Err(Problem::not_found("workflow", &text))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_body_that_is_no_object_is_told_what_it_is() {
        let said = |bytes: &[u8]| object(bytes).unwrap_err().said.message;
        assert!(said(b"[1]").contains("is a list"), "{}", said(b"[1]"));
        assert!(said(b"{\"a\":").contains("line 1"), "{}", said(b"{\"a\":"));
        assert!(said(b"\xff").contains("not JSON"));
        let deep = "[".repeat(65) + &"]".repeat(65);
        assert!(said(format!("{{\"a\":{deep}}}").as_bytes()).contains("deeper than 64"));
        assert!(said("[".repeat(1_000_000).as_bytes()).contains("deeper"));
        assert!(object(br#"{"a":"[[[[","b":"\"{"}"#).is_ok());
    }

    #[test]
    fn other_media_types_are_refused() {
        let with =
            |text: &str| HeaderMap::from_iter([(header::CONTENT_TYPE, text.parse().unwrap())]);
        assert!(wants_json(&HeaderMap::new()).is_ok());
        assert!(wants_json(&with("Application/JSON; charset=utf-8")).is_ok());
        assert!(wants_json(&with("application/problem+json")).is_ok());
        assert_eq!(
            wants_json(&with("text/plain")).unwrap_err().status,
            StatusCode::UNSUPPORTED_MEDIA_TYPE
        );
    }

    #[tokio::test]
    async fn a_body_is_read_up_to_its_limit() {
        let headers = HeaderMap::new();
        assert_eq!(
            read(&headers, Body::from("12345"), 5).await.unwrap(),
            "12345"
        );
        assert_eq!(
            read(&headers, Body::from("123456"), 5)
                .await
                .unwrap_err()
                .status,
            StatusCode::PAYLOAD_TOO_LARGE
        );
        let told = HeaderMap::from_iter([(header::CONTENT_LENGTH, "6".parse().unwrap())]);
        assert_eq!(
            read(&told, Body::empty(), 5).await.unwrap_err().status,
            StatusCode::PAYLOAD_TOO_LARGE
        );
    }

    proptest! {
        #[test]
        fn any_bytes_are_taken_without_harm(bytes: Vec<u8>) {
            let _ = object(&bytes);
        }

        #[test]
        fn ids_follow_the_rule(text in "\\PC{0,70}") {
            let rule = regex::Regex::new("^[A-Za-z0-9_-]{1,64}$").unwrap();
            prop_assert_eq!(is_id(&text), rule.is_match(&text));
        }
    }
}
