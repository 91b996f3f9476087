//! `store`: puts the finished files into the store and says under which keys. Every file is read once more first, so that
//! what is told as stored is really on the disk, whole, with its hash.
//!
//! ```text
//!  media directory: read, hashed ─▶ storage = local
//!  bucket: each file ─▶ put ─┬▶ all there ─▶ storage = s3
//!                            └▶ some are not ─┬▶ tries are left ─▶ fails, class storage; what is there stays there
//!                                             └▶ the last try ─▶ storage = local, degraded; a loop stores them later
//! ```
//!
//! The waits between tries are the stage's own: no slot is held, and a restart loses none.

mod bring;
mod results;

pub use bring::bring;

use super::kept::Kept;
use super::{files, finished};
use crate::attempt_log::Level;
use crate::domain::{ErrorClass, Value, Values};
use crate::executor::stage::{StageContext, StageError};
use crate::objects::{Item, Notes, ObjectError};
use crate::pipeline::json;
use crate::store::unstored::UNSTORED_KEY;
use results::Results;
use sha2::{Digest, Sha256};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Of the stage's progress, where something is put: so much is reading.
const READING: f64 = 20.0;

/// Runs the stage.
///
/// # Errors
/// Class `config` without a finished video; class `storage` when a file can't be read, or the store does not take one and
/// tries are left.
pub async fn run(context: StageContext) -> Result<Values, StageError> {
    let items = items(&context).await?;
    keep(&context, &items).await
}

/// Puts these files into the store, where there is one besides this box, and tells where they are.
///
/// # Errors
/// Class `storage` when the store does not take one and tries are left.
pub async fn keep(context: &StageContext, items: &[Item]) -> Result<Values, StageError> {
    if !context.outside.objects.is_remote() {
        let bytes: u64 = items.iter().map(|item| item.size).sum();
        let words = format!(
            "{} files with {bytes} bytes are kept in the media directory",
            items.len()
        );
        context.log(Level::Info, &words);
        return Ok(outputs(context, items, "local", Vec::new(), &[]));
    }
    let mut results = Results::read(context).await?;
    let failure = put_all(context, items, &mut results).await?;
    let told = items
        .iter()
        .map(|item| results.told(context, item))
        .collect();
    let Some(error) = failure else {
        return Ok(outputs(
            context,
            items,
            context.outside.objects.word(),
            told,
            &[],
        ));
    };
    if !context.last_try {
        return Err(StageError::failed(
            ErrorClass::Storage,
            error.code(),
            format!("not every file could be stored: {error}"),
            "It is tried again by itself; what is stored already is not sent again.",
        ));
    }
    let left: Vec<&Item> = items
        .iter()
        .filter(|item| !results.is_stored(&item.key))
        .collect();
    let words = format!(
        "the store's retries are spent ({error}); {} files stay on this box and are stored later",
        left.len()
    );
    context.log(Level::Warn, &words);
    tracing::warn!(component = "STORE", videoId = %context.workflow_id, outcome = "local", "{words}");
    Ok(outputs(context, items, "local", told, &left))
}

/// Puts what isn't there yet. Answers the last thing that went wrong.
async fn put_all(
    context: &StageContext,
    items: &[Item],
    results: &mut Results,
) -> Result<Option<ObjectError>, StageError> {
    let notes = Notes::at(&context.config.data_dir);
    let whole: u64 = items.iter().map(|item| item.size).sum::<u64>().max(1);
    let (mut before, mut failure) = (0, None);
    for item in items {
        if !results.is_stored(&item.key) {
            let progress = |sent: u64| {
                #[allow(clippy::cast_precision_loss, reason = "for a percentage")]
                let share = (before + sent) as f64 / whole as f64;
                let words = format!("{} of {} MiB stored", (before + sent) >> 20, whole >> 20);
                context.progress(READING + (99.0 - READING) * share, Some(&words));
            };
            let begun = Instant::now();
            let objects = &context.outside.objects;
            let put = notes.put(
                objects,
                &context.workflow_id,
                item,
                &progress,
                context.cancelled(),
            );
            match put.await {
                Ok(_) => {
                    results.stored(&item.key, begun.elapsed());
                    context.log(
                        Level::Info,
                        &format!("{} is stored", objects.whole(&item.key)),
                    );
                    tracing::info!(component = "STORE", videoId = %context.workflow_id, path = %item.key, bytes = item.size, outcome = "stored", "stored");
                }
                Err(ObjectError::Cancelled) => return Err(StageError::Cancelled),
                Err(error) => {
                    results.failed(&item.key, &error, context.last_try);
                    context.log(
                        Level::Warn,
                        &format!("{} could not be stored: {error}", item.key),
                    );
                    tracing::warn!(component = "STORE", videoId = %context.workflow_id, path = %item.key, outcome = "failed", "{error}");
                    failure = Some(error);
                }
            }
            results.keep(context).await?;
        }
        before += item.size;
    }
    Ok(failure)
}

