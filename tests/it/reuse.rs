//! What a stage made once is taken from the cache the next time, by any workflow and after a restart; a speech is not paid
//! for twice. So is what a program made whose stage says `cache = true`.

use crate::accounts::fetched;
use crate::providers::{count, pipeline, settings, sound};
use reel_shared::workflow::WorkflowView;
use reel_tests::{Asked, Daemon, Home, Reply, StandIn, reel, request, submit, wait_for_end};
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

/// A stage that writes a word, one that counts its letters and may be reused, one that shows what was counted.
fn counting(home: &Home) {
    let root = home.root().display().to_string();
    let script = format!(
        "echo ran >> {root}/runs; mkdir -p out; wc -c < in.txt > out/sum.txt; echo place=$PWD/out/sum.txt > $REEL_OUTPUT\n"
    );
    std::fs::write(home.root().join("count.sh"), script).unwrap();
    let text = format!(
        r#"
[params.word]
type = "string"
required = true
[[stages]]
id = "write"
run = ["/bin/sh", "-c", "echo $1 > in.txt", "sh", "${{params.word}}"]
outputs = ["in.txt"]
[[stages]]
id = "count"
run = ["/bin/sh", "{root}/count.sh"]
outputs = ["out/sum.txt"]
cache = true
[[stages]]
id = "show"
run = ["/bin/sh", "-c", "cp $1 {root}/shown-$REEL_WORKFLOW_ID", "sh", "${{stages.count.outputs.place}}"]
"#
    );
    home.pipeline("counting", &text).unwrap();
}

/// Whether the word's letters were taken from the cache, and how often they were counted so far.
async fn counted(home: &Home, word: &str) -> (bool, usize) {
    let made = submit(home, &request("counting", json!({ "word": word })))
        .await
        .unwrap();
    let ended = wait_for_end(home, &made.id).await.unwrap();
    assert_eq!(ended.status, "completed", "{:?}", ended.error);
    let shown = home.root().join(format!("shown-{}", made.id));
    let shown = std::fs::read_to_string(shown).unwrap();
    assert_eq!(shown.trim(), (word.len() + 1).to_string());
    let outputs = &ended.stages["count"]["outputs"];
    let place = outputs["place"].as_str().unwrap();
    assert!(place.contains(&format!("/{}/", made.id)), "{place}");
    let runs = std::fs::read_to_string(home.root().join("runs")).unwrap();
    let reused = outputs["reused"] == json!(true);
    let logs = reel(home, &["logs", &made.id, "--stage", "count"]).unwrap();
    assert_eq!(logs.stdout.contains("reused: "), reused, "{}", logs.stdout);
    (reused, runs.lines().count())
}

#[tokio::test]
async fn a_program_that_may_be_reused_runs_once_for_the_same_inputs() {
    let home = Home::scratch().unwrap();
    counting(&home);
    let daemon = Daemon::start(&home).unwrap();
    assert_eq!(counted(&home, "one").await, (false, 1));
    daemon.kill().unwrap();
    let daemon = Daemon::start(&home).unwrap();
    assert_eq!(counted(&home, "one").await, (true, 1));
    assert_eq!(counted(&home, "three").await, (false, 2), "another input");
    assert_eq!(counted(&home, "three").await, (true, 2));
    let script = home.root().join("count.sh");
    let text = std::fs::read_to_string(&script).unwrap();
    std::fs::write(&script, format!("{text}# changed\n")).unwrap();
    assert_eq!(counted(&home, "one").await, (false, 3), "another script");
    daemon.terminate().unwrap();
    home.configure("[cache]\nmax = \"0\"\n").unwrap();
    let _daemon = Daemon::start(&home).unwrap();
    assert_eq!(counted(&home, "one").await, (false, 4), "nothing is kept");
}
