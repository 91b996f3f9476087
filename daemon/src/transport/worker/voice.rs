//! What the runner tells, made into letters: the log before the end, and nothing after it.

use super::book::Book;
use super::desk::Desk;
use super::flow::Flow;
use super::follow::Follow;
use super::offer::{Offers, Waiting};
use super::tail::{BACKLOG, Tail};
use crate::clock::{Clock as _, SystemClock};
use crate::domain::pipeline::ErrorClass;
use crate::domain::{Failure, Outcome, Timestamp, Values};
use crate::engine::ports::{AttemptKey, Reports};
use crate::pipeline::json;
use crate::store::ledger::Holds;
use crate::transport::files::Stock;
use crate::transport::letter::{Attempt, OutcomeDoc, Up, move_paths};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

pub(super) struct Voice {
    pub book: Arc<Book>,
    pub desk: Desk,
    pub flow: Arc<Flow>,
    pub stock: Arc<Stock>,
    pub offers: Offers,
    pub runtime: tokio::runtime::Handle,
    pub follow: Arc<Follow>,
    pub data_dir: PathBuf,
}

impl Voice {
    /// Hands these back: nothing of them ran. From plain threads only.
    pub fn hand_back(&self, attempts: impl IntoIterator<Item = Attempt>) {
        for attempt in attempts {
            self.end(&attempt, None, Outcome::NotBegun);
        }
    }

    /// Tells how an attempt ended. From plain threads only.
    pub fn end(&self, attempt: &Attempt, started: Option<Timestamp>, outcome: Outcome) {
        let Some(ending) = self.book.end(attempt) else {
            tracing::debug!(component = "BOXES", videoId = %attempt.workflow, "an attempt that is not held, or has ended, ended");
            return;
        };
        let mut outcome = match (ending.cut, outcome) {
            (Some(_), Outcome::Cancelled) if !ending.has_begun => Outcome::NotBegun,
            (Some(reason), Outcome::Cancelled) => Outcome::Lost { reason },
            (_, outcome) => outcome,
        };
        self.log(attempt, &ending.tail, true);
        self.flow.forget(attempt);
        let mut files = Vec::new();
        if let (Outcome::Completed { outputs }, Some((workflow, home))) =
            (&mut outcome, &ending.order)
        {
            move_paths(outputs, &self.data_dir.to_string_lossy(), home);
            match self.stock.belongings(workflow) {
                Ok(found) => files = found,
                Err(error) => outcome = no_files(&error),
            }
        }
        let waiting = Waiting {
            attempt: attempt.clone(),
            started_ms: started.map(|at| at.0),
            ended_ms: SystemClock.now().0,
            outcome: OutcomeDoc::from(&outcome),
        };
        if files.is_empty() {
            self.desk
                .say(attempt.clone(), Holds::End, &waiting.into_letter());
        } else {
            let offering = self.book.offer(attempt);
            self.runtime
                .spawn(self.offers.clone().make(waiting, files, offering));
        }
    }

    /// Tells what the log has grown by; with `all` it is the last time.
    pub fn log(&self, attempt: &Attempt, tail: &Mutex<Tail>, all: bool) {
        let has_room = || self.desk.log_bytes() < BACKLOG;
        let hand_on = |text: String, upto: u64| {
            let up = Up::Log {
                attempt: attempt.clone(),
                text,
            };
            self.desk.say(attempt.clone(), Holds::Log { upto }, &up);
        };
        let mut tail = tail.lock().unwrap_or_else(PoisonError::into_inner);
        let read = if all {
            tail.close(has_room, hand_on)
        } else {
            tail.read(has_room, hand_on)
        };
        if let Err(error) = read {
            tracing::warn!(component = "BOXES", videoId = %attempt.workflow, %error, "an attempt's log can't be read on: what it lacks stays on this box");
        }
    }
}

/// How a stage ends whose files can't be looked at.
fn no_files(error: &std::io::Error) -> Outcome {
    Outcome::Failed {
        failure: Failure {
            class: ErrorClass::Storage,
            code: "files".into(),
            message: format!("what the stage made can't be brought home: {error}"),
            stage: None,
            hint: "Look whether the box's data directory can be read and its disk has room.".into(),
        },
    }
}

impl Reports for Voice {
    fn ended(&self, key: AttemptKey, started_at: Option<Timestamp>, outcome: Outcome) {
        self.end(&Attempt::from(&key), started_at, outcome);
    }

    fn gave(&self, key: AttemptKey, mut outputs: Values) {
        let attempt = Attempt::from(&key);
        if let Some(home) = self.book.home(&attempt) {
            move_paths(&mut outputs, &self.data_dir.to_string_lossy(), &home);
        }
        let up = Up::Gave {
            attempt: attempt.clone(),
            outputs: json::object(&outputs),
        };
        self.desk.say(attempt, Holds::Outputs, &up);
    }

    fn progress(&self, key: &AttemptKey, progress: f64, message: Option<String>) {
        let attempt = Attempt::from(key);
        if self.book.tail(&attempt).is_some() {
            self.flow.progress(attempt, progress, message);
        }
    }

    fn log_grew(&self, key: &AttemptKey) {
        self.follow.grew(Attempt::from(key));
    }
}
