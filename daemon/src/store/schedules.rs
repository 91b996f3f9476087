//! When each schedule last fired, and which boxes are drained.

use super::error::StoreError;
use crate::domain::Timestamp;
use rusqlite::{Connection, params};

/// What is kept of a schedule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FiredRow {
    /// Its name in the configuration.
    pub name: String,
    /// The time it last stood for.
    pub fired_at: Timestamp,
    /// The workflow it made.
    pub workflow: Option<String>,
}

/// Notes that a schedule fired.
///
/// # Errors
/// The database's.
pub fn fired(
    connection: &Connection,
    name: &str,
    at: Timestamp,
    workflow: Option<&str>,
) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO schedules (name, fired_at, workflow) VALUES (?1, ?2, ?3)
             ON CONFLICT (name) DO UPDATE SET fired_at = excluded.fired_at, workflow = coalesce(excluded.workflow, workflow)",
        )?
        .execute(params![name, at.0, workflow])?;
    Ok(())
}

/// All that ever fired.
///
/// # Errors
/// The database's.
pub fn all(connection: &Connection) -> Result<Vec<FiredRow>, StoreError> {
    Ok(connection
        .prepare_cached("SELECT name, fired_at, workflow FROM schedules")?
        .query_map([], |row| {
            Ok(FiredRow {
                name: row.get(0)?,
                fired_at: Timestamp(row.get(1)?),
                workflow: row.get(2)?,
            })
        })?
        .collect::<rusqlite::Result<_>>()?)
}

/// Notes a box as drained, or no longer.
///
/// # Errors
/// The database's.
pub fn set_drained(connection: &Connection, box_name: &str, on: bool) -> Result<(), StoreError> {
    let sql = if on {
        "INSERT OR IGNORE INTO drained (box) VALUES (?1)"
    } else {
        "DELETE FROM drained WHERE box = ?1"
    };
    connection.prepare_cached(sql)?.execute([box_name])?;
    Ok(())
}

/// The drained boxes.
///
/// # Errors
/// The database's.
pub fn drained(connection: &Connection) -> Result<Vec<String>, StoreError> {
    Ok(connection
        .prepare_cached("SELECT box FROM drained")?
        .query_map([], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?)
}
