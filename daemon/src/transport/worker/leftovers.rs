//! What a workflow leaves on a box that is not the coordinator's: its work directory and the logs of its attempts here, which
//! the coordinator has; and the finished files that were brought home from here, which are noted beside the logs.
//!
//! A directory is renamed first, so that a workflow of the same id finds none of it; the runner sweeps at its start what a
//! crash leaves under such a name.
//!
//! The coordinator tells when a workflow is over, until it is answered; what it could not tell (it had too much to tell, or
//! forgot by its own restart) a worker finds at its start: what nobody has touched for a day, of workflows that it holds
//! nothing of. Home has all files that count, so that nothing is lost by that.

use crate::attempt_log::LogName;
use crate::transport::letter::Belonging;
use std::collections::HashSet;
use std::fs::{self, OpenOptions};
use std::io::{self, ErrorKind, Write as _};
use std::path::{Component, Path};
use std::time::{Duration, SystemTime};

/// What nobody touched for so long is of no workflow that goes on here.
const OLD: Duration = Duration::from_secs(24 * 3600);
/// Beside a workflow's logs: its finished files on this box, one a line. No stage's log is called so.
const FINISHED: &str = "finished-files";

/// Notes which finished files of a workflow are on this box. Blocks.
pub(super) fn note(data_dir: &Path, workflow: &str, files: &[Belonging]) {
    let finished = files.iter().filter(|file| file.path.starts_with("media/"));
    let lines: String = finished.map(|file| format!("{}\n", file.path)).collect();
    let Ok(logs) = LogName::directory(data_dir, workflow) else {
        return;
    };
    if lines.is_empty() {
        return;
    }
    let write = || -> io::Result<()> {
        fs::create_dir_all(&logs)?;
        let mut list = OpenOptions::new()
            .append(true)
            .create(true)
            .open(logs.join(FINISHED))?;
        list.write_all(lines.as_bytes())
    };
    if let Err(error) = write() {
        tracing::warn!(component = "FILE", videoId = workflow, %error, "which finished files are here could not be noted: they stay when the workflow is over");
    }
}

/// Removes what workflows left long ago, but for these. Blocks.
pub(super) fn sweep(data_dir: &Path, held: &HashSet<String>) {
    let old = SystemTime::now().checked_sub(OLD);
    for folder in ["work", "attempts"] {
        let Ok(entries) = fs::read_dir(data_dir.join(folder)) else {
            continue;
        };
        for entry in entries.flatten() {
            let name = entry.file_name();
            let Some(workflow) = name.to_str().filter(|name| !name.starts_with('.')) else {
                continue;
            };
            let touched = entry.metadata().and_then(|found| found.modified()).ok();
            let is_old = matches!((touched, old), (Some(touched), Some(old)) if touched < old);
            let is_directory = entry.file_type().is_ok_and(|kind| kind.is_dir());
            if is_old && is_directory && !held.contains(workflow) {
                tracing::info!(
                    component = "FILE",
                    videoId = workflow,
                    "what an earlier workflow left on this box is removed"
                );
                remove(data_dir, workflow);
            }
        }
    }
}

/// Removes what is left. True: nothing of it is there any more. Blocks.
pub(super) fn remove(data_dir: &Path, workflow: &str) -> bool {
    // An id that can't be part of a path never had a directory.
    let Ok(logs) = LogName::directory(data_dir, workflow) else {
        return true;
    };
    let mut is_gone = true;
    for path in fs::read_to_string(logs.join(FINISHED))
        .unwrap_or_default()
        .lines()
    {
        let path = Path::new(path);
        let is_plain = path
            .components()
            .all(|part| matches!(part, Component::Normal(_)));
        if is_plain && path.starts_with("media") {
            // One that is gone already was listed twice.
            let _ = fs::remove_file(data_dir.join(path));
        }
    }
    for directory in [data_dir.join("work").join(workflow), logs] {
        let gone = directory.with_file_name(format!(
            ".gone-{}-{workflow}",
            jiff::Timestamp::now().as_microsecond()
        ));
        let removed = fs::rename(&directory, &gone).and_then(|()| fs::remove_dir_all(&gone));
        match removed {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                tracing::warn!(component = "FILE", path = %directory.display(), %error, "what is no longer wanted can't be removed; it is tried again");
                is_gone = false;
            }
            _ => {}
        }
    }
    is_gone
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_old_and_not_held_goes_at_the_start() {
        let dir = tempfile::TempDir::new().unwrap();
        let long_ago = SystemTime::now() - 2 * OLD;
        for (place, is_old) in [
            ("work/left", true),
            ("attempts/left", true),
            ("work/held", true),
            ("work/fresh", false),
            ("work/.gone-1-x", true),
        ] {
            let place = dir.path().join(place);
            fs::create_dir_all(&place).unwrap();
            if is_old {
                fs::File::open(&place)
                    .unwrap()
                    .set_modified(long_ago)
                    .unwrap();
            }
        }
        sweep(dir.path(), &HashSet::from(["held".to_owned()]));
        let there = |place: &str| dir.path().join(place).exists();
        assert!(!there("work/left") && !there("attempts/left"));
        assert!(there("work/held") && there("work/fresh") && there("work/.gone-1-x"));
        sweep(&dir.path().join("nowhere"), &HashSet::new());
    }

    #[test]
    fn only_what_is_the_workflows_goes() {
        let dir = tempfile::TempDir::new().unwrap();
        for place in [
            "work/a/deep",
            "work/b",
            "attempts/a",
            "attempts/b",
            "media/a",
        ] {
            std::fs::create_dir_all(dir.path().join(place)).unwrap();
        }
        let finished = |path: &str| Belonging {
            path: path.into(),
            size: 0,
            sha256: String::new(),
        };
        for file in ["media/a.mp4", "media/b.mp4"] {
            std::fs::write(dir.path().join(file), "film").unwrap();
        }
        let files = ["work/a/deep/x", "media/a.mp4", "media/../media/b.mp4"].map(finished);
        note(dir.path(), "a", &files);
        assert!(remove(dir.path(), "a"));
        remove(dir.path(), "../media/a");
        remove(dir.path(), "never");
        let there = |place: &str| dir.path().join(place).exists();
        assert!(!there("work/a") && !there("attempts/a"));
        assert!(there("work/b") && there("attempts/b") && there("media/a"));
        assert!(!there("media/a.mp4") && there("media/b.mp4"));
        assert_eq!(
            std::fs::read_dir(dir.path().join("work")).unwrap().count(),
            1
        );
    }
}
