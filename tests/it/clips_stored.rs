//! Clips go into the store like videos do: under their keys, kept here while it is away, by a link where the file is gone.

use crate::episodes::{recogniser, record};
use reel_tests::{Daemon, Health, Home, S3, raw, reel, request, submit, wait_for, wait_for_end};
use serde_json::json;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn clips_are_stored_and_what_the_store_did_not_take_later() {
    let (home, store) = (Home::scratch().unwrap(), S3::start().await.unwrap());
    let folder = home.data().join("episodes");
    std::fs::create_dir_all(&folder).unwrap();
    record(&folder.join("Old Bridge.mp4"));
    home.configure(&format!(
        "[retry]\nfirst = \"100ms\"\n[retention]\nmin_free_disk = \"16MiB\"\n{}{}",
        recogniser(&home),
        store.settings("secret")
    ))
    .unwrap();
    let _daemon = Daemon::start(&home).unwrap();
    let params = json!({"episode_id": "old-bridge", "target_stage": "enriched"});
    let made = submit(&home, &request("episode", params)).await.unwrap();
    let ended = wait_for_end(&home, &made.id).await.unwrap();
    assert_eq!(ended.status, "completed", "{:?}", ended.error);

    store.becomes(Health::Down);
    let params = json!({"episode_id": "old-bridge", "aspect_ratios": ["1x1"]});
    let made = submit(&home, &request("clips", params)).await.unwrap();
    let ended = wait_for_end(&home, &made.id).await.unwrap();
    assert_eq!(ended.status, "completed", "{:?}", ended.error);
    assert_eq!(
        (&ended.outputs["storage"], &ended.outputs["degraded"]),
        (&json!("local"), &json!(true))
    );
    store.becomes(Health::Well);
    let done = reel(&home, &["store", "retry"]).unwrap();
    assert_eq!(done.code, Some(0), "{}", done.stderr);
    let now = wait_for(&home, &made.id, |view| view.outputs["storage"] == "s3")
        .await
        .unwrap();
    let renders = now.outputs["renders"].as_array().unwrap().clone();
    let mut told: Vec<&str> = renders
        .iter()
        .filter_map(|render| render["s3_key"].as_str())
        .collect();
    told.sort_unstable();
    assert_eq!(store.keys(), told, "one object a key, and nothing else");
    let place = format!("reel/clips/old-bridge/{}/", made.id);
    assert!(
        told.len() == 2 && told.iter().all(|key| key.starts_with(&place)),
        "{told:?}"
    );

    // The link that is told leads to the store where the file is no longer here.
    let path = renders[0]["path"].as_str().unwrap();
    let bytes = std::fs::read(path).unwrap();
    std::fs::remove_file(path).unwrap();
    let clips = raw(&home, "GET", "/episodes/old-bridge/clips", "", b"").unwrap();
    let shown = &clips.body["clips"][0]["renders"];
    let render = shown
        .as_array()
        .unwrap()
        .iter()
        .find(|render| render["variant"] == renders[0]["variant"])
        .unwrap();
    let link = render["url"].as_str().unwrap();
    let way = &link[link.find("/episodes/").unwrap()..];
    let answer = raw(&home, "GET", way, "", b"").unwrap();
    assert!((301..400).contains(&answer.status), "{}", answer.head);
    let key = renders[0]["s3_key"].as_str().unwrap();
    assert_eq!(std::fs::read(store.object(key)).unwrap(), bytes);
    assert!(
        answer.head.contains(&key.to_lowercase()) && answer.head.contains("x-amz-signature"),
        "{}",
        answer.head
    );

    let gone = reel(&home, &["rm", &made.id]).unwrap();
    assert_eq!(gone.code, Some(0), "{}", gone.stderr);
    for _ in 0..2 {
        store
            .until_asked(|asked| asked.starts_with("DELETE "))
            .await
            .unwrap();
    }
}
