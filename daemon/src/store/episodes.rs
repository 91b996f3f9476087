//! Episodes, their clips and the clips' renders, as stages left them. They are written in the transaction that ends the
//! stage, from what it gave under `episode`:
//!
//! ```text
//! episode: {id, stage?, language?, duration?, clips?: [{clip_id, title, start, end, score, text}],
//!           renders?: [{clip_id, variant, aspect_ratio, path?, size?}]}        a render without a path is still to be made
//! ```
//!
//! A clip that was found anew with other bounds is another clip: renders of the old one are forgotten.

use super::error::StoreError;
use crate::domain::event::Event;
use crate::domain::{Timestamp, Value, Values, Workflow};
use rusqlite::{Connection, OptionalExtension, Row, params};

/// The key under which a stage gives what it knows of an episode.
pub const EPISODE_KEY: &str = "episode";

/// How far an episode is.
#[derive(Debug, Clone, PartialEq)]
pub struct EpisodeRow {
    /// Its id.
    pub id: String,
    /// `discovered`, `transcribed`, `enriched`, `rendered` or `clips`: the last that was reached; none before the first.
    pub stage: Option<String>,
    /// The workflow that last worked on it; none when that was deleted.
    pub job: Option<String>,
    /// As the transcriber told.
    pub language: Option<String>,
    /// Seconds.
    pub duration: Option<f64>,
    /// When a workflow first named it.
    pub discovered_at: Timestamp,
    /// When anything last changed.
    pub updated_at: Timestamp,
}

/// A clip.
#[derive(Debug, Clone, PartialEq)]
pub struct ClipRow {
    /// Its id within the episode.
    pub clip_id: String,
    /// For people.
    pub title: String,
    /// Seconds.
    pub start: f64,
    /// Seconds.
    pub end: f64,
    /// 0–1.
    pub score: f64,
    /// What is said.
    pub text: String,
    /// What was made of it, by variant and ratio.
    pub renders: Vec<RenderRow>,
}

/// One form of a clip.
#[derive(Debug, Clone, PartialEq)]
pub struct RenderRow {
    /// `clean`, `subtitled`.
    pub variant: String,
    /// `9x16`, `16x9`, `1x1`.
    pub aspect_ratio: String,
    /// `pending`, `ready`, `failed`.
    pub status: String,
    /// The file, once it is ready.
    pub path: Option<String>,
    /// Its bytes.
    pub size: Option<u64>,
    /// The workflow that makes or made it.
    pub job: String,
}

/// All episodes that were worked on, by id.
///
/// # Errors
/// The database's.
pub fn all(connection: &Connection) -> Result<Vec<EpisodeRow>, StoreError> {
    Ok(connection
        .prepare_cached(
            "SELECT id, stage, job, language, duration, discovered_at, updated_at FROM episodes ORDER BY id",
        )?
        .query_map([], episode)?
        .collect::<rusqlite::Result<_>>()?)
}

/// One episode; none that was never worked on.
///
/// # Errors
/// The database's.
pub fn one(connection: &Connection, id: &str) -> Result<Option<EpisodeRow>, StoreError> {
    Ok(connection
        .prepare_cached(
            "SELECT id, stage, job, language, duration, discovered_at, updated_at FROM episodes WHERE id = ?1",
        )?
        .query_row([id], episode)
        .optional()?)
}

fn episode(row: &Row<'_>) -> rusqlite::Result<EpisodeRow> {
    Ok(EpisodeRow {
        id: row.get(0)?,
        stage: row.get(1)?,
        job: row.get(2)?,
        language: row.get(3)?,
        duration: row.get(4)?,
        discovered_at: Timestamp(row.get(5)?),
        updated_at: Timestamp(row.get(6)?),
    })
}

