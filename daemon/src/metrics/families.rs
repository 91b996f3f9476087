//! The metrics themselves: names, labels, buckets, and a method for each thing that happens.

use super::bounded::Bounded;
use prometheus::core::Collector;
use prometheus::{
    GaugeVec, Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge,
    IntGaugeVec, Opts, Registry,
};
use std::cell::RefCell;
use std::time::Duration;

/// Combinations of labels that are told apart where their values come from files and requests.
const MANY: usize = 256;
/// The same where there are few by nature.
const FEW: usize = 64;

/// Seconds that a request or a query takes.
const QUICK: &[f64] = &[
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0,
];
/// Seconds that a stage or a whole workflow takes, or waits.
const SLOW: &[f64] = &[
    0.01, 0.05, 0.1, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0, 3600.0,
    14400.0,
];
/// Bytes of a file.
const BYTES: &[f64] = &[
    65_536.0,
    1_048_576.0,
    4_194_304.0,
    16_777_216.0,
    67_108_864.0,
    268_435_456.0,
    1_073_741_824.0,
    4_294_967_296.0,
    17_179_869_184.0,
];

/// Which way bytes go between this box and the object store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// To the store.
    Up,
    /// From it.
    Down,
}

impl Direction {
    const fn word(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::Down => "down",
        }
    }
}

/// What the database is asked to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Query {
    /// A question, without its wait for a free connection.
    Read,
    /// A transaction's statements.
    Write,
    /// Its commit, synced.
    Commit,
}

impl Query {
    const fn word(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Commit => "commit",
        }
    }
}

/// What a look into the cache of results found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Looked {
    /// The result.
    Hit,
    /// Nothing.
    Miss,
    /// Something that was damaged since.
    Damaged,
}

impl Looked {
    const fn word(self) -> &'static str {
        match self {
            Self::Hit => "hit",
            Self::Miss => "miss",
            Self::Damaged => "damaged",
        }
    }
}

/// A client of the event stream, counted until it is dropped.
#[derive(Debug)]
pub struct EventClient(IntGauge);

impl Drop for EventClient {
    fn drop(&mut self) {
        self.0.dec();
    }
}

/// All that is counted. Times are given as durations and shown in seconds.
pub struct Metrics {
    pub(super) registry: Registry,
    pub(super) named: Vec<Named>,
    created: Bounded<IntCounterVec>,
    finished: Bounded<IntCounterVec>,
    workflow: Histogram,
    stage: Bounded<HistogramVec>,
    failures: Bounded<IntCounterVec>,
    errors: Bounded<IntCounterVec>,
    refused: Bounded<IntCounterVec>,
    pub(super) queue: IntGaugeVec,
    wait: Histogram,
    attempts: IntCounterVec,
    webhook: Histogram,
    requests: Bounded<IntCounterVec>,
    http: Bounded<HistogramVec>,
    store_bytes: IntCounterVec,
    store: Histogram,
    db: HistogramVec,
    output: Histogram,
    pub(super) media: IntGauge,
    pub(super) free: IntGauge,
    pub(super) beat: GaugeVec,
    pub(super) slots: IntGaugeVec,
    pub(super) box_slots: IntGaugeVec,
    clients: IntGauge,
    looked: IntCounterVec,
    evicted: IntCounter,
    cached: IntGauge,
}

/// A metric's name, what it says, and its type: shown also while there is nothing to show.
pub(super) struct Named {
    pub name: String,
    pub help: String,
    pub kind: &'static str,
}

/// Makes metrics and enters them. A name or label that Prometheus would not take is a mistake in this file, which the first
/// test that runs anything finds.
struct Maker(Registry, RefCell<Vec<Named>>);

