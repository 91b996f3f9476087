//! What YouTube refuses, by who can do something about it.

use crate::outbound::{Answer, Failure, retry_after};
use serde_json::Value;
use std::time::Duration;

/// Who has to act, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// It may work in a moment: the network, their servers.
    Passing,
    /// Too quickly: after a while.
    Rate,
    /// The project's day is used up.
    Quota,
    /// The channel's own day is used up.
    ChannelLimit,
    /// A person has to give consent again, or mend the credentials.
    Consent,
    /// What is published is not as it may be.
    Metadata,
    /// The session is over: from the beginning.
    SessionGone,
    /// Something that nobody foresaw.
    Other,
}

/// A refusal.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Refusal {
    /// Who has to act.
    pub kind: Kind,
    /// YouTube's own word for it, or ours.
    pub code: String,
    /// In words.
    pub message: String,
    /// How long it asks to be left alone.
    pub wait: Option<Duration>,
}

impl Refusal {
    pub(super) fn new(kind: Kind, code: &str, message: impl Into<String>) -> Self {
        Self {
            kind,
            code: code.to_owned(),
            message: message.into(),
            wait: None,
        }
    }

    pub(super) fn network(failure: Failure) -> Self {
        Self::new(Kind::Passing, "network", failure.to_string())
    }

    pub(super) fn broken(message: &str) -> Self {
        Self::new(Kind::Other, "unexpected", message)
    }

    /// Whether trying again without a person may help.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        !matches!(self.kind, Kind::Consent | Kind::Metadata | Kind::Other)
    }

    /// What an answer other than success says.
    pub(super) fn of(answer: &Answer) -> Self {
        let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        let error = &body["error"];
        let status = answer.status.as_u16();
        let word = error["errors"][0]["reason"]
            .as_str()
            .or_else(|| error["status"].as_str())
            .map_or_else(|| format!("http_{status}"), str::to_owned);
        let said = error["message"].as_str().unwrap_or_default();
        let said: String = said.chars().filter(|c| !c.is_control()).take(300).collect();
        let mut refusal = Self::new(
            kind(status, &word),
            &word,
            format!("YouTube answered {status} {word}: {said}").trim_end_matches([':', ' ']),
        );
        refusal.wait = retry_after::of(&answer.headers);
        refusal
    }
}

fn kind(status: u16, word: &str) -> Kind {
    match (status, word) {
        (_, "quotaExceeded" | "dailyLimitExceeded") => Kind::Quota,
        (_, "uploadLimitExceeded") => Kind::ChannelLimit,
        (_, "rateLimitExceeded" | "userRateLimitExceeded" | "uploadRateLimitExceeded")
        | (429, _) => Kind::Rate,
        (408 | 500.., _) => Kind::Passing,
        (401, _)
        | (
            403,
            "forbidden"
            | "insufficientPermissions"
            | "accountDelegationForbidden"
            | "authenticatedUserAccountSuspended"
            | "authenticatedUserAccountClosed",
        ) => Kind::Consent,
        (404 | 410, _) => Kind::SessionGone,
        (400 | 403 | 413 | 422, _) => Kind::Metadata,
        _ => Kind::Other,
    }
}

pub(super) fn check(answer: &Answer) -> Result<(), Refusal> {
    if answer.status.is_success() {
        Ok(())
    } else {
        Err(Refusal::of(answer))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_refusal_says_who_has_to_act() {
        assert_eq!(kind(403, "quotaExceeded"), Kind::Quota);
        assert_eq!(kind(400, "uploadLimitExceeded"), Kind::ChannelLimit);
        assert_eq!(kind(403, "rateLimitExceeded"), Kind::Rate);
        assert_eq!(kind(503, "backendError"), Kind::Passing);
        assert_eq!(kind(401, "authError"), Kind::Consent);
        assert_eq!(kind(400, "invalidTitle"), Kind::Metadata);
        assert_eq!(kind(404, "http_404"), Kind::SessionGone);
        assert_eq!(kind(418, "teapot"), Kind::Other);
    }
}
