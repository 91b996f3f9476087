//! `store`: puts the finished files into the store and says under which keys. The store is the media directory itself:
//! every file is read once more, so that what is told as stored is really on the disk, whole, with its hash.

use super::kept::Kept;
use super::{files, finished};
use crate::attempt_log::Level;
use crate::domain::{ErrorClass, Value, Values};
use crate::executor::stage::{StageContext, StageError};
use sha2::{Digest, Sha256};
use std::io::Read;
use std::path::{Path, PathBuf};

/// Runs the stage.
///
/// # Errors
/// Class `config` without a finished video; class `storage` when a file is missing or can't be read.
pub async fn run(context: StageContext) -> Result<Values, StageError> {
    let video = finished::of(&context)?;
    let kept = Kept::of(&context).await?;
    let mut paths = vec![video.path];
    paths.extend(made(&context, "renditions"));
    paths.extend(made(&context, "thumbnails"));
    paths.extend(made(&context, "captions"));
    paths.dedup();
    let mut stored = Values::new();
    let mut bytes = 0;
    for (index, path) in paths.iter().enumerate() {
        let Some(key) = kept.key(path) else { continue };
        if stored.contains_key(&key) {
            continue;
        }
        let (file, stop) = (path.clone(), context.cancelled().clone());
        let (hash, size) =
            files::blocking(move || verified(&file, &|| stop.is_cancelled())).await?;
        bytes += size;
        stored.insert(key, Value::from(hash));
        #[allow(clippy::cast_precision_loss, reason = "a count of files")]
        context.progress(100.0 * (index + 1) as f64 / paths.len() as f64, None);
    }
    context.log(
        Level::Info,
        &format!(
            "{} files with {bytes} bytes are kept in the media directory",
            stored.len()
        ),
    );
    let keys = Value::List(stored.keys().map(|key| Value::from(key.as_str())).collect());
    Ok(Values::from([
        ("storage".to_owned(), Value::from("local")),
        ("keys".to_owned(), keys),
        ("sha256".to_owned(), Value::Map(stored)),
        (
            "workflow".to_owned(),
            Value::Map(Values::from([("storage".to_owned(), Value::from("local"))])),
        ),
    ]))
}

/// Brings an object of the store, as an outside maker names it, to this path.
///
/// # Errors
/// Class `input` when the store has no object of this key, or the key leaves the store; what the disk says.
pub async fn bring(context: &StageContext, key: &str, to: &Path) -> Result<(), StageError> {
    let (media, key, to) = (context.media_dir.clone(), key.to_owned(), to.to_path_buf());
    files::blocking(move || {
        let missing = |why: &dyn std::fmt::Display| {
            StageError::failed(
                ErrorClass::Input,
                "no_object",
                format!("the store has no object `{key}`: {why}"),
                "Look which key the maker really wrote, then retry.",
            )
        };
        let media = media
            .canonicalize()
            .map_err(|error| files::failed("read", &media, &error))?;
        let from = media
            .join(&key)
            .canonicalize()
            .map_err(|error| missing(&error))?;
        if !from.starts_with(&media) || !from.is_file() {
            return Err(missing(&"it is no file of the store"));
        }
        files::link(&from, &to)
    })
    .await
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
/// What the disk says, also for an empty file; `Cancelled` as soon as `stop` says so.
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
