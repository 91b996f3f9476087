//! Videos that are made elsewhere: asked for once, waited for, fetched byte for byte, told to their user.

use hmac::{Hmac, KeyInit as _, Mac as _};
use reel_shared::workflow::WorkflowView;
use reel_tests::{
    Asked, Daemon, Home, RawReply, Reply, StandIn, act, raw, request, submit, wait_for_end,
    wait_for_status,
};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use std::path::Path;

const SECRET: &str = "maker-secret";
const INBOUND: &str = "n8n-secret";

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn sign(secret: &str, body: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(body);
    format!("sha256={}", hex(&mac.finalize().into_bytes()))
}

fn settings(maker: &str, timeout: &str) -> String {
    format!(
        "[external.create]\nurl = \"{maker}/make\"\nsecret = \"{SECRET}\"\ntimeout = \"{timeout}\"\n\
         [inbound]\nsecrets = {{ n8n = \"{INBOUND}\" }}\n\
         [retention]\nmin_free_disk = \"16MiB\"\n"
    )
}

/// A real video, small.
fn film(folder: &Path) -> Vec<u8> {
    let path = folder.join("film.mp4");
    let source = "testsrc2=size=320x180:rate=10:duration=2";
    let made = std::process::Command::new("ffmpeg")
        .args([
            "-v", "error", "-y", "-f", "lavfi", "-i", source, "-pix_fmt", "yuv420p",
        ])
        .arg(&path)
        .status();
    assert!(made.unwrap().success());
    std::fs::read(path).unwrap()
}

/// A maker that takes every request as `exec_1` and has a film to fetch, of which the first connection breaks off.
async fn maker(film: Vec<u8>) -> StandIn {
    let cut = std::sync::atomic::AtomicBool::new(true);
    StandIn::start(move |asked: &Asked| match asked.path.as_str() {
        "/make" => Reply::json(200, &json!({ "executionId": "exec_1" })),
        "/film.mp4" => {
            let from: usize = asked
                .header("range")
                .and_then(|text| {
                    text.trim_start_matches("bytes=")
                        .trim_end_matches('-')
                        .parse()
                        .ok()
                })
                .unwrap_or(0);
            let first = cut.swap(false, std::sync::atomic::Ordering::SeqCst);
            let range = format!("bytes {from}-{}/{}", film.len() - 1, film.len());
            Reply {
                cut: first.then_some(film.len() / 2),
                ..Reply::new(if from > 0 { 206 } else { 200 }, &film[from..])
            }
            .with("etag", "\"film\"")
            .with("content-range", range)
        }
        _ => Reply::new(404, ""),
    })
    .await
    .unwrap()
}

fn call(home: &Home, route: &str, body: &Value) -> RawReply {
    let body = body.to_string().into_bytes();
    let headers = format!(
        "Content-Type: application/json\r\nX-Webhook-Signature: {}",
        sign(INBOUND, &body)
    );
    raw(
        home,
        "POST",
        &format!("/api/webhook/{route}"),
        &headers,
        &body,
    )
    .unwrap()
}

async fn ask(home: &Home) -> WorkflowView {
    let params = json!({ "prompt": "A house", "name": "Anna", "videoTopic": "homes", "email": "a@b.co", "title": "First home" });
    submit(home, &request("avatar", params)).await.unwrap()
}

fn makes(maker: &StandIn) -> Vec<Asked> {
    let asked = maker.asked();
    asked
        .into_iter()
        .filter(|asked| asked.path == "/make")
        .collect()
}

