//! The way in: HTTP and the event stream, on the operator's socket and on TCP, through one router.
//!
//! ```text
//!  listen (sockets, deadlines) ─▶ layers (request id, caller, limits) ─▶ router (one table) ─▶ surfaces, stream ─▶ engine
//! ```
//!
//! - Nothing is decided here: a request becomes a command for the engine or a question to the store, and the answer the
//!   printed shape.
//! - A refused request changes nothing, and every refusal is a `Problem`.
//! - A slow client costs itself: it never holds up the engine, nor another client.

pub mod answer;
pub mod auth;
pub mod extract;
pub mod fields;
pub mod idempotency;
pub mod listen;
pub mod logs;
mod measured;
pub mod openapi;
pub mod problem;
pub mod request_id;
pub mod router;
pub mod stream;
pub mod surfaces;
pub mod view;
mod worked;

#[cfg(test)]
mod tests;

pub use router::router;

use crate::cast::Spoken;
use crate::config::{Config, Limits};
use crate::domain::why;
use crate::domain::{Timestamp, Workflow};
use crate::engine::Engine;
use crate::engine::insight::{Facts, Insight};
use crate::episodes;
use crate::links::Links;
use crate::objects::Objects;
use crate::pipeline::Catalogue;
use crate::reconcile::Storer;
use crate::store::tokens::{self as stored, TokenRow};
use crate::store::{StoreError, delivery_list};
use auth::Scope;
use auth::book::{Book, Entry};
use auth::throttle::Throttle;
use futures_util::future::BoxFuture;
use problem::Problem;
use reel_shared::problem::FieldProblem;
use reel_shared::workflow::{WaitingFor, WorkflowView};
use serde_json::{Value, json};
use std::sync::atomic::AtomicI64;
use std::sync::{Arc, PoisonError, RwLock};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use view::Live;

/// What the api asks of the daemon around it.
pub trait House: Send + Sync + 'static {
    /// Takes the configuration's files anew, if they are good.
    ///
    /// # Errors
    /// Everything that is wrong with them; the old ones stay.
    fn reload(&self) -> BoxFuture<'_, Result<(), Vec<FieldProblem>>>;
}

/// What every handler shares; clones are the same.
#[derive(Clone)]
pub struct Api(Arc<Shared>);

struct Shared {
    engine: Engine,
    catalogue: Arc<Catalogue>,
    config: watch::Receiver<Arc<Config>>,
    house: Arc<dyn House>,
    tokens: Book,
    links: Arc<Links>,
    spoken: Spoken,
    listed_voices: surfaces::service::Listed,
    storer: Arc<Storer>,
    uploads: surfaces::upload::Uploads,
    throttle: RwLock<(Limits, Arc<Throttle>)>,
    kept: surfaces::stats::Kept,
    episodes: episodes::Catalog,
    flights: idempotency::Flights,
    places: logs::Places,
    stop: CancellationToken,
}

/// A stored token as the book holds it.
///
/// # Errors
/// A scope that nobody knows.
pub fn entry(row: &TokenRow) -> Result<Entry, Problem> {
    let unknown = || {
        Problem::internal(
            "a stored token can't be used",
            &format!("{} has scope {}", row.id, row.scope),
        )
    };
    Ok(Entry {
        id: row.id.clone(),
        name: row.name.clone(),
        hash: row.hash,
        scope: Scope::from_word(&row.scope).ok_or_else(unknown)?,
        user: Arc::from(row.user.as_deref().unwrap_or(&row.name)),
        own: row.own,
        created_at: row.created_at,
        expires_at: row.expires_at,
        last_used_at: AtomicI64::new(row.last_used_at.map_or(0, |at| at.0)),
        revoked: CancellationToken::new(),
    })
}

impl Api {
    /// With the tokens that the database holds. `stop` ends the streams.
    ///
    /// # Errors
    /// The database's.
    pub async fn new(
        engine: Engine,
        catalogue: Arc<Catalogue>,
        config: watch::Receiver<Arc<Config>>,
        house: Arc<dyn House>,
        links: Arc<Links>,
        storer: Arc<Storer>,
        stop: CancellationToken,
    ) -> Result<Self, StoreError> {
        let rows = engine.reader().tokens().await?;
        // One that can't be used is logged and left out: nobody comes in by it.
        let tokens = Book::new(rows.iter().filter_map(|row| entry(row).ok()));
        let limits = config.borrow().limits.clone();
        let throttle = RwLock::new((limits.clone(), Arc::new(Throttle::new(&limits))));
        Ok(Self(Arc::new(Shared {
            engine,
            catalogue,
            config,
            house,
            tokens,
            links,
            spoken: Spoken::default(),
            listed_voices: surfaces::service::Listed::default(),
            storer,
            uploads: surfaces::upload::Uploads::default(),
            throttle,
            kept: surfaces::stats::Kept::default(),
            episodes: episodes::Catalog::new(),
            flights: idempotency::Flights::default(),
            places: logs::Places::default(),
            stop,
        })))
    }

    /// The engine.
    #[must_use]
    pub fn engine(&self) -> &Engine {
        &self.0.engine
    }

    /// The pipelines.
    #[must_use]
    pub fn catalogue(&self) -> &Arc<Catalogue> {
        &self.0.catalogue
    }

    /// The configuration that holds now.
    #[must_use]
    pub fn config(&self) -> Arc<Config> {
        Arc::clone(&self.0.config.borrow())
    }

    /// The tokens that are known.
    #[must_use]
    pub fn tokens(&self) -> &Book {
        &self.0.tokens
    }

