//! Document 003's video service.

use crate::api::openapi::doc::{Answer, Doc, Surface, bare, bytes, data, empty, query};

pub(super) const SURFACE: Surface = Surface {
    name: "video_service",
    title: "Video service",
    about: "Videos by outside makers, each user's gallery, and who may appear and speak",
    docs: DOCS,
};

const BEGUN: &[Answer] = &[bare(
    202,
    "It has begun",
    r#"{"success": true, "message": "Video generation started successfully", "data": {"videoId": "cm1x9k2", "status": "processing", "timestamp": "T", "estimated_completion?~": "T", "note?": "Video generation is running in the background"}}"#,
)];
const ONE: &[Answer] = &[data(200, "The video", "\"$Video\"")];
const TOLD: &[Answer] = &[data(
    200,
    "It counts, or it was known",
    r#"{"videoId": "cm1x9k2", "status": "ready", "duplicate": false}"#,
)];

const DOCS: &[Doc] = &[
    Doc::new("POST /api/video/create", "Have a video made of a prompt", BEGUN)
        .reads(r#"{"prompt": "Buying a first home", "name": "Anna", "videoTopic": "First home", "email": "anna@example.org"}"#),
    Doc::new("POST /api/video/generate-video", "Have an avatar speak a script", BEGUN)
        .reads(r#"{"hook": "Buying a home?", "body": "Three things to know.", "conclusion": "Call me.", "avatar_title": "anna", "title": "First home", "email": "anna@example.org"}"#),
    Doc::new("POST /api/video/download-video", "Fetch a finished video and keep it", BEGUN)
        .reads(r#"{"videoUrl": "https://maker.example/1.mp4", "title?": "First home", "email?": "anna@example.org", "executionId?": "exec_1"}"#),
    Doc::new(
        "GET /api/video/gallery",
        "A user's videos",
        &[data(200, "Newest first", r#"{"videos": ["$Video"], "total": 1, "limit": 50, "offset": 0}"#)],
    )
    .query(&[
        query("limit", "%1..200: 50", "Rows"),
        query("offset", "%0..: 0", "Rows to pass over"),
        query("status", "ready", "`pending`, `processing`, `ready`, `failed`, or a status of ours"),
    ]),
    Doc::new("GET /api/video/status/{id}", "One video", ONE),
    Doc::new("PATCH /api/video/{id}", "Give it another title", ONE).reads(r#"{"title": "First home"}"#),
    Doc::new(
        "DELETE /api/video/delete/{id}",
        "Delete a video: what runs, files, objects, row",
        &[bare(200, "It is gone", r#"{"success": true, "message": "Video deleted successfully"}"#)],
    ),
    Doc::new(
        "GET /api/video/download/{id}",
        "The video as a file",
        &[
            bytes(200, "The file", "video/mp4"),
            bytes(206, "The part that `Range` asked for", "video/mp4"),
            empty(302, "A time-limited link of the object store, where the file is no longer here"),
            empty(304, "Unchanged since the `ETag` or date that was sent"),
            empty(307, "A time-limited link of the object store, where the file is no longer here"),
        ],
    )
    .query(&[
        query("expires", "1795170000", "Of a signed link: until when"),
        query("signature", "…", "Of a signed link"),
    ])
    .refuses(&[403, 404, 409, 416, 502]),
    Doc::new(
        "GET /api/video/history",
        "What the outside makers were asked",
        &[data(200, "Newest first", r#"{"history": [{"executionId~": "exec_1", "videoId": "cm1x9k2", "userId": "anna", "email~": "anna@example.org", "status": "=completed|pending|failed", "createdAt": "T", "completedAt~": "T", "errorMessage~": "…"}], "total": 1, "limit": 50, "offset": 0}"#)],
    )
    .query(&[
        query("executionId", "exec_1", "The outside service's own id"),
        query("limit", "%1..200: 50", "Rows"),
        query("offset", "%0..: 0", "Rows to pass over"),
    ]),
    Doc::new(
        "GET /api/video/avatars",
        "Who may appear",
        &[data(200, "By name", r#"{"avatars": [{"avatar_id": "anna", "name": "Anna", "gender~": "female", "preview_url~": "https://…"}], "count": 1}"#)],
    ),
    Doc::new(
        "GET /api/video/voices",
        "Who may speak: the voices that the speech providers really have",
        &[data(200, "By name", r#"{"voices": [{"voice_id": "v1", "name": "Emma", "gender~": "female", "language~": "en-US", "preview_url~": "https://…"}], "count": 1}"#)],
    ),
    Doc::new(
        "GET /api/video/topics",
        "What about",
        &[data(200, "By name", r#"{"topics": [{"topic_id": "t1", "title": "First home", "key_points": ["What it costs"]}], "count": 1}"#)],
    ),
    Doc::new("POST /api/webhook/video-complete", "A maker is done", TOLD)
        .about("The id or the execution id finds the video that waits for it.")
        .reads(r#"{"videoId?": "cm1x9k2", "executionId?": "exec_1", "status?": "completed", "videoUrl?": "https://maker.example/1.mp4", "s3Key?": "videos/anna/1.mp4", "metadata?": {"*": null}}"#)
        .refuses(&[404]),
    Doc::new("POST /api/webhook/workflow-error", "A maker has failed", TOLD)
        .about("Final: what waited for it fails.")
        .reads(r#"{"videoId?": "cm1x9k2", "executionId?": "exec_1", "error?": null}"#)
        .refuses(&[404]),
];
