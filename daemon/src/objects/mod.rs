//! The object store: where finished files are kept for good. Either the media directory itself, or a bucket of an
//! S3-compatible server, of Google's or of Azure's.
//!
//! ```text
//!  put ─▶ already there, same size and hash? ─▶ done
//!      ├▶ up to 16 MiB: one request, refused by the server if the key is taken
//!      └▶ larger: in parts, noted after each; a later call goes on behind the last note ─▶ completed ─▶ looked at once more
//! ```
//!
//! - A key that holds something else is never written over.
//! - The bytes are signed with their hash, so what arrives damaged is refused by the server; what a put has made is looked at
//!   again before it counts.
//! - Nothing is tried twice in here: who calls decides when to come back.
//! - Keys are given relative to the prefix of `[storage] url`; `whole` says how the server knows them.

mod bucket;
mod error;
mod intents;
mod notes;
mod parts;
mod put;
mod uploads;
mod wire;

#[cfg(test)]
mod tests;

pub use error::ObjectError;
pub use intents::{Intent, Settled};
pub use notes::{Item, Noted, Notes};
pub use parts::Begun;
pub use put::{Put, Stored};
pub use uploads::{Listing, Upload};

use crate::config::Storage;
use crate::metrics::{Direction, metrics};
use bucket::Bucket;
use futures_util::StreamExt as _;
use object_store::path::Path as Key;
use object_store::{Attribute, GetOptions, ObjectStoreExt as _};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::io::AsyncWriteExt as _;
use tokio_util::sync::CancellationToken;

/// The store of this configuration. Clones share it.
#[derive(Debug, Clone)]
pub struct Objects {
    bucket: Option<Arc<Bucket>>,
}

/// What is known of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Object {
    /// Bytes.
    pub size: u64,
    /// Its hash in hexadecimal, where it was stored by us.
    pub sha256: Option<String>,
}

/// The name of the hash among an object's own facts.
const SHA256: &str = "sha256";

impl Objects {
    /// The store that `[storage]` names.
    ///
    /// # Errors
    /// What does not fit together; a `file:` URL always does.
    pub fn of(storage: &Storage) -> Result<Self, ObjectError> {
        let bucket = Bucket::of(storage)?.map(Arc::new);
        Ok(Self { bucket })
    }

    /// Whether files go to another place than the media directory.
    #[must_use]
    pub fn is_remote(&self) -> bool {
        self.bucket.is_some()
    }

