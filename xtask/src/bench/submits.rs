//! Submits: how long one takes, how many a second over eight connections, and in batches. The daemon is drained, so that
//! nothing runs beside them.

use super::table::Table;
use super::{Ground, at, daemon, limits, rate};
use reel_shared::request::{BatchRequest, SubmitRequest};
use reel_tests::{Failure, Home, Result, command};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

const CONNECTIONS: usize = 8;

/// All three.
pub fn measure(ground: &Ground) -> Result<Table> {
    let (home, daemon) = daemon()?;
    ground.runtime.block_on(async {
        let _: Value = home
            .client()
            .post("/api/drain", &json!({}))
            .await
            .map_err(Failure::at("the drain"))?;
        one_by_one(&home, 200).await.map(drop)
    })?;
    // In turn, so that the disk's moods meet both.
    let (mut sync, mut single) = (Vec::new(), Vec::new());
    for _ in 0..5 {
        sync.extend(limits::fdatasync(home.root(), 200)?);
        single.extend(ground.runtime.block_on(one_by_one(&home, 200))?);
    }
    let eight = ground.runtime.block_on(many(&home, 1250, 1))?;
    let batched = ground.runtime.block_on(many(&home, 40, 100))?;
    daemon.terminate()?;
    let (floor, p50) = (at(&mut sync, 50), at(&mut single, 50));
    let mut table = Table::default();
    table.figure(
        "one append of 4 KiB with fdatasync, p50",
        floor.as_secs_f64() * 1e3,
        "ms",
    );
    table.figure("submit, one connection, p50", p50.as_secs_f64() * 1e3, "ms");
    table.figure(
        "submit, one connection, p99",
        at(&mut single, 99).as_secs_f64() * 1e3,
        "ms",
    );
    table.most(
        "submit p50 to one fdatasync",
        p50.as_secs_f64() / floor.as_secs_f64(),
        3.0,
        "x",
    );
    table.least("submit, 8 connections", eight, 10_000.0, "/s");
    table.least(
        "submit, 8 connections, batches of 100",
        batched,
        55_000.0,
        "/s",
    );
    Ok(table)
}

async fn one_by_one(home: &Home, count: usize) -> Result<Vec<Duration>> {
    let mut client = home.client();
    let job = command(&["/bin/true"]);
    let mut spans = Vec::with_capacity(count);
    for _ in 0..count {
        let began = Instant::now();
        let _: Value = client
            .post("/api/workflow", &job)
            .await
            .map_err(Failure::at("a submit"))?;
        spans.push(began.elapsed());
    }
    Ok(spans)
}

/// So many requests on each of eight connections, each with so many workflows; workflows a second.
async fn many(home: &Home, requests: usize, size: usize) -> Result<f64> {
    let began = Instant::now();
    let connections: Vec<_> = (0..CONNECTIONS)
        .map(|_| {
            let home = home.clone();
            tokio::spawn(async move {
                let mut client = home.client();
                let job: SubmitRequest = command(&["/bin/true"]);
                let batch = BatchRequest {
                    workflows: vec![job.clone(); size],
                };
                let (path, body) = if size == 1 {
                    ("/api/workflow", serde_json::to_vec(&job))
                } else {
                    ("/api/workflow/batch", serde_json::to_vec(&batch))
                };
                let body = body.map_err(Failure::at("a request"))?;
                for _ in 0..requests {
                    let request = client.request(
                        reel_shared::client::Method::POST,
                        path,
                        Some(body.clone()),
                        &[],
                    );
                    request.await.map_err(Failure::at("a submit"))?;
                }
                Ok::<_, Failure>(())
            })
        })
        .collect();
    for connection in connections {
        connection.await.map_err(Failure::at("a connection"))??;
    }
    Ok(rate(CONNECTIONS * requests * size, began.elapsed()))
}
