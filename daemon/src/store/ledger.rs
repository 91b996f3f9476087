//! A worker's ledger, `DATA_DIR/worker.db`: the orders that it took and the letters that are not answered yet.
//!
//! - What `write` was given is on disk when it returns, all of it or nothing: one transaction, one sync.
//! - Letters are numbered from 1 without a gap under the ledger's id; a number is never given twice. What was answered and is
//!   missed nevertheless can't be told again: the ledger is then renewed, which numbers what is left from 1 under a new id.
//! - An order is kept until the letter that tells its end is answered; a letter until it is.
//! - The file is refused and left untouched when it is damaged or newer, as the coordinator's database is, and the data
//!   directory is locked by the same lock.

use super::connection::{open_reader, open_writer};
use super::error::{OpenError, StoreError};
use super::lock::DirectoryLock;
use super::{keep_to_ourselves, migrate};
use rusqlite::{Connection, OptionalExtension as _, Row, params};
use std::path::{Path, PathBuf};

const STEPS: &[&str] = &[include_str!("../../migrations/ledger/0001_init.sql")];
/// Bytes of a ledger's id.
const ID: usize = 8;

/// Names one attempt.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct LedgerKey {
    /// The workflow's id.
    pub workflow: String,
    /// The stage's index.
    pub stage: usize,
    /// Its number.
    pub attempt: u32,
}

/// An order that is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptOrder {
    /// Whose.
    pub key: LedgerKey,
    /// As it was given to `Note::Took`.
    pub doc: String,
    /// The first line of its log that no letter holds.
    pub logged: u64,
    /// The letter that tells its end.
    pub ended: Option<u64>,
}

/// What a letter does beside being kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Holds {
    /// Lines of the log, up to this one.
    Log {
        /// The first line behind them.
        upto: u64,
    },
    /// Outputs so far.
    Outputs,
    /// The attempt's end.
    End,
}

/// One thing to write down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Note {
    /// An order was taken; one that is there already stays as it is.
    Took {
        /// Whose.
        key: LedgerKey,
        /// The order, for `KeptOrder::doc`.
        doc: String,
        /// See `KeptOrder::logged`.
        logged: u64,
    },
    /// A letter to be numbered and kept.
    Letter {
        /// Whose attempt it is about.
        key: LedgerKey,
        /// What is in it.
        holds: Holds,
        /// Its text.
        say: String,
    },
    /// Letters up to this number are answered.
    Have(u64),
}

/// The open ledger: the one that writes.
pub struct Ledger {
    file: PathBuf,
    connection: Connection,
    id: String,
    last: u64,
    log_bytes: u64,
    _lock: DirectoryLock,
}

impl Ledger {
    /// Locks the directory and opens its ledger, made where there is none.
    ///
    /// # Errors
    /// See `OpenError`: none of them leaves anything changed.
    pub fn open(dir: &Path) -> Result<Self, OpenError> {
        let io = |path: &Path| {
            let path = path.to_owned();
            move |source| OpenError::File { path, source }
        };
        std::fs::create_dir_all(dir).map_err(io(dir))?;
        let lock = DirectoryLock::take(dir)?;
        let file = dir.join("worker.db");
        keep_to_ourselves(&file).map_err(io(&file))?;
        let mut connection = open_writer(&file)?;
        migrate::bring(&mut connection, &file, STEPS)?;
        let sqlite = |source| OpenError::Sqlite {
            file: file.clone(),
            source,
        };
        let (id, last) = itself(&connection).map_err(|error| OpenError::Damaged {
            file: file.clone(),
            problem: error.to_string(),
        })?;
        let log_bytes = connection
            .query_row(
                "SELECT coalesce(sum(length(say)), 0) FROM letters WHERE is_log",
                [],
                |row| row.get(0),
            )
            .map_err(sqlite)?;
        Ok(Self {
            file,
            connection,
            id,
            last,
            log_bytes,
            _lock: lock,
        })
    }

    /// Made with the file, and anew by `renew`: tells its numbers from another's.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The last number given.
    #[must_use]
    pub fn last(&self) -> u64 {
        self.last
    }

    /// The size of all log letters that are kept.
    #[must_use]
    pub fn log_bytes(&self) -> u64 {
        self.log_bytes
    }

