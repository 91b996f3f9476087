//! Reading beside the writer: a small pool of connections that can't write, each query a consistent snapshot and short.

use super::error::StoreError;
use super::events::{self, EventRow};
use super::idempotency::{self, Keyed, Known};
use super::list::{self, Filter, Page, Ready};
use super::plans::Plans;
use super::schedules::{self, FiredRow};
use super::stats::{self, Stats};
use super::tokens::{self, TokenRow};
use super::{connection, rows};
use crate::domain::{Timestamp, Workflow};
use crate::metrics::{Query, metrics};
use rusqlite::Connection;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;
use tokio::sync::Semaphore;

/// Queries that run at the same time; more wait their turn.
const CONNECTIONS: usize = 4;

/// Asynchronous reads of the database; clones share the pool.
#[derive(Clone)]
pub struct Reader {
    shared: Arc<Shared>,
}

struct Shared {
    file: PathBuf,
    plans: Arc<Plans>,
    instance: String,
    idle: Mutex<Vec<Connection>>,
    permits: Arc<Semaphore>,
}

impl Reader {
    pub(super) fn new(file: PathBuf, plans: Arc<Plans>, instance: String) -> Self {
        let permits = Arc::new(Semaphore::new(CONNECTIONS));
        Self {
            shared: Arc::new(Shared {
                file,
                plans,
                instance,
                idle: Mutex::default(),
                permits,
            }),
        }
    }

    /// Made with the database, stays over restarts.
    #[must_use]
    pub fn instance(&self) -> &str {
        &self.shared.instance
    }

