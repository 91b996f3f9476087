//! The engine by its public face: real database, a runner that does what the test says.
//! Lines: the courses share one house and one runner, and are read together.

mod boxes;

use super::ports::{AttemptKey, Order, Reports, StageRunner};
use super::{Engine, EngineError, Node};
use crate::clock::ManualClock;
use crate::domain::command::Outcome;
use crate::domain::workflow::Status;
use crate::domain::{Command, Pipeline, Refusal, Submit, Timestamp, Values, Workflow};
use crate::store::Store;
use std::path::Path;
use std::sync::{Arc, Mutex};
use tempfile::TempDir;
use tokio::sync::mpsc;

const TWO: &str = r#"
description = "two stages"
[[stages]]
id = "first"
run = ["true"]
[[stages]]
id = "second"
run = ["true"]
"#;

const DEFAULTS: crate::pipeline::Defaults = crate::pipeline::Defaults {
    retry: crate::domain::pipeline::RetryPolicy {
        times: 3,
        first: std::time::Duration::from_secs(5),
        max: std::time::Duration::from_secs(600),
    },
};

fn pipeline() -> Arc<Pipeline> {
    Arc::new(crate::pipeline::parse("two", TWO, "test", &DEFAULTS).unwrap())
}

struct Fake {
    orders: mpsc::Sender<Order>,
    cancels: Mutex<Vec<AttemptKey>>,
}

impl StageRunner for Fake {
    fn start(&self, orders: Vec<Order>) {
        for order in orders {
            self.orders.try_send(order).unwrap();
        }
    }
    fn cancel(&self, key: AttemptKey) {
        self.cancels.lock().unwrap().push(key);
    }
    fn adopt(&self, orders: Vec<Order>) {
        self.start(orders);
    }
    fn clean_up(&self, _: Arc<Workflow>, _: bool) {}
}

struct House {
    engine: Engine,
    orders: mpsc::Receiver<Order>,
    runner: Arc<Fake>,
    clock: Arc<ManualClock>,
}

fn store(dir: &Path) -> Store {
    let parse = |name: &str, origin: &str, text: &str| {
        crate::pipeline::parse(name, text, origin, &DEFAULTS).map_err(|error| error.to_string())
    };
    Store::open(dir, Box::new(parse)).unwrap()
}

async fn house(dir: &Path) -> House {
    house_of(dir, 2).await
}

/// A house that offers so much cpu.
async fn house_of(dir: &Path, cpu: u64) -> House {
    let clock = Arc::new(ManualClock::at(Timestamp(1_000_000)));
    let node = Node {
        name: "box".into(),
        resources: [("cpu".into(), cpu)].into(),
        labels: Default::default(),
    };
    let engine = Engine::start(store(dir), dir, &node, clock.clone()).unwrap();
    let (sender, orders) = mpsc::channel(1024);
    let runner = Arc::new(Fake {
        orders: sender,
        cancels: Mutex::default(),
    });
    engine.attach(runner.clone()).await.unwrap();
    House {
        engine,
        orders,
        runner,
        clock,
    }
}

fn submit(id: &str, plan: &Arc<Pipeline>) -> Submit {
    Submit {
        user: "ana".into(),
        surface: "test".into(),
        request_id: "r1".into(),
        ..Submit::of(id, Arc::clone(plan))
    }
}

impl House {
    async fn finish(&mut self, outcome: Outcome) -> Order {
        let order = self.orders.recv().await.unwrap();
        let engine = self.engine.clone();
        let key = order.key();
        tokio::task::spawn_blocking(move || engine.ended(key, None, outcome))
            .await
            .unwrap();
        order
    }

    async fn done(&self) {
        // Whatever was posted before is committed once this is answered.
        self.engine.pick().await.unwrap();
    }

    async fn status(&self, id: &str) -> Status {
        self.engine
            .reader()
            .workflow(id)
            .await
            .unwrap()
            .unwrap()
            .status()
    }
}

fn completed() -> Outcome {
    Outcome::Completed {
        outputs: Values::new(),
    }
}

fn dir() -> TempDir {
    tempfile::tempdir().unwrap()
}

#[tokio::test]
async fn a_workflow_runs_its_stages_and_numbers_have_no_gap() {
    let dir = dir();
    let mut house = house(dir.path()).await;
    let mut feed = house.engine.subscribe();
    let ack = house.engine.submit(submit("a", &pipeline())).await.unwrap();
    assert!(!ack.already);
    assert_eq!(house.finish(completed()).await.stage, 0);
    assert_eq!(house.finish(completed()).await.stage, 1);
    house.done().await;
    assert_eq!(house.status("a").await, Status::Completed);
    let rows = house.engine.reader().events(0, 100, None).await.unwrap();
    let numbers: Vec<u64> = rows.iter().map(|row| row.seq).collect();
    assert_eq!(numbers, (1..=rows.len() as u64).collect::<Vec<_>>());
    let mut published = Vec::new();
    while let Ok(message) = feed.try_recv() {
        if let super::feed::Message::Event(event) = message {
            published.push((event.seq, event.kind.to_owned()));
        }
    }
    assert_eq!(
        published,
        rows.into_iter()
            .map(|row| (row.seq, row.kind))
            .collect::<Vec<_>>()
    );
    house.engine.stop().await;
}

