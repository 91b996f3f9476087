//! Pipelines as people write them: the TOML form, the catalogue of those that are known, and the way from a request to a
//! workflow that may be submitted.
//!
//! ```text
//!  reeld.toml's folder/pipelines/*.toml ─┐
//!  built-in texts ───────────────────────┴─ parse ─▶ Catalogue ─▶ prepare(draft) ─▶ domain::Submit, or every field's problem
//! ```
//!
//! - A pipeline is parsed whole or not at all; an error carries file, line and column, and the other files still load.
//! - What is submitted is complete: types checked, defaults filled in, nothing left to guess for the state machine.
//! - Nothing here writes, waits for the network or starts a program.

mod amount;
pub mod catalogue;
mod command;
mod condition;
pub mod each;
mod error;
pub mod features;
mod file;
pub mod footage;
mod graph;
pub mod ids;
pub mod json;
mod param;
pub mod prepare;
mod references;
mod shell;
mod stage;
mod tree;
mod work;

pub use crate::domain::nearest::nearest;
pub use catalogue::Catalogue;
pub use error::FileError;
pub use file::{Defaults, parse};
pub use prepare::{Draft, prepare};
pub use shell::{ShellHanded, shell_handed};
pub use stage::BUILT_IN_STAGES;
