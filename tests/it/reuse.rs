//! What a stage made once is taken from the cache the next time, by any workflow and after a restart; a speech is not paid
//! for twice.

use crate::accounts::fetched;
use crate::providers::{count, pipeline, settings, sound};
use reel_shared::workflow::WorkflowView;
use reel_tests::{Asked, Daemon, Home, Reply, StandIn, request, submit, wait_for_end};
use serde_json::{Value, json};

async fn say(home: &Home, text: &str) -> WorkflowView {
    let made = submit(home, &request("saying", json!({ "prompt": text })))
        .await
        .unwrap();
    let ended = wait_for_end(home, &made.id).await.unwrap();
    assert_eq!(ended.status, "completed", "{:?}", ended.error);
    ended
}

fn units(ended: &WorkflowView) -> &Value {
    let cost = ended.outputs.get("cost").unwrap_or(&Value::Null);
    &cost["units"]["openai"]
}

#[tokio::test]
async fn a_speech_that_was_paid_for_is_not_paid_for_again() {
    let home = Home::scratch().unwrap();
    let sound = sound(&home);
    let service = StandIn::start(move |asked: &Asked| match asked.path.as_str() {
        "/v1/audio/speech" => Reply::new(200, sound.clone()),
        _ => Reply::new(404, ""),
    })
    .await
    .unwrap();
    home.configure(&settings(
        service.url(),
        "[providers]\nspeech = \"openai\"\n",
    ))
    .unwrap();
    pipeline(&home, "saying", &["tts"]);
    let daemon = Daemon::start(&home).unwrap();
    let first = say(&home, "The sea is deep. It is never still.").await;
    let asked = || count(&service, "/v1/audio/speech");
    assert_eq!((asked(), units(&first)), (2, &json!(34)));
    assert_eq!(first.stages["tts"]["outputs"]["reused"], Value::Null);
    daemon.kill().unwrap();
    let daemon = Daemon::start(&home).unwrap();
    let again = say(&home, "The sea is deep. It is never still.").await;
    assert_eq!(
        (asked(), units(&again)),
        (2, &Value::Null),
        "taken from the cache"
    );
    assert_eq!(again.stages["tts"]["outputs"]["reused"], json!(true));
    let changed = say(&home, "The sea is deep. It is never loud.").await;
    assert_eq!(
        (asked(), units(&changed)),
        (3, &json!(17)),
        "one sentence is new"
    );
    let page = fetched(&home, "/metrics");
    assert!(
        page.contains("reel_cache_lookups_total{result=\"hit\"} 2"),
        "{page}"
    );
    daemon.terminate().unwrap();
    // With the cache off everything is made anew.
    let off = "[providers]\nspeech = \"openai\"\n[cache]\nmax = \"0\"\n";
    home.configure(&settings(service.url(), off)).unwrap();
    let _daemon = Daemon::start(&home).unwrap();
    say(&home, "The sea is deep. It is never still.").await;
    assert_eq!(asked(), 5);
}
