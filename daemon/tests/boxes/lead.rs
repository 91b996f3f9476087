//! A coordinator without an engine: orders, answers, and orders again what a box does not hold.

use super::sides::Told;
use reeld::domain::Timestamp;
use reeld::domain::Workflow;
use reeld::engine::ports::{AttemptKey, Order, StageRunner};
use reeld::pipeline::json;
use reeld::transport::key::{KeyRing, Way};
use reeld::transport::letter::{
    Attempt, Beat, Down, DownLetter, OrderDoc, Up, UpLetter, open, seal,
};
use reeld::transport::link::{Entry, Link};
use reeld::transport::streams;
use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::sync::mpsc::SyncSender;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;
use tokio::sync::{mpsc, watch};

const LEAD: &str = "the only lead";
pub const BOX: &str = "box-b";

#[derive(Default)]
struct State {
    session: String,
    heard: u64,
    number: u64,
    have: HashMap<String, u64>,
    leased: BTreeMap<Attempt, OrderDoc>,
    logs: HashMap<String, String>,
    /// No files are taken home.
    is_full: bool,
}

struct Inner {
    link: Arc<dyn Link>,
    keys: KeyRing,
    state: Mutex<State>,
    told: SyncSender<Told>,
    out: mpsc::Sender<Down>,
    lost_after: Duration,
    /// The newest beat.
    beat: watch::Sender<Option<Beat>>,
    /// Ends that were refused.
    refused: watch::Sender<usize>,
    /// The files that were offered last.
    offered: watch::Sender<Vec<String>>,
    /// What orders say the sender's data directory is.
    data_dir: PathBuf,
}

#[derive(Clone)]
pub struct Lead(Arc<Inner>);

impl Lead {
    pub fn start(
        link: Arc<dyn Link>,
        keys: KeyRing,
        told: SyncSender<Told>,
        lost_after: Duration,
        runtime: &tokio::runtime::Handle,
    ) -> Self {
        let (out, says) = mpsc::channel(10_000);
        let lead = Self(Arc::new(Inner {
            link,
            keys,
            state: Mutex::default(),
            told,
            out,
            lost_after,
            beat: watch::Sender::new(None),
            refused: watch::Sender::new(0),
            offered: watch::Sender::default(),
            data_dir: "/coordinator".into(),
        }));
        runtime.spawn(lead.clone().write(says));
        runtime.spawn(lead.clone().hear_beats());
        runtime.spawn(lead.clone().hear_letters());
        lead
    }

    pub fn beats(&self) -> watch::Receiver<Option<Beat>> {
        self.0.beat.subscribe()
    }

    pub fn refused(&self) -> watch::Receiver<usize> {
        self.0.refused.subscribe()
    }

    pub fn offered(&self) -> watch::Receiver<Vec<String>> {
        self.0.offered.subscribe()
    }

    pub fn take_no_files(&self, is_full: bool) {
        self.state().is_full = is_full;
    }

    pub fn log(&self, workflow: &str) -> Vec<String> {
        let state = self.state();
        let text = state.logs.get(workflow).cloned().unwrap_or_default();
        text.lines()
            .map(|line| line.splitn(3, ' ').nth(2).unwrap_or(line).to_owned())
            .collect()
    }

    /// It is somebody else's now.
    pub fn take_away(&self, key: &AttemptKey) {
        self.state().leased.remove(&Attempt::from(key));
    }

    pub fn say(&self, say: Down) {
        self.0.out.blocking_send(say).unwrap();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap()
    }

    async fn write(self, mut says: mpsc::Receiver<Down>) {
        let stream = streams::to(&self.0.keys, BOX);
        while let Some(say) = says.recv().await {
            let letter = {
                let mut state = self.state();
                state.number += 1;
                let number = state.number;
                DownLetter {
                    session: state.session.clone(),
                    lead: LEAD.to_owned(),
                    heard: state.heard,
                    number,
                    say,
                }
            };
            let body = seal(&self.0.keys, Way::Down, BOX, &letter);
            // What is lost here is put right by the next beat.
            let _ = self.0.link.add(&stream, "lead", vec![body], None).await;
        }
    }

    async fn hear_beats(self) {
        let mut reader = self.0.link.reader(&streams::beats(&self.0.keys));
        loop {
            for entry in next(&mut *reader).await {
                let beat: Option<Beat> = open(&self.0.keys, Way::Beat, BOX, &entry.body);
                if let Some(beat) = beat {
                    self.hear_beat(beat).await;
                }
            }
        }
    }

