//! The order of what could start: reading the `ready` table, and who holds which slots.

use super::error::StoreError;
use super::signature;
use crate::domain::pick::Candidate;
use rusqlite::{Connection, params};

/// An attempt that holds slots.
#[derive(Debug, Clone)]
pub struct LeaseRow {
    /// What it holds, as a candidate with its workflow and stage.
    pub holds: Candidate,
    /// Its number.
    pub attempt: u32,
    /// Whose slots.
    pub box_name: String,
}

/// The first `depth` ready stages of every signature, all together in the order of their ranks.
///
/// # Errors
/// The database's.
pub fn candidates(connection: &Connection, depth: u32) -> Result<Vec<Candidate>, StoreError> {
    let mut all = Vec::new();
    // Skips from one signature to the next through the index, however many rows each has.
    let mut next =
        connection.prepare_cached("SELECT min(signature) FROM ready WHERE signature > ?1")?;
    let mut head = connection
        .prepare_cached("SELECT rank, workflow, stage FROM ready WHERE signature = ?1 ORDER BY rank, workflow, stage LIMIT ?2")?;
    let mut signature_now = String::new();
    while let Some(signature) =
        next.query_row([&signature_now], |row| row.get::<_, Option<String>>(0))?
    {
        let mut rows = head.query(params![signature, depth])?;
        while let Some(row) = rows.next()? {
            all.push(signature::candidate(
                &signature,
                row.get(0)?,
                row.get(1)?,
                row.get(2)?,
            ));
        }
        signature_now = signature;
    }
    all.sort_by(|left, right| {
        (left.rank, &left.workflow, left.stage).cmp(&(right.rank, &right.workflow, right.stage))
    });
    Ok(all)
}

/// Every lease.
///
/// # Errors
/// The database's.
pub fn leases(connection: &Connection) -> Result<Vec<LeaseRow>, StoreError> {
    Ok(connection
        .prepare_cached("SELECT workflow, stage, attempt, box, wants FROM leases")?
        .query_map([], |row| {
            let wants: String = row.get(4)?;
            Ok(LeaseRow {
                holds: signature::candidate(&wants, 0, row.get(0)?, row.get(1)?),
                attempt: row.get(2)?,
                box_name: row.get(3)?,
            })
        })?
        .collect::<rusqlite::Result<_>>()?)
}
