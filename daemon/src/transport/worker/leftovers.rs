//! What a workflow leaves on a box that is not the coordinator's: its work directory and the logs of its attempts here, which
//! the coordinator has; and the finished files that were brought home from here, which are noted beside the logs.
//!
//! A directory is renamed first, so that a workflow of the same id finds none of it; the runner sweeps at its start what a
//! crash leaves under such a name.

use crate::attempt_log::LogName;
use crate::transport::letter::Belonging;
use std::fs::{self, OpenOptions};
use std::io::{self, ErrorKind, Write as _};
use std::path::{Component, Path};

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

/// Removes what is left. Blocks.
pub(super) fn remove(data_dir: &Path, workflow: &str) {
    // An id that can't be part of a path never had a directory.
    let Ok(logs) = LogName::directory(data_dir, workflow) else {
        return;
    };
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
                tracing::warn!(component = "FILE", path = %directory.display(), %error, "what is no longer wanted can't be removed; it is tried again at the next start");
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
            object: None,
        };
        for file in ["media/a.mp4", "media/b.mp4"] {
            std::fs::write(dir.path().join(file), "film").unwrap();
        }
        let files = ["work/a/deep/x", "media/a.mp4", "media/../media/b.mp4"].map(finished);
        note(dir.path(), "a", &files);
        remove(dir.path(), "a");
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
