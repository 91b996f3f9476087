//! Many new workflows at once: all of them or none.

use super::Transactor;
use crate::domain::{DependencyState, Refusal, Submit, Timestamp, decide};
use crate::engine::{Ack, EngineError};
use crate::store::{StoreError, rows};
use rusqlite::Connection;
use std::collections::HashSet;

impl Transactor {
    /// Every member is judged before the first is written, so that a refusal leaves nothing behind. A member may depend on
    /// one before it.
    pub(super) fn batch(
        &mut self,
        connection: &Connection,
        submits: &[Submit],
        now: Timestamp,
    ) -> Result<Result<Vec<Ack>, EngineError>, StoreError> {
        let mut ids = HashSet::new();
        for (index, submit) in submits.iter().enumerate() {
            let refused = |refusal| Ok(Err(EngineError::BatchRefused { index, refusal }));
            if ids.contains(submit.id.as_str()) || rows::status(connection, &submit.id)?.is_some() {
                return refused(Refusal::IdTaken(submit.id.clone()));
            }
            for (needed, _) in &submit.depends_on {
                if !ids.contains(needed.id.as_str())
                    && self.dependency(connection, &needed.id)?.is_none()
                {
                    let problem = format!(
                        "no workflow `{}`: submit it first, or earlier in the batch",
                        needed.id
                    );
                    return refused(Refusal::Invalid {
                        field: "dependsOn".into(),
                        problem,
                    });
                }
            }
            let mut judged = submit.clone();
            for (_, state) in &mut judged.depends_on {
                *state = DependencyState::Open;
            }
            if let Err(refusal) = decide::submit(&judged, now) {
                return refused(refusal);
            }
            ids.insert(submit.id.as_str());
        }
        let mut acks = Vec::with_capacity(submits.len());
        for submit in submits {
            match self.submit(connection, submit, now)? {
                Ok(ack) => acks.push(ack),
                Err(refusal) => {
                    return Err(StoreError::Sqlite(format!(
                        "a judged batch was refused: {refusal}"
                    )));
                }
            }
        }
        Ok(Ok(acks))
    }
}
