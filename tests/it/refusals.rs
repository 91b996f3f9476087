//! Bad input: every refusal has its status, its code and words that name the field; and it changes nothing.

use reel_tests::{Daemon, Home, RawReply, command, raw, send, submit};
use serde_json::{Value, json};

struct Case {
    what: &'static str,
    method: &'static str,
    path: &'static str,
    body: Value,
    status: u16,
    code: &'static str,
    /// Must all stand in the error.
    words: &'static [&'static str],
}

const fn case(
    what: &'static str,
    method: &'static str,
    path: &'static str,
    body: Value,
    status: u16,
    code: &'static str,
    words: &'static [&'static str],
) -> Case {
    Case {
        what,
        method,
        path,
        body,
        status,
        code,
        words,
    }
}

const JSON: &str = "Content-Type: application/json";

fn ask(home: &Home, method: &str, path: &str, body: &Value) -> RawReply {
    let body = if body.is_null() {
        Vec::new()
    } else {
        serde_json::to_vec(body).unwrap()
    };
    raw(home, method, path, JSON, &body).unwrap()
}

#[tokio::test]
async fn every_refusal_says_what_is_wrong_and_changes_nothing() {
    let home = Home::scratch().unwrap();
    let _daemon = Daemon::start(&home).unwrap();
    let taken = reel_shared::request::SubmitRequest {
        id: Some("taken".into()),
        ..command(&["/bin/true"])
    };
    submit(&home, &taken).await.unwrap();
    reel_tests::wait_for_end(&home, "taken").await.unwrap();
    let workflow = |patch: Value| {
        let mut body = json!({ "pipeline": "command", "params": { "argv": ["/bin/true"] } });
        body.as_object_mut()
            .unwrap()
            .extend(patch.as_object().unwrap().clone());
        body
    };
    let submit_path = "/api/workflow";
    let invalid = "validation_failed";
    let cases = [
        case(
            "unknown pipeline",
            "POST",
            submit_path,
            workflow(json!({"pipeline": "vidoe"})),
            422,
            invalid,
            &["pipeline", "vidoe", "video"],
        ),
        case(
            "unknown parameter",
            "POST",
            submit_path,
            workflow(json!({"params": {"argv": ["x"], "dri": "/"}})),
            422,
            invalid,
            &["params.dri", "dir"],
        ),
        case(
            "missing parameter",
            "POST",
            submit_path,
            workflow(json!({"params": {}})),
            422,
            invalid,
            &["params.argv"],
        ),
        case(
            "wrong type",
            "POST",
            submit_path,
            workflow(json!({"params": {"argv": "x"}})),
            422,
            invalid,
            &["params.argv"],
        ),
        case(
            "unknown field",
            "POST",
            submit_path,
            workflow(json!({"priorty": 1})),
            422,
            invalid,
            &["priorty", "priority"],
        ),
        case(
            "priority out of bounds",
            "POST",
            submit_path,
            workflow(json!({"priority": 1001})),
            422,
            invalid,
            &["priority", "1001", "1000"],
        ),
        case(
            "bad id",
            "POST",
            submit_path,
            workflow(json!({"id": "a b"})),
            422,
            invalid,
            &["id"],
        ),
        case(
            "reserved id",
            "POST",
            submit_path,
            workflow(json!({"id": "history"})),
            422,
            invalid,
            &["id", "history"],
        ),
        case(
            "taken id",
            "POST",
            submit_path,
            workflow(json!({"id": "taken"})),
            409,
            "id_taken",
            &["taken"],
        ),
        case(
            "unknown dependency",
            "POST",
            submit_path,
            workflow(json!({"dependsOn": ["nobody"]})),
            422,
            invalid,
            &["dependsOn", "nobody"],
        ),
        case(
            "bad start time",
            "POST",
            submit_path,
            workflow(json!({"notBefore": "tomorrow"})),
            422,
            invalid,
            &["notBefore", "tomorrow"],
        ),
        case(
            "plain http webhook",
            "POST",
            submit_path,
            workflow(json!({"webhookUrl": "http://example.org/x"})),
            422,
            invalid,
            &["webhookUrl", "allow_http"],
        ),
        case(
            "no such workflow",
            "GET",
            "/api/workflow/status/nobody",
            Value::Null,
            404,
            "not_found",
            &["nobody"],
        ),
        case(
            "no such route",
            "GET",
            "/api/wrkflow",
            Value::Null,
            404,
            "not_found",
            &[],
        ),
        case(
            "wrong method",
            "DELETE",
            "/api/workflow/active",
            Value::Null,
            405,
            "method_not_allowed",
            &[],
        ),
        case(
            "cancel what is done",
            "POST",
            "/api/workflow/taken/cancel",
            json!({}),
            409,
            "invalid_transition",
            &["completed", "allowed"],
        ),
        case(
            "retry what is done",
            "POST",
            "/api/workflow/taken/retry",
            json!({}),
            409,
            "invalid_transition",
            &["completed"],
        ),
        case(
            "unknown stage",
            "POST",
            "/api/workflow/taken/retry",
            json!({"from": "comand"}),
            0,
            "",
            &[],
        ),
        case(
            "wrong query value",
            "GET",
            "/api/workflow/history?limit=201",
            Value::Null,
            422,
            invalid,
            &["limit", "201", "200"],
        ),
        case(
            "unknown status",
            "GET",
            "/api/workflow/history?status=complete",
            Value::Null,
            422,
            invalid,
            &["status", "complete", "completed"],
        ),
        case(
            "unknown scope",
            "POST",
            "/api/tokens",
            json!({"name": "x", "scope": "opreate"}),
            422,
            invalid,
            &["scope", "operate"],
        ),
        case(
            "missing field",
            "POST",
            "/api/tokens",
            json!({"name": "x"}),
            422,
            invalid,
            &["scope"],
        ),
        case(
            "priority without one",
            "POST",
            "/api/workflow/taken/priority",
            json!({}),
            422,
            invalid,
            &["priority"],
        ),
        case(
            "not to be published",
            "GET",
            "/api/workflow/youtube/taken/main",
            Value::Null,
            404,
            "not_found",
            &[],
        ),
        case(
            "video without a prompt",
            "POST",
            "/api/video/generate",
            json!({}),
            422,
            invalid,
            &["prompt"],
        ),
        case(
            "video source unknown",
            "POST",
            "/api/video/generate",
            json!({"prompt": "x", "videoSource": "pexel"}),
            422,
            invalid,
            &["videoSource", "pexels"],
        ),
    ];
    let before = events(&home);
    for case in cases.iter().filter(|case| case.status != 0) {
        let reply = ask(&home, case.method, case.path, &case.body);
        let error = &reply.body["error"];
        assert_eq!(
            (reply.status, error["code"].as_str()),
            (case.status, Some(case.code)),
            "{}: {reply:?}",
            case.what
        );
        assert_eq!(reply.body["success"], false, "{}", case.what);
        assert!(
            error["message"]
                .as_str()
                .is_some_and(|message| message.len() > 5),
            "{}: {error}",
            case.what
        );
        for word in case.words {
            assert!(
                error.to_string().contains(word),
                "{}: {word} is missing in {error}",
                case.what
            );
        }
    }
    assert_eq!(events(&home), before, "a refused request changes nothing");
}

