//! Writing workflows: their row, and every table that is derived from it (ready stages, leases, dependencies, labels, words,
//! stage durations). All are written in the transaction that changes the workflow, so none can disagree with it.

use super::error::StoreError;
use super::plans::Plans;
use super::{codec, meta, signature};
use crate::domain::workflow::{StageState, State};
use crate::domain::{Timestamp, Workflow, ready};
use rusqlite::{Connection, OptionalExtension, params};
use std::sync::Arc;

/// The workflow with this id.
///
/// # Errors
/// The database's, or a row that can't be read.
pub fn load(
    connection: &Connection,
    plans: &Plans,
    id: &str,
) -> Result<Option<Workflow>, StoreError> {
    let row: Option<(String, String)> = connection
        .prepare_cached("SELECT plan, doc FROM workflows WHERE id = ?1")?
        .query_row([id], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let Some((plan, doc)) = row else {
        return Ok(None);
    };
    codec::decode(&doc, plans.get(connection, &plan)?).map(Some)
}

/// The stored status word of a workflow, if there is one of this id.
///
/// # Errors
/// The database's.
pub fn status(connection: &Connection, id: &str) -> Result<Option<String>, StoreError> {
    Ok(connection
        .prepare_cached("SELECT status FROM workflows WHERE id = ?1")?
        .query_row([id], |row| row.get(0))
        .optional()?)
}

/// Stores a workflow that is new (`old` is none) or changed.
///
/// # Errors
/// The database's.
pub fn save(
    connection: &Connection,
    plans: &Plans,
    old: Option<&Workflow>,
    new: &Workflow,
) -> Result<(), StoreError> {
    let doc = codec::encode(new)?;
    let due = ready::next_due(new).map(|at| at.0);
    let row = params![
        new.id,
        new.status().word(),
        new.completed_at.map(|at| at.0),
        due,
        new.started_at.map(|at| at.0),
        doc,
        new.plan.name,
        new.user,
        new.execution_id,
        new.created_at.0,
        new.plan.hash,
    ];
    if let Some(old) = old {
        connection
            .prepare_cached(
                "UPDATE workflows SET status = ?2, ended_at = ?3, due_at = ?4, started_at = ?5, doc = ?6 WHERE id = ?1",
            )?
            .execute(&row[..6])?;
        if old.execution_id != new.execution_id {
            connection
                .prepare_cached("UPDATE workflows SET execution_id = ?2 WHERE id = ?1")?
                .execute(params![new.id, new.execution_id])?;
        }
        let renamed = new.completed_at.is_some() && old.name != new.name;
        if renamed || old.completed_at.is_none() != new.completed_at.is_none() {
            index_words(connection, new)?;
        }
    } else {
        plans.keep(connection, &new.plan)?;
        connection
            .prepare_cached(
                "INSERT INTO workflows (id, status, ended_at, due_at, started_at, doc, pipeline, user, execution_id, created_at, plan)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
            )?
            .execute(row)?;
        let n = connection.last_insert_rowid();
        for (key, value) in &new.labels {
            connection
                .prepare_cached("INSERT INTO labels (key, value, workflow) VALUES (?1, ?2, ?3)")?
                .execute(params![key, value, n])?;
        }
        for needed in new.depends_on.iter().filter(|needed| !needed.done) {
            connection
                .prepare_cached(
                    "INSERT OR IGNORE INTO dependencies (needs, workflow) VALUES (?1, ?2)",
                )?
                .execute(params![needed.id, new.id])?;
        }
        if new.completed_at.is_some() {
            index_words(connection, new)?;
        }
    }
    save_ready(connection, old, new)?;
    save_leases(connection, old, new)
}

fn save_ready(
    connection: &Connection,
    old: Option<&Workflow>,
    new: &Workflow,
) -> Result<(), StoreError> {
    let rows = |workflow: &Workflow| -> Vec<(String, i64, usize)> {
        let rank = ready::rank(workflow);
        ready::ready(workflow)
            .into_iter()
            .map(|stage| (signature::of(workflow, stage), rank, stage))
            .collect()
    };
    let before = old.map(rows).unwrap_or_default();
    let after = rows(new);
    for (signature, rank, stage) in before.iter().filter(|row| !after.contains(row)) {
        connection
            .prepare_cached("DELETE FROM ready WHERE signature = ?1 AND rank = ?2 AND workflow = ?3 AND stage = ?4")?
            .execute(params![signature, rank, new.id, stage])?;
    }
    for (signature, rank, stage) in after.iter().filter(|row| !before.contains(row)) {
        connection
            .prepare_cached("INSERT OR REPLACE INTO ready (signature, rank, workflow, stage) VALUES (?1, ?2, ?3, ?4)")?
            .execute(params![signature, rank, new.id, stage])?;
    }
    Ok(())
}

/// Writes the ready stages anew if an earlier version wrote them: their signatures had another form. Once.
///
/// # Errors
/// The database's.
pub fn renew_ready(connection: &Connection, plans: &Plans) -> Result<(), StoreError> {
    const KEY: &str = "ready_form";
    if meta::get(connection, KEY)?.as_deref() == Some(signature::FORM) {
        return Ok(());
    }
    connection.execute_batch("BEGIN IMMEDIATE")?;
    let renewed = (|| {
        connection.execute("DELETE FROM ready", [])?;
        let ids: Vec<String> = connection
            .prepare("SELECT id FROM workflows WHERE ended_at IS NULL")?
            .query_map([], |row| row.get(0))?
            .collect::<rusqlite::Result<_>>()?;
        for id in ids {
            match load(connection, plans, &id) {
                Ok(Some(workflow)) => save_ready(connection, None, &workflow)?,
                Ok(None) => {}
                // One unreadable row keeps no other from being started.
                Err(StoreError::Decode { what, problem }) => {
                    tracing::error!(component = "STORE", videoId = %id, "{what} can't be read and is passed over: {problem}");
                }
                Err(error) => return Err(error),
            }
        }
        meta::set(connection, KEY, signature::FORM)
    })();
    connection.execute_batch(if renewed.is_ok() {
        "COMMIT"
    } else {
        "ROLLBACK"
    })?;
    renewed
}

fn save_leases(
    connection: &Connection,
    old: Option<&Workflow>,
    new: &Workflow,
) -> Result<(), StoreError> {
    for (index, stage) in new.stages.iter().enumerate() {
        let before = old.and_then(|old| lease(&old.stages[index].state));
        match (before, lease(&stage.state)) {
            (before, Some((attempt, box_name))) if before.map(|(old, _)| old) != Some(attempt) => {
                connection
                    .prepare_cached("INSERT OR REPLACE INTO leases (workflow, stage, attempt, box, wants) VALUES (?1, ?2, ?3, ?4, ?5)")?
                    .execute(params![new.id, index, attempt, box_name, signature::of(new, index)])?;
            }
            (Some(_), None) => {
                connection
                    .prepare_cached("DELETE FROM leases WHERE workflow = ?1 AND stage = ?2")?
                    .execute(params![new.id, index])?;
            }
            _ => {}
        }
    }
    Ok(())
}

fn lease(state: &StageState) -> Option<(u32, &str)> {
    match state {
        StageState::InProgress(lease) => Some((lease.attempt, &lease.box_name)),
        _ => None,
    }
}

/// Puts an ended workflow's words into the search index, or takes a reopened one's out.
fn index_words(connection: &Connection, workflow: &Workflow) -> Result<(), StoreError> {
    let n: i64 = connection
        .prepare_cached("SELECT n FROM workflows WHERE id = ?1")?
        .query_row([&workflow.id], |row| row.get(0))?;
    connection
        .prepare_cached("DELETE FROM search WHERE rowid = ?1")?
        .execute([n])?;
    if workflow.completed_at.is_some() {
        connection
            .prepare_cached("INSERT INTO search (rowid, words) VALUES (?1, ?2)")?
            .execute(params![n, words(workflow)])?;
    }
    Ok(())
}

/// Bounded, so that a huge prompt does not make a huge index.
const WORDS: usize = 4096;

fn words(workflow: &Workflow) -> String {
    let mut words = format!("{} {} {}", workflow.id, workflow.name, workflow.plan.name);
    for (key, value) in &workflow.labels {
        words.push(' ');
        words.push_str(key);
        words.push(' ');
        words.push_str(value);
    }
    for value in workflow.params.values() {
        words.push(' ');
        words.push_str(&value.to_string());
    }
    if let State::Failed(failure) = &workflow.state {
        words.push(' ');
        words.push_str(&failure.message);
    }
    let mut end = WORDS.min(words.len());
    while !words.is_char_boundary(end) {
        end -= 1;
    }
    words.truncate(end);
    words
}

/// Forgets a workflow: its row and all that is derived from it. Its events stay until retention prunes them.
///
/// # Errors
/// The database's.
pub fn delete(connection: &Connection, workflow: &Workflow) -> Result<(), StoreError> {
    let n: Option<i64> = connection
        .prepare_cached("SELECT n FROM workflows WHERE id = ?1")?
        .query_row([&workflow.id], |row| row.get(0))
        .optional()?;
    let Some(n) = n else { return Ok(()) };
    for sql in [
        "DELETE FROM search WHERE rowid = ?1",
        "DELETE FROM labels WHERE workflow = ?1",
        "DELETE FROM workflows WHERE n = ?1",
    ] {
        connection.prepare_cached(sql)?.execute([n])?;
    }
    for sql in [
        "DELETE FROM dependencies WHERE workflow = ?1",
        "DELETE FROM leases WHERE workflow = ?1",
    ] {
        connection.prepare_cached(sql)?.execute([&workflow.id])?;
    }
    super::episodes::forget(connection, &workflow.id)?;
    super::unstored::forget(connection, &workflow.id)?;
    super::messages::forget(connection, &workflow.id)
}

/// Ids of the workflows that wait for this one; they are forgotten as waiters.
///
/// # Errors
/// The database's.
pub fn take_waiters(connection: &Connection, id: &str) -> Result<Vec<String>, StoreError> {
    let waiters = connection
        .prepare_cached("SELECT workflow FROM dependencies WHERE needs = ?1")?
        .query_map([id], |row| row.get(0))?
        .collect::<rusqlite::Result<Vec<String>>>()?;
    if !waiters.is_empty() {
        connection
            .prepare_cached("DELETE FROM dependencies WHERE needs = ?1")?
            .execute([id])?;
    }
    Ok(waiters)
}

/// Notes again what a reopened workflow waits for.
///
/// # Errors
/// The database's.
pub fn wait_again(connection: &Connection, workflow: &Workflow) -> Result<(), StoreError> {
    for needed in workflow.depends_on.iter().filter(|needed| !needed.done) {
        connection
            .prepare_cached("INSERT OR IGNORE INTO dependencies (needs, workflow) VALUES (?1, ?2)")?
            .execute(params![needed.id, workflow.id])?;
    }
    Ok(())
}

/// Notes how long a stage took: the ground of estimates and statistics.
///
/// # Errors
/// The database's.
pub fn note_run(
    connection: &Connection,
    pipeline: &str,
    stage: &str,
    ended_at: Timestamp,
    duration_ms: u64,
    class: Option<&str>,
) -> Result<(), StoreError> {
    connection
        .prepare_cached("INSERT INTO stage_runs (pipeline, stage, ended_at, duration, class) VALUES (?1, ?2, ?3, ?4, ?5)")?
        .execute(params![pipeline, stage, ended_at.0, i64::try_from(duration_ms).unwrap_or(i64::MAX), class])?;
    Ok(())
}

/// Ids of workflows for which something is due, earliest first.
///
/// # Errors
/// The database's.
pub fn due(connection: &Connection, now: Timestamp, limit: u32) -> Result<Vec<String>, StoreError> {
    Ok(connection
        .prepare_cached("SELECT id FROM workflows WHERE due_at <= ?1 ORDER BY due_at LIMIT ?2")?
        .query_map(params![now.0, limit], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?)
}

/// When the next thing is due.
///
/// # Errors
/// The database's.
pub fn next_due(connection: &Connection) -> Result<Option<Timestamp>, StoreError> {
    let at: Option<i64> = connection
        .prepare_cached("SELECT min(due_at) FROM workflows WHERE due_at IS NOT NULL")?
        .query_row([], |row| row.get(0))?;
    Ok(at.map(Timestamp))
}

/// Ended workflows that retention lets go: all but the newest `keep`, and those that ended before `horizon`.
///
/// # Errors
/// The database's.
pub fn expired(
    connection: &Connection,
    plans: &Plans,
    keep: u64,
    horizon: Option<Timestamp>,
    limit: u32,
) -> Result<Vec<Arc<Workflow>>, StoreError> {
    let total: i64 = connection
        .prepare_cached("SELECT count(*) FROM workflows WHERE ended_at IS NOT NULL")?
        .query_row([], |row| row.get(0))?;
    let beyond = total
        .saturating_sub(i64::try_from(keep).unwrap_or(i64::MAX))
        .max(0);
    let mut rows = connection.prepare_cached(
        "SELECT plan, doc, ended_at FROM workflows WHERE ended_at IS NOT NULL ORDER BY ended_at, n LIMIT ?1",
    )?;
    let mut rows = rows.query([limit])?;
    let mut expired = Vec::new();
    while let Some(row) = rows.next()? {
        let ended: i64 = row.get(2)?;
        let too_many = i64::try_from(expired.len()).unwrap_or(i64::MAX) < beyond;
        if !too_many && horizon.is_none_or(|horizon| ended >= horizon.0) {
            break;
        }
        let plan: String = row.get(0)?;
        let doc: String = row.get(1)?;
        expired.push(Arc::new(codec::decode(
            &doc,
            plans.get(connection, &plan)?,
        )?));
    }
    Ok(expired)
}