#[tokio::test]
async fn a_maker_is_asked_calls_back_and_its_file_is_kept_byte_for_byte() {
    let home = Home::scratch().unwrap();
    let film = film(home.root());
    let maker = maker(film.clone()).await;
    home.configure(&settings(maker.url(), "1h")).unwrap();
    let _daemon = Daemon::start(&home).unwrap();
    let made = ask(&home).await;
    let waiting = wait_for_status(&home, &made.id, "waiting").await.unwrap();
    assert_eq!(waiting.execution_id.as_deref(), Some("exec_1"));
    assert_eq!(waiting.waiting_for.unwrap().kind, "callback");
    let asked = makes(&maker).remove(0);
    assert_eq!(
        asked.header("x-webhook-signature"),
        Some(sign(SECRET, &asked.body).as_str())
    );
    let body = asked.json();
    assert_eq!(
        (&body["videoId"], &body["prompt"], &body["service"]),
        (&json!(made.id), &json!("A house"), &Value::Null)
    );
    assert_eq!(body["userId"], json!(made.user_id));
    for (name, route) in [
        ("callbackUrl", "video-complete"),
        ("errorUrl", "workflow-error"),
    ] {
        let url = body[name].as_str().unwrap();
        assert!(
            url.starts_with("http://127.0.0.1:") && url.ends_with(route),
            "{url}"
        );
    }
    let done = json!({ "executionId": "exec_1", "status": "ready", "videoUrl": format!("{}/film.mp4?key=1", maker.url()), "metadata": { "size": film.len() } });
    let elsewhere = json!({ "executionId": "exec_1", "status": "ready", "videoUrl": "http://127.0.0.1:1/film.mp4" });
    let refused = call(&home, "video-complete", &elsewhere);
    assert_eq!(refused.status, 422, "{}", refused.body);
    let done = json!({ "executionId": "exec_1", "status": "ready", "videoUrl": done["videoUrl"].as_str().unwrap().replace("?key=1", "") });
    let first = call(&home, "video-complete", &done);
    assert_eq!(
        (first.status, &first.body["data"]["duplicate"]),
        (200, &json!(false))
    );
    let again = call(&home, "video-complete", &done);
    assert_eq!(again.body, first.body, "the first answer again");
    let ended = wait_for_end(&home, &made.id).await.unwrap();
    assert_eq!(ended.status, "completed", "{:?}", ended.error);
    let path = ended.outputs["videoPath"].as_str().unwrap();
    assert_eq!(
        Sha256::digest(std::fs::read(path).unwrap()),
        Sha256::digest(&film)
    );
    assert_eq!(ended.outputs["fileSize"], json!(film.len()));
    assert_eq!(ended.outputs["thumbnails"].as_array().unwrap().len(), 4);
    let late = call(
        &home,
        "workflow-error",
        &json!({ "executionId": "exec_1", "errorMessage": "late" }),
    );
    assert_eq!(
        (late.status, &late.body["data"]["duplicate"]),
        (200, &json!(true))
    );
    assert_eq!(makes(&maker).len(), 1);
}

#[tokio::test]
async fn a_failure_that_the_maker_tells_is_final() {
    let home = Home::scratch().unwrap();
    let maker = maker(Vec::new()).await;
    home.configure(&settings(maker.url(), "1h")).unwrap();
    let _daemon = Daemon::start(&home).unwrap();
    let made = ask(&home).await;
    wait_for_status(&home, &made.id, "waiting").await.unwrap();
    let told = call(
        &home,
        "workflow-error",
        &json!({ "executionId": "exec_1", "errorMessage": "Avatar generation failed" }),
    );
    assert_eq!(
        (told.status, &told.body["data"]["status"]),
        (200, &json!("failed"))
    );
    let ended = wait_for_end(&home, &made.id).await.unwrap();
    let error = ended.error.unwrap();
    assert_eq!(
        (error.class.as_str(), error.message.as_str()),
        ("rejected", "Avatar generation failed")
    );
    let unknown = call(
        &home,
        "workflow-error",
        &json!({ "executionId": "exec_2", "errorMessage": "x" }),
    );
    assert_eq!(unknown.status, 404);
}

#[tokio::test]
async fn a_maker_that_never_calls_is_asked_again_by_hand_alone() {
    let home = Home::scratch().unwrap();
    let maker = maker(Vec::new()).await;
    home.configure(&settings(maker.url(), "1s")).unwrap();
    let _daemon = Daemon::start(&home).unwrap();
    let made = ask(&home).await;
    let ended = wait_for_end(&home, &made.id).await.unwrap();
    assert_eq!(
        (ended.status.as_str(), ended.error.unwrap().class.as_str()),
        ("failed", "timeout")
    );
    assert_eq!(makes(&maker).len(), 1);
    act(&home, &made.id, "retry", json!({})).await.unwrap();
    let asked = maker.until_asked(2).await.unwrap();
    assert_ne!(asked[0].header("webhook-id"), asked[1].header("webhook-id"));
    wait_for_status(&home, &made.id, "waiting").await.unwrap();
}

