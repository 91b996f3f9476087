//! Workflows whose finished files stayed on this box. The row comes and goes in the transaction in which the stage says so,
//! by the key below among its outputs: a list of files that are still to be stored.

use super::error::StoreError;
use crate::domain::event::Event;
use crate::domain::{Timestamp, Value, Workflow};
use rusqlite::{Connection, params};

/// The key under which a stage names the files that stayed.
pub const UNSTORED_KEY: &str = "unstored";

/// One workflow's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnstoredRow {
    /// Its id.
    pub workflow: String,
    /// The stage that was to store them.
    pub stage: String,
    /// When the store's retries were spent.
    pub since: Timestamp,
    /// Tries since then.
    pub tries: u32,
    /// What the last one said.
    pub error: String,
}

/// All of them, the oldest first.
///
/// # Errors
/// The database's.
pub fn all(connection: &Connection) -> Result<Vec<UnstoredRow>, StoreError> {
    Ok(connection
        .prepare_cached(
            "SELECT workflow, stage, since, tries, error FROM unstored ORDER BY since, workflow LIMIT 1000",
        )?
        .query_map([], |row| {
            Ok(UnstoredRow {
                workflow: row.get(0)?,
                stage: row.get(1)?,
                since: Timestamp(row.get(2)?),
                tries: row.get(3)?,
                error: row.get(4)?,
            })
        })?
        .collect::<rusqlite::Result<_>>()?)
}

/// Notes what a stage says.
///
/// # Errors
/// The database's.
pub fn note_stage(
    connection: &Connection,
    event: &Event,
    workflow: &Workflow,
    now: Timestamp,
) -> Result<(), StoreError> {
    let (stage, outputs) = match event {
        Event::StageCompleted { stage, outputs, .. } | Event::StageAmended { stage, outputs } => {
            (*stage, outputs)
        }
        Event::Retried { .. } => return forget(connection, &workflow.id),
        _ => return Ok(()),
    };
    match outputs.get(UNSTORED_KEY) {
        Some(Value::List(files)) if !files.is_empty() => {
            let id = workflow.plan.stages[stage].id.as_str();
            connection
                .prepare_cached(
                    "INSERT OR REPLACE INTO unstored (workflow, stage, since) VALUES (?1, ?2, ?3)",
                )?
                .execute(params![workflow.id, id, now.0])?;
            Ok(())
        }
        Some(_) => forget(connection, &workflow.id),
        None => Ok(()),
    }
}

/// Keeps what another try said.
///
/// # Errors
/// The database's.
pub fn failed(connection: &Connection, workflow: &str, error: &str) -> Result<(), StoreError> {
    connection
        .prepare_cached("UPDATE unstored SET tries = tries + 1, error = ?2 WHERE workflow = ?1")?
        .execute(params![workflow, error])?;
    Ok(())
}

/// Forgets a workflow's.
///
/// # Errors
/// The database's.
pub fn forget(connection: &Connection, workflow: &str) -> Result<(), StoreError> {
    connection
        .prepare_cached("DELETE FROM unstored WHERE workflow = ?1")?
        .execute([workflow])?;
    Ok(())
}
