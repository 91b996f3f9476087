//! Document 003: its requests and answers as they are printed, its callbacks, its gallery, history and resources; and that a
//! user sees their own videos alone.
//!
//! Lines: every request and answer stands here as it is printed.

use crate::asking::{get, post};
use reel_tests::{
    Asked, Daemon, Home, RawReply, Reply, StandIn, act, ask, assert_like, raw, tcp, wait_for,
    wait_for_end, wait_for_status,
};
use serde_json::{Value, json};
use std::path::Path;

const OPEN: &str = "[auth]\nloopback = \"operate\"\n[retention]\nmin_free_disk = \"16MiB\"\n\
                    [webhooks]\nallow_http = true\nallow_private = true\n";
const CAST: &str = "[[avatars]]\navatar_id = \"anna\"\nname = \"Anna\"\ngender = \"female\"\n\
                    [[voices]]\nvoice_id = \"v0\"\nname = \"Tom\"\ngender = \"male\"\n\
                    [[voices]]\nvoice_id = \"v1\"\nname = \"Emma\"\ngender = \"female\"\nlanguage = \"en-US\"\n\
                    [[topics]]\ntopic_id = \"t1\"\ntitle = \"First home\"\nkey_points = [\"What it costs\"]\n";

/// A real video, small.
fn film(folder: &Path) -> Vec<u8> {
    let path = folder.join("film.mp4");
    let made = std::process::Command::new("ffmpeg")
        .args([
            "-v",
            "error",
            "-y",
            "-f",
            "lavfi",
            "-i",
            "testsrc2=size=320x180:rate=10:duration=2",
            "-pix_fmt",
            "yuv420p",
        ])
        .arg(&path)
        .status();
    assert!(made.unwrap().success());
    std::fs::read(path).unwrap()
}

/// An outside service: takes every request as `exec_123456789`, and has the film.
async fn outside(film: Vec<u8>) -> StandIn {
    StandIn::start(move |asked: &Asked| match asked.path.as_str() {
        "/film.mp4" => Reply::new(200, film.clone()),
        _ => Reply::json(200, &json!({"executionId": "exec_123456789"})),
    })
    .await
    .unwrap()
}

fn settings(outside: &str) -> String {
    format!(
        "{OPEN}[external.create]\nurl = \"{outside}/create\"\n[external.generate]\nurl = \"{outside}/generate\"\n"
    )
}

fn fields(reply: &RawReply) -> Vec<&str> {
    assert_eq!(reply.status, 422, "{reply:?}");
    let details = reply.body["error"]["details"].as_array().unwrap();
    details
        .iter()
        .map(|one| one["field"].as_str().unwrap())
        .collect()
}

fn generate(title: &str) -> Value {
    json!({
        "hook": "Look!", "body": "This is it.", "conclusion": "Call us.", "company_name": "Reel Ltd",
        "social_handles": "@reel", "license": "L-1", "avatar_title": "anna", "avatar_body": "anna",
        "avatar_conclusion": "anna", "email": "a@b.co", "title": title, "anything": "is passed over",
    })
}

