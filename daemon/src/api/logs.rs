//! A workflow's log as one sequence: the logs of its attempts, put in order by their leases.
//!
//! An offset is `(lease's ordinal << 32) | line within the attempt`. Every attempt of every stage has a lease of its own, and
//! each lease has a number, which its `stage.started` event tells, so the events say which attempt an offset is in.

use super::Api;
use super::problem::Problem;
use crate::attempt_log::{self, Level, LogName, Place, Query};
use serde_json::Value;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

/// Events that are read at a time while looking for leases.
const PAGE: u32 = 1000;

/// The offset of a line.
#[must_use]
pub fn offset(ordinal: u64, line: u64) -> u64 {
    (ordinal << 32) | (line & u64::from(u32::MAX))
}

/// One attempt of one stage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// Its lease's number within the workflow.
    pub ordinal: u64,
    /// The stage's id.
    pub stage: Arc<str>,
    /// The attempt's number within the stage.
    pub attempt: u32,
}

/// The attempts of a workflow, as far as its events were read.
#[derive(Debug, Clone, Default)]
pub struct Attempts {
    read_to: u64,
    list: Vec<Attempt>,
}

/// A line of a workflow's log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Where it stands.
    pub offset: u64,
    /// The stage's id.
    pub stage: Arc<str>,
    /// The attempt's number.
    pub attempt: u32,
    /// When.
    pub timestamp: String,
    /// How much it matters.
    pub level: Level,
    /// Without the line end.
    pub text: String,
}

/// What is wanted of a log.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// The first offset.
    pub from: u64,
    /// Lines at most.
    pub limit: usize,
    /// Only this stage's.
    pub stage: Option<&'a str>,
    /// At least this much.
    pub level: Level,
}

/// A part of a workflow's log.
#[derive(Debug, Default)]
pub struct Page {
    /// In order.
    pub lines: Vec<Line>,
    /// Where the next page begins.
    pub next: u64,
    /// Lines in between are gone: a log is over its cap.
    pub truncated: bool,
}

impl Attempts {
    /// All of them, oldest first.
    #[must_use]
    pub fn list(&self) -> &[Attempt] {
        &self.list
    }

    /// Reads the events that are new.
    ///
    /// # Errors
    /// The database's.
    pub async fn learn(&mut self, api: &Api, workflow: &str) -> Result<(), Problem> {
        loop {
            let rows = api
                .engine()
                .reader()
                .events(self.read_to, PAGE, Some(workflow))
                .await?;
            for row in &rows {
                self.read_to = row.seq;
                if row.kind != "stage.started" {
                    continue;
                }
                let data: Value = serde_json::from_str(&row.data).unwrap_or_default();
                let attempt = data["attempt"]
                    .as_u64()
                    .and_then(|attempt| u32::try_from(attempt).ok());
                if let (Some(stage), Some(attempt)) = (data["stage"].as_str(), attempt) {
                    self.list.push(Attempt {
                        ordinal: data["ordinal"].as_u64().unwrap_or(self.list.len() as u64),
                        stage: Arc::from(stage),
                        attempt,
                    });
                }
            }
            if rows.len() < PAGE as usize {
                return Ok(());
            }
        }
    }

    /// A page of the whole.
    ///
    /// # Errors
    /// A log that is there and can't be read.
    pub async fn page(
        &self,
        api: &Api,
        workflow: &str,
        wanted: Wanted<'_>,
    ) -> Result<Page, Problem> {
        let mut page = Page {
            next: wanted.from,
            ..Page::default()
        };
        let (first, mut line) = (wanted.from >> 32, wanted.from & u64::from(u32::MAX));
        let attempts = self.list.iter().filter(|one| one.ordinal >= first);
        for attempt in attempts.filter(|one| wanted.stage.is_none_or(|stage| *one.stage == *stage))
        {
            if attempt.ordinal > first {
                line = 0;
            }
            let left = wanted.limit.saturating_sub(page.lines.len());
            if left == 0 {
                break;
            }
            let read = read(
                api,
                workflow,
                attempt,
                Query {
                    from_line: line,
                    limit: left,
                    min_level: wanted.level,
                },
            )
            .await?;
            page.truncated |= read.truncated;
            if read.next_line > line || !read.lines.is_empty() {
                page.next = offset(attempt.ordinal, read.next_line);
            }
            page.lines
                .extend(read.lines.into_iter().map(|line| told(attempt, line)));
        }
        Ok(page)
    }
}

/// A line of an attempt as one of its workflow.
#[must_use]
pub fn told(attempt: &Attempt, line: attempt_log::Line) -> Line {
    Line {
        offset: offset(attempt.ordinal, line.number),
        stage: Arc::clone(&attempt.stage),
        attempt: attempt.attempt,
        timestamp: line.timestamp,
        level: line.level,
        text: crate::veil::hide(&line.text).into_owned(),
    }
}

/// Places that are remembered; the oldest go first.
const REMEMBERED: usize = 1024;

/// Where pages of logs begin in their files, so that reading a long log page by page reads it once.
#[derive(Debug, Default)]
pub struct Places(Mutex<VecDeque<(LogName, u64, Place)>>);

impl Places {
    fn of(&self, name: &LogName, line: u64) -> Option<Place> {
        let places = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        places
            .iter()
            .rev()
            .find(|(known, at, _)| *at == line && known == name)
            .map(|(_, _, place)| *place)
    }

    fn remember(&self, name: LogName, line: u64, place: Place) {
        let mut places = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if places
            .iter()
            .rev()
            .any(|(known, at, _)| *at == line && *known == name)
        {
            return;
        }
        if places.len() >= REMEMBERED {
            places.pop_front();
        }
        places.push_back((name, line, place));
    }
}

/// A page of one attempt's log, read off the runtime's threads.
///
/// # Errors
/// A log that is there and can't be read.
pub async fn read(
    api: &Api,
    workflow: &str,
    attempt: &Attempt,
    query: Query,
) -> Result<attempt_log::Page, Problem> {
    let failed =
        |cause: &dyn std::fmt::Display| Problem::internal("the log could not be read", cause);
    let dir = api.config().data_dir.clone();
    let name = LogName::new(&dir, workflow, &attempt.stage, attempt.attempt)
        .map_err(|error| failed(&error))?;
    let place = api.places().of(&name, query.from_line);
    let of = name.clone();
    let read = tokio::task::spawn_blocking(move || attempt_log::read_at(&of, query, place)).await;
    let page = read
        .map_err(|error| failed(&error))?
        .map_err(|error| failed(&error))?;
    if let Some(place) = page.place.filter(|_| page.next_line > query.from_line) {
        api.places().remember(name, page.next_line, place);
    }
    Ok(page)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_order_by_lease_and_then_by_line() {
        assert_eq!(offset(0, 0), 0);
        assert!(offset(0, u64::from(u32::MAX)) < offset(1, 0));
        assert_eq!(offset(2, 5) >> 32, 2);
    }
}
