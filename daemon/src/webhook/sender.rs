//! Sends what is due, at most so much at a time, to each target at its own pace.
//!
//! ```text
//!  stirred, due, done ─▶ targets with something due ─▶ least recently served first ─▶ ≤ 2 each, ≤ 32 in all, by rate ─▶ attempt
//!                                                                                                                       │
//!        delivery's next step, endpoint's health: one transaction ◀──────────────────────────────────────────────────────┘
//! ```
//!
//! - What is in flight is known here alone: after a crash it is still due, and is sent again under the same id.
//! - A target that is slow or dead holds at most its own two places, however much waits for it; finding what is due costs one
//!   look-up a target.
//! - Nothing is forgotten that was sent: an attempt ends only when its outcome is on disk.

use super::attempt::{self, Destination};
use super::record::record;
use crate::clock;
use crate::config::{Config, Webhooks};
use crate::domain::Timestamp;
use crate::engine::Engine;
use crate::outbound::{Client, Limits, Own, Policy, Resolve};
use crate::store::deliveries::{self, DueRow};
use crate::store::{StoreError, endpoints};
use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use std::collections::HashMap;
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
    pub stirred: watch::Receiver<u64>,
    /// Never reached.
    pub own: Own,
    /// Looks names up.
    pub resolver: Arc<dyn Resolve>,
    /// Cancelled when the daemon stops.
    pub stop: CancellationToken,
}

/// What is remembered of a target between attempts.
struct Target {
    in_flight: Vec<i64>,
    /// The turn in which it was last served.
    served: u64,
    pace: DefaultDirectRateLimiter,
}

struct Sender {
    context: Context,
    settings: Webhooks,
    client: Client,
    targets: HashMap<String, Target>,
    turn: u64,
    attempts: JoinSet<(String, i64)>,
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
        attempts: JoinSet::new(),
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
            changed = sender.context.stirred.changed() => if changed.is_err() { break },
            Some(done) = sender.attempts.join_next(), if !sender.attempts.is_empty() => sender.done(done),
            changed = sender.context.config.changed() => match changed {
                Ok(()) => sender.reconfigure(),
                Err(_) => break,
            },
            () = tokio::time::sleep(wait.min(LONGEST)) => {}
        }
    }
    // What does not end in time is sent again after the next start, under the same id.
    let _ = tokio::time::timeout(GRACE, async {
        while sender.attempts.join_next().await.is_some() {}
    })
    .await;
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
            self.targets
                .retain(|_, target| !target.in_flight.is_empty());
        }
    }

    fn done(&mut self, done: Result<(String, i64), tokio::task::JoinError>) {
        match done {
            Ok((target, n)) => {
                if let Some(target) = self.targets.get_mut(&target) {
                    target.in_flight.retain(|known| *known != n);
                }
            }
            Err(error) => tracing::error!(component = "WEBHOOK", "an attempt broke: {error}"),
        }
    }

    /// Starts what may start; answers how long nothing more can.
    async fn send_due(&mut self) -> Result<Duration, StoreError> {
        let free = IN_FLIGHT.saturating_sub(self.attempts.len());
        if free == 0 {
            return Ok(LONGEST);
        }
        let known = self
            .context
            .engine
            .reader()
            .ask(deliveries::targets)
            .await?;
        let now = self.context.engine.now();
        self.forget_idle(&known);
        let mut wait = LONGEST;
        let mut open = Vec::new();
        for (name, due) in known {
            let (flying, served) = self
                .targets
                .get(&name)
                .map_or((0, 0), |target| (target.in_flight.len(), target.served));
            if due > now {
                wait = wait.min(due.since(now));
            } else if flying < PER_TARGET {
                open.push((served, name, flying));
            }
        }
        open.sort();
        open.truncate(free);
        let wanted: Vec<(String, usize)> = open
            .into_iter()
            .map(|(_, name, flying)| (name, flying))
            .collect();
        if wanted.is_empty() {
            return Ok(wait);
        }
        let read = self.context.engine.reader().ask(move |connection| {
            let mut found = Vec::new();
            for (target, flying) in wanted {
                // Those in flight are still due: they are asked for too, and passed over.
                let limit = u32::try_from(PER_TARGET + flying).unwrap_or(u32::MAX);
                for row in deliveries::due(connection, &target, now, limit)? {
                    let endpoint = row
                        .endpoint
                        .as_deref()
                        .map(|id| endpoints::get(connection, id))
                        .transpose()?;
                    found.push((row, endpoint.flatten()));
                }
            }
            Ok(found)
        });
        for (row, endpoint) in read.await? {
            let to = match (&row.url, endpoint) {
                (_, Some(endpoint)) => Destination::endpoint(&endpoint, now),
                (Some(url), None) => Destination::own(url, self.settings.default_secret.as_ref()),
                (None, None) => continue,
            };
            if let Some(pause) = self.start(row, to, now) {
                wait = wait.min(pause);
            }
        }
        Ok(wait)
    }

    /// Starts an attempt if its target has a place; answers how long its pace makes it wait otherwise.
    fn start(&mut self, row: DueRow, to: Destination, now: Timestamp) -> Option<Duration> {
        if self.attempts.len() >= IN_FLIGHT {
            return None;
        }
        let rate = self.settings.rate;
        let target = self
            .targets
            .entry(row.target.clone())
            .or_insert_with(|| Target {
                in_flight: Vec::new(),
                served: 0,
                pace: RateLimiter::direct(quota(rate)),
            });
        if target.in_flight.len() >= PER_TARGET || target.in_flight.contains(&row.n) {
            return None;
        }
        if let Err(not_until) = target.pace.check() {
            return Some(not_until.wait_time_from(DefaultClock::default().now()));
        }
        self.turn += 1;
        target.served = self.turn;
        target.in_flight.push(row.n);
        let (engine, client) = (self.context.engine.clone(), self.client.clone());
        let schedule = self.settings.schedule.clone();
        self.attempts.spawn(async move {
            let place = (row.target.clone(), row.n);
            carry(&engine, &client, &schedule, row, &to, now).await;
            place
        });
        None
    }

    fn forget_idle(&mut self, known: &[(String, Timestamp)]) {
        if self.targets.len() > REMEMBERED {
            self.targets.retain(|name, target| {
                !target.in_flight.is_empty() || known.iter().any(|(one, _)| one == name)
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

/// One attempt, to the end of its record.
async fn carry(
    engine: &Engine,
    client: &Client,
    schedule: &[Duration],
    row: DueRow,
    to: &Destination,
    now: Timestamp,
) {
    let outcome = attempt::attempt(client, &row, to, now).await;
    let ended = engine.now();
    let (status, error) = (outcome.row.status, outcome.row.error.as_deref());
    tracing::info!(
        component = "WEBHOOK", outcome = outcome.word, attempt = outcome.row.number, duration = outcome.row.latency,
        delivery = %row.id, event = %row.event_type, status, error, "webhook attempt"
    );
    let (schedule, draw) = (schedule.to_vec(), clock::draw());
    let id = row.id.clone();
    let written = engine
        .write_told(move |connection| record(connection, &row, &outcome, &schedule, draw, ended))
        .await;
    if let Err(error) = written {
        tracing::error!(component = "WEBHOOK", delivery = %id, "an attempt could not be recorded, so it is made again: {error}");
        // The database gives no signal when it works again, and the receiver must not be asked over and over meanwhile.
        tokio::time::sleep(PAUSE).await;
    }
}
