//! The runner by its public face, with real shims and programs: what the engine is told of attempts that run their course
//! (`course`), and what happens over the daemon's death (`restart`).
#![allow(clippy::unwrap_used, reason = "a test that can't go on fails")]

mod course;
mod restart;
mod yard;