#[tokio::test]
async fn a_video_goes_from_its_request_to_the_gallery_as_it_is_printed() {
    let home = Home::scratch().unwrap();
    let outside = outside(film(home.root())).await;
    home.configure(&settings(outside.url())).unwrap();
    std::fs::write(home.root().join("catalog.toml"), CAST).unwrap();
    let _daemon = Daemon::start(&home).unwrap();

    let empty = post(&home, "/api/video/create", &json!({"email": "nobody"}));
    assert_eq!(fields(&empty), ["prompt", "name", "videoTopic", "email"]);
    let empty = post(&home, "/api/video/generate-video", &json!({"hook": " "}));
    assert_eq!(
        fields(&empty),
        [
            "hook",
            "body",
            "conclusion",
            "avatar_title",
            "title",
            "email"
        ]
    );

    // Phase 1: the request, and the first answer.
    let made = post(
        &home,
        "/api/video/generate-video",
        &generate("My first home"),
    );
    assert_eq!(made.status, 202, "{made:?}");
    assert_like(
        &json!({
            "success": true, "message": "Video generation started successfully",
            "data": {
                "videoId": "<id>", "status": "processing", "timestamp": "T", "estimated_completion": "T",
                "note": "Video generation is running in the background",
            },
        }),
        &made.body,
    );
    let id = made.body["data"]["videoId"].as_str().unwrap().to_owned();

    // Phase 2: the outside service is asked, with the voice that goes with the avatar.
    wait_for_status(&home, &id, "waiting").await.unwrap();
    let asked = outside.asked();
    let asked = asked
        .iter()
        .find(|one| one.path == "/generate")
        .unwrap()
        .json();
    assert_like(
        &json!({
            "hook": "Look!", "avatar_title": "anna", "voice_id": "v1", "email": "a@b.co", "videoId": id, "userId": "local",
            "callbackUrl": "<url>", "errorUrl": "<url>",
        }),
        &asked,
    );
    let processing = get(&home, &format!("/api/video/status/{id}"));
    assert_like(
        &json!({"success": true, "data": {
            "_id": id, "videoId": id, "userId": "local", "title": "My first home", "status": "processing",
            "createdAt": "T", "updatedAt": "T", "progress": -1, "error": null,
        }}),
        &processing,
    );

    // Phase 3: its callback, the download, the record.
    let called = post(
        &home,
        "/api/webhook/video-complete",
        &json!({
            "videoId": id, "status": "ready", "videoUrl": format!("{}/film.mp4", outside.url()),
            "metadata": {"size": 15_728_640, "format": "mp4", "duration": 30},
        }),
    );
    assert_eq!(called.status, 200, "{called:?}");
    let ended = wait_for_end(&home, &id).await.unwrap();
    assert_eq!(ended.status, "completed", "{:?}", ended.error);
    let gallery = get(&home, "/api/video/gallery?status=ready&limit=10");
    assert_like(
        &json!({"success": true, "data": {
            "videos": [{
                "_id": id, "videoId": id, "userId": "local", "title": "My first home", "status": "ready",
                "downloadUrl": "<url>", "videoUrl": "<url>", "s3Key": "<key>",
                "metadata": {"size": -1, "format": "mp4", "duration": 2, "originalUrl": "<url>"},
                "createdAt": "T", "updatedAt": "T",
            }],
            "total": 1, "limit": 10, "offset": 0,
        }}),
        &gallery,
    );
    let key = gallery["data"]["videos"][0]["s3Key"].as_str().unwrap();
    assert!(
        key.starts_with("videos/local/") && key.ends_with(".mp4"),
        "{key}"
    );
    let link = gallery["data"]["videos"][0]["downloadUrl"]
        .as_str()
        .unwrap();
    let path = link.find("/api/").map(|at| &link[at..]).unwrap();
    let page = "Origin: https://page.example";
    assert_eq!(
        tcp(&home, "GET", path, page, b"").unwrap().status,
        200,
        "the link needs no token"
    );
    assert_eq!(
        get(&home, "/api/video/gallery?status=failed")["data"]["total"],
        0
    );
    assert_eq!(
        get(&home, "/api/video/gallery?status=processing")["data"]["total"],
        0
    );
    assert_eq!(
        ask(&home, "GET", "/api/video/gallery?status=good", &Value::Null)
            .unwrap()
            .status,
        422
    );

    // Phase 4: its history.
    let history = get(&home, "/api/video/history?executionId=exec_123456789");
    assert_like(
        &json!({"success": true, "data": {
            "history": [{
                "executionId": "exec_123456789", "videoId": id, "userId": "local", "email": "a@b.co",
                "status": "completed", "createdAt": "T", "completedAt": "T", "errorMessage": null,
            }],
            "total": 1, "limit": 50, "offset": 0,
        }}),
        &history,
    );
    assert_eq!(
        get(&home, "/api/video/history?executionId=none")["data"]["total"],
        0
    );

    // Another title, and the end of it.
    let named = ask(
        &home,
        "PATCH",
        &format!("/api/video/{id}"),
        &json!({"title": "Our first home"}),
    )
    .unwrap();
    assert_eq!(
        (named.status, &named.body["data"]["title"]),
        (200, &json!("Our first home"))
    );
    for wrong in [
        json!({}),
        json!({"title": ""}),
        json!({"title": "a\nb"}),
        json!({"title": "x".repeat(201)}),
    ] {
        let refused = ask(&home, "PATCH", &format!("/api/video/{id}"), &wrong).unwrap();
        assert_eq!(fields(&refused), ["title"]);
    }
    let file = home.data().join("media").join(key);
    assert!(file.exists());
    let deleted = ask(
        &home,
        "DELETE",
        &format!("/api/video/delete/{id}"),
        &Value::Null,
    )
    .unwrap();
    assert_eq!(deleted.status, 200, "{deleted:?}");
    assert_eq!(
        deleted.body,
        json!({"success": true, "message": "Video deleted successfully"})
    );
    // The files go behind the answer, and nothing tells when.
    let gone = async {
        while file.exists() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(reel_tests::LIMIT, gone).await.unwrap();
    let status = ask(
        &home,
        "GET",
        &format!("/api/video/status/{id}"),
        &Value::Null,
    )
    .unwrap();
    assert_eq!(status.status, 404);
}

#[tokio::test]
async fn what_fails_outside_fails_here_and_what_runs_can_be_deleted() {
    let home = Home::scratch().unwrap();
    let outside = outside(Vec::new()).await;
    home.configure(&settings(outside.url())).unwrap();
    let _daemon = Daemon::start(&home).unwrap();
    let create = json!({
        "prompt": "A tour of the house", "avatar": ["anna"], "name": "Anna", "position": "Agent", "companyName": "Reel Ltd",
        "license": "L-1", "tailoredFit": "families", "socialHandles": "@reel", "videoTopic": "First home",
        "topicKeyPoints": "costs", "city": "Bern", "preferredTone": "warm", "callToAction": "Call us", "email": "a@b.co",
    });
    let made = post(&home, "/api/video/create", &create);
    let id = made.body["data"]["videoId"].as_str().unwrap().to_owned();
    wait_for_status(&home, &id, "waiting").await.unwrap();
    let told = post(
        &home,
        "/api/webhook/workflow-error",
        &json!({"errorMessage": "Avatar generation failed", "executionId": "exec_123456789"}),
    );
    assert_eq!(told.status, 200, "{told:?}");
    assert_eq!(wait_for_end(&home, &id).await.unwrap().status, "failed");
    let history = get(&home, "/api/video/history?executionId=exec_123456789");
    assert_like(
        &json!({"data": {"history": [{"videoId": id, "status": "failed", "errorMessage": "Avatar generation failed"}]}}),
        &history,
    );
    let shown = get(&home, &format!("/api/video/status/{id}"));
    assert_like(
        &json!({"data": {"status": "failed", "error": "Avatar generation failed"}}),
        &shown,
    );
    let media = ask(
        &home,
        "GET",
        &format!("/api/video/download/{id}"),
        &Value::Null,
    )
    .unwrap();
    assert_eq!(media.status, 404, "a failed one made no video");

    let made = post(&home, "/api/video/create", &create);
    let id = made.body["data"]["videoId"].as_str().unwrap().to_owned();
    wait_for_status(&home, &id, "waiting").await.unwrap();
    let deleted = ask(
        &home,
        "DELETE",
        &format!("/api/video/delete/{id}"),
        &Value::Null,
    )
    .unwrap();
    assert_eq!(deleted.status, 200, "{deleted:?}");
    assert_eq!(
        ask(
            &home,
            "DELETE",
            &format!("/api/video/delete/{id}"),
            &Value::Null
        )
        .unwrap()
        .status,
        404
    );
}

#[tokio::test]
async fn a_file_from_elsewhere_is_fetched_and_private_addresses_are_not() {
    let home = Home::scratch().unwrap();
    let outside = outside(film(home.root())).await;
    let told = "default_events = [\"video.completed\"]";
    home.configure(&format!(
        "{OPEN}default_url = \"{}/told\"\n{told}\n",
        outside.url()
    ))
    .unwrap();
    let daemon = Daemon::start(&home).unwrap();
    let asked = json!({
        "videoUrl": format!("{}/film.mp4", outside.url()), "title": "From afar", "email": "a@b.c", "executionId": "exec_1",
    });
    let made = post(&home, "/api/video/download-video", &asked);
    assert_eq!(made.status, 202, "{made:?}");
    assert_like(
        &json!({
            "success": true, "message": "Video download started",
            "data": {"videoId": "<id>", "status": "processing", "timestamp": "T"},
        }),
        &made.body,
    );
    let id = made.body["data"]["videoId"].as_str().unwrap();
    let ended = wait_for_end(&home, id).await.unwrap();
    assert_eq!(
        (ended.status.as_str(), ended.name.as_str()),
        ("completed", "From afar"),
        "{:?}",
        ended.error
    );
    let metadata = get(&home, &format!("/api/v1/videos/jobs/{id}/metadata"));
    assert_like(
        &json!({"technical_metadata": {"format": "mp4", "video_codec": "h264", "audio_codec": null}, "dimensions": [320, 180]}),
        &metadata,
    );
    assert_eq!(
        get(&home, "/api/video/history?executionId=exec_1")["data"]["total"],
        1
    );

    // Who is told of it gets a link that needs no token.
    let told = outside.until_asked(2).await.unwrap();
    let told = told.iter().find(|one| one.path == "/told").unwrap().json();
    let link = told["data"]["videoUrl"].as_str().unwrap();
    let path = link.find("/api/").map(|at| &link[at..]).unwrap();
    let page = "Origin: https://page.example";
    assert_eq!(tcp(&home, "GET", path, page, b"").unwrap().status, 200);
    assert_eq!(
        fields(&post(&home, "/api/video/download-video", &json!({}))),
        ["videoUrl"]
    );
    drop(daemon);

    home.configure("[auth]\nloopback = \"operate\"\n").unwrap();
    let _daemon = Daemon::start(&home).unwrap();
    for private in [
        "http://h.example/v.mp4",
        "https://127.0.0.1/v.mp4",
        "https://[::1]/v.mp4",
        "file:///etc/passwd",
        "x",
    ] {
        let refused = post(
            &home,
            "/api/video/download-video",
            &json!({ "videoUrl": private }),
        );
        assert!(fields(&refused).contains(&"videoUrl"), "{private}");
    }
}

#[tokio::test]
async fn who_appears_and_speaks_is_told_from_the_catalogue_and_the_machine() {
    let home = Home::scratch().unwrap();
    home.configure(OPEN).unwrap();
    let _daemon = Daemon::start(&home).unwrap();
    assert!(
        get(&home, "/api/video/avatars")["data"]["count"]
            .as_u64()
            .unwrap()
            > 0,
        "a small one is built in"
    );
    std::fs::write(home.root().join("catalog.toml"), CAST).unwrap();
    assert_like(
        &json!({"success": true, "data": {
            "avatars": [{"avatar_id": "anna", "name": "Anna", "gender": "female", "preview_url": null}], "count": 1,
        }}),
        &get(&home, "/api/video/avatars"),
    );
    assert_like(
        &json!({"success": true, "data": {
            "topics": [{"topic_id": "t1", "title": "First home", "key_points": ["What it costs"]}], "count": 1,
        }}),
        &get(&home, "/api/video/topics"),
    );
    let voices = get(&home, "/api/video/voices");
    let voices = voices["data"]["voices"].as_array().unwrap();
    let emma = json!({"voice_id": "v1", "name": "Emma", "gender": "female", "language": "en-US", "preview_url": null});
    assert!(voices.contains(&emma));
    assert!(
        voices.iter().any(|voice| voice["voice_id"] == "de"),
        "espeak-ng's own: {voices:?}"
    );
    std::fs::write(home.root().join("catalog.toml"), "[[avatars]]\nname = 1\n").unwrap();
    let broken = ask(&home, "GET", "/api/video/avatars", &Value::Null).unwrap();
    assert_eq!(
        broken.status, 500,
        "a mistake in the file is not an empty list"
    );
}

/// A token of this user that sees its own alone.
fn token(home: &Home, user: &str) -> String {
    let body = json!({"name": user, "scope": "operate", "user": user, "own": true}).to_string();
    let made = raw(
        home,
        "POST",
        "/api/tokens",
        "Content-Type: application/json",
        body.as_bytes(),
    )
    .unwrap();
    let token = made.body["data"]["token"].as_str().unwrap();
    format!("Authorization: Bearer {token}\r\nContent-Type: application/json")
}

#[tokio::test]
async fn a_user_sees_and_changes_their_own_videos_alone() {
    let home = Home::scratch().unwrap();
    home.configure(OPEN).unwrap();
    home.pipeline(
        "download-video",
        "[params.videoUrl]\ntype = \"url\"\nrequired = true\n[params.title]\ntype = \"string\"\n[[stages]]\nid = \"downloading\"\n\
         run = [\"sh\", \"-c\", \"mkdir -p $0/videos && echo v > $0/videos/1.mp4 && echo videoPath=$0/videos/1.mp4 >> $REEL_OUTPUT\", \"MEDIA\"]\n"
            .replace("MEDIA", &home.data().join("media").display().to_string())
            .as_str(),
    )
    .unwrap();
    let _daemon = Daemon::start(&home).unwrap();
    let (anna, ben) = (token(&home, "anna"), token(&home, "ben"));
    let asks = |method: &str, path: &str, who: &str, body: &Value| {
        let body = if body.is_null() {
            String::new()
        } else {
            body.to_string()
        };
        tcp(&home, method, path, who, body.as_bytes()).unwrap()
    };
    let asked = json!({"videoUrl": "https://h.example/v.mp4", "title": "Mine"});
    let made = asks("POST", "/api/video/download-video", &anna, &asked);
    let id = made.body["data"]["videoId"].as_str().unwrap().to_owned();
    let ended = wait_for(&home, &id, |workflow| workflow.status == "completed")
        .await
        .unwrap();
    assert_eq!(ended.user_id, "anna");
    let title = json!({"title": "Other"});
    for (method, path, body) in [
        ("GET", format!("/api/video/status/{id}"), Value::Null),
        ("GET", format!("/api/video/download/{id}"), Value::Null),
        (
            "GET",
            format!("/api/v1/videos/jobs/{id}/status"),
            Value::Null,
        ),
        (
            "GET",
            format!("/api/v1/videos/jobs/{id}/download"),
            Value::Null,
        ),
        (
            "GET",
            format!("/api/v1/videos/jobs/{id}/stream"),
            Value::Null,
        ),
        (
            "GET",
            format!("/api/v1/videos/jobs/{id}/thumbnail"),
            Value::Null,
        ),
        (
            "GET",
            format!("/api/v1/videos/jobs/{id}/metadata"),
            Value::Null,
        ),
        ("PATCH", format!("/api/video/{id}"), title.clone()),
        ("DELETE", format!("/api/video/delete/{id}"), Value::Null),
    ] {
        let refused = asks(method, &path, &ben, &body);
        assert_eq!(
            (refused.status, &refused.body["error"]["code"]),
            (404, &json!("not_found")),
            "{method} {path}"
        );
    }
    assert_eq!(
        asks("GET", "/api/video/history", &ben, &Value::Null).body["data"]["total"],
        0
    );
    assert_eq!(
        asks("GET", "/api/video/history", &anna, &Value::Null).body["data"]["total"],
        1
    );
    assert_eq!(
        asks("GET", "/api/stats", &ben, &Value::Null).body["data"]["pipelines"],
        json!({})
    );
    let stats = asks("GET", "/api/stats", &anna, &Value::Null).body;
    assert_like(
        &json!({"data": {
            "days": [{"date": "<day>", "total": 1, "completed": 1, "failed": 0, "cancelled": 0, "successRate": 1}],
            "pipelines": {"download-video": {"total": 1, "successRate": 1, "processingTime": {"p50": -1, "p90": -1}}},
            "storage": {"bytes": -1, "files": -1, "freeBytes": -1},
        }}),
        &stats,
    );
    assert_eq!(
        asks(
            "GET",
            &format!("/api/video/download/{id}"),
            &anna,
            &Value::Null
        )
        .status,
        200
    );
    assert_eq!(
        asks("PATCH", &format!("/api/video/{id}"), &anna, &title).status,
        200
    );
    assert_eq!(
        asks(
            "DELETE",
            &format!("/api/video/delete/{id}"),
            &anna,
            &Value::Null
        )
        .status,
        200
    );
    assert!(
        act(&home, &id, "cancel", Value::Null).await.is_err(),
        "it is gone"
    );
}
