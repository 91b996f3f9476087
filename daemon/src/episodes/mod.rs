//! Episodes: recordings that lie in folders, what is known about each beside its file, and the clips found in it.
//!
//! ```text
//!  [episodes] roots, DATA_DIR/episodes ─▶ scan ─▶ Episode (id, title, place, size) ─▶ catalog: length, by probe, remembered
//!                                                        │
//!  DATA_DIR/media/episodes/ID/ ── transcript.json, transcript.srt, clips.json: what stages leave for later workflows
//! ```
//!
//! - An episode's id is its file's stem in lower case, all else than letters and digits a `-`. Of files with the same id the
//!   first (by root, then by path) has it; the others' ids end with a piece of their path's hash, so none is out of reach.
//! - A scan is bounded in depth and number, and no link to a folder is followed: it always ends.
//! - An id finds a file only through a scan. No path is ever made from an id that a client sent.
//! - What stages leave is replaced whole, by a rename. A file that can't be read says so with its path.

pub mod catalog;
pub mod id;
pub mod left;
pub mod scan;
pub mod transcript;

pub use catalog::{Catalog, Listed};
pub use id::id_of;
pub use left::{Clip, Left};
pub use scan::{Episode, find, roots, scan};
pub use transcript::{Segment, Transcript, Word};
