//! Pages of workflows. Every filter has an index; nothing is loaded that is not shown.

use super::codec;
use super::error::StoreError;
use super::plans::Plans;
use crate::domain::pick::Candidate;
use crate::domain::workflow::Status;
use crate::domain::{Timestamp, Workflow};
use rusqlite::types::Value;
use rusqlite::{Connection, Params, params, params_from_iter};
use std::sync::Arc;

/// Which workflows, and which page of them. Newest first.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Only these; empty: all.
    pub statuses: Vec<Status>,
    /// Only ended (true) or only active (false) ones.
    pub ended: Option<bool>,
    /// Only this pipeline's.
    pub pipeline: Option<String>,
    /// Only these pipelines'; empty: all.
    pub pipelines: Vec<String>,
    /// Only this user's.
    pub user: Option<String>,
    /// Only with this label; without a value: with this key.
    pub label: Option<(String, Option<String>)>,
    /// Created or ended at or after this.
    pub since: Option<Timestamp>,
    /// Created or ended before this.
    pub until: Option<Timestamp>,
    /// Words, or the beginning of an id.
    pub q: Option<String>,
    /// Only with this outside id.
    pub execution_id: Option<String>,
    /// How many.
    pub limit: u32,
    /// How many to pass over.
    pub offset: u64,
}

/// A page.
#[derive(Debug, Clone, Default)]
pub struct Page {
    /// In order.
    pub workflows: Vec<Arc<Workflow>>,
    /// How many there are in all.
    pub total: u64,
}

fn collect(
    connection: &Connection,
    plans: &Plans,
    sql: &str,
    params: impl Params,
) -> Result<Vec<Arc<Workflow>>, StoreError> {
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(params)?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let plan = plans.get(connection, row.get_ref(0)?.as_str().unwrap_or_default());
        let read =
            plan.and_then(|plan| codec::decode(row.get_ref(1)?.as_str().unwrap_or_default(), plan));
        match read {
            Ok(workflow) => found.push(Arc::new(workflow)),
            // One unreadable row must not hide all others.
            Err(StoreError::Decode { what, problem }) => {
                tracing::error!(
                    component = "STORE",
                    "{what} can't be read and is passed over: {problem}"
                );
            }
            Err(error) => return Err(error),
        }
    }
    Ok(found)
}

/// All that have not ended, oldest first.
///
/// # Errors
/// The database's.
pub fn active(
    connection: &Connection,
    plans: &Plans,
    user: Option<&str>,
) -> Result<Vec<Arc<Workflow>>, StoreError> {
    collect(
        connection,
        plans,
        "SELECT plan, doc FROM workflows WHERE ended_at IS NULL AND (?1 IS NULL OR user = ?1) ORDER BY n",
        params![user],
    )
}

/// Those that failed since a moment, newest first, a thousand at most.
///
/// # Errors
/// The database's.
pub fn failed_since(
    connection: &Connection,
    plans: &Plans,
    user: Option<&str>,
    since: Timestamp,
) -> Result<Vec<Arc<Workflow>>, StoreError> {
    collect(
        connection,
        plans,
        "SELECT plan, doc FROM workflows WHERE status = 'failed' AND ended_at >= ?2 AND (?1 IS NULL OR user = ?1)
         ORDER BY ended_at DESC LIMIT 1000",
        params![user, since.0],
    )
}

/// A ready stage and its workflow.
pub type Ready = (Candidate, Arc<Workflow>);

/// So many places of the queue are told.
pub const PLACES: u32 = 1000;

/// What waits for its first slot, in the order of the scheduler.
///
/// # Errors
/// The database's.
pub fn queue(
    connection: &Connection,
    plans: &Plans,
    limit: u32,
) -> Result<Vec<Arc<Workflow>>, StoreError> {
    let (_, mut ready) = waiting(connection, plans, limit)?;
    ready.retain(|(_, workflow)| workflow.status() == Status::Queued);
    ready.dedup_by(|left, right| left.1.id == right.1.id);
    Ok(ready.into_iter().map(|(_, workflow)| workflow).collect())
}

/// Ids of those that wait for their first slot, next first, and the first `first` ready stages with their workflows.
///
/// # Errors
/// The database's.
pub fn waiting(
    connection: &Connection,
    plans: &Plans,
    first: u32,
) -> Result<(Vec<String>, Vec<Ready>), StoreError> {
    let candidates = super::queue::candidates(connection, PLACES.max(first))?;
    let mut order: Vec<String> = Vec::with_capacity(candidates.len());
    let mut ready = Vec::new();
    for candidate in candidates {
        let queued = super::rows::status(connection, &candidate.workflow)?;
        if queued.as_deref() == Some(Status::Queued.word())
            && order.last() != Some(&candidate.workflow)
        {
            order.push(candidate.workflow.clone());
        }
        if ready.len() < first as usize {
            let workflow = super::rows::load(connection, plans, &candidate.workflow)?;
            ready.extend(workflow.map(|workflow| (candidate, Arc::new(workflow))));
        }
    }
    Ok((order, ready))
}