    /// Any other question; one consistent moment, and short.
    ///
    /// # Errors
    /// The database's.
    pub async fn ask<T: Send + 'static>(
        &self,
        query: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.with(move |connection, _| query(connection)).await
    }

    async fn with<T: Send + 'static>(
        &self,
        query: impl FnOnce(&Connection, &Plans) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let permit = Arc::clone(&self.shared.permits)
            .acquire_owned()
            .await
            .map_err(|_| StoreError::Closing)?;
        let shared = Arc::clone(&self.shared);
        tokio::task::spawn_blocking(move || {
            let _permit = permit;
            let idle = shared
                .idle
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .pop();
            let connection = idle.map_or_else(|| connection::open_reader(&shared.file), Ok)?;
            // One transaction, so that all statements of a query see the same moment.
            let transaction = connection.unchecked_transaction()?;
            let begun = Instant::now();
            let answer = query(&transaction, &shared.plans);
            drop(transaction);
            metrics().db(Query::Read, begun.elapsed());
            shared
                .idle
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(connection);
            answer
        })
        .await
        .map_err(|_| StoreError::Closing)?
    }

    /// The workflow with this id.
    ///
    /// # Errors
    /// The database's.
    pub async fn workflow(&self, id: &str) -> Result<Option<Arc<Workflow>>, StoreError> {
        let id = id.to_owned();
        self.with(move |connection, plans| Ok(rows::load(connection, plans, &id)?.map(Arc::new)))
            .await
    }

    /// A page of workflows.
    ///
    /// # Errors
    /// The database's.
    pub async fn list(&self, filter: Filter) -> Result<Page, StoreError> {
        self.with(move |connection, plans| list::page(connection, plans, &filter))
            .await
    }

    /// All that have not ended, oldest first; of one user where asked.
    ///
    /// # Errors
    /// The database's.
    pub async fn active(&self, user: Option<&str>) -> Result<Vec<Arc<Workflow>>, StoreError> {
        let user = user.map(str::to_owned);
        self.with(move |connection, plans| list::active(connection, plans, user.as_deref()))
            .await
    }

    /// What waits for its first slot, next first.
    ///
    /// # Errors
    /// The database's.
    pub async fn queue(&self, limit: u32) -> Result<Vec<Arc<Workflow>>, StoreError> {
        self.with(move |connection, plans| list::queue(connection, plans, limit))
            .await
    }

    /// Ids of those that wait for their first slot, next first, and the first `first` ready stages with their workflows.
    ///
    /// # Errors
    /// The database's.
    pub async fn waiting(&self, first: u32) -> Result<(Vec<String>, Vec<Ready>), StoreError> {
        self.with(move |connection, plans| list::waiting(connection, plans, first))
            .await
    }

    /// Active workflows and those failed since a moment, and the number of the last event they hold.
    ///
    /// # Errors
    /// The database's.
    pub async fn snapshot(
        &self,
        user: Option<&str>,
        failed_since: Timestamp,
    ) -> Result<(u64, Vec<Arc<Workflow>>), StoreError> {
        let user = user.map(str::to_owned);
        self.with(move |connection, plans| {
            let seq = events::last(connection)?;
            let mut all = list::active(connection, plans, user.as_deref())?;
            all.extend(list::failed_since(
                connection,
                plans,
                user.as_deref(),
                failed_since,
            )?);
            Ok((seq, all))
        })
        .await
    }

    /// Events after a number, in order; of one workflow where asked.
    ///
    /// # Errors
    /// The database's.
    pub async fn events(
        &self,
        after: u64,
        limit: u32,
        workflow: Option<&str>,
    ) -> Result<Vec<EventRow>, StoreError> {
        let workflow = workflow.map(str::to_owned);
        self.with(move |connection, _| events::after(connection, after, limit, workflow.as_deref()))
            .await
    }

    /// Events before a number, the newest first; of one user where asked.
    ///
    /// # Errors
    /// The database's.
    pub async fn events_before(
        &self,
        seq: u64,
        limit: u32,
        user: Option<&str>,
    ) -> Result<Vec<EventRow>, StoreError> {
        let user = user.map(str::to_owned);
        self.with(move |connection, _| events::before(connection, seq, limit, user.as_deref()))
            .await
    }

    /// The last events of a workflow, oldest first.
    ///
    /// # Errors
    /// The database's.
    pub async fn last_events(
        &self,
        workflow: &str,
        limit: u32,
    ) -> Result<Vec<EventRow>, StoreError> {
        let workflow = workflow.to_owned();
        self.with(move |connection, _| events::tail(connection, &workflow, limit))
            .await
    }

    /// The number of the last event, and the number up to which events may be gone.
    ///
    /// # Errors
    /// The database's.
    pub async fn bounds(&self) -> Result<(u64, u64), StoreError> {
        self.with(|connection, _| Ok((events::last(connection)?, events::floor(connection)?)))
            .await
    }

    /// Totals since a moment; of one user where asked.
    ///
    /// # Errors
    /// The database's.
    pub async fn stats(&self, since: Timestamp, user: Option<&str>) -> Result<Stats, StoreError> {
        let user = user.map(str::to_owned);
        self.with(move |connection, _| stats::since(connection, since, user.as_deref()))
            .await
    }

    /// All tokens.
    ///
    /// # Errors
    /// The database's.
    pub async fn tokens(&self) -> Result<Vec<TokenRow>, StoreError> {
        self.with(|connection, _| tokens::all(connection)).await
    }

    /// The token with this hash.
    ///
    /// # Errors
    /// The database's.
    pub async fn token(&self, hash: [u8; 32]) -> Result<Option<TokenRow>, StoreError> {
        self.with(move |connection, _| tokens::by_hash(connection, &hash))
            .await
    }

    /// What is known of an idempotency key.
    ///
    /// # Errors
    /// The database's.
    pub async fn first_answer(&self, keyed: Keyed, now: Timestamp) -> Result<Known, StoreError> {
        self.with(move |connection, _| idempotency::look(connection, &keyed, now))
            .await
    }

    /// When each schedule last fired.
    ///
    /// # Errors
    /// The database's.
    pub async fn schedules(&self) -> Result<Vec<FiredRow>, StoreError> {
        self.with(|connection, _| schedules::all(connection)).await
    }

    /// SQLite's check of every page; `None` when all is well.
    ///
    /// # Errors
    /// The database's.
    pub async fn check(&self) -> Result<Option<String>, StoreError> {
        self.with(|connection, _| Ok(super::migrate::quick_check(connection)?))
            .await
    }
}
