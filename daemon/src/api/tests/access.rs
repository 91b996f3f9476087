//! Who may do what: every route with every kind of caller.
//!
//! Lines: every kind of caller meets every route.

use super::super::auth::Scope;
use super::super::auth::guard::Access;
use super::super::listen::Peer;
use super::super::router::{Kind, TABLE};
use super::{Rig, operator, remote, request};
use crate::config::Loopback;
use crate::domain::Timestamp;
use axum::http::{Method, StatusCode, header};
use serde_json::json;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

fn concrete(path: &str) -> String {
    path.replace("{id}", "nothere")
        .replace("{name}", "nothere")
        .replace("{channel}", "main")
}

#[tokio::test]
async fn every_route_holds_its_callers_to_its_scope() {
    let rig = Rig::new().await;
    let (expired, _) = rig.token(Scope::Admin, json!({ "ttl": "1m" })).await;
    rig.clock.set(Timestamp(rig.engine.now().0 + 60_000));
    let (revoked, id) = rig.token(Scope::Admin, json!({})).await;
    let gone = rig
        .ask(Method::DELETE, &format!("/api/tokens/{id}"), None)
        .await;
    assert_eq!(gone.status, StatusCode::OK, "{gone:?}");
    let mut tokens = Vec::new();
    for scope in Scope::ALL {
        tokens.push((scope, rig.token(scope, json!({})).await.0));
    }
    for (turn, route) in TABLE.iter().enumerate() {
        let path = concrete(route.path);
        let what = format!("{} {}", route.method, route.path);
        // An address a route: ten refused tokens from one would be too many.
        let from = Peer::Tcp {
            address: IpAddr::V4(Ipv4Addr::new(192, 0, 2, u8::try_from(turn).unwrap())),
        };
        let said = |token: Option<String>| {
            let request = request(route.method.clone(), &path, token.as_deref(), None);
            rig.send(from.clone(), request)
        };
        let nobody = [
            None,
            Some("nonsense".to_owned()),
            Some(expired.clone()),
            Some(revoked.clone()),
        ];
        for token in nobody {
            let said = said(token).await;
            match route.access {
                Access::Open => assert!(said.status.is_success(), "{what}: {said:?}"),
                Access::Signed => assert_eq!(said.refusal(), (401, "unauthorized"), "{what}"),
                Access::Wants(_) | Access::Linked(_) => {
                    assert_eq!(said.refusal(), (401, "unauthorized"), "{what}");
                    assert!(
                        said.headers.contains_key(header::WWW_AUTHENTICATE),
                        "{what}"
                    );
                }
            }
        }
        for (scope, token) in &tokens {
            let said = said(Some(token.clone())).await;
            match route.access {
                Access::Signed if *scope < Scope::Operate => {
                    assert_eq!(said.refusal(), (403, "forbidden"), "{what}");
                }
                Access::Wants(wanted) | Access::Linked(wanted) if *scope < wanted => {
                    assert_eq!(said.refusal(), (403, "forbidden"), "{what}")
                }
                _ => assert!(
                    ![401, 403, 404, 405].contains(&said.status.as_u16())
                        || path.contains("nothere"),
                    "{what}: {said:?}"
                ),
            }
            assert!(
                !matches!(said.status.as_u16(), 401 | 500),
                "{what}: {said:?}"
            );
        }
    }
}

#[tokio::test]
async fn every_answer_has_a_body_and_an_id_and_status_answers_a_tag() {
    let rig = Rig::new().await;
    for route in TABLE {
        let said = rig
            .ask(route.method.clone(), &concrete(route.path), None)
            .await;
        let what = format!("{} {}: {said:?}", route.method, route.path);
        assert!(
            said.status.is_success() || said.body["success"] == false,
            "{what}"
        );
        assert!(said.headers.contains_key("x-request-id"), "{what}");
        assert!(
            route.kind == Kind::Reads || said.headers[header::CACHE_CONTROL] == "no-store",
            "{what}"
        );
        assert_eq!(
            said.headers.contains_key(header::ETAG),
            route.kind == Kind::Tells && said.status == 200,
            "{what}"
        );
    }
}

