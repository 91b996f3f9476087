//! Reads what the boxes write, and folds what counts: in the order of its numbers, each once, in one transaction with how
//! far it has come. A box is told only after that.

use super::Inner;
use super::beats::PAUSE;
use crate::attempt_log::{LogName, Writer};
use crate::domain::Command;
use crate::domain::Timestamp;
use crate::engine::EngineError;
use crate::engine::boxes::{Fold, RemoteEnd};
use crate::engine::ports::{AttemptKey, Reports as _};
use crate::metrics::metrics;
use crate::pipeline::json;
use crate::transport::key::Way;
use crate::transport::letter::{self, Attempt, Down, Up, UpLetter};
use crate::transport::link::Entry;
use crate::transport::streams;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::{Duration, Instant};

const MOST: usize = 512;
const WAIT: Duration = Duration::from_secs(5);
/// A box is asked for what is missing at most this often.
const ASK_AGAIN: Duration = Duration::from_secs(2);

pub(super) async fn listen(inner: Arc<Inner>) {
    let stream = streams::up(&inner.parts.keys);
    let mut reader = inner.parts.link.reader(&stream);
    loop {
        let read = tokio::select! {
            () = inner.parts.stop.cancelled() => return,
            read = reader.next(MOST, WAIT) => read,
        };
        let Ok(entries) = read else {
            // That it is not reached is told by who reads the beats.
            tokio::time::sleep(PAUSE).await;
            continue;
        };
        let Some(last) = entries.last().map(|entry| entry.mark.clone()) else {
            continue;
        };
        let mut by_box: BTreeMap<String, Vec<UpLetter>> = BTreeMap::new();
        for Entry { from, body, .. } in entries {
            let read = letter::open::<UpLetter>(&inner.parts.keys, Way::Up, &from, &body);
            by_box.entry(from).or_default().extend(read);
        }
        for (name, letters) in by_box {
            if matches!(
                take(&inner, &name, letters).await,
                Err(EngineError::Stopping)
            ) {
                return;
            }
        }
        // What was left unfolded is still with its sender, which sends it again.
        if let Err(error) = inner.parts.link.trim(&stream, &last).await {
            tracing::debug!(component = "BOXES", %error, "letters that were read could not be trimmed; they are with the next");
        }
    }
}

/// Takes what one box wrote.
async fn take(inner: &Arc<Inner>, name: &str, letters: Vec<UpLetter>) -> Result<(), EngineError> {
    let mut folded = match inner.known_fold(name) {
        Some(known) => known,
        None => {
            let stored = inner.parts.engine.folded(name).await?;
            let known = stored.unwrap_or_default();
            inner.set_fold(name, known.clone());
            known
        }
    };
    let (session, ledger) = match inner.boxes().get(name) {
        Some(link) => (link.session.clone(), link.ledger.clone()),
        None => return Ok(()),
    };
    let ledger = ledger.unwrap_or_else(|| folded.0.clone());
    if folded.0 != ledger {
        // The box began a new ledger: nothing of that one is folded.
        folded = (ledger.clone(), 0);
    }
    let mut counted = Vec::new();
    let (mut next, mut is_known, mut is_gap) = (folded.1 + 1, false, false);
    for letter in letters {
        if letter.number == 0 {
            if letter.session == session {
                at_once(inner, name, letter.say);
            }
        } else if letter.ledger != ledger || letter.number < next {
            is_known |= letter.ledger == ledger;
        } else if letter.number > next {
            is_gap = true;
        } else {
            next += 1;
            counted.push(letter.say);
        }
    }
    if !counted.is_empty() {
        fold(inner, name, &ledger, next - 1, counted).await?;
        inner.set_fold(name, (ledger.clone(), next - 1));
    } else if is_known {
        inner.say(
            name,
            Down::Have {
                ledger: ledger.clone(),
                upto: next - 1,
            },
        );
    }
    if is_gap {
        ask_again(inner, name, ledger, next);
    }
    Ok(())
}

/// What does not count: it may be late, come twice, or be lost.
fn at_once(inner: &Arc<Inner>, name: &str, say: Up) {
    match say {
        Up::Progress {
            attempt,
            progress,
            message,
        } => {
            if inner.is_held(name, &attempt) {
                let key = AttemptKey::from(&attempt);
                inner.parts.engine.progress(&key, progress, message);
            }
        }
        Up::Offer { attempt, files } => super::offer::take(inner, name, attempt, files),
        Up::Give(wanted) => super::offer::give(inner, name, wanted),
        Up::Piece(piece) => inner.fetcher.arrived(piece),
        Up::Cleaned { workflow } => {
            if let Some(link) = inner.boxes().get_mut(name) {
                link.no_clean_up(&workflow);
            }
        }
        // These count: without a number they are of nobody who keeps to the rules.
        Up::Ended { .. } | Up::Gave { .. } | Up::Log { .. } => {}
    }
}

