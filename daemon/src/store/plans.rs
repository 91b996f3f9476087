//! The pipelines that stored workflows refer to, each parsed once and shared.

use super::error::StoreError;
use crate::domain::Pipeline;
use rusqlite::{Connection, OptionalExtension, params};
use std::collections::HashMap;
use std::sync::{Arc, RwLock};

/// Reads a pipeline's stored source: name, origin, text.
pub type Parse = Box<dyn Fn(&str, &str, &str) -> Result<Pipeline, String> + Send + Sync>;

/// Pipelines by hash.
pub struct Plans {
    parse: Parse,
    known: RwLock<HashMap<String, Arc<Pipeline>>>,
}

impl Plans {
    /// Nothing is read before it is asked for.
    #[must_use]
    pub fn new(parse: Parse) -> Self {
        Self {
            parse,
            known: RwLock::default(),
        }
    }

    /// The pipeline of a hash.
    ///
    /// # Errors
    /// `Decode` when it is not stored or no longer parses.
    pub fn get(&self, connection: &Connection, hash: &str) -> Result<Arc<Pipeline>, StoreError> {
        let known = self
            .known
            .read()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .get(hash)
            .cloned();
        if let Some(plan) = known {
            return Ok(plan);
        }
        let what = || format!("pipeline {hash}");
        let row: Option<(String, String, String)> = connection
            .prepare_cached("SELECT name, origin, source FROM pipelines WHERE hash = ?1")?
            .query_row([hash], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
            .optional()?;
        let (name, origin, source) = row.ok_or_else(|| StoreError::Decode {
            what: what(),
            problem: "it is not stored".into(),
        })?;
        let mut plan =
            (self.parse)(&name, &origin, &source).map_err(|problem| StoreError::Decode {
                what: what(),
                problem,
            })?;
        hash.clone_into(&mut plan.hash);
        let plan = Arc::new(plan);
        self.remember(&plan);
        Ok(plan)
    }

    /// Stores a pipeline that a new workflow refers to, once.
    ///
    /// # Errors
    /// Whatever SQLite says.
    pub fn keep(&self, connection: &Connection, plan: &Arc<Pipeline>) -> Result<(), StoreError> {
        let known = self
            .known
            .read()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .contains_key(&plan.hash);
        if !known {
            connection
                .prepare_cached("INSERT OR IGNORE INTO pipelines (hash, name, origin, source) VALUES (?1, ?2, ?3, ?4)")?
                .execute(params![plan.hash, plan.name, plan.origin, plan.source])?;
        }
        Ok(())
    }

    /// Notes a pipeline as stored: only after the commit that stored it.
    pub fn remember(&self, plan: &Arc<Pipeline>) {
        self.known
            .write()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .entry(plan.hash.clone())
            .or_insert_with(|| Arc::clone(plan));
    }
}
