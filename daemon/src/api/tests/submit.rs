//! Submitting, alone, in batches, and twice under one key.

use super::super::auth::Scope;
use super::{Rig, operator, request};
use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

async fn keyed(rig: &Rig, key: &str, path: &str, body: Value) -> super::Said {
    let mut request = request(Method::POST, path, None, Some(body));
    request
        .headers_mut()
        .insert("idempotency-key", key.parse().unwrap());
    rig.send(operator(), request).await
}

fn two(word: &str) -> Value {
    json!({ "pipeline": "two", "params": { "word": word } })
}

#[tokio::test]
async fn a_submit_answers_the_workflow_whole() {
    let rig = Rig::new().await;
    let said = rig
        .post(
            "/api/workflow",
            json!({
                "pipeline": "two", "params": { "word": "hi" }, "id": "my-1", "name": "Mine", "priority": 7,
                "labels": { "team": "a" },
            }),
        )
        .await;
    assert_eq!(said.status, StatusCode::ACCEPTED);
    let data = said.data();
    assert_eq!(
        (
            data["id"].as_str(),
            data["videoId"].as_str(),
            data["pipeline"].as_str(),
            data["name"].as_str()
        ),
        (Some("my-1"), Some("my-1"), Some("two"), Some("Mine"))
    );
    assert_eq!(
        (&data["priority"], &data["attempt"], &data["progress"]),
        (&json!(7), &json!(1), &json!(0.0))
    );
    assert_eq!(
        (&data["logs"], &data["userId"], &data["labels"]),
        (&json!([]), &json!("root"), &json!({ "team": "a" }))
    );
    let stages: Vec<&String> = data["stages"].as_object().unwrap().keys().collect();
    assert_eq!(stages, ["first", "second"]);
    assert_eq!(data["stages"]["second"]["needs"], json!(["first"]));
    let again = rig
        .post(
            "/api/workflow",
            json!({ "pipeline": "two", "params": { "word": "x" }, "id": "my-1" }),
        )
        .await;
    assert_eq!(again.refusal(), (409, "id_taken"));
    let reserved = rig
        .post(
            "/api/workflow",
            json!({ "pipeline": "two", "params": { "word": "x" }, "id": "active" }),
        )
        .await;
    assert_eq!(reserved.fields(), ["id"]);
}

#[tokio::test]
async fn document_000s_request_makes_a_video_and_knows_its_fields() {
    let rig = Rig::new().await;
    let said = rig
        .post(
            "/api/video/generate",
            json!({ "prompt": "Beautiful sunset", "title": "Sunset", "else": 1 }),
        )
        .await;
    assert_eq!(said.status, StatusCode::ACCEPTED, "{said:?}");
    let data = said.data();
    assert_eq!(
        (data["pipeline"].as_str(), data["name"].as_str()),
        (Some("video"), Some("Sunset"))
    );
    assert_eq!(data["params"]["prompt"], "Beautiful sunset");
    let wrong = rig
        .post("/api/video/generate", json!({ "videoSource": "pexel" }))
        .await;
    let mut fields = wrong.fields();
    fields.sort_unstable();
    assert_eq!(fields, ["prompt", "videoSource"]);
    let plain = rig
        .post(
            "/api/video/generate",
            json!({ "prompt": "x", "webhookUrl": "http://h.example/x" }),
        )
        .await;
    assert_eq!(plain.fields(), ["webhookUrl"]);
    assert!(plain.body.to_string().contains("allow_http"), "{plain:?}");
}

#[tokio::test]
async fn a_batch_is_taken_whole_or_not_at_all() {
    let rig = Rig::new().await;
    let said = rig
        .post(
            "/api/workflow/batch",
            json!({ "workflows": [two("a"), two("b")] }),
        )
        .await;
    assert_eq!(said.status, StatusCode::ACCEPTED);
    assert_eq!(
        (
            said.data()["count"].as_u64(),
            said.data()["workflows"].as_array().map(Vec::len)
        ),
        (Some(2), Some(2))
    );
    let bad = rig
        .post(
            "/api/workflow/batch",
            json!({ "workflows": [two("c"), { "pipeline": "two", "params": {}, "x": 1 }, 5] }),
        )
        .await;
    assert_eq!(
        bad.fields(),
        ["workflows[1].params.word", "workflows[1].x", "workflows[2]"]
    );
    let mut taken = two("d");
    taken["id"] = json!("same");
    let twice = rig
        .post(
            "/api/workflow/batch",
            json!({ "workflows": [taken, taken] }),
        )
        .await;
    assert_eq!(twice.refusal(), (409, "id_taken"));
    assert_eq!(
        rig.post("/api/workflow/batch", json!({ "workflows": [] }))
            .await
            .fields(),
        ["workflows"]
    );
    let many: Vec<Value> = (0..1001).map(|_| two("x")).collect();
    assert_eq!(
        rig.post("/api/workflow/batch", json!({ "workflows": many }))
            .await
            .fields(),
        ["workflows"]
    );
    assert_eq!(rig.get("/api/workflow/active").await.data()["count"], 2);
}