    /// Where files are: `local`, `s3`, `gs` or `az`.
    #[must_use]
    pub fn word(&self) -> &'static str {
        self.bucket.as_ref().map_or("local", |bucket| bucket.scheme)
    }

    /// A key as the server knows it.
    #[must_use]
    pub fn whole(&self, key: &str) -> String {
        self.bucket
            .as_ref()
            .map_or_else(|| key.to_owned(), |bucket| bucket.whole(key))
    }

    /// A key of ours, from what the server calls it.
    #[must_use]
    pub fn own<'a>(&self, whole: &'a str) -> &'a str {
        self.bucket
            .as_ref()
            .and_then(|bucket| whole.strip_prefix(bucket.prefix.as_str()))
            .map_or(whole, |rest| rest.trim_start_matches('/'))
    }

    /// An object's address: `s3://BUCKET/KEY`; none for local files.
    #[must_use]
    pub fn address(&self, key: &str) -> Option<String> {
        let bucket = self.bucket.as_ref()?;
        Some(format!(
            "{}://{}/{}",
            bucket.scheme,
            bucket.name,
            bucket.whole(key)
        ))
    }

    fn bucket(&self) -> Result<&Bucket, ObjectError> {
        self.bucket.as_deref().ok_or(ObjectError::Local)
    }

    /// A link that lets in whoever holds it, for a time; none for local files, which our own links open.
    ///
    /// # Errors
    /// A key that is none; no credentials to sign with.
    pub async fn signed_url(
        &self,
        key: &str,
        ttl: Duration,
    ) -> Result<Option<String>, ObjectError> {
        let Some(bucket) = &self.bucket else {
            return Ok(None);
        };
        let link = bucket
            .signer
            .signed_url(http::Method::GET, &bucket.key(key)?, ttl)
            .await?;
        Ok(Some(link.to_string()))
    }

    /// What is known of an object; none where there is none.
    ///
    /// # Errors
    /// The server's.
    pub async fn head(&self, key: &str) -> Result<Option<Object>, ObjectError> {
        let bucket = self.bucket()?;
        let options = GetOptions {
            head: true,
            ..GetOptions::default()
        };
        match bucket.store.get_opts(&bucket.key(key)?, options).await {
            Ok(found) => Ok(Some(Object {
                size: found.meta.size,
                sha256: found
                    .attributes
                    .get(&Attribute::Metadata(SHA256.into()))
                    .map(|hash| hash.as_ref().to_owned()),
            })),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Removes an object; one that isn't there is removed already.
    ///
    /// # Errors
    /// The server's.
    pub async fn delete(&self, key: &str) -> Result<(), ObjectError> {
        let bucket = self.bucket()?;
        match bucket.store.delete(&bucket.key(key)?).await {
            Err(object_store::Error::NotFound { .. }) | Ok(()) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Brings an object to this path, and answers its bytes. What was there before is written over.
    ///
    /// # Errors
    /// The server's, the disk's; cancelled.
    pub async fn get(
        &self,
        key: &str,
        to: &Path,
        cancel: &CancellationToken,
    ) -> Result<u64, ObjectError> {
        let (bucket, begun) = (self.bucket()?, Instant::now());
        let found = bucket.store.get(&bucket.key(key)?).await?;
        let size = found.meta.size;
        let mut pieces = found.into_stream();
        let file = tokio::fs::File::create(to).await?;
        let mut file = tokio::io::BufWriter::with_capacity(1 << 20, file);
        let mut got = 0;
        loop {
            let piece = tokio::select! {
                () = cancel.cancelled() => return Err(ObjectError::Cancelled),
                piece = pieces.next() => piece,
            };
            let Some(piece) = piece else { break };
            let piece = piece?;
            got += piece.len() as u64;
            file.write_all(&piece).await?;
        }
        file.flush().await?;
        file.get_ref().sync_all().await?;
        if got == size {
            metrics().stored(Direction::Down, got, begun.elapsed());
            tracing::info!(
                component = "STORE",
                act = "get",
                key,
                bytes = got,
                outcome = "done",
                "an object was fetched"
            );
            Ok(got)
        } else {
            Err(ObjectError::Damaged {
                key: key.to_owned(),
                told: got,
                wanted: size,
            })
        }
    }

    /// Puts a file, or what is left of it, under a key.
    ///
    /// # Errors
    /// Why it is not there yet. What was noted by then is where a later call goes on.
    pub async fn put(&self, order: Put<'_>) -> Result<Stored, ObjectError> {
        let (begun, size, key) = (Instant::now(), order.size, order.key);
        let stored = put::put(self.bucket()?, self, order).await;
        let ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        match &stored {
            Ok(outcome) => {
                if matches!(outcome, Stored::Now) {
                    metrics().stored(Direction::Up, size, begun.elapsed());
                }
                tracing::info!(component = "STORE", act = "put", key, bytes = size, ms, outcome = ?outcome, "an object is stored");
            }
            Err(error) => {
                tracing::warn!(component = "STORE", act = "put", key, bytes = size, ms, %error, "an object is not stored yet");
            }
        }
        stored
    }

    /// Gives up parts that nobody will put together; ones that are gone are given up already.
    ///
    /// # Errors
    /// The server's.
    pub async fn abort(&self, key: &str, id: &str) -> Result<(), ObjectError> {
        let bucket = self.bucket()?;
        let id = id.to_owned();
        match bucket.multi.abort_multipart(&bucket.key(key)?, &id).await {
            Err(object_store::Error::NotFound { .. }) | Ok(()) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Which puts in parts the server has begun under keys that begin so; none where this kind of store does not tell.
    ///
    /// # Errors
    /// The server's: `Denied` where it does not let us ask.
    pub async fn begun(&self, key: &str) -> Result<Option<Listing>, ObjectError> {
        let bucket = self.bucket()?;
        match &bucket.uploads {
            Some(uploads) => uploads.of(&bucket.key(key)?).await.map(Some),
            None => Ok(None),
        }
    }
}

impl Bucket {
    fn whole(&self, key: &str) -> String {
        if self.prefix.is_empty() {
            key.to_owned()
        } else {
            format!("{}/{key}", self.prefix)
        }
    }

    /// The key as the crate wants it: refused where it would have to be spelled differently.
    fn key(&self, key: &str) -> Result<Key, ObjectError> {
        Key::parse(self.whole(key)).map_err(|error| ObjectError::Key {
            key: key.to_owned(),
            problem: error.to_string(),
        })
    }
}