/// An episode's clips by their beginning, with their renders.
///
/// # Errors
/// The database's.
pub fn clips(connection: &Connection, episode: &str) -> Result<Vec<ClipRow>, StoreError> {
    let mut clips: Vec<ClipRow> = connection
        .prepare_cached(
            "SELECT clip, title, start, stop, score, text FROM clips WHERE episode = ?1 ORDER BY position",
        )?
        .query_map([episode], |row| {
            Ok(ClipRow {
                clip_id: row.get(0)?,
                title: row.get(1)?,
                start: row.get(2)?,
                end: row.get(3)?,
                score: row.get(4)?,
                text: row.get(5)?,
                renders: Vec::new(),
            })
        })?
        .collect::<rusqlite::Result<_>>()?;
    let mut statement = connection.prepare_cached(
        "SELECT clip, variant, ratio, status, path, size, job FROM renders WHERE episode = ?1 ORDER BY clip, variant, ratio",
    )?;
    let mut rows = statement.query([episode])?;
    while let Some(row) = rows.next()? {
        let clip: String = row.get(0)?;
        let size: Option<i64> = row.get(5)?;
        let render = RenderRow {
            variant: row.get(1)?,
            aspect_ratio: row.get(2)?,
            status: row.get(3)?,
            path: row.get(4)?,
            size: size.and_then(|size| u64::try_from(size).ok()),
            job: row.get(6)?,
        };
        if let Some(clip) = clips.iter_mut().find(|one| one.clip_id == clip) {
            clip.renders.push(render);
        }
    }
    Ok(clips)
}

/// Notes that a new workflow works on an episode: one whose pipeline discovers one, by its parameter `episode_id`.
///
/// # Errors
/// The database's.
pub fn note_submit(
    connection: &Connection,
    workflow: &Workflow,
    now: Timestamp,
) -> Result<(), StoreError> {
    if !workflow
        .plan
        .stages
        .iter()
        .any(|stage| stage.work.uses() == Some("episode_discover"))
    {
        return Ok(());
    }
    let Some(id) = workflow.params.get("episode_id").and_then(Value::as_text) else {
        return Ok(());
    };
    connection
        .prepare_cached(
            "INSERT INTO episodes (id, job, discovered_at, updated_at) VALUES (?1, ?2, ?3, ?3)
             ON CONFLICT (id) DO UPDATE SET job = ?2, updated_at = ?3",
        )?
        .execute(params![id, workflow.id, now.0])?;
    Ok(())
}

/// Notes what the end of a stage says of an episode. Costs a look where it says nothing.
///
/// # Errors
/// The database's.
pub fn note_stage(
    connection: &Connection,
    event: &Event,
    workflow: &Workflow,
    now: Timestamp,
) -> Result<(), StoreError> {
    match event {
        Event::StageCompleted { outputs, .. } => {
            let told = outputs.get(EPISODE_KEY).and_then(Value::as_map);
            told.map_or(Ok(()), |told| note(connection, told, &workflow.id, now))
        }
        // A render that has failed: what it would have been stands in its stage's own table.
        Event::StageFailed { stage, .. } => {
            let with = workflow.plan.stages[*stage].work.with();
            let text = |key: &str| with?.get(key)?.as_text();
            let (Some(clip), Some(variant), Some(ratio), Some(episode)) = (
                text("clip_id"),
                text("variant"),
                text("aspect_ratio"),
                workflow.params.get("episode_id").and_then(Value::as_text),
            ) else {
                return Ok(());
            };
            connection
                .prepare_cached(
                    "UPDATE renders SET status = 'failed', updated_at = ?5
                     WHERE episode = ?1 AND clip = ?2 AND variant = ?3 AND ratio = ?4 AND job = ?6 AND status = 'pending'",
                )?
                .execute(params![episode, clip, variant, ratio, now.0, workflow.id])?;
            Ok(())
        }
        _ => Ok(()),
    }
}