    /// Makes and judges signed links.
    #[must_use]
    pub fn links(&self) -> &Links {
        &self.0.links
    }

    /// What is being uploaded.
    fn uploads(&self) -> &surfaces::upload::Uploads {
        &self.0.uploads
    }

    /// The voices that the configured speech service has.
    fn listed_voices(&self) -> &surfaces::service::Listed {
        &self.0.listed_voices
    }

    /// The voices that this machine speaks with.
    fn spoken(&self) -> &Spoken {
        &self.0.spoken
    }

    /// The object store.
    #[must_use]
    pub fn objects(&self) -> &Objects {
        self.0.storer.objects()
    }

    /// Stores later what could not be stored.
    #[must_use]
    pub fn storer(&self) -> &Arc<Storer> {
        &self.0.storer
    }

    /// Cancelled when the daemon stops.
    #[must_use]
    pub fn stop(&self) -> &CancellationToken {
        &self.0.stop
    }

    /// The daemon stops.
    #[must_use]
    pub fn is_stopping(&self) -> bool {
        self.0.stop.is_cancelled()
    }

    /// The episodes that lie in the roots.
    #[must_use]
    pub fn episodes(&self) -> &episodes::Catalog {
        &self.0.episodes
    }

    fn kept(&self) -> &surfaces::stats::Kept {
        &self.0.kept
    }

    fn places(&self) -> &logs::Places {
        &self.0.places
    }

    fn flights(&self) -> &idempotency::Flights {
        &self.0.flights
    }

    /// Takes the configuration's files anew.
    ///
    /// # Errors
    /// Everything that is wrong with them.
    pub async fn reload(&self) -> Result<(), Vec<FieldProblem>> {
        self.0.house.reload().await
    }

    /// The counters of requests, by the limits that hold now.
    #[must_use]
    pub fn throttle(&self) -> Arc<Throttle> {
        let config = self.config();
        {
            let held = self
                .0
                .throttle
                .read()
                .unwrap_or_else(PoisonError::into_inner);
            if held.0 == config.limits {
                return Arc::clone(&held.1);
            }
        }
        let fresh = Arc::new(Throttle::new(&config.limits));
        let limits = config.limits.clone();
        *self
            .0
            .throttle
            .write()
            .unwrap_or_else(PoisonError::into_inner) = (limits, Arc::clone(&fresh));
        fresh
    }

    /// Tells the database that a token was used, without keeping the request waiting: at most once a minute a token.
    fn note_use(&self, entry: &Entry, now: Timestamp) {
        let (engine, id) = (self.engine().clone(), entry.id.clone());
        tokio::spawn(async move {
            let noted = engine
                .write(move |connection| stored::touch(connection, &id, now))
                .await;
            if let Err(error) = noted {
                tracing::debug!(component = "HTTP", %error, "a token's use was not noted");
            }
        });
    }

    /// What is known of a workflow beyond its row.
    ///
    /// # Errors
    /// The database's.
    pub async fn facts(&self, workflow: &Arc<Workflow>) -> Result<Facts, StoreError> {
        Ok(self
            .engine()
            .insight_about(std::slice::from_ref(workflow))
            .await?
            .of(workflow))
    }

    /// A workflow as shown by the picture of the queue that is at hand: for answers that must not wait for a newer one.
    #[must_use]
    pub fn show_at_hand(&self, workflow: &Workflow) -> WorkflowView {
        show(&self.engine().insight(), workflow)
    }

    /// A workflow as shown, without its transitions.
    ///
    /// # Errors
    /// The database's.
    pub async fn show(&self, workflow: &Arc<Workflow>) -> Result<WorkflowView, StoreError> {
        Ok(show(
            &*self
                .engine()
                .insight_about(std::slice::from_ref(workflow))
                .await?,
            workflow,
        ))
    }

    /// Workflows as shown, without their transitions.
    ///
    /// # Errors
    /// The database's.
    pub async fn show_all(
        &self,
        workflows: &[Arc<Workflow>],
    ) -> Result<Vec<WorkflowView>, StoreError> {
        let insight = self.engine().insight_about(workflows).await?;
        Ok(workflows
            .iter()
            .map(|workflow| show(&insight, workflow))
            .collect())
    }

    /// Deliveries since a moment, and how many wait or are given up now.
    ///
    /// # Errors
    /// The database's.
    async fn webhook_counts(&self, since: Timestamp) -> Result<Value, StoreError> {
        let asked = self.engine().reader().ask(move |connection| {
            Ok((
                delivery_list::since(connection, since)?,
                delivery_list::counts(connection)?,
            ))
        });
        let ((delivered, failed, p90), now) = asked.await?;
        Ok(json!({
            "delivered": delivered, "failed": failed, "p90": p90, "pending": now.pending, "kept": now.failed,
            "endpoints": now.endpoints, "disabled": now.disabled,
        }))
    }
}

/// A workflow as shown, with what an insight knows of it.
#[must_use]
pub fn show(insight: &Insight, workflow: &Workflow) -> WorkflowView {
    let facts = insight.of(workflow);
    let live = Live {
        waiting_for: facts.waiting_for.as_ref().map(waiting_for),
        eta: facts.eta,
        queue_position: facts.queue_position,
        progress: Some(facts.progress),
        message: facts.message,
        stage_progress: facts.stage_progress,
    };
    view::workflow(workflow, &live)
}

/// Why something waits, as shown.
#[must_use]
pub fn waiting_for(waiting: &why::WaitingFor) -> WaitingFor {
    WaitingFor {
        kind: waiting.kind.word().to_owned(),
        message: waiting.message.clone(),
        until: waiting.until.map(view::time::text),
    }
}