/// How many workflows there are in each status: of all, or of one user.
///
/// # Errors
/// The database's.
pub fn counts(
    connection: &Connection,
    user: Option<&str>,
) -> Result<Vec<(Status, u64)>, StoreError> {
    let found = connection
        .prepare_cached(
            "SELECT status, count(*) FROM workflows WHERE (?1 IS NULL OR user = ?1) GROUP BY status",
        )?
        .query_map([user], |row| Ok((row.get::<_, String>(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<Vec<_>>>()?;
    Ok(found
        .into_iter()
        .filter_map(|(word, count)| Some((Status::from_word(&word)?, count)))
        .collect())
}

/// A page by filter.
///
/// # Errors
/// The database's.
pub fn page(connection: &Connection, plans: &Plans, filter: &Filter) -> Result<Page, StoreError> {
    let (conditions, mut values) = conditions(filter);
    let conditions = if conditions.is_empty() {
        "1".to_owned()
    } else {
        conditions.join(" AND ")
    };
    let total = connection
        .prepare_cached(&format!(
            "SELECT count(*) FROM workflows WHERE {conditions}"
        ))?
        .query_row(params_from_iter(values.iter()), |row| row.get(0))?;
    let order = if filter.ended == Some(true) {
        "ended_at DESC, n DESC"
    } else {
        "n DESC"
    };
    values.push(Value::from(filter.limit));
    values.push(Value::from(
        i64::try_from(filter.offset).unwrap_or(i64::MAX),
    ));
    let sql = format!(
        "SELECT plan, doc FROM workflows WHERE {conditions} ORDER BY {order} LIMIT ? OFFSET ?"
    );
    Ok(Page {
        workflows: collect(connection, plans, &sql, params_from_iter(values.iter()))?,
        total,
    })
}

fn conditions(filter: &Filter) -> (Vec<String>, Vec<Value>) {
    let mut conditions: Vec<String> = Vec::new();
    let mut values: Vec<Value> = Vec::new();
    match filter.ended {
        Some(true) => conditions.push("ended_at IS NOT NULL".into()),
        Some(false) => conditions.push("ended_at IS NULL".into()),
        None => {}
    }
    if !filter.statuses.is_empty() {
        let marks = vec!["?"; filter.statuses.len()].join(", ");
        conditions.push(format!("status IN ({marks})"));
        values.extend(
            filter
                .statuses
                .iter()
                .map(|status| Value::from(status.word().to_owned())),
        );
    }
    if !filter.pipelines.is_empty() {
        let marks = vec!["?"; filter.pipelines.len()].join(", ");
        conditions.push(format!("pipeline IN ({marks})"));
        values.extend(filter.pipelines.iter().cloned().map(Value::from));
    }
    let mut equals = |column: &str, value: Option<&String>| {
        if let Some(value) = value {
            conditions.push(format!("{column} = ?"));
            values.push(Value::from(value.clone()));
        }
    };
    equals("pipeline", filter.pipeline.as_ref());
    equals("user", filter.user.as_ref());
    equals("execution_id", filter.execution_id.as_ref());
    let when = if filter.ended == Some(true) {
        "ended_at"
    } else {
        "created_at"
    };
    if let Some(since) = filter.since {
        conditions.push(format!("{when} >= ?"));
        values.push(Value::from(since.0));
    }
    if let Some(until) = filter.until {
        conditions.push(format!("{when} < ?"));
        values.push(Value::from(until.0));
    }
    if let Some((key, value)) = &filter.label {
        values.push(Value::from(key.clone()));
        let same = if let Some(value) = value {
            values.push(Value::from(value.clone()));
            " AND value = ?"
        } else {
            ""
        };
        conditions.push(format!(
            "n IN (SELECT workflow FROM labels WHERE key = ?{same})"
        ));
    }
    if let Some(q) = filter.q.as_ref().filter(|q| !q.trim().is_empty()) {
        conditions.push(
            "(n IN (SELECT rowid FROM search WHERE search MATCH ?)
              OR (id >= ? AND id < ?)
              OR (ended_at IS NULL AND instr(lower(doc), lower(?)) > 0))"
                .into(),
        );
        values.push(Value::from(match_words(q)));
        values.push(Value::from(q.trim().to_owned()));
        values.push(Value::from(format!("{}\u{10FFFF}", q.trim())));
        values.push(Value::from(q.trim().to_owned()));
    }
    (conditions, values)
}

/// Every word quoted, so that nothing a person types is FTS syntax; the last as a prefix, as one types.
fn match_words(q: &str) -> String {
    let words: Vec<String> = q
        .split_whitespace()
        .map(|word| format!("\"{}\"*", word.replace('"', "\"\"")))
        .collect();
    words.join(" ")
}
