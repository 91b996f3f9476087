//! What a workflow cost is told at its end whichever way it ends, its failed attempts among it.

use crate::providers::{pipeline, settings, sound};
use reel_tests::{Asked, Daemon, Home, Reply, StandIn, act, request, submit, wait_for_end};
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

#[tokio::test]
async fn attempts_that_failed_are_part_of_the_cost() {
    let home = Home::scratch().unwrap();
    home.configure("[retry]\nfirst = \"10ms\"\n[retention]\nmin_free_disk = \"16MiB\"\n")
        .unwrap();
    let burn = "i=0; while [ $i -lt 400000 ]; do i=$((i+1)); done; exit 3";
    home.pipeline(
        "burning",
        &format!(
            "[[stages]]\nid = \"burn\"\nrun = [\"sh\", \"-c\", \"{burn}\"]\nretry = {{ times = 1, first = \"10ms\" }}\n"
        ),
    )
    .unwrap();
    let _daemon = Daemon::start(&home).unwrap();
    let made = submit(&home, &request("burning", json!({}))).await.unwrap();
    let ended = wait_for_end(&home, &made.id).await.unwrap();
    assert_eq!(ended.status, "failed");
    let cost = |view: &reel_shared::workflow::WorkflowView| {
        view.outputs["cost"]["cpuSeconds"].as_f64().unwrap()
    };
    let first = cost(&ended);
    assert!(first >= 0.2, "two attempts: {first}");
    act(&home, &made.id, "retry", json!({})).await.unwrap();
    let again = wait_for_end(&home, &made.id).await.unwrap();
    assert_eq!((again.status.as_str(), again.attempt), ("failed", 2));
    assert!(cost(&again) > first, "a retry forgets nothing");
}

#[tokio::test]
async fn what_a_service_was_paid_before_a_failure_is_told() {
    let home = Home::scratch().unwrap();
    let (sound, broken) = (sound(&home), Arc::new(AtomicBool::new(true)));
    let is_broken = Arc::clone(&broken);
    let service = StandIn::start(move |asked: &Asked| {
        let second = asked.json()["input"] == json!("It is never still.");
        if second && is_broken.load(Ordering::SeqCst) {
            return Reply::json(400, &json!({"error": {"message": "not this one"}}));
        }
        Reply::new(200, sound.clone())
    })
    .await
    .unwrap();
    home.configure(&settings(
        service.url(),
        "[providers]\nspeech = \"openai\"\n",
    ))
    .unwrap();
    pipeline(&home, "saying", &["tts"]);
    let _daemon = Daemon::start(&home).unwrap();
    let params = json!({"prompt": "The sea is deep. It is never still."});
    let made = submit(&home, &request("saying", params)).await.unwrap();
    let ended = wait_for_end(&home, &made.id).await.unwrap();
    assert_eq!(ended.status, "failed");
    assert_eq!(ended.outputs["cost"]["units"]["openai"], json!(16));
    broken.store(false, Ordering::SeqCst);
    act(&home, &made.id, "retry", json!({})).await.unwrap();
    let ended = wait_for_end(&home, &made.id).await.unwrap();
    assert_eq!(ended.status, "completed", "{:?}", ended.error);
    assert_eq!(
        ended.outputs["cost"]["units"]["openai"],
        json!(34),
        "each sentence once"
    );
}