async fn fold(
    inner: &Arc<Inner>,
    name: &str,
    ledger: &str,
    upto: u64,
    says: Vec<Up>,
) -> Result<(), EngineError> {
    let mut commands = Vec::new();
    let mut logs: HashMap<Attempt, String> = HashMap::new();
    let mut ended = Vec::new();
    let mut strangers = Vec::new();
    for say in says {
        match say {
            Up::Log { attempt, text } => {
                if inner.is_held(name, &attempt) {
                    logs.entry(attempt).or_default().push_str(&text);
                }
            }
            Up::Gave { attempt, outputs } => {
                if inner.is_held(name, &attempt) {
                    let command = Command::Amend {
                        stage: attempt.stage,
                        attempt: Some(attempt.attempt),
                        outputs: json::values(&outputs),
                    };
                    commands.push((AttemptKey::from(&attempt), command));
                }
            }
            Up::Ended {
                attempt,
                started_ms,
                ended_ms,
                outcome,
            } => {
                if !inner.is_held(name, &attempt) {
                    strangers.push(attempt);
                    continue;
                }
                let outcome = match outcome.into_outcome() {
                    Ok(outcome) => outcome,
                    Err(problem) => {
                        tracing::error!(component = "BOXES", r#box = name, videoId = %attempt.workflow, "an end can't be read, and counts as lost: {problem}");
                        crate::domain::Outcome::Lost {
                            reason: format!("box {name} runs another version of reeld"),
                        }
                    }
                };
                // The box's clock may be anywhere: only what passed on it is taken.
                let took = started_ms.map(|started| ended_ms.saturating_sub(started).max(0));
                let now = inner.parts.engine.now();
                let end = RemoteEnd {
                    key: AttemptKey::from(&attempt),
                    started_at: took.map(|took| Timestamp(now.0.saturating_sub(took))),
                    outcome,
                };
                commands.push(end.command());
                ended.push(attempt);
            }
            Up::Progress { .. }
            | Up::Offer { .. }
            | Up::Give(_)
            | Up::Piece(_)
            | Up::Cleaned { .. } => {}
        }
    }
    write_logs(inner, name, logs).await;
    let words = Fold {
        box_name: name.to_owned(),
        ledger: ledger.to_owned(),
        upto,
        commands,
    };
    let refused = loop {
        match inner.parts.engine.fold(words.clone()).await {
            Ok(refused) => break refused,
            Err(EngineError::Stopping) => return Err(EngineError::Stopping),
            Err(error) => {
                // A full disk, most likely. The letters stay with their sender until it has room.
                tracing::error!(
                    component = "BOXES",
                    r#box = name,
                    "what the box wrote could not be stored and is tried again: {error}"
                );
                tokio::time::sleep(PAUSE).await;
            }
        }
    };
    let mut boxes = inner.boxes();
    if let Some(link) = boxes.get_mut(name) {
        for attempt in &ended {
            link.end(attempt);
        }
        link.say(Down::Have {
            ledger: ledger.to_owned(),
            upto,
        });
    }
    drop(boxes);
    inner.stirred.notify_one();
    for attempt in strangers
        .into_iter()
        .chain(refused.iter().map(Attempt::from))
    {
        metrics().box_refused(name);
        tracing::warn!(component = "BOXES", r#box = name, videoId = %attempt.workflow, attempt = attempt.attempt, "the end of an attempt that was no longer the box's own was refused");
    }
    Ok(())
}

/// Lines go to the attempt's log here, as they stand in the box's.
async fn write_logs(inner: &Arc<Inner>, name: &str, logs: HashMap<Attempt, String>) {
    if logs.is_empty() {
        return;
    }
    let mut writers = Vec::new();
    for (attempt, text) in logs {
        let stage = inner.boxes().get(name).and_then(|link| {
            let order = &link.held.get(&attempt)?.order;
            Some(order.workflow.plan.stages[order.stage].id.clone())
        });
        let log = stage.and_then(|stage| {
            LogName::new(
                &inner.parts.data_dir,
                &attempt.workflow,
                &stage,
                attempt.attempt,
            )
            .ok()
        });
        if let Some(log) = log {
            writers.push((attempt, Writer::new(log, inner.parts.log_cap), text));
        }
    }
    let engine = inner.parts.engine.clone();
    let written = tokio::task::spawn_blocking(move || {
        for (attempt, mut writer, text) in writers {
            writer.push_raw(&text);
            writer.flush();
            engine.log_grew(&AttemptKey::from(&attempt));
        }
    });
    if let Err(error) = written.await {
        tracing::error!(
            component = "BOXES",
            r#box = name,
            "lines of a log were lost: {error}"
        );
    }
}

fn ask_again(inner: &Inner, name: &str, ledger: String, from: u64) {
    let mut boxes = inner.boxes();
    let Some(link) = boxes.get_mut(name) else {
        return;
    };
    if link.asked_again.is_none_or(|at| at.elapsed() > ASK_AGAIN) {
        link.asked_again = Some(Instant::now());
        link.say(Down::Again { ledger, from });
        drop(boxes);
        inner.stirred.notify_one();
    }
}

impl Inner {
    fn is_held(&self, name: &str, attempt: &Attempt) -> bool {
        self.boxes()
            .get(name)
            .is_some_and(|link| link.held.contains_key(attempt))
    }

    fn known_fold(&self, name: &str) -> Option<(String, u64)> {
        self.boxes().get(name).and_then(|link| link.folded.clone())
    }

    fn set_fold(&self, name: &str, folded: (String, u64)) {
        if let Some(link) = self.boxes().get_mut(name) {
            link.folded = Some(folded);
        }
    }
}
