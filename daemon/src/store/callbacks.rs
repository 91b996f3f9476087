//! Callbacks that were taken: a repeated one gets the first answer again, byte for byte.

use super::error::StoreError;
use crate::domain::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

/// A callback's first answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallbackRow {
    /// SHA-256 of the body that came.
    pub hash: [u8; 32],
    /// HTTP status.
    pub status: u16,
    /// The answer's bytes.
    pub body: Vec<u8>,
}

/// The first answer to a callback that came by this route under this key.
///
/// # Errors
/// The database's.
pub fn known(
    connection: &Connection,
    route: &str,
    key: &str,
) -> Result<Option<CallbackRow>, StoreError> {
    Ok(connection
        .prepare_cached("SELECT hash, status, body FROM callbacks WHERE route = ?1 AND key = ?2")?
        .query_row([route, key], |row| {
            Ok(CallbackRow {
                hash: row.get(0)?,
                status: row.get(1)?,
                body: row.get(2)?,
            })
        })
        .optional()?)
}

/// Keeps the answer to a callback; the first one stays.
///
/// # Errors
/// The database's.
pub fn keep(
    connection: &Connection,
    route: &str,
    key: &str,
    row: &CallbackRow,
    at: Timestamp,
) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT OR IGNORE INTO callbacks (route, key, hash, at, status, body) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute(params![route, key, row.hash, at.0, row.status, row.body])?;
    Ok(())
}

/// Forgets callbacks that came before `horizon`. Answers how many.
///
/// # Errors
/// The database's.
pub fn prune(connection: &Connection, horizon: Timestamp) -> Result<usize, StoreError> {
    Ok(connection
        .prepare_cached("DELETE FROM callbacks WHERE at < ?1")?
        .execute([horizon.0])?)
}
