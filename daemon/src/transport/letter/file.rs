//! Files on their way from box to box, in pieces that are asked for: who receives sets the pace.

use serde::{Deserialize, Serialize};

/// Bytes of a piece at most.
pub const PIECE: u64 = 256 * 1024;

/// A file that belongs to a workflow, below the data directory: `work/ID/…`, or `media/…` where its finished files are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Belonging {
    /// Relative, with `/`, without `.` or `..`.
    pub path: String,
    /// Its length.
    pub size: u64,
    /// Of its bytes, in hexadecimal.
    pub sha256: String,
}

/// Asks for a piece.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PieceWanted {
    /// Chosen by who asks: comes back with the piece.
    pub ticket: u64,
    /// The workflow whose file it is.
    pub workflow: String,
    /// See `Belonging::path`.
    pub path: String,
    /// From where.
    pub from: u64,
    /// How much, at most `PIECE`.
    pub length: u64,
    /// Put all of the file into the object store under this key instead; the piece that answers is empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub object: Option<String>,
}

/// A piece, or why there is none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Piece {
    /// Of `PieceWanted`.
    pub ticket: u64,
    /// The bytes in base64; or what went wrong, for people.
    pub bytes: Result<String, String>,
}
