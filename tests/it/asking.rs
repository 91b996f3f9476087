//! Asking a daemon over TCP without a token, as the documents' own clients do.

use reel_tests::{Home, RawReply, ask};
use serde_json::Value;

/// Posts a body and answers whatever came of it.
pub fn post(home: &Home, path: &str, body: &Value) -> RawReply {
    ask(home, "POST", path, body).unwrap()
}

/// What is there, which must be found.
pub fn get(home: &Home, path: &str) -> Value {
    let reply = ask(home, "GET", path, &Value::Null).unwrap();
    assert_eq!(reply.status, 200, "{path}: {reply:?}");
    reply.body
}
