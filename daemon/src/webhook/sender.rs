//! Sends what is due, at most so much at a time, to each target at its own pace.
//!
//! ```text
//!  stirred, due ─▶ what is due, read ahead ─▶ least recently served first ─▶ ≤ 2 each, ≤ 32 in all, by rate ─▶ attempt
//!                                                                                                               │
//!        delivery's next step, endpoint's health: one transaction, many to a sync ◀── the place is free again ──┘
//! ```
//!
//! - What is in flight is known here alone: after a crash it is still due, and is sent again under the same id.
//! - A target that is slow or dead holds at most its own two places, however much waits for it; finding what is due costs one
//!   look-up a target.
//! - An answer frees its place at once; until its outcome is on disk the delivery is not sent again.

use super::attempt::{self, Destination, Outcome};
use super::outbox::Stir;
use super::record::record;
use crate::clock;
use crate::config::{Config, Webhooks};
use crate::domain::Timestamp;
use crate::engine::Engine;
use crate::metrics::metrics;
use crate::outbound::{Client, Limits, Own, Policy, Resolve};
use crate::store::deliveries::{self, DueRow};
use crate::store::{StoreError, endpoints};
use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use std::collections::{HashMap, HashSet, VecDeque};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// Attempts in flight in all,
const IN_FLIGHT: usize = 32;
/// and to one target.
const PER_TARGET: usize = 2;
/// Outcomes on their way to the disk.
const UNRECORDED: usize = 256;
/// Deliveries of a target that are read at once.
const AHEAD: usize = 64;
/// Bytes of bodies after which no further target is read.
const AHEAD_BYTES: usize = 8 << 20;
/// Looks at least this often, should the clock be set.
const LONGEST: Duration = Duration::from_secs(60);
/// After the database failed: the next look.
const PAUSE: Duration = Duration::from_secs(5);
/// How long attempts that are under way may still take when the daemon stops.
const GRACE: Duration = Duration::from_secs(3);
/// Targets whose pace is remembered although nothing waits for them.
const REMEMBERED: usize = 1024;

/// What a sender works with.
#[derive(Clone)]
pub struct Context {
    /// The engine.
    pub engine: Engine,
    /// The configuration that holds now.
    pub config: watch::Receiver<Arc<Config>>,
    /// Moves when there may be something to send.
    pub stirred: watch::Receiver<Stir>,
    /// Never reached.
    pub own: Own,
    /// Looks names up.
    pub resolver: Arc<dyn Resolve>,
    /// Cancelled when the daemon stops.
    pub stop: CancellationToken,
}

/// What is remembered of a target between attempts.
struct Target {
    /// Attempts that wait for their answer.
    flying: usize,
    /// Deliveries that are sent or whose outcome is not on disk yet: the database still calls them due.
    open: HashSet<i64>,
    /// Read ahead, in the order in which they are sent.
    ready: VecDeque<(DueRow, Destination)>,
    /// The turn in which it was last served.
    served: u64,
    pace: DefaultDirectRateLimiter,
}

/// An attempt that ended, and what is to be recorded of it.
struct Answered {
    row: DueRow,
    outcome: Outcome,
}

struct Sender {
    context: Context,
    settings: Webhooks,
    client: Client,
    targets: HashMap<String, Target>,
    turn: u64,
    /// As of which the endpoints were read.
    endpoints: u64,
    /// What is due is to be looked up again.
    look: bool,
    attempts: JoinSet<Answered>,
    records: JoinSet<(String, i64)>,
}

/// Sends until the daemon stops.
pub async fn run(mut context: Context) {
    let settings = context.config.borrow_and_update().webhooks.clone();
    let client = client(&context, &settings);
    let mut sender = Sender {
        context,
        settings,
        client,
        targets: HashMap::new(),
        turn: 0,
        endpoints: 0,
        look: true,
        attempts: JoinSet::new(),
        records: JoinSet::new(),
    };
    loop {
        let wait = match sender.send_due().await {
            Ok(wait) => wait,
            Err(error) => {
                tracing::error!(
                    component = "WEBHOOK",
                    "what is due could not be read: {error}; it is tried again"
                );
                PAUSE
            }
        };
        tokio::select! {
            () = sender.context.stop.cancelled() => break,
            changed = sender.context.stirred.changed() => {
                if changed.is_err() {
                    break;
                }
                sender.look = true;
            }
            Some(done) = sender.attempts.join_next(), if !sender.attempts.is_empty() => sender.answered(done),
            Some(done) = sender.records.join_next(), if !sender.records.is_empty() => sender.recorded(done),
            changed = sender.context.config.changed() => match changed {
                Ok(()) => sender.reconfigure(),
                Err(_) => break,
            },
            () = tokio::time::sleep(wait.min(LONGEST)) => sender.look = true,
        }
    }
    // What does not end in time is sent again after the next start, under the same id.
    let _ = tokio::time::timeout(GRACE, sender.wind_down()).await;
}

