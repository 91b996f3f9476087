//! Requests to addresses that somebody else chose: webhooks, callbacks, links in a request. What such an address can reach is
//! decided here, where the connection is made, and nowhere else.
//!
//! ```text
//!  url text ─▶ read (spelling, scheme, userinfo, literal) ─▶ connect: resolve ─▶ each address judged ─▶ dial that very address ─▶ TLS
//! ```
//!
//! - An address is judged after every spelling has been undone, a literal like a name, and the connection goes to the address
//!   that was judged: a name that changes between two look-ups gains nothing.
//! - Redirects are never followed, but for files that are fetched: there each place is judged like the first one, and what
//!   was said to the first (a key) is not said to another host. No proxy of the environment is asked.
//! - The daemon's own door is never reached, whatever is allowed; a cloud's metadata service only when it is named itself.
//! - Every request has an end: connect, handshake, the whole; what is read of an answer is bounded.

pub mod address;
pub mod client;
mod connect;
pub mod fetch;
pub mod policy;
pub mod retry_after;
mod tls;
pub mod url;

#[cfg(test)]
mod tests;

pub use client::{Answer, Class, Client, Failure, Limits, Stream};
pub use connect::{Resolve, SystemResolver};
pub use policy::{Own, Policy};