impl Maker {
    fn entered<C: Collector + Clone + 'static>(
        &self,
        kind: &'static str,
        made: prometheus::Result<C>,
    ) -> C {
        let made = made.expect("this file's names are valid");
        for described in made.desc() {
            let name = described.fq_name.clone();
            self.1.borrow_mut().push(Named {
                name,
                help: described.help.clone(),
                kind,
            });
        }
        self.0
            .register(Box::new(made.clone()))
            .expect("this file's names differ");
        made
    }

    fn counter(&self, name: &str, help: &str) -> IntCounter {
        self.entered("counter", IntCounter::with_opts(Opts::new(name, help)))
    }

    fn counters(&self, name: &str, help: &str, labels: &[&str]) -> IntCounterVec {
        self.entered("counter", IntCounterVec::new(Opts::new(name, help), labels))
    }

    fn bounded(
        &self,
        name: &str,
        help: &str,
        labels: &[&str],
        most: usize,
    ) -> Bounded<IntCounterVec> {
        Bounded::new(self.counters(name, help, labels), most)
    }

    fn gauge(&self, name: &str, help: &str) -> IntGauge {
        self.entered("gauge", IntGauge::with_opts(Opts::new(name, help)))
    }

    fn gauges(&self, name: &str, help: &str, labels: &[&str]) -> IntGaugeVec {
        self.entered("gauge", IntGaugeVec::new(Opts::new(name, help), labels))
    }

    fn histogram(&self, name: &str, help: &str, buckets: &[f64]) -> Histogram {
        let opts = HistogramOpts::new(name, help).buckets(buckets.to_vec());
        self.entered("histogram", Histogram::with_opts(opts))
    }

    fn histograms(&self, name: &str, help: &str, labels: &[&str], buckets: &[f64]) -> HistogramVec {
        let opts = HistogramOpts::new(name, help).buckets(buckets.to_vec());
        self.entered("histogram", HistogramVec::new(opts, labels))
    }
}

impl Metrics {
    /// A set of its own, all zero.
    #[must_use]
    #[rustfmt::skip]
    pub fn new() -> Self {
        let make = Maker(Registry::new(), RefCell::default());
        let stage = make.histograms("reel_stage_seconds", "How long a stage that completed took.", &["pipeline", "stage"], SLOW);
        let http = make.histograms("reel_http_seconds", "Time from a request's head to its answer's.", &["route"], QUICK);
        Self {
            created: make.bounded("reel_workflows_created_total", "Workflows that were taken.", &["pipeline", "surface"], MANY),
            finished: make.bounded("reel_workflows_finished_total", "Workflows that ended.", &["pipeline", "status"], MANY),
            workflow: make.histogram("reel_workflow_seconds", "From a workflow's start to its end.", SLOW),
            stage: Bounded::new(stage, MANY),
            failures: make.bounded("reel_stage_failures_total", "Attempts of stages that failed.", &["stage", "class"], MANY),
            errors: make.bounded("reel_errors_total", "Errors in the daemon's log.", &["component"], FEW),
            refused: make.bounded("reel_box_refused_total", "What boxes said or ran of attempts that were no longer theirs.", &["box"], MANY),
            queue: make.gauges("reel_queue_length", "Workflows that have not ended.", &["status"]),
            wait: make.histogram("reel_queue_wait_seconds", "From queued to the start of the first stage.", SLOW),
            attempts: make.counters("reel_webhook_attempts_total", "Attempts at deliveries.", &["outcome"]),
            webhook: make.histogram("reel_webhook_seconds", "How long an attempt at a delivery took.", QUICK),
            requests: make.bounded("reel_http_requests_total", "Requests that were answered.", &["route", "code"], 4 * MANY),
            http: Bounded::new(http, MANY),
            store_bytes: make.counters("reel_store_bytes_total", "Bytes to and from the object store.", &["direction"]),
            store: make.histogram("reel_store_seconds", "How long a transfer to or from the object store took.", SLOW),
            db: make.histograms("reel_db_seconds", "How long the database took.", &["kind"], QUICK),
            output: make.histogram("reel_output_bytes", "Sizes of finished videos.", BYTES),
            media: make.gauge("reel_media_bytes", "Bytes of the files that are kept on this box."),
            free: make.gauge("reel_disk_free_bytes", "Free bytes where the data directory is."),
            beat: make.entered("gauge", GaugeVec::new(Opts::new("reel_box_beat_age_seconds", "Since a box was last heard of."), &["box"])),
            box_slots: make.gauges("reel_box_slots", "What each box offers, used and free.", &["box", "resource", "state"]),
            slots: make.gauges("reel_slots", "What the boxes offer, used and free.", &["resource", "state"]),
            clients: make.gauge("reel_event_clients", "Clients of the event stream."),
            looked: make.counters("reel_cache_lookups_total", "Looks into the cache of results.", &["result"]),
            evicted: make.counter("reel_cache_evicted_total", "Results that left the cache so that it keeps within its limit."),
            cached: make.gauge("reel_cache_bytes", "Bytes of the results that are kept."),
            named: make.1.into_inner(),
            registry: make.0,
        }
    }