    async fn hear_beat(&self, beat: Beat) {
        let mut says = Vec::new();
        {
            let mut state = self.state();
            let is_new = state.session != beat.session;
            if is_new {
                state.session.clone_from(&beat.session);
                let lost_after_ms = u64::try_from(self.0.lost_after.as_millis()).unwrap();
                says.push(Down::Welcome { lost_after_ms });
            }
            state.heard = beat.number;
            // One that is on its way is ordered twice by this: the box knows it then.
            for (attempt, doc) in &state.leased {
                if !beat.holds.contains(attempt) {
                    says.push(Down::Order(Box::new(doc.clone())));
                }
            }
            for held in beat
                .holds
                .iter()
                .filter(|held| !state.leased.contains_key(held))
            {
                says.push(Down::Fence(held.clone()));
            }
            let have = state.have.get(&beat.ledger).copied().unwrap_or(0);
            if have < beat.last {
                says.push(Down::Again {
                    ledger: beat.ledger.clone(),
                    from: have + 1,
                });
            }
        }
        self.0.beat.send_replace(Some(beat));
        for say in says {
            self.0.out.send(say).await.unwrap();
        }
    }

    async fn hear_letters(self) {
        let stream = streams::up(&self.0.keys);
        let mut reader = self.0.link.reader(&stream);
        loop {
            let entries = next(&mut *reader).await;
            let last = entries.last().map(|entry| entry.mark.clone());
            for entry in entries {
                let letter: Option<UpLetter> = open(&self.0.keys, Way::Up, BOX, &entry.body);
                if let Some(letter) = letter {
                    self.hear_letter(letter).await;
                }
            }
            if let Some(last) = last {
                let _ = self.0.link.trim(&stream, &last).await;
            }
        }
    }

    async fn hear_letter(&self, letter: UpLetter) {
        let ledger = letter.ledger;
        let have = self.state().have.get(&ledger).copied().unwrap_or(0);
        let answer = match letter.number {
            0 => match letter.say {
                Up::Offer { attempt, files } => {
                    let paths = files.into_iter().map(|file| file.path).collect();
                    self.0.offered.send_replace(paths);
                    if self.state().is_full {
                        return;
                    }
                    Down::Took(attempt)
                }
                say => return self.fold(say),
            },
            number if number == have + 1 => {
                self.fold(letter.say);
                self.state().have.insert(ledger.clone(), number);
                Down::Have {
                    ledger,
                    upto: number,
                }
            }
            number if number <= have => Down::Have { ledger, upto: have },
            _ => Down::Again {
                ledger,
                from: have + 1,
            },
        };
        self.0.out.send(answer).await.unwrap();
    }

    fn fold(&self, say: Up) {
        let mut state = self.state();
        let told = match say {
            Up::Ended {
                attempt,
                started_ms,
                outcome,
                ..
            } => {
                if state.leased.remove(&attempt).is_none() {
                    self.0.refused.send_modify(|count| *count += 1);
                    return;
                }
                Told::Ended(
                    attempt.workflow,
                    started_ms.map(Timestamp),
                    outcome.into_outcome().unwrap(),
                )
            }
            Up::Gave { attempt, outputs } => Told::Gave(attempt.workflow, json::values(&outputs)),
            Up::Log { attempt, text } => {
                state
                    .logs
                    .entry(attempt.workflow)
                    .or_default()
                    .push_str(&text);
                return;
            }
            Up::Progress {
                attempt, progress, ..
            } => {
                if !state.leased.contains_key(&attempt) {
                    return;
                }
                Told::Progress(attempt.workflow, progress)
            }
            Up::Offer { .. } | Up::Give(_) | Up::Piece(_) | Up::Cleaned { .. } => return,
        };
        drop(state);
        self.0.told.send(told).unwrap();
    }
}

impl StageRunner for Lead {
    fn start(&self, orders: Vec<Order>) {
        for order in orders {
            let doc = OrderDoc::of(&order, &self.0.data_dir, Vec::new()).unwrap();
            let has_session = {
                let mut state = self.state();
                state.leased.insert(doc.attempt.clone(), doc.clone());
                !state.session.is_empty()
            };
            if has_session {
                self.say(Down::Order(Box::new(doc)));
            }
        }
    }

    fn cancel(&self, key: AttemptKey) {
        self.say(Down::Cancel(Attempt::from(&key)));
    }

    fn adopt(&self, orders: Vec<Order>) {
        self.start(orders);
    }

    fn clean_up(&self, workflow: Arc<Workflow>, _logs: bool) {
        self.say(Down::CleanUp {
            workflow: workflow.id.clone(),
        });
    }
}

async fn next(reader: &mut dyn reeld::transport::link::Reader) -> Vec<Entry> {
    loop {
        match reader.next(100, Duration::from_secs(1)).await {
            Ok(entries) => return entries,
            // The carrier gives no signal when it is there again.
            Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
        }
    }
}
