//! An object that an outside maker put into the store, brought to this box.

use crate::domain::ErrorClass;
use crate::executor::stage::{StageContext, StageError};
use crate::executor::stages::files;
use crate::objects::ObjectError;
use std::path::{Path, PathBuf};

/// Brings an object of the store, as an outside maker names it, to this path.
///
/// # Errors
/// Class `input` when the store has no object of this key, or the key leaves the store; `storage` when it can't be had now.
pub async fn bring(context: &StageContext, key: &str, to: &Path) -> Result<(), StageError> {
    let objects = &context.outside.objects;
    if objects.is_remote() {
        let own = objects.own(key);
        let got = objects.get(own, to, context.cancelled()).await;
        return got.map(drop).map_err(|error| match &error {
            ObjectError::Cancelled => StageError::Cancelled,
            ObjectError::Missing(_) | ObjectError::Key { .. } => missing(key, &error),
            _ => StageError::failed(
                ErrorClass::Storage,
                error.code(),
                format!("the object `{key}` can't be fetched: {error}"),
                "It is tried again by itself.",
            ),
        });
    }
    let (media, key, to) = (context.media_dir.clone(), key.to_owned(), to.to_path_buf());
    files::blocking(move || files::link(&below(&media, &key)?, &to)).await
}

/// The file of this key, if it really lies below the media directory.
fn below(media: &Path, key: &str) -> Result<PathBuf, StageError> {
    let media = media
        .canonicalize()
        .map_err(|error| files::failed("read", media, &error))?;
    let from = media
        .join(key)
        .canonicalize()
        .map_err(|error| missing(key, &error))?;
    if from.starts_with(&media) && from.is_file() {
        Ok(from)
    } else {
        Err(missing(key, &"it is no file of the store"))
    }
}

fn missing(key: &str, why: &dyn std::fmt::Display) -> StageError {
    StageError::failed(
        ErrorClass::Input,
        "no_object",
        format!("the store has no object `{key}`: {why}"),
        "Look which key the maker really wrote, then retry.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_key_leads_out_of_the_store() {
        let folder = tempfile::tempdir().unwrap();
        let media = folder.path().join("media");
        std::fs::create_dir_all(media.join("videos")).unwrap();
        std::fs::write(media.join("videos/1.mp4"), b"x").unwrap();
        std::fs::write(folder.path().join("secret"), b"x").unwrap();
        std::os::unix::fs::symlink(folder.path().join("secret"), media.join("way")).unwrap();
        assert!(below(&media, "videos/1.mp4").is_ok());
        for key in ["../secret", "way", "videos", "/etc/passwd", "nothing"] {
            assert!(below(&media, key).is_err(), "{key}");
        }
    }
}
