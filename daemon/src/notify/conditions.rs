//! What no single event says: a queue that grows, a share of failures that is too large. Each is told when it begins, and
//! may be told again only after it was over.

use super::note::Note;
use crate::domain::Timestamp;
use crate::engine::Engine;
use crate::store::StoreError;
use std::time::Duration;

/// Workflows that wait for their first slot before it is a backlog; over when it is half.
const BACKLOG: u64 = 100;
/// The failures are counted over this time.
const WINDOW: Duration = Duration::from_secs(3600);
/// Fewer that ended say nothing.
const LEAST: u64 = 5;

/// Which conditions hold.
#[derive(Debug, Default)]
pub(super) struct Conditions {
    backlog: bool,
    failing: bool,
}

impl Conditions {
    /// Looks, and answers what has begun since the last look.
    pub async fn look(&mut self, engine: &Engine) -> Result<Vec<Note>, StoreError> {
        let since = engine
            .now()
            .0
            .saturating_sub(i64::try_from(WINDOW.as_millis()).unwrap_or(i64::MAX));
        let stats = engine.reader().stats(Timestamp(since), None).await?;
        Ok(self.judge(stats.queued, stats.completed, stats.failed))
    }

    pub(super) fn judge(&mut self, queued: u64, completed: u64, failed: u64) -> Vec<Note> {
        let mut notes = Vec::new();
        if queued >= BACKLOG && !self.backlog {
            notes.push(Note::of_house(
                "queue_backlog",
                format!("{queued} workflows wait for their first slot"),
                vec![
                    "Why: more comes in than this box carries.".to_owned(),
                    "Next: they start in their order as slots come free.".to_owned(),
                    "Act: raise [resources], join a box, or see `reel ls --status queued`."
                        .to_owned(),
                ],
            ));
        }
        self.backlog = if self.backlog {
            queued * 2 > BACKLOG
        } else {
            queued >= BACKLOG
        };
        let ended = completed + failed;
        let failing = ended >= LEAST && failed * 2 > ended;
        if failing && !self.failing {
            notes.push(Note::of_house(
                "error_rate",
                format!("{failed} of the last hour's {ended} workflows failed"),
                vec![
                    "Next: what waits is started all the same.".to_owned(),
                    "Act: see `reel ls --status failed`; what they have in common is in `reel stats`.".to_owned(),
                ],
            ));
        }
        self.failing = failing;
        notes
    }
}
