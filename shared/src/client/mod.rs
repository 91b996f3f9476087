//! The connection that every client uses: one place that knows where the daemon is, who asks, and how to speak to it.
//!
//! ```text
//! Endpoint (where, as whom) ──► Http    requests, one kept-alive connection, reconnects when it was closed
//!                          └──► Events  the WebSocket stream of one subscription; ends when the connection does
//! ```
//!
//! Both speak over a Unix socket or over TCP alike. Nothing is done before the first connect: a command that connects,
//! asks once and ends pays for nothing else.
//!
//! Invariants: a request that may have reached the daemon is never sent twice behind the caller's back (the caller
//! decides, with an idempotency key); a token is never printed, not even by `Debug`; every wait has a limit.

mod endpoint;
mod error;
mod events;
mod http;
mod query;
mod socket;
mod ssh;
mod target;
mod tls;
mod token;

#[cfg(test)]
mod tests;

pub use endpoint::Endpoint;
pub use error::ClientError;
pub use events::{Events, EventsQuery};
pub use http::{Http, Method, Reply};
pub use query::{Query, segment};
pub use socket::Socket;
pub use ssh::{Session, SshHost};
pub use target::{Target, default_targets};
pub use token::Token;
