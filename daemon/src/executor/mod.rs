//! Runs attempts of stages on this box: programs and built-in stages, their progress, logs, limits and end.
//!
//! ```text
//!  Order ──▶ waits for its resources ──▶ runs ──▶ its end is told to the engine
//!               │ cancel                  │ program: one shim
//!               ▼                         │ built-in: an async function, whose steps have a shim each
//!            Cancelled                    ▼
//!                              journal: Start, End ──(after a restart)──▶ adopted: goes on, or its end is learned
//! ```
//!
//! - Who asked for an attempt is not known here. An attempt is named by its `AttemptKey`; a run of a program by its run key,
//!   which no other run ever had (`run_key`).
//! - A program's life does not hang on the daemon's: whatever this room holds in memory can be had again from the journal.
//! - An attempt is told to have ended once: by the lane that carried it, after nothing of its processes is left.
//! - A stage begins when what it wants is free of all that was ordered before it.

mod adopt;
mod built_in;
mod clean_up;
mod facts;
mod hints;
mod journal;
mod kept;
mod known;
mod lanes;
pub(crate) mod lock;
mod outcome;
mod outputs;
pub mod outside;
mod program;
pub mod registry;
mod run_key;
mod runner;
mod shims;
mod slots;
mod spent;
pub mod stage;
pub mod stages;

pub use kept::{claim, files as kept_files};
pub use outside::Outside;
pub use registry::Registry;
pub use runner::{LocalRunner, Parts};
pub use shims::find_shim;
