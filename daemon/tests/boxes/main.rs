//! One suite for the runner's port: the runner of this box, and the same runner behind a worker, over memory and over Redis
//! (`conformance`); and what happens when the way between breaks (`faults`).
#![allow(clippy::unwrap_used, reason = "a test that can't go on fails")]

mod conformance;
mod faults;
mod lead;
mod orders;
mod server;
mod sides;
