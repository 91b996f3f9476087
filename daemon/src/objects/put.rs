//! Putting one file under one key.

use super::bucket::Bucket;
use super::{Begun, ObjectError, Objects, SHA256};
use object_store::path::Path as Key;
use object_store::{Attribute, Attributes, PutMode, PutMultipartOptions, PutOptions, PutPayload};
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use tokio_util::sync::CancellationToken;

/// Above this a file goes in parts.
const WHOLE: u64 = 16 << 20;

/// What to put, and how to tell of it.
pub struct Put<'a> {
    /// Relative to the store's prefix.
    pub key: &'a str,
    /// The file.
    pub file: &'a Path,
    /// Its bytes.
    pub size: u64,
    /// Their hash in hexadecimal.
    pub sha256: &'a str,
    /// What it is.
    pub content_type: &'static str,
    /// What an earlier call noted.
    pub begun: Option<Begun>,
    /// Told before the server is asked to begin: on the disk when it returns.
    pub about_to: &'a (dyn Fn() -> std::io::Result<()> + Sync),
    /// Keeps what was begun: on the disk when it returns.
    pub note: &'a (dyn Fn(&Begun) -> std::io::Result<()> + Sync),
    /// Told so many bytes.
    pub progress: &'a (dyn Fn(u64) + Sync),
    /// Ends it between two parts.
    pub cancel: &'a CancellationToken,
}

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stored {
    /// It was put now.
    Now,
    /// It was there already, the very same.
    Before,
}

pub(super) async fn put(
    bucket: &Bucket,
    objects: &Objects,
    order: Put<'_>,
) -> Result<Stored, ObjectError> {
    let key = bucket.key(order.key)?;
    let cancelled = order.cancel.clone();
    let work = async {
        if is_there(objects, &order).await? {
            return Ok(Stored::Before);
        }
        if order.size <= WHOLE {
            whole(bucket, &key, &order).await?;
        } else {
            in_parts(bucket, &key, &order).await?;
        }
        match objects.head(order.key).await? {
            Some(found) if found.size == order.size => Ok(Stored::Now),
            found => Err(ObjectError::Damaged {
                key: order.key.to_owned(),
                told: found.map_or(0, |found| found.size),
                wanted: order.size,
            }),
        }
    };
    tokio::select! {
        () = cancelled.cancelled() => Err(ObjectError::Cancelled),
        done = work => done,
    }
}

/// Whether the very same is there: a call that was killed behind its last request finds that it had succeeded.
async fn is_there(objects: &Objects, order: &Put<'_>) -> Result<bool, ObjectError> {
    match objects.head(order.key).await? {
        None => Ok(false),
        Some(found)
            if found.size == order.size
                && found
                    .sha256
                    .as_deref()
                    .is_none_or(|hash| hash == order.sha256) =>
        {
            Ok(true)
        }
        Some(_) => Err(ObjectError::Taken(order.key.to_owned())),
    }
}

fn attributes(order: &Put<'_>) -> Attributes {
    Attributes::from_iter([
        (Attribute::ContentType, order.content_type.to_owned()),
        (Attribute::Metadata(SHA256.into()), order.sha256.to_owned()),
    ])
}

async fn whole(bucket: &Bucket, key: &Key, order: &Put<'_>) -> Result<(), ObjectError> {
    let bytes = piece(order.file, 0, order.size).await?;
    let options = PutOptions {
        mode: PutMode::Create,
        attributes: attributes(order),
        ..PutOptions::default()
    };
    bucket
        .store
        .put_opts(key, PutPayload::from(bytes), options)
        .await?;
    (order.progress)(order.size);
    Ok(())
}

async fn in_parts(bucket: &Bucket, key: &Key, order: &Put<'_>) -> Result<(), ObjectError> {
    let earlier = order
        .begun
        .clone()
        .filter(|begun| begun.is_of(order.size, order.sha256));
    let went_on = earlier.is_some();
    let begun = match earlier {
        Some(begun) => begun,
        None => begin(bucket, key, order).await?,
    };
    match rest(bucket, key, order, begun).await {
        // The server no longer knows what was begun (some say so by refusing it): once more from the beginning.
        Err(ObjectError::Missing(_) | ObjectError::Denied(_)) if went_on => {
            let begun = begin(bucket, key, order).await?;
            rest(bucket, key, order, begun).await
        }
        other => other,
    }
}

async fn begin(bucket: &Bucket, key: &Key, order: &Put<'_>) -> Result<Begun, ObjectError> {
    (order.about_to)()?;
    let options = PutMultipartOptions {
        attributes: attributes(order),
        ..PutMultipartOptions::default()
    };
    let id = match bucket.multi.create_multipart_opts(key, options).await {
        // Not every kind of store can say what it is ahead of its parts.
        Err(object_store::Error::NotSupported { .. }) => bucket.multi.create_multipart(key).await?,
        other => other?,
    };
    let begun = Begun::new(id, order.size, order.sha256);
    (order.note)(&begun)?;
    Ok(begun)
}

async fn rest(
    bucket: &Bucket,
    key: &Key,
    order: &Put<'_>,
    mut begun: Begun,
) -> Result<(), ObjectError> {
    (order.progress)(begun.done());
    while begun.done() < order.size {
        let from = begun.done();
        let length = begun.part.min(order.size - from);
        let bytes = piece(order.file, from, length).await?;
        let index = begun.parts.len();
        let part = bucket
            .multi
            .put_part(key, &begun.id, index, PutPayload::from(bytes))
            .await?;
        begun.parts.push(part.content_id);
        (order.note)(&begun)?;
        (order.progress)(begun.done());
    }
    let parts = begun
        .parts
        .iter()
        .map(|content_id| object_store::multipart::PartId {
            content_id: content_id.clone(),
        })
        .collect();
    bucket
        .multi
        .complete_multipart(key, &begun.id, parts)
        .await?;
    Ok(())
}

/// A piece of a file, in memory.
async fn piece(file: &Path, from: u64, length: u64) -> Result<Vec<u8>, ObjectError> {
    let file: PathBuf = file.to_owned();
    let read = tokio::task::spawn_blocking(move || {
        let mut file = std::fs::File::open(file)?;
        file.seek(SeekFrom::Start(from))?;
        let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or(0));
        file.take(length).read_to_end(&mut bytes)?;
        if bytes.len() as u64 == length {
            Ok(bytes)
        } else {
            let words = "the file is shorter than it was when it was looked at";
            Err(std::io::Error::new(
                std::io::ErrorKind::UnexpectedEof,
                words,
            ))
        }
    });
    Ok(read.await.map_err(std::io::Error::other)??)
}
