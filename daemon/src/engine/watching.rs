//! What the engine tells whoever watches it, and what runners tell the engine.

use super::feed::{self, Message};
use super::handle::{BoxFacts, Engine};
use super::op::{Ask, Op, Told};
use super::ports::{AttemptKey, Reports};
use super::slots::BoxState;
use crate::clock;
use crate::domain::command::Outcome;
use crate::domain::{Command, Timestamp, Values};
use crate::store::Reader;
use std::sync::Arc;
use tokio::sync::{broadcast, watch};

impl Engine {
    /// All that is committed or ticks from now on.
    #[must_use]
    pub fn subscribe(&self) -> broadcast::Receiver<Message> {
        self.shared.feed.subscribe()
    }

    /// The earliest time at which something is due.
    #[must_use]
    pub fn next_due(&self) -> watch::Receiver<Option<Timestamp>> {
        self.shared.due.subscribe()
    }

    /// Counts workflows that ended.
    #[must_use]
    pub fn ended_count(&self) -> watch::Receiver<u64> {
        self.shared.ended.subscribe()
    }

    /// Holds a reason once the daemon must stop.
    #[must_use]
    pub fn fatal(&self) -> watch::Receiver<Option<String>> {
        self.shared.fatal.subscribe()
    }

    /// Reads of the database.
    #[must_use]
    pub fn reader(&self) -> &Reader {
        &self.reader
    }

    /// The number of the last committed event.
    #[must_use]
    pub fn seq(&self) -> u64 {
        self.shared.seq()
    }

    /// The clock that the engine was given.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.shared.clock.now()
    }

    /// The boxes as of the last commit.
    #[must_use]
    pub fn boxes(&self) -> Vec<BoxFacts> {
        let now = self.now();
        let facts = |state: BoxState| BoxFacts {
            home: state.home,
            presence: state.presence,
            closed: state.closed(),
            blocked: state
                .blocked(now)
                .map(|(kind, until)| (kind.to_owned(), until))
                .collect(),
            beat_at: if state.home {
                Some(now)
            } else {
                self.shared.last_beat(&state.name)
            },
            version: state.version,
            used: state
                .capacity
                .iter()
                .map(|(name, total)| {
                    (
                        name.clone(),
                        state.used.get(name).copied().unwrap_or(0).min(*total),
                    )
                })
                .collect(),
            name: state.name,
            capacity: state.capacity,
            labels: state.labels,
            drained: state.drained,
        };
        self.shared.boxes().boxes.into_iter().map(facts).collect()
    }

    /// Whether the disk is full, or low enough that nothing new starts.
    #[must_use]
    pub fn disk_is_low(&self) -> bool {
        self.shared.boxes().disk
    }

    /// The end of the window in which nothing new starts, while one is open.
    #[must_use]
    pub fn window(&self) -> Option<Timestamp> {
        self.shared.boxes().window
    }

    /// Puts word of an attempt into the writer's queue, waiting while that is full. From plain threads only.
    fn post(&self, key: AttemptKey, command: Command) {
        // A writer that has stopped takes no more: at the next start the runner learns the end again.
        let _ = self
            .queue
            .send(Op::new(Ask::Attempt { key, command }, Told::Nobody));
    }
}

impl Reports for Engine {
    fn ended(&self, key: AttemptKey, started_at: Option<Timestamp>, outcome: Outcome) {
        let command = Command::Ended {
            stage: key.stage,
            attempt: key.attempt,
            started_at,
            outcome,
            jitter: clock::draw(),
        };
        self.post(key, command);
    }

    fn gave(&self, key: AttemptKey, outputs: Values) {
        let command = Command::Amend {
            stage: key.stage,
            attempt: Some(key.attempt),
            outputs,
        };
        self.post(key, command);
    }

    fn progress(&self, key: &AttemptKey, progress: f64, message: Option<String>) {
        let reported = self.shared.live.report(key, progress, message);
        if let Some((progress, message)) = reported.tenth {
            let command = Command::Progress {
                stage: key.stage,
                attempt: key.attempt,
                progress,
                message,
            };
            // A full queue drops a tenth: the next one, or the end, makes up for it.
            let _ = self.queue.try_send(Op::new(
                Ask::Attempt {
                    key: key.clone(),
                    command,
                },
                Told::Nobody,
            ));
        }
        if let Some(tick) = reported.tick {
            let _ = self.shared.feed.send(Message::Progress(Arc::new(tick)));
        }
    }

    fn log_grew(&self, key: &AttemptKey) {
        let grew = feed::LogGrew {
            workflow_id: key.workflow.as_str().into(),
            stage: key.stage,
            attempt: key.attempt,
        };
        let _ = self.shared.feed.send(Message::Log(grew));
    }
}
