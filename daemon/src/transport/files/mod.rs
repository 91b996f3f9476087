//! A workflow's files on their way from box to box.
//!
//! ```text
//!  order ──▶ the worker brings what it lacks from home ──▶ runs ──▶ offers what it made ──▶ home brings it ──▶ the end is told
//! ```
//!
//! - **Home has everything that is done.** A stage's end is told only after its files are home, so that no stage runs twice
//!   because a box went away with what another had made.
//! - Who receives asks, piece by piece, a few at a time: nobody is sent more than it can take.
//! - A file is compared by its hash first, so that what a box still has from the stage before is not sent again; it gets
//!   its name when all of it is here and the hash is right.
//! - A large file goes by way of the object store where both boxes have one (`depot`): Redis carries only the wish for it.
//! - Paths are relative to the data directory, below the workflow's work directory or below `media`; anything else is
//!   refused, whoever signed it.

mod depot;
mod fetch;
mod stock;

pub use fetch::{Fetcher, Send as SendWanted};
pub use stock::{KeptFiles, Stock};

#[cfg(test)]
mod tests;