fn client(context: &Context, settings: &Webhooks) -> Client {
    let limits = Limits {
        total: settings.timeout,
        ..Limits::default()
    };
    let policy = Policy::of(settings, context.own.clone());
    Client::new(
        policy,
        settings.ca_file.clone(),
        Arc::clone(&context.resolver),
        limits,
    )
}

impl Sender {
    fn reconfigure(&mut self) {
        let settings = self.context.config.borrow_and_update().webhooks.clone();
        if settings != self.settings {
            self.client = client(&self.context, &settings);
            self.settings = settings;
            self.targets.retain(|_, target| !target.open.is_empty());
            self.read_again();
            for target in self.targets.values_mut() {
                target.pace = RateLimiter::direct(quota(self.settings.rate));
            }
        }
    }

    /// What was read ahead no longer counts.
    fn read_again(&mut self) {
        self.look = true;
        self.targets
            .values_mut()
            .for_each(|target| target.ready.clear());
    }

    /// An answer is there: its place is free, and its outcome is on its way to the disk.
    fn answered(&mut self, done: Result<Answered, tokio::task::JoinError>) {
        let Answered { row, outcome } = match done {
            Ok(answered) => answered,
            Err(error) => {
                tracing::error!(component = "WEBHOOK", "an attempt broke: {error}");
                return;
            }
        };
        if let Some(target) = self.targets.get_mut(&row.target) {
            target.flying = target.flying.saturating_sub(1);
        }
        let (engine, schedule) = (self.context.engine.clone(), self.settings.schedule.clone());
        self.records.spawn(keep(engine, schedule, row, outcome));
    }

    fn recorded(&mut self, done: Result<(String, i64), tokio::task::JoinError>) {
        match done {
            Ok((name, n)) => {
                if let Some(target) = self.targets.get_mut(&name) {
                    target.open.remove(&n);
                    self.look |= target.ready.is_empty();
                }
            }
            Err(error) => tracing::error!(component = "WEBHOOK", "a record broke: {error}"),
        }
    }

    async fn wind_down(&mut self) {
        while let Some(done) = self.attempts.join_next().await {
            self.answered(done);
        }
        while self.records.join_next().await.is_some() {}
    }

    /// Starts what may start; answers how long nothing more can.
    async fn send_due(&mut self) -> Result<Duration, StoreError> {
        if self.attempts.len() >= IN_FLIGHT || self.records.len() >= UNRECORDED {
            return Ok(LONGEST);
        }
        let endpoints = self.context.stirred.borrow().endpoints;
        if endpoints != self.endpoints {
            self.endpoints = endpoints;
            self.read_again();
        }
        let mut wait = LONGEST;
        if std::mem::take(&mut self.look) {
            wait = self.read_ahead().await?;
        }
        let mut order: Vec<(u64, String)> = self
            .targets
            .iter()
            .filter(|(_, target)| target.flying < PER_TARGET && !target.ready.is_empty())
            .map(|(name, target)| (target.served, name.clone()))
            .collect();
        order.sort();
        for (_, name) in order {
            if let Some(pause) = self.serve(&name) {
                wait = wait.min(pause);
            }
        }
        Ok(wait)
    }

