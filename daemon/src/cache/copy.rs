//! Copies a file and hashes it in one pass.

use super::key::hex;
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;

const PIECE: usize = 1 << 20;

/// Why nothing can be taken of an entry.
#[derive(Debug)]
pub(super) enum Stopped {
    /// The caller said so.
    Asked,
    /// It is not what was kept.
    Damaged(String),
    /// The disk said so.
    Disk(io::Error),
}

/// Copies a file into a new one, on the disk before it returns, and answers its size and hash.
///
/// # Errors
/// What the disk says; `Interrupted` when `stop` says so.
pub(super) fn copy(from: &Path, to: &Path, stop: &dyn Fn() -> bool) -> io::Result<(u64, String)> {
    let mut new = File::create(to)?;
    let found = read_through(from, stop, |piece| new.write_all(piece))?;
    new.sync_data()?;
    Ok(found)
}

/// A file's size and hash.
///
/// # Errors
/// What the disk says; `Interrupted` when `stop` says so.
pub(super) fn hash(path: &Path, stop: &dyn Fn() -> bool) -> io::Result<(u64, String)> {
    read_through(path, stop, |_| Ok(()))
}

fn read_through(
    path: &Path,
    stop: &dyn Fn() -> bool,
    mut each: impl FnMut(&[u8]) -> io::Result<()>,
) -> io::Result<(u64, String)> {
    let (mut file, mut digest) = (File::open(path)?, Sha256::new());
    let (mut piece, mut size) = (vec![0; PIECE], 0);
    loop {
        if stop() {
            return Err(io::ErrorKind::Interrupted.into());
        }
        let read = match file.read(&mut piece) {
            Ok(0) => return Ok((size, hex(&digest.finalize()))),
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        digest.update(&piece[..read]);
        each(&piece[..read])?;
        size += read as u64;
    }
}
