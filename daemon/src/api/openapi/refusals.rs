//! What a row may refuse, and what that looks like.

use super::doc::{Body, Doc};
use crate::api::auth::guard::Access;
use crate::api::router::{Kind, Route};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// A status with its code and a sentence.
struct Refusal {
    status: u16,
    name: &'static str,
    code: &'static str,
    about: &'static str,
    message: &'static str,
}

const fn refusal(
    status: u16,
    name: &'static str,
    code: &'static str,
    about: &'static str,
    message: &'static str,
) -> Refusal {
    Refusal {
        status,
        name,
        code,
        about,
        message,
    }
}

#[rustfmt::skip]
const ALL: [Refusal; 16] = [
    refusal(400, "Malformed", "malformed", "It is no request: not JSON, or a header that makes no sense", "the body is not JSON: expected `,` or `}` at line 1 column 12"),
    refusal(401, "Unauthorized", "unauthorized", "No token, or one that does not hold", "a token is wanted: send `Authorization: Bearer TOKEN`"),
    refusal(403, "Forbidden", "forbidden", "The token's scope is too small", "this needs scope `admin`, and yours is `read`"),
    refusal(404, "NotFound", "not_found", "There is none, or it is somebody else's", "there is no workflow `cm1x9`"),
    refusal(405, "WrongMethod", "method_not_allowed", "The path takes other methods", "`/api/workflow` does not take PUT; the Allow header says what it takes"),
    refusal(409, "Conflict", "invalid_transition", "It does not go with what is there now", "a completed workflow can't be cancelled"),
    refusal(413, "TooLarge", "too_large", "The body is larger than `[limits]` allows", "the body is larger than 1 MiB ([limits] body)"),
    refusal(415, "WrongType", "unsupported_media_type", "The body is of a type that is not taken", "send application/json"),
    refusal(416, "NoSuchRange", "range_not_satisfiable", "The file ends before the range begins", "the file has 5242880 bytes"),
    refusal(422, "Invalid", "validation_failed", "It can't be done as asked: every problem stands in `details`", "priority: is 2000; it must be -1000 to 1000"),
    refusal(426, "NotAStream", "upgrade_required", "It is a WebSocket, and the request is none", "this is a WebSocket, and the request is none"),
    refusal(429, "TooMany", "rate_limited", "Too many requests; `Retry-After` says when to come back", "too many requests; [limits] requests_per_second and burst say how many are allowed"),
    refusal(500, "Internal", "internal", "A fault of the daemon's; its log says more under the `X-Request-Id`", "the database failed; nothing was changed"),
    refusal(502, "Elsewhere", "bad_gateway", "A service that was asked for it failed", "the object store did not answer"),
    refusal(503, "Unavailable", "stopping", "It can't serve now; `Retry-After` says when to come back", "the daemon is stopping; try again when it is back"),
    refusal(507, "DiskFull", "disk_full", "The disk is full: nothing new is taken until there is room", "the disk that holds the database is full; free some space and try again"),
];

/// The statuses that a row may refuse with.
pub(super) fn of(route: &Route, doc: &Doc) -> BTreeSet<u16> {
    let mut statuses: BTreeSet<u16> = doc.refuses.iter().copied().collect();
    statuses.extend([400, 429]);
    if route.access != Access::Open {
        statuses.extend([401, 403]);
    }
    if route.path.contains('{') {
        statuses.extend([404, 422]);
    }
    if !doc.query.is_empty() || route.kind == Kind::Tells {
        statuses.insert(422);
    }
    if route.kind != Kind::Tells {
        statuses.extend([503, 507]);
    }
    if let Some(body) = &doc.body {
        statuses.insert(413);
        if matches!(body, Body::Json { .. }) {
            statuses.extend([415, 422]);
        }
    }
    if matches!(route.kind, Kind::Makes | Kind::Acts) {
        statuses.extend([409, 422]);
    }
    statuses
}

/// By status, a reference to it.
pub(super) fn reference(status: u16) -> Option<Value> {
    let found = ALL.iter().find(|one| one.status == status)?;
    Some(json!({ "$ref": format!("#/components/responses/{}", found.name) }))
}

/// All of them, for the document's components.
pub(super) fn components() -> Value {
    let each = ALL.iter().map(|one| {
        let mut error = json!({ "code": one.code, "message": one.message });
        match one.status {
            409 => error["details"] = json!({ "status": "completed", "allowed": ["delete"] }),
            422 => {
                error["details"] =
                    json!([{ "field": "priority", "problem": "is 2000; it must be -1000 to 1000" }])
            }
            _ => {}
        }
        let mut response = json!({
            "description": one.about,
            "headers": { "X-Request-Id": { "$ref": "#/components/headers/RequestId" } },
            "content": { "application/json": {
                "schema": { "$ref": "#/components/schemas/Problem" },
                "example": { "success": false, "error": error },
            } },
        });
        if matches!(one.status, 429 | 503) {
            response["headers"]["Retry-After"] =
                json!({ "$ref": "#/components/headers/RetryAfter" });
        }
        (one.name.to_owned(), response)
    });
    Value::Object(each.collect())
}

/// The schema of every refusal's body.
pub(super) fn problem() -> Value {
    json!({
        "type": "object",
        "required": ["success", "error"],
        "properties": {
            "success": { "const": false },
            "error": {
                "type": "object",
                "required": ["code", "message"],
                "properties": {
                    "code": { "type": "string", "description": "A stable word for programs" },
                    "message": { "type": "string", "description": "What happened and what helps, for people" },
                    "details": { "description": "At 422 a list of {field, problem}; at 409 the status and what is allowed" },
                },
            },
        },
    })
}
