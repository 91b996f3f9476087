//! A box's side: takes orders, lets the box's own runner run them, and tells what comes of it until the coordinator has it.
//!
//! ```text
//!  to:BOX ─▶ intake ─▶ desk (ledger) ─▶ runner ─▶ voice ─▶ desk ─▶ outgo ─▶ up
//!              │                          ▲         ▲ log lines
//!              └── Have, Again ─▶ flow    │       follow
//!                                        book ─▶ beats (a thread of its own) ─▶ beats
//! ```
//!
//! - An order is in the ledger before it starts; an end is in the ledger before it is told, and until it is answered.
//! - The worker's own death is harmless: the next start adopts what the ledger holds, and sends what is not answered.
//! - What a stage made is home before its end is told (`offer`).
//! - All of an attempt's log comes before its end, its progress never behind it.
//! - Whoever could not beat for long ends what it runs (`beats`).

mod beats;
mod book;
mod desk;
mod entrance;
mod flow;
mod follow;
mod intake;
mod leftovers;
mod offer;
mod outgo;
mod post;
mod rest;
mod start;
mod tail;
mod voice;
mod window;

pub use beats::Beaten;
pub use start::{Parts, StartError};

use crate::engine::ports::{OwnRunner, Reports};
use beats::{end_all, hand_back};
use book::Book;
use desk::Desk;
use flow::Flow;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use voice::Voice;

/// What stages that are ended at the stop get: more than the runner's own grace.
const ENDS: Duration = Duration::from_secs(30);
/// How long the coordinator is waited for at the stop.
const ANSWERS: Duration = Duration::from_secs(10);

/// A running worker.
pub struct Worker {
    book: Arc<Book>,
    flow: Arc<Flow>,
    desk: Desk,
    voice: Arc<Voice>,
    runner: Arc<dyn OwnRunner>,
    beaten: watch::Sender<Beaten>,
    fatal: watch::Sender<Option<String>>,
    stop: CancellationToken,
    beats_stop: CancellationToken,
    tasks: TaskTracker,
    threads: Vec<JoinHandle<()>>,
}

impl Worker {
    /// Begins: what the ledger holds is adopted by the runner, whose ends wait until it is attached to `reports`.
    ///
    /// # Errors
    /// A ledger that can't be read, or a thread that can't be had.
    pub fn start(parts: Parts) -> Result<Self, StartError> {
        start::start(parts)
    }

    /// Whom the runner tells.
    #[must_use]
    pub fn reports(&self) -> Arc<dyn Reports> {
        Arc::clone(&self.voice) as Arc<dyn Reports>
    }

    /// How many beats there were.
    #[must_use]
    pub fn beats(&self) -> watch::Receiver<Beaten> {
        self.beaten.subscribe()
    }

    /// How many attempts run or wait here.
    #[must_use]
    pub fn busy(&self) -> watch::Receiver<usize> {
        self.book.busy()
    }

    /// Why the worker can't go on, if so.
    #[must_use]
    pub fn fatal(&self) -> watch::Receiver<Option<String>> {
        self.fatal.subscribe()
    }

    /// Stops in order: nothing new is taken, what has not begun is handed back, what runs has this long to end, the rest is
    /// ended; then the coordinator has a moment to take it all. Dropped in between, stages go on for the next start.
    pub async fn drain(&self, within: Duration) {
        self.book.set_stopping();
        self.book.stop_bringing("the worker was stopped");
        hand_back(&self.voice, self.runner.withdraw());
        let mut busy = self.book.busy();
        if timeout(within, busy.wait_for(|busy| *busy == 0))
            .await
            .is_err()
        {
            let ended = end_all(
                &self.book,
                &self.runner,
                &self.voice,
                "the worker was stopped",
            );
            tracing::warn!(
                component = "BOXES",
                "the time to finish is over: {ended} attempts are ended and go to other boxes"
            );
            if timeout(ENDS, busy.wait_for(|busy| *busy == 0))
                .await
                .is_err()
            {
                tracing::error!(
                    component = "BOXES",
                    "some stages do not end; the next start finds them"
                );
            }
        }
        let mut counts = self.flow.counts.subscribe();
        let answered = counts.wait_for(|counts| counts.acked >= counts.last);
        if timeout(ANSWERS, answered).await.is_err() {
            tracing::warn!(
                component = "BOXES",
                "the coordinator has not taken all that happened here: the rest is kept, and sent by the next start"
            );
        }
    }

    /// Ends all parts. What runs goes on under its shims.
    pub async fn stop(mut self) {
        self.stop.cancel();
        self.beats_stop.cancel();
        self.voice.follow.stop();
        self.tasks.close();
        self.tasks.wait().await;
        self.desk.stop().await;
        let threads = std::mem::take(&mut self.threads);
        let joined = tokio::task::spawn_blocking(move || {
            for thread in threads {
                // One that panicked has said so.
                let _ = thread.join();
            }
        });
        let _ = joined.await;
    }
}
