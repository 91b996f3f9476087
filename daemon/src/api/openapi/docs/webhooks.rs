//! Endpoints that are told, and every delivery to them.

use crate::api::openapi::doc::{Doc, Query, Surface, bare, data, query};

pub(super) const SURFACE: Surface = Surface {
    name: "webhooks",
    title: "Webhooks",
    about: "Endpoints that are told what happens, and every delivery on its way to them",
    docs: DOCS,
};

const PAGE: &[Query] = &[
    query("limit", "%1..200: 50", "Rows"),
    query("offset", "%0..: 0", "Rows to pass over"),
];
const DELIVERIES: &str = r#"{"deliveries": ["$Delivery"], "total": 1, "limit": 50, "offset": 0}"#;
const COUNT: &str = r#"{"count": 1}"#;

const DOCS: &[Doc] = &[
    Doc::new(
        "POST /api/webhooks/register",
        "Register an endpoint",
        &[bare(
            201,
            "`secret` only where it was made; both secrets are shown this once",
            r#"{"success": true, "webhookId": "wh_1", "url": "https://hooks.example/reel", "events": ["video.completed"], "signingSecret?": "whsec_…", "secret?": "whsec_…"}"#,
        )],
    )
    .about("Events: `video.completed`, `video.failed`, `generation.started`, `generation.progress`, `generation.completed`, `generation.failed`, `youtube.uploaded`, `youtube.failed`, `workflow.state_changed`, `endpoint.disabled`, or `*`.")
    .reads(r#"{"url": "https://hooks.example/reel", "events": ["video.completed"], "secret?": "a-secret-of-my-own", "labels?": {"*": "blue"}, "pipelines?": ["video"], "headers?": {"*": "x"}}"#),
    Doc::new(
        "GET /api/webhooks",
        "The endpoints",
        &[data(200, "Without their secrets", r#"{"webhooks": ["$Endpoint"], "count": 1}"#)],
    ),
    Doc::new(
        "PATCH /api/webhooks/{id}",
        "Change an endpoint",
        &[data(200, "The endpoint", "\"$Endpoint\"")],
    )
    .about("`active: true` turns one on again that was turned off.")
    .takes(r#"{"url?": "https://hooks.example/reel", "events?": ["*"], "labels?": {"*": "blue"}, "pipelines?": ["video"], "headers?": {"*": "x"}, "active?": true}"#),
    Doc::new(
        "DELETE /api/webhooks/{id}",
        "Remove an endpoint",
        &[bare(200, "It is told nothing more", r#"{"success": true, "message": "Webhook deleted successfully"}"#)],
    ),
    Doc::new(
        "POST /api/webhooks/{id}/rotate-secret",
        "Give an endpoint another secret",
        &[data(200, "The old one also signs for a day", r#"{"webhookId": "wh_1", "signingSecret?": "whsec_…", "secret?": "whsec_…", "previousSecretUntil~": "T"}"#)],
    )
    .may_take(r#"{"secret?": "a-secret-of-my-own"}"#),
    Doc::new(
        "POST /api/webhooks/{id}/test",
        "Send a signed `webhook.test`",
        &[data(202, "It is on its way", r#"{"deliveryId": "dlv_1"}"#)],
    )
    .may_take("{}"),
    Doc::new(
        "GET /api/webhooks/{id}/deliveries",
        "An endpoint's deliveries",
        &[data(200, "Newest first", DELIVERIES)],
    )
    .query(PAGE),
    Doc::new(
        "GET /api/webhooks/failed",
        "Deliveries that were given up",
        &[data(200, "Newest first", DELIVERIES)],
    )
    .query(PAGE),
    Doc::new(
        "GET /api/webhooks/deliveries/{id}",
        "One delivery, with the request as it would be sent now",
        &[data(200, "What is secret is hidden", r#"{
            "deliveryId": "dlv_1", "webhookId~": "wh_1", "url~": "https://hooks.example/reel", "videoId~": "cm1x9k2", "eventId": "evt_1",
            "eventType": "video.completed", "status": "=failed|pending|delivered", "createdAt": "T", "nextAttemptAt~": "T",
            "attempts": [{"number": 1, "at": "T", "status~": 500, "latency": 120, "error~": "…", "response": "…"}],
            "request": {"method": "POST", "url": "https://hooks.example/reel", "headers": {"*": "***"}, "body": "{…}"}
        }"#)],
    ),
    Doc::new(
        "POST /api/webhooks/failed/{id}/retry",
        "Send one again: five fresh attempts, the same bytes and id",
        &[data(202, "It is due", r#"{"deliveryId": "dlv_1"}"#)],
    )
    .may_take("{}"),
    Doc::new(
        "POST /api/webhooks/failed/retry",
        "Send all again that were given up",
        &[data(202, "How many are due", COUNT)],
    )
    .may_take("{}"),
    Doc::new(
        "POST /api/webhooks/{id}/recover",
        "Send all again that failed since a moment",
        &[data(202, "How many are due; there is no cap", COUNT)],
    )
    .takes(r#"{"since": "T"}"#),
];
