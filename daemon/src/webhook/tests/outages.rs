//! Endpoints that are down for a while, secrets that are replaced meanwhile, and what is brought back by hand.

use super::Rig;
use super::receiver::{Got, Receiver};
use crate::config::Secret;
use crate::domain::Timestamp;
use crate::store::deliveries::{self as stored, NewDelivery};
use crate::webhook::book;
use crate::webhook::sign::{self, Signed, Unsigned};
use std::time::Duration;

/// Causes so many deliveries at once.
async fn cause(rig: &Rig, endpoint: &str, count: usize) {
    let (of, now) = (endpoint.to_owned(), rig.engine.now());
    let insert = move |connection: &rusqlite::Connection| {
        for n in 0..count {
            let (id, event) = (format!("dlv_{}_{n}", now.0), format!("evt_{}_{n}", now.0));
            let new = NewDelivery {
                id: &id,
                target: &of,
                endpoint: Some(&of),
                url: None,
                workflow: None,
                event_id: &event,
                event_type: "webhook.test",
                body: b"{}",
                due_at: now,
                created_at: now,
            };
            stored::insert(connection, &new)?;
        }
        Ok(())
    };
    rig.engine.write(insert).await.unwrap();
    rig.stir().await;
}

/// How many deliveries stand so, and how many attempts were made of all.
async fn tally(rig: &Rig, status: &'static str) -> (usize, usize) {
    let asked = rig.engine.reader().ask(move |connection| {
        let standing = connection.query_row(
            "SELECT count(*) FROM deliveries WHERE status = ?1",
            [status],
            |row| row.get(0),
        )?;
        let attempts =
            connection.query_row("SELECT count(*) FROM attempts", [], |row| row.get(0))?;
        Ok((standing, attempts))
    });
    asked.await.unwrap()
}

async fn until(rig: &Rig, wanted: impl Fn((usize, usize), (usize, usize)) -> bool) {
    while !wanted(tally(rig, "delivered").await, tally(rig, "failed").await) {
        rig.engine.pick().await.unwrap();
        tokio::task::yield_now().await;
    }
}

/// Moves the clock on by `step` and waits for the attempts that are due then.
async fn go_on(rig: &Rig, step: Duration) {
    rig.advance(step).await;
    loop {
        let now = rig.engine.now();
        let due: usize = rig
            .engine
            .reader()
            .ask(move |connection| {
                Ok(connection.query_row(
                    "SELECT count(*) FROM deliveries WHERE due_at <= ?1",
                    [now.0],
                    |row| row.get(0),
                )?)
            })
            .await
            .unwrap();
        if due == 0 {
            return;
        }
        rig.engine.pick().await.unwrap();
        tokio::task::yield_now().await;
    }
}

const STEP: Duration = Duration::from_secs(150);

async fn outages(count: usize) {
    let rig = Rig::new().await;
    let receiver = Receiver::new(500).await;
    let id = rig.endpoint(&receiver.url, &["webhook.test"]).await;
    // Down for 55 minutes: the last attempt, an hour after the one before, still finds it.
    cause(&rig, &id, count).await;
    let mut down = Duration::ZERO;
    while down < Duration::from_secs(55 * 60) {
        go_on(&rig, STEP).await;
        down += STEP;
    }
    receiver.answers(200, "");
    while tally(&rig, "delivered").await.0 < count {
        go_on(&rig, STEP).await;
    }
    assert_eq!(tally(&rig, "failed").await.0, 0);
    // Down for three hours: all of it fails, and all of it comes back.
    receiver.answers(500, "");
    let since = rig.engine.now();
    cause(&rig, &id, count).await;
    for _ in 0..72 {
        go_on(&rig, STEP).await;
    }
    assert_eq!(tally(&rig, "failed").await.0, count, "after three hours");
    receiver.answers(200, "");
    let (of, now) = (id.clone(), rig.engine.now());
    let recovered = rig
        .engine
        .write(move |connection| stored::recover(connection, &of, since, now))
        .await
        .unwrap();
    assert_eq!(recovered, count as u64, "without a cap");
    rig.stir().await;
    until(&rig, |delivered, failed| {
        delivered.0 == 2 * count && failed.0 == 0
    })
    .await;
    rig.stop().await;
}

#[tokio::test]
async fn what_an_endpoint_missed_comes_by_itself_or_by_hand() {
    outages(60).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "full size: 10,000 deliveries through two outages, some minutes"]
async fn ten_thousand_come_back_after_three_hours() {
    outages(10_000).await;
}

