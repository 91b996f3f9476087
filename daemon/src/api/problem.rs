//! Every error that leaves the daemon over HTTP, and the one mapping onto it from the errors of the rooms below. The body
//! is always `{"success": false, "error": {"code", "message", "details"?}}`; never HTML, never empty.

use crate::domain::Refusal;
use crate::engine::EngineError;
use crate::store::StoreError;
use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use reel_shared::problem::{FieldProblem, Problem as Said, ProblemBody};
use serde_json::{Value, json};
use std::time::Duration;

/// An error answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Problem {
    /// The HTTP status.
    pub status: StatusCode,
    /// What the body says.
    pub said: Box<Said>,
    /// For 429 and 503: when it is worth trying again.
    pub retry_after: Option<Duration>,
}

impl Problem {
    /// A problem with a stable word and a sentence for people.
    #[must_use]
    pub fn new(status: StatusCode, code: &str, message: impl Into<String>) -> Self {
        let said = Box::new(Said {
            code: code.to_owned(),
            message: message.into(),
            details: None,
        });
        Self {
            status,
            said,
            retry_after: None,
        }
    }

    /// The same with details.
    #[must_use]
    pub fn with(mut self, details: Value) -> Self {
        self.said.details = Some(details);
        self
    }

    /// The same with the time to wait.
    #[must_use]
    pub fn after(mut self, wait: Duration) -> Self {
        self.retry_after = Some(wait);
        self
    }

    /// 404 for something that is named.
    #[must_use]
    pub fn not_found(what: &str, name: &str) -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "not_found",
            format!("there is no {what} `{}`", excerpt(name)),
        )
    }

    /// 403.
    #[must_use]
    pub fn forbidden(message: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "forbidden", message)
    }

    /// 400.
    #[must_use]
    pub fn malformed(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "malformed", message)
    }

    /// 422 with every field that is wrong.
    #[must_use]
    pub fn invalid(problems: &[FieldProblem]) -> Self {
        let message = match problems {
            [one] => format!("{}: {}", one.field, one.problem),
            [first, rest @ ..] => format!(
                "{}: {} (and {} more, see details)",
                first.field,
                first.problem,
                rest.len()
            ),
            [] => "the request is not valid".to_owned(),
        };
        let details = problems
            .iter()
            .map(|one| json!({ "field": one.field, "problem": one.problem }))
            .collect();
        Self::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "validation_failed",
            message,
        )
        .with(Value::Array(details))
    }

    /// 422 for one field.
    #[must_use]
    pub fn field(field: impl Into<String>, problem: impl Into<String>) -> Self {
        Self::invalid(&[FieldProblem {
            field: field.into(),
            problem: problem.into(),
        }])
    }

    /// 500: ours, not the client's. The cause goes to the log, with the request's id.
    #[must_use]
    pub fn internal(what: &str, cause: &dyn std::fmt::Display) -> Self {
        tracing::error!(component = "ERROR", %cause, "{what}");
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal",
            format!(
                "{what}; nothing was changed. The daemon's log says more under this answer's X-Request-Id"
            ),
        )
    }

    /// 503: the daemon stops.
    #[must_use]
    pub fn stopping() -> Self {
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "stopping",
            "the daemon is stopping; try again when it is back",
        )
        .after(Duration::from_secs(1))
    }

    /// The refusal of one member of a batch names the member.
    fn refused(refusal: &Refusal, member: Option<usize>) -> Self {
        let prefix = member.map(|index| format!("workflows[{index}]"));
        let mut problem = match refusal {
            Refusal::IdTaken(id) => Self::new(
                StatusCode::CONFLICT,
                "id_taken",
                format!("{refusal}; choose another or leave it out"),
            )
            .with(json!({ "id": id })),
            Refusal::NotFound(id) => Self::not_found("workflow", id),
            Refusal::InvalidTransition { status, allowed } => Self::new(
                StatusCode::CONFLICT,
                "invalid_transition",
                refusal.to_string(),
            )
            .with(json!({ "status": status.word(), "allowed": allowed })),
            Refusal::Invalid { field, problem } => {
                let field = prefix
                    .as_ref()
                    .map_or_else(|| field.clone(), |prefix| format!("{prefix}.{field}"));
                return Self::field(field, problem.clone());
            }
            Refusal::StaleAttempt { .. } => {
                Self::new(StatusCode::CONFLICT, "stale_attempt", refusal.to_string())
            }
        };
        if let Some(prefix) = prefix {
            problem.said.message = format!(
                "{prefix}: {}; none of the batch was taken",
                problem.said.message
            );
        }
        problem
    }
}

