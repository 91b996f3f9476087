//! What ended, packed into about a hundred bytes each: newest first, each there once.
//!
//! Invariants:
//! * a workflow is found by its key, and stands once, as it was told last;
//! * the order is by the end, the newest first, then by the creation;
//! * a record is never changed: what is told anew is a new record, and the room of the old ones comes back when they are
//!   more than those that stand.

mod blocks;
mod record;

use crate::model::listed::Listed;
use crate::model::row::Row;
use crate::model::strings::Names;
use crate::model::words::Status;
use blocks::Blocks;
use hashbrown::HashTable;
use record::Body;
use std::cmp::Reverse;
use std::hash::{BuildHasher, RandomState};

/// The ended workflows that were fetched.
#[derive(Debug, Clone, Default)]
pub struct Past {
    bytes: Blocks,
    /// Records that were told anew.
    wasted: usize,
    /// Where records begin, newest workflow first.
    order: Vec<u32>,
    names: Names,
    table: HashTable<u32>,
    hasher: RandomState,
}

impl PartialEq for Past {
    fn eq(&self, other: &Self) -> bool {
        (&self.order, &self.bytes, &self.names) == (&other.order, &other.bytes, &other.names)
    }
}

/// One of them, read as far as it is asked for.
#[derive(Debug, Clone, Copy)]
pub struct Entry<'a> {
    past: &'a Past,
    head: record::Head<'a>,
    rest: &'a [u8],
    at: u32,
}

impl Past {
    /// How many.
    #[must_use]
    pub fn len(&self) -> usize {
        self.order.len()
    }

    /// None.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.order.is_empty()
    }

    /// All, the newest first.
    pub fn entries(&self) -> impl DoubleEndedIterator<Item = Entry<'_>> {
        self.order.iter().filter_map(|at| self.entry(*at))
    }

    fn entry(&self, at: u32) -> Option<Entry<'_>> {
        let mut rest = self.bytes.at(at)?;
        let head = record::head(&mut rest)?;
        Some(Entry {
            past: self,
            head,
            rest,
            at,
        })
    }

    /// The workflow with this key.
    #[must_use]
    pub fn find(&self, key: &str) -> Option<Entry<'_>> {
        let (daemon, id) = super::key::split(key);
        let hash = self.hasher.hash_one((daemon, id));
        let at = self.table.find(hash, |at| self.is(*at, daemon, id))?;
        self.entry(*at)
    }

    fn is(&self, at: u32, daemon: usize, id: &str) -> bool {
        self.entry(at)
            .is_some_and(|entry| entry.place() == (daemon, id))
    }

    /// Takes a workflow as it is told now. Beyond four gigabytes nothing is taken; false says so.
    pub fn insert(&mut self, row: &Row) -> bool {
        self.remove(&row.key);
        let mut packed = Vec::with_capacity(256);
        record::pack(row, &mut self.names, &mut packed);
        let Some(at) = self.bytes.push(&packed) else {
            return false;
        };
        let Some(entry) = self.entry(at) else {
            return false;
        };
        let (hash, place) = (self.hash(&entry), entry.order());
        let before = |known: &u32| {
            let known = self.entry(*known);
            known.is_some_and(|known| known.order() <= place)
        };
        let line = self.order.partition_point(before);
        self.order.insert(line, at);
        let (bytes, hasher) = (&self.bytes, &self.hasher);
        let rehash = |at: &u32| hash_at(bytes, hasher, *at);
        self.table.insert_unique(hash, at, rehash);
        true
    }

    fn hash(&self, entry: &Entry<'_>) -> u64 {
        self.hasher.hash_one(entry.place())
    }

    fn remove(&mut self, key: &str) {
        let (daemon, id) = super::key::split(key);
        let hash = self.hasher.hash_one((daemon, id));
        let Some(at) = self
            .table
            .find(hash, |at| self.is(*at, daemon, id))
            .copied()
        else {
            return;
        };
        if let Ok(found) = self.table.find_entry(hash, |known| *known == at) {
            found.remove();
        }
        if let Some(place) = self.entry(at).map(|entry| entry.order()) {
            let behind = |known: &u32| self.entry(*known).is_some_and(|one| one.order() < place);
            let from = self.order.partition_point(behind);
            if let Some(line) = self.order[from..].iter().position(|known| *known == at) {
                self.order.remove(from + line);
            }
        }
        self.wasted += 1;
        if self.wasted > self.order.len() + 64 {
            self.rebuild(|_| true);
        }
    }

    /// Forgets what this daemon told.
    pub fn forget(&mut self, daemon: usize) {
        self.rebuild(|entry| entry.head.daemon != daemon);
    }

    /// Writes those that stay one behind the other.
    fn rebuild(&mut self, keep: impl Fn(&Entry<'_>) -> bool) {
        let (mut bytes, mut order) = (Blocks::default(), Vec::new());
        let mut table = HashTable::new();
        for entry in self.entries().filter(keep) {
            let from = self.bytes.at(entry.at).unwrap_or_default();
            let Some(record) = record::length(from).and_then(|end| from.get(..end)) else {
                continue;
            };
            let Some(at) = bytes.push(record) else {
                break;
            };
            order.push(at);
            let rehash = |at: &u32| hash_at(&bytes, &self.hasher, *at);
            table.insert_unique(self.hash(&entry), at, rehash);
        }
        (self.bytes, self.order, self.table, self.wasted) = (bytes, order, table, 0);
    }
}

