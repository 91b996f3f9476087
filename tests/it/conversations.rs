//! Conversations: a message makes a generation, a reply answers what it asks, and each step is told by the assistant.

use crate::asking::{get, post};
use reel_tests::{
    Asked, Daemon, Home, Reply, StandIn, ask, assert_like, reel, said, said_kinds, tcp,
    wait_for_end,
};
use serde_json::{Value, json};

const JSON: &str = "Content-Type: application/json";
const OPEN: &str = "[auth]\nloopback = \"operate\"\n";

#[tokio::test]
async fn a_message_asks_is_asked_back_answers_and_confirms() {
    let home = Home::scratch().unwrap();
    home.configure(OPEN).unwrap();
    let _daemon = Daemon::start(&home).unwrap();
    let path = "/api/conversations/conv_1/messages";
    let say = |text: &str| post(&home, path, &json!({"content": text}));
    assert_eq!(ask(&home, "GET", path, &Value::Null).unwrap().status, 404);

    let first = say("Create a video of a sunset");
    assert_eq!(first.status, 201, "{first:?}");
    assert_like(
        &json!({"success": true, "data": {
            "message": {
                "id": "<msg_1>", "conversationId": "conv_1", "role": "user", "type": "text",
                "content": "Create a video of a sunset", "generationId": "<gen_1>", "createdAt": "T",
            },
            "intent": "video_generation",
            "reply": {
                "id": "<msg_2>", "conversationId": "conv_1", "role": "assistant", "type": "generation_started",
                "content": "I'm working on your video", "generationId": "<gen_1>", "createdAt": "T",
            },
            "generation": {"status": "pending_clarification", "conversationId": "conv_1", "prompt": "Create a video of a sunset"},
            "clarificationQuestions": [{"key": "style"}, {"key": "duration"}],
        }}),
        &first.body,
    );
    let data = &first.body["data"];
    assert_eq!(data["generation"]["messageId"], data["message"]["id"]);
    let id = data["generation"]["id"].as_str().unwrap().to_owned();

    let odd = say("what do you mean?");
    assert_eq!(odd.body["data"]["intent"], "other");
    assert!(odd.body["data"]["generation"].is_null());
    assert_eq!(odd.body["data"]["reply"]["type"], "clarification");
    let large = say("900 seconds, plain");
    let reply = large.body["data"]["reply"]["content"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(reply.contains("at most 120"), "{reply}");
    let half = say("plain please");
    assert_eq!(half.body["data"]["intent"], "clarification");
    assert_eq!(
        half.body["data"]["clarificationQuestions"][0]["key"],
        "duration"
    );
    let answered = say("make it 2 s");
    assert_eq!(answered.body["data"]["reply"]["type"], "confirmation");
    assert_eq!(
        answered.body["data"]["reply"]["content"],
        "Make a 2 s plain video of a sunset?"
    );
    let refused = say("no");
    assert_eq!(refused.body["data"]["intent"], "confirmation");
    let ended = wait_for_end(&home, &id).await.unwrap();
    assert_eq!(ended.status, "cancelled");
    let status = get(&home, &format!("/api/generations/{id}/status"));
    assert_like(
        &json!({"data": {
            "status": "failed",
            "generation": {"status": "failed", "errorCode": "cancelled", "failedAt": "T", "completedAt": null},
            "job": {"status": "failed"},
        }}),
        &status,
    );
    assert!(status["data"]["generation"]["completedAt"].is_null());
    let by: Vec<&str> = ended
        .answers
        .iter()
        .map(|answer| answer.by.as_str())
        .collect();
    assert!(!by.is_empty() && by.iter().all(|by| !by.is_empty()));
    assert_eq!(said(&home, "conv_1").unwrap().last().unwrap().kind, "error");

    let talk = say("hello");
    assert_like(
        &json!({"data": {"intent": "other", "generation": null, "message": {"role": "user", "generationId": null}}}),
        &talk.body,
    );

    // Pages: each message once, in order, to the end.
    let all = said(&home, "conv_1").unwrap();
    let (mut seen, mut after) = (Vec::new(), String::new());
    loop {
        let page = get(&home, &format!("{path}?limit=3{after}"));
        let list = page["data"]["messages"].as_array().unwrap().clone();
        assert!(list.len() <= 3);
        seen.extend(
            list.iter()
                .map(|one| one["content"].as_str().unwrap().to_owned()),
        );
        match page["data"]["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => break,
        }
    }
    assert_eq!(
        seen,
        all.into_iter().map(|one| one.content).collect::<Vec<_>>()
    );

    for (body, field) in [
        (json!({}), "content"),
        (json!({"content": "  "}), "content"),
        (json!({"content": 7}), "content"),
        (json!({"content": "x".repeat(20_001)}), "content"),
    ] {
        let refused = post(&home, path, &body);
        assert_eq!(refused.status, 422, "{refused:?}");
        assert_eq!(refused.body["error"]["details"][0]["field"], field);
    }
    assert_eq!(
        post(
            &home,
            "/api/conversations/a%2Fb/messages",
            &json!({"content": "x"})
        )
        .status,
        422
    );
    assert_eq!(
        ask(&home, "GET", &format!("{path}?after=nobody"), &Value::Null)
            .unwrap()
            .status,
        422
    );
}

#[tokio::test]
async fn time_answers_with_the_defaults_where_a_pipeline_says_so() {
    let home = Home::scratch().unwrap();
    home.configure(OPEN).unwrap();
    home.pipeline(
        "generation",
        "clarify = true\nconfirm = true\n[gates]\ndeadline = \"1s\"\nconfirmed = true\n\
         [params.prompt]\ntype = \"text\"\nrequired = true\n\
         [params.style]\ntype = \"enum\"\noptions = [\"a\", \"b\"]\nrequired = true\ndefault = \"b\"\n\
         [[stages]]\nid = \"generating_video\"\nrun = [\"/bin/true\"]\n",
    )
    .unwrap();
    let _daemon = Daemon::start(&home).unwrap();
    let made = post(
        &home,
        "/api/generations",
        &json!({"prompt": "x", "conversationId": "c"}),
    );
    let id = made.body["data"]["generationId"].as_str().unwrap();
    let shown = get(&home, &format!("/api/workflow/status/{id}"));
    assert!(shown["data"]["gates"][0]["deadline"].is_string(), "{shown}");
    let ended = wait_for_end(&home, id).await.unwrap();
    assert_eq!(ended.status, "completed", "{:?}", ended.error);
    let said: Vec<(&str, &Value, &str)> = ended
        .answers
        .iter()
        .map(|answer| (answer.key.as_str(), &answer.value, answer.by.as_str()))
        .collect();
    assert_eq!(
        said,
        [
            ("style", &json!("b"), "deadline"),
            ("confirm", &json!(true), "deadline")
        ]
    );
    assert_eq!(
        said_kinds(&home, "c").unwrap().last().unwrap(),
        "generation_result"
    );
}

#[tokio::test]
async fn what_one_user_says_another_does_not_see() {
    let home = Home::scratch().unwrap();
    let _daemon = Daemon::start(&home).unwrap();
    let token = |user: &str| {
        let made = reel(
            &home,
            &[
                "token", "create", user, "--scope", "operate", "--user", user, "--own", "--json",
            ],
        )
        .unwrap();
        let made: Value = serde_json::from_str(&made.stdout).unwrap();
        format!(
            "{JSON}\r\nAuthorization: Bearer {}",
            made["token"].as_str().unwrap()
        )
    };
    let (anna, ben) = (token("anna"), token("ben"));
    let body = |content: &str| json!({"content": content}).to_string().into_bytes();
    let path = "/api/conversations/hers/messages";
    let made = tcp(
        &home,
        "POST",
        path,
        &anna,
        &body("Create a video of the sea"),
    )
    .unwrap();
    assert_eq!(made.status, 201, "{made:?}");
    assert_eq!(tcp(&home, "GET", path, &anna, b"").unwrap().status, 200);
    assert_eq!(tcp(&home, "GET", path, &ben, b"").unwrap().status, 404);
    assert_eq!(
        tcp(&home, "POST", path, &ben, &body("hello"))
            .unwrap()
            .status,
        404
    );
    let into = json!({"prompt": "x", "conversationId": "hers"}).to_string();
    let refused = tcp(&home, "POST", "/api/generations", &ben, into.as_bytes()).unwrap();
    assert_eq!(refused.status, 404, "{refused:?}");
    let id = made.body["data"]["generation"]["id"].as_str().unwrap();
    for act in ["clarify", "confirm"] {
        let refused = tcp(
            &home,
            "POST",
            &format!("/api/generations/{id}/{act}"),
            &ben,
            b"{\"responses\": {}}",
        );
        assert_eq!(refused.unwrap().status, 404);
    }
    let own = tcp(
        &home,
        "GET",
        &format!("/api/generations/{id}/status"),
        &anna,
        b"",
    )
    .unwrap();
    assert_eq!(own.body["data"]["generation"]["userId"], "anna");
}

// The stand-in answers while the test waits for the daemon.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_chat_model_finds_the_intent_and_the_rules_stand_in_for_it() {
    let home = Home::scratch().unwrap();
    let model = StandIn::start(|asked: &Asked| {
        let body = asked.json();
        let said = body["messages"][1]["content"].as_str().unwrap_or_default();
        if said.contains("broken") {
            return Reply::new(500, "");
        }
        let intent = if said.contains("Sonnenuntergang") {
            "video_generation"
        } else {
            "other"
        };
        let content = json!({"intent": intent}).to_string();
        Reply::json(
            200,
            &json!({"choices": [{"message": {"content": content}}]}),
        )
    })
    .await
    .unwrap();
    home.configure(&format!(
        "{OPEN}[providers]\nintent = \"openai\"\n[providers.openai]\nbase_url = \"{}/v1\"\napi_key = \"sk-test\"\n\
         chat_model = \"small\"\n",
        model.url()
    ))
    .unwrap();
    let _daemon = Daemon::start(&home).unwrap();
    for (content, intent) in [
        ("Der Sonnenuntergang am Meer, bewegt", "video_generation"),
        ("Create a video of a sunset", "other"),
        ("broken: create a video of a sunset", "video_generation"),
        ("broken: hello", "other"),
    ] {
        let said = post(
            &home,
            "/api/conversations/m/messages",
            &json!({"content": content}),
        );
        assert_eq!(said.status, 201, "{said:?}");
        let words = home.last_words();
        assert_eq!(said.body["data"]["intent"], intent, "{content}: {words}");
    }
    let asked = model.asked();
    assert!(
        asked
            .iter()
            .all(|one| one.header("authorization") == Some("Bearer sk-test"))
    );
    assert!(
        asked[0].path.ends_with("/chat/completions"),
        "{}",
        asked[0].path
    );
}
