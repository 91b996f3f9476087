//! Workflows: submitting, watching, acting.

use crate::api::openapi::doc::{Answer, Doc, Query, Surface, data, query};

pub(super) const SURFACE: Surface = Surface {
    name: "workflows",
    title: "Workflows",
    about: "Runs of pipelines: submit them, see where they are and why they wait, act on them",
    docs: DOCS,
};

const ONE: &[Answer] = &[data(200, "The workflow as it is then", "\"$Workflow\"")];
const BEGUN: &[Answer] = &[data(202, "The workflow; work begins", "\"$Workflow\"")];
const SUBMIT: &str = r#"{
    "pipeline": "video", "params?": {"*": null}, "id?": "my-own-id", "name?": "Sunset", "priority?": "%-1000..1000: 0",
    "dependsOn?": ["cm0a1b2"], "notBefore?": "T", "webhookUrl?": "https://hooks.example/done", "labels?": {"*": "blue"},
    "requireConfirmation?": false
}"#;
const PAGE: &[Query] = &[
    query("limit", "%1..200: 50", "Rows"),
    query("offset", "%0..: 0", "Rows to pass over"),
    query(
        "status",
        "completed",
        "A status, a stage's id, or `any`; without it what has ended",
    ),
    query("pipeline", "video", "Of this pipeline"),
    query("label", "colour=blue", "With this label, or `key=value`"),
    query("user", "anna", "Whose"),
    query("since", "T", "Ended (or made) at or after"),
    query("until", "T", "Ended (or made) before"),
    query("q", "sunset", "Words in names, parameters and messages"),
];

const DOCS: &[Doc] = &[
    Doc::new("POST /api/workflow", "Submit a workflow", BEGUN)
        .about("Answered once it is on disk. Everything is checked before anything is made; all problems are told at once.")
        .takes(SUBMIT),
    Doc::new(
        "POST /api/workflow/batch",
        "Submit up to 1,000, all or none",
        &[data(202, "All of them", r#"{"workflows": ["$Workflow"], "count": 1}"#)],
    )
    .takes(r#"{"workflows": [{"pipeline": "video", "params?": {"*": null}, "id?": "my-own-id", "name?": "Sunset", "priority?": "%-1000..1000: 0", "dependsOn?": ["cm0a1b2"], "notBefore?": "T", "webhookUrl?": "https://hooks.example/done", "labels?": {"*": "blue"}, "requireConfirmation?": false}]}"#),
    Doc::new("POST /api/video/generate", "Make a video", BEGUN)
        .about("The `video` pipeline's parameters stand at the top of the body.")
        .reads(r#"{"prompt": "Beautiful sunset", "videoSource?": "=pexels|veo|library|drawn", "title?": "Sunset", "channels?": ["main_channel"], "webhookUrl?": "https://hooks.example/done"}"#),
    Doc::new("GET /api/workflow/status/{id}", "One workflow, with its transitions", ONE),
    Doc::new(
        "GET /api/workflow/active",
        "All that have not ended",
        &[data(200, "Oldest first", r#"{"workflows": ["$Workflow"], "count": 1}"#)],
    ),
    Doc::new(
        "GET /api/workflow/history",
        "A page of those that have ended",
        &[data(200, "Newest first", r#"{"workflows": ["$Workflow"], "total": 1, "limit": 50, "offset": 0}"#)],
    )
    .query(PAGE),
    Doc::new(
        "GET /api/workflow/youtube/{id}/{channel}",
        "Publishing to a channel",
        &[data(200, "Where it is", r#"{"videoId": "cm1x9k2", "channelName": "main_channel", "state": "=uploading|pending|authenticating|uploaded|failed", "startedAt": "T", "completedAt?": "T", "youtubeVideoId?": "dQw4", "youtubeUrl?": "https://youtu.be/dQw4", "error?": {"message": "quota", "code": "quota", "retryable": true}}"#)],
    ),
    Doc::new("POST /api/workflow/{id}/cancel", "Cancel", ONE)
        .about("`cancelling` is true until the last process is gone.")
        .may_take("{}"),
    Doc::new("POST /api/workflow/{id}/retry", "Try again", ONE)
        .about("A new attempt; completed stages are kept unless `from` names an earlier one. One that waits for a time goes on now.")
        .may_take(r#"{"from?": "processing_video", "params?": {"*": null}}"#),
    Doc::new("POST /api/workflow/{id}/pause", "Hold it", ONE).may_take("{}"),
    Doc::new("POST /api/workflow/{id}/resume", "Let it go on", ONE).may_take("{}"),
    Doc::new("POST /api/workflow/{id}/clarify", "Answer what is asked", ONE)
        .about("`stage` where two stages ask.")
        .takes(r#"{"responses": {"*": null}, "stage?": "checking"}"#),
    Doc::new("POST /api/workflow/{id}/confirm", "Confirm, or refuse", ONE)
        .may_take(r#"{"confirmed?": true, "stage?": "checking"}"#),
    Doc::new("POST /api/workflow/{id}/extend", "Give an open gate more time", ONE)
        .about("`until` is a time, `by` a length (`30m`) beyond the deadline that stands; one of them. `stage` where two stages ask. A deadline only moves away, at most a year ahead.")
        .takes(r#"{"by?": "30m", "until?": "T", "stage?": "checking"}"#),
    Doc::new("POST /api/workflow/{id}/priority", "Move it in the queue", ONE)
        .takes(r#"{"priority": "%-1000..1000: 10"}"#),
    Doc::new("DELETE /api/workflow/{id}", "Forget one that has ended, with its logs and files", ONE)
        .about("With `operate` one's own, with `admin` anyone's.")
        .may_take("{}"),
    Doc::new(
        "GET /api/workflow/{id}/logs",
        "Lines that its programs wrote",
        &[data(200, "In order", r#"{"lines": [{"offset": 0, "stage": "generating_tts", "attempt": 1, "timestamp~": "T", "level": "=info|debug|warn|error", "line": "…"}], "next": 1, "truncated": false}"#)],
    )
    .query(&[
        query("after", "%0..: 0", "The `next` of the answer before"),
        query("limit", "%1..200: 50", "Lines"),
        query("stage", "generating_tts", "Of this stage"),
        query("level", "=info|debug|warn|error", "At least this"),
    ]),
    Doc::new(
        "GET /api/workflow/{id}/events",
        "What happened to it",
        &[data(200, "In order", r#"{"events": [{"seq": 1, "timestamp": "T", "workflowId~": "cm1x9k2", "kind": "workflow.created", "data": {"*": null}}]}"#)],
    )
    .query(&[
        query("after", "%0..: 0", "The last `seq` that was seen"),
        query("limit", "%1..200: 50", "Events"),
    ]),
    Doc::new(
        "GET /api/workflow/{id}/why",
        "Why it waits, and what would help",
        &[data(200, "As of now", r#"{"id": "cm1x9k2", "status": "queued", "waitingFor~": "$Waiting", "ahead": ["cm0a1b2"], "help": [{"act": "priority", "effect": "a higher one moves it ahead"}]}"#)],
    ),
];
