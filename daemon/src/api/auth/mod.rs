//! Who calls, and what they may do. Deny by default: every route names the scope it wants, and what no route names wants one
//! too.
//!
//! - On the operator's socket the peer's user is the credential: scope `admin` for the daemon's user, root and the
//!   socket's group, nothing for others.
//! - Over TCP it is a bearer token. `[auth] loopback = "operate"` lets a loopback caller in without one, but only with a
//!   local `Host` and without an `Origin`, so that no web page can be made to be that caller.
//! - A signed link lets in whoever holds it, to what it names and no further. One that is presented is judged, whoever else
//!   the caller may be.
//! - A token is shown once and kept as its hash. Revoking one ends what it holds open.

pub mod book;
pub mod guard;
pub mod throttle;
pub mod token;

use book::Entry;
use std::fmt;
use std::sync::Arc;

/// What may be done; each scope holds the ones before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// Look.
    Read,
    /// Submit, act, answer.
    Operate,
    /// Everything else.
    Admin,
}

impl Scope {
    /// All of them, smallest first.
    pub const ALL: [Self; 3] = [Self::Read, Self::Operate, Self::Admin];

    /// The word on the wire.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Operate => "operate",
            Self::Admin => "admin",
        }
    }

    /// The scope of a word, if it is one.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.word() == word)
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// By what a caller is known.
#[derive(Debug, Clone)]
pub enum Via {
    /// The operator's socket.
    Socket,
    /// `[auth] loopback`.
    Loopback,
    /// A token.
    Token(Arc<Entry>),
    /// A signed link, which opens the one thing that it names.
    Link,
}

/// Who calls.
#[derive(Debug, Clone)]
pub struct Caller {
    /// What they may do.
    pub scope: Scope,
    /// Whose name their workflows carry.
    pub user: Arc<str>,
    /// They see and change that user's workflows alone.
    pub own: bool,
    /// By what they are known.
    pub via: Via,
}

impl Caller {
    /// Whoever holds a signed link.
    #[must_use]
    pub fn by_link() -> Self {
        Self {
            scope: Scope::Read,
            user: Arc::from("link"),
            own: false,
            via: Via::Link,
        }
    }

    /// Whether a workflow of `user` is there at all for this caller.
    #[must_use]
    pub fn sees(&self, user: &str) -> bool {
        !self.own || *self.user == *user
    }

    /// The user to whose workflows this caller's view is limited.
    #[must_use]
    pub fn only(&self) -> Option<&str> {
        self.own.then_some(&*self.user)
    }

    /// A name under which idempotency keys of different callers are kept apart.
    #[must_use]
    pub fn key(&self) -> String {
        match &self.via {
            Via::Socket => format!("socket:{}", self.user),
            Via::Loopback => "loopback".to_owned(),
            Via::Link => "link".to_owned(),
            Via::Token(entry) => format!("token:{}", entry.id),
        }
    }
}
