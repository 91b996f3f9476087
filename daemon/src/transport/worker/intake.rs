//! Reads what the coordinator says, and does it.
//!
//! An order is in the ledger before anything of it starts; many that come together share one commit. What was read is
//! trimmed from the stream: what this life did not take is ordered again by the coordinator, which sees from the beats what
//! is held.

use super::book::{Book, Held, Known, Phase};
use super::desk::{Desk, key_of};
use super::entrance::Entrance;
use super::flow::Flow;
use super::leftovers;
use super::post::Post;
use super::tail::Tail;
use super::voice::Voice;
use crate::attempt_log::{self, LogName};
use crate::clock::draw;
use crate::domain::pipeline::ErrorClass;
use crate::domain::{Failure, Outcome};
use crate::engine::ports::{AttemptKey, Order, OwnRunner};
use crate::pipeline::Defaults;
use crate::store::ledger::Note;
use crate::transport::files::{Fetcher, SendWanted};
use crate::transport::key::{KeyRing, Way};
use crate::transport::letter::{Attempt, Down, DownLetter, OrderDoc, UnreadableOrder, Up, open};
use crate::transport::link::{Entry, Link};
use crate::transport::streams;
use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Letters that are read at once.
const MOST: usize = 256;
/// One wait for letters.
const WAIT: Duration = Duration::from_secs(5);
/// Waits after the carrier failed: the first, and the longest.
const WAITS: (Duration, Duration) = (Duration::from_millis(200), Duration::from_secs(2));

/// What the parts that read and begin need.
pub(super) struct Intake {
    pub name: String,
    pub keys: KeyRing,
    pub link: Arc<dyn Link>,
    pub data_dir: PathBuf,
    pub defaults: Defaults,
    pub lost_after_ms: Arc<AtomicU64>,
    pub book: Arc<Book>,
    pub desk: Desk,
    pub flow: Arc<Flow>,
    pub voice: Arc<Voice>,
    pub runner: Arc<dyn OwnRunner>,
    pub fetcher: Fetcher,
    pub post: Post,
    pub stop: CancellationToken,
    /// Waited for at the stop.
    pub tasks: TaskTracker,
}

/// An order as it was read.
pub(super) struct Taken {
    pub doc: OrderDoc,
    pub order: Result<Order, UnreadableOrder>,
}

impl Taken {
    pub fn read(doc: OrderDoc, data_dir: &Path, defaults: &Defaults) -> Self {
        let order = doc.read(data_dir, defaults);
        Self { doc, order }
    }

    /// The attempt's log.
    pub fn log(&self, data_dir: &Path) -> Option<LogName> {
        let order = self.order.as_ref().ok()?;
        let stage = &order.workflow.plan.stages[order.stage].id;
        LogName::new(data_dir, &order.workflow.id, stage, order.attempt).ok()
    }
}

/// How an order that can't be read ends.
pub(super) fn unreadable(problem: &str) -> Outcome {
    Outcome::Failed {
        failure: Failure {
            class: ErrorClass::Config,
            code: "order".into(),
            message: format!("the box can't read the order: {problem}"),
            stage: None,
            hint: "Run the same version of reeld on all boxes, then retry.".into(),
        },
    }
}

/// How an order ends whose files did not come.
fn not_brought(order: &Order, problem: &str) -> Outcome {
    Outcome::Failed {
        failure: Failure {
            class: ErrorClass::Storage,
            code: "files".into(),
            message: format!("what earlier stages made did not come to this box: {problem}"),
            stage: Some(order.workflow.plan.stages[order.stage].id.clone()),
            hint: "Look whether the coordinator's and this box's disks have room, and retry."
                .into(),
        },
    }
}

