//! Conversations: what a person writes, understood by rules, and what is answered in the generation's own transactions.
//!
//! ```text
//!  message ─▶ intent ─┬▶ a video is asked for ─▶ submit ─▶ [created]     user's message, "generation_started"
//!                     │                                    [asked]       "clarification"
//!                     ├▶ an answer to what is open ─▶ clarify, confirm ─▶ [asked] "confirmation", [answered] …
//!                     └▶ anything else ─▶ "text"           [ended]       "generation_result" or "error"
//! ```
//!
//! - An assistant's message about a generation is written by the `Scribe`, in the very transaction of the event that it tells
//!   of: neither is ever without the other, whichever way the event came (a client's answer, the command line, a deadline).
//! - Only generations that came by this surface or by document 002's are told of; a label alone speaks in nobody's name.
//! - A message belongs to a user; whoever sees one user's things only, sees that user's messages only.

pub mod intent;
pub mod judge;
pub mod reply;
mod scribe;
pub mod wording;

pub use scribe::Scribe;

/// The label that names a generation's conversation.
pub const CONVERSATION: &str = "conversation";
/// The label that names the message a generation was asked for by.
pub const MESSAGE: &str = "message";
/// The surface of workflows that a message made.
pub const SURFACE: &str = "conversation";
/// The surface of workflows that document 002's request made.
pub const GENERATIONS: &str = "generations";
