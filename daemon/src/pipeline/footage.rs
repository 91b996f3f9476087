//! Whether the library of stock footage holds any: what decides `video`'s default source.

use std::path::{Path, PathBuf};

const KINDS: [&str; 8] = ["mp4", "mov", "mkv", "webm", "m4v", "avi", "mpg", "ts"];
/// A library is looked through this deep and this far: enough for any real one, and no link can make it endless.
const DEPTH: usize = 6;
const ENTRIES: usize = 20_000;

/// The video files below `library`, sorted by path; empty where there is no such folder. Names decide, contents are probed
/// by whoever uses a file.
#[must_use]
pub fn files(library: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    walk(library, &mut |file| {
        found.push(file);
        true
    });
    found.sort();
    found
}

/// Whether there is any.
#[must_use]
pub fn any(library: &Path) -> bool {
    let mut found = false;
    walk(library, &mut |_| {
        found = true;
        false
    });
    found
}

/// Calls `each` for every video file until it says false. Links are followed to files, not into folders.
fn walk(library: &Path, each: &mut dyn FnMut(PathBuf) -> bool) {
    let mut open = vec![(library.to_path_buf(), 0)];
    let mut seen = 0;
    while let Some((folder, depth)) = open.pop() {
        let Ok(entries) = std::fs::read_dir(&folder) else {
            continue;
        };
        for entry in entries.flatten() {
            seen += 1;
            if seen > ENTRIES {
                return;
            }
            let path = entry.path();
            let hidden = path
                .file_name()
                .is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
            match entry.file_type() {
                Ok(_) if hidden => {}
                Ok(kind) if kind.is_dir() && depth < DEPTH => open.push((path, depth + 1)),
                Ok(_) if is_video(&path) && path.is_file() && !each(path) => return,
                _ => {}
            }
        }
    }
}

fn is_video(path: &Path) -> bool {
    path.extension()
        .and_then(|e| e.to_str())
        .is_some_and(|e| KINDS.contains(&e.to_ascii_lowercase().as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_videos_in_folders_and_nothing_else() {
        let library = tempfile::tempdir().unwrap();
        assert!(!any(library.path()));
        std::fs::create_dir_all(library.path().join("sea/deep")).unwrap();
        for name in ["b.MP4", "notes.txt", ".hidden.mp4", "sea/deep/a.webm"] {
            std::fs::write(library.path().join(name), b"x").unwrap();
        }
        assert!(any(library.path()));
        let names: Vec<PathBuf> = files(library.path());
        assert_eq!(
            names,
            [
                library.path().join("b.MP4"),
                library.path().join("sea/deep/a.webm")
            ]
        );
    }

    #[test]
    fn a_missing_library_is_empty() {
        assert!(files(Path::new("/nonexistent/reel")).is_empty());
    }
}