#[tokio::test]
async fn slots_bound_what_runs_and_priority_leads() {
    let dir = dir();
    let mut house = house(dir.path()).await;
    let plan = pipeline();
    for id in ["a", "b", "c"] {
        house.engine.submit(submit(id, &plan)).await.unwrap();
    }
    let urgent = Submit {
        priority: 5,
        ..submit("u", &plan)
    };
    house.engine.submit(urgent).await.unwrap();
    assert_eq!(house.status("c").await, Status::Queued);
    let insight = house.engine.insight_about(&[]).await.unwrap();
    assert_eq!(insight.queue(), ["u", "c"]);
    let waiting = house.engine.reader().workflow("c").await.unwrap().unwrap();
    let facts = insight.of(&waiting);
    assert_eq!(facts.queue_position, Some(2));
    assert_eq!(facts.waiting_for.unwrap().kind.word(), "slot");
    let first = house.finish(completed()).await;
    assert_eq!(first.workflow.id, "a");
    house.orders.recv().await.unwrap();
    // The slot that `a` gave back goes to the urgent one before a's own second stage? Rank decides: `u` is ahead.
    assert_eq!(house.orders.recv().await.unwrap().workflow.id, "u");
    house.engine.stop().await;
}

#[tokio::test]
async fn a_batch_is_all_or_none() {
    let dir = dir();
    let house = house(dir.path()).await;
    let plan = pipeline();
    let refused = house
        .engine
        .submit_batch(vec![
            submit("a", &plan),
            submit("b", &plan),
            submit("a", &plan),
        ])
        .await;
    assert!(matches!(
        refused,
        Err(EngineError::BatchRefused {
            index: 2,
            refusal: Refusal::IdTaken(_)
        })
    ));
    assert!(house.engine.reader().workflow("a").await.unwrap().is_none());
    assert_eq!(house.engine.reader().bounds().await.unwrap(), (0, 0));
    assert_eq!(
        house
            .engine
            .submit_batch(vec![submit("a", &plan), submit("b", &plan)])
            .await
            .unwrap()
            .len(),
        2
    );
    house.engine.stop().await;
}

#[tokio::test]
async fn dependants_follow_in_the_same_transaction() {
    let dir = dir();
    let mut house = house(dir.path()).await;
    let plan = pipeline();
    house.engine.submit(submit("a", &plan)).await.unwrap();
    let mut after = submit("b", &plan);
    after.depends_on = vec![(
        crate::domain::workflow::Dependency {
            id: "a".into(),
            done: false,
        },
        crate::domain::DependencyState::Open,
    )];
    house.engine.submit(after).await.unwrap();
    assert_eq!(house.status("b").await, Status::Blocked);
    house
        .engine
        .command("a", Command::Cancel { by: "ana".into() })
        .await
        .unwrap();
    assert_eq!(house.runner.cancels.lock().unwrap().len(), 1);
    house.finish(Outcome::Cancelled).await;
    house.done().await;
    assert_eq!(house.status("a").await, Status::Cancelled);
    assert_eq!(house.status("b").await, Status::Failed);
    house.engine.stop().await;
}

#[tokio::test]
async fn a_restart_finds_the_leases_again_and_late_words_change_nothing() {
    let dir = dir();
    let mut first = house(dir.path()).await;
    first.engine.submit(submit("a", &pipeline())).await.unwrap();
    let order = first.orders.recv().await.unwrap();
    first.engine.stop().await;
    drop(first);
    let mut second = house(dir.path()).await;
    let again = second.orders.recv().await.unwrap();
    assert_eq!((again.key(), again.ordinal), (order.key(), order.ordinal));
    // What it reports is shown, although nothing of the workflow was committed since the start.
    second.engine.progress(&again.key(), 42.0, None);
    let shown = second.engine.insight().of(&again.workflow);
    assert!((shown.stage_progress[0] - 42.0).abs() < f64::EPSILON);
    let lost = Outcome::Lost {
        reason: "gone".into(),
    };
    let engine = second.engine.clone();
    let key = again.key();
    tokio::task::spawn_blocking(move || engine.ended(key, None, lost))
        .await
        .unwrap();
    let retried = second.orders.recv().await.unwrap();
    assert_eq!(retried.attempt, order.attempt + 1);
    let engine = second.engine.clone();
    tokio::task::spawn_blocking(move || engine.ended(order.key(), None, completed()))
        .await
        .unwrap();
    second.done().await;
    assert_eq!(second.status("a").await, Status::Running);
    assert!(second.engine.reader().check().await.unwrap().is_none());
    second.engine.stop().await;
}

