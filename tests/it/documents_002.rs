//! Document 002, from the first message to the finished video: its requests and answers as they are printed, its records at
//! each step, its events told to the configured address, and the worker's callbacks.

use crate::asking::{get, post};
use hmac::{Hmac, KeyInit as _, Mac as _};
use reel_tests::{
    Asked, Daemon, Home, Reply, StandIn, Watch, ask, assert_like, reel, said_kinds, wait_for_end,
};
use serde_json::{Value, json};
use sha2::Sha256;

const OPEN: &str = "[auth]\nloopback = \"operate\"\n[retention]\nmin_free_disk = \"16MiB\"\n";

/// The record of a generation as it is printed for its beginning; what follows changes it.
fn record(status: &str, changes: Value) -> Value {
    let mut record = json!({
        "id": "<gen_1>", "conversationId": "conv_123", "messageId": "msg_123", "userId": "<u1>", "type": "video",
        "provider": "veo3", "model": "veo3-v1.0", "status": status, "prompt": "A video of a sunset",
        "parameters": {"duration": 2, "aspect_ratio": "16:9"}, "clarificationResponses": null,
        "workerJobId": "<job_1>", "progress": -1, "resultUrl": null, "thumbnailUrl": null, "duration": null,
        "fileSize": null, "resolution": null, "format": null, "processingTime": null, "errorMessage": null,
        "createdAt": "T", "updatedAt": "T", "startedAt": null, "completedAt": null, "failedAt": null,
    });
    for (name, value) in changes.as_object().unwrap() {
        record[name] = value.clone();
    }
    record
}

