//! `reel webhooks` against a stand-in, and what it prints.

use super::delivery;
use crate::curl;
use jiff::Zoned;
use serde_json::json;

fn now() -> Zoned {
    "2026-11-20T12:00:00+00:00[UTC]".parse().unwrap()
}

#[test]
fn since_looks_back() {
    let at = |text: &str| delivery::moment_ago(text, &now()).map(|at| at.to_string());
    assert_eq!(at("90m").unwrap(), "2026-11-20T10:30:00Z");
    assert_eq!(at("-2d").unwrap(), "2026-11-18T12:00:00Z");
    assert_eq!(at("11:30").unwrap(), "2026-11-20T11:30:00Z");
    assert_eq!(
        at("12:30").unwrap(),
        "2026-11-19T12:30:00Z",
        "the last time, not the next"
    );
    assert_eq!(
        at("2026-11-01T00:00:00+01:00").unwrap(),
        "2026-10-31T23:00:00Z"
    );
    assert!(at("yesterday").unwrap_err().contains("write RFC 3339"));
}

#[test]
fn the_command_signs_anew_and_shows_no_secret() {
    let request = json!({
        "url": "https://h.example/x", "body": "{\"a\":\"it's\"}",
        "headers": {
            "Authorization": "***", "X-Webhook-Event": "video.completed", "X-Webhook-Signature": "***",
            "webhook-id": "evt_1", "webhook-signature": "***",
        },
    });
    let command = curl::command(&request);
    assert!(command.starts_with("WEBHOOK_SECRET='***'"), "{command}");
    assert!(command.contains(r#"BODY='{"a":"it'\''s"}'"#), "{command}");
    assert!(
        command.contains("-H 'Authorization: ***'") && command.contains("-H 'webhook-id: evt_1'"),
        "{command}"
    );
    assert!(
        command.contains("openssl dgst -sha256 -hmac \"$WEBHOOK_SECRET\"")
            && !command.contains("webhook-signature")
    );
    let unsigned = curl::command(
        &json!({"url": "https://h.example/", "body": "{}", "headers": {"webhook-id": "evt_1"}}),
    );
    assert!(!unsigned.contains("SECRET"), "{unsigned}");
}
