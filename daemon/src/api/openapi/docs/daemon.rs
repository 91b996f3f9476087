//! The daemon as a whole: what it can do, what it does, who may come in.

use crate::api::openapi::doc::{Doc, Surface, data, empty, query};

pub(super) const SURFACE: Surface = Surface {
    name: "daemon",
    title: "The daemon",
    about: "Its pipelines, boxes, schedules and tokens, what it did and what waits for a person",
    docs: DOCS,
};

const WORKERS: &str = r#"{
    "queue": [{"jobId": "cm2", "priority": 0, "createdAt": "T", "status": "=queued", "position": 1}],
    "activeJobs": [{"jobId": "cm1x9k2", "workerId": "box-a", "stage": "processing_video", "startedAt": "T"}],
    "workers": [{"workerId": "box-a", "lastHeartbeat": "T", "status": "=active|idle|draining|lost", "currentJobId~": "cm1x9k2",
        "resources": {"*": {"total": 2, "used": 1}}, "labels": {"*": "nvenc"},
        "stale": false, "left": false, "home": true, "version": "0.1.0", "closed~": "=drained|disk|window|silent|stopping",
        "runs": [{"jobId": "cm1x9k2", "workerId": "box-a", "stage": "processing_video", "startedAt": "T"}],
        "blocked": [{"kind": "compose", "until": "T"}]}]
}"#;

const STATS: &str = r#"{
    "window": "24h",
    "videos": {"total": 19, "completed": 15, "failed": 1, "cancelled": 0, "successRate~": 0.9375},
    "processingTime": {"p50~": 41000, "p90~": 80000, "p99~": 95000},
    "stages": {"*": {"count": 15, "p50": 30000, "p90": 52000, "p99": 61000, "failed": 1}},
    "days": [{"date": "2026-11-20", "total": 19, "completed": 15, "failed": 1, "cancelled": 0, "successRate~": 0.9375,
        "processingTime": {"p50~": 41000, "p90~": 80000}}],
    "pipelines": {"*": {"total": 19, "completed": 15, "failed": 1, "cancelled": 0, "successRate~": 0.9375,
        "processingTime": {"p50~": 41000, "p90~": 80000}}},
    "storage": {"bytes": 1, "files": 1, "freeBytes~": 1},
    "webhooks": {"delivered": 1, "failed": 0, "p90~": 120, "pending": 0, "kept": 0, "endpoints": 1, "disabled": 0},
    "queue": {"queued": 2, "running": 1},
    "quota~": {"day": "2026-11-20", "resetsAt": "T", "dailyUploads": 100, "dailyUnits": 10000,
        "projects": [{"project": "1234.apps.example", "channels": ["main_channel"], "uploads": 3, "units": 450, "usedUp": false}]}
}"#;

const ATTENTION: &str = r#"{
    "items": [{"kind": "=gate|failed|disk|pipeline|box|endpoint|delivery|storage|quota|config", "severity": "=ask|warn|error", "since": "T", "videoId~": "cm1x9k2",
        "message": "Sunset asks: Which style?", "action": {"label": "answer", "method": "POST", "path": "/api/workflow/cm1x9k2/clarify"}}],
    "count": 1
}"#;

const SCHEDULES: &str = r#"{
    "schedules": [{"name": "nightly", "cron": "0 3 * * *", "zone": "Europe/Berlin", "pipeline": "episode", "params": {"*": null},
        "catchUp": "=one|none", "nextAt~": "T", "lastAt~": "T", "lastVideoId~": "cm1x9k2"}],
    "count": 1
}"#;

const MADE: &str = r#"{
    "id": "tok_1", "token?": "reel_…", "name": "ci", "scope": "=operate|read|admin", "user": "anna", "own": false, "createdAt": "T",
    "expiresAt~": "T"
}"#;

