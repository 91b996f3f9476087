//! What is sent, when it is tried again, and what becomes of endpoints that only fail.

use super::Rig;
use super::receiver::Receiver;
use crate::config::Secret;
use crate::store::deliveries as stored;
use crate::store::delivery_list::{DeliveryRow, Which};
use crate::store::endpoints;
use crate::webhook::book::{self, Change};
use crate::webhook::sign::{self, Signed};
use std::time::Duration;

fn all(status: &'static str) -> impl Fn(&[DeliveryRow]) -> bool {
    move |rows| !rows.is_empty() && rows.iter().all(|row| row.status == status)
}

fn attempts(count: usize) -> impl Fn(&[DeliveryRow]) -> bool {
    move |rows| rows.first().is_some_and(|row| row.attempts.len() == count)
}

#[tokio::test]
async fn a_completed_workflow_is_told_signed_both_ways() {
    let rig = Rig::new().await;
    let receiver = Receiver::new(200).await;
    let id = rig.endpoint(&receiver.url, &["video.completed"]).await;
    rig.workflow("cm1", None).await;
    let rows = rig.until(&id, all("delivered")).await;
    assert_eq!(
        (
            rows.len(),
            rows[0].attempts[0].status,
            rows[0].attempts[0].response.as_str()
        ),
        (1, Some(200), "ok")
    );
    let got = receiver.got.lock().unwrap().clone();
    let (headers, body) = (&got[0].headers, &got[0].body);
    let said: serde_json::Value = serde_json::from_slice(body).unwrap();
    assert_eq!(said["eventType"], "video.completed");
    assert_eq!(
        (&said["data"]["videoId"], &said["data"]["requestId"]),
        (&"cm1".into(), &"r1".into())
    );
    assert_eq!(
        (headers["webhook-id"].as_str(), said["eventId"].as_str()),
        (rows[0].event_id.as_str(), Some(rows[0].event_id.as_str()))
    );
    let secret = Secret::new("my-secret-key");
    let now = rig.engine.now().0 / 1000;
    let old = Signed {
        legacy: Some(&headers["x-webhook-signature"]),
        ..Signed::default()
    };
    assert_eq!(sign::verify(&secret, &old, body, now), Ok(()));
    let new = Signed {
        legacy: None,
        id: Some(&headers["webhook-id"]),
        timestamp: Some(&headers["webhook-timestamp"]),
        standard: Some(&headers["webhook-signature"]),
    };
    assert_eq!(sign::verify(&secret, &new, body, now), Ok(()));
    rig.stop().await;
}

#[tokio::test]
async fn five_attempts_at_their_times_then_failed_and_five_more_by_hand() {
    let rig = Rig::new().await;
    let receiver = Receiver::new(500).await;
    let id = rig.endpoint(&receiver.url, &["*"]).await;
    rig.engine
        .write(|connection| Ok(connection.execute("DELETE FROM deliveries", []).map(drop)?))
        .await
        .unwrap();
    book::test(&rig.engine, &id, "dlv_1".into(), "evt_1".into())
        .await
        .unwrap();
    let waits = [60_000, 300_000, 900_000, 3_600_000];
    for (index, wait) in waits.into_iter().enumerate() {
        let rows = rig.until(&id, attempts(index + 1)).await;
        let (due, now) = (rows[0].due_at.unwrap().0, rig.engine.now().0);
        assert!(
            (now + wait..=now + wait + wait / 10 + 1).contains(&due),
            "attempt {}: {}",
            index + 2,
            due - now
        );
        // A moment before it is due nothing is sent; then it is.
        rig.clock.set(crate::domain::Timestamp(due - 1));
        rig.stir().await;
        assert_eq!(
            rig.deliveries(Which::Of(id.clone())).await[0]
                .attempts
                .len(),
            index + 1
        );
        rig.clock.set(crate::domain::Timestamp(due));
        rig.stir().await;
    }
    let rows = rig.until(&id, all("failed")).await;
    assert_eq!(
        rows[0]
            .attempts
            .iter()
            .map(|one| one.number)
            .collect::<Vec<_>>(),
        [1, 2, 3, 4, 5]
    );
    assert_eq!(rows[0].due_at, None);
    receiver.answers(204, "");
    let now = rig.engine.now();
    assert_eq!(
        rig.engine
            .write(move |connection| stored::retry(connection, "dlv_1", now))
            .await
            .unwrap(),
        Some(true)
    );
    rig.stir().await;
    let rows = rig.until(&id, all("delivered")).await;
    assert_eq!(
        (rows[0].attempts.len(), rows[0].attempts[5].number),
        (6, 6),
        "the numbers go on"
    );
    let got = receiver.got.lock().unwrap().clone();
    assert!(
        got.iter()
            .all(|one| one.body == got[0].body && one.headers["webhook-id"] == "evt_1"),
        "the same bytes and id"
    );
    assert_eq!(
        rig.engine
            .write(move |connection| stored::retry(connection, "dlv_1", now))
            .await
            .unwrap(),
        Some(false)
    );
    assert_eq!(
        rig.engine
            .write(move |connection| stored::retry(connection, "dlv_2", now))
            .await
            .unwrap(),
        None
    );
    rig.stop().await;
}

