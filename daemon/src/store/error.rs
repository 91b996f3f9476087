//! What can go wrong with the database, told apart by what follows from it.

use std::path::PathBuf;

/// Why a database was not opened. None of these ever leads to an empty start.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another daemon holds the data directory.
    #[error("{} is in use by another reeld{}; stop it first, or give this one its own --data-dir", .dir.display(), .pid.as_ref().map(|pid| format!(" (pid {pid})")).unwrap_or_default())]
    InUse {
        /// The data directory.
        dir: PathBuf,
        /// The other one's process id, where it could be read.
        pid: Option<String>,
    },
    /// The file is no database, or a damaged one.
    #[error("{} is damaged ({problem}); it was left untouched. Restore a copy made by `reeld backup`, or move the file away to begin anew", .file.display())]
    Damaged {
        /// The database.
        file: PathBuf,
        /// What SQLite says.
        problem: String,
    },
    /// Written by a newer reeld.
    #[error("{} has schema {found}, this reeld knows up to {known}; it was left untouched. Start the newer reeld", .file.display())]
    Newer {
        /// The database.
        file: PathBuf,
        /// Its schema.
        found: u32,
        /// Ours.
        known: u32,
    },
    /// SQLite is older than the fix of its WAL-reset bug.
    #[error(
        "this reeld was built with SQLite {0}, which can corrupt a database in WAL mode; 3.51.3 or newer is needed"
    )]
    OldSqlite(String),
    /// Files or directories.
    #[error("{}: {source}", .path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Anything else that SQLite refuses.
    #[error("{}: {source}", .file.display())]
    Sqlite {
        /// The database.
        file: PathBuf,
        /// Why.
        source: rusqlite::Error,
    },
}

/// Why a read or a transaction failed.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// No space is left for the database.
    #[error("the disk is full")]
    Full,
    /// The database is damaged: the daemon must stop.
    #[error("the database is damaged: {0}")]
    Corrupt(String),
    /// A row can't be read.
    #[error("{what} can't be read: {problem}")]
    Decode {
        /// Which row.
        what: String,
        /// Why.
        problem: String,
    },
    /// The store is closing.
    #[error("the store is closing")]
    Closing,
    /// Anything else.
    #[error("{0}")]
    Sqlite(String),
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode;
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => Self::Full,
            // A WAL that cannot grow reports an I/O error on some file systems.
            Some(ErrorCode::SystemIoFailure) if error.to_string().contains("space") => Self::Full,
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
                Self::Corrupt(error.to_string())
            }
            _ => Self::Sqlite(error.to_string()),
        }
    }
}
