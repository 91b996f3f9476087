//! What the daemon says of what happens: the points that documents 000, 001 and 002 want in its log, the metrics, and that
//! nothing secret is in either.

use reel_shared::request::SubmitRequest;
use reel_tests::{Daemon, Home, raw, request, submit, wait_for_end};
use serde_json::{Value, json};

const GENERATION: &str = r#"
description = "quick"
clarify = true
confirm = true
[params.prompt]
type = "text"
required = true
[params.provider]
type = "string"
[[stages]]
id = "generating_video"
run = ["/bin/sh", "-c", "echo videoPath=/a/video.mp4 >> \"$REEL_OUTPUT\""]
[[stages]]
id = "storing"
run = ["/bin/sh", "-c", "echo storage=local >> \"$REEL_OUTPUT\""]
"#;

const CLIP: &str = r#"
description = "fails once, then never again"
[params.prompt]
type = "text"
[[stages]]
id = "one"
title = "Try it"
retry = { times = 1, first = "10ms", max = "10ms" }
run = ["/bin/sh", "-c", "[ -e again ] && exit 0; touch again; exit 3"]
[[stages]]
id = "two"
retry = 0
run = ["/bin/sh", "-c", "exit 4"]
"#;

/// All lines of the daily files, once the daemon has ended.
fn lines(home: &Home) -> Vec<Value> {
    let mut lines = Vec::new();
    for entry in std::fs::read_dir(home.data().join("logs")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        assert!(
            name.starts_with("workflow-") && name.ends_with(".log"),
            "{name}"
        );
        let text = std::fs::read_to_string(path).unwrap();
        lines.extend(text.lines().map(|line| serde_json::from_str(line).unwrap()));
    }
    lines
}

/// The lines of a component about a workflow, by their words.
fn of<'a>(lines: &'a [Value], component: &str, id: &str) -> Vec<(&'a str, &'a Value)> {
    lines
        .iter()
        .filter(|line| line["component"] == component && (id.is_empty() || line["videoId"] == id))
        .map(|line| (line["msg"].as_str().unwrap(), line))
        .collect()
}

fn assert_said(lines: &[Value], component: &str, id: &str, wanted: &[(&str, &[&str])]) {
    let said = of(lines, component, id);
    for (words, fields) in wanted {
        let line = said.iter().find(|(said, _)| said == words);
        let Some((_, line)) = line else {
            let said: Vec<_> = said.iter().map(|(said, _)| *said).collect();
            panic!("{component} never said {words:?}, but {said:#?}");
        };
        for field in *fields {
            assert!(
                line.get(field).is_some() || line["metadata"].get(field).is_some(),
                "{component} {words:?} has no {field}: {line}"
            );
        }
        assert!(line["requestId"].is_string(), "{line}");
    }
}

const MINE: &str = "X-Request-Id: my-request";

#[tokio::test]
async fn every_point_of_a_generation_is_logged() {
    let home = Home::scratch().unwrap();
    home.pipeline("generation", GENERATION).unwrap();
    let daemon = Daemon::start(&home).unwrap();
    let body = json!({ "prompt": "A sunset", "provider": "veo3" }).to_string();
    let json = format!("Content-Type: application/json\r\n{MINE}");
    let made = raw(&home, "POST", "/api/generations", &json, body.as_bytes()).unwrap();
    assert_eq!(made.status, 201, "{made:?}");
    let id = made.body["data"]["generationId"]
        .as_str()
        .unwrap()
        .to_owned();
    let path = format!("/api/generations/{id}");
    let said = raw(&home, "POST", &format!("{path}/confirm"), &json, b"{}").unwrap();
    assert_eq!(said.status, 200, "{said:?}");
    let ended = wait_for_end(&home, &id).await.unwrap();
    assert_eq!(ended.status, "completed");
    raw(&home, "GET", &format!("{path}/status"), MINE, b"").unwrap();
    daemon.terminate().unwrap();
    let lines = lines(&home);
    assert_said(
        &lines,
        "GENERATION_CREATE",
        "",
        &[("Request received", &["userId", "prompt", "provider"])],
    );
    assert_said(
        &lines,
        "GENERATION_CREATE",
        &id,
        &[
            ("Generation created in DB", &["generationId", "status"]),
            ("Calling Worker API", &["generationId", "workerUrl"]),
            (
                "Worker response",
                &["generationId", "success", "workerGenerationId"],
            ),
            ("Returning response", &["generationId", "status"]),
        ],
    );
    assert_said(
        &lines,
        "GENERATION_STATUS",
        &id,
        &[
            ("Request received", &["generationId", "userId"]),
            (
                "Checking Worker status",
                &["generationId", "workerGenerationId"],
            ),
            (
                "Worker response",
                &["generationId", "success", "status", "progress"],
            ),
            (
                "Returning response",
                &["generationId", "dbStatus", "workerStatus"],
            ),
        ],
    );
    assert_said(
        &lines,
        "WORKER",
        "",
        &[
            ("Request received", &["method", "path"]),
            ("Authentication", &["authenticated", "userId"]),
            ("Route handling", &["route"]),
            ("Response", &["status"]),
        ],
    );
    assert_said(
        &lines,
        "WORKER_GENERATION_CREATE",
        "",
        &[("Request received", &["userId", "prompt", "provider"])],
    );
    assert_said(
        &lines,
        "WORKER_GENERATION_CREATE",
        &id,
        &[
            ("Creating job", &["generationId"]),
            ("Job created", &["generationId", "jobId"]),
            ("Returning response", &["generationId", "status"]),
        ],
    );
    assert_said(
        &lines,
        "JOB_MANAGER",
        &id,
        &[
            ("Creating job", &["jobId", "generationId", "userId"]),
            ("Job created", &["jobId", "status"]),
            ("Updating job status", &["jobId", "oldStatus", "newStatus"]),
            ("Job status updated", &["jobId", "status"]),
            ("Completing job", &["jobId", "result"]),
            ("Job completed", &["jobId", "status"]),
        ],
    );
    assert_said(
        &lines,
        "GENERATION_WORKFLOW",
        &id,
        &[
            (
                "Starting generation",
                &["jobId", "generationId", "prompt", "provider"],
            ),
            ("Calling Veo3 API", &["jobId", "prompt"]),
            ("Veo3 API response", &["jobId", "videoId", "status"]),
            ("Uploading to R2", &["jobId", "videoId"]),
            ("Upload complete", &["jobId", "videoUrl"]),
            ("Generation complete", &["jobId", "status"]),
        ],
    );
    assert_said(
        &lines,
        "VIDEO",
        &id,
        &[
            ("Video creation started", &["parameters", "ttsProvider"]),
            ("Video completed", &["totalDuration", "videoPath"]),
        ],
    );
    assert_said(&lines, "FILE", &id, &[("File written", &["act", "path"])]);
    assert_said(
        &lines,
        "STORE",
        &id,
        &[
            ("Upload started", &["progress"]),
            ("Upload complete", &["outcome", "retry"]),
        ],
    );
    let mine = |line: &&Value| line["videoId"] == id.as_str();
    for line in lines.iter().filter(mine) {
        assert_eq!(line["requestId"], "my-request", "{line}");
    }
}

