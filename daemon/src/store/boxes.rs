//! The boxes that were ever heard of: what they offered last, and the last of their letters that is folded.

use super::error::StoreError;
use crate::domain::{Resources, Timestamp};
use rusqlite::{Connection, OptionalExtension, params};
use std::collections::BTreeMap;

/// A box.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BoxRow {
    /// Its name.
    pub name: String,
    /// What it offers.
    pub resources: Resources,
    /// What it carries.
    pub labels: BTreeMap<String, String>,
    /// The `reeld` that runs there.
    pub version: String,
    /// Its work was given to others then, and it has not been heard of since.
    pub lost_at: Option<Timestamp>,
    /// It was stopped, held nothing, and has not been heard of since.
    pub has_left: bool,
}

fn json(what: &str, text: &str) -> impl FnOnce(serde_json::Error) -> StoreError {
    let (what, text) = (what.to_owned(), text.to_owned());
    move |error| StoreError::Decode {
        what: format!("the {what} of a box, `{text}`"),
        problem: error.to_string(),
    }
}

/// All of them, by name.
///
/// # Errors
/// The database's.
pub fn all(connection: &Connection) -> Result<Vec<BoxRow>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT name, resources, labels, version, lost_at, has_left FROM boxes ORDER BY name",
    )?;
    let mut rows = statement.query([])?;
    let mut all = Vec::new();
    while let Some(row) = rows.next()? {
        let (resources, labels): (String, String) = (row.get(1)?, row.get(2)?);
        all.push(BoxRow {
            name: row.get(0)?,
            resources: serde_json::from_str(&resources).map_err(json("resources", &resources))?,
            labels: serde_json::from_str(&labels).map_err(json("labels", &labels))?,
            version: row.get(3)?,
            lost_at: row.get::<_, Option<i64>>(4)?.map(Timestamp),
            has_left: row.get(5)?,
        });
    }
    Ok(all)
}

/// Notes what a box offers; it is there again if it was lost.
///
/// # Errors
/// The database's.
pub fn heard(connection: &Connection, row: &BoxRow, now: Timestamp) -> Result<(), StoreError> {
    let text = |value: Result<String, serde_json::Error>| value.map_err(json("offer", &row.name));
    connection
        .prepare_cached(
            "INSERT INTO boxes (name, resources, labels, version, joined_at) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT (name) DO UPDATE SET resources = excluded.resources, labels = excluded.labels, version = excluded.version, lost_at = NULL, has_left = 0",
        )?
        .execute(params![
            row.name,
            text(serde_json::to_string(&row.resources))?,
            text(serde_json::to_string(&row.labels))?,
            row.version,
            now.0
        ])?;
    Ok(())
}

/// Notes a box as lost.
///
/// # Errors
/// The database's.
pub fn lost(connection: &Connection, name: &str, now: Timestamp) -> Result<(), StoreError> {
    connection
        .prepare_cached("UPDATE boxes SET lost_at = ?2 WHERE name = ?1")?
        .execute(params![name, now.0])?;
    Ok(())
}

/// Notes a box as stopped.
///
/// # Errors
/// The database's.
pub fn left(connection: &Connection, name: &str) -> Result<(), StoreError> {
    connection
        .prepare_cached("UPDATE boxes SET has_left = 1 WHERE name = ?1")?
        .execute([name])?;
    Ok(())
}

/// The ledger of a box and the last of its letters that is folded; none for a box that never wrote.
///
/// # Errors
/// The database's.
pub fn folded(connection: &Connection, name: &str) -> Result<Option<(String, u64)>, StoreError> {
    Ok(connection
        .prepare_cached("SELECT ledger, folded FROM boxes WHERE name = ?1")?
        .query_row([name], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?)
}

/// Notes that all letters of this ledger up to this one are folded.
///
/// # Errors
/// The database's.
pub fn fold(
    connection: &Connection,
    name: &str,
    ledger: &str,
    upto: u64,
) -> Result<(), StoreError> {
    connection
        .prepare_cached("UPDATE boxes SET ledger = ?2, folded = ?3 WHERE name = ?1")?
        .execute(params![name, ledger, upto])?;
    Ok(())
}
