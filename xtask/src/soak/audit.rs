//! What must hold after the last kill: read from the database itself, from the daemon's own answers, and from the files
//! that the jobs wrote.

use super::client::{Promises, events_of};
use super::steps::Steps;
use reel_tests::{Daemon, Failure, Home, Result};
use rusqlite::{Connection, OpenFlags};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

/// What was found.
#[derive(Debug, Default)]
pub struct Audit {
    /// Workflows that came to an end, by status.
    pub ended: BTreeMap<String, usize>,
    /// Events in the log.
    pub events: usize,
    /// In words, by rule.
    pub violations: BTreeMap<&'static str, Vec<String>>,
}

const LOST: &str = "accepted and lost";
const TWICE: &str = "completed twice";
const ILLEGAL: &str = "illegal transitions";
const GAPS: &str = "gaps in the event numbers";
const DATABASE: &str = "database check";
const STRANGE: &str = "strange answers";
const RULES: [&str; 6] = [LOST, TWICE, ILLEGAL, GAPS, DATABASE, STRANGE];

impl Audit {
    /// Nothing was violated.
    pub fn is_clean(&self) -> bool {
        self.violations.values().all(Vec::is_empty)
    }

    fn violate(&mut self, rule: &'static str, words: impl Into<String>) {
        self.violations.entry(rule).or_default().push(words.into());
    }
}

/// Looks at everything.
pub fn audit(home: &Home, files: &Path, promises: &[Promises]) -> Result<Audit> {
    let mut audit = Audit::default();
    for words in promises.iter().flat_map(|promises| &promises.strange) {
        audit.violate(STRANGE, words);
    }
    let database = Connection::open_with_flags(home.database(), OpenFlags::SQLITE_OPEN_READ_ONLY)
        .map_err(Failure::at("the database"))?;
    let sound: String = database
        .query_row("PRAGMA integrity_check", [], |row| row.get(0))
        .map_err(Failure::at("integrity_check"))?;
    if sound != "ok" {
        audit.violate(DATABASE, sound);
    }
    let workflows = replay(&database, &mut audit)?;
    let mut statuses = rows(&database, "SELECT id, status FROM workflows", |row| {
        Ok((row.get(0)?, row.get(1)?))
    })?
    .into_iter();
    let statuses: BTreeMap<String, String> = statuses.by_ref().collect();
    for id in promises.iter().flat_map(|promises| &promises.accepted) {
        match (workflows.get(id), statuses.get(id)) {
            (Some(steps), Some(status)) => judge(&mut audit, id, steps, status, files),
            _ => audit.violate(LOST, id),
        }
    }
    drop(database);
    ask_again(home, promises, &mut audit)?;
    Ok(audit)
}

/// Folds the event log with the checker's own rules.
fn replay(database: &Connection, audit: &mut Audit) -> Result<BTreeMap<String, Steps>> {
    type Row = (i64, Option<String>, String, String);
    let read = |row: &rusqlite::Row<'_>| -> rusqlite::Result<Row> {
        Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
    };
    let events = rows(
        database,
        "SELECT seq, workflow, kind, data FROM events ORDER BY seq",
        read,
    )?;
    audit.events = events.len();
    let mut workflows: BTreeMap<String, Steps> = BTreeMap::new();
    let mut expected = 1;
    for (seq, workflow, kind, data) in events {
        if seq != expected {
            audit.violate(GAPS, format!("{expected} to {}", seq - 1));
        }
        expected = seq + 1;
        let Some(id) = workflow else { continue };
        let data: Value = serde_json::from_str(&data).unwrap_or_default();
        let attempt = data.get("attempt").and_then(Value::as_u64);
        if let Err(words) = workflows
            .entry(id.clone())
            .or_default()
            .take(&kind, attempt)
        {
            audit.violate(ILLEGAL, format!("{id}: {seq} {words}"));
        }
    }
    Ok(workflows)
}