impl Intake {
    /// Until it is told to stop.
    pub async fn run(self: Arc<Self>, session: String) {
        let stream = streams::to(&self.keys, &self.name);
        let mut reader = self.link.reader(&stream);
        let mut entrance = Entrance::new(session);
        let mut wait = WAITS.0;
        let mut is_down = false;
        loop {
            let read = tokio::select! {
                () = self.stop.cancelled() => return,
                read = reader.next(MOST, WAIT) => read,
            };
            match read {
                Ok(entries) => {
                    if std::mem::take(&mut is_down) {
                        tracing::info!(component = "BOXES", "orders are read again");
                    }
                    wait = WAITS.0;
                    let Some(last) = entries.last().map(|entry| entry.mark.clone()) else {
                        continue;
                    };
                    self.take(&mut entrance, entries).await;
                    if let Err(error) = self.link.trim(&stream, &last).await {
                        tracing::debug!(component = "BOXES", %error, "what was read was not trimmed; it goes with the next");
                    }
                }
                Err(error) => {
                    if !std::mem::replace(&mut is_down, true) {
                        tracing::warn!(component = "BOXES", %error, "orders can't be read from Redis; what runs goes on");
                    }
                    tokio::select! {
                        () = self.stop.cancelled() => return,
                        () = tokio::time::sleep(wait.mul_f64(0.5 + draw() / 2.0)) => {}
                    }
                    wait = (wait * 2).min(WAITS.1);
                }
            }
        }
    }

    async fn take(self: &Arc<Self>, entrance: &mut Entrance, entries: Vec<Entry>) {
        let mut orders = Vec::new();
        let mut taken = None;
        for entry in entries {
            let letter: Option<DownLetter> = open(&self.keys, Way::Down, &self.name, &entry.body);
            let Some(letter) = letter.filter(|letter| entrance.lets_in(letter)) else {
                continue;
            };
            taken = Some((letter.lead, letter.number));
            match letter.say {
                Down::Order(doc) => orders.push(*doc),
                say => {
                    if matches!(say, Down::Cancel(_) | Down::Fence(_) | Down::CleanUp { .. }) {
                        self.begin(std::mem::take(&mut orders)).await;
                    }
                    self.hear(say).await;
                }
            }
        }
        self.begin(orders).await;
        if let Some((lead, number)) = taken {
            self.book.took(&lead, number);
        }
    }

    async fn hear(self: &Arc<Self>, say: Down) {
        match say {
            Down::Order(_) => {}
            Down::Cancel(attempt) => self.cancel(&attempt),
            Down::Fence(attempt) => {
                if self.book.knows(&attempt) != Known::No {
                    tracing::warn!(component = "BOXES", videoId = %attempt.workflow, attempt = attempt.attempt, "this attempt is not this box's any more: it is ended");
                    self.cancel(&attempt);
                }
            }
            Down::Have { ledger, upto } => self.desk.have(ledger, upto).await,
            Down::Again { ledger, from } => self.ask_again(ledger, from).await,
            Down::CleanUp { workflow } => self.clean_up(workflow),
            Down::Give(wanted) => {
                let (stock, post) = (Arc::clone(self.fetcher.stock()), self.post.clone());
                let stop = self.stop.clone();
                tokio::spawn(async move {
                    if let Some(piece) = stock.answer(wanted, &stop).await {
                        post.say(Up::Piece(piece)).await;
                    }
                });
            }
            Down::Piece(piece) => self.fetcher.arrived(piece),
            Down::Took(attempt) => self.book.took_files(&attempt),
            Down::Welcome { lost_after_ms } => {
                if self.lost_after_ms.swap(lost_after_ms, Ordering::Relaxed) != lost_after_ms {
                    self.book.changed.notify_one();
                }
            }
        }
    }

    async fn ask_again(&self, ledger: String, from: u64) {
        let known = self.flow.counts.borrow().clone();
        if *known.ledger != *ledger {
            return;
        }
        if from <= known.acked {
            self.desk.renew(ledger).await;
        } else {
            self.flow.ask_again(from);
        }
    }

    fn cancel(&self, attempt: &Attempt) {
        if self.book.is_given(attempt) {
            self.runner.cancel(AttemptKey::from(attempt));
        }
    }

    fn clean_up(&self, workflow: String) {
        if self.book.is_over(&workflow) {
            let (data_dir, id) = (self.data_dir.clone(), workflow.clone());
            let removing = self
                .tasks
                .spawn_blocking(move || leftovers::remove(&data_dir, &id));
            let post = self.post.clone();
            self.tasks.spawn(async move {
                if matches!(removing.await, Ok(true)) {
                    post.say(Up::Cleaned { workflow }).await;
                }
            });
        }
    }

