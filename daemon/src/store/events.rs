//! The numbered log. `seq` is given by the one writer and has no gap; rows are only ever removed from its old end.

use super::error::StoreError;
use crate::domain::Timestamp;
use rusqlite::{Connection, Row, params};

/// An event to append.
#[derive(Debug, Clone)]
pub struct NewEvent<'a> {
    /// The number after the last one's.
    pub seq: u64,
    /// When.
    pub at: Timestamp,
    /// Whose; none for endpoint, box, disk, schedule.
    pub workflow: Option<&'a str>,
    /// The workflow's submitter.
    pub user: Option<&'a str>,
    /// `workflow.created`…
    pub kind: &'a str,
    /// The workflow's `currentState` afterwards.
    pub state: Option<&'a str>,
    /// JSON object text.
    pub data: &'a str,
}

/// An event as read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventRow {
    /// Its number.
    pub seq: u64,
    /// When.
    pub at: Timestamp,
    /// Whose.
    pub workflow_id: Option<String>,
    /// Its submitter.
    pub user: Option<String>,
    /// `workflow.created`…
    pub kind: String,
    /// `currentState` afterwards.
    pub state: Option<String>,
    /// JSON object text.
    pub data: String,
}

impl EventRow {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            seq: row.get(0)?,
            at: Timestamp(row.get(1)?),
            workflow_id: row.get(2)?,
            user: row.get(3)?,
            kind: row.get(4)?,
            state: row.get(5)?,
            data: row.get(6)?,
        })
    }
}

/// Appends one event.
///
/// # Errors
/// The database's; a number that is taken.
pub fn append(connection: &Connection, event: &NewEvent<'_>) -> Result<(), StoreError> {
    connection
        .prepare_cached("INSERT INTO events (seq, at, workflow, user, kind, state, data) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")?
        .execute(params![event.seq, event.at.0, event.workflow, event.user, event.kind, event.state, event.data])?;
    Ok(())
}

/// The last number that was given.
///
/// # Errors
/// The database's.
pub fn last(connection: &Connection) -> Result<u64, StoreError> {
    let last: Option<u64> = connection
        .prepare_cached("SELECT max(seq) FROM events")?
        .query_row([], |row| row.get(0))?;
    Ok(last.unwrap_or(0).max(floor(connection)?))
}

/// Events up to and including this number may be gone.
///
/// # Errors
/// The database's.
pub fn floor(connection: &Connection) -> Result<u64, StoreError> {
    Ok(super::meta::get(connection, "event_floor")?
        .and_then(|text| text.parse().ok())
        .unwrap_or(0))
}

/// Events after a number, in order; of one workflow where asked.
///
/// # Errors
/// The database's.
pub fn after(
    connection: &Connection,
    seq: u64,
    limit: u32,
    workflow: Option<&str>,
) -> Result<Vec<EventRow>, StoreError> {
    const COLUMNS: &str = "SELECT seq, at, workflow, user, kind, state, data FROM events";
    let rows = match workflow {
        Some(id) => connection
            .prepare_cached(&format!(
                "{COLUMNS} WHERE workflow = ?1 AND seq > ?2 ORDER BY seq LIMIT ?3"
            ))?
            .query_map(params![id, seq, limit], EventRow::read)?
            .collect::<rusqlite::Result<Vec<_>>>()?,
        None => connection
            .prepare_cached(&format!("{COLUMNS} WHERE seq > ?1 ORDER BY seq LIMIT ?2"))?
            .query_map(params![seq, limit], EventRow::read)?
            .collect::<rusqlite::Result<Vec<_>>>()?,
    };
    Ok(rows)
}

/// Events before a number, the newest first; of one user where asked.
///
/// # Errors
/// The database's.
pub fn before(
    connection: &Connection,
    seq: u64,
    limit: u32,
    user: Option<&str>,
) -> Result<Vec<EventRow>, StoreError> {
    let rows = connection
        .prepare_cached(
            "SELECT seq, at, workflow, user, kind, state, data FROM events
             WHERE seq < ?1 AND (?2 IS NULL OR user = ?2) ORDER BY seq DESC LIMIT ?3",
        )?
        .query_map(params![seq, user, limit], EventRow::read)?
        .collect::<rusqlite::Result<Vec<_>>>()?;
    Ok(rows)
}

/// The last events of a workflow, oldest first.
///
/// # Errors
/// The database's.
pub fn tail(
    connection: &Connection,
    workflow: &str,
    limit: u32,
) -> Result<Vec<EventRow>, StoreError> {
    let mut rows = connection
        .prepare_cached(
            "SELECT seq, at, workflow, user, kind, state, data FROM events WHERE workflow = ?1 ORDER BY seq DESC LIMIT ?2",
        )?
        .query_map(params![workflow, limit], EventRow::read)?
        .collect::<rusqlite::Result<Vec<_>>>()?;
    rows.reverse();
    Ok(rows)
}

/// Removes up to `limit` events older than `horizon` whose workflow is gone, and raises the floor accordingly. Answers how many went.
///
/// # Errors
/// The database's.
pub fn prune(connection: &Connection, horizon: Timestamp, limit: u32) -> Result<usize, StoreError> {
    let gone = connection
        .prepare_cached(
            "SELECT seq FROM events WHERE at < ?1
               AND (workflow IS NULL OR NOT EXISTS (SELECT 1 FROM workflows WHERE workflows.id = events.workflow))
             ORDER BY seq LIMIT ?2",
        )?
        .query_map(params![horizon.0, limit], |row| row.get::<_, u64>(0))?
        .collect::<rusqlite::Result<Vec<_>>>()?;
    for seq in &gone {
        connection
            .prepare_cached("DELETE FROM events WHERE seq = ?1")?
            .execute([seq])?;
    }
    if let Some(highest) = gone.last() {
        let floor = floor(connection)?.max(*highest);
        super::meta::set(connection, "event_floor", &floor.to_string())?;
    }
    Ok(gone.len())
}
