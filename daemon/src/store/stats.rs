//! Counting what was done: totals and durations over a window, and the durations that estimates stand on.

use super::error::StoreError;
use crate::domain::Timestamp;
use rusqlite::{Connection, params};
use std::collections::BTreeMap;

/// Estimates begin with this many runs.
const RUNS: u32 = 2000;
/// A window's percentiles look at this many runs at most, the newest.
const WINDOW_RUNS: u32 = 20_000;

/// What happened within a window.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stats {
    /// Workflows that ended.
    pub total: u64,
    /// `completed`.
    pub completed: u64,
    /// `failed`.
    pub failed: u64,
    /// `cancelled`.
    pub cancelled: u64,
    /// Half of the completed took at most this, in milliseconds.
    pub p50_ms: Option<u64>,
    /// Nine tenths did.
    pub p90_ms: Option<u64>,
    /// Ninety-nine of a hundred did.
    pub p99_ms: Option<u64>,
    /// By stage id.
    pub stages: BTreeMap<String, StageTotals>,
    /// Waiting for their first slot now.
    pub queued: u64,
    /// Running now.
    pub running: u64,
}

/// A stage's runs within a window.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StageTotals {
    /// Runs that ended.
    pub count: u64,
    /// Of them failed.
    pub failed: u64,
    /// Half took at most this, in milliseconds.
    pub p50_ms: u64,
    /// Nine tenths did.
    pub p90_ms: u64,
    /// Ninety-nine of a hundred did.
    pub p99_ms: u64,
}

/// The value below which `percent` of the sorted values lie.
#[must_use]
pub fn percentile(sorted: &[u64], percent: usize) -> Option<u64> {
    let last = sorted.len().checked_sub(1)?;
    sorted
        .get((last * percent).div_ceil(100).min(last))
        .copied()
}

/// Totals since a moment; of one user where asked.
///
/// # Errors
/// The database's.
pub fn since(
    connection: &Connection,
    since: Timestamp,
    user: Option<&str>,
) -> Result<Stats, StoreError> {
    let mut stats = Stats::default();
    let mut counts = connection.prepare_cached(
        "SELECT status, count(*) FROM workflows WHERE ended_at >= ?1 AND (?2 IS NULL OR user = ?2) GROUP BY status",
    )?;
    let mut rows = counts.query(params![since.0, user])?;
    while let Some(row) = rows.next()? {
        let count: u64 = row.get(1)?;
        stats.total += count;
        match row.get_ref(0)?.as_str().unwrap_or_default() {
            "completed" => stats.completed = count,
            "failed" => stats.failed = count,
            "cancelled" => stats.cancelled = count,
            _ => {}
        }
    }
    let mut durations = connection
        .prepare_cached(
            "SELECT max(ended_at - started_at, 0) FROM workflows
             WHERE status = 'completed' AND ended_at >= ?1 AND started_at IS NOT NULL AND (?2 IS NULL OR user = ?2)
             ORDER BY ended_at DESC LIMIT ?3",
        )?
        .query_map(params![since.0, user, WINDOW_RUNS], |row| row.get(0))?
        .collect::<rusqlite::Result<Vec<u64>>>()?;
    durations.sort_unstable();
    stats.p50_ms = percentile(&durations, 50);
    stats.p90_ms = percentile(&durations, 90);
    stats.p99_ms = percentile(&durations, 99);
    stages(connection, since, &mut stats)?;
    let mut active = connection.prepare_cached(
        "SELECT status, count(*) FROM workflows WHERE ended_at IS NULL AND (?1 IS NULL OR user = ?1) GROUP BY status",
    )?;
    let mut rows = active.query([user])?;
    while let Some(row) = rows.next()? {
        match row.get_ref(0)?.as_str().unwrap_or_default() {
            "queued" => stats.queued = row.get(1)?,
            "running" => stats.running = row.get(1)?,
            _ => {}
        }
    }
    Ok(stats)
}

/// Workflows that have not ended, by status.
///
/// # Errors
/// The database's.
pub fn standing(connection: &Connection) -> Result<Vec<(String, u64)>, StoreError> {
    let counts = connection
        .prepare_cached(
            "SELECT status, count(*) FROM workflows WHERE ended_at IS NULL GROUP BY status",
        )?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<_>>()?;
    Ok(counts)
}

fn stages(connection: &Connection, since: Timestamp, stats: &mut Stats) -> Result<(), StoreError> {
    let mut runs: BTreeMap<String, (u64, Vec<u64>)> = BTreeMap::new();
    let mut query = connection.prepare_cached(
        "SELECT stage, duration, class IS NULL FROM stage_runs WHERE ended_at >= ?1 ORDER BY ended_at DESC LIMIT ?2",
    )?;
    let mut rows = query.query(params![since.0, WINDOW_RUNS])?;
    while let Some(row) = rows.next()? {
        let (failed, durations) = runs.entry(row.get(0)?).or_default();
        if row.get(2)? {
            durations.push(row.get(1)?);
        } else {
            *failed += 1;
        }
    }
    for (stage, (failed, mut durations)) in runs {
        durations.sort_unstable();
        let totals = StageTotals {
            count: durations.len() as u64 + failed,
            failed,
            p50_ms: percentile(&durations, 50).unwrap_or(0),
            p90_ms: percentile(&durations, 90).unwrap_or(0),
            p99_ms: percentile(&durations, 99).unwrap_or(0),
        };
        stats.stages.insert(stage, totals);
    }
    Ok(())
}

/// A stage that completed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunRow {
    /// Its pipeline.
    pub pipeline: String,
    /// Its id.
    pub stage: String,
    /// How long it took, in milliseconds.
    pub duration_ms: u64,
}

/// The last stages that completed, oldest first: the ground of estimates after a start.
///
/// # Errors
/// The database's.
pub fn recent(connection: &Connection) -> Result<Vec<RunRow>, StoreError> {
    let mut runs = connection
        .prepare_cached("SELECT pipeline, stage, duration FROM stage_runs WHERE class IS NULL ORDER BY n DESC LIMIT ?1")?
        .query_map([RUNS], |row| Ok(RunRow { pipeline: row.get(0)?, stage: row.get(1)?, duration_ms: row.get(2)? }))?
        .collect::<rusqlite::Result<Vec<_>>>()?;
    runs.reverse();
    Ok(runs)
}

/// Lets go of runs that ended before `horizon`, `limit` at most.
///
/// # Errors
/// The database's.
pub fn prune(connection: &Connection, horizon: Timestamp, limit: u32) -> Result<usize, StoreError> {
    Ok(connection
        .prepare_cached("DELETE FROM stage_runs WHERE n IN (SELECT n FROM stage_runs WHERE ended_at < ?1 ORDER BY ended_at LIMIT ?2)")?
        .execute(params![horizon.0, limit])?)
}
