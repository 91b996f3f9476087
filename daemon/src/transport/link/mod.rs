//! What carries letters: streams that are added to at the end and read from a mark. Redis Streams between boxes, memory
//! within one process; both hold to the same words:
//!
//! - a stream's entries come in the order in which they were added, each with a mark greater than those before it;
//! - an entry is there until it is trimmed, or until all of the carrier is lost: a reader then goes on with what is added
//!   afterwards, without being told;
//! - nothing is promised to arrive.

mod memory;
mod redis_streams;

pub use memory::MemoryLink;
pub use redis_streams::RedisLink;

use futures_util::future::BoxFuture;
use std::time::Duration;

/// The carrier can't be reached, or refuses. Everything is tried again by whoever asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct LinkError(pub String);

/// An entry of a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its place: what `trim` takes.
    pub mark: String,
    /// The sealed letter.
    pub body: Vec<u8>,
    /// Whose it says it is.
    pub from: String,
}

/// A carrier.
pub trait Link: Send + Sync + 'static {
    /// Adds entries at the end, in this order. `keep`: older ones than so many may be dropped.
    fn add<'a>(
        &'a self,
        stream: &'a str,
        from: &'a str,
        bodies: Vec<Vec<u8>>,
        keep: Option<usize>,
    ) -> BoxFuture<'a, Result<(), LinkError>>;
    /// Forgets all entries up to this mark.
    fn trim<'a>(&'a self, stream: &'a str, mark: &'a str) -> BoxFuture<'a, Result<(), LinkError>>;
    /// A reader of a stream from its beginning, with a connection of its own.
    fn reader(&self, stream: &str) -> Box<dyn Reader>;
}

/// Reads one stream, each entry once.
pub trait Reader: Send {
    /// What was added since the last call, at most `most` entries; waits for the first one at most so long, then none.
    /// May be dropped while it waits: nothing is lost by that.
    fn next(&mut self, most: usize, wait: Duration)
    -> BoxFuture<'_, Result<Vec<Entry>, LinkError>>;
}

#[cfg(test)]
mod tests;
