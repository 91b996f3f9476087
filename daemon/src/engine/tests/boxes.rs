//! More boxes than the engine's own: where stages may run, who is blocked for what, and a queue that an earlier version wrote.

use super::*;
use crate::domain::pick::{Place, place};
use crate::domain::pipeline::ErrorClass;
use crate::domain::workflow::Failure;
use crate::domain::{Value, evolve};
use crate::engine::boxes::{BoxOffer, BoxWord};

fn plan(text: &str) -> Arc<Pipeline> {
    Arc::new(crate::pipeline::parse("p", text, "test", &DEFAULTS).unwrap())
}

fn program(more: &str) -> Arc<Pipeline> {
    plan(&format!(
        "[[stages]]\nid = \"render\"\nrun = [\"true\"]\n{more}"
    ))
}

fn far() -> BoxWord {
    BoxWord::Here(BoxOffer {
        name: "far".into(),
        resources: [("cpu".into(), 2)].into(),
        labels: [("where".into(), "far".into())].into(),
        version: "1".into(),
        rests: None,
    })
}

fn failed() -> Outcome {
    Outcome::Failed {
        failure: Failure {
            class: ErrorClass::Config,
            code: "program_missing".into(),
            message: "no such program".into(),
            stage: None,
            hint: String::new(),
        },
    }
}

#[tokio::test]
async fn a_box_that_fails_at_a_kind_again_and_again_gets_none_of_it() {
    let dir = dir();
    let mut house = house(dir.path()).await;
    house.engine.box_word(far()).await.unwrap();
    let there = program("box = { where = \"far\" }\n");
    for id in ["w1", "w2", "w3"] {
        house.engine.submit(submit(id, &there)).await.unwrap();
        house.finish(failed()).await;
        house.done().await;
    }
    let facts = house.engine.boxes();
    let blocked: Vec<&str> = facts[1]
        .blocked
        .iter()
        .map(|(kind, _)| kind.as_str())
        .collect();
    assert_eq!((facts[1].name.as_str(), blocked), ("far", vec!["p/render"]));
    house.engine.submit(submit("w4", &there)).await.unwrap();
    assert!(house.orders.try_recv().is_err());
    let waits = house.engine.reader().workflow("w4").await;
    let waits = waits.unwrap().unwrap();
    let about = house.engine.insight_about(&[Arc::clone(&waits)]).await;
    let why = about.unwrap().of(&waits).waiting_for.unwrap();
    assert!(
        why.message.contains("`far` failed at `p/render`"),
        "{why:?}"
    );
    // Another kind of work is given to it all the same, and so is this one once its time is over.
    let other = plan("[[stages]]\nid = \"other\"\nrun = [\"true\"]\nbox = { where = \"far\" }\n");
    house.engine.submit(submit("w5", &other)).await.unwrap();
    assert_eq!(house.finish(completed()).await.workflow.id, "w5");
    house.clock.set(Timestamp(1_000_000 + 601_000));
    house.done().await;
    assert_eq!(house.finish(completed()).await.workflow.id, "w4");
}

#[tokio::test]
async fn a_coordinator_without_cpu_runs_what_no_other_box_can_and_nothing_else() {
    let dir = dir();
    let mut house = house_of(dir.path(), 0).await;
    house
        .engine
        .submit(submit("anywhere", &program("")))
        .await
        .unwrap();
    assert!(house.orders.try_recv().is_err());
    let own = plan("[[stages]]\nid = \"keep\"\nuses = \"store\"\n");
    house.engine.submit(submit("own", &own)).await.unwrap();
    assert_eq!(house.finish(completed()).await.workflow.id, "own");
    house.engine.box_word(far()).await.unwrap();
    assert_eq!(house.finish(completed()).await.workflow.id, "anywhere");
}

#[test]
fn what_was_given_a_file_stays_at_home_unless_its_stage_asks_for_a_box() {
    let with_file =
        "[params.footage]\ntype = \"file\"\n[[stages]]\nid = \"render\"\nrun = [\"true\"]\n";
    let of = |text: &str, file: Option<&str>| {
        let mut submit = submit("w", &plan(text));
        let given = file.map(|file| ("footage".to_owned(), Value::from(file)));
        submit.params.extend(given);
        place(&evolve::create(&submit, Timestamp(0)), 0)
    };
    assert_eq!(of(with_file, None), Place::Anywhere);
    assert_eq!(of(with_file, Some("/a.mp4")), Place::Home);
    let asks = format!("{with_file}box = {{ where = \"far\" }}\n");
    assert_eq!(of(&asks, Some("/a.mp4")), Place::Anywhere);
}

#[tokio::test]
async fn a_queue_that_an_earlier_version_wrote_goes_on() {
    let dir = dir();
    let first = house(dir.path()).await;
    first.engine.drain(None, true).await.unwrap();
    first
        .engine
        .submit(submit("w1", &program("")))
        .await
        .unwrap();
    first.engine.stop().await;
    drop(first);
    let database = rusqlite::Connection::open(dir.path().join("reel.db")).unwrap();
    let changed = database.execute_batch(
        "UPDATE ready SET signature = 'cpu=1||'; DELETE FROM meta WHERE key = 'ready_form'",
    );
    changed.unwrap();
    let mut second = house(dir.path()).await;
    second.engine.drain(None, false).await.unwrap();
    assert_eq!(second.finish(completed()).await.workflow.id, "w1");
    second.done().await;
    let left: u64 = database
        .query_row("SELECT count(*) FROM ready", [], |row| row.get(0))
        .unwrap();
    assert_eq!(left, 0);
}
