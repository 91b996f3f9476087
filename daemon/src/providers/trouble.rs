//! Why a service gave nothing, in the words and classes that stages answer with.

use crate::domain::ErrorClass;
use crate::outbound::{Answer, Class, Failure, retry_after};
use std::time::Duration;

/// So much of what a service says is told.
const WORDS: usize = 300;
/// How long a rate limit lasts that does not say.
pub(super) const UNSAID: Duration = Duration::from_secs(60);

/// A request that came to nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Trouble {
    /// Decides what happens next.
    pub class: ErrorClass,
    /// A short stable word.
    pub code: &'static str,
    /// What happened.
    pub message: String,
    /// What a person can do.
    pub hint: String,
    /// With `rate_limit` and `quota`: how long to wait.
    pub wait: Option<Duration>,
    /// The service may have taken the request: asking again might be paid twice.
    pub sent: bool,
}

impl Trouble {
    /// One that is no answer of a service's.
    #[must_use]
    pub fn new(class: ErrorClass, code: &'static str, message: String, hint: String) -> Self {
        Self {
            class,
            code,
            message,
            hint,
            wait: None,
            sent: false,
        }
    }

    /// A service's answer that can't be read.
    #[must_use]
    pub fn unreadable(provider: &str, problem: &str) -> Self {
        Self::new(
            ErrorClass::Provider,
            "bad_answer",
            format!("what {provider} answered can't be read: {problem}"),
            format!(
                "Look whether [providers.{provider}] base_url leads to a service that speaks its protocol."
            ),
        )
    }

    /// No answer at all.
    #[must_use]
    pub fn silent(provider: &str, failure: &Failure) -> Self {
        let (class, hint) = match failure.class {
            Class::Blocked => (
                ErrorClass::Config,
                "This address is not allowed; see [webhooks] allow_private.".to_owned(),
            ),
            _ => (
                ErrorClass::Network,
                format!(
                    "Look whether [providers.{provider}] base_url can be reached from this box."
                ),
            ),
        };
        Self {
            sent: failure.sent,
            ..Self::new(
                class,
                failure.class.word(),
                format!("{provider} gave no answer: {failure}"),
                hint,
            )
        }
    }

    /// An answer that is no success.
    #[must_use]
    pub fn refused(provider: &str, answer: &Answer, secret: &str) -> Self {
        let said = Said::of(&answer.body, secret);
        let status = answer.status.as_u16();
        let section = format!("[providers.{provider}]");
        let (class, code, hint) = match status {
            429 if said.is_spent() => (
                ErrorClass::Quota,
                "quota",
                format!("Raise the credit or quota of the account behind {section} api_key."),
            ),
            429 => (
                ErrorClass::RateLimit,
                "rate_limit",
                "It goes on by itself.".to_owned(),
            ),
            401 | 403 => (
                ErrorClass::Config,
                "unauthorized",
                format!(
                    "Set {section} api_key to a key that is valid and may do this, then retry."
                ),
            ),
            404 | 410 => (
                ErrorClass::Config,
                "not_there",
                format!(
                    "Check base_url and the model in {section}: the service does not know them (any more)."
                ),
            ),
            408 | 425 => (
                ErrorClass::Provider,
                "slow",
                "It is tried again by itself.".to_owned(),
            ),
            400..500 => (
                ErrorClass::Input,
                "refused",
                "Change what the message names, then retry.".to_owned(),
            ),
            _ => (
                ErrorClass::Provider,
                "unwell",
                "It is tried again by itself.".to_owned(),
            ),
        };
        let words = if said.message.is_empty() {
            String::new()
        } else {
            format!(": {}", said.message)
        };
        let wait = match class {
            ErrorClass::RateLimit => Some(pause(answer).unwrap_or(UNSAID)),
            ErrorClass::Quota => Some(pause(answer).unwrap_or(UNSAID * 60)),
            _ => None,
        };
        Self {
            wait,
            ..Self::new(
                class,
                code,
                format!("{provider} answered {status}{words}"),
                hint,
            )
        }
    }
}

/// How long the service asks to be left alone.
fn pause(answer: &Answer) -> Option<Duration> {
    let milliseconds = answer
        .headers
        .get("retry-after-ms")
        .and_then(|value| value.to_str().ok())
        .and_then(|text| text.trim().parse().ok())
        .map(Duration::from_millis);
    milliseconds
        .or_else(|| retry_after::of(&answer.headers))
        .or_else(|| reset(answer))
        .map(|wait| wait.max(Duration::from_secs(1)))
}

