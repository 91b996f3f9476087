//! What the daemon and its clients say to each other: the JSON of every route and of the event stream, as INTERFACE and
//! SHAPES print it, and (feature `client`) the connection that a client speaks it over.
//!
//! Within protocol version 1 these shapes only grow. Readers tolerate fields and words that they don't know.

#[cfg(feature = "client")]
pub mod client;
pub mod problem;
pub mod request;
pub mod stream;
pub mod workflow;

/// The protocol's version, in `hello`.
pub const PROTOCOL: u32 = 1;
