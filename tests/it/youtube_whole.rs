//! A video from its prompt to two YouTube channels: with its picture and its captions, told to whoever listens, once each.

use reel_tests::{
    Asked, Daemon, Fault, Home, Reply, StandIn, YouTube, act, raw, request, submit, wait_for_end,
    wait_for_status,
};
use serde_json::{Value, json};

async fn start(more: &str) -> (Home, YouTube, StandIn, Daemon) {
    let (home, youtube) = (Home::scratch().unwrap(), YouTube::start().await.unwrap());
    let listener = StandIn::start(|_: &Asked| Reply::new(200, ""))
        .await
        .unwrap();
    home.configure(&format!(
        "[retry]\nfirst = \"100ms\"\n[retention]\nmin_free_disk = \"16MiB\"\n\
         [webhooks]\nallow_http = true\nallow_private = true\n{}",
        youtube.settings(more, &["one", "two"])
    ))
    .unwrap();
    let daemon = Daemon::start(&home).unwrap();
    let endpoint = json!({"url": listener.url(), "events": ["youtube.uploaded", "youtube.failed"], "secret": "a-long-enough-secret"});
    let body = endpoint.to_string();
    let headers = "Content-Type: application/json";
    let made = raw(
        &home,
        "POST",
        "/api/webhooks/register",
        headers,
        body.as_bytes(),
    )
    .unwrap();
    assert_eq!(made.status, 201, "{}", made.body);
    (home, youtube, listener, daemon)
}

fn video() -> Value {
    json!({"prompt": "The tide turns.", "title": "Tide", "description": "Of the sea", "tags": ["sea"],
        "channels": ["one", "two"], "privacy": "private", "madeForKids": true,
        "publishAt": "2030-01-01T00:00:00Z", "quality_levels": ["720p"]})
}

fn told(listener: &StandIn) -> Vec<(String, String)> {
    let bodies = listener.asked().into_iter().map(|one| one.json());
    let mut told: Vec<(String, String)> = bodies
        .map(|body| {
            let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            (word(&body["eventType"]), word(&body["data"]["channelName"]))
        })
        .collect();
    told.sort();
    told
}

fn pair(event: &str, channel: &str) -> (String, String) {
    (event.to_owned(), channel.to_owned())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_channel_fails_and_the_other_has_it_dressed_and_the_first_after_a_retry() {
    let (home, youtube, listener, _daemon) = start("").await;
    youtube.fails(&[Fault::Consent]);
    let made = submit(&home, &request("video", video())).await.unwrap();
    let ended = wait_for_end(&home, &made.id).await.unwrap();
    assert_eq!(ended.status, "failed");
    listener.until_asked(2).await.unwrap();
    let first = [
        pair("youtube.failed", "one"),
        pair("youtube.uploaded", "two"),
    ];
    assert_eq!(told(&listener), first);
    act(&home, &made.id, "retry", json!({})).await.unwrap();
    wait_for_status(&home, &made.id, "completed").await.unwrap();
    listener.until_asked(3).await.unwrap();
    let mut all = [&first[..], &[pair("youtube.uploaded", "one")]].concat();
    all.sort();
    assert_eq!(told(&listener), all, "no news twice");

    let uploaded = youtube.uploaded();
    let mut by: Vec<&str> = uploaded.iter().map(|one| one.by.as_str()).collect();
    by.sort_unstable();
    assert_eq!(by, ["one", "two"], "once each");
    let film = std::fs::read(ended.outputs["videoPath"].as_str().unwrap()).unwrap();
    for one in &uploaded {
        assert!(one.bytes == film, "the whole video");
        assert_eq!(
            one.about["status"],
            json!({"privacyStatus": "private", "publishAt": "2030-01-01T00:00:00Z", "selfDeclaredMadeForKids": true, "containsSyntheticMedia": true})
        );
        assert_eq!(one.about["snippet"]["title"], "Tide");
    }
    let mut ids: Vec<&str> = uploaded.iter().map(|one| one.id.as_str()).collect();
    ids.sort_unstable();
    let (mut pictures, mut captions) = youtube.dressed();
    pictures.sort();
    captions.sort();
    assert_eq!(pictures, ids, "one picture each");
    assert_eq!(captions, ids, "captions once each");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_quota_that_the_server_says_is_spent_parks_the_project_until_midnight_there() {
    let (home, youtube, listener, _daemon) = start("").await;
    youtube.fails(&[Fault::Quota]);
    let made = submit(&home, &request("video", video())).await.unwrap();
    let waiting = wait_for_status(&home, &made.id, "waiting").await.unwrap();
    let waits = waiting.waiting_for.unwrap();
    assert_eq!(waits.kind, "quota", "{}", waits.message);
    let stats: Value = home.client().get("/api/stats").await.unwrap();
    let quota = &stats["quota"];
    assert_eq!(quota["projects"][0]["usedUp"], json!(true), "{quota}");
    // To the second: both are the next midnight of the service's own time.
    let until = waits.until.unwrap().to_string();
    let (until, resets) = (&until[..16], quota["resetsAt"].as_str().unwrap());
    assert_eq!(until, &resets[..16], "{quota}");
    assert!(youtube.uploaded().is_empty(), "nothing was sent");
    assert!(listener.asked().is_empty(), "a wait is no failure");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_behind_the_upload_it_gets_its_captions_all_the_same() {
    let (home, youtube, _listener, daemon) = start("").await;
    let made = submit(&home, &request("video", video())).await.unwrap();
    let mut count = 1;
    loop {
        let asked = youtube.server().until_asked(count).await.unwrap();
        if asked.iter().any(|one| one.path.contains("thumbnails/set")) {
            break;
        }
        count = asked.len() + 1;
    }
    daemon.kill().unwrap();
    let _daemon = Daemon::start(&home).unwrap();
    let ended = wait_for_end(&home, &made.id).await.unwrap();
    assert_eq!(ended.status, "completed", "{:?}", ended.error);
    let (pictures, captions) = youtube.dressed();
    let uploaded = youtube.uploaded();
    assert_eq!(uploaded.len(), 2, "once each");
    for one in &uploaded {
        assert!(pictures.contains(&one.id) && captions.contains(&one.id));
    }
}
