//! The same faults for those that keep what was made: a store in the field and YouTube. One that passes costs a try or less, and
//! nothing is there twice.

use crate::storage::{Scene, storing};
use crate::youtube;
use reel_tests::{Daemon, Fault, Health, wait_for_end};
use serde_json::json;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_that_is_unwell_for_a_moment_costs_one_try() {
    for padding in [0, 26 << 20] {
        let scene = Scene::new(padding, "secret").await;
        let _daemon = Daemon::start(&scene.home).unwrap();
        let mut faults: Vec<Health> = [500, 503, 429, 403].map(Health::Says).to_vec();
        if padding > 0 {
            faults.push(Health::Breaks(2));
        }
        for fault in faults {
            scene.store.becomes(fault);
            let made = scene.submit().await;
            let ended = wait_for_end(&scene.home, &made.id).await.unwrap();
            let words = format!("{padding} {fault:?}: {:?}", ended.error);
            assert_eq!(ended.status, "completed", "{words}");
            assert_eq!(ended.outputs["storage"], "s3", "{words}");
            assert!(scene.store.is_well(), "{words}: the fault came");
            let result = &storing(&ended)["s3_upload_results"][0];
            assert_eq!(result["retry_count"], json!(1), "{words}");
            let key = result["s3_key"].as_str().unwrap();
            let stored = std::fs::read(scene.store.object(key)).unwrap();
            assert!(stored == scene.film, "{words}: another file");
            assert_eq!(scene.store.left_over(), 0, "{words}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn youtube_unwell_for_a_moment_gets_each_video_once() {
    let scene = youtube::Scene::new("").await;
    let _daemon = Daemon::start(&scene.home).unwrap();
    let mut before = Vec::new();
    for fault in [Fault::Token, Fault::Short, Fault::Ill, Fault::Gone] {
        scene.youtube.fails(&[fault]);
        let made = scene.publish(&["one"]).await;
        let ended = wait_for_end(&scene.home, &made.id).await.unwrap();
        assert_eq!(ended.status, "completed", "{fault:?}: {:?}", ended.error);
        assert!(scene.youtube.is_well(), "{fault:?}: the fault came");
        before.push("one");
        scene.each_once(&before);
    }
}