/// The moment of the reset, in seconds since 1970, as some services say it.
fn reset(answer: &Answer) -> Option<Duration> {
    let at: i64 = answer
        .headers
        .get("x-ratelimit-reset")?
        .to_str()
        .ok()?
        .trim()
        .parse()
        .ok()?;
    let left = at - jiff::Timestamp::now().as_second();
    u64::try_from(left)
        .ok()
        .filter(|left| *left > 0)
        .map(Duration::from_secs)
}

/// What an error's body says.
#[derive(Debug, Default)]
struct Said {
    message: String,
    code: String,
}

impl Said {
    fn of(body: &[u8], secret: &str) -> Self {
        let json: serde_json::Value = serde_json::from_slice(body).unwrap_or_default();
        let error = json.get("error").unwrap_or(&json);
        let text = |value: Option<&serde_json::Value>| {
            value.and_then(serde_json::Value::as_str).map(str::to_owned)
        };
        let message = text(Some(error))
            .or_else(|| text(error.get("message")))
            .or_else(|| text(json.get("message")))
            .unwrap_or_default();
        let code = text(error.get("code"))
            .or_else(|| text(error.get("type")))
            .or_else(|| text(error.get("status")))
            .unwrap_or_default();
        Self {
            message: told(&message, secret),
            code,
        }
    }

    /// Waiting a little won't help: credit or a day's quota is used up.
    fn is_spent(&self) -> bool {
        let message = self.message.to_lowercase();
        self.code == "insufficient_quota"
            || message.contains("per day")
            || message.contains("billing")
    }
}

/// A service's words in one line, without the key, should it repeat it.
fn told(text: &str, secret: &str) -> String {
    let hidden = if secret.is_empty() {
        text.to_owned()
    } else {
        text.replace(secret, "(hidden)")
    };
    let line = hidden
        .split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ");
    line.chars().take(WORDS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use hyper::{HeaderMap, StatusCode};

    fn answer(status: u16, body: &str, headers: &[(&'static str, &str)]) -> Answer {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.insert(*name, value.parse().unwrap());
        }
        Answer {
            status: StatusCode::from_u16(status).unwrap(),
            headers: map,
            body: body.as_bytes().to_vec(),
        }
    }

    #[test]
    fn every_refusal_has_its_class() {
        let class = |status: u16| Trouble::refused("openai", &answer(status, "", &[]), "").class;
        assert_eq!(class(401), ErrorClass::Config);
        assert_eq!(class(404), ErrorClass::Config);
        assert_eq!(class(400), ErrorClass::Input);
        assert_eq!(class(500), ErrorClass::Provider);
        assert_eq!(class(302), ErrorClass::Provider);
        assert_eq!(class(429), ErrorClass::RateLimit);
    }

    #[test]
    fn a_limit_says_how_long() {
        let wait = |headers: &[(&'static str, &str)]| {
            Trouble::refused("x", &answer(429, "", headers), "").wait
        };
        assert_eq!(
            wait(&[("retry-after", "30")]),
            Some(Duration::from_secs(30))
        );
        assert_eq!(
            wait(&[("retry-after-ms", "2500"), ("retry-after", "30")]),
            Some(Duration::from_millis(2_500))
        );
        assert_eq!(wait(&[]), Some(UNSAID));
        let spent = answer(
            429,
            r#"{"error":{"message":"You exceeded your quota","code":"insufficient_quota"}}"#,
            &[],
        );
        assert_eq!(Trouble::refused("x", &spent, "").class, ErrorClass::Quota);
    }

    #[test]
    fn a_repeated_key_is_hidden() {
        let body = r#"{"error":{"message":"Incorrect API key\nprovided: sk-secret."}}"#;
        let trouble = Trouble::refused("openai", &answer(401, body, &[]), "sk-secret");
        assert_eq!(
            trouble.message,
            "openai answered 401: Incorrect API key provided: (hidden)."
        );
        let plain = Trouble::refused("pexels", &answer(500, r#"{"error":"oops"}"#, &[]), "k");
        assert_eq!(plain.message, "pexels answered 500: oops");
    }
}
