//! Which episodes need nobody any more: those that are done, and those at which a workflow works.

use super::episodes::{self, EpisodeRow};
use super::error::StoreError;
use super::rows;
use crate::domain::workflow::Status;
use rusqlite::Connection;
use std::collections::HashMap;

/// What is known of an episode that was worked on.
#[derive(Debug, Clone, PartialEq)]
pub struct Known {
    /// How far it is.
    pub row: EpisodeRow,
    /// Of the workflow that last worked on it, where that is still there.
    pub status: Option<Status>,
}

impl Known {
    /// It is done, or being done. One that failed or was cancelled wants to be done again.
    #[must_use]
    pub fn is_processed(&self) -> bool {
        let reached = self.row.stage.as_deref();
        match self.status {
            Some(Status::Failed | Status::Cancelled) => false,
            Some(Status::Completed) => reached.is_some_and(|stage| stage != "discovered"),
            Some(_) => true,
            None => matches!(reached, Some("rendered" | "clips")),
        }
    }
}

/// Every episode that was ever worked on, by id.
///
/// # Errors
/// The database's.
pub fn known(connection: &Connection) -> Result<HashMap<String, Known>, StoreError> {
    let rows = episodes::all(connection)?.into_iter().map(|row| {
        let status = match &row.job {
            Some(job) => rows::status(connection, job)?,
            None => None,
        };
        let status = status.and_then(|word| Status::from_word(&word));
        Ok((row.id.clone(), Known { row, status }))
    });
    rows.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Timestamp;

    #[test]
    fn what_failed_or_only_was_found_wants_to_be_done() {
        let known = |stage: Option<&str>, status: Option<Status>| Known {
            row: EpisodeRow {
                id: "talk".into(),
                stage: stage.map(str::to_owned),
                job: None,
                language: None,
                duration: None,
                discovered_at: Timestamp(0),
                updated_at: Timestamp(0),
            },
            status,
        };
        for (stage, status, processed) in [
            (None, None, false),
            (None, Some(Status::Queued), true),
            (Some("discovered"), Some(Status::Completed), false),
            (Some("transcribed"), Some(Status::Completed), true),
            (Some("rendered"), Some(Status::Failed), false),
            (Some("rendered"), None, true),
            (Some("transcribed"), None, false),
        ] {
            assert_eq!(
                known(stage, status).is_processed(),
                processed,
                "{stage:?} {status:?}"
            );
        }
    }
}
