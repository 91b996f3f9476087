//! Large files by way of the object store, where both boxes have one: who receives names a key, who has the file puts it
//! there, and it is removed as soon as it was fetched. What fails goes in pieces, like all that is small.
//!
//! A key is made for one fetch and never used again, so that nobody removes what somebody else is fetching. One that is left
//! behind by a box that died in between lies below `transfer/`, where a rule of the store may remove it.

use super::stock::Stock;
use crate::objects::{Objects, Put};
use crate::transport::letter::{Piece, PieceWanted};
use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use tokio_util::sync::CancellationToken;

/// Above this a file goes by way of the store.
const LARGE: u64 = 8 << 20;

/// The store, and what is being put into it.
#[derive(Default)]
pub(super) struct Depot {
    objects: Option<Objects>,
    giving: Mutex<HashSet<String>>,
}

impl Depot {
    pub fn of(objects: Objects) -> Self {
        Self {
            objects: Some(objects).filter(Objects::is_remote),
            giving: Mutex::default(),
        }
    }

    /// The store, if a file of this size goes there.
    pub fn takes(&self, size: u64) -> Option<&Objects> {
        self.objects.as_ref().filter(|_| size > LARGE)
    }
}

/// Where a file of this workflow is put for this one fetch.
pub(super) fn key(workflow: &str, fetch: &str, ticket: u64) -> String {
    format!("{}{fetch}-{ticket}", folder(workflow))
}

fn folder(workflow: &str) -> String {
    format!("transfer/{workflow}/")
}

/// Puts a file where it is wanted; the answer has no bytes. None: it is being put already.
pub(super) async fn put(
    stock: &Arc<Stock>,
    wanted: &PieceWanted,
    key: &str,
    cancel: &CancellationToken,
) -> Option<Piece> {
    let giving = Giving::begin(stock, key)?;
    let done = put_now(stock, wanted, key, cancel).await;
    drop(giving);
    Some(Piece {
        ticket: wanted.ticket,
        bytes: done
            .map(|()| String::new())
            .map_err(|problem| format!("{}: {problem}", wanted.path)),
    })
}

async fn put_now(
    stock: &Arc<Stock>,
    wanted: &PieceWanted,
    key: &str,
    cancel: &CancellationToken,
) -> Result<(), String> {
    if !key.starts_with(&folder(&wanted.workflow)) {
        return Err(format!("`{key}` is no place for it"));
    }
    let objects = stock.depot.objects.clone();
    let objects = objects.ok_or("this box has no object store")?;
    let place = stock
        .place(&wanted.workflow, &wanted.path)
        .map_err(|error| error.to_string())?;
    let (looking, path) = (Arc::clone(stock), place.clone());
    let found = tokio::task::spawn_blocking(move || looking.belonging(&path)).await;
    let found = found.map_err(|error| error.to_string())?;
    let found = found
        .map_err(|error| error.to_string())?
        .ok_or("it is not here")?;
    let begun = Mutex::new(None);
    let order = Put {
        key,
        file: &place,
        size: found.size,
        sha256: &found.sha256,
        content_type: "application/octet-stream",
        begun: None,
        about_to: &|| Ok(()),
        note: &|now| {
            *begun.lock().unwrap_or_else(PoisonError::into_inner) = Some(now.clone());
            Ok(())
        },
        progress: &|_| {},
        cancel,
    };
    let Err(error) = objects.put(order).await else {
        return Ok(());
    };
    // Another try has another key: nobody will put these parts together.
    let begun = begun.into_inner().unwrap_or_else(PoisonError::into_inner);
    if let Some(begun) = begun
        && let Err(error) = objects.abort(key, &begun.id).await
    {
        tracing::warn!(component = "STORE", key, %error, "parts of a file that was not moved stay in the object store");
    }
    Err(error.to_string())
}

/// A key that is being put to.
struct Giving<'a> {
    stock: &'a Stock,
    key: &'a str,
}

impl<'a> Giving<'a> {
    fn begin(stock: &'a Stock, key: &'a str) -> Option<Self> {
        let giving = &stock.depot.giving;
        let mut giving = giving.lock().unwrap_or_else(PoisonError::into_inner);
        giving.insert(key.to_owned()).then_some(Self { stock, key })
    }
}

impl Drop for Giving<'_> {
    fn drop(&mut self) {
        let giving = &self.stock.depot.giving;
        let mut giving = giving.lock().unwrap_or_else(PoisonError::into_inner);
        giving.remove(self.key);
    }
}

/// An object that is removed when nobody wants it any more.
pub(super) struct Laid {
    pub objects: Objects,
    pub key: String,
}

impl Drop for Laid {
    fn drop(&mut self) {
        let (objects, key) = (self.objects.clone(), std::mem::take(&mut self.key));
        let Ok(runtime) = tokio::runtime::Handle::try_current() else {
            return;
        };
        runtime.spawn(async move {
            if let Err(error) = objects.delete(&key).await {
                tracing::warn!(component = "STORE", key, %error, "a file that was moved stays in the object store; a rule of the store may remove what is below transfer/");
            }
        });
    }
}
