//! Other boxes, as the transport tells the engine of them: what they offer, whether they are heard of, and what came back.

use super::EngineError;
use super::handle::Engine;
use super::op::Ask;
use super::ports::AttemptKey;
use crate::clock;
use crate::domain::why::Closed;
use crate::domain::{Command, Outcome, Resources, Timestamp};
use crate::store::{StoreError, boxes};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// What a box offers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BoxOffer {
    /// Its name.
    pub name: String,
    /// Its slots.
    pub resources: Resources,
    /// What stages may want of it.
    pub labels: BTreeMap<String, String>,
    /// The `reeld` that runs there.
    pub version: String,
    /// Why it takes nothing new, as it says itself.
    pub rests: Option<Closed>,
}

/// Whether a box is heard of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// It is.
    Here,
    /// Not for a while, or not yet since the daemon started: it gets nothing new, and keeps what it has.
    Silent,
    /// Not for so long that its work was given to others.
    Lost,
    /// It was stopped and held nothing: nobody misses it.
    Left,
}

/// What the transport says of a box.
#[derive(Debug, Clone)]
pub enum BoxWord {
    /// It is here, and offers this.
    Here(BoxOffer),
    /// It is silent.
    Silent(String),
    /// It is lost: its leases end as lost, and what they were goes on elsewhere.
    Lost(String),
    /// It was stopped, held nothing, and is silent since.
    Left(String),
}

/// Whether the other boxes can be reached at all.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum LinkState {
    /// There are none to be reached.
    #[default]
    Off,
    /// They can.
    Reached,
    /// They can't, for this reason.
    Cut(String),
}

/// How an attempt on another box ended.
#[derive(Debug, Clone)]
pub struct RemoteEnd {
    /// Whose end.
    pub key: AttemptKey,
    /// When it really began, by the coordinator's clock.
    pub started_at: Option<Timestamp>,
    /// How.
    pub outcome: Outcome,
}

/// What one box wrote, to be folded in one transaction, in this order.
#[derive(Debug, Clone)]
pub struct Fold {
    /// The box.
    pub box_name: String,
    /// Its ledger.
    pub ledger: String,
    /// The last letter among these.
    pub upto: u64,
    /// Attempts and what is said of them.
    pub commands: Vec<(AttemptKey, Command)>,
}

impl RemoteEnd {
    /// The command that tells it.
    #[must_use]
    pub fn command(self) -> (AttemptKey, Command) {
        let command = Command::Ended {
            stage: self.key.stage,
            attempt: self.key.attempt,
            started_at: self.started_at,
            outcome: self.outcome,
            jitter: clock::draw(),
        };
        (self.key, command)
    }
}

impl Presence {
    /// It is not counted on any more: nothing is leased to it or written to it.
    #[must_use]
    pub fn is_away(self) -> bool {
        matches!(self, Self::Lost | Self::Left)
    }
}

impl Engine {
    /// Takes word of a box.
    ///
    /// # Errors
    /// Stopping, store.
    pub async fn box_word(&self, word: BoxWord) -> Result<(), EngineError> {
        self.done(Ask::Box(word)).await.map(|_| ())
    }

    /// A box was just heard of: shown, not stored.
    pub fn box_beat(&self, name: &str) {
        let now = self.now();
        self.shared.beat(name, now);
    }

    /// Notes whether the other boxes can be reached.
    pub fn note_link(&self, state: LinkState) {
        self.shared.set_link(state);
    }

    /// Whether the other boxes can be reached.
    #[must_use]
    pub fn link_state(&self) -> LinkState {
        self.shared.link()
    }

    /// Folds what a box wrote. Answers the attempts whose word was refused: they are not the current ones. Returns once all
    /// of it is on disk.
    ///
    /// # Errors
    /// Stopping, store: nothing of it happened then.
    pub async fn fold(&self, fold: Fold) -> Result<Vec<AttemptKey>, EngineError> {
        let refused = Arc::new(Mutex::new(Vec::new()));
        let ask = Ask::Fold {
            fold,
            refused: Arc::clone(&refused),
        };
        self.done(ask).await?;
        Ok(std::mem::take(
            &mut *refused.lock().unwrap_or_else(PoisonError::into_inner),
        ))
    }

    /// How far the letters of a box are folded: its ledger, and the last number.
    ///
    /// # Errors
    /// Stopping, store.
    pub async fn folded(&self, name: &str) -> Result<Option<(String, u64)>, EngineError> {
        let name = name.to_owned();
        self.write(move |connection| -> Result<_, StoreError> { boxes::folded(connection, &name) })
            .await
    }

    /// The coordinator's own box.
    #[must_use]
    pub fn home(&self) -> &str {
        &self.home
    }
}
