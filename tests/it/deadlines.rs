//! Gates that are given more time before their deadline is taken for the answer.

use reel_tests::{Daemon, Home, RawReply, raw, reel};
use serde_json::{Value, json};

const ASKS: &str = "clarify = true\n[gates]\ndeadline = \"1h\"\n[params.prompt]\ntype = \"text\"\nrequired = true\n\
     [[stages]]\nid = \"work\"\nrun = [\"/bin/true\"]\n";

fn post(home: &Home, path: &str, body: &Value) -> RawReply {
    let kind = "content-type: application/json";
    raw(home, "POST", path, kind, body.to_string().as_bytes()).unwrap()
}

fn get(home: &Home, path: &str) -> Value {
    let reply = raw(home, "GET", path, "", b"").unwrap();
    assert_eq!(reply.status, 200, "{path}: {reply:?}");
    reply.body
}

fn seconds(view: &Value, of: &str) -> i64 {
    let deadline = view["data"]["gates"][0]["deadline"].as_str().unwrap();
    let at: jiff::Timestamp = deadline.parse().unwrap();
    let from: jiff::Timestamp = of.parse().unwrap();
    at.as_second() - from.as_second()
}

#[test]
fn a_deadline_moves_away_and_what_cannot_be_is_told_by_field() {
    let home = Home::scratch().unwrap();
    home.pipeline("asks", ASKS).unwrap();
    let daemon = Daemon::start(&home).unwrap();
    let made = reel(&home, &["submit", "asks"]).unwrap();
    let id = made.stdout.trim().to_owned();
    let before = get(&home, &format!("/api/workflow/status/{id}"));
    let deadline = before["data"]["gates"][0]["deadline"].as_str().unwrap();
    let path = format!("/api/workflow/{id}/extend");
    let more = post(&home, &path, &json!({"by": "30m"}));
    assert_eq!(more.status, 200, "{more:?}");
    assert_eq!(seconds(&more.body, deadline), 1800);
    let told = reel(&home, &["extend", &id, "1h"]).unwrap();
    assert_eq!(told.code, Some(0), "{told:?}");
    for (body, field, words) in [
        (json!({"by": "soon"}), "by", "1h30m"),
        (json!({"by": "0s"}), "by", "1h30m"),
        (json!({}), "until", "required"),
        (json!({"by": "1m", "until": deadline}), "by", "one of them"),
        (json!({"until": deadline}), "until", "only moves away"),
        (json!({"until": "2020-01-01T00:00:00Z"}), "until", "past"),
        (json!({"until": "2999-01-01T00:00:00Z"}), "until", "a year"),
        (json!({"by": "1m", "stage": "work"}), "stage", "leave"),
        (json!({"by": "1m", "whom": "me"}), "whom", ""),
    ] {
        let refused = post(&home, &path, &body);
        let said = refused.body.to_string();
        assert_eq!(refused.status, 422, "{body} {said}");
        assert!(
            said.contains(field) && said.contains(words),
            "{body} {said}"
        );
    }
    daemon.kill().unwrap();
    let _daemon = Daemon::start(&home).unwrap();
    let after = get(&home, &format!("/api/workflow/status/{id}"));
    assert_eq!(
        seconds(&after, deadline),
        1800 + 3600,
        "it outlives a crash"
    );
    let events = get(&home, &format!("/api/workflow/{id}/events"));
    let kinds: Vec<&str> = events["data"]["events"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|event| event["data"]["by"].is_string())
        .filter_map(|event| event["kind"].as_str())
        .collect();
    assert_eq!(
        kinds
            .iter()
            .filter(|kind| **kind == "workflow.deadline_extended")
            .count(),
        2
    );
    let answered = reel(&home, &["answer", &id, "prompt=x"]).unwrap();
    assert_eq!(answered.code, Some(0), "{answered:?}");
    let late = post(&home, &path, &json!({"by": "1m"}));
    assert_eq!(late.status, 409, "{late:?}");
    assert_eq!(late.body["error"]["code"], "invalid_transition");
}
