//! What a workflow leaves on a box that is not the coordinator's: its work directory and the logs of its attempts here, which
//! the coordinator has. Finished files stay: they may be wanted elsewhere.
//!
//! A directory is renamed first, so that a workflow of the same id finds none of it; the runner sweeps at its start what a
//! crash leaves under such a name.

use crate::attempt_log::LogName;
use std::io::ErrorKind;
use std::path::Path;

/// Removes what is left. Blocks.
pub(super) fn remove(data_dir: &Path, workflow: &str) {
    // An id that can't be part of a path never had a directory.
    let Ok(logs) = LogName::directory(data_dir, workflow) else {
        return;
    };
    for directory in [data_dir.join("work").join(workflow), logs] {
        let gone = directory.with_file_name(format!(
            ".gone-{}-{workflow}",
            jiff::Timestamp::now().as_microsecond()
        ));
        let removed =
            std::fs::rename(&directory, &gone).and_then(|()| std::fs::remove_dir_all(&gone));
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
        remove(dir.path(), "a");
        remove(dir.path(), "../media/a");
        remove(dir.path(), "never");
        let there = |place: &str| dir.path().join(place).exists();
        assert!(!there("work/a") && !there("attempts/a"));
        assert!(there("work/b") && there("attempts/b") && there("media/a"));
        assert_eq!(
            std::fs::read_dir(dir.path().join("work")).unwrap().count(),
            1
        );
    }
}
