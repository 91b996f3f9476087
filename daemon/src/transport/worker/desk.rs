//! The one who writes into the ledger: a thread that takes what waits, commits it once, and only then tells anyone.
//!
//! A letter that can't be written (a full disk) is tried again until it can, and those who bring more wait meanwhile; an
//! order that can't is not taken, and the coordinator orders it again. A damaged ledger ends the worker.
//!
//! A coordinator whose database is older than what it answered misses letters that nobody has any more: the ledger then
//! begins anew, and so does the coordinator with it.

use super::book::Book;
use super::flow::Flow;
use super::leftovers;
use crate::store::StoreError;
use crate::store::ballast::Ballast;
use crate::store::ledger::{Holds, Ledger, LedgerKey, Note};
use crate::transport::letter::{Attempt, Up};
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot, watch};

/// What may wait for the thread.
const QUEUE: usize = 256;
/// At most so much shares a commit.
const GROUP: usize = 512;
/// A full disk gives no signal when there is room again.
const AGAIN: Duration = Duration::from_secs(1);

enum Entry {
    /// All or none are taken.
    Orders(Vec<Note>, oneshot::Sender<bool>),
    Letter(Attempt, Note),
    /// Of this ledger.
    Have(String, u64),
    /// The ledger with this id is to begin anew.
    Renew(String),
    Stop,
}

/// Where entries are brought to. Clones share it.
#[derive(Clone)]
pub(super) struct Desk {
    queue: mpsc::Sender<Entry>,
    log_bytes: Arc<AtomicU64>,
}

/// Who is told what was written.
pub(super) struct Told {
    pub book: Arc<Book>,
    pub flow: Arc<Flow>,
    /// Why the worker can't go on.
    pub fatal: watch::Sender<Option<String>>,
    pub data_dir: PathBuf,
}

pub(super) fn key_of(attempt: &Attempt) -> LedgerKey {
    LedgerKey {
        workflow: attempt.workflow.clone(),
        stage: attempt.stage,
        attempt: attempt.attempt,
    }
}

impl Desk {
    /// Starts the thread.
    ///
    /// # Errors
    /// When there is none to be had.
    pub fn open(ledger: Ledger, told: Told) -> io::Result<(Self, JoinHandle<()>)> {
        let (queue, entries) = mpsc::channel(QUEUE);
        let log_bytes = Arc::new(AtomicU64::new(ledger.log_bytes()));
        let mut clerk = Clerk {
            ledger,
            ballast: Ballast::new(&told.data_dir),
            told,
            log_bytes: Arc::clone(&log_bytes),
            is_full: false,
        };
        let thread = thread::Builder::new()
            .name("ledger".to_owned())
            .spawn(move || clerk.work(entries))?;
        Ok((Self { queue, log_bytes }, thread))
    }

    /// How much log waits for the coordinator.
    pub fn log_bytes(&self) -> u64 {
        self.log_bytes.load(Ordering::Relaxed)
    }

    /// Takes these orders. True once they are on disk.
    pub async fn take(&self, notes: Vec<Note>) -> bool {
        let (reply, taken) = oneshot::channel();
        if self.queue.send(Entry::Orders(notes, reply)).await.is_err() {
            return false;
        }
        taken.await.unwrap_or(false)
    }

    /// Keeps a letter. From plain threads only: it waits while the queue is full.
    pub fn say(&self, attempt: Attempt, holds: Holds, up: &Up) {
        // Every letter is made of strings, numbers and maps keyed by strings: all of them are JSON.
        let say = serde_json::to_string(up).unwrap_or_default();
        let note = Note::Letter {
            key: key_of(&attempt),
            holds,
            say,
        };
        if self
            .queue
            .blocking_send(Entry::Letter(attempt, note))
            .is_err()
        {
            tracing::warn!(
                component = "BOXES",
                "the worker has stopped: what a stage told is learned anew by the next start"
            );
        }
    }

    /// Letters of this ledger up to here are answered.
    pub async fn have(&self, ledger: String, upto: u64) {
        // After the end nothing needs to be forgotten.
        let _ = self.queue.send(Entry::Have(ledger, upto)).await;
    }

    /// Begins anew if this is still the ledger.
    pub async fn renew(&self, ledger: String) {
        // The next life is asked again.
        let _ = self.queue.send(Entry::Renew(ledger)).await;
    }

    /// Writes what came before, then ends the thread.
    pub async fn stop(&self) {
        let _ = self.queue.send(Entry::Stop).await;
    }
}

struct Clerk {
    ledger: Ledger,
    ballast: Ballast,
    told: Told,
    log_bytes: Arc<AtomicU64>,
    is_full: bool,
}