#[tokio::test]
async fn a_receiver_that_asks_for_time_gets_it_up_to_an_hour() {
    let rig = Rig::new().await;
    let receiver = Receiver::new(503).await;
    let id = rig.endpoint(&receiver.url, &["webhook.test"]).await;
    receiver.answers(503, "retry-after: 99999999\r\n");
    book::test(&rig.engine, &id, "dlv_1".into(), "evt_1".into())
        .await
        .unwrap();
    let rows = rig.until(&id, attempts(1)).await;
    assert_eq!(rows[0].due_at.unwrap().0 - rig.engine.now().0, 3_600_000);
    receiver.answers(503, "retry-after: 1\r\n");
    rig.advance(Duration::from_secs(3600)).await;
    let rows = rig.until(&id, attempts(2)).await;
    assert!(
        rows[0].due_at.unwrap().0 - rig.engine.now().0 >= 300_000,
        "never earlier than the schedule"
    );
    rig.stop().await;
}

#[tokio::test]
async fn gone_turns_the_endpoint_off_and_enabling_sends_what_waited() {
    let rig = Rig::new().await;
    let receiver = Receiver::new(410).await;
    let watcher = Receiver::new(200).await;
    let id = rig.endpoint(&receiver.url, &["video.completed"]).await;
    let told = rig.endpoint(&watcher.url, &["endpoint.disabled"]).await;
    rig.workflow("cm1", None).await;
    let rows = rig.until(&told, all("delivered")).await;
    assert_eq!(rows[0].event_type, "endpoint.disabled");
    let one = id.clone();
    let row = rig
        .engine
        .reader()
        .ask(move |connection| endpoints::get(connection, &one))
        .await
        .unwrap()
        .unwrap();
    assert!(!row.active && row.disabled.is_some_and(|why| why.contains("410")));
    assert_eq!(
        rig.deliveries(Which::Of(id.clone())).await[0].status,
        "failed"
    );
    rig.workflow("cm2", None).await;
    assert_eq!(
        rig.deliveries(Which::Of(id.clone())).await.len(),
        1,
        "nothing is caused for an endpoint that is off"
    );
    receiver.answers(200, "");
    book::change(
        &rig.engine,
        &id,
        Change {
            active: Some(true),
            ..Change::default()
        },
    )
    .await
    .unwrap()
    .unwrap();
    let (one, now) = (id.clone(), rig.engine.now());
    let count = rig.engine.write(move |connection| {
        stored::recover(connection, &one, crate::domain::Timestamp(0), now)
    });
    assert_eq!(count.await.unwrap(), 1);
    rig.stir().await;
    rig.until(&id, all("delivered")).await;
    rig.stop().await;
}

