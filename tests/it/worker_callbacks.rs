//! Document 002's worker: its callbacks move the generation that waits for them, and its failures are told in its words.

use crate::asking::{get, post};
use hmac::{Hmac, KeyInit as _, Mac as _};
use reel_tests::{
    Asked, Daemon, Home, Reply, StandIn, assert_like, said, said_kinds, tcp, wait_for_end,
    wait_for_status,
};
use serde_json::{Value, json};
use sha2::Sha256;

const JSON: &str = "Content-Type: application/json";
const OPEN: &str = "[auth]\nloopback = \"operate\"\n";

#[tokio::test]
async fn the_workers_callbacks_move_the_generation_that_waits_for_them() {
    let home = Home::scratch().unwrap();
    let maker = StandIn::start(|_: &Asked| Reply::json(200, &json!({})))
        .await
        .unwrap();
    home.configure(&format!(
        "{OPEN}[external.create]\nurl = \"{}/make\"\nsecret = \"s\"\n[inbound]\nsecrets = {{ worker = \"worker-secret\" }}\n\
         [webhooks]\nallow_http = true\nallow_private = true\n",
        maker.url()
    ))
    .unwrap();
    home.pipeline(
        "generation",
        "clarify = true\nconfirm = true\n[params.prompt]\ntype = \"text\"\nrequired = true\n\
         [params.service]\ntype = \"enum\"\noptions = [\"create\", \"generate\"]\ndefault = \"create\"\n\
         [[stages]]\nid = \"requesting\"\nuses = \"external\"\n",
    )
    .unwrap();
    let _daemon = Daemon::start(&home).unwrap();
    let made = post(
        &home,
        "/api/generations",
        &json!({"prompt": "A video of a sunset", "conversationId": "c"}),
    );
    assert_eq!(
        made.body["data"]["status"], "pending_confirmation",
        "nothing is asked"
    );
    assert_eq!(made.body["data"]["clarificationQuestions"], json!([]));
    let id = made.body["data"]["generationId"]
        .as_str()
        .unwrap()
        .to_owned();
    post(
        &home,
        &format!("/api/generations/{id}/confirm"),
        &Value::Null,
    );
    maker.until_asked(1).await.unwrap();
    wait_for_status(&home, &id, "waiting").await.unwrap();
    assert_eq!(
        get(&home, &format!("/api/generations/{id}/status"))["data"]["status"],
        "processing"
    );
    let call = |event: &str, number: u32, more: Value| {
        let mut body = json!({
            "event": event, "eventId": format!("evt_{number}"), "jobId": id, "generationId": id, "status": "processing",
            "progress": 50, "result": null, "error": null, "timestamp": "2024-01-01T12:00:00Z",
        });
        for (name, value) in more.as_object().unwrap() {
            body[name] = value.clone();
        }
        let body = body.to_string().into_bytes();
        let mut mac = Hmac::<Sha256>::new_from_slice(b"worker-secret").unwrap();
        mac.update(&body);
        let hex: String = mac
            .finalize()
            .into_bytes()
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        let headers = format!("{JSON}\r\nX-Webhook-Signature: sha256={hex}");
        tcp(&home, "POST", "/api/webhooks/worker", &headers, &body).unwrap()
    };
    for (number, event) in [(1, "generation.started"), (2, "generation.progress")] {
        let taken = call(event, number, json!({}));
        assert_eq!(taken.status, 200, "{taken:?}");
        assert_like(
            &json!({"success": true, "data": {"generationId": id, "status": "processing", "duplicate": false}}),
            &taken.body,
        );
    }
    let done = json!({"status": "completed", "progress": 100, "result": {
        "videoUrl": format!("{}/videos/gen_123.mp4", maker.url()), "thumbnailUrl": format!("{}/t.jpg", maker.url()),
        "duration": 10, "fileSize": 5_242_880,
    }});
    let taken = call("generation.completed", 3, done.clone());
    assert_eq!(taken.status, 200, "{taken:?}");
    assert_eq!(
        taken.body["data"]["status"], "completed",
        "no stage is left that would fetch it"
    );
    assert_eq!(
        call("generation.completed", 3, done).body,
        taken.body,
        "the first answer again"
    );
    let other = call(
        "generation.failed",
        4,
        json!({"error": {"message": "Veo3 API timeout"}}),
    );
    assert_eq!(
        (other.status, &other.body["data"]["duplicate"]),
        (200, &json!(true)),
        "{other:?}"
    );
    assert_eq!(wait_for_end(&home, &id).await.unwrap().status, "completed");
    assert_eq!(
        said_kinds(&home, "c").unwrap(),
        [
            "generation_started",
            "confirmation",
            "generation_started",
            "generation_result"
        ]
    );
}

#[tokio::test]
async fn a_workers_failure_is_told_in_its_words() {
    let home = Home::scratch().unwrap();
    home.configure(OPEN).unwrap();
    home.pipeline(
        "generation",
        "[params.prompt]\ntype = \"text\"\nrequired = true\n[[stages]]\nid = \"generating_video\"\nretry = 0\n\
         run = [\"/bin/sh\", \"-c\", \"echo Veo3 API timeout >&2; exit 9\"]\n",
    )
    .unwrap();
    let _daemon = Daemon::start(&home).unwrap();
    let made = post(
        &home,
        "/api/generations",
        &json!({"prompt": "x", "conversationId": "c"}),
    );
    assert_eq!(
        made.body["data"]["status"], "queued",
        "no gate, no question"
    );
    let id = made.body["data"]["generationId"]
        .as_str()
        .unwrap()
        .to_owned();
    wait_for_end(&home, &id).await.unwrap();
    assert_like(
        &json!({"data": {"status": "failed", "generation": {
            "status": "failed", "errorMessage": "<why>", "errorCode": "<exit_9>", "failedAt": "T",
        }, "job": {"status": "failed", "error": "<why>"}}}),
        &get(&home, &format!("/api/generations/{id}/status")),
    );
    let last = said(&home, "c").unwrap().pop().unwrap();
    assert_eq!(last.kind, "error");
    assert!(
        last.content.starts_with("Your video could not be made:"),
        "{}",
        last.content
    );
}
