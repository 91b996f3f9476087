//! The file that one session leaves for the next, per daemon, below `$XDG_STATE_HOME/reel/`. A session that can't be read or
//! written is no reason not to open.

use crate::app::memory::Memory;
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;

/// A larger file is no session of ours.
const MOST: u64 = 256 << 10;

/// The file of these daemons; none where there is no home.
pub fn place(targets: &[String], env: impl Fn(&str) -> Option<String>) -> Option<PathBuf> {
    let home = env("XDG_STATE_HOME")
        .map(PathBuf::from)
        .or_else(|| env("HOME").map(|home| PathBuf::from(home).join(".local/state")))?;
    let name: String = targets
        .join("+")
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '_' })
        .take(120)
        .collect();
    Some(home.join("reel").join(format!("tui-{name}.json")))
}

/// What the last session left.
#[must_use]
pub fn load(place: &std::path::Path) -> Option<Memory> {
    let size = std::fs::metadata(place).ok()?.len();
    if size > MOST {
        return None;
    }
    serde_json::from_str(&std::fs::read_to_string(place).ok()?).ok()
}

/// Leaves it for the next one; a file is there whole or as it was.
pub fn save(place: &std::path::Path, memory: &Memory) -> std::io::Result<()> {
    let text = serde_json::to_string(memory)?;
    if let Some(dir) = place.parent() {
        std::fs::create_dir_all(dir)?;
    }
    let beside = place.with_extension(format!("{}.new", std::process::id()));
    let written = std::fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&beside)
        .and_then(|mut file| std::io::Write::write_all(&mut file, text.as_bytes()))
        .and_then(|()| std::fs::rename(&beside, place));
    if written.is_err() {
        // Whatever was half written is nobody's.
        let _ = std::fs::remove_file(&beside);
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_one_session_leaves_the_next_finds() {
        let dir = tempfile::tempdir().unwrap();
        let home = dir.path().to_str().unwrap().to_owned();
        let env = |name: &str| (name == "XDG_STATE_HOME").then(|| home.clone());
        let file = place(&["ssh://ana@box".to_owned()], env).unwrap();
        assert_eq!(load(&file), None);
        let memory = Memory {
            screen: "Hooks".to_owned(),
            ..Memory::default()
        };
        save(&file, &memory).unwrap();
        assert_eq!(load(&file), Some(memory));
        std::fs::write(&file, "{").unwrap();
        assert_eq!(load(&file), None);
    }
}