/// One promised workflow: ended, once, and its program did its work once.
fn judge(audit: &mut Audit, id: &str, steps: &Steps, status: &str, files: &Path) {
    *audit.ended.entry(status.to_owned()).or_default() += 1;
    if !steps.has_ended() {
        audit.violate(LOST, format!("{id} is still {status}"));
    }
    if steps.has_completed() != (status == "completed") {
        audit.violate(
            ILLEGAL,
            format!("{id}: the row says {status}, its events say otherwise"),
        );
    }
    let done = std::fs::read_to_string(files.join(id)).unwrap_or_default();
    let mut attempts: Vec<&str> = done.lines().collect();
    let runs = attempts.len();
    attempts.dedup();
    if steps.completed > 1 || attempts.len() < runs || (runs > 1 && steps.retried == 0) {
        audit.violate(
            TWICE,
            format!(
                "{id}: {} completions, its program finished in attempts {done:?}",
                steps.completed
            ),
        );
    }
    if steps.completed == 1 && runs == 0 {
        audit.violate(
            LOST,
            format!("{id} is completed, but its program never finished"),
        );
    }
}

/// The daemon, started once more, must tell the same as its database.
fn ask_again(home: &Home, promises: &[Promises], audit: &mut Audit) -> Result<()> {
    let daemon = Daemon::start(home)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(Failure::at("the runtime"))?;
    let sample: Vec<&String> = promises
        .iter()
        .flat_map(|promises| promises.accepted.iter().step_by(37))
        .collect();
    for id in sample {
        let path = format!("/api/workflow/{id}/events?limit=200");
        let page: Value = runtime
            .block_on(async { home.client().get(&path).await })
            .map_err(Failure::at(&path))?;
        let mut steps = Steps::default();
        let wrong = events_of(&page)
            .iter()
            .find_map(|kind| steps.take(kind, None).err());
        if let Some(words) =
            wrong.or_else(|| (!steps.has_ended()).then(|| "it has no end".to_owned()))
        {
            audit.violate(ILLEGAL, format!("{id}, as the daemon tells it: {words}"));
        }
    }
    daemon.terminate().map(drop)
}

fn rows<T>(
    database: &Connection,
    sql: &str,
    read: impl Fn(&rusqlite::Row<'_>) -> rusqlite::Result<T>,
) -> Result<Vec<T>> {
    let mut statement = database.prepare(sql).map_err(Failure::at(sql))?;
    let found = statement.query_map([], read).map_err(Failure::at(sql))?;
    found
        .collect::<rusqlite::Result<_>>()
        .map_err(Failure::at(sql))
}

/// The table.
pub fn print(audit: &Audit, promises: &[Promises], ready: &[Duration], loaded: Duration) {
    let sum = |of: fn(&Promises) -> usize| promises.iter().map(of).sum::<usize>();
    let mut ready = ready.to_vec();
    ready.sort();
    let at = |part: usize| {
        ready
            .get(ready.len().saturating_sub(1) * part / 100)
            .copied()
            .unwrap_or_default()
    };
    println!(
        "kills                      {:>8}   in {} s",
        ready.len(),
        loaded.as_secs()
    );
    println!(
        "accepted submits           {:>8}   {} found taken when sent again",
        sum(|p| p.accepted.len()),
        sum(|p| p.taken_before)
    );
    println!("cancels and retries taken  {:>8}", sum(|p| p.acts));
    println!("requests cut off           {:>8}", sum(|p| p.cut_off));
    println!(
        "ended                      {}",
        audit
            .ended
            .iter()
            .map(|(status, count)| format!("{count} {status}"))
            .collect::<Vec<_>>()
            .join(", ")
    );
    println!("events                     {:>8}", audit.events);
    println!(
        "ready again                p50 {:?}, p99 {:?}, worst {:?}",
        at(50),
        at(99),
        at(100)
    );
    for rule in RULES {
        let words = audit
            .violations
            .get(rule)
            .map(Vec::as_slice)
            .unwrap_or_default();
        println!(
            "{rule:26} {:>8}   {}",
            words.len(),
            if words.is_empty() { "ok" } else { "VIOLATED" }
        );
        words
            .iter()
            .take(5)
            .for_each(|words| println!("    {words}"));
    }
}
