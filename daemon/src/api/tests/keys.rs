//! Idempotency keys over the whole table: every route that makes something makes it once.

use super::{Rig, Said, operator, request};
use crate::api::auth::Scope;
use crate::api::router::{Kind, TABLE};
use crate::config::{Config, Schedule};
use crate::episodes::{Clip, Left};
use axum::http::Method;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What is counted before and after.
const TABLES: [&str; 5] = ["workflows", "tokens", "endpoints", "deliveries", "messages"];

async fn counts(rig: &Rig) -> BTreeMap<&'static str, i64> {
    let counted = rig.engine.reader().ask(|connection| {
        let count = |table: &'static str| {
            let sql = format!("SELECT count(*) FROM {table}");
            Ok((table, connection.query_row(&sql, [], |row| row.get(0))?))
        };
        TABLES.into_iter().map(count).collect()
    });
    counted.await.unwrap()
}

/// A rig in which every route finds what it works on: an episode with a clip, a schedule, an endpoint, an ended video.
async fn rig() -> (Rig, String, String) {
    let mut rig = Rig::new().await;
    let mut config = Config::default_at(rig.dir.path());
    config.schedules = vec![Schedule {
        name: "nightly".into(),
        cron: "0 2 * * *".into(),
        zone: "UTC".into(),
        pipeline: "two".into(),
        params: json!({"word": "hi"}).as_object().unwrap().clone(),
        for_each: None,
        catch_up: false,
    }];
    let folder = rig.dir.path().join("episodes");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("talk.mp4"), b"a recording").unwrap();
    let clip = Clip {
        clip_id: "c1".into(),
        title: "One".into(),
        start: 0.0,
        end: 10.0,
        score: 1.0,
        text: String::new(),
    };
    Left::of(&config, "talk").keep_clips(&[clip]).unwrap();
    rig.config.send(Arc::new(config)).unwrap();
    let hook = json!({"url": "https://example.com/hook", "events": ["*"]});
    let hook = rig.post("/api/webhooks/register", hook).await;
    let hook = hook.body["webhookId"].as_str().unwrap().to_owned();
    let video = rig.two().await;
    rig.complete().await;
    rig.complete().await;
    (rig, hook, video)
}

/// A request that a route takes, and the same with another body.
fn fixture(route: &str, hook: &str, video: &str) -> Option<(String, Value, Value)> {
    let (path, body) = match route {
        "/api/workflow" => (route, json!({"pipeline": "two", "params": {"word": "a"}})),
        "/api/workflow/batch" => {
            let one = json!({"pipeline": "two", "params": {"word": "a"}});
            (route, json!({"workflows": [one, one]}))
        }
        "/api/video/generate" => (
            route,
            json!({"prompt": "Beautiful sunset", "videoSource": "pexels"}),
        ),
        "/api/v1/videos/generate" => (route, json!({"prompt": "Sunset", "title": "T"})),
        "/api/v1/admin/jobs/{id}/reprocess" => (route, json!({"force": true})),
        "/api/generations" => (
            route,
            json!({"prompt": "A video of a sunset", "conversationId": "c"}),
        ),
        "/api/conversations/{id}/messages" => {
            (route, json!({"content": "Create a video of a sunset"}))
        }
        "/api/video/create" => (
            route,
            json!({"prompt": "A house", "name": "Anna", "videoTopic": "homes", "email": "a@b.co"}),
        ),
        "/api/video/generate-video" => (
            route,
            json!({"hook": "h", "body": "b", "conclusion": "c", "avatar_title": "anna", "title": "t", "email": "a@b.co"}),
        ),
        "/api/video/download-video" => (route, json!({"videoUrl": "https://example.com/v.mp4"})),
        "/async/episodes/{id}/process" => (route, json!({"force_reprocess": true})),
        "/async/episodes/{id}/render_clips" => (route, json!({"variants": ["clean"]})),
        "/episodes/{id}/process" => (route, json!({"force_reprocess": true, "wait": 0})),
        "/api/webhooks/register" => (
            route,
            json!({"url": "https://example.com/other", "events": ["*"]}),
        ),
        "/api/webhooks/{id}/rotate-secret" => (route, json!({"secret": "a secret of ours"})),
        "/api/webhooks/{id}/test" => (route, json!({})),
        "/api/tokens" => (route, json!({"name": "ci", "scope": "read"})),
        "/api/schedules/{name}/run" => (route, json!({})),
        _ => return None,
    };
    let id = match route {
        "/api/v1/admin/jobs/{id}/reprocess" => video,
        _ if route.contains("webhooks") => hook,
        _ if route.contains("episodes") => "talk",
        _ => "conv_1",
    };
    let path = path.replace("{id}", id).replace("{name}", "nightly");
    let mut other = body.clone();
    other["labels"] = json!({"another": "body"});
    Some((path, body, other))
}

