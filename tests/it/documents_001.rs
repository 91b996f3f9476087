//! Document 001, from the request to the file: its jobs, their status, their media in parts and by links, and doing it again.

use reel_tests::{Daemon, Home, RawReply, ask, assert_like, raw, tcp, wait_for_end};
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::TcpStream;

const OPEN: &str = "[auth]\nloopback = \"operate\"\n[retention]\nmin_free_disk = \"16MiB\"\n";

fn get(home: &Home, path: &str, headers: &str) -> RawReply {
    tcp(home, "GET", path, headers, b"").unwrap()
}

fn header<'a>(reply: &'a RawReply, name: &str) -> &'a str {
    let start = format!("{name}: ");
    let line = reply
        .head
        .lines()
        .find_map(|line| line.strip_prefix(&start));
    line.unwrap_or_else(|| panic!("no {name} in {}", reply.head))
}

/// The path and query of a link, wherever it stands.
fn local(link: &Value) -> String {
    let link = link.as_str().unwrap();
    let rest = link.strip_prefix("http://").unwrap();
    rest[rest.find('/').unwrap()..].to_owned()
}

/// Waits for the end, however slow the machine is.
async fn ended(home: &Home, id: &str) -> String {
    for _ in 0..5 {
        if let Ok(workflow) = wait_for_end(home, id).await {
            assert_eq!(workflow.status, "completed", "{:?}", workflow.error);
            return workflow.outputs["videoPath"].as_str().unwrap().to_owned();
        }
    }
    panic!("{id} has not ended\n{}", home.last_words());
}

async fn job(home: &Home) -> (String, String) {
    let made = ask(
        home,
        "POST",
        "/api/v1/videos/generate",
        &json!({
            "prompt": "A lamp is lit.", "title": "Über die Lampe", "video_source": "drawn", "priority": 0,
            "config": {
                "pipeline_version": "2.0", "s3_upload_enabled": true, "thumbnail_generation": true,
                "cleanup_local_files": true, "retry_attempts": 3, "quality_levels": ["720p", "1080p"],
                "enable_streaming": true,
            },
            "anything": "is passed over",
        }),
    )
    .unwrap();
    assert_eq!(made.status, 202, "{made:?}");
    let id = made.body["job_id"].as_str().unwrap().to_owned();
    assert_like(
        &json!({
            "job_id": "<id>", "status": "queued", "progress": 0, "current_stage": "queued",
            "message": "Video generation queued", "created_at": "T",
            "status_url": format!("/api/v1/videos/jobs/{id}/status"),
        }),
        &made.body,
    );
    let path = format!("/api/v1/videos/jobs/{id}");
    for door in ["download", "stream", "thumbnail", "metadata"] {
        let early = get(home, &format!("{path}/{door}"), "");
        assert_eq!(
            (early.status, &early.body["error"]["code"]),
            (409, &json!("not_ready")),
            "{door}"
        );
    }
    let video = ended(home, &id).await;
    (id, video)
}

#[tokio::test]
async fn a_job_is_taken_told_and_served_as_it_is_printed() {
    let home = Home::scratch().unwrap();
    home.configure(OPEN).unwrap();
    let daemon = Daemon::start(&home).unwrap();

    let wrong = ask(
        &home,
        "POST",
        "/api/v1/videos/generate",
        &json!({"video_source": "film", "priority": 5000, "webhook_url": "nonsense", "config": {"quality_levels": ["8k"], "retry_attempts": 99}}),
    )
    .unwrap();
    let fields: Vec<&str> = wrong.body["error"]["details"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["field"].as_str().unwrap())
        .collect();
    for field in [
        "prompt",
        "video_source",
        "priority",
        "webhook_url",
        "config.quality_levels",
        "config.retry_attempts",
    ] {
        assert!(
            fields.iter().any(|one| one.starts_with(field)),
            "{field} among {fields:?}"
        );
    }

    let (id, video) = job(&home).await;
    let path = |door: &str| format!("/api/v1/videos/jobs/{id}/{door}");
    let status = get(&home, &path("status"), "");
    assert_like(
        &json!({
            "job_id": id, "status": "completed", "progress": 100, "current_stage": "completed", "message": "<done>",
            "eta_seconds": 0, "retry_count": 0,
            "stages": [{"name": "<stage>", "status": "<word>", "progress": -1, "duration": null}],
            "created_at": "T", "started_at": "T", "updated_at": "T", "completed_at": "T", "error": null,
        }),
        &status.body,
    );

    let metadata = get(&home, &path("metadata"), "");
    assert!(header(&metadata, "cache-control").contains("max-age="));
    assert_like(
        &json!({
            "job_id": id, "version": 1, "video_urls": {"720p": "<url>", "1080p": "<url>"}, "thumbnail_urls": ["<url>"],
            "technical_metadata": {
                "sha256": {"1080p": "<hash>", "720p": "<hash>"}, "format": "mp4", "video_codec": "h264",
                "audio_codec": "aac", "frame_rate": 30, "bit_rate": -1, "sample_rate": 48000, "channels": -1,
            },
            "streaming_info": {
                "enabled": true, "qualities": ["720p", "1080p"], "range_requests": true, "stream_url": path("stream"),
            },
            "s3_keys": ["<key>"], "created_at": "T", "file_size": -1, "duration": -1, "dimensions": [1080, 1920],
            "urls_expire_at": "T",
            "result": {
                "success": true, "video_path": video, "thumbnail_paths": ["<path>"], "metadata": {}, "error": null,
                "processing_time": -1, "s3_upload_results": [],
            },
        }),
        &metadata.body,
    );
    served(&home, &path, &metadata.body);
    linked(&home, &metadata.body);
    large(&home, &daemon, &path("stream"), &video);
    outside(&home, &path("download"), &video);
}