    /// Takes orders: into the ledger, then to the runner.
    async fn begin(self: &Arc<Self>, docs: Vec<OrderDoc>) {
        // After a time without beats the coordinator has given them to others, or is about to.
        if docs.is_empty() || self.book.is_cut_off() {
            return;
        }
        let fresh = self.unknown(docs);
        if fresh.is_empty() {
            return;
        }
        let this = Arc::clone(self);
        let prepared = tokio::task::spawn_blocking(move || this.prepare(fresh)).await;
        // The runtime ends.
        let Ok((taken, notes)) = prepared else { return };
        if !self.desk.take(notes).await {
            return;
        }
        let (mut holds, mut starts, mut refused) = (Vec::new(), Vec::new(), Vec::new());
        for (Taken { doc, order }, tail) in taken {
            let attempt = doc.attempt.clone();
            let home = doc.home().to_owned();
            let known = order
                .as_ref()
                .ok()
                .map(|order| (Arc::clone(&order.workflow), home));
            let mut phase = Phase::Given;
            match order {
                Err(problem) => refused.push((attempt.clone(), unreadable(&problem.to_string()))),
                Ok(_) if self.book.is_stopping() => {
                    refused.push((attempt.clone(), Outcome::NotBegun));
                }
                Ok(order) if doc.files.is_empty() => starts.push(order),
                Ok(order) => {
                    let token = CancellationToken::new();
                    phase = Phase::Bringing(token.clone());
                    tokio::spawn(Arc::clone(self).bring(order, doc, token));
                }
            }
            let held = Held {
                order: known,
                tail: Arc::new(Mutex::new(tail)),
                phase,
                cut: None,
            };
            holds.push((attempt, held));
        }
        self.book.hold(holds);
        if !starts.is_empty() {
            self.runner.start(starts);
        }
        for (attempt, outcome) in refused {
            self.end(attempt, outcome).await;
        }
    }

    /// Those that are not held. What has ended is told again.
    fn unknown(&self, docs: Vec<OrderDoc>) -> Vec<OrderDoc> {
        let mut seen = HashSet::new();
        docs.into_iter()
            .filter(|doc| match self.book.knows(&doc.attempt) {
                Known::No => seen.insert(doc.attempt.clone()),
                Known::Runs => false,
                Known::Told(number) => {
                    self.flow.ask_again(number);
                    false
                }
            })
            .collect()
    }

    fn prepare(&self, docs: Vec<OrderDoc>) -> (Vec<(Taken, Tail)>, Vec<Note>) {
        let (mut taken, mut notes) = (Vec::new(), Vec::new());
        for doc in docs {
            // An order was made of JSON a moment ago.
            let text = serde_json::to_string(&doc).unwrap_or_default();
            let one = Taken::read(doc, &self.data_dir, &self.defaults);
            let name = one.log(&self.data_dir);
            // What an earlier workflow of the same id left is not this one's.
            let logged = name
                .as_ref()
                .and_then(|name| attempt_log::last(name, 0).ok())
                .map_or(0, |page| page.next_line);
            notes.push(Note::Took {
                key: key_of(&one.doc.attempt),
                doc: text,
                logged,
            });
            taken.push((one, Tail::new(name, logged)));
        }
        (taken, notes)
    }

    async fn bring(self: Arc<Self>, order: Order, doc: OrderDoc, token: CancellationToken) {
        let post = self.post.clone();
        let send: SendWanted = Arc::new(move |wanted| Box::pin(post.clone().ask(wanted)));
        let brought = tokio::select! {
            () = token.cancelled() => Err(Outcome::Cancelled),
            brought = self.fetcher.bring(&order.workflow.id, doc.files, send) => {
                brought.map_err(|problem| not_brought(&order, &problem))
            }
        };
        let outcome = match brought {
            Ok(()) if self.book.give(&doc.attempt) => return self.runner.start(vec![order]),
            Ok(()) => Outcome::Cancelled,
            Err(outcome) => outcome,
        };
        self.end(doc.attempt.clone(), outcome).await;
    }

    async fn end(&self, attempt: Attempt, outcome: Outcome) {
        let voice = Arc::clone(&self.voice);
        let told = tokio::task::spawn_blocking(move || voice.end(&attempt, None, outcome));
        if told.await.is_err() {
            tracing::debug!(
                component = "BOXES",
                "the worker ends before an end was told: the next start tells it"
            );
        }
    }
}
