//! Tokens: who may come in over TCP. Only a hash of the secret is kept.

use super::error::StoreError;
use crate::domain::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};

/// A token as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenRow {
    /// `tok_…`, to name it by.
    pub id: String,
    /// For people.
    pub name: String,
    /// SHA-256 of the secret text.
    pub hash: [u8; 32],
    /// `read`, `operate`, `admin`.
    pub scope: String,
    /// Whose workflows it makes; none: its own name.
    pub user: Option<String>,
    /// It sees that user's alone.
    pub own: bool,
    /// When it was made.
    pub created_at: Timestamp,
    /// No longer good from then on.
    pub expires_at: Option<Timestamp>,
    /// When it last came.
    pub last_used_at: Option<Timestamp>,
}

impl TokenRow {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            id: row.get(0)?,
            name: row.get(1)?,
            hash: row.get(2)?,
            scope: row.get(3)?,
            user: row.get(4)?,
            own: row.get(5)?,
            created_at: Timestamp(row.get(6)?),
            expires_at: row.get::<_, Option<i64>>(7)?.map(Timestamp),
            last_used_at: row.get::<_, Option<i64>>(8)?.map(Timestamp),
        })
    }
}

const COLUMNS: &str =
    "SELECT id, name, hash, scope, user, own, created_at, expires_at, last_used_at FROM tokens";

/// Stores a new token.
///
/// # Errors
/// The database's.
pub fn insert(connection: &Connection, token: &TokenRow) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO tokens (id, name, hash, scope, user, own, created_at, expires_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        )?
        .execute(params![
            token.id,
            token.name,
            token.hash,
            token.scope,
            token.user,
            token.own,
            token.created_at.0,
            token.expires_at.map(|at| at.0)
        ])?;
    Ok(())
}

/// Forgets a token. True when there was one.
///
/// # Errors
/// The database's.
pub fn revoke(connection: &Connection, id: &str) -> Result<bool, StoreError> {
    Ok(connection
        .prepare_cached("DELETE FROM tokens WHERE id = ?1")?
        .execute([id])?
        > 0)
}

/// Notes when a token last came.
///
/// # Errors
/// The database's.
pub fn touch(connection: &Connection, id: &str, at: Timestamp) -> Result<(), StoreError> {
    connection
        .prepare_cached("UPDATE tokens SET last_used_at = ?2 WHERE id = ?1")?
        .execute(params![id, at.0])?;
    Ok(())
}

/// All tokens, oldest first.
///
/// # Errors
/// The database's.
pub fn all(connection: &Connection) -> Result<Vec<TokenRow>, StoreError> {
    Ok(connection
        .prepare_cached(&format!("{COLUMNS} ORDER BY created_at, id"))?
        .query_map([], TokenRow::read)?
        .collect::<rusqlite::Result<_>>()?)
}

/// The token with this hash.
///
/// # Errors
/// The database's.
pub fn by_hash(connection: &Connection, hash: &[u8; 32]) -> Result<Option<TokenRow>, StoreError> {
    Ok(connection
        .prepare_cached(&format!("{COLUMNS} WHERE hash = ?1"))?
        .query_row([hash], TokenRow::read)
        .optional()?)
}
