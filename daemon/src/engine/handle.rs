//! The handle on the engine: what the rest of the daemon asks of it.

use super::boxes::Presence;
use super::feed;
use super::op::{Ask, Notice, Op, Reply, Told};
use super::pending::Pending;
use super::ports::{Outbox, StageRunner};
use super::shared::Shared;
use super::slots::BoxState;
use super::transact::Transactor;
use super::{Ack, EngineError};
use crate::clock::Clock;
use crate::domain::why::Closed;
use crate::domain::{Command, Resources, Submit, Timestamp};
use crate::store::ballast::Ballast;
use crate::store::{Reader, Store, StoreError, stats, writer};
use rusqlite::Connection;
use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::mpsc::{self, SyncSender, TrySendError};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use tokio::sync::{broadcast, oneshot};

/// Operations that may wait for the writer; beyond that the askers wait.
const QUEUE: usize = 4096;

/// This box: what it offers and carries.
#[derive(Debug, Clone)]
pub struct Node {
    /// Its name.
    pub name: String,
    /// What it offers.
    pub resources: Resources,
    /// What stages may want of it.
    pub labels: BTreeMap<String, String>,
}

/// A box as of the last commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BoxFacts {
    /// Its name.
    pub name: String,
    /// What it offers.
    pub capacity: Resources,
    /// What is taken, never shown beyond what there is.
    pub used: Resources,
    /// What it carries.
    pub labels: BTreeMap<String, String>,
    /// It finishes what runs and takes no more.
    pub drained: bool,
    /// It is the coordinator's own.
    pub home: bool,
    /// The `reeld` that runs there.
    pub version: String,
    /// Whether it is heard of.
    pub presence: Presence,
    /// When it last was; none: not since the daemon started.
    pub beat_at: Option<Timestamp>,
    /// Why it takes nothing new, by itself.
    pub closed: Option<Closed>,
    /// Kinds of work that it gets none of, and until when.
    pub blocked: Vec<(String, Timestamp)>,
}

/// A handle on the engine; clones share it.
#[derive(Clone)]
pub struct Engine {
    pub(super) shared: Arc<Shared>,
    pub(super) queue: SyncSender<Op>,
    pub(super) reader: Reader,
    pub(super) home: Arc<str>,
    thread: Arc<Mutex<Option<JoinHandle<()>>>>,
}

