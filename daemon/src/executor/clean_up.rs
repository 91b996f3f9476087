//! Removes what workflows leave: work directories, and logs and kept media of those that were deleted.
//!
//! A directory is first renamed, at once, so that a workflow submitted anew under the same id finds none of it, and then
//! removed in the background. What a crash leaves between the two is swept at the next start.

use super::runner::Inner;
use super::stages::clip;
use super::stages::kept::Kept;
use crate::attempt_log::LogName;
use crate::domain::Workflow;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// No id begins with a dot.
const GONE: &str = ".gone-";
/// Before each try to remove objects.
const OBJECT_WAITS: [Duration; 4] = [
    Duration::ZERO,
    Duration::from_secs(5),
    Duration::from_secs(60),
    Duration::from_secs(600),
];
static NEXT: AtomicU64 = AtomicU64::new(0);

/// Removes a workflow's work directory and, when `logs`, its logs.
pub fn clean_up(inner: &Arc<Inner>, workflow: &Workflow, logs: bool) {
    let data_dir = &inner.config.data_dir;
    // An id that can't be part of a path never had a directory.
    let Ok(logs_dir) = LogName::directory(data_dir, &workflow.id) else {
        return;
    };
    let work_dir = data_dir.join("work").join(&workflow.id);
    // A work directory is most often empty: then one call does it.
    match fs::remove_dir(&work_dir) {
        Err(error) if error.kind() == io::ErrorKind::DirectoryNotEmpty => discard(inner, &work_dir),
        Err(error) if error.kind() != io::ErrorKind::NotFound => warn(&work_dir, &error),
        _ => {}
    }
    if logs {
        discard(inner, &logs_dir);
        discard_media(inner, workflow);
        discard_objects(inner, workflow);
    }
}

/// Removes what an earlier daemon had only renamed.
pub fn sweep(inner: &Arc<Inner>) {
    let parents = [
        inner.config.data_dir.join("work"),
        inner.config.data_dir.join("attempts"),
    ];
    inner.lanes.run(move || {
        for parent in parents {
            let entries = fs::read_dir(&parent).into_iter().flatten().flatten();
            for entry in
                entries.filter(|entry| entry.file_name().to_string_lossy().starts_with(GONE))
            {
                remove(&entry.path());
            }
        }
    });
}

fn discard(inner: &Inner, directory: &Path) {
    let Some(parent) = directory.parent() else {
        return;
    };
    let gone = new_name(parent);
    match fs::rename(directory, &gone) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => warn(directory, &error),
        Ok(()) => inner.lanes.run(move || remove(&gone)),
    }
}

/// Removes the files that a deleted workflow kept. What it published stays on its channels.
fn discard_media(inner: &Inner, workflow: &Workflow) {
    let media = inner.config.data_dir.join("media");
    if let Some(renders) = clip::folder_of_ended(workflow, &media) {
        inner.lanes.run(move || match fs::remove_dir_all(&renders) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => warn(&renders, &error),
            _ => {}
        });
    }
    let Some(kept) = Kept::of_ended(workflow, &media) else {
        return;
    };
    inner.lanes.run(move || {
        for file in kept.all() {
            match fs::remove_file(&file) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => warn(&file, &error),
                _ => {}
            }
        }
    });
}

/// Removes the objects that a deleted workflow stored. A store that is away is asked a few times more.
fn discard_objects(inner: &Arc<Inner>, workflow: &Workflow) {
    let objects = inner.outside.objects.clone();
    let mut keys: Vec<String> = workflow
        .stages
        .iter()
        .filter_map(|stage| stage.outputs.get("sha256")?.as_map())
        .flat_map(|hashes| hashes.keys().cloned())
        .collect();
    if !objects.is_remote() || keys.is_empty() {
        return;
    }
    let id = workflow.id.clone();
    inner.runtime.spawn(async move {
        for wait in OBJECT_WAITS {
            tokio::time::sleep(wait).await;
            let mut left = Vec::new();
            for key in keys {
                if let Err(error) = objects.delete(&key).await {
                    left.push((key, error));
                }
            }
            let Some((key, error)) = left.first() else { return };
            tracing::warn!(component = "STORE", videoId = %id, path = %key, %error, "{} objects of a deleted workflow can't be removed for now", left.len());
            keys = left.into_iter().map(|(key, _)| key).collect();
        }
    });
}

fn new_name(parent: &Path) -> PathBuf {
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    parent.join(format!(
        "{GONE}{}-{number}",
        jiff::Timestamp::now().as_microsecond()
    ))
}

fn remove(directory: &Path) {
    if let Err(error) = fs::remove_dir_all(directory) {
        warn(directory, &error);
    }
}

fn warn(directory: &Path, error: &io::Error) {
    tracing::warn!(component = "FILE", path = %directory.display(), %error, "what is no longer wanted can't be removed; directories are tried again at the next start");
}
