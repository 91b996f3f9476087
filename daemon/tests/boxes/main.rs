//! One suite for the runner's port: the runner of this box, and the same runner behind a worker, over memory and over Redis
//! (`conformance`); what happens when the way between breaks (`faults`); and the whole of it, with the real coordinator before
//! an engine (`whole`), also while all that can break does so by a seed (`simulation`).
#![allow(clippy::unwrap_used, reason = "a test that can't go on fails")]

mod conformance;
mod faults;
mod house;
mod lead;
mod orders;
mod rough;
mod sides;
mod simulation;
mod whole;
