//! The terminal itself: opened anew and without blocking, put into raw mode and given back on every way out, its bytes read
//! as keys, its screen written as differences, one write a frame.
//!
//! Why not a crate's own loops: the usual reader spins when the terminal vanishes, the usual backend asks the terminal's size
//! and writes resets in each frame, names the sixteen colours by their long codes, and loses bold when colours are off.
//!
//! Invariants: no byte is written when nothing changed; no query is sent that would have to be answered; a frame that
//! doesn't fit into the line is finished before the next one is begun, and the next one differs from what was really written.

mod doing;
pub mod files;
pub mod graphics;
pub mod keys;
pub mod kind;
pub mod pace;
pub mod painter;
pub mod runner;
mod scroll;
pub mod session;
mod sgr;
pub mod tty;

#[cfg(test)]
mod budget_tests;
#[cfg(test)]
mod tests;
