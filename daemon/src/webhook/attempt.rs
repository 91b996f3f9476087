//! One attempt: the request as it goes out, and what is kept of what came back.

use super::sign;
use crate::config::Secret;
use crate::domain::Timestamp;
use crate::outbound::{Answer, Client, Failure, retry_after};
use crate::store::deliveries::{AttemptRow, DueRow};
use crate::store::endpoints::EndpointRow;
use http_body_util::Full;
use hyper::body::Bytes;
use hyper::header::{CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER, USER_AGENT};
use hyper::{Request, StatusCode};
use std::time::{Duration, Instant};

/// Bytes kept of an answer.
const KEPT: usize = 4 * 1024;

/// Where a delivery goes and what signs it.
#[derive(Debug, Clone)]
pub struct Destination {
    /// The URL.
    pub url: String,
    /// Further headers, already checked.
    pub headers: Vec<(String, String)>,
    /// Secrets that sign, the current one first; none: unsigned.
    pub secrets: Vec<Secret>,
}

impl Destination {
    /// An endpoint, as it is now.
    #[must_use]
    pub fn endpoint(row: &EndpointRow, now: Timestamp) -> Self {
        let old = row
            .old
            .iter()
            .filter(|(_, until)| *until > now)
            .map(|(secret, _)| secret.clone());
        Self {
            url: row.url.clone(),
            headers: row
                .headers
                .iter()
                .map(|(name, value)| (name.clone(), value.clone()))
                .collect(),
            secrets: row.secret.iter().cloned().chain(old).collect(),
        }
    }

    /// A workflow's own URL.
    #[must_use]
    pub fn own(url: &str, secret: Option<&Secret>) -> Self {
        Self {
            url: url.to_owned(),
            headers: Vec::new(),
            secrets: secret.into_iter().cloned().collect(),
        }
    }

    /// The headers of an attempt at `now`, in the order in which they are sent.
    #[must_use]
    pub fn headers(
        &self,
        event: &str,
        event_id: &str,
        body: &[u8],
        now: Timestamp,
    ) -> Vec<(String, String)> {
        let seconds = now.0.div_euclid(1000);
        let mut headers = self.headers.clone();
        let mut put = |name: &str, value: String| headers.push((name.to_owned(), value));
        put("Content-Type", "application/json".into());
        put(
            "User-Agent",
            concat!("Reel/", env!("CARGO_PKG_VERSION")).into(),
        );
        put("X-Webhook-Event", event.into());
        put("webhook-id", event_id.into());
        put("webhook-timestamp", seconds.to_string());
        if let Some(current) = self.secrets.first() {
            put("X-Webhook-Signature", sign::legacy(current, body));
            let all = self
                .secrets
                .iter()
                .map(|secret| sign::standard(secret, event_id, seconds, body));
            put("webhook-signature", all.collect::<Vec<_>>().join(" "));
        }
        if let Some(previous) = self.secrets.get(1) {
            put("X-Webhook-Signature-Previous", sign::legacy(previous, body));
        }
        headers
    }
}

/// What came of an attempt.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// As it is kept.
    pub row: AttemptRow,
    /// The receiver took it.
    pub delivered: bool,
    /// The receiver wants nothing more.
    pub gone: bool,
    /// The receiver asks for time.
    pub retry_after: Option<Duration>,
    /// `2xx`, `status`, or the class of what went wrong: for metrics.
    pub word: &'static str,
}

/// Sends a delivery once.
pub async fn attempt(
    client: &Client,
    delivery: &DueRow,
    to: &Destination,
    now: Timestamp,
) -> Outcome {
    let number = delivery.attempts + 1;
    let begun = Instant::now();
    let result = match request(client, delivery, to, now) {
        Ok(request) => client.send(request).await,
        Err(failure) => Err(failure),
    };
    let latency = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
    let row = AttemptRow {
        number,
        at: now,
        status: None,
        latency,
        error: None,
        response: String::new(),
    };
    match result {
        Ok(answer) => answered(row, &answer, to, now),
        Err(failure) => Outcome {
            row: AttemptRow {
                error: Some(failure.to_string()),
                ..row
            },
            delivered: false,
            gone: false,
            retry_after: None,
            word: failure.class.word(),
        },
    }
}

