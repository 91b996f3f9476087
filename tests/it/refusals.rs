//! Bad input: every refusal has its status, its code and words that name the field; and it changes nothing.

use reel_tests::{Daemon, Home, RawReply, command, raw, submit};
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
