//! What was done within a window, by day and by pipeline.

use super::error::StoreError;
use super::stats::percentile;
use crate::domain::Timestamp;
use rusqlite::{Connection, params};
use std::collections::BTreeMap;

/// Percentiles look at this many workflows at most, the newest.
const RUNS: u32 = 20_000;

/// By what is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// The day of the end, in UTC: `2026-11-20`.
    Day,
    /// The pipeline's name.
    Pipeline,
}

/// The workflows of one day or pipeline that ended.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Share {
    /// All of them.
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
}

/// The shares since a moment, by name; of one user where asked.
///
/// # Errors
/// The database's.
pub fn since(
    connection: &Connection,
    since: Timestamp,
    user: Option<&str>,
    by: By,
) -> Result<BTreeMap<String, Share>, StoreError> {
    let name = match by {
        By::Day => "date(ended_at / 1000, 'unixepoch')",
        By::Pipeline => "pipeline",
    };
    let mut shares: BTreeMap<String, Share> = BTreeMap::new();
    let mut counts = connection.prepare_cached(&format!(
        "SELECT {name}, status, count(*) FROM workflows
         WHERE ended_at >= ?1 AND (?2 IS NULL OR user = ?2) GROUP BY 1, 2"
    ))?;
    let mut rows = counts.query(params![since.0, user])?;
    while let Some(row) = rows.next()? {
        let share = shares.entry(row.get(0)?).or_default();
        let count: u64 = row.get(2)?;
        share.total += count;
        match row.get_ref(1)?.as_str().unwrap_or_default() {
            "completed" => share.completed = count,
            "failed" => share.failed = count,
            "cancelled" => share.cancelled = count,
            _ => {}
        }
    }
    let mut spans: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    let mut times = connection.prepare_cached(&format!(
        "SELECT {name}, max(ended_at - started_at, 0) FROM workflows
         WHERE status = 'completed' AND ended_at >= ?1 AND started_at IS NOT NULL AND (?2 IS NULL OR user = ?2)
         ORDER BY ended_at DESC LIMIT ?3"
    ))?;
    let mut rows = times.query(params![since.0, user, RUNS])?;
    while let Some(row) = rows.next()? {
        spans.entry(row.get(0)?).or_default().push(row.get(1)?);
    }
    for (name, mut spans) in spans {
        spans.sort_unstable();
        let share = shares.entry(name).or_default();
        share.p50_ms = percentile(&spans, 50);
        share.p90_ms = percentile(&spans, 90);
    }
    Ok(shares)
}
