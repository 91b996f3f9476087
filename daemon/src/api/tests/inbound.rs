//! Callbacks: who is let in, what is moved, what is only answered.

use super::super::auth::Scope;
use super::{Rig, Said, remote};
use crate::config::Secret;
use crate::domain::command::Outcome;
use crate::webhook::sign;
use axum::body::Body;
use axum::http::{Method, Request};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

const KEY: &str = "worker-secret";

/// A daemon with the secrets set, and a workflow whose first stage waits for a callback.
async fn waiting() -> (Rig, String) {
    let mut rig = Rig::new().await;
    let mut config = (**rig.config.borrow()).clone();
    config.inbound.secrets = [
        ("worker".to_owned(), Secret::new(KEY)),
        ("n8n".to_owned(), Secret::new("n8n-secret")),
    ]
    .into();
    rig.config.send_replace(Arc::new(config));
    let id = rig.two().await;
    let deadline = Duration::from_secs(3600);
    rig.end(Outcome::NeedsCallback {
        deadline,
        reason: "asked the maker".into(),
        execution_id: None,
    })
    .await;
    (rig, id)
}

async fn call(rig: &Rig, path: &str, headers: &[(&str, &str)], body: &str) -> Said {
    let mut request = Request::builder()
        .method(Method::POST)
        .uri(path)
        .header("content-type", "application/json");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    rig.send(remote(), request.body(Body::from(body.to_owned())).unwrap())
        .await
}

async fn signed(rig: &Rig, path: &str, key: &str, body: &Value) -> Said {
    let text = body.to_string();
    let signature = sign::legacy(&Secret::new(key), text.as_bytes());
    call(rig, path, &[("x-webhook-signature", &signature)], &text).await
}

fn completed(id: &str, event: &str) -> Value {
    json!({ "event": "generation.completed", "eventId": event, "jobId": id, "generationId": id, "status": "completed",
        "progress": 100, "result": { "videoUrl": "https://h.example/v.mp4", "duration": 10 }, "error": null })
}

async fn status(rig: &Rig, id: &str) -> Value {
    rig.get(&format!("/api/workflow/status/{id}"))
        .await
        .data()
        .clone()
}

const WORKER: &str = "/api/webhooks/worker";

#[tokio::test]
async fn a_completion_moves_the_stage_that_waits_and_is_taken_once() {
    let (mut rig, id) = waiting().await;
    let first = signed(&rig, WORKER, KEY, &completed(&id, "evt_1")).await;
    assert_eq!(
        first.data(),
        &json!({ "generationId": id, "status": "processing", "duplicate": false })
    );
    let now = status(&rig, &id).await;
    assert_eq!(now["stages"]["first"]["status"], "completed");
    assert_eq!(
        now["stages"]["first"]["outputs"]["videoUrl"],
        "https://h.example/v.mp4"
    );
    let again = signed(&rig, WORKER, KEY, &completed(&id, "evt_1")).await;
    assert_eq!(again.body, first.body, "the first answer again");
    let other = signed(&rig, WORKER, KEY, &completed(&id, "evt_2")).await;
    assert_eq!(other.refusal(), (409, "not_waiting"));
    rig.complete().await;
    let late = signed(&rig, WORKER, KEY, &completed(&id, "evt_3")).await;
    assert_eq!(
        late.data(),
        &json!({ "generationId": id, "status": "completed", "duplicate": true })
    );
}

#[tokio::test]
async fn progress_is_shown_and_a_failure_is_final() {
    let (rig, id) = waiting().await;
    let progress = json!({ "event": "generation.progress", "generationId": id, "progress": 40, "message": "frame 4" });
    assert_eq!(
        signed(&rig, WORKER, KEY, &progress).await.data()["duplicate"],
        false
    );
    assert_eq!(status(&rig, &id).await["stages"]["first"]["progress"], 40.0);
    let failed = json!({ "event": "generation.failed", "generationId": id, "error": { "message": "no such voice", "code": "voice" } });
    assert_eq!(
        signed(&rig, WORKER, KEY, &failed).await.data()["status"],
        "failed"
    );
    let now = status(&rig, &id).await;
    assert_eq!(
        (&now["error"]["message"], &now["error"]["code"]),
        (&json!("no such voice"), &json!("voice"))
    );
}