fn note(
    connection: &Connection,
    told: &Values,
    job: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    let text = |key: &str| told.get(key).and_then(Value::as_text);
    let Some(id) = text("id") else { return Ok(()) };
    connection
        .prepare_cached(
            "INSERT INTO episodes (id, stage, language, duration, discovered_at, updated_at) VALUES (?1, ?2, ?3, ?4, ?5, ?5)
             ON CONFLICT (id) DO UPDATE SET stage = coalesce(?2, stage), language = coalesce(?3, language),
                 duration = coalesce(?4, duration), updated_at = ?5",
        )?
        .execute(params![
            id,
            text("stage"),
            text("language"),
            told.get("duration").and_then(Value::as_number),
            now.0
        ])?;
    if let Some(clips) = told.get("clips").and_then(Value::as_list) {
        replace_clips(connection, id, clips)?;
    }
    for render in told
        .get("renders")
        .and_then(Value::as_list)
        .unwrap_or_default()
    {
        note_render(connection, id, render, job, now)?;
    }
    Ok(())
}

fn replace_clips(
    connection: &Connection,
    episode: &str,
    found: &[Value],
) -> Result<(), StoreError> {
    connection
        .prepare_cached("UPDATE clips SET position = -1 WHERE episode = ?1")?
        .execute([episode])?;
    for (clip, position) in found.iter().filter_map(Value::as_map).zip(0_i64..) {
        let text = |key: &str| clip.get(key).and_then(Value::as_text).unwrap_or_default();
        let number = |key: &str| clip.get(key).and_then(Value::as_number).unwrap_or_default();
        let (id, start, end) = (text("clip_id"), number("start"), number("end"));
        connection
            .prepare_cached(
                "DELETE FROM renders WHERE episode = ?1 AND clip = ?2 AND NOT EXISTS
                 (SELECT 1 FROM clips WHERE episode = ?1 AND clip = ?2 AND start = ?3 AND stop = ?4)",
            )?
            .execute(params![episode, id, start, end])?;
        connection
            .prepare_cached(
                "INSERT OR REPLACE INTO clips (episode, clip, position, title, start, stop, score, text)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            )?
            .execute(params![episode, id, position, text("title"), start, end, number("score"), text("text")])?;
    }
    connection
        .prepare_cached(
            "DELETE FROM renders WHERE episode = ?1 AND clip IN
             (SELECT clip FROM clips WHERE episode = ?1 AND position = -1)",
        )?
        .execute([episode])?;
    connection
        .prepare_cached("DELETE FROM clips WHERE episode = ?1 AND position = -1")?
        .execute([episode])?;
    Ok(())
}

fn note_render(
    connection: &Connection,
    episode: &str,
    render: &Value,
    job: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    let Some(render) = render.as_map() else {
        return Ok(());
    };
    let text = |key: &str| render.get(key).and_then(Value::as_text);
    let (Some(clip), Some(variant), Some(ratio)) =
        (text("clip_id"), text("variant"), text("aspect_ratio"))
    else {
        return Ok(());
    };
    let size = match render.get("size") {
        Some(Value::Int(size)) => Some(*size),
        _ => None,
    };
    // What is ready stays so while it is made again, and gives way when the new one is.
    let sql = if text("path").is_some() {
        "INSERT OR REPLACE INTO renders (episode, clip, variant, ratio, status, path, size, job, updated_at)
         VALUES (?1, ?2, ?3, ?4, 'ready', ?5, ?6, ?7, ?8)"
    } else {
        "INSERT INTO renders (episode, clip, variant, ratio, status, path, size, job, updated_at)
         VALUES (?1, ?2, ?3, ?4, 'pending', ?5, ?6, ?7, ?8)
         ON CONFLICT (episode, clip, variant, ratio)
         DO UPDATE SET status = 'pending', job = ?7, updated_at = ?8 WHERE status <> 'ready'"
    };
    connection.prepare_cached(sql)?.execute(params![
        episode,
        clip,
        variant,
        ratio,
        text("path"),
        size,
        job,
        now.0
    ])?;
    Ok(())
}

/// A workflow was deleted: what it rendered goes with it.
///
/// # Errors
/// The database's.
pub fn forget(connection: &Connection, workflow: &str) -> Result<(), StoreError> {
    for sql in [
        "DELETE FROM renders WHERE job = ?1",
        "UPDATE episodes SET job = NULL WHERE job = ?1",
    ] {
        connection.prepare_cached(sql)?.execute([workflow])?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
