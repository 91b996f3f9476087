//! Text that a person wants in a file.

use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// Writes text where the person said; `~` is the home. Gives the place, or in words why not.
pub fn save(path: &str, text: &str) -> Result<PathBuf, String> {
    let place = expanded(path);
    let written = std::fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&place)
        .and_then(|mut file| file.write_all(text.as_bytes()));
    match written {
        Ok(()) => Ok(place),
        Err(error) => Err(format!("{} can't be written: {error}", place.display())),
    }
}

/// A path as typed, with `~` as the home.
fn expanded(path: &str) -> PathBuf {
    match (path.strip_prefix("~/"), std::env::var_os("HOME")) {
        (Some(rest), Some(home)) => Path::new(&home).join(rest),
        _ => PathBuf::from(path),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_written_and_a_place_that_takes_none_is_told() {
        let dir = tempfile::tempdir().unwrap();
        let place = dir.path().join("screen.txt");
        save(place.to_str().unwrap(), "words\n").unwrap();
        assert_eq!(std::fs::read_to_string(&place).unwrap(), "words\n");
        let told = save(dir.path().to_str().unwrap(), "x").unwrap_err();
        assert!(told.contains("can't be written"));
    }
}
