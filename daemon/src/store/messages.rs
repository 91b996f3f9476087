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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Store;

    fn message(id: &str, user: &str, generation: Option<&str>) -> MessageRow {
        MessageRow {
            id: id.to_owned(),
            conversation: "c".to_owned(),
            user: user.to_owned(),
            role: if id.starts_with('a') {
                "assistant"
            } else {
                "user"
            }
            .to_owned(),
            kind: "text".to_owned(),
            content: id.to_owned(),
            generation: generation.map(str::to_owned),
            at: Timestamp(7),
        }
    }

    fn store() -> (tempfile::TempDir, Store) {
        let dir = tempfile::tempdir().unwrap();
        let parse = |_: &str, _: &str, _: &str| Err("no pipeline".to_owned());
        let store = Store::open(dir.path(), Box::new(parse)).unwrap();
        (dir, store)
    }

    #[test]
    fn pages_follow_each_other_and_users_stay_apart() {
        let (_dir, store) = store();
        let connection = &store.connection;
        assert_eq!(is_of(connection, "c", None).unwrap(), None);
        for id in ["u1", "a1", "u2", "a2", "u3"] {
            insert(connection, &message(id, "anna", None)).unwrap();
        }
        insert(connection, &message("u1", "anna", None)).unwrap();
        assert_eq!(is_of(connection, "c", Some("anna")).unwrap(), Some(true));
        assert_eq!(is_of(connection, "c", Some("ben")).unwrap(), Some(false));
        let ids = |after: Option<&str>, user: Option<&str>| {
            let page = page(connection, "c", user, after, 2).unwrap();
            page.map(|(rows, more)| (rows.into_iter().map(|row| row.id).collect::<Vec<_>>(), more))
        };
        let named = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect::<Vec<_>>();
        assert_eq!(ids(None, None), Some((named(&["u1", "a1"]), true)));
        assert_eq!(ids(Some("a1"), None), Some((named(&["u2", "a2"]), true)));
        assert_eq!(ids(Some("a2"), None), Some((named(&["u3"]), false)));
        assert_eq!(ids(Some("u3"), None), Some((Vec::new(), false)));
        assert_eq!(ids(Some("nobody"), None), None);
        assert_eq!(ids(None, Some("ben")), Some((Vec::new(), false)));
        assert_eq!(reply(connection, "u2").unwrap().unwrap().id, "a2");
        assert_eq!(reply(connection, "u3").unwrap(), None);
    }

    #[test]
    fn the_oldest_go_and_so_does_what_is_about_a_deleted_workflow() {
        let (_dir, store) = store();
        let connection = &store.connection;
        for number in 0..KEPT + 3 {
            let about = (number % 2 == 0).then_some("gen");
            insert(connection, &message(&format!("u{number}"), "anna", about)).unwrap();
        }
        assert_eq!(one(connection, "u2").unwrap(), None);
        assert!(one(connection, "u3").unwrap().is_some());
        forget(connection, "gen").unwrap();
        let (rows, more) = page(connection, "c", None, None, KEPT).unwrap().unwrap();
        assert!(!more && rows.iter().all(|row| row.generation.is_none()));
        assert_eq!(rows.len(), 500);
    }
}