/// The finished files with their hashes.
async fn items(context: &StageContext) -> Result<Vec<Item>, StageError> {
    let video = finished::of(context)?;
    let kept = Kept::of(context).await?;
    let mut paths = vec![video.path];
    paths.extend(
        ["renditions", "thumbnails", "captions"]
            .iter()
            .flat_map(|name| made(context, name)),
    );
    let mut items: Vec<Item> = Vec::new();
    let count = paths.len();
    for (index, path) in paths.into_iter().enumerate() {
        let Some(key) = kept.key(&path) else { continue };
        if items.iter().any(|item| item.key == key) {
            continue;
        }
        items.push(item(context, key, path).await?);
        context.progress(read(context, index + 1, count), None);
    }
    Ok(items)
}

/// A file with its hash, read to its end.
///
/// # Errors
/// What the disk says.
pub async fn item(context: &StageContext, key: String, path: PathBuf) -> Result<Item, StageError> {
    let (file, stop) = (path.clone(), context.cancelled().clone());
    let (sha256, size) = files::blocking(move || verified(&file, &|| stop.is_cancelled())).await?;
    Ok(Item {
        key,
        path,
        size,
        sha256,
    })
}

/// The stage's progress when so many of its files are read.
#[must_use]
#[allow(clippy::cast_precision_loss, reason = "a count of files")]
pub fn read(context: &StageContext, done: usize, count: usize) -> f64 {
    let share = if context.outside.objects.is_remote() {
        READING
    } else {
        100.0
    };
    share * done as f64 / count.max(1) as f64
}

fn outputs(
    context: &StageContext,
    items: &[Item],
    storage: &str,
    results: Vec<Value>,
    left: &[&Item],
) -> Values {
    let objects = &context.outside.objects;
    let keys = items
        .iter()
        .map(|item| Value::from(objects.whole(&item.key)));
    let hashes = items
        .iter()
        .map(|item| (item.key.clone(), Value::from(item.sha256.as_str())));
    let mut shared = Values::from([("storage".to_owned(), Value::from(storage))]);
    let mut outputs = Values::from([
        ("storage".to_owned(), Value::from(storage)),
        ("keys".to_owned(), Value::List(keys.collect())),
        ("sha256".to_owned(), Value::Map(hashes.collect())),
        ("s3_upload_results".to_owned(), Value::List(results)),
    ]);
    if !left.is_empty() {
        let left = left
            .iter()
            .filter_map(|item| serde_json::to_value(item).ok())
            .map(|item| json::from_json(&item));
        outputs.insert(UNSTORED_KEY.to_owned(), Value::List(left.collect()));
        shared.insert("degraded".to_owned(), Value::Bool(true));
    }
    outputs.insert("workflow".to_owned(), Value::Map(shared));
    outputs
}

/// The paths that the stages before gave under this name: in a list or by name.
fn made(context: &StageContext, name: &str) -> Vec<PathBuf> {
    let values: Vec<&Value> = context
        .outputs
        .values()
        .filter_map(|outputs| outputs.get(name))
        .flat_map(|value| match value {
            Value::List(items) => items.iter().collect::<Vec<_>>(),
            Value::Map(entries) => entries.values().collect(),
            _ => Vec::new(),
        })
        .collect();
    values
        .into_iter()
        .filter_map(Value::as_text)
        .map(PathBuf::from)
        .collect()
}

/// A file's hash and size, after its bytes are on the disk.
///
/// # Errors
/// What the disk says; an empty file; cancelled.
pub fn verified(path: &Path, stop: &dyn Fn() -> bool) -> Result<(String, u64), StageError> {
    let failed = |error: std::io::Error| files::failed("stored", path, &error);
    let mut file = std::fs::File::open(path).map_err(failed)?;
    file.sync_all().map_err(failed)?;
    let mut digest = Sha256::new();
    let mut buffer = vec![0; 1 << 20];
    let mut size = 0;
    loop {
        if stop() {
            return Err(StageError::Cancelled);
        }
        let read = file.read(&mut buffer).map_err(failed)?;
        if read == 0 {
            break;
        }
        digest.update(&buffer[..read]);
        size += read as u64;
    }
    if size == 0 {
        return Err(files::failed(
            "stored",
            path,
            &std::io::Error::from(std::io::ErrorKind::UnexpectedEof),
        ));
    }
    Ok((
        digest
            .finalize()
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect(),
        size,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stored_file_is_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        std::fs::write(&path, b"abc").unwrap();
        let (hash, size) = verified(&path, &|| false).unwrap();
        assert_eq!(
            (hash.as_str(), size),
            (
                "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
                3
            )
        );
        std::fs::write(&path, b"").unwrap();
        assert!(verified(&path, &|| false).is_err());
        assert!(matches!(
            verified(&path, &|| true),
            Err(StageError::Cancelled)
        ));
    }
}
