//! Stores what stayed on this box when the store's retries were spent, and gives up parts that nobody will put together.

use super::Context;
use crate::domain::workflow::Status;
use crate::domain::{Command, Value, Values, Workflow};
use crate::engine::{Engine, EngineError};
use crate::objects::{Intent, Item, Notes, ObjectError, Objects, Settled};
use crate::pipeline::json;
use crate::store::unstored::{self, UNSTORED_KEY, UnstoredRow};
use std::path::Path;
use std::time::Duration;
use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;

/// A store that was away is tried again so often.
const PERIOD: Duration = Duration::from_secs(60);

/// Stores later what could not be stored.
pub struct Storer {
    engine: Engine,
    objects: Objects,
    notes: Notes,
    stop: CancellationToken,
    /// One round at a time.
    turn: Mutex<()>,
}

/// What a round did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Round {
    /// Workflows whose files are stored now.
    pub stored: usize,
    /// Workflows whose files still are not.
    pub left: usize,
}

impl Storer {
    /// For this store.
    #[must_use]
    pub fn new(engine: Engine, objects: Objects, data_dir: &Path, stop: CancellationToken) -> Self {
        Self {
            engine,
            objects,
            notes: Notes::at(data_dir),
            stop,
            turn: Mutex::new(()),
        }
    }

    /// The store.
    #[must_use]
    pub fn objects(&self) -> &Objects {
        &self.objects
    }

    /// Tries all of them once, the oldest first, and gives up what was begun and has nobody left.
    ///
    /// # Errors
    /// The database's. What the store says is kept with each workflow.
    pub async fn round(&self) -> Result<Round, EngineError> {
        let _turn = self.turn.lock().await;
        let rows = self
            .engine
            .reader()
            .ask(unstored::all)
            .await
            .map_err(|error| EngineError::Store(error.to_string()))?;
        let mut round = Round::default();
        for row in rows {
            if self.stop.is_cancelled() {
                round.left += 1;
                continue;
            }
            match self.one(&row).await? {
                Ok(()) => round.stored += 1,
                Err(error) => {
                    round.left += 1;
                    tracing::warn!(component = "STORE", videoId = %row.workflow, outcome = "retry", "what stayed here is still not stored: {error}");
                    let (id, words) = (row.workflow.clone(), error.to_string());
                    self.engine
                        .write(move |connection| unstored::failed(connection, &id, &words))
                        .await?;
                }
            }
        }
        self.sweep().await?;
        self.settle().await;
        Ok(round)
    }

    async fn one(&self, row: &UnstoredRow) -> Result<Result<(), ObjectError>, EngineError> {
        let found = self
            .engine
            .reader()
            .workflow(&row.workflow)
            .await
            .map_err(|error| EngineError::Store(error.to_string()))?;
        let place = found
            .as_ref()
            .and_then(|workflow| Some((workflow, workflow.stage_index(&row.stage)?)));
        let Some((workflow, stage)) = place else {
            let id = row.workflow.clone();
            self.engine
                .write(move |connection| unstored::forget(connection, &id))
                .await?;
            return Ok(Ok(()));
        };
        for item in items(workflow, stage) {
            let put = self
                .notes
                .put(&self.objects, &row.workflow, &item, &|_| {}, &self.stop);
            if let Err(error) = put.await {
                return Ok(Err(error));
            }
        }
        let outputs = self.stored(workflow, stage);
        self.engine
            .command(
                &row.workflow,
                Command::Amend {
                    stage,
                    attempt: None,
                    outputs,
                },
            )
            .await?;
        tracing::info!(component = "STORE", videoId = %row.workflow, outcome = "stored", "what had stayed here is stored");
        Ok(Ok(()))
    }

