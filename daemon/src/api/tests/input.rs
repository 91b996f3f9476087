//! Bad input: each is refused by name, and changes nothing.

use super::{Rig, operator, request};
use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use serde_json::{Value, json};

async fn raw(rig: &Rig, path: &str, media: &str, body: impl Into<Body>) -> (u16, String) {
    let request = Request::post(path)
        .header("content-type", media)
        .body(body.into())
        .unwrap();
    let said = rig.send(operator(), request).await;
    let (status, code) = said.refusal();
    (status, code.to_owned())
}

#[tokio::test]
async fn what_is_no_json_object_is_refused() {
    let rig = Rig::new().await;
    let path = "/api/workflow";
    for body in [
        "",
        "   ",
        "{",
        "[]",
        "\"x\"",
        "null",
        "{\"a\":}",
        "\u{feff}{}",
    ] {
        assert_eq!(
            raw(&rig, path, "application/json", body).await,
            (400, "malformed".into()),
            "{body:?}"
        );
    }
    let deep = format!("{{\"params\":{}{}}}", "[".repeat(100), "]".repeat(100));
    assert_eq!(
        raw(&rig, path, "application/json", deep).await,
        (400, "malformed".into())
    );
    assert_eq!(
        raw(&rig, path, "application/json", vec![0xff, 0xfe]).await,
        (400, "malformed".into())
    );
    assert_eq!(
        raw(&rig, path, "text/plain", "{}").await,
        (415, "unsupported_media_type".into())
    );
    let form = "pipeline=video";
    assert_eq!(
        raw(&rig, path, "application/x-www-form-urlencoded", form)
            .await
            .0,
        415
    );
    let large = json!({ "name": "x".repeat(1_100_000) }).to_string();
    assert_eq!(
        raw(&rig, path, "application/json", large).await,
        (413, "body_too_large".into())
    );
    assert_eq!(
        rig.get("/api/workflow/active").await.data()["count"],
        0,
        "nothing of it was taken"
    );
}

#[tokio::test]
async fn everything_that_is_wrong_is_told_at_once() {
    let rig = Rig::new().await;
    let said = rig
        .post(
            "/api/workflow",
            json!({
                "pipeline": "two", "params": { "loud": "very", "wrod": "x" }, "priority": 5000, "id": "../../etc",
                "labels": { "a": 1 }, "notBefore": "soon", "webhookUrl": "http://example.org/x", "piroity": 1,
                "requireConfirmation": "yes", "dependsOn": "x",
            }),
        )
        .await;
    let mut fields = said.fields();
    fields.sort_unstable();
    fields.dedup();
    assert_eq!(
        fields,
        [
            "dependsOn",
            "id",
            "labels.a",
            "notBefore",
            "params.loud",
            "params.word",
            "params.wrod",
            "piroity",
            "priority",
            "requireConfirmation",
            "webhookUrl"
        ],
        "{said:?}"
    );
    let text = said.body.to_string();
    assert!(
        text.contains("did you mean `priority`?") && text.contains("`word`"),
        "{text}"
    );
    assert_eq!(rig.get("/api/workflow/active").await.data()["count"], 0);
}

#[tokio::test]
async fn names_that_are_not_known_are_refused_with_the_nearest() {
    let rig = Rig::new().await;
    let id = rig.two().await;
    let near = |said: &super::Said, word: &str| {
        let text = said.body["error"].to_string();
        assert!(text.contains(&format!("`{word}`")), "{word}: {text}");
    };
    let said = rig
        .post(
            "/api/workflow",
            json!({ "pipeline": "vidoe", "params": {} }),
        )
        .await;
    assert_eq!(said.fields(), ["pipeline"]);
    near(&said, "video");
    let said = rig
        .post("/api/tokens", json!({ "name": "x", "scope": "opearte" }))
        .await;
    assert_eq!(said.fields(), ["scope"]);
    near(&said, "operate");
    let said = rig.get("/api/workflow/history?staus=failed").await;
    assert_eq!(said.fields(), ["staus"]);
    near(&said, "status");
    let said = rig.get("/api/workflow/history?status=compleeted").await;
    assert_eq!(said.fields(), ["status"]);
    near(&said, "completed");
    let said = rig
        .get(&format!("/api/workflow/{id}/logs?stage=frist"))
        .await;
    assert_eq!(said.fields(), ["stage"]);
    near(&said, "first");
    assert_eq!(
        rig.get("/api/pipelines/vidoe").await.refusal(),
        (404, "not_found")
    );
    assert_eq!(
        rig.post("/api/schedules/nightly/run", json!({}))
            .await
            .refusal(),
        (404, "not_found")
    );
    assert_eq!(
        rig.post("/api/drain", json!({ "box": "box-b" }))
            .await
            .refusal(),
        (404, "not_found")
    );
}