#[tokio::test]
async fn transitions_and_failures_are_logged_with_all_that_explains_them() {
    let home = Home::scratch().unwrap();
    home.configure(
        "[webhooks]\ndefault_secret = \"whsec_dG9wLXNlY3JldC12YWx1ZS10aGF0LWlzLWxvbmc=\"\n",
    )
    .unwrap();
    home.pipeline("clip", CLIP).unwrap();
    let daemon = Daemon::start(&home).unwrap();
    let wanted: SubmitRequest = request("clip", json!({ "prompt": "x" }));
    let id = submit(&home, &wanted).await.unwrap().id;
    let ended = wait_for_end(&home, &id).await.unwrap();
    assert_eq!(ended.status, "failed", "{ended:?}");
    daemon.terminate().unwrap();
    let lines = lines(&home);
    assert_said(
        &lines,
        "TRANSITION",
        &id,
        &[
            (
                "stage.started",
                &["state", "previousState", "duration", "userId"],
            ),
            ("workflow.failed", &["state", "progress"]),
        ],
    );
    let wrong = of(&lines, "ERROR", &id);
    let levels: Vec<&str> = wrong
        .iter()
        .map(|(_, line)| line["level"].as_str().unwrap())
        .collect();
    assert_eq!(levels, ["warn", "error", "error"], "{wrong:#?}");
    assert_eq!(wrong[0].1["metadata"]["doing"], "Try it", "{wrong:#?}");
    assert_eq!(wrong[0].1["attempt"], 1, "{wrong:#?}");
    assert!(
        wrong[0].0.starts_with("will be tried again: "),
        "{wrong:#?}"
    );
    assert_said(
        &lines,
        "JOB_MANAGER",
        &id,
        &[
            ("Failing job", &["error"]),
            ("Job failed", &["error", "status"]),
        ],
    );
    let all = std::fs::read_to_string(home.log()).unwrap();
    assert!(!all.contains("dG9wLXNlY3JldC12YWx1ZS10aGF0LWlzLWxvbmc"));
}

/// What a program on this box gets by a plain request over the socket.
pub fn fetched(home: &Home, path: &str) -> String {
    use std::io::{Read as _, Write as _};
    let mut socket = std::os::unix::net::UnixStream::connect(home.socket()).unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    socket.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).unwrap();
    answer
}

#[tokio::test]
async fn what_happened_is_counted() {
    let home = Home::scratch().unwrap();
    home.pipeline("clip", CLIP).unwrap();
    let _daemon = Daemon::start(&home).unwrap();
    let wanted: SubmitRequest = request("clip", json!({ "prompt": "x" }));
    let id = submit(&home, &wanted).await.unwrap().id;
    wait_for_end(&home, &id).await.unwrap();
    let page = fetched(&home, "/metrics");
    for line in [
        "reel_workflows_created_total{pipeline=\"clip\",surface=\"workflow\"} 1",
        "reel_workflows_finished_total{pipeline=\"clip\",status=\"failed\"} 1",
        "reel_stage_failures_total{class=\"provider\",stage=\"one\"} 1",
        "reel_stage_failures_total{class=\"provider\",stage=\"two\"} 1",
        "reel_stage_seconds_count{pipeline=\"clip\",stage=\"one\"} 1",
        "reel_queue_wait_seconds_count 1",
        "reel_queue_length{status=\"queued\"} 0",
        "reel_errors_total{component=\"ERROR\"}",
        "# TYPE reel_webhook_attempts_total counter",
    ] {
        assert!(page.contains(&format!("\n{line}")), "{line}\n{page}");
    }
}

#[tokio::test]
async fn a_clip_that_is_not_there_is_told() {
    let home = Home::scratch().unwrap();
    let _daemon = Daemon::start(&home).unwrap();
    let reply = raw(
        &home,
        "GET",
        "/episodes/none/clips/one/clean/9x16",
        MINE,
        b"",
    )
    .unwrap();
    assert_eq!(
        (reply.status, &reply.body["error"]["code"]),
        (404, &json!("not_found"))
    );
    assert!(
        reply.head.contains("x-request-id: my-request"),
        "{}",
        reply.head
    );
}
