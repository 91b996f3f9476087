//! Endpoints and deliveries over the api: what is taken, what is refused, what is never shown.

use super::super::auth::Scope;
use super::Rig;
use axum::http::{Method, StatusCode};
use serde_json::json;

const URL: &str = "https://h.example/x";

#[tokio::test]
async fn an_endpoint_is_registered_changed_and_forgotten() {
    let rig = Rig::new().await;
    let body = json!({ "url": URL, "events": ["video.completed", "youtube.uploaded"], "secret": "my-secret-key",
        "headers": { "Authorization": "Bearer very-hidden" }, "labels": { "team": "news" } });
    let made = rig.post("/api/webhooks/register", body).await;
    assert_eq!(made.status, StatusCode::CREATED);
    assert_eq!(
        (&made.body["success"], &made.body["url"]),
        (&json!(true), &json!(URL)),
        "flat, as document 000 prints it"
    );
    assert_eq!(made.body["signingSecret"], "whsec_bXktc2VjcmV0LWtleQ==");
    assert!(
        made.body.get("secret").is_none(),
        "what was sent is not sent back"
    );
    let id = made.body["webhookId"].as_str().unwrap().to_owned();
    let listed = rig.get("/api/webhooks").await;
    let one = &listed.data()["webhooks"][0];
    assert_eq!(
        (&one["webhookId"], &one["active"]),
        (&json!(id), &json!(true))
    );
    assert!(
        !listed.body.to_string().contains("very-hidden")
            && !listed.body.to_string().contains("my-secret"),
        "{listed:?}"
    );
    let path = format!("/api/webhooks/{id}");
    let changed = rig
        .ask(
            Method::PATCH,
            &path,
            Some(json!({ "active": false, "events": ["*"] })),
        )
        .await;
    assert_eq!(
        (&changed.data()["active"], &changed.data()["events"]),
        (&json!(false), &json!(["*"]))
    );
    let gone = rig.ask(Method::DELETE, &path, None).await;
    assert_eq!(
        gone.body,
        json!({ "success": true, "message": "Webhook deleted successfully" })
    );
    assert_eq!(
        rig.ask(Method::DELETE, &path, None).await.refusal(),
        (404, "not_found")
    );
    assert_eq!(
        rig.ask(Method::PATCH, &path, Some(json!({})))
            .await
            .refusal(),
        (404, "not_found")
    );
}

#[tokio::test]
async fn everything_that_is_wrong_is_told_at_once() {
    let rig = Rig::new().await;
    let wrong = json!({ "url": "https://127.0.0.1/", "events": ["video.complete"], "secret": "short",
        "headers": { "Host": "x" }, "colour": 1 });
    let said = rig.post("/api/webhooks/register", wrong).await;
    let mut fields = said.fields();
    fields.sort_unstable();
    assert_eq!(fields, ["colour", "events", "headers", "secret", "url"]);
    let details = said.body["error"]["details"].to_string();
    assert!(
        details.contains("blocked") && details.contains("did you mean `video.completed`"),
        "{details}"
    );
    assert_eq!(
        rig.post("/api/webhooks/register", json!({})).await.fields(),
        ["url", "events"]
    );
    let plain = rig
        .post(
            "/api/webhooks/register",
            json!({ "url": "http://h.example/", "events": ["*"] }),
        )
        .await;
    assert!(plain.body.to_string().contains("allow_http"), "{plain:?}");
    assert_eq!(
        rig.get("/api/webhooks").await.data()["count"],
        0,
        "a refused request changes nothing"
    );
}

#[tokio::test]
async fn a_made_secret_is_shown_once_and_a_repeated_request_shows_none() {
    let rig = Rig::new().await;
    let (token, _) = rig.token(Scope::Admin, json!({})).await;
    let body = json!({ "url": URL, "events": ["*"] });
    let send = || {
        let mut request = super::request(
            Method::POST,
            "/api/webhooks/register",
            Some(&token),
            Some(body.clone()),
        );
        request
            .headers_mut()
            .insert("idempotency-key", "k1".parse().unwrap());
        rig.send(super::remote(), request)
    };
    let first = send().await;
    assert_eq!(first.body["secret"], first.body["signingSecret"]);
    let id = first.body["webhookId"].as_str().unwrap().to_owned();
    let again = send().await;
    assert_eq!(
        (again.status, &again.body["webhookId"]),
        (StatusCode::CREATED, &json!(id))
    );
    assert!(
        again.body.get("secret").is_none() && again.body.get("signingSecret").is_none(),
        "{again:?}"
    );
    let rotated = rig
        .post(&format!("/api/webhooks/{id}/rotate-secret"), json!({}))
        .await;
    assert_ne!(rotated.data()["secret"], first.body["secret"]);
    assert!(rotated.data()["previousSecretUntil"].is_string());
    let given = rig
        .post(
            &format!("/api/webhooks/{id}/rotate-secret"),
            json!({ "secret": "whsec_!" }),
        )
        .await;
    assert_eq!(given.fields(), ["secret"]);
}

