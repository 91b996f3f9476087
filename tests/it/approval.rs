//! A video that waits for somebody's look before it is published: the thumbnails are shown, a no ends it, a yes lets it out.

use reel_tests::{Daemon, Home, act, request, submit, wait_for, wait_for_end};
use serde_json::{Value, json};
use std::path::Path;

fn published(home: &Home) -> usize {
    std::fs::read_dir(home.data().join("media/channels/main"))
        .map(Iterator::count)
        .unwrap_or(0)
}

#[tokio::test]
async fn a_video_goes_out_only_behind_a_yes() {
    let home = Home::scratch().unwrap();
    home.configure(
        "[retention]\nmin_free_disk = \"16MiB\"\n[youtube]\napprove = true\n[youtube.channels.main]\nclient_id = \"x\"\n",
    )
    .unwrap();
    let _daemon = Daemon::start(&home).unwrap();
    let params = json!({"prompt": "One.", "channels": ["main"], "quality_levels": ["720p"]});
    let made = submit(&home, &request("video", params.clone()))
        .await
        .unwrap();
    let asks = wait_for(&home, &made.id, |view| !view.gates.is_empty())
        .await
        .unwrap();
    assert_eq!(asks.status, "waiting");
    assert_eq!(asks.gates[0].stage.as_deref(), Some("approving"));
    let question = &asks.gates[0].questions[0].question;
    let shown: Vec<&str> = question
        .split_whitespace()
        .filter(|word| word.ends_with(".jpg"))
        .collect();
    assert_eq!(shown.len(), 4, "{question}");
    assert!(shown.iter().all(|path| Path::new(path).is_file()));
    assert_eq!(published(&home), 0);
    act(&home, &made.id, "confirm", json!({"confirmed": false}))
        .await
        .unwrap();
    let ended = wait_for_end(&home, &made.id).await.unwrap();
    let error = ended.error.unwrap();
    assert_eq!(
        (
            ended.status.as_str(),
            error.class.as_str(),
            error.stage.as_deref()
        ),
        ("failed", "rejected", Some("approving"))
    );
    assert_eq!(published(&home), 0);
    // Asked again, and let out.
    act(&home, &made.id, "retry", json!({})).await.unwrap();
    wait_for(&home, &made.id, |view| !view.gates.is_empty())
        .await
        .unwrap();
    act(&home, &made.id, "confirm", json!({"confirmed": true}))
        .await
        .unwrap();
    let ended = wait_for_end(&home, &made.id).await.unwrap();
    assert_eq!(ended.status, "completed", "{:?}", ended.error);
    assert!(published(&home) > 0);
    assert!(ended.stages["approving"]["outputs"]["approvedBy"].is_string());
    // Whoever asks for it may say that nobody needs to look.
    let mut params = params;
    params["approve"] = Value::Bool(false);
    let made = submit(&home, &request("video", params)).await.unwrap();
    let ended = wait_for_end(&home, &made.id).await.unwrap();
    assert_eq!(ended.status, "completed", "{:?}", ended.error);
    assert_eq!(ended.stages["approving"]["status"], "skipped");
}
