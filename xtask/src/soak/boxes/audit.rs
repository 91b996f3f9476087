//! What must hold at the end: read from the coordinator's database and logs, and from what the jobs wrote.

use reel_tests::{Failure, Home, Result};
use rusqlite::{Connection, OpenFlags};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

/// What was found.
#[derive(Debug, Default)]
pub struct Audit {
    jobs: usize,
    statuses: BTreeMap<String, usize>,
    kinds: BTreeMap<String, usize>,
    /// Starts that the jobs themselves wrote down.
    starts: usize,
    violations: Vec<String>,
}

/// Waits until nothing is active any more.
pub async fn wait(home: &Home, jobs: usize, patience: Duration) -> Result<bool> {
    let until = Instant::now() + patience;
    loop {
        let page: Value = home
            .client()
            .get("/api/workflow/active")
            .await
            .map_err(Failure::at("the active ones"))?;
        let list = page
            .as_array()
            .or_else(|| page.as_object()?.values().find_map(Value::as_array));
        let active = list.map_or(0, Vec::len);
        if active == 0 {
            return Ok(true);
        }
        if Instant::now() > until {
            eprintln!("{active} of {jobs} are still active after {patience:?}");
            return Ok(false);
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

/// What the coordinator refused since it was last started.
pub async fn refused(home: &Home) -> Result<usize> {
    let log = std::fs::read_to_string(home.log()).map_err(Failure::at("the log"))?;
    let told = |line: &&str| {
        line.contains("was refused") || line.contains("no longer its own: it is told to end it")
    };
    Ok(log.lines().filter(told).count())
}

pub fn audit(home: &Home, files: &Path, ids: &[String]) -> Result<Audit> {
    let database = Connection::open_with_flags(home.database(), OpenFlags::SQLITE_OPEN_READ_ONLY)
        .map_err(Failure::at("the database"))?;
    let mut audit = Audit {
        jobs: ids.len(),
        ..Audit::default()
    };
    let sound: String = database
        .query_row("PRAGMA integrity_check", [], |row| row.get(0))
        .map_err(Failure::at("integrity_check"))?;
    if sound != "ok" {
        audit.violations.push(format!("the database: {sound}"));
    }
    let mut kinds = database
        .prepare("SELECT kind, count(*) FROM events GROUP BY kind")
        .map_err(Failure::at("the events"))?;
    audit.kinds = kinds
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
        .and_then(Iterator::collect)
        .map_err(Failure::at("the events"))?;
    for id in ids {
        judge(&database, home, files, id, &mut audit)?;
    }
    Ok(audit)
}

fn judge(
    database: &Connection,
    home: &Home,
    files: &Path,
    id: &str,
    audit: &mut Audit,
) -> Result<()> {
    let row: std::result::Result<(String, String), _> = database.query_row(
        "SELECT status, doc FROM workflows WHERE id = ?1",
        [id],
        |row| Ok((row.get(0)?, row.get(1)?)),
    );
    let Ok((status, doc)) = row else {
        audit.violations.push(format!("{id} is lost"));
        return Ok(());
    };
    *audit.statuses.entry(status.clone()).or_default() += 1;
    let doc: Value = serde_json::from_str(&doc).map_err(Failure::at("a workflow"))?;
    let ends: Vec<String> = database
        .prepare_cached("SELECT data FROM events WHERE workflow = ?1 AND kind = 'stage.completed'")
        .and_then(|mut statement| statement.query_map([id], |row| row.get(0))?.collect())
        .map_err(Failure::at("a workflow's events"))?;
    let wrote = std::fs::read_to_string(files.join(id)).unwrap_or_default();
    audit.starts += wrote
        .lines()
        .filter(|line| line.starts_with("start"))
        .count();
    if status != "completed" {
        let why = &doc["state"];
        audit.violations.push(format!("{id} is {status}: {why}"));
        return Ok(());
    }
    let [end] = &ends[..] else {
        audit
            .violations
            .push(format!("{id} completed {} times", ends.len()));
        return Ok(());
    };
    let end: Value = serde_json::from_str(end).map_err(Failure::at("an event"))?;
    let attempt = end["attempt"].to_string();
    let gave = &doc["stages"][0]["outputs"]["attempt"];
    if gave.as_str() != Some(&attempt) {
        audit.violations.push(format!(
            "{id} completed with attempt {attempt}, and what it gave is of attempt {gave}"
        ));
    }
    let log = home
        .data()
        .join("attempts")
        .join(id)
        .join(format!("command-{attempt}.log"));
    let log = std::fs::read_to_string(&log)
        .or_else(|_| only_log(home, id, &attempt))
        .unwrap_or_default();
    let lines: Vec<&str> = log.lines().filter_map(|line| line.get(30..)).collect();
    if lines.len() != 2 || !lines[0].contains("one") || !lines[1].contains("two") {
        audit
            .violations
            .push(format!("the log of {id}, attempt {attempt}, is {log:?}"));
    }
    Ok(())
}

/// The log of this attempt, whatever its stage is called.
fn only_log(home: &Home, id: &str, attempt: &str) -> std::io::Result<String> {
    for entry in std::fs::read_dir(home.data().join("attempts").join(id))? {
        let path = entry?.path();
        let name = path
            .file_name()
            .map(|name| name.to_string_lossy().into_owned());
        if name.is_some_and(|name| name.ends_with(&format!("-{attempt}.log"))) {
            return std::fs::read_to_string(path);
        }
    }
    Ok(String::new())
}

impl Audit {
    /// Nothing was violated.
    pub fn is_clean(&self) -> bool {
        self.violations.is_empty()
    }

    pub fn print(&self, refused: usize, took: Duration) {
        let of = |kind: &str| self.kinds.get(kind).copied().unwrap_or(0);
        println!(
            "{} jobs after {} s: {:?}",
            self.jobs,
            took.as_secs(),
            self.statuses
        );
        println!(
            "starts by the jobs' own word {}, leases {}, lost {}, boxes lost {}, silent {}, back {}",
            self.starts,
            of("stage.started"),
            of("stage.lost"),
            of("box.lost"),
            of("box.silent"),
            of("box.back")
        );
        println!("refused and told to end: {refused}");
        println!("violations: {}", self.violations.len());
        for words in self.violations.iter().take(20) {
            println!("  {words}");
        }
    }
}
