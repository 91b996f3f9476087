//! What can go wrong between a client and the daemon. Each says what happened and, where there is one, the remedy.

use crate::problem::Problem;
use thiserror::Error;

/// A request or a stream that gave no answer, or an answer that is a refusal.
#[derive(Debug, Error)]
pub enum ClientError {
    /// The address can't be used; nothing was tried.
    #[error("can't connect to {value:?}: {problem}")]
    Target {
        /// As given.
        value: String,
        /// What is wrong with it.
        problem: String,
    },
    /// The token can't be used; nothing was tried.
    #[error("the token in {origin} can't be used: {problem}")]
    Token {
        /// The file or the variable.
        origin: String,
        /// What is wrong with it.
        problem: String,
    },
    /// No address answered: nothing was sent.
    #[error("no daemon answers at {tried}")]
    Unreachable {
        /// The addresses.
        tried: String,
        /// Of the last one.
        #[source]
        source: std::io::Error,
    },
    /// The connection ended between the request and its answer: the daemon may have acted or not.
    #[error("the daemon's connection ended before its answer")]
    Lost {
        /// Why, where it is known.
        #[source]
        source: Option<Box<dyn std::error::Error + Send + Sync>>,
    },
    /// No answer in time: the daemon may have acted or not.
    #[error("the daemon gave no answer within {seconds} s")]
    Silent {
        /// The limit.
        seconds: u64,
    },
    /// The daemon refused.
    #[error("{}", problem.message)]
    Problem {
        /// The HTTP status.
        status: u16,
        /// Its words.
        problem: Box<Problem>,
        /// `Retry-After`, in seconds.
        retry_after: Option<u64>,
    },
    /// What answered is no daemon of ours, or one of another protocol.
    #[error("the answer is not understood: {0}")]
    Protocol(String),
}

impl ClientError {
    /// True if the daemon wasn't reached or was lost: trying again later may help.
    pub fn is_unreachable(&self) -> bool {
        matches!(
            self,
            Self::Unreachable { .. } | Self::Lost { .. } | Self::Silent { .. }
        )
    }

    /// The HTTP status of a refusal.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Problem { status, .. } => Some(*status),
            _ => None,
        }
    }

    /// True if the daemon says that there is no such thing.
    pub fn is_not_found(&self) -> bool {
        self.status() == Some(404)
    }

    pub(super) fn lost(source: impl std::error::Error + Send + Sync + 'static) -> Self {
        Self::Lost {
            source: Some(Box::new(source)),
        }
    }
}
