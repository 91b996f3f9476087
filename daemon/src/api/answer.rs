//! What goes out when all went well: the data in its envelope, never cached, told apart by an `ETag`.

use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http_body_util::BodyExt as _;
use serde::Serialize;
use sha2::{Digest as _, Sha256};

/// `{"success": true, "data": …}` with a status.
pub struct Answer<T> {
    status: StatusCode,
    data: T,
}

#[derive(Serialize)]
struct Envelope<T> {
    success: bool,
    data: T,
}

/// 200.
pub fn ok<T: Serialize>(data: T) -> Answer<T> {
    Answer {
        status: StatusCode::OK,
        data,
    }
}

/// 201: a thing was made.
pub fn created<T: Serialize>(data: T) -> Answer<T> {
    Answer {
        status: StatusCode::CREATED,
        data,
    }
}

/// 202: work begins.
pub fn accepted<T: Serialize>(data: T) -> Answer<T> {
    Answer {
        status: StatusCode::ACCEPTED,
        data,
    }
}

impl<T: Serialize> IntoResponse for Answer<T> {
    fn into_response(self) -> Response {
        match serde_json::to_vec(&Envelope {
            success: true,
            data: self.data,
        }) {
            Ok(bytes) => json(self.status, bytes.into()),
            Err(error) => super::problem::Problem::internal("the answer has no JSON form", &error)
                .into_response(),
        }
    }
}

/// An answer of JSON text.
#[must_use]
pub fn json(status: StatusCode, bytes: Bytes) -> Response {
    let mut answer = Response::new(Body::from(bytes));
    *answer.status_mut() = status;
    let headers = answer.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/json"),
    );
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}

/// Layer of status answers: names what is sent by its hash, and sends nothing to a client that has it.
pub async fn tagged(request: Request, next: Next) -> Response {
    let known = request
        .headers()
        .get_all(header::IF_NONE_MATCH)
        .iter()
        .cloned()
        .collect::<Vec<_>>();
    let looks = matches!(*request.method(), Method::GET | Method::HEAD);
    let answer = next.run(request).await;
    if !looks || answer.status() != StatusCode::OK {
        return answer;
    }
    let (mut parts, body) = answer.into_parts();
    // Our own answers are whole in memory: collecting takes no time and can't fail.
    let Ok(collected) = body.collect().await else {
        return super::problem::Problem::internal(
            "the answer could not be put together",
            &"its body failed",
        )
        .into_response();
    };
    let bytes = collected.to_bytes();
    let Some(tag) = tag(&bytes) else {
        return Response::from_parts(parts, Body::from(bytes));
    };
    let same = matches(&known, &tag);
    parts.headers.insert(header::ETAG, tag);
    if same {
        parts.status = StatusCode::NOT_MODIFIED;
        strip(&mut parts.headers);
        return Response::from_parts(parts, Body::empty());
    }
    Response::from_parts(parts, Body::from(bytes))
}

fn strip(headers: &mut HeaderMap) {
    headers.remove(header::CONTENT_TYPE);
    headers.remove(header::CONTENT_LENGTH);
}

fn tag(bytes: &[u8]) -> Option<HeaderValue> {
    use std::fmt::Write as _;
    let mut text = String::with_capacity(34);
    text.push('"');
    for byte in &Sha256::digest(bytes)[..16] {
        // Writing to a string can't fail.
        let _ = write!(text, "{byte:02x}");
    }
    text.push('"');
    HeaderValue::from_str(&text).ok()
}

/// Whether a client's `If-None-Match` names this tag; weak ones match too, as the comparison for reading wants.
fn matches(known: &[HeaderValue], tag: &HeaderValue) -> bool {
    let lists = known.iter().filter_map(|value| value.to_str().ok());
    lists
        .flat_map(|list| list.split(','))
        .map(str::trim)
        .any(|one| one == "*" || one.strip_prefix("W/").unwrap_or(one).as_bytes() == tag.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_known_again_among_others() {
        let tag = tag(b"x").unwrap();
        let text = tag.to_str().unwrap();
        let list = |text: &str| vec![HeaderValue::from_str(text).unwrap()];
        assert!(matches(&list(text), &tag));
        assert!(matches(&list(&format!("\"a\", W/{text}")), &tag));
        assert!(matches(&list("*"), &tag));
        assert!(!matches(&list("\"a\", b"), &tag));
        assert!(!matches(&[], &tag));
    }
}