#[tokio::test]
async fn a_client_that_has_the_answer_gets_none() {
    let rig = Rig::new().await;
    let first = rig.get("/api/pipelines").await;
    let mut again = request(Method::GET, "/api/pipelines", None, None);
    again
        .headers_mut()
        .insert(header::IF_NONE_MATCH, first.headers[header::ETAG].clone());
    let said = rig.send(operator(), again).await;
    assert_eq!(
        (said.status, &said.body),
        (StatusCode::NOT_MODIFIED, &serde_json::Value::Null)
    );
    assert_eq!(said.headers[header::ETAG], first.headers[header::ETAG]);
}

#[tokio::test]
async fn what_is_not_served_is_told_in_json_and_only_to_the_known() {
    let rig = Rig::new().await;
    assert_eq!(
        rig.send(remote(), request(Method::GET, "/api/nothing", None, None))
            .await
            .refusal(),
        (401, "unauthorized")
    );
    assert_eq!(
        rig.get("/api/workflows/active").await.refusal(),
        (404, "not_found")
    );
    let said = rig.ask(Method::PUT, "/api/workflow", None).await;
    assert_eq!(said.refusal(), (405, "method_not_allowed"));
    assert_eq!(said.headers[header::ALLOW], "POST");
    assert_eq!(
        rig.send(remote(), request(Method::PUT, "/api/workflow", None, None))
            .await
            .refusal()
            .0,
        405
    );
}

#[tokio::test]
async fn a_stranger_on_the_socket_is_refused() {
    let rig = Rig::new().await;
    let stranger = Peer::Socket {
        user: "mallory".into(),
        trusted: false,
    };
    let said = rig
        .send(
            stranger.clone(),
            request(Method::GET, "/api/workflow/active", None, None),
        )
        .await;
    assert_eq!(said.refusal(), (403, "forbidden"));
    assert!(
        said.body["error"]["message"]
            .as_str()
            .unwrap()
            .contains("mallory")
    );
    assert_eq!(
        rig.send(stranger, request(Method::GET, "/healthz", None, None))
            .await
            .status,
        StatusCode::OK
    );
}

#[tokio::test]
async fn ten_refused_tokens_are_enough_and_a_good_one_still_holds() {
    let rig = Rig::new().await;
    let (good, _) = rig.token(Scope::Read, json!({})).await;
    for turn in 0..12 {
        let said = rig
            .with("reel_wrong", Method::GET, "/api/workflow/active", None)
            .await;
        if turn < 10 {
            assert_eq!(said.refusal(), (401, "unauthorized"));
        } else {
            assert_eq!(said.refusal(), (429, "too_many_refused_tokens"));
            assert!(said.headers.contains_key(header::RETRY_AFTER));
        }
    }
    assert_eq!(
        rig.with(&good, Method::GET, "/api/workflow/active", None)
            .await
            .status,
        StatusCode::OK
    );
}

#[tokio::test]
async fn requests_are_counted_to_their_token_and_never_on_the_socket() {
    let rig = Rig::new().await;
    let (token, _) = rig.token(Scope::Read, json!({})).await;
    rig.config.send_modify(|config| {
        let limits = &mut Arc::make_mut(config).limits;
        (limits.requests_per_second, limits.burst) = (1, 3);
    });
    for _ in 0..3 {
        assert_eq!(
            rig.with(&token, Method::GET, "/api/pipelines", None)
                .await
                .status,
            StatusCode::OK
        );
    }
    let said = rig.with(&token, Method::GET, "/api/pipelines", None).await;
    assert_eq!(said.refusal(), (429, "rate_limited"));
    assert!(said.headers.contains_key(header::RETRY_AFTER));
    for _ in 0..10 {
        assert_eq!(rig.get("/api/pipelines").await.status, StatusCode::OK);
    }
}