/// Ranges, conditions, HEAD, names and qualities.
fn served(home: &Home, path: &dyn Fn(&str) -> String, metadata: &Value) {
    let size = metadata["file_size"].as_u64().unwrap();
    let hash = metadata["technical_metadata"]["sha256"]["1080p"]
        .as_str()
        .unwrap();
    let whole = tcp(home, "HEAD", &path("download"), "", b"").unwrap();
    assert_eq!(
        (whole.status, header(&whole, "content-length")),
        (200, size.to_string().as_str())
    );
    assert_eq!(header(&whole, "etag"), format!("\"{hash}\""));
    assert_eq!(header(&whole, "accept-ranges"), "bytes");
    let name = header(&whole, "content-disposition");
    assert!(
        name.starts_with("attachment; ")
            && name.contains("filename*=utf-8''%c3%9cber%20die%20lampe.mp4"),
        "{name}"
    );
    for (range, told) in [
        ("bytes=0-9", format!("bytes 0-9/{size}")),
        (
            "bytes=-10",
            format!("bytes {}-{}/{size}", size - 10, size - 1),
        ),
        ("bytes=5-", format!("bytes 5-{}/{size}", size - 1)),
    ] {
        let part = get(home, &path("stream"), &format!("Range: {range}"));
        assert_eq!(
            (part.status, header(&part, "content-range")),
            (206, told.as_str())
        );
    }
    let beyond = get(home, &path("stream"), &format!("Range: bytes={size}-"));
    assert_eq!(
        (beyond.status, header(&beyond, "content-range")),
        (416, format!("bytes */{size}").as_str())
    );
    assert_eq!(beyond.body["error"]["code"], "range_not_satisfiable");
    assert_eq!(
        get(home, &path("stream"), "Range: bytes=0-1,5-6").status,
        200
    );
    let known = get(
        home,
        &path("download"),
        &format!("If-None-Match: \"{hash}\""),
    );
    assert_eq!(known.status, 304);
    let same = format!("Range: bytes=0-1\r\nIf-Range: \"{hash}\"");
    assert_eq!(get(home, &path("download"), &same).status, 206);
    let other = "Range: bytes=0-1\r\nIf-Range: \"other\"";
    assert_eq!(get(home, &path("download"), other).status, 200);
    for (asked, sent) in [
        ("", "1080p"),
        ("?quality=720p", "720p"),
        ("?quality=1080p", "1080p"),
        ("?quality=1440p", "1080p"),
    ] {
        let reply = tcp(home, "HEAD", &format!("{}{asked}", path("stream")), "", b"").unwrap();
        assert_eq!(header(&reply, "x-reel-quality"), sent, "{asked}");
    }
    assert_eq!(
        get(home, &format!("{}?quality=best", path("stream")), "").status,
        422
    );
    let picture = get(home, &format!("{}?index=3", path("thumbnail")), "");
    assert_eq!(
        (picture.status, header(&picture, "content-type")),
        (200, "image/jpeg")
    );
    assert!(header(&picture, "cache-control").contains("max-age"));
    assert_eq!(
        get(home, &format!("{}?index=4", path("thumbnail")), "").status,
        404
    );
    assert_eq!(
        get(home, &format!("{}?index=-1", path("thumbnail")), "").status,
        422
    );
}

/// Links open what they name, whoever asks, and nothing else.
fn linked(home: &Home, metadata: &Value) {
    // A request from a web page is nobody's here: only the link lets it in.
    let page = "Origin: https://page.example";
    let link = local(&metadata["video_urls"]["720p"]);
    let reply = tcp(home, "HEAD", &link, page, b"").unwrap();
    assert_eq!(
        (reply.status, header(&reply, "x-reel-quality")),
        (200, "720p")
    );
    let bare = link.split('?').next().unwrap();
    assert_eq!(get(home, bare, page).status, 401);
    for changed in [
        link.replace("720p", "1080p"),
        link.replace("/stream?", "/download?"),
        link.replace("expires=1", "expires=2"),
        format!("{link}0"),
    ] {
        let refused = get(home, &changed, "");
        assert_eq!(
            (refused.status, &refused.body["error"]["code"]),
            (403, &json!("link_invalid")),
            "{changed}"
        );
    }
    assert_eq!(
        get(home, &local(&metadata["thumbnail_urls"][0]), page).status,
        200
    );
}