impl Engine {
    /// Starts the writer on an opened data directory. Nothing is leased before `attach`.
    ///
    /// # Errors
    /// The database's.
    pub fn start(
        store: Store,
        dir: &Path,
        node: &Node,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, StoreError> {
        Self::start_with(store, dir, node, clock, None)
    }

    /// The same, with an outbox that writes into every event's transaction.
    ///
    /// # Errors
    /// The database's.
    pub fn start_with(
        store: Store,
        dir: &Path,
        node: &Node,
        clock: Arc<dyn Clock>,
        outbox: Option<Box<dyn Outbox>>,
    ) -> Result<Self, StoreError> {
        let (queue, operations) = mpsc::sync_channel(QUEUE);
        let (feed, _) = broadcast::channel(feed::CAPACITY);
        let shared = Arc::new(Shared::new(clock, feed, stats::recent(&store.connection)?));
        let ballast = Ballast::new(dir);
        let full = !ballast.hold();
        let transactor = Transactor {
            shared: Arc::clone(&shared),
            plans: Arc::clone(&store.plans),
            boxes: vec![BoxState::home(
                &node.name,
                node.resources.clone(),
                node.labels.clone(),
            )],
            ballast,
            seq: 0,
            full,
            disk_low: false,
            window: None,
            adopted: false,
            stopped: false,
            stale: true,
            cache: HashMap::new(),
            pending: Pending::default(),
            outbox,
            _lock: store.lock,
        };
        let connection = store.connection;
        let thread = std::thread::Builder::new()
            .name("writer".into())
            .spawn(move || writer::run(connection, transactor, &operations))
            .map_err(|error| {
                StoreError::Sqlite(format!("the writer's thread does not start: {error}"))
            })?;
        Ok(Self {
            shared,
            queue,
            reader: store.reader,
            thread: Arc::new(Mutex::new(Some(thread))),
            home: node.name.as_str().into(),
        })
    }

    /// Gives the engine its runner: every attempt of an earlier life is handed to it to be found again, and then whatever is
    /// ready is leased.
    ///
    /// # Errors
    /// The database's, stopping.
    pub async fn attach(&self, runner: Arc<dyn StageRunner>) -> Result<(), EngineError> {
        if self.shared.runner.set(runner).is_err() {
            return Ok(());
        }
        self.done(Ask::Adopt).await?;
        self.done(Ask::Pick).await.map(|_| ())
    }

    /// Takes no more, finishes what was taken, closes the database.
    pub async fn stop(&self) {
        // An error means that it has stopped already.
        let _ = self.done(Ask::Stop).await;
        let thread = self
            .thread
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(thread) = thread {
            let _ = tokio::task::spawn_blocking(move || thread.join()).await;
        }
    }

    async fn send(&self, op: Op) -> Result<(), EngineError> {
        match self.queue.try_send(op) {
            Ok(()) => Ok(()),
            Err(TrySendError::Disconnected(_)) => Err(EngineError::Stopping),
            Err(TrySendError::Full(op)) => {
                let queue = self.queue.clone();
                let sent = tokio::task::spawn_blocking(move || queue.send(op).is_ok()).await;
                if matches!(sent, Ok(true)) {
                    Ok(())
                } else {
                    Err(EngineError::Stopping)
                }
            }
        }
    }

    async fn ask<T>(
        &self,
        ask: Ask,
        told: impl FnOnce(Reply<T>) -> Told,
    ) -> Result<T, EngineError> {
        let (reply, answer) = oneshot::channel();
        self.send(Op::new(ask, told(reply))).await?;
        answer.await.map_err(|_| EngineError::Stopping)?
    }

    pub(super) async fn done(&self, ask: Ask) -> Result<u64, EngineError> {
        self.ask(ask, Told::Done).await
    }

    /// Makes a workflow.
    ///
    /// # Errors
    /// Refused (`IdTaken`), disk full, stopping, store.
    pub async fn submit(&self, submit: Submit) -> Result<Ack, EngineError> {
        self.ask(Ask::Submit(Box::new(submit)), Told::One).await
    }

    /// Makes all of them or none.
    ///
    /// # Errors
    /// As `submit`; `BatchRefused` names the member.
    pub async fn submit_batch(&self, submits: Vec<Submit>) -> Result<Vec<Ack>, EngineError> {
        self.ask(Ask::Batch(submits), Told::Many).await
    }

    /// Asks something of a workflow.
    ///
    /// # Errors
    /// Refused, disk full, stopping, store.
    pub async fn command(&self, id: &str, command: Command) -> Result<Ack, EngineError> {
        self.ask(
            Ask::Command {
                id: id.to_owned(),
                command,
                beside: None,
            },
            Told::One,
        )
        .await
    }

    /// The same, and if it is taken `beside` is written in the same transaction. `beside` may run more than once, should a
    /// transaction be abandoned.
    ///
    /// # Errors
    /// As `command`.
    pub async fn command_with(
        &self,
        id: &str,
        command: Command,
        beside: impl FnMut(&Connection, &Ack) -> Result<(), StoreError> + Send + 'static,
    ) -> Result<Ack, EngineError> {
        self.ask(
            Ask::Command {
                id: id.to_owned(),
                command,
                beside: Some(Box::new(beside)),
            },
            Told::One,
        )
        .await
    }

    /// Looks at the clock for every workflow that is due, so many at a time; answers whether there may be more.
    ///
    /// # Errors
    /// Stopping, store.
    pub async fn due(&self) -> Result<bool, EngineError> {
        self.done(Ask::Due).await.map(|more| more > 0)
    }

    /// Looks for work for free slots.
    ///
    /// # Errors
    /// Stopping, store.
    pub async fn pick(&self) -> Result<(), EngineError> {
        self.done(Ask::Pick).await.map(|_| ())
    }

    /// A box (this one unless named) takes no more, or takes again.
    ///
    /// # Errors
    /// `NoBox`, stopping, store.
    pub async fn drain(&self, box_name: Option<&str>, on: bool) -> Result<(), EngineError> {
        let box_name = box_name.unwrap_or(&self.home).to_owned();
        let known = self
            .done(Ask::Drain {
                box_name: box_name.clone(),
                on,
            })
            .await?;
        if known == 0 {
            Err(EngineError::NoBox(box_name))
        } else {
            Ok(())
        }
    }

    /// Holds new starts back while the disk is low, and until the end of a window; the outer none leaves that as it is.
    ///
    /// # Errors
    /// Stopping, store.
    pub async fn hold(
        &self,
        disk_low: Option<bool>,
        window: Option<Option<Timestamp>>,
    ) -> Result<(), EngineError> {
        self.done(Ask::Hold { disk_low, window }).await.map(|_| ())
    }

    /// Forgets ended workflows beyond the newest `keep` or older than `max_age_ms`, `limit` at most; answers how many.
    ///
    /// # Errors
    /// Stopping, store.
    pub async fn retain(
        &self,
        keep: u64,
        max_age_ms: Option<i64>,
        limit: u32,
    ) -> Result<u64, EngineError> {
        self.done(Ask::Retain {
            keep,
            max_age_ms,
            limit,
        })
        .await
    }

    /// Writes what no state machine decides (tokens, idempotency keys, schedules) in the writer's next transaction. `write`
    /// may run more than once, should a transaction be abandoned.
    ///
    /// # Errors
    /// Stopping, store.
    pub async fn write<T: Send + 'static>(
        &self,
        mut write: impl FnMut(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, EngineError> {
        self.write_told(move |connection| Ok((write(connection)?, Vec::new())))
            .await
    }

    /// As `write`, and numbers the events that it leads to in the same transaction.
    ///
    /// # Errors
    /// Stopping, store.
    pub async fn write_told<T: Send + 'static>(
        &self,
        mut write: impl FnMut(&Connection) -> Result<(T, Vec<Notice>), StoreError> + Send + 'static,
    ) -> Result<T, EngineError> {
        let slot = Arc::new(Mutex::new(None));
        let answer = Arc::clone(&slot);
        let ask = Ask::Write(Box::new(move |connection| {
            let (written, notices) = write(connection)?;
            *slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(written);
            Ok(notices)
        }));
        self.done(ask).await?;
        let written = answer.lock().unwrap_or_else(PoisonError::into_inner).take();
        written.ok_or_else(|| EngineError::Store("the writer gave no answer".into()))
    }
}