fn answered(row: AttemptRow, answer: &Answer, to: &Destination, now: Timestamp) -> Outcome {
    let asked = answer
        .headers
        .get(RETRY_AFTER)
        .and_then(|value| value.to_str().ok());
    let delivered = answer.status.is_success();
    Outcome {
        row: AttemptRow {
            status: Some(answer.status.as_u16()),
            response: kept(&answer.body, &to.secrets),
            ..row
        },
        delivered,
        gone: answer.status == StatusCode::GONE,
        retry_after: asked.and_then(|text| retry_after::read(text, now.0.div_euclid(1000))),
        word: if delivered { "2xx" } else { "status" },
    }
}

fn request(
    client: &Client,
    delivery: &DueRow,
    to: &Destination,
    now: Timestamp,
) -> Result<Request<Full<Bytes>>, Failure> {
    use crate::outbound::Class;
    let url = crate::outbound::url::read(&to.url, client.policy())
        .map_err(|problem| Failure::new(Class::Blocked, problem.to_string()))?;
    let refused = |error: &dyn std::fmt::Display| {
        Failure::new(Class::Connect, format!("no request could be made: {error}"))
    };
    let mut request = Request::post(url.as_str())
        .body(Full::new(Bytes::from(delivery.body.clone())))
        .map_err(|error| refused(&error))?;
    let headers = request.headers_mut();
    for (name, value) in to.headers(
        &delivery.event_type,
        &delivery.event_id,
        &delivery.body,
        now,
    ) {
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|error| refused(&error))?;
        let value = HeaderValue::from_str(&value).map_err(|error| refused(&error))?;
        headers.insert(name, value);
    }
    debug_assert!(headers.contains_key(CONTENT_TYPE) && headers.contains_key(USER_AGENT));
    Ok(request)
}

/// The beginning of an answer as text that harms no terminal and repeats no secret.
fn kept(body: &[u8], secrets: &[Secret]) -> String {
    let mut text = String::from_utf8_lossy(&body[..body.len().min(KEPT)]).into_owned();
    for secret in secrets {
        text = text.replace(secret.expose(), "[secret]");
    }
    text.retain(|c| !c.is_control() || matches!(c, '\n' | '\t'));
    text.truncate(text.floor_char_boundary(KEPT));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_of_an_answer_is_short_and_harmless() {
        let secret = Secret::new("very-secret");
        assert_eq!(
            kept(b"no \x1b[31mvery-secret\x00\nhere\xff", &[secret]),
            "no [31m[secret]\nhere\u{fffd}"
        );
        assert!(kept(&vec![0xff; 8192], &[]).len() <= KEPT);
    }

    #[test]
    fn both_secrets_sign_while_one_is_replaced() {
        let to = Destination {
            url: "https://h.example/".into(),
            headers: vec![("X-A".into(), "b".into())],
            secrets: vec![Secret::new("new-secret"), Secret::new("old-secret")],
        };
        let headers = to.headers("video.completed", "evt_1", b"{}", Timestamp(1_500));
        let value = |wanted: &str| {
            headers
                .iter()
                .find(|(name, _)| name == wanted)
                .map(|(_, value)| value.as_str())
        };
        assert_eq!(value("webhook-timestamp"), Some("1"));
        assert_eq!(value("webhook-signature").unwrap().split(' ').count(), 2);
        assert_eq!(
            value("X-Webhook-Signature"),
            Some(sign::legacy(&to.secrets[0], b"{}").as_str())
        );
        assert_eq!(
            value("X-Webhook-Signature-Previous"),
            Some(sign::legacy(&to.secrets[1], b"{}").as_str())
        );
        let unsigned = Destination::own("https://h.example/", None).headers(
            "video.failed",
            "evt_1",
            b"{}",
            Timestamp(0),
        );
        assert!(!unsigned.iter().any(|(name, _)| name.contains("ignature")));
    }
}