#[tokio::test]
async fn five_that_fail_for_good_over_a_day_turn_an_endpoint_off() {
    let rig = Rig::new().await;
    let receiver = Receiver::new(500).await;
    let mut config = (**rig.config.borrow()).clone();
    config.webhooks.schedule = vec![Duration::ZERO];
    rig.config.send_replace(std::sync::Arc::new(config));
    let id = rig.endpoint(&receiver.url, &["webhook.test"]).await;
    for turn in 0..5 {
        let one = id.clone();
        let row = rig
            .engine
            .reader()
            .ask(move |connection| endpoints::get(connection, &one))
            .await
            .unwrap()
            .unwrap();
        assert!(row.active, "after {turn}");
        book::test(
            &rig.engine,
            &id,
            format!("dlv_{turn}"),
            format!("evt_{turn}"),
        )
        .await
        .unwrap();
        rig.until(&id, all("failed")).await;
        rig.clock
            .set(rig.engine.now().plus(Duration::from_secs(6 * 3600 + 1)));
    }
    let one = id.clone();
    let row = rig
        .engine
        .reader()
        .ask(move |connection| endpoints::get(connection, &one))
        .await
        .unwrap()
        .unwrap();
    assert!(!row.active && row.exhausted == 5, "{row:?}");
    rig.stop().await;
}

#[tokio::test]
async fn a_dead_endpoint_with_thousands_waiting_delays_no_other() {
    let rig = Rig::new().await;
    // Accepts connections by the kernel and never answers.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let dead = rig
        .endpoint(
            &format!("http://{}/", silent.local_addr().unwrap()),
            &["webhook.test"],
        )
        .await;
    let (of, now) = (dead.clone(), rig.engine.now());
    let fill = move |connection: &rusqlite::Connection| {
        for n in 0..5000 {
            let (id, event) = (format!("dlv_{n}"), format!("evt_{n}"));
            let new = stored::NewDelivery {
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
    rig.engine.write(fill).await.unwrap();
    rig.stir().await;
    let receiver = Receiver::new(200).await;
    let healthy = rig.endpoint(&receiver.url, &["webhook.test"]).await;
    for n in 0..50 {
        book::test(
            &rig.engine,
            &healthy,
            format!("dlv_h{n}"),
            format!("evt_h{n}"),
        )
        .await
        .unwrap();
    }
    let rows = rig
        .until(&healthy, |rows| {
            rows.len() == 50 && rows.iter().all(|row| row.status == "delivered")
        })
        .await;
    assert_eq!(rows.len(), 50);
    let waiting = rig.deliveries(Which::Of(dead)).await;
    assert!(
        waiting
            .iter()
            .all(|row| row.status == "pending" && row.attempts.is_empty()),
        "the dead one still hangs"
    );
    rig.stop().await;
}

#[tokio::test]
async fn what_was_due_when_the_daemon_died_is_sent_by_the_next_one() {
    let rig = Rig::new().await;
    let receiver = Receiver::new(500).await;
    let id = rig.endpoint(&receiver.url, &["video.completed"]).await;
    rig.workflow("cm1", Some(&receiver.url)).await;
    rig.until(&id, attempts(1)).await;
    let now = rig.engine.now();
    let dir = rig.stop().await;
    receiver.answers(200, "");
    let rig = Rig::at(dir, now.plus(Duration::from_secs(67))).await;
    let rows = rig.until(&id, all("delivered")).await;
    assert_eq!(rows[0].attempts.len(), 2);
    rig.stop().await;
}

#[tokio::test]
async fn a_workflows_own_url_is_told_of_its_end_in_the_older_words() {
    let rig = Rig::new().await;
    let receiver = Receiver::new(200).await;
    let probe = rig.endpoint(&receiver.url, &["video.completed"]).await;
    rig.workflow("cm1", Some(&receiver.url)).await;
    rig.until(&probe, all("delivered")).await;
    while receiver.count() < 2 {
        tokio::task::yield_now().await;
    }
    let got = receiver.got.lock().unwrap().clone();
    let own = got
        .iter()
        .find(|one| !one.headers.contains_key("x-webhook-signature"))
        .unwrap();
    let said: serde_json::Value = serde_json::from_slice(&own.body).unwrap();
    assert_eq!(
        (&said["job_id"], &said["status"], &said["progress"]),
        (&"cm1".into(), &"completed".into(), &100.0.into())
    );
    assert_eq!(own.headers["x-webhook-event"], "video.completed");
    rig.stop().await;
}
