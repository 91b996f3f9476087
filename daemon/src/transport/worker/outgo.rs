//! Sends: numbered letters out of the ledger, in order, within the window; and besides what does not count.

use super::flow::{Counts, Flow};
use super::window::Window;
use crate::clock::draw;
use crate::store::ledger::LedgerReader;
use crate::transport::key::{KeyRing, Way};
use crate::transport::letter::{Up, seal};
use crate::transport::link::Link;
use crate::transport::streams;
use serde::Serialize;
use serde_json::value::RawValue;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// Bytes that are sent at once, unless one letter alone has more.
const PARCEL: usize = 1 << 20;
/// Letters without a number that are sent at once, beside progress.
const LOOSE: usize = 4;
/// Waits after the carrier failed: the first, and the longest.
const WAITS: (Duration, Duration) = (Duration::from_millis(200), Duration::from_secs(5));

pub(super) struct Outgo {
    pub name: String,
    pub session: String,
    pub keys: KeyRing,
    pub link: Arc<dyn Link>,
    pub letters: Arc<Mutex<LedgerReader>>,
    pub flow: Arc<Flow>,
    pub loose: mpsc::Receiver<Up>,
    pub stop: CancellationToken,
}

/// An `UpLetter` whose word is written already.
#[derive(Serialize)]
struct Letter<'a, S: ?Sized> {
    session: &'a str,
    ledger: &'a str,
    number: u64,
    say: &'a S,
}

/// What is sent at once.
struct Parcel {
    loose: Vec<Up>,
    numbered: Vec<(u64, String)>,
    is_question: bool,
}

impl Outgo {
    /// Until it is told to stop.
    pub async fn run(mut self) {
        let stream = streams::up(&self.keys);
        let mut counts = self.flow.counts.subscribe();
        let mut ledger = Arc::clone(&counts.borrow().ledger);
        let mut window = Window::new(counts.borrow().acked);
        let mut wait = WAITS.0;
        let mut is_down = false;
        loop {
            let now = Instant::now();
            let known = counts.borrow_and_update().clone();
            if known.ledger != ledger {
                // What flies is of no use to anybody: all that is kept is sent under its new numbers.
                ledger = Arc::clone(&known.ledger);
                window = Window::new(known.acked);
            }
            window.answered(known.acked, now);
            if let Some(from) = self.flow.take_again() {
                window.again(from);
            }
            let parcel = self.pack(&window, &known, now).await;
            if parcel.loose.is_empty() && parcel.numbered.is_empty() {
                let wake_at = [window.ask_at(), self.flow.due_at()]
                    .into_iter()
                    .flatten()
                    .min();
                let alarm = async {
                    match wake_at {
                        Some(at) => tokio::time::sleep_until(at.into()).await,
                        None => std::future::pending().await,
                    }
                };
                tokio::select! {
                    () = self.stop.cancelled() => return,
                    changed = counts.changed() => if changed.is_err() { return },
                    () = self.flow.stirred.notified() => {}
                    Some(up) = self.loose.recv() => self.send_alone(&stream, up).await,
                    () = alarm => {}
                }
                continue;
            }
            let bodies = self.seal(&ledger, &parcel);
            let sent = tokio::select! {
                () = self.stop.cancelled() => return,
                sent = self.link.add(&stream, &self.name, bodies, None) => sent,
            };
            match sent {
                Ok(()) => {
                    if std::mem::take(&mut is_down) {
                        tracing::info!(
                            component = "BOXES",
                            "Redis is reached again; what waited is sent"
                        );
                    }
                    wait = WAITS.0;
                    if parcel.is_question {
                        window.asked(now);
                    } else {
                        window.flew(parcel.numbered.iter().map(|(_, say)| say.len()), now);
                    }
                }
                Err(error) => {
                    if !std::mem::replace(&mut is_down, true) {
                        tracing::warn!(component = "BOXES", %error, "Redis is not reached: ends, outputs and logs are kept here until it is");
                    }
                    window.lost();
                    tokio::select! {
                        () = self.stop.cancelled() => return,
                        () = tokio::time::sleep(wait.mul_f64(0.5 + draw() / 2.0)) => {}
                    }
                    wait = (wait * 2).min(WAITS.1);
                }
            }
        }
    }

    /// What is to be sent now. Progress is taken before the letters are read, so that it never comes behind its end.
    async fn pack(&mut self, window: &Window, known: &Counts, now: Instant) -> Parcel {
        let mut loose = self.flow.due(now);
        while loose.len() < LOOSE {
            match self.loose.try_recv() {
                Ok(up) => loose.push(up),
                Err(_) => break,
            }
        }
        let is_question = window.ask_at().is_some_and(|at| at <= now);
        let room = window.room().filter(|_| window.sent() < known.last);
        let numbered = if is_question {
            self.read(known, window.acked(), 1, PARCEL).await
        } else if let Some((count, bytes)) = room {
            self.read(known, window.sent(), count, bytes.min(PARCEL))
                .await
        } else {
            Vec::new()
        };
        Parcel {
            loose,
            numbered,
            is_question,
        }
    }

    async fn read(
        &self,
        known: &Counts,
        after: u64,
        count: usize,
        bytes: usize,
    ) -> Vec<(u64, String)> {
        let (letters, ledger) = (Arc::clone(&self.letters), Arc::clone(&known.ledger));
        let read = tokio::task::spawn_blocking(move || {
            let letters = letters.lock().unwrap_or_else(PoisonError::into_inner);
            letters.letters(&ledger, after, count, bytes)
        });
        match read.await {
            Ok(Ok(letters)) => letters,
            Ok(Err(error)) => {
                tracing::error!(component = "BOXES", %error, "letters can't be read from the ledger: they are sent when they can");
                self.pause().await;
                Vec::new()
            }
            // The runtime ends.
            Err(_) => Vec::new(),
        }
    }

    /// A ledger that can't be read gives no signal when it can.
    async fn pause(&self) {
        tokio::select! {
            () = self.stop.cancelled() => {}
            () = tokio::time::sleep(WAITS.1) => {}
        }
        self.flow.stirred.notify_one();
    }

    fn seal(&self, ledger: &str, parcel: &Parcel) -> Vec<Vec<u8>> {
        let loose = parcel.loose.iter().map(|up| self.letter(ledger, 0, up));
        let numbered = parcel.numbered.iter().filter_map(|(number, say)| {
            match serde_json::from_str::<&RawValue>(say) {
                Ok(say) => Some(self.letter(ledger, *number, say)),
                Err(error) => {
                    tracing::error!(component = "BOXES", number, %error, "a letter in the ledger is no JSON: is the disk damaged?");
                    None
                }
            }
        });
        loose.chain(numbered).collect()
    }

    fn letter<S: Serialize + ?Sized>(&self, ledger: &str, number: u64, say: &S) -> Vec<u8> {
        let letter = Letter {
            session: &self.session,
            ledger,
            number,
            say,
        };
        seal(&self.keys, Way::Up, &self.name, &letter)
    }

    /// One that does not count: if the carrier fails it is gone.
    async fn send_alone(&self, stream: &str, up: Up) {
        let ledger = Arc::clone(&self.flow.counts.borrow().ledger);
        let bodies = vec![self.letter(&ledger, 0, &up)];
        let sent = self.link.add(stream, &self.name, bodies, None);
        if let Err(error) = sent.await {
            tracing::debug!(component = "BOXES", %error, "a piece of a file was not sent: it is asked for again");
        }
    }
}