#[tokio::test]
async fn whoever_does_not_sign_right_is_refused_and_nothing_moves() {
    let (rig, id) = waiting().await;
    let body = completed(&id, "evt_1").to_string();
    let now = rig.engine.now().0 / 1000;
    let standard = |at: i64| sign::standard(&Secret::new(KEY), "msg_1", at, body.as_bytes());
    let wrong = sign::legacy(&Secret::new("n8n-secret"), body.as_bytes());
    let (stale, fresh) = ((now - 301).to_string(), now.to_string());
    let (old, new) = (standard(now - 301), standard(now));
    let all: [&[(&str, &str)]; 5] = [
        &[],
        &[("x-webhook-signature", &wrong)],
        &[("x-webhook-signature", "sha256=00")],
        &[
            ("webhook-id", "msg_1"),
            ("webhook-timestamp", &stale),
            ("webhook-signature", &old),
        ],
        &[
            ("webhook-id", "msg_2"),
            ("webhook-timestamp", &fresh),
            ("webhook-signature", &new),
        ],
    ];
    for headers in all {
        assert_eq!(
            call(&rig, WORKER, headers, &body).await.refusal(),
            (401, "unauthorized"),
            "{headers:?}"
        );
    }
    let (reader, _) = rig.token(Scope::Read, json!({})).await;
    let bearer = format!("Bearer {reader}");
    assert_eq!(
        call(&rig, WORKER, &[("authorization", &bearer)], &body)
            .await
            .refusal(),
        (403, "forbidden")
    );
    assert_eq!(
        status(&rig, &id).await["stages"]["first"]["status"],
        "waiting"
    );
    let right = [
        ("webhook-id", "msg_1"),
        ("webhook-timestamp", fresh.as_str()),
        ("webhook-signature", new.as_str()),
    ];
    assert_eq!(
        call(&rig, WORKER, &right, &body).await.data()["duplicate"],
        false
    );
}

#[tokio::test]
async fn a_token_may_stand_in_for_a_signature_but_only_for_its_own() {
    let (rig, id) = waiting().await;
    let (own, _) = rig
        .token(Scope::Operate, json!({ "own": true, "user": "ana" }))
        .await;
    let said = rig
        .with(&own, Method::POST, WORKER, Some(completed(&id, "evt_1")))
        .await;
    assert_eq!(said.refusal(), (404, "not_found"), "it belongs to another");
    let (token, _) = rig.token(Scope::Operate, json!({})).await;
    assert_eq!(
        rig.with(&token, Method::POST, WORKER, Some(completed(&id, "evt_1")))
            .await
            .data()["duplicate"],
        false
    );
}

#[tokio::test]
async fn what_is_missing_unknown_or_blocked_is_told() {
    let (rig, id) = waiting().await;
    assert_eq!(
        signed(&rig, WORKER, KEY, &completed("nothere", "e"))
            .await
            .refusal(),
        (404, "not_found")
    );
    assert_eq!(
        signed(&rig, WORKER, KEY, &json!({})).await.fields(),
        ["generationId", "event"]
    );
    let mut private = completed(&id, "e");
    private["result"]["videoUrl"] = json!("https://169.254.169.254/latest");
    let said = signed(&rig, WORKER, KEY, &private).await;
    assert_eq!(said.fields(), ["result.videoUrl"]);
    assert!(said.body.to_string().contains("metadata"), "{said:?}");
    let mut none = completed(&id, "e");
    none["result"] = json!({});
    assert_eq!(
        signed(&rig, WORKER, KEY, &none).await.fields(),
        ["result.videoUrl"]
    );
    let mut event = completed(&id, "e");
    event["event"] = json!("generation.complete");
    assert!(
        signed(&rig, WORKER, KEY, &event)
            .await
            .body
            .to_string()
            .contains("did you mean")
    );
    assert_eq!(
        status(&rig, &id).await["stages"]["first"]["status"],
        "waiting"
    );
}

#[tokio::test]
async fn the_video_services_routes_say_the_same_in_their_words() {
    let (rig, id) = waiting().await;
    let path = "/api/webhook/video-complete";
    let traversal = json!({ "videoId": id, "status": "ready", "s3Key": "../../etc/passwd" });
    assert_eq!(
        signed(&rig, path, "n8n-secret", &traversal).await.fields(),
        ["s3Key"]
    );
    let ready = json!({ "videoId": id, "status": "ready", "s3Key": "videos/u/1.mp4", "metadata": { "size": 5, "format": "mp4" } });
    let said = signed(&rig, path, "n8n-secret", &ready).await;
    assert_eq!(
        said.data(),
        &json!({ "videoId": id, "status": "processing", "duplicate": false })
    );
    let (rig, id) = waiting().await;
    let error = json!({ "videoId": id, "errorMessage": "Avatar generation failed" });
    let said = signed(&rig, "/api/webhook/workflow-error", "n8n-secret", &error).await;
    assert_eq!(
        said.data(),
        &json!({ "videoId": id, "status": "failed", "duplicate": false })
    );
    let nobody = json!({ "executionId": "exec_1", "errorMessage": "x" });
    assert_eq!(
        signed(&rig, "/api/webhook/workflow-error", "n8n-secret", &nobody)
            .await
            .refusal(),
        (404, "not_found")
    );
}
