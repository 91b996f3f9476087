//! Which episodes there are: a walk through the roots.

use super::id;
use crate::config::Config;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

const KINDS: [&str; 8] = ["mp4", "mov", "mkv", "webm", "m4v", "avi", "mpg", "ts"];
/// How deep and how far one root is looked through.
const DEPTH: usize = 6;
const ENTRIES: usize = 50_000;
/// Episodes that are listed at most.
pub const MOST: usize = 5_000;

/// A recording that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Episode {
    /// See `id_of`.
    pub id: String,
    /// Its file's stem as it stands.
    pub title: String,
    /// The file.
    pub path: PathBuf,
    /// The file relative to its root, for people.
    pub place: String,
    /// Bytes.
    pub size: u64,
    /// When the file last changed: milliseconds since 1970.
    pub modified: i64,
}

/// Where episodes lie: the configured roots, then `DATA_DIR/episodes`, where uploads go when no root is configured.
#[must_use]
pub fn roots(config: &Config) -> Vec<PathBuf> {
    let mut roots = config.episodes.roots.clone();
    let own = config.data_dir.join("episodes");
    if !roots.contains(&own) {
        roots.push(own);
    }
    roots
}

/// All episodes, by root and then by place. Reads directories: call it off the runtime's threads.
#[must_use]
pub fn scan(config: &Config) -> Vec<Episode> {
    let mut found = Vec::new();
    let (mut ids, mut files) = (BTreeSet::new(), BTreeSet::new());
    for root in roots(config) {
        let mut here = Vec::new();
        walk(&root, &mut here);
        here.sort();
        for (place, path) in here {
            if found.len() >= MOST {
                return found;
            }
            // A root inside another one shows its files once.
            if !files.insert(path.clone()) {
                continue;
            }
            found.extend(episode(place, path, &mut ids));
        }
    }
    found
}

/// The episode with this id.
#[must_use]
pub fn find(config: &Config, id: &str) -> Option<Episode> {
    scan(config).into_iter().find(|episode| episode.id == id)
}

fn episode(place: PathBuf, path: PathBuf, ids: &mut BTreeSet<String>) -> Option<Episode> {
    let facts = std::fs::metadata(&path)
        .ok()
        .filter(|facts| facts.len() > 0)?;
    let title = path.file_stem()?.to_string_lossy().into_owned();
    let mut id = id::id_of(&title);
    if ids.contains(&id) {
        id = id::apart(&id, &place);
    }
    ids.insert(id.clone());
    let modified = facts
        .modified()
        .ok()
        .and_then(|at| at.duration_since(UNIX_EPOCH).ok())
        .and_then(|span| i64::try_from(span.as_millis()).ok())
        .unwrap_or(0);
    Some(Episode {
        id,
        title,
        place: place.to_string_lossy().into_owned(),
        size: facts.len(),
        modified,
        path,
    })
}

/// Video files below a root, with their place in it. Files that are still being written have another ending and are not
/// seen. Links are followed to files, not into folders.
fn walk(root: &Path, found: &mut Vec<(PathBuf, PathBuf)>) {
    let mut open = vec![(root.to_path_buf(), 0)];
    let mut seen = 0;
    while let Some((folder, depth)) = open.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            seen += 1;
            if seen > ENTRIES {
                return;
            }
            let path = entry.path();
            if entry.file_name().as_encoded_bytes().starts_with(b".") {
                continue;
            }
            match entry.file_type() {
                Ok(kind) if kind.is_dir() && depth >= DEPTH => {}
                Ok(kind) if kind.is_dir() => open.push((path, depth + 1)),
                Ok(_) if is_video(&path) && path.is_file() => {
                    if let Ok(place) = path.strip_prefix(root) {
                        found.push((place.to_path_buf(), path.clone()));
                    }
                }
                _ => {}
            }
        }
    }
}

fn is_video(path: &Path) -> bool {
    path.extension()
        .and_then(|ending| ending.to_str())
        .is_some_and(|ending| KINDS.contains(&ending.to_ascii_lowercase().as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(files: &[&str]) -> (tempfile::TempDir, Config) {
        let data = tempfile::tempdir().unwrap();
        let mut config = Config::default_at(data.path());
        config.episodes.roots = vec![data.path().join("one"), data.path().join("two")];
        for file in files {
            let path = data.path().join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, b"x").unwrap();
        }
        (data, config)
    }

    #[test]
    fn episodes_of_all_roots_are_found_and_nothing_else() {
        let (_data, config) = at(&[
            "two/newsroom 2024 video.mp4",
            "one/deep/Talk.MKV",
            "episodes/own.webm",
            "one/notes.txt",
            "one/.hidden.mp4",
            "one/half.mp4.part",
        ]);
        let found = scan(&config);
        let ids: Vec<&str> = found.iter().map(|episode| episode.id.as_str()).collect();
        assert_eq!(ids, ["talk", "newsroom-2024-video", "own"]);
        assert_eq!(found[0].place, "deep/Talk.MKV");
        assert_eq!(
            find(&config, "own").map(|found| found.title).as_deref(),
            Some("own")
        );
        assert_eq!(find(&config, "../own"), None);
    }

    #[test]
    fn files_of_one_name_stay_apart_and_keep_their_ids() {
        let (_data, config) = at(&["one/a.mp4", "one/b/A.mp4", "two/a.mp4"]);
        let found = scan(&config);
        assert_eq!(found[0].id, "a");
        let ids: BTreeSet<&str> = found.iter().map(|episode| episode.id.as_str()).collect();
        assert_eq!(ids.len(), 3);
        assert!(ids.iter().all(|id| id.starts_with('a')));
        assert_eq!(scan(&config), found);
    }

    #[test]
    fn an_empty_house_has_no_episodes() {
        let (_data, config) = at(&[]);
        assert_eq!(scan(&config), []);
    }
}
