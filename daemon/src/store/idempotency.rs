//! First answers to requests that carried an `Idempotency-Key`, kept for a day.
//!
//! A row without a status is a request still at work. Rows that a crash left that way are dropped at the start: whatever
//! they made was either committed (and the client finds it by listing) or never happened.

use super::error::StoreError;
use crate::domain::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};
use std::time::Duration;

/// How long an answer is kept.
pub const KEPT: Duration = Duration::from_secs(24 * 3600);

/// What is known of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Idempotency {
    /// It is new, and now noted as at work.
    New,
    /// The same request was answered so.
    Replay {
        /// HTTP status.
        status: u16,
        /// The answer's bytes.
        body: Vec<u8>,
    },
    /// The key came with another body before.
    Reused,
    /// The first request is still at work.
    Busy,
}

/// Looks a key up, and notes it as at work when it is new.
///
/// # Errors
/// The database's.
pub fn begin(
    connection: &Connection,
    scope: &str,
    key: &str,
    hash: &[u8; 32],
    now: Timestamp,
) -> Result<Idempotency, StoreError> {
    let horizon = now.0.saturating_sub(i64::try_from(KEPT.as_millis()).unwrap_or(i64::MAX));
    connection.prepare_cached("DELETE FROM idempotency WHERE at < ?1")?.execute([horizon])?;
    let known: Option<([u8; 32], Option<u16>, Option<Vec<u8>>)> = connection
        .prepare_cached("SELECT hash, status, body FROM idempotency WHERE scope = ?1 AND key = ?2")?
        .query_row(params![scope, key], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .optional()?;
    Ok(match known {
        Some((first, _, _)) if first != *hash => Idempotency::Reused,
        Some((_, Some(status), body)) => Idempotency::Replay { status, body: body.unwrap_or_default() },
        Some((_, None, _)) => Idempotency::Busy,
        None => {
            connection
                .prepare_cached("INSERT INTO idempotency (scope, key, hash, at) VALUES (?1, ?2, ?3, ?4)")?
                .execute(params![scope, key, hash, now.0])?;
            Idempotency::New
        }
    })
}

/// Keeps the answer of a key that was `New`; none forgets it, so that the request may come again.
///
/// # Errors
/// The database's.
pub fn finish(
    connection: &Connection,
    scope: &str,
    key: &str,
    answer: Option<(u16, &[u8])>,
) -> Result<(), StoreError> {
    match answer {
        Some((status, body)) => connection
            .prepare_cached("UPDATE idempotency SET status = ?3, body = ?4 WHERE scope = ?1 AND key = ?2")?
            .execute(params![scope, key, status, body])?,
        None => connection
            .prepare_cached("DELETE FROM idempotency WHERE scope = ?1 AND key = ?2")?
            .execute(params![scope, key])?,
    };
    Ok(())
}

/// At the start: forgets requests that a crash cut off.
///
/// # Errors
/// The database's.
pub fn drop_unfinished(connection: &Connection) -> Result<(), StoreError> {
    connection.execute("DELETE FROM idempotency WHERE status IS NULL", [])?;
    Ok(())
}