#[tokio::test]
async fn a_repeated_key_gives_the_first_answer_again() {
    let rig = Rig::new().await;
    let first = keyed(&rig, "k1", "/api/workflow", two("a")).await;
    assert_eq!(first.status, StatusCode::ACCEPTED);
    let again = keyed(&rig, "k1", "/api/workflow", two("a")).await;
    assert_eq!((again.status, &again.body), (first.status, &first.body));
    assert_eq!(
        keyed(&rig, "k1", "/api/workflow", two("b")).await.refusal(),
        (422, "idempotency_key_reused")
    );
    assert_eq!(
        keyed(&rig, "k1", "/api/video/generate", two("a"))
            .await
            .refusal()
            .0,
        422
    );
    let other = keyed(&rig, "k2", "/api/workflow", two("a")).await;
    assert_ne!(other.data()["id"], first.data()["id"]);
    assert_eq!(rig.get("/api/workflow/active").await.data()["count"], 2);
}

#[tokio::test]
async fn a_refused_request_leaves_its_key_free() {
    let rig = Rig::new().await;
    let wrong = json!({ "pipeline": "two", "params": {} });
    assert_eq!(
        keyed(&rig, "k", "/api/workflow", wrong).await.refusal().0,
        422
    );
    assert_eq!(
        keyed(&rig, "k", "/api/workflow", two("a")).await.status,
        StatusCode::ACCEPTED
    );
}

#[tokio::test]
async fn what_a_crash_left_unanswered_is_found_again() {
    let rig = Rig::new().await;
    let first = keyed(&rig, "k", "/api/workflow", two("a")).await;
    let batch = json!({ "workflows": [two("b"), two("c")] });
    let many = keyed(&rig, "m", "/api/workflow/batch", batch.clone()).await;
    // As if the daemon had died between the commit and the keeping of the answer.
    rig.engine
        .write(|connection| {
            Ok(connection
                .execute("DELETE FROM idempotency", [])
                .map(|_| ())?)
        })
        .await
        .unwrap();
    let again = keyed(&rig, "k", "/api/workflow", two("a")).await;
    assert_eq!(
        (again.status, &again.data()["id"]),
        (StatusCode::ACCEPTED, &first.data()["id"])
    );
    let again = keyed(&rig, "m", "/api/workflow/batch", batch).await;
    assert_eq!(
        again.data()["workflows"][1]["id"],
        many.data()["workflows"][1]["id"]
    );
    assert_eq!(rig.get("/api/workflow/active").await.data()["count"], 3);
}

#[tokio::test]
async fn a_kept_answer_holds_no_secret() {
    let rig = Rig::new().await;
    let body = json!({ "name": "ci", "scope": Scope::Read.word() });
    let first = keyed(&rig, "t", "/api/tokens", body.clone()).await;
    assert!(first.data()["token"].as_str().unwrap().starts_with("reel_"));
    let again = keyed(&rig, "t", "/api/tokens", body).await;
    assert_eq!(
        (again.status, &again.data()["id"]),
        (StatusCode::CREATED, &first.data()["id"])
    );
    assert!(again.data().get("token").is_none());
    assert_eq!(rig.get("/api/tokens").await.data()["count"], 1);
}

#[tokio::test]
async fn a_key_of_another_caller_is_another_key() {
    let rig = Rig::new().await;
    let (token, _) = rig.token(Scope::Operate, json!({})).await;
    let first = keyed(&rig, "k", "/api/workflow", two("a")).await;
    let mut request = request(Method::POST, "/api/workflow", Some(&token), Some(two("b")));
    request
        .headers_mut()
        .insert("idempotency-key", "k".parse().unwrap());
    let other = rig.send(super::remote(), request).await;
    assert_eq!(other.status, StatusCode::ACCEPTED);
    assert_ne!(other.data()["id"], first.data()["id"]);
}

#[tokio::test]
async fn an_empty_pipeline_is_refused_by_its_field() {
    let rig = Rig::new().await;
    let said = rig.post("/api/workflow", json!({ "pipeline": "" })).await;
    assert_eq!(said.fields(), ["pipeline"]);
    let batch = json!({ "workflows": [{ "pipeline": "" }, {}] });
    let said = rig.post("/api/workflow/batch", batch).await;
    assert_eq!(
        said.fields(),
        ["workflows[0].pipeline", "workflows[1].pipeline"]
    );
}