fn verdict(got: &Got, secret: &str, now: Timestamp) -> Result<(), Unsigned> {
    let signed = Signed {
        legacy: None,
        id: Some(&got.headers["webhook-id"]),
        timestamp: Some(&got.headers["webhook-timestamp"]),
        standard: Some(&got.headers["webhook-signature"]),
    };
    sign::verify(&Secret::new(secret), &signed, &got.body, now.0 / 1000)
}

#[tokio::test]
async fn both_secrets_verify_for_a_day_and_then_only_the_new_one() {
    let rig = Rig::new().await;
    let receiver = Receiver::new(200).await;
    let id = rig.endpoint(&receiver.url, &["webhook.test"]).await;
    cause(&rig, &id, 10).await;
    until(&rig, |delivered, _| delivered.0 == 10).await;
    book::rotate(&rig.engine, &id, Secret::new("another-key"))
        .await
        .unwrap()
        .unwrap();
    cause_later(&rig, &id, Duration::from_secs(1), 20).await;
    cause_later(&rig, &id, Duration::from_secs(23 * 3600 + 3590), 30).await;
    cause_later(&rig, &id, Duration::from_secs(10), 40).await;
    let got = receiver.got.lock().unwrap().clone();
    let at = |got: &Got| Timestamp(got.headers["webhook-timestamp"].parse::<i64>().unwrap() * 1000);
    for got in got.iter().take(10) {
        assert_eq!(verdict(got, "my-secret-key", at(got)), Ok(()));
        assert_eq!(verdict(got, "another-key", at(got)), Err(Unsigned::Wrong));
    }
    for (index, got) in got.iter().enumerate().take(30).skip(10) {
        assert_eq!(verdict(got, "my-secret-key", at(got)), Ok(()), "{index}");
        assert_eq!(verdict(got, "another-key", at(got)), Ok(()), "{index}");
        let previous = &got.headers["x-webhook-signature-previous"];
        assert_eq!(
            *previous,
            sign::legacy(&Secret::new("my-secret-key"), &got.body)
        );
    }
    for (index, got) in got.iter().enumerate().skip(30) {
        assert_eq!(
            verdict(got, "my-secret-key", at(got)),
            Err(Unsigned::Wrong),
            "{index}"
        );
        assert_eq!(verdict(got, "another-key", at(got)), Ok(()), "{index}");
        assert!(!got.headers.contains_key("x-webhook-signature-previous"));
    }
    rig.stop().await;
}

/// Moves the clock on, causes ten more, and waits until so many are there in all.
async fn cause_later(rig: &Rig, id: &str, later: Duration, in_all: usize) {
    rig.advance(later).await;
    cause(rig, id, 10).await;
    until(rig, |delivered, _| delivered.0 == in_all).await;
}

#[tokio::test]
async fn filters_by_event_pipeline_and_label_hold() {
    let rig = Rig::new().await;
    let receiver = Receiver::new(200).await;
    let ids = [
        rig.endpoint(&receiver.url, &["video.completed"]).await,
        rig.endpoint(&receiver.url, &["video.failed"]).await,
        rig.endpoint(&receiver.url, &["*"]).await,
        rig.endpoint(&receiver.url, &["video.completed"]).await,
        rig.endpoint(&receiver.url, &["video.completed"]).await,
    ];
    let other = |pipelines: Option<&str>, label: Option<&str>| book::Change {
        pipelines: pipelines.map(|name| vec![name.to_owned()]),
        labels: label.map(|value| [("team".to_owned(), value.to_owned())].into()),
        ..book::Change::default()
    };
    book::change(&rig.engine, &ids[3], other(Some("clips"), None))
        .await
        .unwrap();
    book::change(&rig.engine, &ids[4], other(Some("one"), Some("news")))
        .await
        .unwrap();
    rig.workflow("cm1", None).await;
    let mut events = Vec::new();
    for id in &ids {
        let rows = rig
            .deliveries(crate::store::delivery_list::Which::Of(id.clone()))
            .await;
        events.push(
            rows.iter()
                .rev()
                .map(|row| row.event_type.clone())
                .collect::<Vec<_>>(),
        );
    }
    assert_eq!(events[0], ["video.completed"]);
    assert!(events[1].is_empty() && events[3].is_empty());
    assert_eq!(
        events[2]
            .iter()
            .filter(|one| *one == "workflow.state_changed")
            .count(),
        3,
        "{:?}",
        events[2]
    );
    assert_eq!(
        events[2]
            .iter()
            .filter(|one| *one == "video.completed")
            .count(),
        1
    );
    assert_eq!(events[4], ["video.completed"]);
    rig.stop().await;
}
