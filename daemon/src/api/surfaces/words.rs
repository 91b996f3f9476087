//! The documents' own words for where a workflow stands, and back again for their filters.
//!
//! What a document has no word for is told by the nearest it has: a cancel is a failure there, because its clients stop
//! asking at completed and failed only.

use crate::domain::workflow::{PausedFrom, State, Status, Workflow};

/// A document's words.
pub type Words = fn(Status) -> &'static str;

/// Where a workflow stands to those who know no pause: one that is paused stands where it was paused from.
#[must_use]
pub fn standing(workflow: &Workflow) -> Status {
    match &workflow.state {
        State::Paused { from } => match from {
            PausedFrom::Blocked => Status::Blocked,
            PausedFrom::Scheduled => Status::Scheduled,
            PausedFrom::Queued => Status::Queued,
            PausedFrom::Running => Status::Running,
            PausedFrom::Waiting => Status::Waiting,
        },
        _ => workflow.status(),
    }
}

/// A job of documents 001 and 004.
#[must_use]
pub fn job(status: Status) -> &'static str {
    match status {
        Status::PendingClarification
        | Status::PendingConfirmation
        | Status::Blocked
        | Status::Scheduled
        | Status::Queued => "queued",
        Status::Running | Status::Waiting | Status::Paused => "running",
        Status::Completed => "completed",
        Status::Failed | Status::Cancelled => "failed",
    }
}

/// A generation of document 002.
#[must_use]
pub fn generation(status: Status) -> &'static str {
    match status {
        Status::PendingClarification => "pending_clarification",
        Status::PendingConfirmation => "pending_confirmation",
        Status::Blocked | Status::Scheduled | Status::Queued => "queued",
        Status::Running | Status::Waiting | Status::Paused => "processing",
        Status::Completed => "completed",
        Status::Failed | Status::Cancelled => "failed",
    }
}

/// The worker's job behind a generation of document 002.
#[must_use]
pub fn generation_job(status: Status) -> &'static str {
    match status {
        Status::PendingClarification => "pending",
        Status::PendingConfirmation => "pending_confirmation",
        Status::Blocked | Status::Scheduled | Status::Queued => "confirmed",
        Status::Running | Status::Waiting | Status::Paused => "active",
        Status::Completed => "completed",
        Status::Failed | Status::Cancelled => "failed",
    }
}

/// A video of document 003.
#[must_use]
pub fn video(status: Status) -> &'static str {
    match status {
        Status::Running | Status::Waiting | Status::Paused => "processing",
        Status::Completed => "ready",
        Status::Failed | Status::Cancelled => "failed",
        _ => "pending",
    }
}

/// An entry of document 003's history.
#[must_use]
pub fn history(status: Status) -> &'static str {
    match status {
        Status::Completed => "completed",
        Status::Failed => "failed",
        Status::Cancelled => "cancelled",
        _ => "pending",
    }
}

/// All words of a document, each once.
#[must_use]
pub fn all(words: Words) -> Vec<&'static str> {
    let mut all: Vec<&str> = Vec::new();
    for word in Status::ALL.map(words) {
        if !all.contains(&word) {
            all.push(word);
        }
    }
    all
}

/// What a filter's word lets through: a word of the document, else one of ours. Paused ones are among them where they may
/// stand there: `standing` tells which do. None: nobody's word.
#[must_use]
pub fn statuses(word: &str, words: Words) -> Option<Vec<Status>> {
    let meant: Vec<Status> = Status::ALL
        .into_iter()
        .filter(|status| words(*status) == word)
        .collect();
    if meant.is_empty() {
        return Status::from_word(word).map(|status| vec![status]);
    }
    let pausable = [
        Status::Blocked,
        Status::Scheduled,
        Status::Queued,
        Status::Running,
        Status::Waiting,
    ];
    let mut all = meant;
    if all.iter().any(|status| pausable.contains(status)) && !all.contains(&Status::Paused) {
        all.push(Status::Paused);
    }
    Some(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_finds_what_it_is_shown_for() {
        for words in [job, generation, generation_job, video, history] {
            for status in Status::ALL {
                let found = statuses(words(status), words).unwrap();
                assert!(found.contains(&status), "{status:?} by {}", words(status));
            }
            assert_eq!(statuses("nonsense", words), None);
        }
        assert_eq!(statuses("cancelled", job), Some(vec![Status::Cancelled]));
        assert_eq!(all(job), ["queued", "running", "completed", "failed"]);
        assert!(statuses("queued", job).unwrap().contains(&Status::Paused));
    }
}