#[tokio::test]
async fn a_test_is_an_ordinary_delivery_and_shows_no_secret() {
    let rig = Rig::new().await;
    let body = json!({ "url": URL, "events": ["video.failed"], "secret": "my-secret-key", "headers": { "X-Key": "hush" } });
    let made = rig.post("/api/webhooks/register", body).await;
    let id = made.body["webhookId"].as_str().unwrap().to_owned();
    let sent = rig
        .post(&format!("/api/webhooks/{id}/test"), json!({}))
        .await;
    assert_eq!(sent.status, StatusCode::ACCEPTED);
    let delivery = sent.data()["deliveryId"].as_str().unwrap().to_owned();
    let page = rig
        .get(&format!("/api/webhooks/{id}/deliveries?limit=1"))
        .await;
    let one = &page.data()["deliveries"][0];
    assert_eq!(
        (&one["deliveryId"], &one["eventType"], &one["status"]),
        (&json!(delivery), &json!("webhook.test"), &json!("pending"))
    );
    assert_eq!(
        (
            &page.data()["total"],
            &page.data()["limit"],
            &one["attempts"]
        ),
        (&json!(1), &json!(1), &json!([]))
    );
    let shown = rig
        .get(&format!("/api/webhooks/deliveries/{delivery}"))
        .await;
    let request = &shown.data()["request"];
    assert_eq!(
        (&request["url"], &request["headers"]["X-Key"]),
        (&json!(URL), &json!("***"))
    );
    assert_eq!(request["headers"]["X-Webhook-Signature"], "***");
    assert!(
        !shown.body.to_string().contains("hush") && !shown.body.to_string().contains("my-secret"),
        "{shown:?}"
    );
    let retry = rig
        .post(&format!("/api/webhooks/failed/{delivery}/retry"), json!({}))
        .await;
    assert_eq!(retry.refusal(), (409, "not_failed"));
    assert_eq!(
        rig.post("/api/webhooks/failed/dlv_nothere/retry", json!({}))
            .await
            .refusal(),
        (404, "not_found")
    );
    assert_eq!(
        rig.get("/api/webhooks/deliveries/dlv_nothere")
            .await
            .refusal(),
        (404, "not_found")
    );
    assert_eq!(rig.get("/api/webhooks/failed").await.data()["total"], 0);
    let all = rig.post("/api/webhooks/failed/retry", json!({})).await;
    assert_eq!(
        (all.status, &all.data()["count"]),
        (StatusCode::ACCEPTED, &json!(0))
    );
    let path = format!("/api/webhooks/{id}/recover");
    assert_eq!(rig.post(&path, json!({})).await.fields(), ["since"]);
    assert_eq!(
        rig.post(&path, json!({ "since": "soon" })).await.fields(),
        ["since"]
    );
    assert_eq!(
        rig.post(&path, json!({ "since": "2026-01-01T00:00:00Z" }))
            .await
            .data()["count"],
        0
    );
}

#[tokio::test]
async fn a_token_that_sees_its_own_alone_sees_no_endpoints() {
    let rig = Rig::new().await;
    rig.post(
        "/api/webhooks/register",
        json!({ "url": URL, "events": ["*"] }),
    )
    .await;
    let (own, _) = rig.token(Scope::Read, json!({ "own": true })).await;
    assert_eq!(
        rig.with(&own, Method::GET, "/api/webhooks", None)
            .await
            .data()["count"],
        0
    );
    assert_eq!(
        rig.with(&own, Method::GET, "/api/webhooks/failed", None)
            .await
            .refusal(),
        (404, "not_found")
    );
}
