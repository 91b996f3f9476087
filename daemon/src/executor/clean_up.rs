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

/// No id begins with a dot.
const GONE: &str = ".gone-";
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