    /// What the stage gives from now on.
    fn stored(&self, workflow: &Workflow, stage: usize) -> Values {
        let gave = &workflow.stages[stage].outputs;
        let results = gave
            .get("s3_upload_results")
            .and_then(Value::as_list)
            .unwrap_or_default();
        let results = results.iter().map(|result| match result {
            Value::Map(result) => {
                let mut result = result.clone();
                result.insert("success".to_owned(), Value::Bool(true));
                result.insert("error".to_owned(), Value::Null);
                Value::Map(result)
            }
            other => other.clone(),
        });
        let mut shared = gave
            .get("workflow")
            .and_then(Value::as_map)
            .cloned()
            .unwrap_or_default();
        let word = Value::from(self.objects.word());
        shared.insert("storage".to_owned(), word.clone());
        shared.remove("degraded");
        Values::from([
            ("storage".to_owned(), word),
            (
                "s3_upload_results".to_owned(),
                Value::List(results.collect()),
            ),
            (UNSTORED_KEY.to_owned(), Value::Null),
            ("workflow".to_owned(), Value::Map(shared)),
        ])
    }

    /// Gives up what was begun by workflows that have ended or are gone, and is not waited for any more.
    async fn sweep(&self) -> Result<(), EngineError> {
        let notes = match self.notes.all() {
            Ok(notes) => notes,
            Err(error) => {
                tracing::warn!(component = "STORE", %error, "the notes of puts in parts can't be read");
                return Ok(());
            }
        };
        let reader = self.engine.reader();
        let store = |error: crate::store::StoreError| EngineError::Store(error.to_string());
        let waiting = reader.ask(unstored::all).await.map_err(store)?;
        for noted in notes {
            let workflow = reader.workflow(&noted.workflow).await.map_err(store)?;
            let wanted = waiting.iter().any(|row| row.workflow == noted.workflow)
                || workflow.is_some_and(|workflow| may_go_on(workflow.status()));
            if wanted {
                continue;
            }
            match self.notes.give_up(&self.objects, &noted).await {
                Ok(()) => {
                    tracing::info!(component = "STORE", videoId = %noted.workflow, path = %noted.key, "parts that nobody puts together are given up")
                }
                Err(error) => {
                    tracing::warn!(component = "STORE", videoId = %noted.workflow, path = %noted.key, "parts that nobody puts together stay for now: {error}")
                }
            }
        }
        Ok(())
    }

    /// Gives up what the server began for a daemon that died, or lost the line, before it knew of it.
    async fn settle(&self) {
        let intents = match self.notes.intents() {
            Ok(intents) => intents,
            Err(error) => {
                tracing::warn!(component = "STORE", %error, "the intents of puts in parts can't be read");
                return;
            }
        };
        for intent in intents {
            if self.stop.is_cancelled() {
                return;
            }
            told(&intent, &self.notes.settle(&self.objects, &intent).await);
        }
    }
}

fn told(intent: &Intent, settled: &Result<Settled, ObjectError>) {
    let (id, path) = (&intent.workflow, &intent.key);
    match settled {
        Ok(Settled::Done(0) | Settled::Open) => {}
        Ok(Settled::Done(count)) => {
            tracing::info!(component = "STORE", videoId = %id, %path, count, "what the server had begun and nobody knew of is given up");
        }
        Ok(Settled::Untold) => {
            tracing::warn!(component = "STORE", videoId = %id, %path, "a put in parts may be left over, and this store does not tell us: allow s3:ListBucketMultipartUploads, or let a rule of the bucket end what is incomplete");
        }
        Err(error) => {
            tracing::warn!(component = "STORE", videoId = %id, %path, "what the server began and nobody knows of stays for now: {error}");
        }
    }
}

fn may_go_on(status: Status) -> bool {
    !status.is_terminal()
}

/// The files that stayed, as the stage told them.
fn items(workflow: &Workflow, stage: usize) -> Vec<Item> {
    let told = workflow.stages[stage].outputs.get(UNSTORED_KEY);
    let told = told.and_then(Value::as_list).unwrap_or_default();
    told.iter()
        .filter_map(|item| serde_json::from_value(json::to_json(item)).ok())
        .collect()
}

pub(super) async fn run(context: Context) {
    let storer = std::sync::Arc::clone(&context.storer);
    if !storer.objects.is_remote() {
        return;
    }
    loop {
        if let Err(error) = storer.round().await {
            tracing::warn!(
                component = "STORE",
                "what stayed here is not stored for now: {error}"
            );
        }
        tokio::select! {
            () = context.stop.cancelled() => return,
            () = tokio::time::sleep(PERIOD) => {}
        }
    }
}
