//! Numbered migrations: each in a transaction of its own with the `user_version` it leads to, so that a kill leaves the old
//! schema or the new one, never something between. A newer or damaged database is refused and left untouched.

use super::error::OpenError;
use rusqlite::{Connection, OptionalExtension, TransactionBehavior};
use std::path::Path;

/// Every migration, oldest first; the n-th leads to `user_version` n+1.
const MIGRATIONS: &[&str] = &[
    include_str!("../../migrations/0001_init.sql"),
    include_str!("../../migrations/0002_webhooks.sql"),
    include_str!("../../migrations/0003_episodes.sql"),
    include_str!("../../migrations/0004_messages.sql"),
    include_str!("../../migrations/0005_unstored.sql"),
    include_str!("../../migrations/0006_boxes.sql"),
    include_str!("../../migrations/0007_box_left.sql"),
];

/// Above this size the check of every page moves behind the start.
const CHECK_WHOLE_BELOW: u64 = 8 << 20;

/// The schema this program writes.
#[must_use]
pub fn current() -> u32 {
    u32::try_from(MIGRATIONS.len()).unwrap_or(u32::MAX)
}

/// Brings the database to the current schema.
///
/// # Errors
/// `Newer`, `Damaged`, or SQLite's own.
pub fn migrate(connection: &mut Connection, file: &Path) -> Result<(), OpenError> {
    bring(connection, file, MIGRATIONS)
}

/// Brings a database to the schema that these steps lead to, oldest first.
///
/// # Errors
/// As `migrate`.
pub fn bring(connection: &mut Connection, file: &Path, steps: &[&str]) -> Result<(), OpenError> {
    let current = u32::try_from(steps.len()).unwrap_or(u32::MAX);
    let sqlite = |source: rusqlite::Error| match source.sqlite_error_code() {
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
    };
    let found: u32 = connection
        .pragma_query_value(None, "user_version", |row| row.get(0))
        .map_err(sqlite)?;
    if found > current {
        return Err(OpenError::Newer {
            file: file.to_owned(),
            found,
            known: current,
        });
    }
    if found == 0 {
        let foreign: Option<String> = connection
            .query_row("SELECT name FROM sqlite_schema LIMIT 1", [], |row| {
                row.get(0)
            })
            .optional()
            .map_err(sqlite)?;
        if let Some(table) = foreign {
            return Err(OpenError::Damaged {
                file: file.to_owned(),
                problem: format!(
                    "it has a table `{table}` but no schema number: not a database of reeld"
                ),
            });
        }
    } else {
        check(connection, file)?;
        if found < current {
            keep_copy(connection, file, found)?;
        }
    }
    for (index, sql) in steps.iter().enumerate().skip(found as usize) {
        let transaction = connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(sqlite)?;
        transaction.execute_batch(sql).map_err(sqlite)?;
        transaction
            .pragma_update(None, "user_version", index + 1)
            .map_err(sqlite)?;
        transaction.commit().map_err(sqlite)?;
    }
    Ok(())
}

/// Looks for damage: page by page where that is quick, else at every table's root.
fn check(connection: &Connection, file: &Path) -> Result<(), OpenError> {
    let damaged = |problem: String| OpenError::Damaged {
        file: file.to_owned(),
        problem,
    };
    let size = std::fs::metadata(file).map(|meta| meta.len()).unwrap_or(0);
    if size < CHECK_WHOLE_BELOW {
        return match quick_check(connection) {
            Ok(None) => Ok(()),
            Ok(Some(problem)) => Err(damaged(problem)),
            Err(error) => Err(damaged(error.to_string())),
        };
    }
    let roots = || -> rusqlite::Result<()> {
        let mut names =
            connection.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'")?;
        let names = names
            .query_map([], |row| row.get::<_, String>(0))?
            .collect::<rusqlite::Result<Vec<_>>>()?;
        for name in names {
            connection
                .query_row(&format!("SELECT 1 FROM \"{name}\" LIMIT 1"), [], |_| Ok(()))
                .optional()?;
        }
        Ok(())
    };
    roots().map_err(|error| damaged(error.to_string()))
}

/// SQLite's own check of every page; `None` when all is well, else its first complaint.
///
/// # Errors
/// When not even the check can run.
pub fn quick_check(connection: &Connection) -> rusqlite::Result<Option<String>> {
    let verdict: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    Ok((verdict != "ok").then_some(verdict))
}

/// Before an older schema is changed, a copy of it is kept beside the database.
fn keep_copy(connection: &Connection, file: &Path, version: u32) -> Result<(), OpenError> {
    let copy = file.with_extension(format!("db.schema-{version}"));
    if copy.exists() {
        return Ok(());
    }
    connection
        .execute("VACUUM INTO ?1", [copy.to_string_lossy().as_ref()])
        .map(|_| ())
        .map_err(|source| OpenError::Sqlite { file: copy, source })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::connection::open_writer;

    #[test]
    fn a_newer_schema_is_refused_and_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("reel.db");
        let mut connection = open_writer(&file).unwrap();
        migrate(&mut connection, &file).unwrap();
        connection.pragma_update(None, "user_version", 99).unwrap();
        assert!(matches!(
            migrate(&mut connection, &file),
            Err(OpenError::Newer { found: 99, .. })
        ));
        let tables: i64 = connection
            .query_row("SELECT count(*) FROM workflows", [], |row| row.get(0))
            .unwrap();
        assert_eq!(tables, 0);
    }

    #[test]
    fn rubbish_is_refused_and_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("reel.db");
        std::fs::write(&file, vec![b'x'; 8192]).unwrap();
        assert!(matches!(open_writer(&file), Err(OpenError::Damaged { .. })));
        assert_eq!(std::fs::read(&file).unwrap(), vec![b'x'; 8192]);
    }

    #[test]
    fn damage_in_the_middle_is_found() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("reel.db");
        let mut connection = open_writer(&file).unwrap();
        migrate(&mut connection, &file).unwrap();
        connection
            .pragma_update(None, "wal_checkpoint", "TRUNCATE")
            .unwrap();
        drop(connection);
        let mut bytes = std::fs::read(&file).unwrap();
        let half = bytes.len() / 2;
        bytes[4096..half].fill(0xA5);
        std::fs::write(&file, &bytes).unwrap();
        let refused = open_writer(&file).and_then(|mut connection| migrate(&mut connection, &file));
        assert!(
            matches!(refused, Err(OpenError::Damaged { .. })),
            "{refused:?}"
        );
    }
}
