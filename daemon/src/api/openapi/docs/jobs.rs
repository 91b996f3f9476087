//! Document 004's asynchronous jobs on episodes.

use crate::api::openapi::doc::{Answer, Doc, Surface, bare, bytes, empty, query};

pub(super) const SURFACE: Surface = Surface {
    name: "async_jobs",
    title: "Async jobs",
    about: "Episodes: found, processed and cut into clips, by jobs that are polled",
    docs: DOCS,
};

const QUEUED: &[Answer] = &[bare(
    202,
    "The job",
    r#"{"job_id": "cm1x9k2", "status": "queued", "message": "Episode processing queued"}"#,
)];
const PROCESS: &str = r#"{"episode_id?": "newsroom-2024-video", "target_stage?": "=rendered|discovered|transcribed|enriched|clips", "force_reprocess?": false, "webhook_url?": "https://hooks.example/done", "priority?": "%-1000..1000: 0"}"#;

const DOCS: &[Doc] = &[
    Doc::new("POST /async/episodes/{id}/process", "Process an episode", QUEUED)
        .about("Up to `target_stage`. A running or finished one is answered as it is, unless forced.")
        .may_read(PROCESS),
    Doc::new("POST /async/episodes/{id}/render_clips", "Render an episode's clips", QUEUED)
        .about("Every clip × variant × ratio that is asked for; without ids all clips.")
        .may_read(r#"{"episode_id?": "newsroom-2024-video", "clip_ids?~": ["c1"], "variants?": ["=clean|subtitled"], "aspect_ratios?": ["=9x16|16x9|1x1"], "webhook_url?": "https://hooks.example/done", "priority?": "%-1000..1000: 0"}"#),
    Doc::new(
        "GET /async/jobs",
        "Jobs",
        &[bare(200, "Newest first", r#"{"jobs": ["$Job"], "count": 1}"#)],
    )
    .query(&[
        query("status", "running", "`queued`, `running`, `completed`, `failed`, or a status of ours"),
        query("limit", "%1..200: 50", "Rows"),
    ]),
    Doc::new("GET /async/jobs/{id}", "One job", &[bare(200, "As of now", "\"$Job\"")]),
    Doc::new(
        "DELETE /async/jobs/{id}",
        "Cancel a job, also a running one",
        &[bare(200, "It ends", r#"{"job_id": "cm1x9k2", "status": "failed", "message": "Cancelled"}"#)],
    ),
    Doc::new(
        "GET /async/stats",
        "How many jobs there are",
        &[bare(200, "By status", r#"{"queued": 1, "running": 1, "completed": 3, "failed": 0, "total": 5, "max_workers": 2}"#)],
    ),
    Doc::new(
        "GET /episodes/discover",
        "Episodes that wait to be processed",
        &[bare(200, "By id", r#"{"episodes": [{"episode_id": "newsroom-2024-video", "title": "Newsroom 2024 video", "path": "newsroom 2024 video.mp4", "size": 1, "duration~": 347.2, "stage": "discovered", "job_id~": "cm1x9k2", "discovered_at": "T"}], "count": 1}"#)],
    )
    .query(&[query("all", "=true|false", "Also those that were processed")]),
    Doc::new(
        "GET /episodes/{id}/clips",
        "An episode's clips and what was rendered of them",
        &[bare(200, "By their start", r#"{"episode_id": "newsroom-2024-video", "clips": [{"clip_id": "c1", "title": "…", "start": 12.0, "end": 41.5, "score~": 0.82, "text": "…", "renders": [{"variant": "clean", "aspect_ratio": "9x16", "status": "ready", "url~": "https://…", "size~": 1}]}], "count": 1}"#)],
    ),
    Doc::new(
        "GET /episodes/{id}/clips/{clip}/{variant}/{aspect_ratio}",
        "A rendered clip",
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
        "POST /episodes/{id}/process",
        "Process an episode and wait for its end",
        &[bare(200, "The job, ended", "\"$Job\""), bare(202, "The job; it takes longer than `wait`", "\"$Job\"")],
    )
    .query(&[query("wait", "600", "How long to wait, in seconds, up to 3600")])
    .may_read(PROCESS),
    Doc::new(
        "PUT /episodes/{id}/source",
        "Upload an episode's video",
        &[
            bare(200, "A part is there", r#"{"*": null}"#),
            bare(201, "All of it is there", r#"{"*": null}"#),
            bare(202, "A part is there", r#"{"*": null}"#),
        ],
    )
    .about("Raw bytes; resumed by `Content-Range`. The type is found in the bytes.")
    .uploads(&["application/octet-stream", "video/mp4"])
    .refuses(&[409, 415, 416]),
];
