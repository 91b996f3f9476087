//! Deliveries: one event on its way to one endpoint, with the bytes that are sent, and what became of each attempt.
//!
//! ```text
//!  pending (due) ──2xx──▶ delivered
//!   │    ▲ └── endpoint off: held, without a due time
//!   │    └── retry by hand: a fresh round, the attempts' numbers go on
//!   └──round spent, or 410──▶ failed
//! ```

use super::error::StoreError;
use crate::domain::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};

/// A delivery to write.
#[derive(Debug, Clone)]
pub struct NewDelivery<'a> {
    /// `dlv_…`
    pub id: &'a str,
    /// What shares a pace: the endpoint's id, or the host of a workflow's own URL.
    pub target: &'a str,
    /// The endpoint; none: the workflow's own URL.
    pub endpoint: Option<&'a str>,
    /// The workflow's own URL; none: the endpoint's.
    pub url: Option<&'a str>,
    /// Whose event.
    pub workflow: Option<&'a str>,
    /// `evt_…`: the same for every endpoint and attempt.
    pub event_id: &'a str,
    /// `video.completed`…
    pub event_type: &'a str,
    /// What is sent.
    pub body: &'a [u8],
    /// The first attempt.
    pub due_at: Timestamp,
    /// When it was caused.
    pub created_at: Timestamp,
}

/// A delivery that is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DueRow {
    /// Names it within the database.
    pub n: i64,
    /// `dlv_…`
    pub id: String,
    /// What shares a pace.
    pub target: String,
    /// The endpoint; none: `url`.
    pub endpoint: Option<String>,
    /// The workflow's own URL.
    pub url: Option<String>,
    /// `evt_…`
    pub event_id: String,
    /// `video.completed`…
    pub event_type: String,
    /// What is sent.
    pub body: Vec<u8>,
    /// Attempts made so far.
    pub attempts: u32,
    /// Attempts made before the current round.
    pub round: u32,
}

/// What became of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttemptRow {
    /// From 1, counting on over rounds.
    pub number: u32,
    /// When it began.
    pub at: Timestamp,
    /// The answer's status.
    pub status: Option<u16>,
    /// Milliseconds.
    pub latency: u64,
    /// Why there was no answer.
    pub error: Option<String>,
    /// The beginning of the answer.
    pub response: String,
}

/// How a delivery stands after an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It got through.
    Delivered,
    /// It is tried again then.
    Due(Timestamp),
    /// It is given up.
    Failed,
}

/// Writes a delivery.
///
/// # Errors
/// The database's.
pub fn insert(connection: &Connection, new: &NewDelivery<'_>) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO deliveries (id, target, endpoint, url, workflow, event_id, event_type, body, status, attempts, round,
                 due_at, created_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 'pending', 0, 0, ?9, ?10)",
        )?
        .execute(params![
            new.id,
            new.target,
            new.endpoint,
            new.url,
            new.workflow,
            new.event_id,
            new.event_type,
            new.body,
            new.due_at.0,
            new.created_at.0
        ])?;
    Ok(())
}

/// Every target that something waits for, with its earliest due time. Costs one look-up a target, however much waits.
///
/// # Errors
/// The database's.
pub fn targets(connection: &Connection) -> Result<Vec<(String, Timestamp)>, StoreError> {
    const SQL: &str = "
        WITH RECURSIVE known (target) AS (
            SELECT (SELECT min(target) FROM deliveries WHERE due_at IS NOT NULL)
            UNION ALL
            SELECT (SELECT min(target) FROM deliveries WHERE due_at IS NOT NULL AND target > known.target)
              FROM known WHERE known.target IS NOT NULL
        )
        SELECT target, (SELECT min(due_at) FROM deliveries WHERE due_at IS NOT NULL AND target = known.target)
          FROM known WHERE target IS NOT NULL";
    let mut statement = connection.prepare_cached(SQL)?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, Timestamp(row.get(1)?))))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// The first deliveries of a target that are due by `now`, longest due first.
///
/// # Errors
/// The database's.
pub fn due(
    connection: &Connection,
    target: &str,
    now: Timestamp,
    limit: u32,
) -> Result<Vec<DueRow>, StoreError> {
    let read = |row: &Row<'_>| {
        Ok(DueRow {
            n: row.get(0)?,
            id: row.get(1)?,
            target: row.get(2)?,
            endpoint: row.get(3)?,
            url: row.get(4)?,
            event_id: row.get(5)?,
            event_type: row.get(6)?,
            body: row.get(7)?,
            attempts: row.get(8)?,
            round: row.get(9)?,
        })
    };
    let mut statement = connection.prepare_cached(
        "SELECT n, id, target, endpoint, url, event_id, event_type, body, attempts, round FROM deliveries
          WHERE target = ?1 AND due_at <= ?2 ORDER BY due_at, n LIMIT ?3",
    )?;
    let rows = statement.query_map(params![target, now.0, limit], read)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Notes an attempt and what follows from it. False when the delivery is gone, or this attempt was noted before: nothing