#[tokio::test]
async fn a_generation_goes_through_every_phase_that_is_printed() {
    let home = Home::scratch().unwrap();
    let client = StandIn::start(|_: &Asked| Reply::new(200, ""))
        .await
        .unwrap();
    home.configure(&format!(
        "{OPEN}[webhooks]\nallow_http = true\nallow_private = true\ndefault_url = \"{}/api/webhooks/worker\"\n\
         default_secret = \"our-secret\"\n\
         default_events = [\"generation.started\", \"generation.progress\", \"generation.completed\", \"generation.failed\"]\n",
        client.url()
    ))
    .unwrap();
    let _daemon = Daemon::start(&home).unwrap();

    // 1. Initial generation creation.
    let made = post(
        &home,
        "/api/generations",
        &json!({
            "prompt": "A video of a sunset", "conversationId": "conv_123", "messageId": "msg_123", "type": "video",
            "provider": "veo3", "model": "veo3-v1.0", "parameters": {"duration": 2, "aspectRatio": "16:9", "seed": 7},
            "anything": "is passed over",
        }),
    );
    assert_eq!(made.status, 201, "{made:?}");
    let question = json!({
        "key": "style", "question": "<Which style?>", "type": "enum", "options": ["cinematic", "plain"],
        "default": "cinematic", "required": true,
    });
    assert_like(
        &json!({"success": true, "data": {
            "generationId": "<gen_1>", "status": "pending_clarification", "queuePosition": null,
            "clarificationQuestions": [question], "generation": record("pending_clarification", json!({})),
        }}),
        &made.body,
    );
    let id = made.body["data"]["generationId"]
        .as_str()
        .unwrap()
        .to_owned();
    let path = |act: &str| format!("/api/generations/{id}/{act}");
    let status = get(&home, &path("status"));
    assert_like(
        &json!({"success": true, "data": {
            "generationId": id, "status": "pending_clarification", "progress": 0,
            "generation": record("pending_clarification", json!({})),
            "job": {
                "id": id, "status": "pending", "progress": 0,
                "data": {
                    "generationId": id, "userId": "<u1>", "prompt": "A video of a sunset",
                    "parameters": {"duration": 2}, "provider": "veo3", "model": "veo3-v1.0", "clarificationResponses": {},
                },
                "retryCount": 0, "maxRetries": 3, "createdAt": "T", "updatedAt": "T", "startedAt": null,
                "completedAt": null, "result": null,
            },
        }}),
        &status,
    );

    // Not yet: there is nothing to confirm, and wrong answers change nothing.
    assert_eq!(post(&home, &path("confirm"), &Value::Null).status, 409);
    let wrong = post(
        &home,
        &path("clarify"),
        &json!({"responses": {"style": "loud", "duration": "long"}}),
    );
    assert_eq!(wrong.status, 422, "{wrong:?}");
    let fields: Vec<&str> = wrong.body["error"]["details"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|one| one["field"].as_str())
        .collect();
    assert_eq!(fields, ["responses.duration", "responses.style"]);
    let half = post(
        &home,
        &path("clarify"),
        &json!({"responses": {"duration": 3}}),
    );
    assert_eq!(half.body["data"]["status"], "pending_clarification");
    assert_eq!(
        half.body["data"]["clarificationQuestions"][0]["key"],
        "style"
    );

    // 2. After clarification submitted.
    let answers = json!({"duration": 2, "style": "cinematic"});
    let clarified = post(&home, &path("clarify"), &json!({"responses": answers}));
    assert_like(
        &json!({"success": true, "data": {
            "generationId": id, "status": "pending_confirmation", "clarificationQuestions": [],
            "confirmation": {
                "message": "Make a 2 s cinematic video of a sunset?", "parameters": answers, "estimatedSeconds": null,
            },
            "generation": record("pending_confirmation", json!({"clarificationResponses": answers})),
        }}),
        &clarified.body,
    );
    let job = get(&home, &path("status"))["data"]["job"].clone();
    assert_like(
        &json!({"status": "pending_confirmation", "data": {"clarificationResponses": answers}}),
        &job,
    );
    // A correction keeps the gate.
    let corrected = post(
        &home,
        &path("clarify"),
        &json!({"responses": {"style": "plain"}}),
    );
    assert_eq!(corrected.body["data"]["status"], "pending_confirmation");
    post(
        &home,
        &path("clarify"),
        &json!({"responses": {"style": "cinematic"}}),
    );

    // 3. After user confirms; twice is once.
    let mut watch = Watch::open(&home, &id).await.unwrap();
    let confirmed = post(&home, &path("confirm"), &json!({"confirmed": true}));
    assert_like(
        &json!({"success": true, "data": {
            "generationId": id, "status": "queued", "queuePosition": 1, "generation": record("queued", json!({})),
        }}),
        &confirmed.body,
    );
    assert_eq!(post(&home, &path("confirm"), &Value::Null).status, 200);

    // 4. When worker starts processing.
    watch.until(|view| view.status == "running").await.unwrap();
    assert_like(
        &json!({"data": {
            "status": "processing", "generation": record("processing", json!({"startedAt": "T"})),
            "job": {"status": "active", "startedAt": "T"},
        }}),
        &get(&home, &path("status")),
    );

    // 5. When worker completes.
    let ended = wait_for_end(&home, &id).await.unwrap();
    assert_eq!(ended.status, "completed", "{:?}", ended.error);
    let whole = record(
        "completed",
        json!({
            "resultUrl": "<https://…>", "thumbnailUrl": "<https://…>", "duration": 2, "fileSize": -1,
            "resolution": "1920x1080", "format": "mp4", "processingTime": -1, "progress": 100, "startedAt": "T",
            "completedAt": "T", "clarificationResponses": answers,
        }),
    );
    let status = get(&home, &path("status"));
    assert_like(
        &json!({"data": {
            "status": "completed", "progress": 100, "generation": whole,
            "job": {
                "status": "completed", "progress": 100, "completedAt": "T",
                "result": {"videoUrl": "<https://…>", "thumbnailUrl": "<https://…>", "duration": 2, "fileSize": -1},
            },
        }}),
        &status,
    );
    let link = status["data"]["generation"]["resultUrl"]
        .as_str()
        .unwrap()
        .to_owned();
    let place = &link[link.find("/api/").unwrap()..];
    assert_eq!(
        ask(&home, "GET", place, &Value::Null).unwrap().status,
        200,
        "{link}"
    );

    // The assistant spoke at each step, although the answers came by other ways than the conversation.
    assert_eq!(
        said_kinds(&home, "conv_123").unwrap(),
        [
            "generation_started",
            "clarification",
            "clarification",
            "confirmation",
            "generation_started",
            "generation_result"
        ]
    );

    // The configured address was told, signed, from started to completed.
    let events = |asked: &[Asked]| -> Vec<String> {
        asked
            .iter()
            .filter_map(|one| one.header("x-webhook-event").map(str::to_owned))
            .collect()
    };
    let mut count = 3;
    let told = loop {
        let told = client.until_asked(count).await.unwrap();
        if events(&told)
            .iter()
            .any(|event| event == "generation.completed")
        {
            break told;
        }
        count = told.len() + 1;
    };
    for (event, status) in [
        ("generation.started", "processing"),
        ("generation.progress", "processing"),
        ("generation.completed", "completed"),
    ] {
        let one = told
            .iter()
            .find(|one| one.header("x-webhook-event") == Some(event))
            .unwrap_or_else(|| panic!("{event} among {:?}", events(&told)));
        let mut mac = Hmac::<Sha256>::new_from_slice(b"our-secret").unwrap();
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
        assert_like(
            &json!({"eventId": "<evt_1>", "eventType": event, "timestamp": "T", "data": {
                "generationId": id, "jobId": id, "status": status, "progress": -1,
            }}),
            &one.json(),
        );
    }
    let last = told
        .iter()
        .find(|one| one.header("x-webhook-event") == Some("generation.completed"));
    assert_like(
        &json!({"progress": 100, "result": {
            "videoUrl": "<https://…>", "thumbnailUrl": "<https://…>", "duration": 2, "fileSize": -1,
        }}),
        &last.unwrap().json()["data"],
    );

    // What was said goes with the workflow.
    assert_eq!(reel(&home, &["rm", &id]).unwrap().code, Some(0));
    let gone = ask(
        &home,
        "GET",
        "/api/conversations/conv_123/messages",
        &Value::Null,
    )
    .unwrap();
    assert_eq!(gone.status, 404, "{gone:?}");
}
