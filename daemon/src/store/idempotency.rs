//! First answers to requests that carried an `Idempotency-Key`, kept for a day. A request that is still at work has no row:
//! it lives in memory with whoever serves it.

use super::error::StoreError;
use crate::domain::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};
use std::time::Duration;

/// How long an answer is kept.
pub const KEPT: Duration = Duration::from_secs(24 * 3600);

/// What is known of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Known {
    /// Nothing.
    New,
    /// The same request was answered so.
    Answered {
        /// HTTP status.
        status: u16,
        /// The answer's bytes.
        body: Vec<u8>,
    },
    /// The key came with another request.
    Other,
}

/// A request with a key.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Keyed {
    /// Whose key it is.
    pub scope: String,
    /// The key.
    pub key: String,
    /// Of method, path and body.
    pub hash: [u8; 32],
}

fn horizon(now: Timestamp) -> i64 {
    now.0
        .saturating_sub(i64::try_from(KEPT.as_millis()).unwrap_or(i64::MAX))
}

/// Looks a key up.
///
/// # Errors
/// The database's.
pub fn look(connection: &Connection, keyed: &Keyed, now: Timestamp) -> Result<Known, StoreError> {
    type Row = ([u8; 32], Option<u16>, Option<Vec<u8>>);
    let found: Option<Row> = connection
        .prepare_cached(
            "SELECT hash, status, body FROM idempotency WHERE scope = ?1 AND key = ?2 AND at >= ?3",
        )?
        .query_row(params![keyed.scope, keyed.key, horizon(now)], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })
        .optional()?;
    Ok(match found {
        Some((first, _, _)) if first != keyed.hash => Known::Other,
        Some((_, Some(status), body)) => Known::Answered {
            status,
            body: body.unwrap_or_default(),
        },
        Some((_, None, _)) | None => Known::New,
    })
}

/// Keeps a first answer, and lets go of those that are over a day old.
///
/// # Errors
/// The database's.
pub fn keep(
    connection: &Connection,
    keyed: &Keyed,
    status: u16,
    body: &[u8],
    now: Timestamp,
) -> Result<(), StoreError> {
    connection
        .prepare_cached("DELETE FROM idempotency WHERE at < ?1")?
        .execute([horizon(now)])?;
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO idempotency (scope, key, hash, at, status, body) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute(params![keyed.scope, keyed.key, keyed.hash, now.0, status, body])?;
    Ok(())
}
