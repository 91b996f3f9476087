//! Watching over the daemon.

use crate::api::openapi::doc::{Doc, Surface, bytes, data};

pub(super) const SURFACE: Surface = Surface {
    name: "running",
    title: "Running it",
    about: "For whoever watches over the daemon: probes, metrics, and this description",
    docs: DOCS,
};

const READY: &str = r#"{"ready": true, "components?": {
    "database": {"state": "=ok|failed", "seq?": 1, "message?": "…"},
    "disk": {"state": "=ok|low|failed", "freeBytes?": 53439328256, "wantedBytes?": 2147483648, "message?": "…"},
    "programs": {"state": "=ok|missing|failed", "missing?": ["ffmpeg"], "message?": "…"},
    "redis": {"state": "=off|ok|failed", "message?": "…"},
    "store": {"state": "=ok|failed", "message?": "…"}
}}"#;

const DOCS: &[Doc] = &[
    Doc::new(
        "GET /healthz",
        "Whether it is alive",
        &[data(200, "It is", r#"{"alive": true}"#)],
    ),
    Doc::new(
        "GET /readyz",
        "Whether it can serve, and each component's state",
        &[data(200, "It can", READY), data(503, "It can't", READY)],
    )
    .about("A caller without a token hears `ready` alone."),
    Doc::new(
        "GET /metrics",
        "Metrics in Prometheus's text format",
        &[bytes(200, "The page", "text/plain")],
    )
    .about("The counts are everybody's: a token made with `--own` is refused."),
    Doc::new(
        "GET /openapi.json",
        "This description",
        &[bytes(200, "OpenAPI 3.1", "application/json")],
    )
    .about("What `[features]` turns off is not in it."),
    Doc::new(
        "GET /docs",
        "This description as a page for people",
        &[bytes(200, "It needs no network", "text/html")],
    ),
];