/// The hash of the record at a place, by its key.
fn hash_at(bytes: &Blocks, hasher: &RandomState, at: u32) -> u64 {
    let mut rest = bytes.at(at).unwrap_or_default();
    record::head(&mut rest).map_or(0, |head| hasher.hash_one((head.daemon, head.id)))
}

impl<'a> Entry<'a> {
    fn body(&self) -> Option<Body> {
        record::body(&mut { self.rest })
    }

    fn order(&self) -> (Reverse<i64>, Reverse<i64>) {
        let body = self.body();
        body.map_or((Reverse(0), Reverse(0)), |body| {
            let ended = body.completed_ms.unwrap_or(body.updated_ms);
            (Reverse(ended), Reverse(body.created_ms))
        })
    }

    /// Its name among all daemons' workflows.
    #[must_use]
    pub fn key(&self) -> String {
        super::key::of(self.head.daemon, self.head.id)
    }

    /// As far as it is kept: without inputs and outputs.
    #[must_use]
    pub fn to_row(&self) -> Row {
        let bytes = self.past.bytes.at(self.at).unwrap_or_default();
        record::unpack(bytes, &self.past.names)
            .unwrap_or_else(|| Row::of(self.head.daemon, Default::default(), 0))
    }

    fn told(&self, number: Option<u32>) -> &'a str {
        number.map_or("", |number| self.past.names.text(number))
    }
}

impl Listed for Entry<'_> {
    fn place(&self) -> (usize, &str) {
        (self.head.daemon, self.head.id)
    }
    fn shared(&self) -> Option<[u32; 3]> {
        Some([self.head.pipeline, self.head.user, self.head.status])
    }
    fn title(&self) -> &str {
        self.head.name
    }
    fn pipeline(&self) -> &str {
        self.told(Some(self.head.pipeline))
    }
    fn user(&self) -> &str {
        self.told(Some(self.head.user))
    }
    fn status_word(&self) -> &str {
        self.told(Some(self.head.status))
    }
    fn status(&self) -> Status {
        Status::read(self.status_word())
    }
    fn current_state(&self) -> &str {
        self.told(self.body().map(|body| body.state))
    }
    fn boxes(&self) -> [&str; 2] {
        let body = self.body();
        [
            self.told(body.map(|body| body.place)),
            self.told(body.map(|body| body.host)),
        ]
    }
    fn error(&self) -> Option<[&str; 3]> {
        let [class, code, message, ..] = self.body()?.error;
        let failed = [class, code, message].iter().any(|part| *part != 0);
        failed.then(|| [class, code, message].map(|part| self.told(Some(part))))
    }
    fn any_label(&self, holds: &mut dyn FnMut(&str, &str) -> bool) -> bool {
        let labels = self.told(self.body().map(|body| body.labels));
        let mut parts = labels.split(record::BETWEEN);
        while let (Some(name), Some(text)) = (parts.next(), parts.next()) {
            if holds(name, text) {
                return true;
            }
        }
        false
    }
    fn position(&self) -> u64 {
        u64::MAX
    }
    fn ends(&self) -> f64 {
        f64::INFINITY
    }
    fn progress(&self) -> f64 {
        self.body().map_or(0.0, |body| body.progress)
    }
    fn priority(&self) -> i32 {
        self.body().map_or(0, |body| body.priority)
    }
    fn times(&self) -> (i64, i64) {
        self.body()
            .map_or((0, 0), |body| (body.created_ms, body.started_ms))
    }
}

#[cfg(test)]
mod tests;
