//! Messages of conversations, in the order in which they came. What is about a generation goes with it.

use super::error::StoreError;
use crate::domain::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};

/// Messages of one conversation that are kept; the oldest go first.
pub const KEPT: u32 = 1_000;
/// Messages that are kept in all.
const KEPT_IN_ALL: i64 = 200_000;

/// A message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageRow {
    /// `msg_…`
    pub id: String,
    /// The conversation's id, as its client chose it.
    pub conversation: String,
    /// Whose conversation this part of it is.
    pub user: String,
    /// `user` or `assistant`.
    pub role: String,
    /// `text`, `generation_started`, `clarification`, `confirmation`, `generation_result`, `error`.
    pub kind: String,
    /// What is said.
    pub content: String,
    /// The workflow that it is about.
    pub generation: Option<String>,
    /// When.
    pub at: Timestamp,
}

impl MessageRow {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            id: row.get(0)?,
            conversation: row.get(1)?,
            user: row.get(2)?,
            role: row.get(3)?,
            kind: row.get(4)?,
            content: row.get(5)?,
            generation: row.get(6)?,
            at: Timestamp(row.get(7)?),
        })
    }
}

const COLUMNS: &str =
    "SELECT id, conversation, user, role, kind, content, generation, at FROM messages";

/// Adds a message; one that is there under this id stays. The conversation's oldest go beyond what is kept.
///
/// # Errors
/// The database's.
pub fn insert(connection: &Connection, message: &MessageRow) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT OR IGNORE INTO messages (id, conversation, user, role, kind, content, generation, at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        )?
        .execute(params![
            message.id,
            message.conversation,
            message.user,
            message.role,
            message.kind,
            message.content,
            message.generation,
            message.at.0,
        ])?;
    connection
        .prepare_cached(
            "DELETE FROM messages WHERE n IN
             (SELECT n FROM messages WHERE conversation = ?1 ORDER BY n DESC LIMIT -1 OFFSET ?2)",
        )?
        .execute(params![message.conversation, KEPT])?;
    connection
        .prepare_cached("DELETE FROM messages WHERE n <= (SELECT max(n) FROM messages) - ?1")?
        .execute([KEPT_IN_ALL])?;
    Ok(())
}

/// Forgets what was said about a workflow that is deleted.
///
/// # Errors
/// The database's.
pub fn forget(connection: &Connection, generation: &str) -> Result<(), StoreError> {
    connection
        .prepare_cached("DELETE FROM messages WHERE generation = ?1")?
        .execute([generation])?;
    Ok(())
}

/// Whether a conversation is there: for all (`user` none), or for this user. None: nobody ever said anything in it.
///
/// # Errors
/// The database's.
pub fn is_of(
    connection: &Connection,
    conversation: &str,
    user: Option<&str>,
) -> Result<Option<bool>, StoreError> {
    let owner: Option<String> = connection
        .prepare_cached("SELECT user FROM messages WHERE conversation = ?1 ORDER BY n LIMIT 1")?
        .query_row([conversation], |row| row.get(0))
        .optional()?;
    Ok(owner.map(|owner| user.is_none_or(|user| user == owner)))
}

/// A page of a conversation: what came after the message `after`, oldest first, and whether there is more. None: there is no
/// such message in it.
///
/// # Errors
/// The database's.
pub fn page(
    connection: &Connection,
    conversation: &str,
    user: Option<&str>,
    after: Option<&str>,
    limit: u32,
) -> Result<Option<(Vec<MessageRow>, bool)>, StoreError> {
    let from: i64 = match after {
        None => 0,
        Some(id) => {
            let found = connection
                .prepare_cached(
                    "SELECT n FROM messages WHERE id = ?1 AND conversation = ?2 AND (?3 IS NULL OR user = ?3)",
                )?
                .query_row(params![id, conversation, user], |row| row.get(0))
                .optional()?;
            let Some(n) = found else { return Ok(None) };
            n
        }
    };
    let mut found = connection
        .prepare_cached(&format!(
            "{COLUMNS} WHERE conversation = ?1 AND n > ?2 AND (?3 IS NULL OR user = ?3) ORDER BY n LIMIT ?4"
        ))?
        .query_map(
            params![conversation, from, user, i64::from(limit) + 1],
            MessageRow::read,
        )?
        .collect::<rusqlite::Result<Vec<_>>>()?;
    let more = found.len() > limit as usize;
    found.truncate(limit as usize);
    Ok(Some((found, more)))
}

/// A message by its id.
///
/// # Errors
/// The database's.
pub fn one(connection: &Connection, id: &str) -> Result<Option<MessageRow>, StoreError> {
    Ok(connection
        .prepare_cached(&format!("{COLUMNS} WHERE id = ?1"))?
        .query_row([id], MessageRow::read)
        .optional()?)
}

/// What the assistant said first after a message of a conversation.
///
/// # Errors
/// The database's.
pub fn reply(connection: &Connection, id: &str) -> Result<Option<MessageRow>, StoreError> {
    Ok(connection
        .prepare_cached(&format!(
            "{COLUMNS} WHERE role = 'assistant' AND n > (SELECT n FROM messages WHERE id = ?1)
             AND conversation = (SELECT conversation FROM messages WHERE id = ?1) ORDER BY n LIMIT 1"
        ))?
        .query_row([id], MessageRow::read)
        .optional()?)
}