async fn keyed(rig: &Rig, key: &str, path: &str, body: &Value) -> Said {
    let mut request = request(Method::POST, path, None, Some(body.clone()));
    request
        .headers_mut()
        .insert("idempotency-key", key.parse().unwrap());
    rig.send(operator(), request).await
}

#[tokio::test]
async fn every_route_that_makes_something_makes_it_once_under_a_key() {
    let (rig, hook, video) = rig().await;
    let mut seen = 0;
    for route in TABLE.iter().filter(|route| route.kind == Kind::Makes) {
        let Some((path, body, other)) = fixture(route.path, &hook, &video) else {
            panic!(
                "{} makes something and is not tried: give it a request here",
                route.path
            );
        };
        let before = counts(&rig).await;
        let first = keyed(&rig, &path, &path, &body).await;
        assert!(first.status.is_success(), "{path}: {first:?}");
        let made = counts(&rig).await;
        if route.path != "/api/webhooks/{id}/rotate-secret" {
            assert_ne!(before, made, "{path} made nothing");
        }
        let again = keyed(&rig, &path, &path, &body).await;
        assert_eq!(again.status, first.status, "{path}: {again:?}");
        assert_eq!(counts(&rig).await, made, "{path} made it twice");
        // A secret is told once; everything else is told again as it was.
        let secret = ["register", "rotate-secret", "tokens"];
        if !secret.iter().any(|word| path.ends_with(word)) {
            assert_eq!(again.body, first.body, "{path}");
        }
        let reused = keyed(&rig, &path, &path, &other).await;
        assert_eq!(reused.refusal(), (422, "idempotency_key_reused"), "{path}");
        assert_eq!(counts(&rig).await, made, "{path}");
        // A refused request leaves its key free, and nothing behind.
        let free = format!("{path}-refused");
        let mut bad = request(Method::POST, &path, None, None);
        bad.headers_mut()
            .insert("idempotency-key", free.parse().unwrap());
        *bad.body_mut() = "{".into();
        let refused = rig.send(operator(), bad).await;
        assert_eq!(refused.refusal(), (400, "malformed"), "{path}");
        assert_eq!(counts(&rig).await, made, "{path}");
        seen += 1;
    }
    assert!(seen >= 18, "{seen}");
}

#[tokio::test]
async fn the_documents_routes_have_their_rate_too() {
    let (rig, hook, video) = rig().await;
    let mut config = Config::clone(&rig.api.config());
    config.limits.requests_per_second = 1;
    config.limits.burst = 1;
    let (token, _) = rig.token(Scope::Admin, json!({})).await;
    rig.config.send(Arc::new(config)).unwrap();
    let first = rig.with(&token, Method::GET, "/async/stats", None).await;
    assert_eq!(first.status, 200, "{first:?}");
    let before = counts(&rig).await;
    for route in TABLE.iter().filter(|route| route.kind == Kind::Makes) {
        let Some((path, body, _)) = fixture(route.path, &hook, &video) else {
            continue;
        };
        let refused = rig.with(&token, Method::POST, &path, Some(body)).await;
        assert_eq!(refused.refusal(), (429, "rate_limited"), "{path}");
        let wait = refused.headers["retry-after"].to_str().unwrap();
        assert!(
            wait.parse::<u64>()
                .is_ok_and(|seconds| (1..=60).contains(&seconds)),
            "{wait}"
        );
    }
    assert_eq!(counts(&rig).await, before);
}
