//! The status words of the daemon, and what each means to the eye.

/// A workflow's status. A word this client doesn't know is kept as `Unknown` and shown as told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs, reason = "the daemon's own words")]
pub enum Status {
    PendingClarification,
    PendingConfirmation,
    Blocked,
    Scheduled,
    Queued,
    Running,
    Waiting,
    Paused,
    Completed,
    Failed,
    Cancelled,
    Unknown,
}

/// Words by status, in the order of a workflow's life.
const WORDS: [(Status, &str); 11] = [
    (Status::PendingClarification, "pending_clarification"),
    (Status::PendingConfirmation, "pending_confirmation"),
    (Status::Blocked, "blocked"),
    (Status::Scheduled, "scheduled"),
    (Status::Queued, "queued"),
    (Status::Running, "running"),
    (Status::Waiting, "waiting"),
    (Status::Paused, "paused"),
    (Status::Completed, "completed"),
    (Status::Failed, "failed"),
    (Status::Cancelled, "cancelled"),
];

impl Status {
    /// The status of a word.
    #[must_use]
    pub fn read(word: &str) -> Self {
        WORDS
            .iter()
            .find(|(_, known)| *known == word)
            .map_or(Self::Unknown, |(status, _)| *status)
    }

    /// The word of a status.
    #[must_use]
    pub fn word(self) -> &'static str {
        WORDS
            .iter()
            .find(|(status, _)| *status == self)
            .map_or("unknown", |(_, word)| word)
    }

    /// Every word, for completion.
    pub fn words() -> impl Iterator<Item = &'static str> {
        WORDS.iter().map(|(_, word)| *word)
    }

    /// Nothing happens any more unless someone asks.
    #[must_use]
    pub fn is_terminal(self) -> bool {
        matches!(self, Self::Completed | Self::Failed | Self::Cancelled)
    }

    /// Waits for its first slot, a time or another workflow.
    #[must_use]
    pub fn is_waiting_to_start(self) -> bool {
        matches!(self, Self::Blocked | Self::Scheduled | Self::Queued)
    }
}
