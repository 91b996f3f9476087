//! Opening connections: the one writer, and readers that can't write.

use super::error::OpenError;
use rusqlite::{Connection, OpenFlags};
use std::path::Path;
use std::time::Duration;

/// The first SQLite without the WAL-reset corruption bug (sqlite.org/wal.html#walresetbug).
const FIRST_SAFE_SQLITE: i32 = 3_051_003;

/// Waits for another connection's lock this long.
const BUSY: Duration = Duration::from_secs(5);

/// The writer's connection: WAL, every commit synced.
///
/// # Errors
/// Too old a SQLite, or whatever SQLite says of the file.
pub fn open_writer(file: &Path) -> Result<Connection, OpenError> {
    if rusqlite::version_number() < FIRST_SAFE_SQLITE {
        return Err(OpenError::OldSqlite(rusqlite::version().to_owned()));
    }
    let open = || -> rusqlite::Result<Connection> {
        let connection = Connection::open_with_flags(
            file,
            OpenFlags::SQLITE_OPEN_READ_WRITE
                | OpenFlags::SQLITE_OPEN_CREATE
                | OpenFlags::SQLITE_OPEN_NO_MUTEX,
        )?;
        connection.busy_timeout(BUSY)?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.pragma_update(None, "foreign_keys", "ON")?;
        connection.pragma_update(None, "wal_autocheckpoint", 1000)?;
        connection.pragma_update(None, "temp_store", "MEMORY")?;
        connection.pragma_update(None, "cache_size", -4096)?;
        connection.set_prepared_statement_cache_capacity(64);
        Ok(connection)
    };
    open().map_err(|source| match source.sqlite_error_code() {
        Some(rusqlite::ErrorCode::NotADatabase | rusqlite::ErrorCode::DatabaseCorrupt) => {
            OpenError::Damaged {
                file: file.to_owned(),
                problem: source.to_string(),
            }
        }
        _ => OpenError::Sqlite {
            file: file.to_owned(),
            source,
        },
    })
}

/// A reader's connection: `query_only`, so that a slip in a query can't write.
///
/// # Errors
/// Whatever SQLite says.
pub fn open_reader(file: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open_with_flags(
        file,
        OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )?;
    connection.busy_timeout(BUSY)?;
    connection.pragma_update(None, "query_only", "ON")?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    connection.pragma_update(None, "cache_size", -1024)?;
    connection.set_prepared_statement_cache_capacity(32);
    Ok(connection)
}