impl Clerk {
    fn work(&mut self, mut entries: mpsc::Receiver<Entry>) {
        self.ballast.hold();
        while let Some(first) = entries.blocking_recv() {
            let mut group = vec![first];
            while group.len() < GROUP && !matches!(group.last(), Some(Entry::Renew(_))) {
                match entries.try_recv() {
                    Ok(entry) => group.push(entry),
                    Err(_) => break,
                }
            }
            let renewed = match group.last() {
                Some(Entry::Renew(_)) => group.pop(),
                _ => None,
            };
            let ends = group.iter().position(|entry| matches!(entry, Entry::Stop));
            if let Some(end) = ends {
                group.truncate(end);
            }
            if !self.write(group) || ends.is_some() {
                return;
            }
            if let Some(Entry::Renew(ledger)) = renewed {
                self.renew(&ledger);
            }
        }
    }

    /// Begins anew under a new id. What fails is asked for again.
    fn renew(&mut self, ledger: &str) {
        if self.ledger.id() != ledger {
            return;
        }
        match self.ledger.renew() {
            Ok(by) => {
                let (id, last) = (self.ledger.id(), self.ledger.last());
                tracing::error!(
                    component = "BOXES",
                    ledger = id,
                    kept = last,
                    "the coordinator misses letters that it had answered: was its database restored from a copy? The ledger begins anew; what those letters told is learned where their attempts run again"
                );
                self.told.flow.renewed(id, last);
                self.told.book.renumbered(by);
            }
            Err(error) => {
                tracing::error!(component = "BOXES", %error, "the ledger can't begin anew, and is asked to again");
            }
        }
    }

    /// Writes these, however long it takes. False: never.
    fn write(&mut self, mut group: Vec<Entry>) -> bool {
        // An answer to what the ledger was before it began anew.
        group.retain(|entry| !matches!(entry, Entry::Have(of, _) if of != self.ledger.id()));
        if group.is_empty() {
            return true;
        }
        loop {
            let notes: Vec<Note> = group.iter().flat_map(Entry::notes).collect();
            match self.ledger.write(&notes) {
                Ok(numbers) => {
                    self.tell(group, numbers);
                    return true;
                }
                Err(StoreError::Corrupt(problem)) => {
                    let why = format!("the ledger is damaged: {problem}; it was left as it is");
                    self.told.fatal.send_replace(Some(why));
                    return false;
                }
                Err(error) => {
                    if !self.is_full {
                        self.is_full = true;
                        tracing::error!(component = "BOXES", %error, "the ledger can't be written: no order is taken, and what stages tell waits until it can");
                    }
                    let has_given = matches!(error, StoreError::Full) && self.ballast.release();
                    // Whoever orders does so again.
                    group.retain(|entry| !matches!(entry, Entry::Orders(..)));
                    if group.is_empty() {
                        return true;
                    }
                    if !has_given {
                        thread::sleep(AGAIN);
                    }
                }
            }
        }
    }

    /// On a thread of its own: it may take a while.
    fn clean_up(&self, workflow: String) {
        let data_dir = self.told.data_dir.clone();
        let cleaning = thread::Builder::new()
            .name("clean up".to_owned())
            .spawn(move || leftovers::remove(&data_dir, &workflow));
        if let Err(error) = cleaning {
            tracing::warn!(component = "BOXES", %error, "no thread to clean up: a workflow's files stay");
        }
    }

    fn tell(&mut self, group: Vec<Entry>, numbers: Vec<u64>) {
        if self.is_full {
            self.is_full = false;
            tracing::info!(component = "BOXES", "the ledger is written again");
        }
        if !self.ballast.held() {
            self.ballast.hold();
        }
        self.log_bytes
            .store(self.ledger.log_bytes(), Ordering::Relaxed);
        // First: who sees that nothing is busy must see what is not answered yet.
        self.told.flow.committed(self.ledger.last());
        let mut numbers = numbers.into_iter();
        let mut upto = None;
        for entry in group {
            match entry {
                // Nobody waits any more: the order is held by the ledger, and found by the next start.
                Entry::Orders(_, reply) => drop(reply.send(true)),
                Entry::Letter(attempt, note) => {
                    let is_end = matches!(
                        note,
                        Note::Letter {
                            holds: Holds::End,
                            ..
                        }
                    );
                    if let Some(number) = numbers.next().filter(|_| is_end)
                        && self.told.book.told(&attempt, number)
                    {
                        self.clean_up(attempt.workflow);
                    }
                }
                Entry::Have(_, number) => upto = upto.max(Some(number)),
                Entry::Renew(_) | Entry::Stop => {}
            }
        }
        if let Some(upto) = upto {
            self.told.book.answered(upto);
            self.told.flow.answered(upto);
        }
    }
}

impl Entry {
    fn notes(&self) -> Vec<Note> {
        match self {
            Self::Orders(notes, _) => notes.clone(),
            Self::Letter(_, note) => vec![note.clone()],
            Self::Have(_, upto) => vec![Note::Have(*upto)],
            Self::Renew(_) | Self::Stop => Vec::new(),
        }
    }
}
