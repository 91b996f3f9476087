//! The command line: one file a verb, each a client like any other.
//!
//! ```text
//! words ──clap──► Verb ──► Context (connection, output) ──► verb::*::run ──► exit code
//! ```
//!
//! Invariants: what a program may want to read goes to standard output, everything said to a person about it to
//! standard error; nothing is done before the first connect; every failure ends in one of the exit codes 1 to 4 and
//! says what happened and what helps; a reader that goes away ends a verb quietly.

mod act;
mod args;
mod asks;
mod context;
mod failure;
mod follow;
mod help;
mod ids;
mod link;
mod live;
mod moment;
mod output;
mod start;
mod submission;
mod table;
mod values;
mod verb;
mod wait;
mod when;

#[cfg(test)]
mod stand_in;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod words_tests;

pub use context::Connection;
pub use start::main;
