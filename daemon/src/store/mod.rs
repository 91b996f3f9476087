//! The one SQLite file that holds everything, and the only SQL.
//!
//! - One writer thread; a group of operations shares one commit at `synchronous=FULL`, and is answered only after it.
//! - Event numbers have no gap. Rows and the events that led to them are written in the same transaction.
//! - Readers have connections that can't write, and short queries.
//! - A database that is damaged, or newer than this program, is refused and left untouched: never an empty start.
//! - One daemon per data directory, by a lock that the kernel releases.

pub mod backup;
pub mod ballast;
pub mod boxes;
pub mod callbacks;
pub mod codec;
pub mod connection;
pub mod deliveries;
pub mod delivery_list;
pub mod endpoints;
pub mod episodes;
pub mod error;
pub mod events;
pub mod idempotency;
pub mod ledger;
pub mod list;
pub mod lock;
pub mod messages;
pub mod meta;
pub mod migrate;
pub mod plans;
pub mod processed;
pub mod queue;
pub mod read;
pub mod rows;
pub mod schedules;
pub mod shares;
pub mod signature;
pub mod stats;
pub mod tokens;
pub mod unstored;
pub mod writer;

pub use error::{OpenError, StoreError};
pub use read::Reader;

use lock::DirectoryLock;
use plans::{Parse, Plans};
use rusqlite::Connection;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// An opened data directory.
pub struct Store {
    /// The database's file.
    pub file: PathBuf,
    /// The writer's connection: exactly one.
    pub connection: Connection,
    /// Reads beside it.
    pub reader: Reader,
    /// Pipelines by hash, shared by both.
    pub plans: Arc<Plans>,
    /// Held until dropped.
    pub lock: DirectoryLock,
}

impl Store {
    /// Locks the directory, opens the database, brings it to the current schema.
    ///
    /// # Errors
    /// See `OpenError`: none of them leaves anything changed.
    pub fn open(dir: &Path, parse: Parse) -> Result<Self, OpenError> {
        std::fs::create_dir_all(dir).map_err(|source| OpenError::File {
            path: dir.to_owned(),
            source,
        })?;
        let lock = DirectoryLock::take(dir)?;
        let file = dir.join("reel.db");
        keep_to_ourselves(&file).map_err(|source| OpenError::File {
            path: file.clone(),
            source,
        })?;
        let mut connection = connection::open_writer(&file)?;
        migrate::migrate(&mut connection, &file)?;
        let failed = |error: StoreError| OpenError::Damaged {
            file: file.clone(),
            problem: error.to_string(),
        };
        let instance = instance(&connection).map_err(failed)?;
        let plans = Arc::new(Plans::new(parse));
        rows::renew_ready(&connection, &plans).map_err(failed)?;
        let reader = Reader::new(file.clone(), Arc::clone(&plans), instance);
        Ok(Self {
            file,
            connection,
            reader,
            plans,
            lock,
        })
    }
}

/// The database holds the secrets that sign webhooks: nobody else reads it. Its journal takes over the mode.
fn keep_to_ourselves(file: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
    let opened = std::fs::OpenOptions::new()
        .append(true)
        .create(true)
        .mode(0o600)
        .open(file)?;
    if opened.metadata()?.permissions().mode() & 0o077 != 0 {
        opened.set_permissions(std::fs::Permissions::from_mode(0o600))?;
    }
    Ok(())
}

/// Made with the database, so that a client notices when it speaks to another one.
fn instance(connection: &Connection) -> Result<String, StoreError> {
    if let Some(instance) = meta::get(connection, "instance")? {
        return Ok(instance);
    }
    let mut bytes = [0_u8; 8];
    getrandom::fill(&mut bytes)
        .map_err(|error| StoreError::Sqlite(format!("no randomness: {error}")))?;
    let instance = format!("{:016x}", u64::from_le_bytes(bytes));
    meta::set(connection, "instance", &instance)?;
    Ok(instance)
}
