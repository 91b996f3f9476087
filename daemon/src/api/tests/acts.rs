//! A workflow through its life: shown, acted on, asked about.
//!
//! Lines: a workflow's whole life is told in one place.

use super::Rig;
use crate::attempt_log::{Level, LogName, Writer};
use crate::domain::command::Outcome;
use crate::domain::pipeline::ErrorClass;
use crate::domain::workflow::Failure;
use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

fn failed() -> Outcome {
    Outcome::Failed {
        failure: Failure {
            class: ErrorClass::Input,
            code: "exit_9".into(),
            message: "it broke".into(),
            stage: Some("first".into()),
            hint: String::new(),
        },
    }
}

#[tokio::test]
async fn a_workflow_is_shown_through_its_life() {
    let mut rig = Rig::new().await;
    let id = rig.two().await;
    let path = format!("/api/workflow/status/{id}");
    assert_eq!(rig.get(&path).await.data()["currentState"], "first");
    rig.complete().await;
    assert_eq!(rig.get(&path).await.data()["currentState"], "second");
    assert_eq!(
        rig.get("/api/workers").await.data()["activeJobs"][0]["stage"],
        "second"
    );
    assert_eq!(
        rig.get("/api/workflow/history?status=second").await.data()["workflows"][0]["id"],
        id
    );
    assert_eq!(
        rig.get("/api/workflow/history?status=first").await.data()["total"],
        0
    );
    rig.complete().await;
    let said = rig.get(&path).await;
    let data = said.data();
    assert_eq!(
        (&data["status"], &data["progress"]),
        (&json!("completed"), &json!(100.0)),
        "{data}"
    );
    let states: Vec<&str> = data["logs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["state"].as_str().unwrap())
        .collect();
    assert_eq!(states.last(), Some(&"completed"), "{states:?}");
    assert!(
        states.contains(&"first") && states.contains(&"second"),
        "{states:?}"
    );
    let history = rig.get("/api/workflow/history").await;
    assert_eq!(
        (&history.data()["total"], &history.data()["limit"]),
        (&json!(1), &json!(50))
    );
    assert_eq!(history.data()["workflows"][0]["logs"], json!([]));
    assert_eq!(
        rig.get("/api/workflow/history?status=failed").await.data()["total"],
        0
    );
    assert_eq!(rig.get("/api/stats").await.data()["videos"]["completed"], 1);
    assert_eq!(
        rig.post(&format!("/api/workflow/{id}/retry"), json!({}))
            .await
            .refusal(),
        (409, "invalid_transition")
    );
}

#[tokio::test]
async fn acts_answer_the_workflow_and_are_told_where_they_can_not_be() {
    let rig = Rig::new().await;
    let first = rig.two().await;
    let second = rig.two().await;
    let act = |id: &str, word: &str, body: Value| {
        let path = format!("/api/workflow/{id}/{word}");
        let rig = &rig;
        async move { rig.post(&path, body).await }
    };
    assert_eq!(
        act(&second, "pause", json!({})).await.data()["status"],
        "paused"
    );
    assert_eq!(
        act(&second, "pause", json!({})).await.status,
        StatusCode::OK,
        "it is already so"
    );
    assert_eq!(
        act(&second, "resume", json!({})).await.data()["status"],
        "queued"
    );
    assert_eq!(
        act(&second, "priority", json!({ "priority": 9 }))
            .await
            .data()["priority"],
        9
    );
    assert_eq!(
        act(&second, "priority", json!({ "priority": 9000 }))
            .await
            .fields(),
        ["priority"]
    );
    assert_eq!(
        act(&second, "priority", json!({})).await.fields(),
        ["priority"]
    );
    let refused = act(&second, "retry", json!({})).await;
    assert_eq!(refused.refusal(), (409, "invalid_transition"));
    assert_eq!(refused.body["error"]["details"]["status"], "queued");
    assert!(
        refused.body["error"]["details"]["allowed"]
            .as_array()
            .unwrap()
            .contains(&json!("cancel"))
    );
    assert_eq!(
        act(&second, "cancel", json!({ "why": "x" })).await.fields(),
        ["why"]
    );
    assert_eq!(
        act(&second, "cancel", json!({})).await.data()["status"],
        "cancelled"
    );
    assert_eq!(
        act(&second, "cancel", json!({})).await.status,
        StatusCode::OK
    );
    assert_eq!(
        act("nothere", "cancel", json!({})).await.refusal(),
        (404, "not_found")
    );
    let path = format!("/api/workflow/{first}");
    assert_eq!(
        rig.ask(Method::DELETE, &path, None).await.refusal(),
        (409, "invalid_transition")
    );
    let path = format!("/api/workflow/{second}");
    assert_eq!(
        rig.ask(Method::DELETE, &path, None).await.status,
        StatusCode::OK
    );
    assert_eq!(
        rig.get(&format!("/api/workflow/status/{second}"))
            .await
            .refusal(),
        (404, "not_found")
    );
}

#[tokio::test]
async fn a_failure_says_why_and_asks_for_attention_until_it_is_retried() {
    let mut rig = Rig::new().await;
    let id = rig.two().await;
    let order = rig.orders.recv().await.unwrap();
    let name = LogName::new(rig.dir.path(), &id, "first", order.attempt).unwrap();
    let mut log = Writer::new(name, 1 << 20);
    log.push(Level::Error, "the last words");
    log.flush();
    let (engine, key) = (rig.engine.clone(), order.key());
    tokio::task::spawn_blocking(move || {
        crate::engine::ports::Reports::ended(&engine, key, None, failed())
    })
    .await
    .unwrap();
    rig.engine.pick().await.unwrap();
    let said = rig.get(&format!("/api/workflow/status/{id}")).await;
    let error = &said.data()["error"];
    assert_eq!(
        (&error["code"], &error["class"]),
        (&json!("exit_9"), &json!("input"))
    );
    assert!(
        error["hint"]
            .as_str()
            .is_some_and(|hint| hint.contains("retry")),
        "{error}"
    );
    let stack =
        said.data()["logs"].as_array().unwrap().last().unwrap()["metadata"]["error"]["stack"]
            .clone();
    assert!(
        stack
            .as_str()
            .is_some_and(|stack| stack.contains("the last words")),
        "{stack}"
    );
    let attention = rig.get("/api/attention").await;
    let item = &attention.data()["items"][0];
    assert_eq!(
        (&item["kind"], &item["videoId"]),
        (&json!("failed"), &json!(id))
    );
    let (path, label) = (
        item["action"]["path"].as_str().unwrap(),
        item["action"]["label"].as_str().unwrap(),
    );
    assert_eq!(label, "retry");
    let from = rig.post(path, json!({ "from": "secnod" })).await;
    assert_eq!(from.fields(), ["from"]);
    assert_eq!(
        rig.post(path, json!({ "params": { "wrod": "x" } }))
            .await
            .fields(),
        ["params.wrod"]
    );
    let retried = rig.post(path, json!({ "params": { "word": "new" } })).await;
    assert_eq!(
        (
            &retried.data()["attempt"],
            &retried.data()["params"]["word"]
        ),
        (&json!(2), &json!("new"))
    );
    assert_eq!(rig.get("/api/attention").await.data()["count"], 0);
}

#[tokio::test]
async fn gates_are_asked_answered_and_confirmed() {
    let rig = Rig::new().await;
    let said = rig
        .post("/api/workflow", json!({ "pipeline": "asks", "params": {} }))
        .await;
    let id = said.data()["id"].as_str().unwrap().to_owned();
    assert_eq!(said.data()["status"], "pending_clarification");
    let question = &said.data()["gates"][0]["questions"][0];
    assert_eq!(
        (&question["key"], &question["options"]),
        (&json!("style"), &json!(["plain", "loud"]))
    );
    let attention = rig.get("/api/attention").await;
    assert_eq!(
        attention.data()["items"][0]["action"]["path"],
        format!("/api/workflow/{id}/clarify")
    );
    let clarify = format!("/api/workflow/{id}/clarify");
    assert_eq!(rig.post(&clarify, json!({})).await.fields(), ["responses"]);
    assert_eq!(
        rig.post(&clarify, json!({ "responses": { "style": "green" } }))
            .await
            .fields(),
        ["responses.style"]
    );
    let answered = rig
        .post(&clarify, json!({ "responses": { "style": "loud" } }))
        .await;
    assert_eq!(
        answered.data()["status"],
        "pending_confirmation",
        "{answered:?}"
    );
    assert_eq!(
        (
            &answered.data()["answers"][0]["by"],
            &answered.data()["gates"][0]["kind"]
        ),
        (&json!("root"), &json!("confirmation"))
    );
    let confirmed = rig
        .post(&format!("/api/workflow/{id}/confirm"), json!({}))
        .await;
    assert!(
        ["queued", "running"].contains(&confirmed.data()["status"].as_str().unwrap()),
        "{confirmed:?}"
    );
    let other = rig
        .post(
            "/api/workflow",
            json!({ "pipeline": "asks", "params": { "style": "plain" } }),
        )
        .await;
    let refuse = format!(
        "/api/workflow/{}/confirm",
        other.data()["id"].as_str().unwrap()
    );
    assert_eq!(
        rig.post(&refuse, json!({ "confirmed": false }))
            .await
            .data()["status"],
        "cancelled"
    );
}

#[tokio::test]
async fn logs_are_paged_over_attempts_without_gap_or_repeat() {
    let mut rig = Rig::new().await;
    let id = rig.two().await;
    for stage in ["first", "second"] {
        let order = rig.complete().await;
        let mut log = Writer::new(
            LogName::new(rig.dir.path(), &id, stage, order.attempt).unwrap(),
            1 << 20,
        );
        for line in 0..5 {
            log.push(
                if line == 3 { Level::Warn } else { Level::Info },
                &format!("{stage} {line}"),
            );
        }
        log.flush();
    }
    let (mut after, mut seen) = (0, Vec::new());
    loop {
        let said = rig
            .get(&format!("/api/workflow/{id}/logs?limit=3&after={after}"))
            .await;
        let lines = said.data()["lines"].as_array().unwrap().clone();
        if lines.is_empty() {
            break;
        }
        seen.extend(
            lines
                .iter()
                .map(|line| line["line"].as_str().unwrap().to_owned()),
        );
        after = said.data()["next"].as_u64().unwrap();
    }
    let wanted: Vec<String> = ["first", "second"]
        .iter()
        .flat_map(|stage| (0..5).map(move |n| format!("{stage} {n}")))
        .collect();
    assert_eq!(seen, wanted);
    let one = rig
        .get(&format!("/api/workflow/{id}/logs?stage=second&level=warn"))
        .await;
    let lines = one.data()["lines"].as_array().unwrap();
    assert_eq!(lines.len(), 1);
    assert_eq!(
        (&lines[0]["line"], &lines[0]["offset"]),
        (&json!("second 3"), &json!((1_u64 << 32) + 3))
    );
    let events = rig.get(&format!("/api/workflow/{id}/events?limit=2")).await;
    let events = events.data()["events"].as_array().unwrap();
    assert_eq!(
        (events.len(), &events[0]["kind"]),
        (2, &json!("workflow.created"))
    );
}

#[tokio::test]
async fn why_names_what_holds_it() {
    let rig = Rig::new().await;
    let first = rig.two().await;
    let second = rig.two().await;
    let said = rig.get(&format!("/api/workflow/{second}/why")).await;
    assert_eq!(
        (&said.data()["status"], &said.data()["id"]),
        (&json!("queued"), &json!(second))
    );
    assert_eq!(
        rig.get(&format!("/api/workflow/{first}/why")).await.data()["waitingFor"],
        Value::Null
    );
    rig.post("/api/drain", json!({})).await.data();
    assert_eq!(
        rig.get("/api/workers").await.data()["workers"][0]["status"],
        "draining"
    );
    rig.post("/api/undrain", json!({ "box": "box-a" }))
        .await
        .data();
}

#[tokio::test]
async fn a_video_that_goes_nowhere_has_no_upload() {
    let rig = Rig::new().await;
    let id = rig.two().await;
    assert_eq!(
        rig.get(&format!("/api/workflow/youtube/{id}/main"))
            .await
            .refusal(),
        (404, "not_found")
    );
    assert_eq!(
        rig.get("/api/workflow/youtube/nothere/main")
            .await
            .refusal(),
        (404, "not_found")
    );
}

#[tokio::test]
async fn pipelines_are_told_with_their_parameters() {
    let rig = Rig::new().await;
    let said = rig.get("/api/pipelines").await;
    let names: Vec<&str> = said.data()["pipelines"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["name"].as_str().unwrap())
        .collect();
    assert!(names.is_sorted(), "{names:?}");
    for name in ["asks", "command", "generation", "two", "video"] {
        assert!(names.contains(&name), "{name} in {names:?}");
    }
    let one = rig.get("/api/pipelines/two").await;
    assert_eq!(
        (&one.data()["source"], &one.data()["params"][0]["name"]),
        (&json!("file"), &json!("word"))
    );
    assert_eq!(rig.get("/api/schedules").await.data()["count"], 0);
}
