//! The shim: the small process between the daemon and a program, which outlives the daemon. Both sides' code is here, so
//! that what one writes the other reads.
//!
//! ```text
//!  daemon ──spawn──▶ reel-shim ──spawn──▶ program ──▶ …
//!    ▲  journal (shim's stdin, append only): Start, then End        │ stdout, stderr
//!    └──hints.sock (datagrams, lossy): progress, "the log grew" ◀───┴─▶ attempt's log
//! ```
//!
//! - What the daemon wants is in the shim's arguments (`Instructions`); nothing is sent later but SIGTERM, which means cancel.
//! - `Start` is on the journal before the shim looks whether its parent still is the daemon that spawned it. If not, it
//!   writes `Aborted` and runs nothing: so a daemon that reads the journal after an earlier one's death knows of every
//!   program that runs or ever will.
//! - Time limit, stall limit and cancel are the shim's, so that they hold while no daemon runs.
//! - `End` is written when nothing of the program's tree is left: every descendant, whatever session it is in, is the
//!   shim's child in the end, because the shim is their subreaper.
//! - A program never waits for its reader: both pipes are drained whatever becomes of the log.

mod hint;
mod instructions;
mod output;
mod pipes;
mod program_line;
mod record;
mod run;
mod signals;
mod stall;
mod supervise;
mod tree;

pub use hint::{Hint, HintReceiver, HintSender};
pub use instructions::{BadInstructions, Instructions};
pub use record::{End, EndReason, Park, Record, SpawnProblem};
pub use run::run;
pub use tree::{kill_all_with_environment, shim_of};
