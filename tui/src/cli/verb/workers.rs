//! `reel workers`: the boxes, what they do, and what is queued.

use crate::cli::context::Context;
use crate::cli::failure::Outcome;
use crate::cli::moment;
use crate::cli::output::Look;
use crate::cli::table::{Cell, Side, Table};
use jiff::Timestamp;
use reel_shared::client::ClientError;
use serde::Deserialize;
use serde_json::{Map, Value};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct House {
    #[serde(default)]
    queue: Vec<Queued>,
    #[serde(default)]
    active_jobs: Vec<Running>,
    #[serde(default)]
    workers: Vec<Worker>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Queued {
    job_id: String,
    priority: i64,
    created_at: String,
    status: String,
    position: u64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Running {
    job_id: String,
    worker_id: String,
    stage: String,
    started_at: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Worker {
    worker_id: String,
    #[serde(default)]
    last_heartbeat: Option<String>,
    status: String,
    #[serde(default)]
    resources: Map<String, Value>,
    #[serde(default)]
    labels: Map<String, Value>,
    #[serde(default)]
    version: String,
    /// It has not been heard of for a while.
    #[serde(default)]
    stale: bool,
    /// It was stopped, and held nothing.
    #[serde(default)]
    left: bool,
    /// Kinds of work that it gets none of.
    #[serde(default)]
    blocked: Vec<Blocked>,
}

#[derive(Deserialize)]
struct Blocked {
    kind: String,
}

impl Worker {
    fn status(&self) -> &str {
        match (self.left, self.stale) {
            (true, _) => "gone",
            (_, true) => "stale",
            _ => &self.status,
        }
    }

    fn words(&self) -> String {
        let labels = self
            .labels
            .iter()
            .map(|(key, value)| format!("{key}={}", value.as_str().unwrap_or_default()));
        let blocked = self.blocked.iter().map(|one| format!("no {}", one.kind));
        labels.chain(blocked).collect::<Vec<_>>().join(", ")
    }
}

/// How much of the queue a person is shown.
const SHOWN: usize = 20;

/// Prints all three.
pub async fn run(context: &mut Context) -> Outcome {
    let data: Value = context.http.get("/api/workers").await?;
    if context.out.json {
        return context.out.json(&data);
    }
    let house: House =
        serde_json::from_value(data).map_err(|error| ClientError::Protocol(error.to_string()))?;
    let (now, width) = (Timestamp::now(), context.width());
    boxes(&house, now).print(&mut context.out, width)?;
    for table in [running(&house, now), queue(&house, now)] {
        if !table.is_empty() {
            context.out.line("")?;
            table.print(&mut context.out, width)?;
        }
    }
    if let Some(more) = house
        .queue
        .len()
        .checked_sub(SHOWN)
        .filter(|more| *more > 0)
    {
        context.out.line(&format!("and {more} more"))?;
    }
    Ok(())
}

fn boxes(house: &House, now: Timestamp) -> Table {
    let mut table = Table::new(&[
        ("BOX", Side::Left),
        ("STATUS", Side::Left),
        ("BEAT", Side::Right),
        ("USED", Side::Left),
        ("LABELS", Side::Left),
        ("VERSION", Side::Left),
    ]);
    for worker in &house.workers {
        let used: Vec<String> = worker
            .resources
            .iter()
            .map(|(name, slots)| format!("{name} {}/{}", slots["used"], slots["total"]))
            .collect();
        let beat = worker
            .last_heartbeat
            .as_deref()
            .map(|beat| moment::age(beat, now));
        table.row(vec![
            Cell::with(&worker.worker_id, Look::Bold),
            Cell::status(worker.status()),
            Cell::new(beat.unwrap_or_default()),
            Cell::new(used.join(", ")),
            Cell::new(worker.words()),
            Cell::new(worker.version.clone()),
        ]);
    }
    table
}

fn running(house: &House, now: Timestamp) -> Table {
    let mut table = Table::new(&[
        ("RUNNING", Side::Left),
        ("STAGE", Side::Left),
        ("FOR", Side::Right),
        ("BOX", Side::Left),
    ]);
    for job in &house.active_jobs {
        table.row(vec![
            Cell::with(&job.job_id, Look::Bold),
            Cell::new(&job.stage),
            Cell::new(moment::age(&job.started_at, now)),
            Cell::new(&job.worker_id),
        ]);
    }
    table
}

fn queue(house: &House, now: Timestamp) -> Table {
    let mut table = Table::new(&[
        ("QUEUED", Side::Left),
        ("PLACE", Side::Right),
        ("PRIORITY", Side::Right),
        ("AGE", Side::Right),
        ("STATUS", Side::Left),
    ]);
    for job in house.queue.iter().take(SHOWN) {
        table.row(vec![
            Cell::with(&job.job_id, Look::Bold),
            Cell::new(job.position.to_string()),
            Cell::new(job.priority.to_string()),
            Cell::new(moment::age(&job.created_at, now)),
            Cell::status(&job.status),
        ]);
    }
    table
}