    /// A workflow was taken, by whichever surface.
    pub fn created(&self, pipeline: &str, surface: &str) {
        self.created.of([pipeline, surface]).inc();
    }

    /// A workflow ended, so long after it started (none: it never did).
    pub fn finished(&self, pipeline: &str, status: &str, took: Option<Duration>) {
        self.finished.of([pipeline, status]).inc();
        if let Some(took) = took {
            self.workflow.observe(took.as_secs_f64());
        }
    }

    /// A stage completed.
    pub fn stage(&self, pipeline: &str, stage: &str, took: Duration) {
        self.stage.of([pipeline, stage]).observe(took.as_secs_f64());
    }

    /// An attempt of a stage failed.
    pub fn stage_failed(&self, stage: &str, class: &str) {
        self.failures.of([stage, class]).inc();
    }

    /// Something was logged as an error.
    pub fn error(&self, component: &str) {
        self.errors.of([component]).inc();
    }

    /// A box spoke of an attempt, or ran one, that was no longer its own.
    pub fn box_refused(&self, name: &str) {
        self.refused.of([name]).inc();
    }

    /// A workflow's first stage started, so long after it was queued.
    pub fn waited(&self, wait: Duration) {
        self.wait.observe(wait.as_secs_f64());
    }

    /// An attempt at a delivery ended; `outcome` is `2xx`, `status` or the class of what went wrong.
    pub fn webhook_attempt(&self, outcome: &'static str, took: Duration) {
        self.attempts.with_label_values(&[outcome]).inc();
        self.webhook.observe(took.as_secs_f64());
    }

    /// A request was answered. `route` is the table's template, never the path as it came.
    pub fn http(&self, route: &str, code: u16, took: Duration) {
        self.requests.of([route, &code.to_string()]).inc();
        self.http.of([route]).observe(took.as_secs_f64());
    }

    /// Bytes went to or came from the object store.
    pub fn stored(&self, direction: Direction, bytes: u64, took: Duration) {
        let counter = self.store_bytes.with_label_values(&[direction.word()]);
        counter.inc_by(bytes);
        self.store.observe(took.as_secs_f64());
    }

    /// The database did something.
    pub fn db(&self, query: Query, took: Duration) {
        let histogram = self.db.with_label_values(&[query.word()]);
        histogram.observe(took.as_secs_f64());
    }

    /// A video is finished, of so many bytes.
    #[allow(clippy::cast_precision_loss, reason = "a bucket is chosen by it")]
    pub fn output(&self, bytes: u64) {
        self.output.observe(bytes as f64);
    }

    /// Somebody looked for a result that may be kept.
    pub fn cache_looked(&self, found: Looked) {
        self.looked.with_label_values(&[found.word()]).inc();
    }

    /// A kept result was given up.
    pub fn cache_evicted(&self) {
        self.evicted.inc();
    }

    /// So many bytes of results are kept.
    pub fn cache_holds(&self, bytes: u64) {
        self.cached.set(i64::try_from(bytes).unwrap_or(i64::MAX));
    }

    /// A client of the event stream has come; it is counted until the answer is dropped.
    #[must_use]
    pub fn event_client(&self) -> EventClient {
        self.clients.inc();
        EventClient(self.clients.clone())
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}
