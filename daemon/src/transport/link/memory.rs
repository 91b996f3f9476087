//! The carrier within one process: for tests, and as the model that the one over Redis is held against.

use super::{Entry, Link, LinkError, Reader};
use futures_util::future::BoxFuture;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::watch;

/// Streams in memory; clones share them.
#[derive(Clone, Default)]
pub struct MemoryLink {
    inner: Arc<Inner>,
}

#[derive(Default)]
struct Inner {
    state: Mutex<State>,
    added: watch::Sender<u64>,
}

#[derive(Default)]
struct State {
    next: u64,
    streams: HashMap<String, BTreeMap<u64, Entry>>,
    is_cut: bool,
}

impl MemoryLink {
    /// From here on nothing is reached; or all is again.
    pub fn cut(&self, is_cut: bool) {
        self.state().is_cut = is_cut;
        self.inner.added.send_modify(|count| *count += 1);
    }

    /// All of it is lost.
    pub fn flush(&self) {
        self.state().streams.clear();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.inner
            .state
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn reached(&self) -> Result<MutexGuard<'_, State>, LinkError> {
        let state = self.state();
        if state.is_cut {
            Err(LinkError("the link is cut".into()))
        } else {
            Ok(state)
        }
    }
}

impl Link for MemoryLink {
    fn add<'a>(
        &'a self,
        stream: &'a str,
        from: &'a str,
        bodies: Vec<Vec<u8>>,
        keep: Option<usize>,
    ) -> BoxFuture<'a, Result<(), LinkError>> {
        Box::pin(async move {
            let mut state = self.reached()?;
            for body in bodies {
                state.next += 1;
                let number = state.next;
                let entry = Entry {
                    mark: number.to_string(),
                    body,
                    from: from.to_owned(),
                };
                let entries = state.streams.entry(stream.to_owned()).or_default();
                entries.insert(number, entry);
                while keep.is_some_and(|keep| entries.len() > keep) {
                    entries.pop_first();
                }
            }
            drop(state);
            self.inner.added.send_modify(|count| *count += 1);
            Ok(())
        })
    }

    fn trim<'a>(&'a self, stream: &'a str, mark: &'a str) -> BoxFuture<'a, Result<(), LinkError>> {
        Box::pin(async move {
            let upto: u64 = mark
                .parse()
                .map_err(|_| LinkError(format!("`{mark}` is no mark")))?;
            let mut state = self.reached()?;
            if let Some(entries) = state.streams.get_mut(stream) {
                *entries = entries.split_off(&(upto + 1));
            }
            Ok(())
        })
    }

    fn reader(&self, stream: &str) -> Box<dyn Reader> {
        Box::new(MemoryReader {
            link: self.clone(),
            added: self.inner.added.subscribe(),
            stream: stream.to_owned(),
            after: 0,
        })
    }
}

struct MemoryReader {
    link: MemoryLink,
    added: watch::Receiver<u64>,
    stream: String,
    after: u64,
}

impl MemoryReader {
    fn take(&mut self, most: usize) -> Result<Vec<Entry>, LinkError> {
        let state = self.link.reached()?;
        let entries = state.streams.get(&self.stream);
        let fresh: Vec<(u64, Entry)> = entries
            .into_iter()
            .flat_map(|entries| entries.range(self.after + 1..))
            .take(most)
            .map(|(number, entry)| (*number, entry.clone()))
            .collect();
        if let Some((last, _)) = fresh.last() {
            self.after = *last;
        }
        Ok(fresh.into_iter().map(|(_, entry)| entry).collect())
    }
}

impl Reader for MemoryReader {
    fn next(
        &mut self,
        most: usize,
        wait: Duration,
    ) -> BoxFuture<'_, Result<Vec<Entry>, LinkError>> {
        Box::pin(async move {
            let deadline = tokio::time::Instant::now() + wait;
            loop {
                self.added.mark_unchanged();
                let fresh = self.take(most)?;
                if !fresh.is_empty() {
                    return Ok(fresh);
                }
                match tokio::time::timeout_at(deadline, self.added.changed()).await {
                    Ok(Ok(())) => {}
                    Ok(Err(_)) | Err(_) => return Ok(Vec::new()),
                }
            }
        })
    }
}
