//! The logs that one client follows: each attempt read from where it stands, a page at a time, woken by the feed.

use super::frames;
use super::outbox::{Outbox, Over};
use crate::api::Api;
use crate::api::auth::Caller;
use crate::api::extract::is_id;
use crate::api::logs::{self, Attempts};
use crate::api::problem::Problem;
use crate::attempt_log::{Level, Query};
use reel_shared::stream::LogSubscription;
use std::collections::HashMap;

/// Logs that one client may follow; more are passed over.
const MOST: usize = 64;
/// Lines of a page: other frames come through between two.
const PAGE: usize = 200;

/// A followed log.
struct Log {
    id: String,
    stage: Option<String>,
    /// The first offset wanted.
    from: u64,
    attempts: Attempts,
    /// The next line of each attempt, by its lease.
    next: HashMap<u64, u64>,
    /// There may be more to read.
    more: bool,
    /// There may be attempts that aren't known yet.
    fresh: bool,
}

/// All logs that one client follows.
#[derive(Default)]
pub(super) struct Followed {
    logs: Vec<Log>,
}

impl Followed {
    /// Replaces the set. What the caller may not see, or isn't there, is passed over.
    pub async fn follow(
        &mut self,
        api: &Api,
        caller: &Caller,
        wanted: Vec<LogSubscription>,
    ) -> Result<(), Problem> {
        self.logs.clear();
        for one in wanted.into_iter().take(MOST).filter(|one| is_id(&one.id)) {
            let found = api.engine().reader().workflow(&one.id).await?;
            if found.is_some_and(|workflow| caller.sees(&workflow.user)) {
                self.logs.push(Log {
                    id: one.id,
                    stage: one.stage,
                    from: one.offset.unwrap_or(0),
                    attempts: Attempts::default(),
                    next: HashMap::new(),
                    more: true,
                    fresh: true,
                });
            }
        }
        Ok(())
    }

    /// An attempt's log has grown.
    pub fn grew(&mut self, id: &str) {
        for log in self.logs.iter_mut().filter(|log| log.id == id) {
            log.more = true;
        }
    }

    /// A workflow's event: an attempt may have begun, or have said its last.
    pub fn event(&mut self, id: &str, kind: &str) {
        if !kind.starts_with("stage.") {
            return;
        }
        for log in self.logs.iter_mut().filter(|log| log.id == id) {
            log.more = true;
            log.fresh |= kind == "stage.started";
        }
    }

    /// Word of growth may have been lost: looks again.
    pub fn look_again(&mut self) {
        for log in &mut self.logs {
            log.more = true;
            log.fresh = true;
        }
    }

    /// There is something to read.
    pub fn has_more(&self) -> bool {
        self.logs.iter().any(|log| log.more)
    }

    /// Reads a page of each log that has more, and adds its lines.
    pub async fn pump(&mut self, api: &Api, outbox: &mut Outbox) -> Result<(), Over> {
        for log in self.logs.iter_mut().filter(|log| log.more) {
            log.pump(api, outbox).await?;
        }
        Ok(())
    }
}

impl Log {
    async fn pump(&mut self, api: &Api, outbox: &mut Outbox) -> Result<(), Over> {
        if std::mem::take(&mut self.fresh) {
            self.attempts
                .learn(api, &self.id)
                .await
                .map_err(|_| Over::Broken)?;
        }
        self.more = false;
        let mut left = PAGE;
        for attempt in self.attempts.list() {
            let (first, line) = (self.from >> 32, self.from & u64::from(u32::MAX));
            if attempt.ordinal < first
                || self
                    .stage
                    .as_deref()
                    .is_some_and(|stage| *attempt.stage != *stage)
            {
                continue;
            }
            let next = self
                .next
                .entry(attempt.ordinal)
                .or_insert(if attempt.ordinal == first { line } else { 0 });
            let query = Query {
                from_line: *next,
                limit: left,
                min_level: Level::Debug,
            };
            let page = logs::read(api, &self.id, attempt, query)
                .await
                .map_err(|_| Over::Broken)?;
            *next = page.next_line;
            left = left.saturating_sub(page.lines.len());
            for line in page.lines {
                outbox
                    .add(frames::log(&self.id, logs::told(attempt, line)))
                    .await?;
            }
            if left == 0 || !page.end {
                self.more = true;
                break;
            }
        }
        Ok(())
    }
}
