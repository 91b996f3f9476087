//! The episodes with their lengths. A length is probed once for each state of a file and remembered.

use super::scan::{self, Episode};
use crate::config::Config;
use futures_util::StreamExt as _;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::process::Command;

/// Files that are probed at the same time.
const AT_ONCE: usize = 2;
/// How long one file may take.
const ONE: Duration = Duration::from_secs(10);
/// How long a listing waits for lengths; what is left then has none, and the next listing goes on.
const ALL: Duration = Duration::from_secs(15);

type Known = HashMap<PathBuf, (u64, i64, Option<f64>)>;

/// An episode with its length.
#[derive(Debug, Clone, PartialEq)]
pub struct Listed {
    /// What the scan found.
    pub episode: Episode,
    /// Seconds; none where it is no video that ffprobe can read, or not known yet.
    pub duration: Option<f64>,
}

/// Lists episodes; clones share what was probed.
#[derive(Debug, Clone, Default)]
pub struct Catalog {
    known: Arc<Mutex<Known>>,
}

impl Catalog {
    /// One that has probed nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// All episodes, as they lie there now.
    pub async fn list(&self, config: Arc<Config>) -> Vec<Listed> {
        let found = tokio::task::spawn_blocking(move || scan::scan(&config)).await;
        let found = found.unwrap_or_default();
        self.forget_all_but(&found);
        let unknown: Vec<&Episode> = found
            .iter()
            .filter(|one| self.known(one).is_none())
            .collect();
        let probing =
            futures_util::stream::iter(unknown).for_each_concurrent(AT_ONCE, |episode| async {
                self.remember(episode, probe(&episode.path).await);
            });
        // Lengths that are not there in time are left to the next listing.
        let _ = tokio::time::timeout(ALL, probing).await;
        let listed = found.into_iter().map(|episode| Listed {
            duration: self.known(&episode).flatten(),
            episode,
        });
        listed.collect()
    }

    /// One episode.
    pub async fn find(&self, config: Arc<Config>, id: &str) -> Option<Listed> {
        let id = id.to_owned();
        let found = tokio::task::spawn_blocking(move || scan::find(&config, &id)).await;
        let episode = found.ok().flatten()?;
        let duration = match self.known(&episode) {
            Some(known) => known,
            None => {
                let probed = probe(&episode.path).await;
                self.remember(&episode, probed);
                probed
            }
        };
        Some(Listed { episode, duration })
    }

    fn known(&self, episode: &Episode) -> Option<Option<f64>> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known
            .get(&episode.path)
            .filter(|(size, modified, _)| (*size, *modified) == (episode.size, episode.modified))
            .map(|(_, _, duration)| *duration)
    }

    fn remember(&self, episode: &Episode, duration: Option<f64>) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(
            episode.path.clone(),
            (episode.size, episode.modified, duration),
        );
    }

    /// Files that are gone are not remembered for ever.
    fn forget_all_but(&self, found: &[Episode]) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() > found.len() {
            let there: std::collections::HashSet<&PathBuf> =
                found.iter().map(|one| &one.path).collect();
            known.retain(|path, _| there.contains(path));
        }
    }
}

/// A file's length; none where ffprobe is missing, refuses it or takes too long.
async fn probe(path: &Path) -> Option<f64> {
    let mut name = std::ffi::OsString::from("file:");
    name.push(path);
    let child = Command::new("ffprobe")
        .args(["-v", "error", "-protocol_whitelist", "file,crypto,data"])
        .args(["-format_whitelist", "mov,matroska,avi,mpegts,mpeg"])
        .args(["-show_entries", "format=duration", "-of", "csv=p=0"])
        .arg(name)
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .output();
    let output = tokio::time::timeout(ONE, child).await.ok()?.ok()?;
    let seconds: f64 = String::from_utf8(output.stdout).ok()?.trim().parse().ok()?;
    (output.status.success() && seconds.is_finite() && seconds > 0.0).then_some(seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn lengths_are_probed_once_and_nonsense_has_none() {
        let data = tempfile::tempdir().unwrap();
        let config = Arc::new(Config::default_at(data.path()));
        let folder = data.path().join("episodes");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("bad.mp4"), b"no video").unwrap();
        let made = std::process::Command::new("ffmpeg")
            .args([
                "-v",
                "error",
                "-f",
                "lavfi",
                "-i",
                "color=s=64x64:r=10:d=2",
                "-c:v",
                "libx264",
            ])
            .arg(folder.join("good.mp4"))
            .status()
            .unwrap();
        assert!(made.success());
        let catalog = Catalog::new();
        let listed = catalog.list(Arc::clone(&config)).await;
        assert_eq!(listed.len(), 2);
        assert_eq!(listed[0].duration, None);
        assert!((listed[1].duration.unwrap() - 2.0).abs() < 0.2);
        assert_eq!(catalog.known(&listed[0].episode), Some(None));
        assert_eq!(
            catalog.find(Arc::clone(&config), "good").await,
            Some(listed[1].clone())
        );
        std::fs::remove_file(folder.join("bad.mp4")).unwrap();
        assert_eq!(catalog.list(config).await.len(), 1);
        assert_eq!(catalog.known(&listed[0].episode), None);
    }
}