const DOCS: &[Doc] = &[
    Doc::new(
        "GET /api/events",
        "Everything that happens, as it happens: a WebSocket",
        &[empty(101, "The stream begins; its frames are JSON text")],
    )
    .about("Frames: `hello`, `snapshot`, `event` (durable, numbered by `seq` without a gap), `progress`, `log`, `notification`, `lagged`, `ping`. A browser sends its token as the subprotocol `bearer.TOKEN`. A plain GET is refused.")
    .query(&[
        query("since", "%0..: 0", "The last `seq` that was seen: what came after it is sent, and nothing twice"),
        query("instance", "…", "Of the `hello` that `since` belongs to"),
        query("workflow", "cm1x9k2", "Only this one's"),
        query("progress", "=true|false", "Whether `progress` frames come"),
    ])
    .refuses(&[426]),
    Doc::new(
        "GET /api/events/past",
        "What happened, a page at a time, the newest first",
        &[data(200, "Events below `before`; `next` is the `before` of the next page, null where nothing older is kept", r#"{"events": [{"seq": 7, "timestamp": "T", "workflowId~": "cm1x9k2", "kind": "stage.started", "data": {"*": null}}], "next~": 7}"#)],
    )
    .query(&[
        query("before", "%1..: 8", "A `seq`: what is older than it; else from the newest on"),
        query("limit", "%1..200: 50", "Events"),
    ]),
    Doc::new(
        "GET /api/pipelines",
        "Every pipeline with its parameters and stages",
        &[data(200, "By name", r#"{"pipelines": ["$Pipeline"], "count": 1, "problems?": ["greet.toml:3:1: …"]}"#)],
    ),
    Doc::new(
        "GET /api/pipelines/{name}",
        "One pipeline, with the text of its file",
        &[data(200, "It", "\"$Pipeline\"")],
    ),
    Doc::new(
        "GET /api/workers",
        "The queue, what runs where, and the boxes",
        &[data(200, "As of the last commit", WORKERS)],
    ),
    Doc::new(
        "GET /api/stats",
        "What was done within a window",
        &[data(200, "Times are milliseconds; `quota` is what YouTube allows a project a day, and what was used of it", STATS)],
    )
    .query(&[query("window", "24h", "A duration up to 366d")]),
    Doc::new(
        "GET /api/attention",
        "All that waits for a person, each with the act that helps",
        &[data(200, "The most pressing first", ATTENTION)],
    ),
    Doc::new(
        "GET /api/schedules",
        "What starts by itself",
        &[data(200, "By name", SCHEDULES)],
    ),
    Doc::new(
        "POST /api/schedules/{name}/run",
        "Run a schedule now, beside its times",
        &[data(202, "The workflow", "\"$Workflow\"")],
    )
    .may_take("{}"),
    Doc::new(
        "POST /api/store/retry",
        "Store now what stayed on this box while the object store was away",
        &[data(200, "Everything was tried once: so many workflows' files are stored, so many still are not", r#"{"stored": 1, "left": 0}"#)],
    ),
    Doc::new(
        "POST /api/drain",
        "Finish what runs on a box, take no more",
        &[data(200, "It takes no more", "{}")],
    )
    .about("Without `box` the daemon's own.")
    .may_take(r#"{"box?": "box-a"}"#)
    .refuses(&[404]),
    Doc::new(
        "POST /api/undrain",
        "Let a box take work again",
        &[data(200, "It takes work", "{}")],
    )
    .may_take(r#"{"box?": "box-a"}"#)
    .refuses(&[404]),
    Doc::new(
        "POST /api/reload",
        "Take the configuration and the pipelines anew",
        &[data(200, "They hold now", "{}")],
    )
    .about("All of it if all of it is good; else the old ones stay and every problem is told.")
    .may_take("{}"),
    Doc::new(
        "GET /api/tokens",
        "Who may come in; never the tokens themselves",
        &[data(200, "All that were not revoked", r#"{"tokens": ["$Token"], "count": 1}"#)],
    ),
    Doc::new(
        "POST /api/tokens",
        "Make a token",
        &[data(201, "`token` is shown this once", MADE)],
    )
    .about("`own`: it sees, streams and changes only its user's workflows. `ttl`: a duration.")
    .takes(r#"{"name": "ci", "scope": "=operate|read|admin", "user?": "anna", "own?": false, "ttl?": "90d"}"#),
    Doc::new(
        "DELETE /api/tokens/{id}",
        "Revoke a token; streams that it opened end",
        &[data(200, "It holds no more", "{}")],
    ),
];