#[tokio::test]
async fn loopback_may_be_let_in_but_no_web_page() {
    let rig = Rig::new().await;
    rig.config
        .send_modify(|config| Arc::make_mut(config).auth.loopback = Loopback::Operate);
    let local = Peer::Tcp {
        address: IpAddr::V4(Ipv4Addr::LOCALHOST),
    };
    let with = |method: Method, path: &str, headers: &[(&str, &str)]| {
        let mut request = request(method, path, None, None);
        for (name, value) in headers {
            request.headers_mut().insert(
                axum::http::HeaderName::try_from(*name).unwrap(),
                axum::http::HeaderValue::from_str(value).unwrap(),
            );
        }
        rig.send(local.clone(), request)
    };
    let host = ("host", "localhost:3124");
    assert_eq!(
        with(Method::GET, "/api/workflow/active", &[host])
            .await
            .status,
        StatusCode::OK
    );
    assert_eq!(
        with(Method::GET, "/api/tokens", &[host]).await.refusal(),
        (403, "forbidden")
    );
    for headers in [
        &[host, ("origin", "http://localhost:3124")][..],
        &[("host", "evil.example")],
        &[],
    ] {
        assert_eq!(
            with(Method::GET, "/api/workflow/active", headers)
                .await
                .refusal()
                .0,
            401,
            "{headers:?}"
        );
    }
    let afar = request(Method::GET, "/api/workflow/active", None, None);
    assert_eq!(rig.send(remote(), afar).await.refusal().0, 401);
}

#[tokio::test]
async fn an_own_token_sees_its_users_workflows_alone() {
    let rig = Rig::new().await;
    let (anna, _) = rig
        .token(Scope::Operate, json!({ "user": "anna", "own": true }))
        .await;
    let (ben, _) = rig.token(Scope::Operate, json!({ "user": "ben" })).await;
    let body = json!({ "pipeline": "two", "params": { "word": "x" } });
    let of_anna = rig
        .with(&anna, Method::POST, "/api/workflow", Some(body.clone()))
        .await
        .data()["id"]
        .clone();
    let of_ben = rig
        .with(&ben, Method::POST, "/api/workflow", Some(body))
        .await
        .data()["id"]
        .clone();
    let (of_anna, of_ben) = (of_anna.as_str().unwrap(), of_ben.as_str().unwrap());
    let active = rig
        .with(&anna, Method::GET, "/api/workflow/active", None)
        .await;
    assert_eq!(active.data()["count"], 1);
    assert_eq!(active.data()["workflows"][0]["id"], of_anna);
    assert_eq!(active.data()["workflows"][0]["userId"], "anna");
    for path in ["status/{}", "{}/logs", "{}/events", "{}/why"] {
        let path = format!("/api/workflow/{}", path.replace("{}", of_ben));
        assert_eq!(
            rig.with(&anna, Method::GET, &path, None).await.refusal(),
            (404, "not_found"),
            "{path}"
        );
    }
    for act in ["cancel", "pause", "resume", "retry", "confirm"] {
        let path = format!("/api/workflow/{of_ben}/{act}");
        assert_eq!(
            rig.with(&anna, Method::POST, &path, None).await.refusal(),
            (404, "not_found"),
            "{act}"
        );
    }
    let others = rig
        .with(
            &anna,
            Method::GET,
            "/api/workflow/history?status=any&user=ben",
            None,
        )
        .await;
    assert_eq!(others.data()["total"], 1, "the filter can't widen the view");
    assert_eq!(
        rig.with(
            &ben,
            Method::GET,
            &format!("/api/workflow/status/{of_anna}"),
            None
        )
        .await
        .status,
        StatusCode::OK
    );
}