    /// All orders that are kept.
    ///
    /// # Errors
    /// The database's.
    pub fn orders(&self) -> Result<Vec<KeptOrder>, StoreError> {
        let mut query = self
            .connection
            .prepare("SELECT workflow, stage, attempt, doc, logged, ended FROM orders")?;
        let rows = query.query_map([], |row: &Row<'_>| {
            Ok(KeptOrder {
                key: LedgerKey {
                    workflow: row.get(0)?,
                    stage: row.get(1)?,
                    attempt: row.get(2)?,
                },
                doc: row.get(3)?,
                logged: row.get(4)?,
                ended: row.get(5)?,
            })
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// Writes all of these down. Answers the numbers of the letters among them, in order.
    ///
    /// # Errors
    /// The database's: nothing of it was written then.
    pub fn write(&mut self, notes: &[Note]) -> Result<Vec<u64>, StoreError> {
        let transaction = self.connection.transaction()?;
        let (mut last, mut log_bytes) = (self.last, self.log_bytes);
        let mut numbers = Vec::new();
        for note in notes {
            match note {
                Note::Took { key, doc, logged } => took(&transaction, key, doc, *logged)?,
                Note::Letter { key, holds, say } => {
                    last += 1;
                    numbers.push(last);
                    letter(&transaction, last, key, holds, say)?;
                    if matches!(holds, Holds::Log { .. }) {
                        log_bytes += say.len() as u64;
                    }
                }
                Note::Have(upto) => {
                    log_bytes = log_bytes.saturating_sub(have(&transaction, *upto)?);
                }
            }
        }
        if last != self.last {
            transaction
                .prepare_cached("UPDATE ledger SET last = ?1")?
                .execute([last])?;
        }
        transaction.commit()?;
        (self.last, self.log_bytes) = (last, log_bytes);
        Ok(numbers)
    }

    /// Gives the ledger a new id, under which the letters that are kept are numbered from 1. Answers by how much their
    /// numbers went down.
    ///
    /// # Errors
    /// The database's: nothing has changed then.
    pub fn renew(&mut self) -> Result<u64, StoreError> {
        let id = random_id()?;
        let transaction = self.connection.transaction()?;
        let first: Option<u64> =
            transaction.query_row("SELECT min(number) FROM letters", [], |row| row.get(0))?;
        let by = first.map_or(self.last, |first| first - 1);
        let last = self.last - by;
        // By way of negative numbers, so that no two are alike in between.
        transaction.execute("UPDATE letters SET number = ?1 - number", [by])?;
        transaction.execute("UPDATE letters SET number = -number", [])?;
        transaction.execute(
            "UPDATE orders SET ended = ended - ?1 WHERE ended IS NOT NULL",
            [by],
        )?;
        transaction.execute("UPDATE ledger SET id = ?1, last = ?2", params![id, last])?;
        transaction.commit()?;
        (self.id, self.last) = (id, last);
        Ok(by)
    }

    /// Reads letters beside the writer.
    ///
    /// # Errors
    /// The database's.
    pub fn reader(&self) -> Result<LedgerReader, StoreError> {
        Ok(LedgerReader {
            connection: open_reader(&self.file)?,
        })
    }
}

/// Reads what the writer has committed.
pub struct LedgerReader {
    connection: Connection,
}

impl LedgerReader {
    /// Letters of the ledger with this id behind this number, in order: as many as fit into both bounds, but at least one.
    /// None if it has another id by now.
    ///
    /// # Errors
    /// The database's.
    pub fn letters(
        &self,
        id: &str,
        after: u64,
        count: usize,
        bytes: usize,
    ) -> Result<Vec<(u64, String)>, StoreError> {
        let mut query = self.connection.prepare_cached(
            "SELECT number, say FROM letters, ledger WHERE id = ?3 AND number > ?1 ORDER BY number LIMIT ?2",
        )?;
        let mut rows = query.query(params![after, count, id])?;
        let (mut letters, mut size) = (Vec::new(), 0);
        while let Some(row) = rows.next()? {
            let (number, say): (u64, String) = (row.get(0)?, row.get(1)?);
            size += say.len();
            if size > bytes && !letters.is_empty() {
                break;
            }
            letters.push((number, say));
        }
        Ok(letters)
    }
}

fn itself(connection: &Connection) -> Result<(String, u64), StoreError> {
    let kept = connection
        .query_row("SELECT id, last FROM ledger", [], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .optional()?;
    if let Some(kept) = kept {
        return Ok(kept);
    }
    let id = random_id()?;
    connection.execute(
        "INSERT INTO ledger (one, id, last) VALUES (1, ?1, 0)",
        [&id],
    )?;
    Ok((id, 0))
}

fn random_id() -> Result<String, StoreError> {
    let mut bytes = [0_u8; ID];
    getrandom::fill(&mut bytes)
        .map_err(|error| StoreError::Sqlite(format!("no randomness: {error}")))?;
    Ok(format!("{:016x}", u64::from_le_bytes(bytes)))
}

fn took(
    connection: &Connection,
    key: &LedgerKey,
    doc: &str,
    logged: u64,
) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO orders (workflow, stage, attempt, doc, logged) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT DO NOTHING",
        )?
        .execute(params![key.workflow, key.stage, key.attempt, doc, logged])?;
    Ok(())
}

fn letter(
    connection: &Connection,
    number: u64,
    key: &LedgerKey,
    holds: &Holds,
    say: &str,
) -> Result<(), StoreError> {
    let is_log = matches!(holds, Holds::Log { .. });
    connection
        .prepare_cached("INSERT INTO letters (number, is_log, say) VALUES (?1, ?2, ?3)")?
        .execute(params![number, is_log, say])?;
    let mark = |sql: &str, value: u64| -> Result<(), StoreError> {
        connection.prepare_cached(sql)?.execute(params![
            key.workflow,
            key.stage,
            key.attempt,
            value
        ])?;
        Ok(())
    };
    const OF: &str = "WHERE workflow = ?1 AND stage = ?2 AND attempt = ?3";
    match holds {
        Holds::Log { upto } => mark(&format!("UPDATE orders SET logged = ?4 {OF}"), *upto),
        Holds::End => mark(&format!("UPDATE orders SET ended = ?4 {OF}"), number),
        Holds::Outputs => Ok(()),
    }
}

/// Forgets what is answered; tells how much of it was log.
fn have(connection: &Connection, upto: u64) -> Result<u64, StoreError> {
    let log_bytes = connection
        .prepare_cached(
            "SELECT coalesce(sum(length(say)), 0) FROM letters WHERE number <= ?1 AND is_log",
        )?
        .query_row([upto], |row| row.get(0))?;
    for sql in [
        "DELETE FROM letters WHERE number <= ?1",
        "DELETE FROM orders WHERE ended <= ?1",
    ] {
        connection.prepare_cached(sql)?.execute([upto])?;
    }
    Ok(log_bytes)
}

#[cfg(test)]
mod tests;
