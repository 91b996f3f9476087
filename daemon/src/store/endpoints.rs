//! Endpoints: who is told of what, with which secret, and how their deliveries have fared lately.

use super::error::StoreError;
use crate::config::Secret;
use crate::domain::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;

/// An endpoint as stored.
#[derive(Debug, Clone, PartialEq)]
pub struct EndpointRow {
    /// `wh_…`
    pub id: String,
    /// Where events are sent.
    pub url: String,
    /// Event names; `*` is all but progress.
    pub events: Vec<String>,
    /// Only these pipelines' events; empty: any.
    pub pipelines: Vec<String>,
    /// Only workflows with all of these labels; empty: any.
    pub labels: BTreeMap<String, String>,
    /// Sent with each request.
    pub headers: BTreeMap<String, String>,
    /// Signs; none: nothing is signed (only an endpoint of the configuration without a secret).
    pub secret: Option<Secret>,
    /// Earlier secrets that still sign, newest first, each until when.
    pub old: Vec<(Secret, Timestamp)>,
    /// It is told at all.
    pub active: bool,
    /// Why it was turned off, where we did it.
    pub disabled: Option<String>,
    /// It stands in the configuration.
    pub configured: bool,
    /// Deliveries in a row that failed for good.
    pub exhausted: u32,
    /// Since when nothing got through.
    pub failing_since: Option<Timestamp>,
    /// When it was registered.
    pub created_at: Timestamp,
    /// When it was last changed by a person.
    pub updated_at: Timestamp,
}

const COLUMNS: &str = "SELECT id, url, events, pipelines, labels, headers, secret, old, active, disabled, configured, \
     exhausted, failing_since, created_at, updated_at FROM endpoints";

fn decode<T: DeserializeOwned>(id: &str, text: &str) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|error| StoreError::Decode {
        what: format!("endpoint `{id}`"),
        problem: error.to_string(),
    })
}

fn encode<T: Serialize>(id: &str, value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| StoreError::Decode {
        what: format!("endpoint `{id}`"),
        problem: error.to_string(),
    })
}

fn read(row: &Row<'_>) -> Result<EndpointRow, StoreError> {
    let id: String = row.get(0)?;
    let text = |index: usize| row.get::<_, String>(index);
    let old: Vec<(String, i64)> = decode(&id, &text(7)?)?;
    Ok(EndpointRow {
        url: row.get(1)?,
        events: decode(&id, &text(2)?)?,
        pipelines: decode(&id, &text(3)?)?,
        labels: decode(&id, &text(4)?)?,
        headers: decode(&id, &text(5)?)?,
        secret: row.get::<_, Option<String>>(6)?.map(Secret::new),
        old: old
            .into_iter()
            .map(|(secret, until)| (Secret::new(secret), Timestamp(until)))
            .collect(),
        active: row.get(8)?,
        disabled: row.get(9)?,
        configured: row.get(10)?,
        exhausted: row.get(11)?,
        failing_since: row.get::<_, Option<i64>>(12)?.map(Timestamp),
        created_at: Timestamp(row.get(13)?),
        updated_at: Timestamp(row.get(14)?),
        id,
    })
}

/// Stores an endpoint, new or changed.
///
/// # Errors
/// The database's.
pub fn save(connection: &Connection, row: &EndpointRow) -> Result<(), StoreError> {
    let old: Vec<(&str, i64)> = row
        .old
        .iter()
        .map(|(secret, until)| (secret.expose(), until.0))
        .collect();
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO endpoints (id, url, events, pipelines, labels, headers, secret, old, active, disabled,
                 configured, exhausted, failing_since, created_at, updated_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)",
        )?
        .execute(params![
            row.id,
            row.url,
            encode(&row.id, &row.events)?,
            encode(&row.id, &row.pipelines)?,
            encode(&row.id, &row.labels)?,
            encode(&row.id, &row.headers)?,
            row.secret.as_ref().map(Secret::expose),
            encode(&row.id, &old)?,
            row.active,
            row.disabled,
            row.configured,
            row.exhausted,
            row.failing_since.map(|at| at.0),
            row.created_at.0,
            row.updated_at.0,
        ])?;
    Ok(())
}

/// Something got through: whatever failed before no longer counts. Costs one look-up where nothing had failed.
///
/// # Errors
/// The database's.
pub fn got_through(connection: &Connection, id: &str) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "UPDATE endpoints SET exhausted = 0, failing_since = NULL
              WHERE id = ?1 AND (exhausted > 0 OR failing_since IS NOT NULL)",
        )?
        .execute([id])?;
    Ok(())
}

/// Forgets an endpoint. True when there was one.
///
/// # Errors
/// The database's.
pub fn delete(connection: &Connection, id: &str) -> Result<bool, StoreError> {
    Ok(connection
        .prepare_cached("DELETE FROM endpoints WHERE id = ?1")?
        .execute([id])?
        > 0)
}

/// The endpoint with this id.
///
/// # Errors
/// The database's.
pub fn get(connection: &Connection, id: &str) -> Result<Option<EndpointRow>, StoreError> {
    let mut statement = connection.prepare_cached(&format!("{COLUMNS} WHERE id = ?1"))?;
    statement
        .query_row([id], |row| Ok(read(row)))
        .optional()?
        .transpose()
}

/// All endpoints, oldest first.
///
/// # Errors
/// The database's.
pub fn all(connection: &Connection) -> Result<Vec<EndpointRow>, StoreError> {
    let mut statement = connection.prepare_cached(&format!("{COLUMNS} ORDER BY created_at, id"))?;
    let mut rows = statement.query([])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(read(row)?);
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{connection::open_writer, migrate};

    #[test]
    fn an_endpoint_comes_back_as_it_was_stored() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("reel.db");
        let mut connection = open_writer(&file).unwrap();
        migrate::migrate(&mut connection, &file).unwrap();
        let mut row = EndpointRow {
            id: "wh_a".into(),
            url: "https://h.example/x?y=1".into(),
            events: vec!["video.completed".into()],
            pipelines: vec!["video".into()],
            labels: [("a".into(), "ü \" 1".into())].into(),
            headers: [("X-A".into(), "b".into())].into(),
            secret: Some(Secret::new("s3cret!!")),
            old: vec![(Secret::new("older"), Timestamp(7))],
            active: true,
            disabled: None,
            configured: false,
            exhausted: 2,
            failing_since: Some(Timestamp(5)),
            created_at: Timestamp(1),
            updated_at: Timestamp(2),
        };
        save(&connection, &row).unwrap();
        assert_eq!(get(&connection, "wh_a").unwrap().as_ref(), Some(&row));
        row.active = false;
        row.disabled = Some("410".into());
        save(&connection, &row).unwrap();
        assert_eq!(all(&connection).unwrap(), [row]);
        assert!(delete(&connection, "wh_a").unwrap());
        assert!(!delete(&connection, "wh_a").unwrap());
        assert_eq!(get(&connection, "wh_a").unwrap(), None);
    }
}
