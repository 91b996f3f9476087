//! Requests that are none, and callers that may not: answered in JSON, with the status that says so.

use reel_tests::{Daemon, Home, command, raw, send};
use serde_json::{Value, json};

const JSON: &str = "Content-Type: application/json";

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