    /// Reads what is due of every target of which nothing is at hand; answers how long until more is due.
    async fn read_ahead(&mut self) -> Result<Duration, StoreError> {
        let now = self.context.engine.now();
        let hands: HashMap<String, (u64, Option<usize>)> = self
            .targets
            .iter()
            .map(|(name, target)| {
                let wants = target.ready.is_empty() && target.flying < PER_TARGET;
                (
                    name.clone(),
                    (target.served, wants.then_some(target.open.len())),
                )
            })
            .collect();
        let read = self.context.engine.reader().ask(move |connection| {
            let known = deliveries::targets(connection)?;
            let hand = |name: &String| hands.get(name).copied().unwrap_or((0, Some(0)));
            let mut due: Vec<&String> = known
                .iter()
                .filter(|(_, due)| *due <= now)
                .map(|(name, _)| name)
                .collect();
            due.sort_by_key(|name| hand(name).0);
            let (mut found, mut bytes) = (Vec::new(), 0);
            for name in due {
                let Some(open) = hand(name).1.filter(|_| bytes < AHEAD_BYTES) else {
                    continue;
                };
                // Those that are open are still due: they are asked for too, and passed over.
                let limit = u32::try_from(AHEAD + open).unwrap_or(u32::MAX);
                for row in deliveries::due(connection, name, now, limit)? {
                    bytes += row.body.len();
                    let endpoint = row
                        .endpoint
                        .as_deref()
                        .map(|id| endpoints::get(connection, id))
                        .transpose()?;
                    found.push((row, endpoint.flatten()));
                }
            }
            Ok((known, found))
        });
        let (known, found) = read.await?;
        self.forget_idle(&known);
        let rate = self.settings.rate;
        for (row, endpoint) in found {
            let to = match (&row.url, endpoint) {
                (_, Some(endpoint)) => Destination::endpoint(&endpoint, now),
                (Some(url), None) => Destination::own(url, self.settings.default_secret.as_ref()),
                (None, None) => continue,
            };
            let target = self
                .targets
                .entry(row.target.clone())
                .or_insert_with(|| Target {
                    flying: 0,
                    open: HashSet::new(),
                    ready: VecDeque::new(),
                    served: 0,
                    pace: RateLimiter::direct(quota(rate)),
                });
            if !target.open.contains(&row.n) {
                target.ready.push_back((row, to));
            }
        }
        let later = known
            .iter()
            .filter(|(_, due)| *due > now)
            .map(|(_, due)| due.since(now))
            .min();
        Ok(later.unwrap_or(LONGEST))
    }

    /// Starts what one target has places for; answers how long its pace makes it wait.
    fn serve(&mut self, name: &str) -> Option<Duration> {
        let target = self.targets.get_mut(name)?;
        while target.flying < PER_TARGET && self.attempts.len() < IN_FLIGHT {
            if target.ready.is_empty() {
                self.look = true;
                return Some(Duration::ZERO);
            }
            if let Err(not_until) = target.pace.check() {
                return Some(not_until.wait_time_from(DefaultClock::default().now()));
            }
            let (row, to) = target.ready.pop_front()?;
            self.turn += 1;
            target.served = self.turn;
            target.flying += 1;
            target.open.insert(row.n);
            let (client, now) = (self.client.clone(), self.context.engine.now());
            self.attempts.spawn(async move {
                let outcome = attempt::attempt(&client, &row, &to, now).await;
                Answered { row, outcome }
            });
        }
        None
    }

    fn forget_idle(&mut self, known: &[(String, Timestamp)]) {
        if self.targets.len() > REMEMBERED {
            self.targets.retain(|name, target| {
                !target.open.is_empty() || known.iter().any(|(one, _)| one == name)
            });
        }
    }
}

/// At least one a second in a burst, so that a slow rate still lets the first through at once.
fn quota(rate: f64) -> Quota {
    let rate = if rate.is_finite() && rate > 0.0 {
        rate.clamp(0.001, 1e6)
    } else {
        10.0
    };
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "between 1 and a million"
    )]
    let burst = NonZeroU32::new(rate as u32).unwrap_or(NonZeroU32::MIN);
    Quota::with_period(Duration::from_secs_f64(1.0 / rate))
        .map_or(Quota::per_second(burst), |quota| quota.allow_burst(burst))
}

/// Brings an attempt's outcome to the disk.
async fn keep(
    engine: Engine,
    schedule: Vec<Duration>,
    row: DueRow,
    outcome: Outcome,
) -> (String, i64) {
    let (place, id, ended) = ((row.target.clone(), row.n), row.id.clone(), engine.now());
    metrics().webhook_attempt(outcome.word, Duration::from_millis(outcome.row.latency));
    let (status, error) = (outcome.row.status, outcome.row.error.as_deref());
    tracing::info!(
        component = "WEBHOOK", outcome = outcome.word, attempt = outcome.row.number, duration = outcome.row.latency,
        delivery = %id, event = %row.event_type, status, error, "webhook attempt"
    );
    let draw = clock::draw();
    let written = engine
        .write_told(move |connection| record(connection, &row, &outcome, &schedule, draw, ended))
        .await;
    if let Err(error) = written {
        tracing::error!(component = "WEBHOOK", delivery = %id, "an attempt could not be recorded, so it is made again: {error}");
        // The database gives no signal when it works again, and the receiver must not be asked over and over meanwhile.
        tokio::time::sleep(PAUSE).await;
    }
    place
}
