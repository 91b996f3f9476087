//! Work on other boxes: the same port as the runner on this box, carried by letters over Redis Streams.
//!
//! ```text
//!  engine ──StageRunner──▶ Coordinator ══ reel:ID:to:BOX ══▶ Worker ──StageRunner──▶ runner of that box
//!    ▲                        │  ▲ ══════ reel:ID:up ═══════╝   │ ledger: orders taken, letters not yet answered
//!    └── fold: ends, outputs ─┘  ╚═══════ reel:ID:beats ════════╝ a thread of its own
//! ```
//!
//! - **SQLite on the coordinator is the truth, and Redis owns nothing.** A worker keeps each order that it took, and each
//!   letter that counts, in its ledger until the coordinator says that it has it on disk. The coordinator orders again what
//!   is leased to a box and which that box does not say it holds. So every stream may be lost at any moment.
//! - **Beats are whole.** A beat says all that its box holds, offers and has heard: whatever of an earlier letter was lost,
//!   the next beat puts right. What a box holds and is not leased to it is ended there (`Down::Fence`).
//! - **The attempt's number fences.** What an old attempt says changes nothing, and its box ends its tree.
//! - **Letters that count are numbered** by their sender and folded in order, each once; one that is missing is asked for.
//! - **A letter is signed** with the box's own key, for one direction and one stream; what was recorded and is sent again
//!   is known by its session and number, and refused.
//! - **Nobody judges what he can't see**: silence counts only while the coordinator itself reaches Redis.
//! - A lease names its box, so there is no stream for "any box": the one scheduler has chosen already.

pub mod coordinator;
pub mod files;
pub mod key;
pub mod letter;
pub mod link;
pub mod streams;
pub mod worker;

#[cfg(test)]
pub mod example;
