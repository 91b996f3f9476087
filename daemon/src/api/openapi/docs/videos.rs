//! Document 001's jobs, and what they made.

use crate::api::openapi::doc::{Answer, Doc, Query, Surface, bare, bytes, empty, query};

pub(super) const SURFACE: Surface = Surface {
    name: "videos",
    title: "Videos",
    about: "Jobs that make videos, and the files they made: in parts, by quality, by signed links",
    docs: DOCS,
};

const MEDIA: &[Answer] = &[
    bytes(200, "The file", "video/mp4"),
    bytes(206, "The part that `Range` asked for", "video/mp4"),
    empty(
        302,
        "A time-limited link of the object store, where the file is no longer here",
    ),
    empty(304, "Unchanged since the `ETag` or date that was sent"),
    empty(
        307,
        "A time-limited link of the object store, where the file is no longer here",
    ),
];
const PICTURE: &[Answer] = &[
    bytes(200, "The picture", "image/jpeg"),
    bytes(206, "The part that `Range` asked for", "image/jpeg"),
    empty(
        302,
        "A time-limited link of the object store, where the file is no longer here",
    ),
    empty(304, "Unchanged since the `ETag` or date that was sent"),
    empty(
        307,
        "A time-limited link of the object store, where the file is no longer here",
    ),
];
const LINK: [Query; 2] = [
    query("expires", "1795170000", "Of a signed link: until when"),
    query("signature", "…", "Of a signed link"),
];
const REFUSES: &[u16] = &[403, 404, 409, 416, 502];

const STATUS: &str = r#"{
    "job_id": "cm1x9k2", "status": "=running|queued|completed|failed", "progress": 62.5, "current_stage": "processing_video",
    "message~": "frame 312/500", "eta_seconds~": 45.0, "retry_count": 0,
    "stages": [{"name": "generating_tts", "status": "completed", "progress": 100.0, "duration~": 2.4}],
    "created_at": "T", "started_at~": "T", "updated_at": "T", "completed_at~": "T", "error~": null
}"#;

const METADATA: &str = r#"{
    "job_id": "cm1x9k2", "version": 1, "video_urls": {"*": "https://reel.example/…"}, "thumbnail_urls": ["https://reel.example/…"],
    "technical_metadata": {"sha256": {"*": "9f86d081…"}, "format~": "mp4", "video_codec~": "h264", "audio_codec~": "aac", "frame_rate~": 30.0,
        "bit_rate~": 4200000.0, "sample_rate~": 48000.0, "channels~": 2.0},
    "streaming_info": {"enabled": true, "qualities": ["720p"], "range_requests": true, "stream_url": "/api/v1/videos/jobs/cm1x9k2/stream"},
    "s3_keys": ["videos/anna/1.mp4"], "created_at": "T", "file_size~": 5242880, "duration~": 10.0, "dimensions~": [1920],
    "urls_expire_at": "T", "result": {"*": null}
}"#;

const DOCS: &[Doc] = &[
    Doc::new(
        "POST /api/v1/videos/generate",
        "Make a video",
        &[bare(202, "The job", r#"{"job_id": "cm1x9k2", "status": "queued", "progress": 0.0, "current_stage": "queued", "message": "Video generation queued", "created_at": "T", "status_url": "/api/v1/videos/jobs/cm1x9k2/status"}"#)],
    )
    .reads(r#"{"prompt": "Beautiful sunset", "title?": "Sunset", "video_source?": "=pexels|veo|library|drawn", "priority?": "%-1000..1000: 0", "webhook_url?": "https://hooks.example/done", "config?": {"quality_levels?": ["720p"], "retry_attempts?": "%0..20: 3"}}"#),
    Doc::new("GET /api/v1/videos/jobs/{id}/status", "A job", &[bare(200, "As of now", STATUS)]),
    Doc::new("GET /api/v1/videos/jobs/{id}/download", "The video as a file", MEDIA)
        .about("`Range` with one range, `ETag`, `If-None-Match`, `If-Range` and HEAD are honoured; before the end 409 `not_ready`.")
        .query(&LINK)
        .refuses(REFUSES),
    Doc::new("GET /api/v1/videos/jobs/{id}/stream", "The video for a player", MEDIA)
        .about("`X-Reel-Quality` names the quality that is sent: the one that was asked for, or the next lower that was made.")
        .query(&[
            query("quality", "=720p|1080p|480p|360p|1440p|2160p", "Of the picture"),
            query("expires", "1795170000", "Of a signed link: until when"),
            query("signature", "…", "Of a signed link"),
        ])
        .refuses(REFUSES),
    Doc::new("GET /api/v1/videos/jobs/{id}/thumbnail", "A picture of it", PICTURE)
        .query(&[
            query("index", "%0..: 0", "Which"),
            query("expires", "1795170000", "Of a signed link: until when"),
            query("signature", "…", "Of a signed link"),
        ])
        .refuses(REFUSES),
    Doc::new("GET /api/v1/videos/jobs/{id}/metadata", "What was made, in figures", &[bare(200, "With links that expire", METADATA)])
        .refuses(&[409]),
    Doc::new(
        "POST /api/v1/admin/jobs/{id}/reprocess",
        "Do it again from a stage",
        &[bare(202, "The job; another one where the first had completed", r#"{"job_id": "cm1x9k2", "status": "queued", "attempt": 2, "message": "Reprocessing from storing"}"#)],
    )
    .about("What has completed is done again only with `force`, as a new job.")
    .may_read(r#"{"from_stage?": "storing", "force?": false}"#),
];