/// What a client sent, cut to what a sentence can hold.
#[must_use]
pub fn excerpt(text: &str) -> String {
    const LONGEST: usize = 80;
    let clean: String = text
        .chars()
        .take(LONGEST)
        .map(|c| if c.is_control() { '\u{fffd}' } else { c })
        .collect();
    if clean.len() < text.len() && text.chars().count() > LONGEST {
        format!("{clean}…")
    } else {
        clean
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        Self::refused(&refusal, None)
    }
}

impl From<EngineError> for Problem {
    fn from(error: EngineError) -> Self {
        match error {
            EngineError::Refused(refusal) => Self::refused(&refusal, None),
            EngineError::BatchRefused { index, refusal } => Self::refused(&refusal, Some(index)),
            EngineError::NoBox(_) => {
                Self::new(StatusCode::NOT_FOUND, "not_found", error.to_string())
            }
            EngineError::DiskFull => Self::new(
                StatusCode::INSUFFICIENT_STORAGE,
                "disk_full",
                error.to_string(),
            ),
            EngineError::Stopping => Self::stopping(),
            EngineError::Store(cause) => Self::internal("the database failed", &cause),
        }
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Full => EngineError::DiskFull.into(),
            StoreError::Closing => Self::stopping(),
            other => Self::internal("the database could not be read", &other),
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = ProblemBody {
            success: false,
            error: *self.said,
        };
        let mut answer = (self.status, Json(body)).into_response();
        let headers = answer.headers_mut();
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(wait) = self.retry_after {
            // Whole seconds, rounded up: a client that obeys must not come too early.
            let seconds = wait.as_millis().div_ceil(1000).max(1);
            headers.insert(
                header::RETRY_AFTER,
                HeaderValue::from(u64::try_from(seconds).unwrap_or(u64::MAX)),
            );
        }
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(
                header::WWW_AUTHENTICATE,
                HeaderValue::from_static("Bearer realm=\"reel\""),
            );
        }
        answer
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::workflow::Status;

    #[test]
    fn each_refusal_has_its_status_and_word() {
        let transition = Refusal::InvalidTransition {
            status: Status::Completed,
            allowed: vec!["delete"],
        };
        for (refusal, status, code) in [
            (Refusal::IdTaken("a".into()), 409, "id_taken"),
            (Refusal::NotFound("a".into()), 404, "not_found"),
            (transition, 409, "invalid_transition"),
            (
                Refusal::Invalid {
                    field: "params.x".into(),
                    problem: "is wrong".into(),
                },
                422,
                "validation_failed",
            ),
            (Refusal::StaleAttempt { attempt: 1 }, 409, "stale_attempt"),
        ] {
            let problem = Problem::from(refusal);
            assert_eq!(
                (problem.status.as_u16(), problem.said.code.as_str()),
                (status, code)
            );
        }
        assert_eq!(Problem::from(EngineError::DiskFull).status.as_u16(), 507);
        assert_eq!(Problem::from(EngineError::Stopping).status.as_u16(), 503);
        let store = Problem::from(EngineError::Store("secret path".into()));
        assert_eq!(store.status.as_u16(), 500);
        assert!(
            !store.said.message.contains("secret"),
            "the cause is for the log"
        );
    }

    #[test]
    fn a_batch_names_its_member() {
        let refusal = Refusal::Invalid {
            field: "priority".into(),
            problem: "is 2000".into(),
        };
        let problem = Problem::from(EngineError::BatchRefused { index: 3, refusal });
        assert_eq!(
            problem.said.details,
            Some(json!([{ "field": "workflows[3].priority", "problem": "is 2000" }]))
        );
    }

    #[test]
    fn a_wait_is_told_in_whole_seconds_rounded_up() {
        let answer = Problem::stopping()
            .after(Duration::from_millis(1200))
            .into_response();
        assert_eq!(answer.headers()[header::RETRY_AFTER], "2");
    }

    #[test]
    fn what_a_client_sent_is_cut_and_cleaned() {
        assert_eq!(excerpt("a\nb"), "a\u{fffd}b");
        assert_eq!(excerpt(&"é".repeat(200)).chars().count(), 81);
    }
}
