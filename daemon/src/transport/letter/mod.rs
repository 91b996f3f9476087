//! What coordinator and workers say to each other. JSON inside a sealed envelope (`key`); fields are only ever added.
//!
//! | way | letter | says |
//! |---|---|---|
//! | down | `DownLetter` | orders, cancels, answers; numbered within one life of the coordinator, for one life of the worker |
//! | up | `UpLetter` | ends, outputs, log, pieces of files; those that count are numbered over the ledger's whole life |
//! | beat | `Beat` | the whole state of a box, every few seconds |

mod attempt;
mod file;
mod order;
mod outcome;

pub use attempt::Attempt;
pub use file::{Belonging, PIECE, Piece, PieceWanted};
pub use order::{OrderDoc, UnreadableOrder, move_paths};
pub use outcome::OutcomeDoc;

use super::key::{KeyRing, Way};
use crate::domain::Resources;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};
use std::collections::BTreeMap;

/// A letter to a box.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct DownLetter {
    /// The worker's life that it is for: `Beat::session`. Another life ignores it.
    pub session: String,
    /// The coordinator's life.
    pub lead: String,
    /// The greatest beat number of that session that the coordinator has heard. A letter of another `lead` than the last
    /// one counts only if this is greater than that of every letter before: what was recorded can't say so.
    pub heard: u64,
    /// From 1 within `lead` and box; one that is not greater than the last is ignored.
    pub number: u64,
    /// What it says.
    pub say: Down,
}

/// What the coordinator says.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind", content = "with")]
pub enum Down {
    /// Run this. One that is held already, or has ended and is not answered yet, is not run again.
    Order(Box<OrderDoc>),
    /// End this attempt; it is reported as cancelled once it is gone.
    Cancel(Attempt),
    /// This attempt is not leased to the box (any more): end it, and forget it.
    Fence(Attempt),
    /// All numbered letters of this ledger up to here are on the coordinator's disk.
    Have {
        /// The ledger.
        ledger: String,
        /// The last of them.
        upto: u64,
    },
    /// Numbered letters from here on did not come: send them again.
    Again {
        /// The ledger.
        ledger: String,
        /// The first that is missing.
        from: u64,
    },
    /// The workflow is over here: what is left of it may go. Answered by `Cleaned`.
    CleanUp {
        /// The workflow's id.
        workflow: String,
    },
    /// The files that were offered of this attempt are home: its end may be told.
    Took(Attempt),
    /// A piece of a file that the box has, as the coordinator wants it.
    Give(PieceWanted),
    /// A piece of a file, as the box asked for it.
    Piece(Piece),
    /// How long a box may be silent before it is lost, in milliseconds.
    Welcome {
        /// `[redis] lost_after`.
        lost_after_ms: u64,
    },
}

/// A letter from a box.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct UpLetter {
    /// The worker's life.
    pub session: String,
    /// The ledger that numbers it.
    pub ledger: String,
    /// From 1 without a gap; 0 for what does not count: it may come late, twice or never.
    pub number: u64,
    /// What it says.
    pub say: Up,
}

/// What a worker says.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind", content = "with")]
pub enum Up {
    /// The attempt ended. Numbered; comes after all of its log. Paths in outputs are as at home (`OrderDoc::home`).
    Ended {
        /// Whose.
        attempt: Attempt,
        /// When it really began, in milliseconds since 1970 by the box's clock.
        started_ms: Option<i64>,
        /// When it ended, by the same clock: what it took is their difference.
        ended_ms: i64,
        /// How.
        outcome: OutcomeDoc,
    },
    /// The attempt completed, and these files of its workflow are here. Does not count: said every few seconds until the
    /// answer `Took` comes; only then, and where there are files at all, is the end told.
    Offer {
        /// Whose.
        attempt: Attempt,
        /// All of them, whether home has them or not.
        files: Vec<Belonging>,
    },
    /// What it gives so far, paths as at home. Numbered.
    Gave {
        /// Whose.
        attempt: Attempt,
        /// What.
        outputs: Map<String, Json>,
    },
    /// Lines of the attempt's log as they stand in its file. Numbered.
    Log {
        /// Whose.
        attempt: Attempt,
        /// Whole lines with their ends.
        text: String,
    },
    /// How far it is. Does not count.
    Progress {
        /// Whose.
        attempt: Attempt,
        /// 0–100.
        progress: f64,
        /// In words.
        message: Option<String>,
    },
    /// A piece of a file that the coordinator has, as the box wants it. Does not count.
    Give(PieceWanted),
    /// A piece of a file, as the coordinator asked for it. Does not count.
    Piece(Piece),
    /// Nothing of the workflow is left here. Does not count: `CleanUp` is said until this comes.
    Cleaned {
        /// The workflow's id.
        workflow: String,
    },
}

/// A box's whole state.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Beat {
    /// This life of the worker: a random word.
    pub session: String,
    /// From 1 within the session.
    pub number: u64,
    /// The ledger that numbers its letters, and the last number that it gave.
    pub ledger: String,
    /// The last numbered letter.
    pub last: u64,
    /// `reeld`'s version.
    pub version: String,
    /// What it offers.
    pub resources: Resources,
    /// What it carries.
    pub labels: BTreeMap<String, String>,
    /// Attempts that it took and whose end the coordinator does not have yet.
    pub holds: Vec<Attempt>,
    /// Why it takes nothing new, if so.
    pub rests: Option<Rest>,
    /// The last `DownLetter::number` that it took, and of which `lead`.
    pub taken: u64,
    /// See `taken`.
    pub lead: String,
}

/// Why a box takes nothing new.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "why")]
pub enum Rest {
    /// It was told to stop and finishes what it has.
    Stopping,
    /// Its quiet hours.
    Quiet {
        /// Until when, in milliseconds since 1970; by its own clock.
        until_ms: i64,
    },
    /// Its disk is low.
    Disk {
        /// What is free.
        free_bytes: u64,
    },
}

/// Signs a letter.
#[must_use]
pub fn seal(keys: &KeyRing, way: Way, box_name: &str, letter: &impl Serialize) -> Vec<u8> {
    // Every letter is made of strings, numbers and maps keyed by strings: all of them are JSON.
    let body = serde_json::to_vec(letter).unwrap_or_default();
    keys.seal(way, box_name, &body)
}

/// The letter, if it is signed and reads. `None` with a line in the log for what is not: anybody may write to a Redis.
#[must_use]
pub fn open<T: DeserializeOwned>(
    keys: &KeyRing,
    way: Way,
    box_name: &str,
    sealed: &[u8],
) -> Option<T> {
    let Some(body) = keys.open(way, box_name, sealed) else {
        tracing::warn!(
            component = "BOXES",
            r#box = box_name,
            "a letter that is not signed with this box's key was left unread"
        );
        return None;
    };
    match serde_json::from_slice(body) {
        Ok(letter) => Some(letter),
        Err(error) => {
            tracing::error!(component = "BOXES", r#box = box_name, %error, "a signed letter does not read; do both boxes run the same version of reeld?");
            None
        }
    }
}

#[cfg(test)]
mod tests;
