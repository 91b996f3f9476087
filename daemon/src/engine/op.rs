//! What waits in the writer's queue: something to be done in a transaction, and whoever is to be told of it.

use super::boxes::{BoxWord, Fold};
use super::{Ack, EngineError};
use crate::domain::{Command, Submit, Timestamp};
use crate::engine::ports::AttemptKey;
use crate::store::StoreError;
use rusqlite::Connection;
use std::sync::{Arc, Mutex};
use tokio::sync::oneshot;

/// An answer on its way to the one who asked.
pub(super) type Reply<T> = oneshot::Sender<Result<T, EngineError>>;

/// An event about no workflow, to be numbered and written with what led to it.
#[derive(Debug, Clone, PartialEq)]
pub struct Notice {
    /// `endpoint.disabled`…
    pub kind: &'static str,
    /// A JSON object.
    pub data: serde_json::Value,
}

/// Something to write that no workflow's state machine decides: tokens, idempotency keys, endpoints; with the events it leads
/// to. Runs again should its transaction be abandoned.
pub(super) type Write = Box<dyn FnMut(&Connection) -> Result<Vec<Notice>, StoreError> + Send>;

/// Something to write in the transaction of a command that was taken, with the workflow as it is then.
pub(super) type Beside = Box<dyn FnMut(&Connection, &Ack) -> Result<(), StoreError> + Send>;

/// What is asked.
pub(super) enum Ask {
    /// A new workflow.
    Submit(Box<Submit>),
    /// New workflows, all or none.
    Batch(Vec<Submit>),
    /// An act on a workflow, and what is to be written with it if it is taken.
    Command {
        id: String,
        command: Command,
        beside: Option<Beside>,
    },
    /// Word of a running attempt: its end, or a tenth of progress.
    Attempt { key: AttemptKey, command: Command },
    /// Whatever is due by now.
    Due,
    /// Look for work: slots, or the right to use them, have changed.
    Pick,
    /// At the start: every lease of an earlier life is found again.
    Adopt,
    /// Take no more for a box, or take again.
    Drain { box_name: String, on: bool },
    /// Whether the disk has room; whether a window is open.
    Hold {
        disk_low: Option<bool>,
        window: Option<Option<Timestamp>>,
    },
    /// Let go of what retention says.
    Retain {
        keep: u64,
        max_age_ms: Option<i64>,
        limit: u32,
    },
    /// Word of a box.
    Box(BoxWord),
    /// What a box wrote; and where the attempts go whose word is refused.
    Fold {
        fold: Fold,
        refused: Arc<Mutex<Vec<AttemptKey>>>,
    },
    /// Anything else.
    Write(Write),
    /// The last one.
    Stop,
}

/// Who is told, and what.
pub(super) enum Told {
    /// Nobody waits.
    Nobody,
    /// One workflow.
    One(Reply<Ack>),
    /// Several.
    Many(Reply<Vec<Ack>>),
    /// That it is done; the count where one counts.
    Done(Reply<u64>),
}

/// One operation with its answer, once there is one.
pub(super) struct Op {
    pub ask: Ask,
    pub told: Told,
    pub answer: Option<Result<Vec<Ack>, EngineError>>,
    pub count: u64,
    /// Transactions that were abandoned with it.
    pub tries: u32,
}

impl Op {
    pub fn new(ask: Ask, told: Told) -> Self {
        Self {
            ask,
            told,
            answer: None,
            count: 0,
            tries: 0,
        }
    }

    /// A person or program waits for this one, so it is committed without delay.
    pub fn is_awaited(&self) -> bool {
        !matches!(self.told, Told::Nobody)
    }

    /// Whether it makes new work: refused while the disk is full.
    pub fn makes_work(&self) -> bool {
        matches!(self.ask, Ask::Submit(_) | Ask::Batch(_))
    }

    /// Tells whoever waits. A caller that went away is no error.
    pub fn tell(self, stored: Result<(), EngineError>) {
        let answer = stored.and_then(|()| self.answer.unwrap_or_else(|| Ok(Vec::new())));
        match self.told {
            Told::Nobody => {
                if let Err(error) = answer {
                    tracing::debug!(component = "STORE", "nobody waits for the refusal: {error}");
                }
            }
            Told::One(reply) => {
                let one = answer.and_then(|mut acks| {
                    acks.pop()
                        .ok_or_else(|| EngineError::Store("the writer gave no answer".into()))
                });
                let _ = reply.send(one);
            }
            Told::Many(reply) => {
                let _ = reply.send(answer);
            }
            Told::Done(reply) => {
                let _ = reply.send(answer.map(|_| self.count));
            }
        }
    }
}
