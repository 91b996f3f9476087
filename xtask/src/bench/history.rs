//! With much behind it: memory and listings at many finished workflows, and how soon it serves with a long queue.

use super::idle::Usage;
use super::table::Table;
use super::{Ground, at, daemon, median};
use reel_shared::client::Method;
use reel_shared::request::{BatchRequest, SubmitRequest};
use reel_tests::{Daemon, Failure, Home, Result, command};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

const QUEUED: usize = 10_000;

/// Finished ones first, then the queue, then restarts.
pub fn measure(ground: &Ground, finished: usize) -> Result<Table> {
    let (home, mut daemon) = daemon()?;
    let mut lists = ground.runtime.block_on(async {
        finish(&home, finished).await?;
        let _: Value = home
            .client()
            .post("/api/drain", &json!({}))
            .await
            .map_err(Failure::at("the drain"))?;
        for _ in 0..QUEUED / 1000 {
            batch(&home, vec![command(&["/bin/true"]); 1000]).await?;
        }
        list(&home).await
    })?;
    let resident = Usage::of(daemon.pid())?.resident;
    let mut ready = Vec::new();
    for _ in 0..5 {
        daemon.terminate()?;
        daemon = Daemon::start(&home)?;
        ready.push(daemon.ready_after());
    }
    let fresh = Usage::of(daemon.pid())?.resident;
    daemon.terminate()?;
    let mut table = Table::default();
    let what = format!("{finished} finished, {QUEUED} queued");
    table.most(
        &format!("resident memory, {what}, after making them"),
        resident,
        48.0,
        "MiB",
    );
    table.most(
        &format!("resident memory, {what}, after a restart"),
        fresh,
        48.0,
        "MiB",
    );
    for (name, spans) in &mut lists {
        table.most(
            &format!("a page of 50, {name}, p50"),
            at(spans, 50).as_secs_f64() * 1e3,
            5.0,
            "ms",
        );
    }
    table.most(
        &format!("ready again, {QUEUED} queued, median of 5"),
        median(ready).as_secs_f64() * 1e3,
        20.0,
        "ms",
    );
    Ok(table)
}

async fn batch(home: &Home, workflows: Vec<SubmitRequest>) -> Result<Vec<String>> {
    let made: Value = home
        .client()
        .post("/api/workflow/batch", &BatchRequest { workflows })
        .await
        .map_err(Failure::at("a batch"))?;
    let list = made["workflows"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    Ok(list
        .iter()
        .filter_map(|view| view["id"].as_str().map(str::to_owned))
        .collect())
}

/// Makes workflows that end at once: they wait for a far day, and are cancelled.
async fn finish(home: &Home, count: usize) -> Result<()> {
    let lanes: Vec<_> = (0..8)
        .map(|lane| {
            let home = home.clone();
            tokio::spawn(async move {
                let mut client = home.client();
                let job = SubmitRequest {
                    not_before: Some("2999-01-01T00:00:00Z".into()),
                    name: Some(format!("lane {lane} of the history")),
                    ..command(&["/bin/true"])
                };
                for _ in 0..count.div_ceil(8 * 500) {
                    for id in batch(&home, vec![job.clone(); 500]).await? {
                        let path = format!("/api/workflow/{id}/cancel");
                        client
                            .request(Method::POST, &path, None, &[])
                            .await
                            .map_err(Failure::at("a cancel"))?;
                    }
                }
                Ok::<_, Failure>(())
            })
        })
        .collect();
    for lane in lanes {
        lane.await.map_err(Failure::at("a lane"))??;
    }
    Ok(())
}

/// Pages of 50 by each filter, 50 times.
async fn list(home: &Home) -> Result<Vec<(&'static str, Vec<Duration>)>> {
    let mut client = home.client();
    let mut found = Vec::new();
    let filters = [
        ("the newest", "/api/workflow/history?limit=50"),
        (
            "the thousandth page",
            "/api/workflow/history?limit=50&offset=50000",
        ),
        (
            "by status",
            "/api/workflow/history?limit=50&status=cancelled",
        ),
        (
            "by pipeline",
            "/api/workflow/history?limit=50&pipeline=command",
        ),
    ];
    for (name, path) in filters {
        let mut spans = Vec::new();
        for _ in 0..50 {
            let began = Instant::now();
            client
                .request(Method::GET, path, None, &[])
                .await
                .map_err(Failure::at(path))?;
            spans.push(began.elapsed());
        }
        found.push((name, spans));
    }
    Ok(found)
}
