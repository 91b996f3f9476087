//! The request's id: what a client sends as `X-Request-Id`, if it is sane, else one of ours. It stands in every answer,
//! log line, event and program that the request causes, so nothing else than plain characters may come in by it.

use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;
use std::sync::Arc;
use tracing::Instrument as _;

/// The header.
pub const HEADER: HeaderName = HeaderName::from_static("x-request-id");
/// The longest id that is taken from a client.
const LONGEST: usize = 64;

/// The id of the request at hand; every request has it among its extensions.
#[derive(Debug, Clone)]
pub struct RequestId(pub Arc<str>);

/// A new id: 96 random bits in hexadecimal.
#[must_use]
pub fn make() -> String {
    use std::fmt::Write as _;
    let mut bytes = [0_u8; 12];
    if getrandom::fill(&mut bytes).is_err() {
        // Only a name: without the system's randomness the clock tells requests apart well enough.
        let nanos = std::time::SystemTime::UNIX_EPOCH
            .elapsed()
            .map_or(0, |since| since.as_nanos());
        bytes.copy_from_slice(&nanos.to_le_bytes()[..12]);
    }
    bytes
        .iter()
        .fold(String::with_capacity(24), |mut text, byte| {
            // Writing to a string can't fail.
            let _ = write!(text, "{byte:02x}");
            text
        })
}

fn sane(value: &HeaderValue) -> Option<&str> {
    let text = value.to_str().ok()?;
    let allowed = |byte: u8| {
        byte.is_ascii_alphanumeric()
            || matches!(byte, b'-' | b'_' | b'.' | b':' | b'/' | b'+' | b'=')
    };
    (!text.is_empty() && text.len() <= LONGEST && text.bytes().all(allowed)).then_some(text)
}

/// Outermost layer: names the request, in its span and in its answer.
pub async fn layer(mut request: Request, next: Next) -> Response {
    let id: Arc<str> = match request.headers().get(HEADER).and_then(sane) {
        Some(text) => Arc::from(text),
        None => Arc::from(make()),
    };
    request.extensions_mut().insert(RequestId(Arc::clone(&id)));
    let span = tracing::info_span!("request", requestId = %id);
    let mut answer = next.run(request).instrument(span).await;
    if let Ok(value) = HeaderValue::from_str(&id) {
        answer.headers_mut().insert(HEADER, value);
    }
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_ids_are_taken() {
        assert_eq!(
            sane(&HeaderValue::from_static("req-1_a.b:c/d")),
            Some("req-1_a.b:c/d")
        );
        for bad in ["", "a b", "a\"b", "<x>", &"x".repeat(65)] {
            assert_eq!(sane(&HeaderValue::from_str(bad).unwrap()), None, "{bad:?}");
        }
    }

    #[test]
    fn made_ids_differ_and_are_sane() {
        let (one, two) = (make(), make());
        assert_ne!(one, two);
        assert!(sane(&HeaderValue::from_str(&one).unwrap()).is_some());
    }
}
