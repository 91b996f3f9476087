//! Pages of deliveries with their attempts, newest first, and how many stand where.

use super::deliveries::AttemptRow;
use super::error::StoreError;
use crate::domain::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};

/// A delivery as listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliveryRow {
    /// Names it within the database.
    pub n: i64,
    /// `dlv_…`
    pub id: String,
    /// None: the workflow's own URL.
    pub endpoint: Option<String>,
    /// Where it goes; none: the endpoint is gone.
    pub url: Option<String>,
    /// Whose event.
    pub workflow: Option<String>,
    /// `evt_…`
    pub event_id: String,
    /// `video.completed`…
    pub event_type: String,
    /// `pending`, `delivered`, `failed`.
    pub status: String,
    /// The next attempt.
    pub due_at: Option<Timestamp>,
    /// When it was caused.
    pub created_at: Timestamp,
    /// Oldest first.
    pub attempts: Vec<AttemptRow>,
}

/// Which deliveries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Which {
    /// An endpoint's.
    Of(String),
    /// All that failed.
    Failed,
}

/// A page.
#[derive(Debug, Clone, Default)]
pub struct DeliveryPage {
    /// Newest first.
    pub deliveries: Vec<DeliveryRow>,
    /// How many there are in all.
    pub total: u64,
}

/// How many deliveries stand where.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Endpoints.
    pub endpoints: u64,
    /// Of them turned off.
    pub disabled: u64,
    /// Deliveries that wait.
    pub pending: u64,
    /// Deliveries that failed and are kept.
    pub failed: u64,
}

const COLUMNS: &str = "SELECT d.n, d.id, d.endpoint, coalesce(d.url, e.url), d.workflow, d.event_id, d.event_type, d.status, \
     d.due_at, d.created_at FROM deliveries d LEFT JOIN endpoints e ON e.id = d.endpoint";

fn read(row: &Row<'_>) -> rusqlite::Result<DeliveryRow> {
    Ok(DeliveryRow {
        n: row.get(0)?,
        id: row.get(1)?,
        endpoint: row.get(2)?,
        url: row.get(3)?,
        workflow: row.get(4)?,
        event_id: row.get(5)?,
        event_type: row.get(6)?,
        status: row.get(7)?,
        due_at: row.get::<_, Option<i64>>(8)?.map(Timestamp),
        created_at: Timestamp(row.get(9)?),
        attempts: Vec::new(),
    })
}

fn attempts(connection: &Connection, n: i64) -> Result<Vec<AttemptRow>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT number, at, status, latency, error, response FROM attempts WHERE delivery = ?1 ORDER BY number",
    )?;
    let rows = statement.query_map([n], |row| {
        Ok(AttemptRow {
            number: row.get(0)?,
            at: Timestamp(row.get(1)?),
            status: row.get(2)?,
            latency: row.get(3)?,
            error: row.get(4)?,
            response: row.get(5)?,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// A page of deliveries.
///
/// # Errors
/// The database's.
pub fn page(
    connection: &Connection,
    which: &Which,
    limit: u32,
    offset: u64,
) -> Result<DeliveryPage, StoreError> {
    let (condition, endpoint) = match which {
        Which::Of(endpoint) => ("d.endpoint = ?1", endpoint.as_str()),
        Which::Failed => ("d.status = 'failed' AND ?1 = ''", ""),
    };
    let total = connection
        .prepare_cached(&format!(
            "SELECT count(*) FROM deliveries d WHERE {condition}"
        ))?
        .query_row([endpoint], |row| row.get(0))?;
    let mut deliveries = connection
        .prepare_cached(&format!(
            "{COLUMNS} WHERE {condition} ORDER BY d.n DESC LIMIT ?2 OFFSET ?3"
        ))?
        .query_map(params![endpoint, limit, offset], read)?
        .collect::<rusqlite::Result<Vec<_>>>()?;
    for delivery in &mut deliveries {
        delivery.attempts = attempts(connection, delivery.n)?;
    }
    Ok(DeliveryPage { deliveries, total })
}

/// One delivery with the bytes that are sent.
///
/// # Errors
/// The database's.
pub fn one(
    connection: &Connection,
    id: &str,
) -> Result<Option<(DeliveryRow, Vec<u8>)>, StoreError> {
    let found = connection
        .prepare_cached(&format!("{COLUMNS} WHERE d.id = ?1"))?
        .query_row([id], read)
        .optional()?;
    let Some(mut delivery) = found else {
        return Ok(None);
    };
    delivery.attempts = attempts(connection, delivery.n)?;
    let body = connection
        .prepare_cached("SELECT body FROM deliveries WHERE n = ?1")?
        .query_row([delivery.n], |row| row.get(0))?;
    Ok(Some((delivery, body)))
}

/// How many deliveries stand where.
///
/// # Errors
/// The database's.
pub fn counts(connection: &Connection) -> Result<Counts, StoreError> {
    let (endpoints, disabled) = connection
        .prepare_cached("SELECT count(*), coalesce(sum(active = 0), 0) FROM endpoints")?
        .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let pending = connection
        .prepare_cached("SELECT count(*) FROM deliveries WHERE due_at IS NOT NULL")?
        .query_row([], |row| row.get(0))?;
    let failed = connection
        .prepare_cached("SELECT count(*) FROM deliveries WHERE status = 'failed'")?
        .query_row([], |row| row.get(0))?;
    Ok(Counts {
        endpoints,
        disabled,
        pending,
        failed,
    })
}

/// Deliveries that got through and that failed since a moment, and the 90th percentile of the latency of answered attempts
/// in milliseconds.
///
/// # Errors
/// The database's.
pub fn since(
    connection: &Connection,
    since: Timestamp,
) -> Result<(u64, u64, Option<u64>), StoreError> {
    let (delivered, failed) = connection
        .prepare_cached(
            "SELECT coalesce(sum(status = 'delivered'), 0), coalesce(sum(status = 'failed'), 0) FROM deliveries
              WHERE ended_at >= ?1",
        )?
        .query_row([since.0], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let mut latencies = connection
        .prepare_cached(
            "SELECT a.latency FROM deliveries d JOIN attempts a ON a.delivery = d.n
              WHERE d.ended_at >= ?1 AND a.status IS NOT NULL",
        )?
        .query_map([since.0], |row| row.get::<_, u64>(0))?
        .collect::<rusqlite::Result<Vec<_>>>()?;
    latencies.sort_unstable();
    let p90 = latencies
        .get((latencies.len() * 9).div_ceil(10).saturating_sub(1))
        .copied();
    Ok((delivered, failed, p90))
}