/// changes then.
///
/// # Errors
/// The database's.
pub fn attempted(
    connection: &Connection,
    n: i64,
    attempt: &AttemptRow,
    standing: Standing,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let (status, due, ended) = match standing {
        Standing::Delivered => ("delivered", None, Some(now.0)),
        Standing::Due(at) => ("pending", Some(at.0), None),
        Standing::Failed => ("failed", None, Some(now.0)),
    };
    // A delivery whose endpoint was turned off meanwhile is held: it keeps no due time.
    let changed = connection
        .prepare_cached(
            "UPDATE deliveries SET status = ?3, attempts = ?2, ended_at = ?5,
                    due_at = CASE WHEN due_at IS NULL THEN NULL ELSE ?4 END
              WHERE n = ?1 AND attempts = ?2 - 1 AND status = 'pending'",
        )?
        .execute(params![n, attempt.number, status, due, ended])?;
    if changed == 0 {
        return Ok(false);
    }
    connection
        .prepare_cached(
            "INSERT INTO attempts (delivery, number, at, status, latency, error, response) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?
        .execute(params![
            n,
            attempt.number,
            attempt.at.0,
            attempt.status,
            i64::try_from(attempt.latency).unwrap_or(i64::MAX),
            attempt.error,
            attempt.response
        ])?;
    Ok(true)
}

/// Holds everything that waits for an endpoint that was turned off.
///
/// # Errors
/// The database's.
pub fn hold(connection: &Connection, endpoint: &str) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "UPDATE deliveries SET due_at = NULL WHERE target = ?1 AND due_at IS NOT NULL",
        )?
        .execute([endpoint])?;
    Ok(())
}

/// Lets go what was held while its endpoint was off. Answers how much.
///
/// # Errors
/// The database's.
pub fn release(connection: &Connection, endpoint: &str, now: Timestamp) -> Result<u64, StoreError> {
    let count = connection
        .prepare_cached(
            "UPDATE deliveries SET due_at = ?2 WHERE endpoint = ?1 AND status = 'pending' AND due_at IS NULL",
        )?
        .execute(params![endpoint, now.0])?;
    Ok(count as u64)
}

/// Forgets everything of an endpoint.
///
/// # Errors
/// The database's.
pub fn forget_endpoint(connection: &Connection, endpoint: &str) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "DELETE FROM attempts WHERE delivery IN (SELECT n FROM deliveries WHERE endpoint = ?1)",
        )?
        .execute([endpoint])?;
    connection
        .prepare_cached("DELETE FROM deliveries WHERE endpoint = ?1")?
        .execute([endpoint])?;
    Ok(())
}

/// A fresh round for what failed and matches `which`, with what it takes; held where the endpoint is off.
fn again(
    connection: &Connection,
    which: &str,
    values: impl rusqlite::Params,
) -> Result<u64, StoreError> {
    let sql = format!(
        "UPDATE deliveries SET status = 'pending', round = attempts, ended_at = NULL,
                due_at = CASE WHEN endpoint IN (SELECT id FROM endpoints WHERE active = 0) THEN NULL ELSE ?1 END
          WHERE status = 'failed' AND {which}"
    );
    Ok(connection.prepare_cached(&sql)?.execute(values)? as u64)
}

/// A fresh round for one that failed. `None`: there is none with this id; false: it did not fail.
///
/// # Errors
/// The database's.
pub fn retry(
    connection: &Connection,
    id: &str,
    now: Timestamp,
) -> Result<Option<bool>, StoreError> {
    let known: Option<i64> = connection
        .prepare_cached("SELECT n FROM deliveries WHERE id = ?1")?
        .query_row([id], |row| row.get(0))
        .optional()?;
    let Some(n) = known else { return Ok(None) };
    Ok(Some(again(connection, "n = ?2", params![now.0, n])? > 0))
}

/// A fresh round for all that failed.
///
/// # Errors
/// The database's.
pub fn retry_all(connection: &Connection, now: Timestamp) -> Result<u64, StoreError> {
    again(connection, "true", params![now.0])
}

/// A fresh round for all of an endpoint that was caused at or after `since` and failed.
///
/// # Errors
/// The database's.
pub fn recover(
    connection: &Connection,
    endpoint: &str,
    since: Timestamp,
    now: Timestamp,
) -> Result<u64, StoreError> {
    again(
        connection,
        "endpoint = ?2 AND created_at >= ?3",
        params![now.0, endpoint, since.0],
    )
}

/// Removes up to `limit` deliveries that ended before `horizon`, with their attempts. Answers how many went.
///
/// # Errors
/// The database's.
pub fn prune(connection: &Connection, horizon: Timestamp, limit: u32) -> Result<usize, StoreError> {
    let gone = connection
        .prepare_cached("SELECT n FROM deliveries WHERE ended_at < ?1 ORDER BY ended_at LIMIT ?2")?
        .query_map(params![horizon.0, limit], |row| row.get::<_, i64>(0))?
        .collect::<rusqlite::Result<Vec<_>>>()?;
    for n in &gone {
        connection
            .prepare_cached("DELETE FROM attempts WHERE delivery = ?1")?
            .execute([n])?;
        connection
            .prepare_cached("DELETE FROM deliveries WHERE n = ?1")?
            .execute([n])?;
    }
    Ok(gone.len())
}