fn resident(daemon: &Daemon) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", daemon.pid())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.unwrap()
        .trim()
        .trim_end_matches(" kB")
        .parse()
        .unwrap()
}

/// A file beyond 4 GB (of holes) is sent piece by piece.
fn large(home: &Home, daemon: &Daemon, path: &str, video: &str) {
    const SIZE: u64 = (4 << 30) + 10;
    const SENT: u64 = 1 << 30;
    let kept = std::fs::read(video).unwrap();
    let file = std::fs::File::options().write(true).open(video).unwrap();
    file.set_len(SIZE).unwrap();
    let last = get(home, path, "Range: bytes=-4");
    assert_eq!(
        header(&last, "content-range"),
        format!("bytes {}-{}/{SIZE}", SIZE - 4, SIZE - 1)
    );
    let before = resident(daemon);
    let note: Value =
        serde_json::from_slice(&std::fs::read(home.data().join("reeld.json")).unwrap()).unwrap();
    let mut stream = TcpStream::connect(note["listen"].as_str().unwrap()).unwrap();
    let request = format!(
        "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nRange: bytes=0-{}\r\n\r\n",
        SENT - 1
    );
    stream.write_all(request.as_bytes()).unwrap();
    let (mut buffer, mut came) = (vec![0; 1 << 20], 0_u64);
    loop {
        match stream.read(&mut buffer).unwrap() {
            0 => break,
            count => came += count as u64,
        }
    }
    assert!((SENT..SENT + 4096).contains(&came), "{came} bytes came");
    let grown = resident(daemon).saturating_sub(before);
    assert!(
        grown < 24 * 1024,
        "the daemon grew by {grown} KiB while it sent 1 GiB"
    );
    std::fs::write(video, kept).unwrap();
}

/// A file that was exchanged for a link to somewhere else is not followed; one that is gone is told.
fn outside(home: &Home, path: &str, video: &str) {
    let secret = home.root().join("secret");
    std::fs::write(&secret, "secret").unwrap();
    std::fs::remove_file(video).unwrap();
    std::os::unix::fs::symlink(&secret, video).unwrap();
    let refused = get(home, path, "");
    assert_eq!(
        (refused.status, &refused.body["error"]["code"]),
        (404, &json!("not_found"))
    );
    std::fs::remove_file(video).unwrap();
    assert_eq!(get(home, path, "").status, 404);
}

#[tokio::test]
async fn a_job_is_done_again_by_an_admin() {
    let home = Home::scratch().unwrap();
    home.configure(OPEN).unwrap();
    home.pipeline(
        "video",
        "[params.prompt]\ntype = \"text\"\nrequired = true\n[[stages]]\nid = \"one\"\nrun = [\"true\"]\n\
         [[stages]]\nid = \"two\"\nrun = [\"sh\", \"-c\", \"test \\\"$1\\\" != broken\", \"sh\", \"${params.prompt}\"]\nretry = 0\n",
    )
    .unwrap();
    let _daemon = Daemon::start(&home).unwrap();
    let make = |prompt: &str| {
        let made = ask(
            &home,
            "POST",
            "/api/v1/videos/generate",
            &json!({ "prompt": prompt }),
        )
        .unwrap();
        made.body["job_id"].as_str().unwrap().to_owned()
    };
    let again = |id: &str, body: Value| {
        let path = format!("/api/v1/admin/jobs/{id}/reprocess");
        raw(
            &home,
            "POST",
            &path,
            "Content-Type: application/json",
            body.to_string().as_bytes(),
        )
        .unwrap()
    };
    let broken = make("broken");
    assert_eq!(wait_for_end(&home, &broken).await.unwrap().status, "failed");
    let failed = get(&home, &format!("/api/v1/videos/jobs/{broken}/status"), "");
    assert_like(
        &json!({"status": "failed", "error": {"code": "exit_1", "message": "<why>", "stage": "two"}}),
        &failed.body,
    );
    let small = tcp(
        &home,
        "POST",
        &format!("/api/v1/admin/jobs/{broken}/reprocess"),
        "",
        b"",
    )
    .unwrap();
    assert_eq!(small.status, 403, "loopback may operate, not administer");
    assert_eq!(again(&broken, json!({"from_stage": "three"})).status, 422);
    let retried = again(&broken, json!({"from_stage": "one", "force": false}));
    assert_eq!(retried.status, 202, "{retried:?}");
    assert_like(
        &json!({"job_id": broken, "status": "queued", "attempt": 2, "message": "Reprocessing from one"}),
        &retried.body,
    );

    let good = make("good");
    assert_eq!(
        wait_for_end(&home, &good).await.unwrap().status,
        "completed"
    );
    assert_eq!(again(&good, json!({})).status, 409);
    let anew = again(&good, json!({"force": true}));
    assert_eq!(anew.status, 202, "{anew:?}");
    let other = anew.body["job_id"].as_str().unwrap();
    assert_ne!(other, good);
    let made = wait_for_end(&home, other).await.unwrap();
    assert_eq!(
        (made.status.as_str(), made.labels["reel.version"].as_str()),
        ("completed", "2")
    );
    assert_eq!(again("nothere", json!({})).status, 404);
}
