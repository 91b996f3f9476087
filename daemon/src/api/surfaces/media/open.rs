//! Opens finished files, and only those: what a workflow's outputs name is opened only where it lies below the media
//! directory, step by step and through no symbolic link, so that neither `..` nor a link that a stage left there leads
//! anywhere else, not even between the look and the opening.

use rustix::fs::{CWD, Mode, OFlags, openat};
use std::ffi::OsStr;
use std::fs::{File, Metadata};
use std::io;
use std::path::{Component, Path};

/// Opens the regular file at `path` for reading.
///
/// # Errors
/// `NotFound` for whatever is not a regular file below `media`; else what the disk says.
pub fn below(media: &Path, path: &Path) -> io::Result<(File, Metadata)> {
    let nothing = || io::Error::from(io::ErrorKind::NotFound);
    let relative = path.strip_prefix(media).map_err(|_| nothing())?;
    let mut names: Vec<&OsStr> = Vec::new();
    for component in relative.components() {
        match component {
            Component::Normal(name) => names.push(name),
            _ => return Err(nothing()),
        }
    }
    let file = names.pop().ok_or_else(nothing)?;
    let folder = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let mut at = openat(CWD, media, folder, Mode::empty())?;
    for name in names {
        at = openat(&at, name, folder | OFlags::NOFOLLOW, Mode::empty()).map_err(no_way)?;
    }
    // A pipe that somebody put there must not hold the opening up.
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file = File::from(openat(&at, file, flags, Mode::empty()).map_err(no_way)?);
    let metadata = file.metadata()?;
    if metadata.is_file() {
        Ok((file, metadata))
    } else {
        Err(nothing())
    }
}

/// A link in the way is the same as nothing there.
fn no_way(error: rustix::io::Errno) -> io::Error {
    use rustix::io::Errno;
    match error {
        Errno::LOOP | Errno::MLINK | Errno::NOTDIR | Errno::NXIO | Errno::NAMETOOLONG => {
            io::Error::from(io::ErrorKind::NotFound)
        }
        other => other.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read as _;
    use std::os::unix::fs::symlink;

    #[test]
    fn only_regular_files_below_are_opened() {
        let dir = tempfile::tempdir().unwrap();
        let media = dir.path().join("media");
        std::fs::create_dir_all(media.join("videos/u")).unwrap();
        std::fs::write(media.join("videos/u/1.mp4"), b"good").unwrap();
        std::fs::write(dir.path().join("secret"), b"secret").unwrap();
        symlink(dir.path().join("secret"), media.join("videos/u/2.mp4")).unwrap();
        symlink(dir.path(), media.join("out")).unwrap();
        let open = |path: &str| below(&media, &dir.path().join(path));
        let mut text = String::new();
        let (mut file, facts) = open("media/videos/u/1.mp4").unwrap();
        file.read_to_string(&mut text).unwrap();
        assert_eq!((text.as_str(), facts.len()), ("good", 4));
        for other in [
            "secret",
            "media/../secret",
            "media/videos/../../secret",
            "media/videos/u/2.mp4",
            "media/out/secret",
            "media/videos/u",
            "media",
            "media/videos/u/1.mp4/x",
            "media/none",
        ] {
            let refused = open(other).unwrap_err();
            assert_eq!(refused.kind(), io::ErrorKind::NotFound, "{other}");
        }
        assert!(below(&media, Path::new("/etc/passwd")).is_err());
        assert!(below(&media, Path::new("")).is_err());
    }

    #[test]
    fn a_pipe_holds_nothing_up() {
        let dir = tempfile::tempdir().unwrap();
        let pipe = dir.path().join("pipe");
        rustix::fs::mknodat(
            CWD,
            &pipe,
            rustix::fs::FileType::Fifo,
            Mode::from_raw_mode(0o600),
            0,
        )
        .unwrap();
        assert!(below(dir.path(), &pipe).is_err());
    }
}
