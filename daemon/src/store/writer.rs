//! The one writer: a thread that takes what waits, applies all of it in one `BEGIN IMMEDIATE` transaction, commits once with
//! a sync, and only then answers everyone.
//!
//! ```text
//!  queue (bounded) ─▶ take ─▶ BEGIN ─▶ apply each ─▶ close ─▶ COMMIT ─▶ answer all
//!                      ▲                  │ disk full / error
//!                      └── ops to retry ◀─┴─▶ ROLLBACK ─▶ the group decides who is refused
//! ```
//!
//! - Nobody is answered and nothing is published before the commit that holds it is on disk.
//! - A failed transaction changes nothing; what must not be refused (ends, cancels) is tried again.
//! - While slots are busy and nobody waits for an answer the writer lingers for a moment, so that more fits in one sync.

use super::error::StoreError;
use crate::metrics::{Query, metrics};
use rusqlite::{Connection, TransactionBehavior};
use std::collections::VecDeque;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

/// At most this many operations share a commit: bounds the wait of the first.
const GROUP: usize = 512;
/// How long to wait for company.
const LINGER: Duration = Duration::from_millis(1);
/// Looks at the size of the WAL each so many commits.
const WAL_EVERY: u32 = 512;
/// Above this the WAL is written back and cut to nothing.
const WAL_LIMIT: u64 = 64 << 20;

/// What is done inside the transaction. Implemented by the engine.
pub trait Group: Send + 'static {
    /// One operation.
    type Op: Send + 'static;

    /// A transaction begins: forget what an abandoned one left.
    fn begin(&mut self);
    /// Applies one operation. An error abandons the whole transaction; a refusal is no error.
    ///
    /// # Errors
    /// The database's.
    fn apply(&mut self, connection: &Connection, op: &mut Self::Op) -> Result<(), StoreError>;
    /// After the last operation, before the commit.
    ///
    /// # Errors
    /// The database's.
    fn close(&mut self, connection: &Connection) -> Result<(), StoreError>;
    /// All of it is on disk: answer, publish, start.
    fn committed(&mut self, ops: Vec<Self::Op>);
    /// None of it happened. Refuses some, returns those to try again.
    fn failed(&mut self, ops: Vec<Self::Op>, error: &StoreError) -> Vec<Self::Op>;
    /// None of it happened, and each operation is tried again alone.
    fn forget(&mut self);
    /// Whether these may wait a moment for company.
    fn may_linger(&self, ops: &[Self::Op]) -> bool;
    /// True once the last operation has been taken: the thread ends.
    fn stopped(&self) -> bool;
}

/// Runs the writer until its queue closes or the group says that it has stopped.
pub fn run<G: Group>(mut connection: Connection, mut group: G, queue: &Receiver<G::Op>) {
    // Groups to be tried before anything new: what must not be refused, or the members of a group that failed together.
    let mut again: VecDeque<Vec<G::Op>> = VecDeque::new();
    let mut commits = 0_u32;
    loop {
        let mut ops = again.pop_front().unwrap_or_default();
        if ops.is_empty() {
            match queue.recv() {
                Ok(op) => ops.push(op),
                Err(_) => break,
            }
            gather(queue, &mut ops, &group);
        }
        match transact(&mut connection, &mut group, &mut ops) {
            Ok(()) => {
                group.committed(ops);
                commits = commits.wrapping_add(1);
                if commits.is_multiple_of(WAL_EVERY) {
                    shorten_wal(&connection);
                }
            }
            // One bad operation must not fail its neighbours: each is tried alone.
            Err(StoreError::Sqlite(_) | StoreError::Decode { .. }) if ops.len() > 1 => {
                group.forget();
                again.extend(ops.into_iter().map(|op| vec![op]));
            }
            Err(error) => {
                let ops = group.failed(ops, &error);
                if !ops.is_empty() {
                    again.push_back(ops);
                }
            }
        }
        if group.stopped() && again.is_empty() {
            break;
        }
    }
    // The last checkpoint leaves one file; failing that, the WAL is replayed at the next start.
    let _ = connection.pragma_update(None, "wal_checkpoint", "TRUNCATE");
}

fn gather<G: Group>(queue: &Receiver<G::Op>, ops: &mut Vec<G::Op>, group: &G) {
    let mut deadline = None;
    while ops.len() < GROUP {
        match queue.try_recv() {
            Ok(op) => ops.push(op),
            Err(_) if !group.may_linger(ops) => return,
            Err(_) => {
                let until = *deadline.get_or_insert_with(|| Instant::now() + LINGER);
                let Some(left) = until.checked_duration_since(Instant::now()) else {
                    return;
                };
                match queue.recv_timeout(left) {
                    Ok(op) => ops.push(op),
                    Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => return,
                }
            }
        }
    }
}

fn transact<G: Group>(
    connection: &mut Connection,
    group: &mut G,
    ops: &mut [G::Op],
) -> Result<(), StoreError> {
    group.begin();
    let begun = Instant::now();
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for op in ops {
        group.apply(&transaction, op)?;
    }
    group.close(&transaction)?;
    let applied = Instant::now();
    transaction.commit()?;
    metrics().db(Query::Write, applied - begun);
    metrics().db(Query::Commit, applied.elapsed());
    Ok(())
}

fn shorten_wal(connection: &Connection) {
    let Some(path) = connection.path() else {
        return;
    };
    let wal = std::fs::metadata(format!("{path}-wal"))
        .map(|meta| meta.len())
        .unwrap_or(0);
    if wal > WAL_LIMIT {
        // A reader that holds an old snapshot makes this wait for the next time.
        let _ = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
    }
}