#[tokio::test]
async fn a_wrong_query_value_is_named() {
    let rig = Rig::new().await;
    let id = rig.two().await;
    for (path, field) in [
        ("/api/workflow/history?limit=0", "limit"),
        ("/api/workflow/history?limit=201", "limit"),
        ("/api/workflow/history?limit=many", "limit"),
        ("/api/workflow/history?offset=-1", "offset"),
        ("/api/workflow/history?since=yesterday", "since"),
        ("/api/workflow/history?limit=1&limit=2", "limit"),
        ("/api/stats?window=forever", "window"),
        ("/api/workflow/ID/logs?level=loud", "level"),
        ("/api/workflow/ID/logs?after=-5", "after"),
        ("/api/workflow/ID/events?limit=1000", "limit"),
        ("/api/workflow/active?limit=5", "limit"),
    ] {
        let said = rig.get(&path.replace("ID", &id)).await;
        assert_eq!(said.fields(), [field], "{path}");
    }
}

#[tokio::test]
async fn what_can_be_no_id_names_nothing() {
    let rig = Rig::new().await;
    for id in [
        "..%2F..%2Fetc",
        "%2e%2e",
        "a%20b",
        "a%00b",
        "é",
        &"x".repeat(65),
    ] {
        let path = format!("/api/workflow/status/{id}");
        let request = Request::builder().uri(&path).body(Body::empty());
        let Ok(request) = request else { continue };
        assert_eq!(rig.send(operator(), request).await.refusal().0, 404, "{id}");
    }
    assert_eq!(
        rig.get("/api/workflow/status/unknown").await.refusal(),
        (404, "not_found")
    );
}

#[tokio::test]
async fn a_request_id_is_taken_if_sane_and_made_otherwise() {
    let rig = Rig::new().await;
    let with = |id: &'static str| {
        let mut request = request(Method::GET, "/healthz", None, None);
        request
            .headers_mut()
            .insert("x-request-id", id.parse().unwrap());
        rig.send(operator(), request)
    };
    assert_eq!(with("req-7").await.headers["x-request-id"], "req-7");
    let made = with("a b\"c").await.headers["x-request-id"].clone();
    assert_ne!(made, "a b\"c");
}

#[tokio::test]
async fn a_reload_that_is_no_good_says_what_is_wrong() {
    let rig = Rig::new().await;
    assert_eq!(
        rig.post("/api/reload", json!({})).await.fields(),
        ["resources.cpu"]
    );
}

#[tokio::test]
async fn the_probes_tell_strangers_only_yes_or_no() {
    let rig = Rig::new().await;
    let known = rig.get("/readyz").await;
    assert_eq!(known.status, StatusCode::OK, "{known:?}");
    assert_eq!(known.data()["components"]["database"]["state"], "ok");
    let stranger = rig
        .send(super::remote(), request(Method::GET, "/readyz", None, None))
        .await;
    assert_eq!(
        stranger.body,
        json!({ "success": true, "data": { "ready": true } })
    );
    rig.stop.cancel();
    let stopping = rig.get("/readyz").await;
    assert_eq!(
        (stopping.status, &stopping.data()["ready"]),
        (StatusCode::SERVICE_UNAVAILABLE, &Value::Bool(false))
    );
}