#[tokio::test]
async fn ones_own_is_deleted_with_operate_and_others_with_admin() {
    let rig = Rig::new().await;
    let (anna, _) = rig.token(Scope::Operate, json!({ "user": "anna" })).await;
    let mine = rig.two().await;
    let body = json!({ "pipeline": "two", "params": { "word": "x" } });
    let said = rig
        .with(&anna, Method::POST, "/api/workflow", Some(body))
        .await;
    let annas = said.data()["id"].as_str().unwrap().to_owned();
    // The queued one first: with the slot that the other frees it would begin.
    for id in [&annas, &mine] {
        rig.post(&format!("/api/workflow/{id}/cancel"), json!({}))
            .await;
    }
    rig.engine.pick().await.unwrap();
    let delete = |id: String| {
        let path = format!("/api/workflow/{id}");
        let (rig, anna) = (&rig, &anna);
        async move { rig.with(anna, Method::DELETE, &path, None).await }
    };
    assert_eq!(delete(mine.clone()).await.refusal(), (403, "forbidden"));
    assert_eq!(delete(annas).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_token_is_shown_once_and_gone_when_revoked() {
    let rig = Rig::new().await;
    let (text, id) = rig
        .token(Scope::Read, json!({ "user": "anna", "ttl": "90d" }))
        .await;
    assert_eq!(
        rig.with(&text, Method::GET, "/api/pipelines", None)
            .await
            .status,
        StatusCode::OK
    );
    let listed = rig.get("/api/tokens").await;
    let shown = &listed.data()["tokens"][0];
    assert_eq!(
        (shown["id"].as_str(), shown["scope"].as_str()),
        (Some(id.as_str()), Some("read"))
    );
    assert!(
        shown.get("token").is_none()
            && shown["lastUsedAt"].is_string()
            && shown["expiresAt"].is_string(),
        "{shown}"
    );
    let path = format!("/api/tokens/{id}");
    assert_eq!(
        rig.ask(Method::DELETE, &path, None).await.status,
        StatusCode::OK
    );
    assert_eq!(
        rig.with(&text, Method::GET, "/api/pipelines", None)
            .await
            .refusal()
            .0,
        401
    );
    assert_eq!(
        rig.ask(Method::DELETE, &path, None).await.refusal(),
        (404, "not_found")
    );
}

#[tokio::test]
async fn tokens_outlive_the_daemon() {
    let rig = Rig::new().await;
    let (text, id) = rig
        .token(Scope::Operate, json!({ "user": "anna", "own": true }))
        .await;
    let Rig {
        engine,
        dir,
        api,
        router,
        ..
    } = rig;
    drop((api, router));
    engine.stop().await;
    drop(engine);
    let rig = Rig::at(dir).await;
    assert_eq!(rig.get("/api/tokens").await.data()["tokens"][0]["id"], id);
    assert_eq!(
        rig.with(&text, Method::GET, "/api/workflow/active", None)
            .await
            .status,
        StatusCode::OK
    );
}

#[tokio::test]
async fn programs_of_the_callers_choice_want_admin() {
    let rig = Rig::new().await;
    let (operate, _) = rig.token(Scope::Operate, json!({})).await;
    let body = json!({ "pipeline": "command", "params": { "argv": ["true"] } });
    let said = rig
        .with(&operate, Method::POST, "/api/workflow", Some(body.clone()))
        .await;
    assert_eq!(said.refusal(), (403, "forbidden"));
    let batch = json!({ "workflows": [body.clone()] });
    assert_eq!(
        rig.with(&operate, Method::POST, "/api/workflow/batch", Some(batch))
            .await
            .refusal()
            .0,
        403
    );
    assert_eq!(
        rig.post("/api/workflow", body).await.status,
        StatusCode::ACCEPTED
    );
}

#[tokio::test]
async fn requests_are_counted_by_their_template() {
    let rig = Rig::new().await;
    rig.two().await;
    rig.get("/api/workflow/no-such-one/why").await;
    rig.get("/api/nothing/like/this").await;
    let mut asked = request(Method::GET, "/metrics", None, None);
    asked.extensions_mut().insert(operator());
    let answer = tower::ServiceExt::oneshot(rig.router.clone(), asked)
        .await
        .unwrap();
    let kind = answer.headers()[header::CONTENT_TYPE].to_str().unwrap();
    assert!(kind.starts_with("text/plain; version=0.0.4"), "{kind}");
    let page = http_body_util::BodyExt::collect(answer.into_body())
        .await
        .unwrap();
    let page = String::from_utf8(page.to_bytes().to_vec()).unwrap();
    for line in [
        "reel_http_requests_total{code=\"404\",route=\"/api/workflow/{id}/why\"}",
        "reel_http_requests_total{code=\"404\",route=\"(none)\"}",
        "reel_workflows_created_total{pipeline=\"two\",surface=\"workflow\"}",
        "reel_queue_length{status=\"running\"} 1",
        "reel_slots{resource=\"cpu\",state=\"used\"} 1",
        "reel_db_seconds_count{kind=\"commit\"}",
    ] {
        assert!(page.contains(line), "{line}\n{page}");
    }
    assert!(!page.contains("no-such-one") && !page.contains("like/this"));
    let (own, _) = rig.token(Scope::Read, json!({ "own": true })).await;
    let said = rig.with(&own, Method::GET, "/metrics", None).await;
    assert_eq!(said.refusal(), (403, "forbidden"));
}