#[tokio::test]
async fn the_avatars_gender_chooses_the_voice_and_none_is_no_error() {
    let home = Home::scratch().unwrap();
    let maker = maker(Vec::new()).await;
    home.configure(&settings(maker.url(), "1h").replace("external.create", "external.generate"))
        .unwrap();
    let people = "[[avatars]]\navatar_id = \"anna\"\nname = \"Anna\"\ngender = \"female\"\n\
                  [[avatars]]\navatar_id = \"robot\"\nname = \"Robot\"\n\
                  [[voices]]\nvoice_id = \"v0\"\nname = \"Tom\"\ngender = \"male\"\n\
                  [[voices]]\nvoice_id = \"v1\"\nname = \"Emma\"\ngender = \"female\"\n\
                  [[voices]]\nvoice_id = \"v2\"\nname = \"Eve\"\ngender = \"female\"\n";
    std::fs::write(home.config().with_file_name("catalog.toml"), people).unwrap();
    let _daemon = Daemon::start(&home).unwrap();
    for (count, (avatar, voice)) in [
        ("anna", json!("v1")),
        ("robot", Value::Null),
        ("nobody", Value::Null),
    ]
    .into_iter()
    .enumerate()
    {
        let body = json!({ "hook": "Look!", "body": "A house.", "conclusion": "Call.", "avatar_title": avatar,
            "title": "First home", "email": "a@b.co" });
        let headers = "Content-Type: application/json";
        let sent = body.to_string().into_bytes();
        let made = raw(&home, "POST", "/api/video/generate-video", headers, &sent).unwrap();
        assert_eq!(made.status, 202, "{avatar}: {made:?}");
        let asked = maker.until_asked(count + 1).await.unwrap();
        assert_eq!(asked[count].json()["voice_id"], voice, "{avatar}");
    }
}

#[tokio::test]
async fn killed_while_it_asks_it_does_not_ask_twice() {
    let home = Home::scratch().unwrap();
    let film = film(home.root());
    let served = film.clone();
    let maker = StandIn::start(move |asked: &Asked| match asked.path.as_str() {
        "/make" => Reply::held(),
        _ => Reply::new(200, served.clone()),
    })
    .await
    .unwrap();
    home.configure(&settings(maker.url(), "1h")).unwrap();
    let daemon = Daemon::start(&home).unwrap();
    let made = ask(&home).await;
    maker.until_asked(1).await.unwrap();
    daemon.kill().unwrap();
    let daemon = Daemon::start(&home).unwrap();
    wait_for_status(&home, &made.id, "waiting").await.unwrap();
    daemon.kill().unwrap();
    let _daemon = Daemon::start(&home).unwrap();
    let done = json!({ "videoId": made.id, "status": "ready", "videoUrl": format!("{}/film.mp4", maker.url()) });
    assert_eq!(call(&home, "video-complete", &done).status, 200);
    let ended = wait_for_end(&home, &made.id).await.unwrap();
    assert_eq!(ended.status, "completed", "{:?}", ended.error);
    assert_eq!(makes(&maker).len(), 1, "it may have been paid");
}

#[tokio::test]
async fn a_page_is_no_video_and_a_private_address_is_none_to_fetch() {
    let home = Home::scratch().unwrap();
    let page = StandIn::start(|_: &Asked| Reply::new(200, "<!doctype html><html>no</html>"))
        .await
        .unwrap();
    home.configure("[webhooks]\nallow_http = true\nallow_private = [\"127.0.0.0/8\"]\n")
        .unwrap();
    let _daemon = Daemon::start(&home).unwrap();
    let fetch = async |url: String| {
        let made = submit(
            &home,
            &request("download-video", json!({ "videoUrl": url })),
        )
        .await
        .unwrap();
        wait_for_end(&home, &made.id).await.unwrap().error.unwrap()
    };
    let error = fetch(format!("{}/watch", page.url())).await;
    assert_eq!(
        (error.class.as_str(), error.code.as_str()),
        ("input", "not_a_video")
    );
    let error = fetch("http://10.1.2.3/v.mp4".to_owned()).await;
    assert_eq!(error.class, "input", "{}", error.message);
    assert!(error.hint.contains("allow_private"), "{}", error.hint);
}
