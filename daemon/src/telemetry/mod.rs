//! What the daemon says about itself: its log, and its words to systemd.
//!
//! The log is one JSON object a line, to stderr and to `logs/workflow-YYYY-MM-DD.log` (UTC): `level` (`debug info warn
//! error fatal`), `time`, `component`, `msg`, and where they apply `videoId`, `state`, `previousState`, `duration`,
//! `attempt`, `userId`, `requestId`; every other field stands in `metadata`. On a terminal stderr is
//! `[COMPONENT] msg {…}` instead; the file is always JSON.
//!
//! How to log: `info!(component = "VIDEO", videoId = id, state = "running", "Workflow started")`. Fields of the spans
//! around an event stand in its line too, so a span with `requestId` marks all that a request causes. Without a
//! `component` the room's name is taken. `fatal = true` on an error says that the daemon stops over it.
//!
//! - Logging never waits for a reader: lines go to a bounded queue, each sink has a thread of its own, and what a full
//!   queue drops is counted and told in the next line that gets through.
//! - Secrets are never logged; should one get into a line all the same, `veil` hides it.

mod daily;
mod line;
mod service;
mod sink;

#[cfg(test)]
mod tests;

pub use service::Service;

use line::LineLayer;
use sink::Sink;
use std::io::IsTerminal;
use std::path::PathBuf;
use std::time::Duration;
use tracing_subscriber::filter::EnvFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// How lines on stderr look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// One object a line.
    Json,
    /// `[COMPONENT] msg {…}`
    Text,
}

impl Format {
    /// Of a configured word; without one by what stderr is.
    #[must_use]
    pub fn of(word: Option<&str>) -> Self {
        match word {
            Some("text") => Self::Text,
            Some(_) => Self::Json,
            None if std::io::stderr().is_terminal() => Self::Text,
            None => Self::Json,
        }
    }
}

/// What to log and where.
#[derive(Debug, Clone)]
pub struct Settings {
    /// A level, or a filter by target.
    pub filter: String,
    /// On stderr.
    pub format: Format,
    /// Where the daily files stand; none: no files.
    pub directory: Option<PathBuf>,
    /// How long they are kept.
    pub keep: Duration,
}

/// Logging could not begin.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// The filter makes no sense.
    #[error(
        "the log filter {filter:?} is none: {reason}; write a level or a filter like info,reeld::api=debug"
    )]
    Filter {
        /// As it was given.
        filter: String,
        /// Why.
        reason: String,
    },
    /// A sink's thread could not start.
    #[error("the log's thread could not start")]
    Thread(#[source] std::io::Error),
    /// Another part of the process logs already.
    #[error("logging was started twice")]
    Twice,
}

/// Keeps the log going. Dropping it writes out what waits.
#[must_use = "the log ends when this is dropped"]
pub struct Telemetry {
    sinks: Vec<Sink>,
}

impl Telemetry {
    /// Waits until everything logged so far is written.
    pub fn flush(&self) {
        self.sinks.iter().for_each(Sink::flush);
    }
}

/// Begins to log, for the whole process. A panic anywhere is logged as `fatal` before it unwinds.
///
/// # Errors
/// A filter that makes no sense, no thread to be had, or logging that runs already.
pub fn start(settings: &Settings) -> Result<Telemetry, TelemetryError> {
    let filter = settings
        .filter
        .parse::<EnvFilter>()
        .map_err(|error| TelemetryError::Filter {
            filter: settings.filter.clone(),
            reason: error.to_string(),
        })?;
    let mut sinks = vec![
        Sink::start("log-stderr", std::io::stderr(), settings.format)
            .map_err(TelemetryError::Thread)?,
    ];
    if let Some(directory) = &settings.directory {
        let file = daily::DailyFile::new(directory.clone(), settings.keep);
        sinks.push(Sink::start("log-file", file, Format::Json).map_err(TelemetryError::Thread)?);
    }
    let layer = LineLayer::new(sinks.iter().map(Sink::entrance).collect());
    tracing_subscriber::registry()
        .with(filter)
        .with(layer)
        .try_init()
        .map_err(|_| TelemetryError::Twice)?;
    log_panics();
    Ok(Telemetry { sinks })
}

fn log_panics() {
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        let place = panic
            .location()
            .map(ToString::to_string)
            .unwrap_or_default();
        let thread = std::thread::current().name().unwrap_or("?").to_owned();
        tracing::error!(
            component = "ERROR",
            fatal = true,
            place,
            thread,
            "{}",
            panic.payload_as_str().unwrap_or("a panic")
        );
        before(panic);
    }));
}
