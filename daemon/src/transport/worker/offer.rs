//! What a stage made goes home before its end is told: the files are offered until the coordinator has them all.
//!
//! An offer that is cancelled, or cut off, ends its attempt as that: what was made here is of no use to anybody then. One
//! that is open when the worker dies is made again by the next start, which learns of the end anew.

use super::book::{Book, Offering};
use super::desk::Desk;
use super::leftovers;
use super::post::Post;
use crate::domain::Outcome;
use crate::store::ledger::Holds;
use crate::transport::letter::{Attempt, Belonging, OutcomeDoc, Up};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// What was not answered is offered again.
const AGAIN: Duration = Duration::from_secs(5);

/// What an offer needs.
#[derive(Clone)]
pub(super) struct Offers {
    pub book: Arc<Book>,
    pub desk: Desk,
    pub post: Post,
    pub data_dir: PathBuf,
    pub stop: CancellationToken,
}

/// The end that waits for it.
pub(super) struct Waiting {
    pub attempt: Attempt,
    pub started_ms: Option<i64>,
    pub ended_ms: i64,
    pub outcome: OutcomeDoc,
}

impl Waiting {
    pub fn into_letter(self) -> Up {
        Up::Ended {
            attempt: self.attempt,
            started_ms: self.started_ms,
            ended_ms: self.ended_ms,
            outcome: self.outcome,
        }
    }
}

impl Offers {
    pub async fn make(self, mut waiting: Waiting, files: Vec<Belonging>, offering: Offering) {
        let attempt = waiting.attempt.clone();
        loop {
            let offer = Up::Offer {
                attempt: attempt.clone(),
                files: files.clone(),
            };
            self.post.say(offer).await;
            tokio::select! {
                () = offering.took.cancelled() => break,
                () = offering.quit.cancelled() => {
                    let outcome = match self.book.cut_of(&attempt) {
                        Some(reason) => Outcome::Lost { reason },
                        None => Outcome::Cancelled,
                    };
                    waiting.outcome = OutcomeDoc::from(&outcome);
                    break;
                }
                () = self.stop.cancelled() => return,
                () = tokio::time::sleep(AGAIN) => {}
            }
        }
        let told = tokio::task::spawn_blocking(move || {
            leftovers::note(&self.data_dir, &attempt.workflow, &files);
            if self.book.close(&attempt) {
                self.desk.say(attempt, Holds::End, &waiting.into_letter());
            }
        });
        if told.await.is_err() {
            tracing::debug!(
                component = "BOXES",
                "the worker ends before an end was told: the next start tells it"
            );
        }
    }
}