fn events(home: &Home) -> i64 {
    let database = rusqlite::Connection::open(home.database()).unwrap();
    database
        .query_row("SELECT count(*) FROM events", [], |row| row.get(0))
        .unwrap()
}

#[tokio::test]
async fn what_is_no_request_is_refused_in_json_too() {
    let home = Home::scratch().unwrap();
    home.configure("[limits]\nbody = \"64KiB\"\n").unwrap();
    let _daemon = Daemon::start(&home).unwrap();
    let body = b"{\"pipeline\": \"command\", ";
    let malformed = raw(&home, "POST", "/api/workflow", JSON, body).unwrap();
    assert_eq!(
        (malformed.status, malformed.body["success"].as_bool()),
        (400, Some(false)),
        "{malformed:?}"
    );
    let untyped = raw(
        &home,
        "POST",
        "/api/workflow",
        "Content-Type: text/plain",
        b"hello",
    )
    .unwrap();
    assert_eq!(untyped.status, 415, "{untyped:?}");
    let large = vec![b' '; 100 << 10];
    let oversized = raw(&home, "POST", "/api/workflow", JSON, &large).unwrap();
    assert_eq!(
        (oversized.status, oversized.body["success"].as_bool()),
        (413, Some(false)),
        "{oversized:?}"
    );
    let deep = format!(
        "{{\"pipeline\":\"command\",\"params\":{{\"argv\":{}{}}}}}",
        "[".repeat(2000),
        "]".repeat(2000)
    );
    let deep = raw(&home, "POST", "/api/workflow", JSON, deep.as_bytes()).unwrap();
    assert!([400, 422].contains(&deep.status), "{deep:?}");
    let long = format!("X-Long: {}", "x".repeat(40 << 10));
    let head = send(
        &home,
        format!("GET /healthz HTTP/1.1\r\nHost: x\r\n{long}\r\n\r\n").as_bytes(),
    )
    .unwrap();
    assert_eq!(head.status, 431, "{head:?}");
    let reply = raw(
        &home,
        "GET",
        "/api/workflow/status/x",
        "X-Request-Id: my-own-id",
        b"",
    )
    .unwrap();
    assert!(
        reply.head.contains("x-request-id: my-own-id"),
        "{}",
        reply.head
    );
    let alive = raw(&home, "GET", "/healthz", "", b"").unwrap();
    assert_eq!(alive.status, 200);
}

#[tokio::test]
async fn tcp_wants_a_token_of_a_large_enough_scope() {
    use reel_shared::client::{ClientError, Endpoint, Http, Target, Token};
    let home = Home::scratch().unwrap();
    let _daemon = Daemon::start(&home).unwrap();
    let note: Value =
        serde_json::from_slice(&std::fs::read(home.data().join("reeld.json")).unwrap()).unwrap();
    let address = note["listen"].as_str().unwrap().to_owned();
    let with = |token: Option<&str>| {
        let mut endpoint = Endpoint::of(Target::Tcp(address.clone()));
        endpoint.token = token.map(|token| Token::new(token, "the test").unwrap());
        Http::new(endpoint)
    };
    let status = async |token: Option<&str>, path: &str| match with(token).get::<Value>(path).await
    {
        Ok(_) => 200,
        Err(ClientError::Problem { status, .. }) => status,
        Err(other) => panic!("{other}"),
    };
    assert_eq!(status(None, "/api/workflow/active").await, 401);
    assert_eq!(
        status(Some("reel_wrong"), "/api/workflow/active").await,
        401
    );
    let made: Value = home
        .client()
        .post("/api/tokens", &json!({"name": "ci", "scope": "read"}))
        .await
        .unwrap();
    let token = made["token"].as_str().unwrap();
    assert_eq!(status(Some(token), "/api/workflow/active").await, 200);
    let submitted: Result<Value, _> = with(Some(token))
        .post("/api/workflow", &command(&["/bin/true"]))
        .await;
    assert!(
        matches!(submitted, Err(ClientError::Problem { status: 403, .. })),
        "{submitted:?}"
    );
    home.client()
        .delete(&format!("/api/tokens/{}", made["id"].as_str().unwrap()))
        .await
        .unwrap();
    assert_eq!(status(Some(token), "/api/workflow/active").await, 401);
}
