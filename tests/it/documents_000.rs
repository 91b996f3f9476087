//! Document 000: its calls and answers as they are printed, on a real video.

use crate::asking::get;
use hmac::{Hmac, KeyInit as _, Mac as _};
use reel_tests::{
    Asked, Daemon, Home, Reply, StandIn, Watch, ask, assert_like, curl, reel, wait_for_end,
};
use serde_json::{Value, json};
use sha2::Sha256;

/// A workflow as it is printed, whatever its state.
fn status(id: &str, changes: Value) -> Value {
    let mut status = json!({
        "videoId": id, "currentState": "<queued>", "progress": -1, "startedAt": "T", "updatedAt": "T", "logs": [],
        "stages": {},
    });
    for (name, value) in changes.as_object().unwrap() {
        status[name] = value.clone();
    }
    status
}

#[tokio::test]
async fn a_video_is_made_watched_published_and_told_of() {
    let home = Home::scratch().unwrap();
    let server = StandIn::start(|_: &Asked| Reply::new(200, ""))
        .await
        .unwrap();
    home.configure(
        "[auth]\nloopback = \"operate\"\n[webhooks]\nallow_http = true\nallow_private = true\n\
         [youtube.channels.main_channel]\nclient_id = \"none\"\n[retention]\nmin_free_disk = \"16MiB\"\n",
    )
    .unwrap();
    let _daemon = Daemon::start(&home).unwrap();
    let token = reel(&home, &["token", "create", "ci", "--scope", "admin"]).unwrap();
    let token = token.stdout.trim().to_owned();

    // Example 2: endpoints are an administrator's affair, so the printed call comes with a token.
    let register = format!(
        "curl -X POST http://localhost:3124/api/webhooks/register \\\n  -H \"Content-Type: application/json\" \\\n  \
         -H \"Authorization: Bearer {token}\" \\\n  -d '{{\n    \"url\": \"https://myserver.com/video-complete\",\n    \
         \"events\": [\"video.completed\", \"youtube.uploaded\"],\n    \"secret\": \"my-secret-key\"\n  }}'"
    );
    let registered = curl(&home, &register, &[]).unwrap();
    assert_eq!(registered.status, 201, "{registered:?}");
    assert_like(
        &json!({
            "success": true, "webhookId": "<wh_abc123>", "url": "https://myserver.com/video-complete",
            "events": ["video.completed", "youtube.uploaded"],
        }),
        &registered.body,
    );
    let printed = registered.body["webhookId"].as_str().unwrap();
    assert_like(
        &json!({"success": true, "data": {"webhooks": [{
            "webhookId": printed, "url": "https://myserver.com/video-complete",
            "events": ["video.completed", "youtube.uploaded"], "createdAt": "T", "active": true,
        }]}}),
        &get(&home, "/api/webhooks"),
    );
    let delete = format!(
        "curl -X DELETE http://localhost:3124/api/webhooks/{printed} -H \"Authorization: Bearer {token}\""
    );
    let deleted = curl(&home, &delete, &[]).unwrap();
    assert_eq!(
        (deleted.status, deleted.body),
        (
            200,
            json!({"success": true, "message": "Webhook deleted successfully"})
        )
    );
    let here = format!("{}/video-complete", server.url());
    let registered = curl(
        &home,
        &register,
        &[("https://myserver.com/video-complete", &here)],
    );
    assert_eq!(registered.unwrap().status, 201);

    // Example 1, with a channel to publish on.
    let generate = "curl -X POST http://localhost:3124/api/video/generate \\\n  -H \"Content-Type: application/json\" \\\n  \
                    -d '{\"prompt\": \"Beautiful sunset\", \"videoSource\": \"pexels\"}'";
    let made = curl(
        &home,
        generate,
        &[(
            "\"pexels\"",
            "\"pexels\", \"title\": \"Sunset\", \"channels\": [\"main_channel\"]",
        )],
    )
    .unwrap();
    assert_eq!(made.status, 202, "{made:?}");
    let id = made.body["data"]["videoId"].as_str().unwrap().to_owned();
    assert_like(
        &json!({"success": true, "data": status(&id, json!({"currentState": "queued", "progress": 0}))}),
        &made.body,
    );
    let ask_status = "curl http://localhost:3124/api/workflow/status/cmgrzq18g0000uudla9n6anfv";
    let look = || {
        curl(&home, ask_status, &[("cmgrzq18g0000uudla9n6anfv", &id)])
            .unwrap()
            .body
    };
    let mut watch = Watch::open(&home, &id).await.unwrap();
    watch
        .until(|view| view.current_state == "processing_video")
        .await
        .unwrap();
    assert_like(
        &json!({"success": true, "data": status(&id, json!({
            "currentState": "processing_video",
            "stages": {
                "generating_tts": {"status": "completed", "duration": -1, "startedAt": "T", "completedAt": "T"},
                "transcribing": {"status": "completed", "duration": -1},
                "searching_video": {"status": "completed", "duration": -1},
                "processing_video": {"status": "in_progress", "startedAt": "T"},
            },
        }))}),
        &look(),
    );
    assert_like(
        &json!({"success": true, "data": {"workflows": [status(&id, json!({}))], "count": 1}}),
        &get(&home, "/api/workflow/active"),
    );
    let upload = format!("/api/workflow/youtube/{id}/main_channel");
    assert_like(
        &json!({"success": true, "data": {
            "videoId": id, "channelName": "main_channel", "state": "pending", "startedAt": "T",
        }}),
        &get(&home, &upload),
    );
    let ended = wait_for_end(&home, &id).await.unwrap();
    assert_eq!(ended.status, "completed", "{:?}", ended.error);
    let whole = look();
    assert_like(
        &json!({"success": true, "data": status(&id, json!({
            "currentState": "completed", "progress": 100, "completedAt": "T",
            "logs": [{"videoId": id, "timestamp": "T", "state": "queued"}],
        }))}),
        &whole,
    );
    let entered = |state: &str| {
        let logs = whole["data"]["logs"].as_array().unwrap();
        let entry = logs.iter().find(|entry| entry["state"] == state);
        entry
            .unwrap_or_else(|| panic!("{state} in {logs:?}"))
            .clone()
    };
    for state in [
        "generating_tts",
        "transcribing",
        "searching_video",
        "processing_video",
        "completed",
    ] {
        assert_like(
            &json!({"videoId": id, "timestamp": "T", "state": state, "previousState": "<…>", "duration": -1,
                "metadata": {"details": "<…>"}}),
            &entered(state),
        );
    }
    assert_like(
        &json!({"success": true, "data": {
            "workflows": [status(&id, json!({"currentState": "completed"}))], "total": 1, "limit": 50, "offset": 0,
        }}),
        &get(
            &home,
            "/api/workflow/history?limit=50&offset=0&status=completed",
        ),
    );

    // Example 3.
    let youtube =
        "curl http://localhost:3124/api/workflow/youtube/cmgrzq18g0000uudla9n6anfv/main_channel";
    let uploaded = curl(&home, youtube, &[("cmgrzq18g0000uudla9n6anfv", &id)]).unwrap();
    assert_like(
        &json!({"success": true, "data": {
            "videoId": id, "channelName": "main_channel", "state": "uploaded", "startedAt": "T", "completedAt": "T",
        }}),
        &uploaded.body,
    );
    assert_eq!(
        ask(
            &home,
            "GET",
            &format!("/api/workflow/youtube/{id}/other"),
            &Value::Null
        )
        .unwrap()
        .status,
        404
    );

    // Example 2's end: the server receives its webhooks, signed.
    let told = server.until_asked(2).await.unwrap();
    for one in &told {
        let mut mac = Hmac::<Sha256>::new_from_slice(b"my-secret-key").unwrap();
        mac.update(&one.body);
        let hex: String = mac
            .finalize()
            .into_bytes()
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        assert_eq!(
            one.header("x-webhook-signature"),
            Some(&*format!("sha256={hex}"))
        );
        assert_eq!(one.header("content-type"), Some("application/json"));
        assert_eq!(
            one.header("x-webhook-event"),
            one.json()["eventType"].as_str()
        );
    }
    let of = |event: &str| {
        told.iter()
            .map(Asked::json)
            .find(|body| body["eventType"] == event)
            .unwrap()
    };
    assert_like(
        &json!({"eventId": "<evt_123>", "eventType": "video.completed", "timestamp": "T", "data": {
            "videoId": id, "videoPath": "</videos/cmgrzq18g0000uudla9n6anfv.mp4>", "duration": -1,
            "metadata": {"title": "Sunset", "description": ""},
        }}),
        &of("video.completed"),
    );
    assert_like(
        &json!({"eventType": "youtube.uploaded", "data": {"videoId": id, "channelName": "main_channel"}}),
        &of("youtube.uploaded"),
    );
}
