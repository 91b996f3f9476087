//! The local library: files whose path has words of the prompt come first, upright ones where an upright picture is made, and
//! which of equals is taken follows from the prompt. What can't be read is left out with a warning. What a file is, and what its
//! tags say, is remembered in the index.

use super::Footage;
use super::index::Index;
use crate::attempt_log::Level;
use crate::domain::ErrorClass;
use crate::executor::stage::{StageContext, StageError};
use crate::executor::stages::settings::{self, Frame};
use crate::executor::stages::{files, probe};
use crate::pipeline::footage;
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Files that are looked into at most: enough to choose from, and quick.
const LOOKED_INTO: usize = 60;

/// Footage in the order in which it is used.
///
/// # Errors
/// The steps' own.
pub async fn look(
    context: &StageContext,
    frame: Frame,
    wanted: usize,
) -> Result<Vec<Footage>, StageError> {
    let (library, prompt) = (
        context.config.media.library.clone(),
        settings::text(&context.params, "prompt")
            .unwrap_or_default()
            .to_owned(),
    );
    let data_dir = context.config.data_dir.clone();
    let (mut index, candidates) = files::blocking(move || {
        let index = Index::open(&data_dir);
        let files = footage::files(&library);
        let ranked = ranked(files, &library, &prompt, &index);
        Ok((index, ranked))
    })
    .await?;
    let (mut found, mut looked) = (Vec::new(), 0);
    for path in candidates {
        let fitting = found.iter().filter(|one: &&Footage| one.fits).count();
        if fitting >= wanted || (looked >= LOOKED_INTO && index.get(&path).is_none()) {
            break;
        }
        if index.get(&path).is_none() {
            looked += 1;
            look_into(context, &mut index, &format!("look-{looked}"), &path).await?;
        }
        let entry = index.get(&path);
        let length = entry
            .and_then(|entry| entry.length)
            .map(Duration::from_millis);
        let fits = entry.is_some_and(|entry| entry.wide == frame.is_wide());
        found.extend(length.map(|length| Footage { path, length, fits }));
    }
    files::blocking(move || index.close()).await?;
    // The sort keeps the order among equals: what fits the form first, then the rest cropped.
    found.sort_by_key(|one| !one.fits);
    Ok(found)
}

/// Notes what a file is that is not known yet.
async fn look_into(
    context: &StageContext,
    index: &mut Index,
    name: &str,
    path: &Path,
) -> Result<(), StageError> {
    match probe::probe(context, name, path).await {
        Ok(media) => index.note(path, Some(&media)),
        Err(StageError::Failed {
            class: ErrorClass::Input,
            message,
            ..
        }) => {
            context.log(Level::Warn, &format!("left out: {message}"));
            index.note(path, None);
        }
        Err(other) => return Err(other),
    }
    Ok(())
}

/// Files by how many words of the prompt their path and their tags have, then by a draw that follows from the prompt.
fn ranked(files: Vec<PathBuf>, library: &Path, prompt: &str, index: &Index) -> Vec<PathBuf> {
    let prompt_words = words(prompt);
    let draw = |path: &Path| -> [u8; 32] {
        let mut digest = Sha256::new();
        digest.update(prompt.as_bytes());
        digest.update(path.as_os_str().as_encoded_bytes());
        digest.finalize().into()
    };
    let mut files: Vec<(usize, [u8; 32], PathBuf)> = files
        .into_iter()
        .map(|path| {
            let mut own = words(
                &path
                    .strip_prefix(library)
                    .unwrap_or(&path)
                    .with_extension("")
                    .to_string_lossy(),
            );
            let tags = index.get(&path).map(|entry| entry.tags.join(" "));
            own.extend(words(&tags.unwrap_or_default()));
            own.sort_unstable();
            own.dedup();
            let shared = own
                .iter()
                .filter(|word| prompt_words.contains(word))
                .count();
            (shared, draw(&path), path)
        })
        .collect();
    files.sort_by(|one, other| other.0.cmp(&one.0).then(one.1.cmp(&other.1)));
    files.into_iter().map(|(_, _, path)| path).collect()
}

fn words(text: &str) -> Vec<String> {
    let split = text
        .split(|c: char| !c.is_alphanumeric())
        .map(str::to_lowercase);
    split
        .map(|word| word.strip_suffix('s').map_or(word.clone(), str::to_owned))
        .filter(|word| word.chars().count() > 2)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_prompt_names_comes_first() {
        let files = ["l/city/night.mp4", "l/sea/waves.mp4", "l/forest.mp4"]
            .map(PathBuf::from)
            .to_vec();
        let ranked = ranked(
            files,
            Path::new("l"),
            "The wave of the sea, endless",
            &Index::default(),
        );
        assert_eq!(ranked[0], Path::new("l/sea/waves.mp4"));
        assert_eq!(ranked.len(), 3);
    }
}