#[tokio::test]
async fn what_was_shown_does_not_go_back_between_two_stages() {
    let dir = dir();
    let mut house = house(dir.path()).await;
    house.engine.submit(submit("a", &pipeline())).await.unwrap();
    let order = house.orders.recv().await.unwrap();
    house.engine.progress(&order.key(), 96.0, None);
    house.engine.drain(None, true).await.unwrap();
    let parked = Outcome::Parked {
        wait: std::time::Duration::from_secs(60),
        reason: "later".into(),
        class: None,
    };
    let engine = house.engine.clone();
    tokio::task::spawn_blocking(move || engine.ended(order.key(), None, parked))
        .await
        .unwrap();
    house.done().await;
    let waiting = house.engine.reader().workflow("a").await.unwrap().unwrap();
    assert_eq!(waiting.status(), Status::Waiting);
    let facts = house.engine.insight_about(&[]).await.unwrap().of(&waiting);
    assert!(facts.progress >= 48.0, "{}", facts.progress);
    house.engine.stop().await;
}

#[tokio::test]
async fn what_was_shown_does_not_go_back_for_a_watcher_who_is_told_after_the_end() {
    let dir = dir();
    let mut house = house(dir.path()).await;
    house.engine.submit(submit("a", &pipeline())).await.unwrap();
    let order = house.orders.recv().await.unwrap();
    house.engine.progress(&order.key(), 77.0, None);
    // What an event of this moment carries, and a slow watcher is only shown later.
    let then = house.engine.reader().workflow("a").await.unwrap().unwrap();
    let before = house.engine.insight_about(&[]).await.unwrap().of(&then);
    house
        .engine
        .command("a", Command::Cancel { by: "ana".into() })
        .await
        .unwrap();
    let engine = house.engine.clone();
    tokio::task::spawn_blocking(move || engine.ended(order.key(), None, Outcome::Cancelled))
        .await
        .unwrap();
    house.done().await;
    let after = house.engine.insight_about(&[]).await.unwrap().of(&then);
    assert!(after.progress >= before.progress, "{}", after.progress);
    house.engine.stop().await;
}

#[tokio::test]
async fn a_drained_box_takes_nothing_until_it_is_undrained() {
    let dir = dir();
    let mut house = house(dir.path()).await;
    house.engine.drain(None, true).await.unwrap();
    house.engine.submit(submit("a", &pipeline())).await.unwrap();
    assert!(house.orders.try_recv().is_err());
    assert!(matches!(
        house.engine.drain(Some("nowhere"), true).await,
        Err(EngineError::NoBox(_))
    ));
    house.engine.drain(None, false).await.unwrap();
    assert_eq!(house.orders.recv().await.unwrap().workflow.id, "a");
    house.engine.stop().await;
}

#[tokio::test]
async fn what_is_due_goes_on_by_the_clock() {
    let dir = dir();
    let mut house = house(dir.path()).await;
    let later = Submit {
        not_before: Some(Timestamp(2_000_000)),
        ..submit("a", &pipeline())
    };
    house.engine.submit(later).await.unwrap();
    assert_eq!(
        *house.engine.next_due().borrow(),
        Some(Timestamp(2_000_000))
    );
    house.engine.due().await.unwrap();
    assert!(house.orders.try_recv().is_err());
    house.clock.set(Timestamp(2_000_000));
    house.engine.due().await.unwrap();
    assert_eq!(house.orders.recv().await.unwrap().workflow.id, "a");
    assert_eq!(*house.engine.next_due().borrow(), None);
    house.engine.stop().await;
}

#[tokio::test]
async fn history_is_found_by_words_labels_and_the_beginning_of_an_id() {
    let dir = dir();
    let mut house = house(dir.path()).await;
    let named = Submit {
        name: "Sunset \"over\" the bay".into(),
        labels: [("team".to_owned(), "news".to_owned())].into(),
        ..submit("abcdef", &pipeline())
    };
    house.engine.submit(named).await.unwrap();
    house.finish(completed()).await;
    house.finish(completed()).await;
    house.done().await;
    let find = |q: &str| crate::store::list::Filter {
        ended: Some(true),
        q: Some(q.into()),
        limit: 10,
        ..Default::default()
    };
    for (q, found) in [
        ("sunset", 1),
        ("sun", 1),
        ("abc", 1),
        ("\"over\"", 1),
        ("rain", 0),
        ("* OR", 0),
    ] {
        assert_eq!(
            house.engine.reader().list(find(q)).await.unwrap().total,
            found,
            "{q}"
        );
    }
    let label = crate::store::list::Filter {
        label: Some(("team".into(), Some("news".into()))),
        limit: 10,
        ..Default::default()
    };
    assert_eq!(house.engine.reader().list(label).await.unwrap().total, 1);
    assert_eq!(house.engine.retain(0, None, 10).await.unwrap(), 1);
    assert!(
        house
            .engine
            .reader()
            .workflow("abcdef")
            .await
            .unwrap()
            .is_none()
    );
    house.engine.stop().await;
}
