//! Beats, on a thread and a connection of their own: neither a pool that is blocked nor a disk that is full stops them.
//!
//! A box whose beats are not taken for two thirds of `lost_after` ends what it runs, before the coordinator gives that to
//! others. The time is measured by the clock that goes on while the machine sleeps, and looked at before anything is said:
//! so a worker that was stopped for a while ends its stages before it beats again.

use super::book::Book;
use super::flow::Flow;
use super::voice::Voice;
use crate::domain::Resources;
use crate::engine::ports::{AttemptKey, OwnRunner};
use crate::transport::key::{KeyRing, Way};
use crate::transport::letter::{Attempt, Beat, seal};
use crate::transport::link::Link;
use crate::transport::streams;
use rustix::time::{ClockId, clock_gettime};
use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// A beat at least this often, and at most.
const PERIODS: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(5));
/// What Redis keeps of all boxes' beats, about.
const KEEP: usize = 1000;
/// While Redis is away that is said this often.
const SAY: Duration = Duration::from_secs(60);

/// How many beats there were in this life.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Beaten {
    /// Whether Redis took them or not.
    pub tried: u64,
    /// That Redis took.
    pub taken: u64,
}

pub(super) struct Beats {
    pub name: String,
    pub session: String,
    pub version: String,
    pub resources: Resources,
    pub labels: BTreeMap<String, String>,
    pub keys: KeyRing,
    pub link: Arc<dyn Link>,
    pub lost_after_ms: Arc<AtomicU64>,
    pub book: Arc<Book>,
    pub flow: Arc<Flow>,
    pub voice: Arc<Voice>,
    pub runner: Arc<dyn OwnRunner>,
    pub count: watch::Sender<Beaten>,
    pub stop: CancellationToken,
}

/// Time since some moment, suspension included.
fn awake_or_not() -> Duration {
    let now = clock_gettime(ClockId::Boottime);
    Duration::new(
        u64::try_from(now.tv_sec).unwrap_or(0),
        u32::try_from(now.tv_nsec).unwrap_or(0),
    )
}

impl Beats {
    /// Starts the thread.
    ///
    /// # Errors
    /// When there is none to be had.
    pub fn start(self) -> io::Result<JoinHandle<()>> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        thread::Builder::new()
            .name("beats".to_owned())
            .spawn(move || runtime.block_on(self.run()))
    }

    async fn run(self) {
        let stream = streams::beats(&self.keys);
        let mut taken_at = awake_or_not();
        let mut said_at: Option<Duration> = None;
        let mut number = 0;
        loop {
            let begun = awake_or_not();
            let lost_after = Duration::from_millis(self.lost_after_ms.load(Ordering::Relaxed));
            let period = (lost_after / 10).clamp(PERIODS.0, PERIODS.1);
            if begun.saturating_sub(taken_at) >= lost_after * 2 / 3 && !self.book.is_cut_off() {
                self.cut_off(begun.saturating_sub(taken_at));
            }
            number += 1;
            let body = seal(&self.keys, Way::Beat, &self.name, &self.beat(number));
            let added = self.link.add(&stream, &self.name, vec![body], Some(KEEP));
            // A call that hangs must not keep the clock from being looked at.
            let added = match tokio::time::timeout(period.max(Duration::from_secs(1)), added).await
            {
                Ok(Ok(())) => Ok(()),
                Ok(Err(error)) => Err(error.to_string()),
                Err(_) => Err("Redis does not answer".to_owned()),
            };
            self.count.send_modify(|count| count.tried += 1);
            match added {
                Ok(()) => {
                    taken_at = begun;
                    if said_at.take().is_some() {
                        tracing::info!(component = "BOXES", "Redis takes beats again");
                    }
                    self.book.set_cut_off(false);
                    self.count.send_modify(|count| count.taken += 1);
                }
                Err(error) => {
                    if said_at.is_none_or(|at| begun.saturating_sub(at) >= SAY) {
                        said_at = Some(begun);
                        tracing::warn!(component = "BOXES", %error, "Redis does not take this box's beats; it is tried again every {period:?}");
                    }
                }
            }
            if !self.wait(begun, period).await {
                return;
            }
        }
    }

    /// Until the next beat is due. False: it is to end.
    async fn wait(&self, begun: Duration, period: Duration) -> bool {
        let left = |span: Duration| (begun + span).saturating_sub(awake_or_not());
        tokio::select! {
            () = self.stop.cancelled() => return false,
            () = tokio::time::sleep(left(period)) => return true,
            () = self.book.changed.notified() => {}
        }
        tokio::select! {
            () = self.stop.cancelled() => false,
            () = tokio::time::sleep(left(PERIODS.0)) => true,
        }
    }

    fn beat(&self, number: u64) -> Beat {
        let view = self.book.view();
        let counts = self.flow.counts.borrow().clone();
        Beat {
            session: self.session.clone(),
            number,
            ledger: counts.ledger.to_string(),
            last: counts.last,
            version: self.version.clone(),
            resources: self.resources.clone(),
            labels: self.labels.clone(),
            holds: view.holds,
            rests: view.rests,
            taken: view.taken,
            lead: view.lead,
        }
    }

    /// Nobody heard of this box for so long: what it runs is given to others.
    fn cut_off(&self, silent: Duration) {
        self.book.set_cut_off(true);
        let reason = format!(
            "box {} was cut off for {} s and ended it",
            self.name,
            silent.as_secs()
        );
        let ended = end_all(&self.book, &self.runner, &self.voice, &reason);
        if ended > 0 {
            tracing::error!(
                component = "BOXES",
                "no beat was taken for {} s: {ended} attempts are ended here, for they are given to other boxes",
                silent.as_secs()
            );
        }
    }
}

/// Ends all that has not ended, for this reason; what has not begun is handed back. Does not block. Answers how many.
pub(super) fn end_all(
    book: &Book,
    runner: &Arc<dyn OwnRunner>,
    voice: &Arc<Voice>,
    reason: &str,
) -> usize {
    let given = book.cut(reason);
    let withdrawn = runner.withdraw();
    for attempt in &given {
        let key = AttemptKey::from(attempt);
        if !withdrawn.contains(&key) {
            runner.cancel(key);
        }
    }
    hand_back(voice, withdrawn);
    given.len()
}

/// Hands these back, on a thread of its own: their letters may have to wait for the disk.
pub(super) fn hand_back(voice: &Arc<Voice>, withdrawn: Vec<AttemptKey>) {
    if withdrawn.is_empty() {
        return;
    }
    let voice = Arc::clone(voice);
    let handing = thread::Builder::new()
        .name("hand back".to_owned())
        .spawn(move || voice.hand_back(withdrawn.iter().map(Attempt::from)));
    if let Err(error) = handing {
        tracing::error!(component = "BOXES", %error, "no thread to hand orders back: the next start does");
    }
}
