//! What this box has of a workflow's files.

use super::depot::{self, Depot};
use crate::domain::pipeline::Work;
use crate::domain::workflow::Workflow;
use crate::objects::Objects;
use crate::transport::letter::{Belonging, PIECE, Piece, PieceWanted};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Read as _};
use std::os::unix::fs::{FileExt as _, MetadataExt as _};
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use tokio_util::sync::CancellationToken;

/// Hashes remembered at most.
const REMEMBERED: usize = 4096;
/// Files of one workflow at most: more would not fit into a letter.
const MOST: usize = 4096;

/// The finished files of a workflow outside of its work directory.
pub type KeptFiles = Box<dyn Fn(&Workflow) -> Vec<PathBuf> + Send + Sync>;

/// A file as it was when it was hashed: length, inode, time of its last change.
type Seen = (u64, u64, i64, i64);

/// The files below a data directory. All of it blocks.
pub struct Stock {
    data_dir: PathBuf,
    kept: KeptFiles,
    hashes: Mutex<HashMap<PathBuf, (Seen, String)>>,
    pub(super) depot: Depot,
}

impl Stock {
    /// Of this data directory; `kept` knows a workflow's finished files.
    #[must_use]
    pub fn new(data_dir: &Path, kept: KeptFiles) -> Self {
        Self {
            data_dir: data_dir.to_owned(),
            kept,
            hashes: Mutex::default(),
            depot: Depot::default(),
        }
    }

    /// The same, with an object store by whose way large files go, if it is a remote one.
    #[must_use]
    pub fn with_objects(mut self, objects: Objects) -> Self {
        self.depot = Depot::of(objects);
        self
    }

    /// What is wanted, or why it can't be had. None: it is on its way already. The only call here that does not block.
    pub async fn answer(
        self: &Arc<Self>,
        wanted: PieceWanted,
        cancel: &CancellationToken,
    ) -> Option<Piece> {
        if let Some(key) = wanted.object.clone() {
            return depot::put(self, &wanted, &key, cancel).await;
        }
        let stock = Arc::clone(self);
        let given = tokio::task::spawn_blocking(move || stock.give(&wanted));
        // Else the runtime ends.
        given.await.ok()
    }

    /// The files of a workflow that are here and may be wanted elsewhere: all of the work directory where a built-in stage
    /// works in it, else what its stages declare; and the finished files.
    ///
    /// # Errors
    /// What the disk says; more files than may move.
    pub fn belongings(&self, workflow: &Workflow) -> io::Result<Vec<Belonging>> {
        let work = self.data_dir.join("work").join(&workflow.id);
        let mut paths = Vec::new();
        let built_in = |work: &Work| work.uses().is_some();
        if workflow.plan.stages.iter().any(|spec| built_in(&spec.work)) {
            walk(&work, &mut paths)?;
        } else {
            let declared = workflow.plan.stages.iter().flat_map(|spec| &spec.outputs);
            for path in declared.map(|name| work.join(name)) {
                match fs::symlink_metadata(&path) {
                    Ok(found) if found.is_dir() => walk(&path, &mut paths)?,
                    Ok(found) if found.is_file() => paths.push(path),
                    Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
                    _ => {}
                }
            }
        }
        paths.extend((self.kept)(workflow));
        paths.sort();
        paths.dedup();
        if paths.len() > MOST {
            return Err(io::Error::other(format!(
                "the workflow has {} files in its work directory; at most {MOST} can move to another box",
                paths.len()
            )));
        }
        let mut all = Vec::with_capacity(paths.len());
        for path in paths {
            all.extend(self.belonging(&path)?);
        }
        Ok(all)
    }

    /// Those that are not here with the same bytes.
    ///
    /// # Errors
    /// What the disk says; a path that leads elsewhere.
    pub fn missing(&self, workflow: &str, files: &[Belonging]) -> io::Result<Vec<Belonging>> {
        let mut missing = Vec::new();
        for file in files {
            let here = self.belonging(&self.place(workflow, &file.path)?)?;
            if here.is_none_or(|here| here.size != file.size || here.sha256 != file.sha256) {
                missing.push(file.clone());
            }
        }
        Ok(missing)
    }

    /// A piece of a file, or why there is none.
    #[must_use]
    pub fn give(&self, wanted: &PieceWanted) -> Piece {
        let read = || -> io::Result<String> {
            let file = File::open(self.place(&wanted.workflow, &wanted.path)?)?;
            let length = usize::try_from(wanted.length.min(PIECE)).unwrap_or(0);
            let mut bytes = vec![0; length];
            file.read_exact_at(&mut bytes, wanted.from)?;
            Ok(STANDARD.encode(bytes))
        };
        Piece {
            ticket: wanted.ticket,
            bytes: read().map_err(|error| format!("{}: {error}", wanted.path)),
        }
    }

    /// Where a belonging of this workflow stands.
    ///
    /// # Errors
    /// A path that leads elsewhere.
    pub fn place(&self, workflow: &str, path: &str) -> io::Result<PathBuf> {
        let relative = Path::new(path);
        let own = Path::new("work").join(workflow);
        let is_plain = relative
            .components()
            .all(|part| matches!(part, Component::Normal(_)));
        if is_plain && (relative.starts_with(&own) || relative.starts_with("media")) {
            Ok(self.data_dir.join(relative))
        } else {
            Err(io::Error::other(format!(
                "`{path}` is no file of workflow {workflow}"
            )))
        }
    }

    pub(super) fn belonging(&self, path: &Path) -> io::Result<Option<Belonging>> {
        let found = match fs::symlink_metadata(path) {
            Ok(found) if found.is_file() => found,
            Ok(_) => return Ok(None),
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let Some(relative) = path
            .strip_prefix(&self.data_dir)
            .ok()
            .and_then(Path::to_str)
        else {
            return Ok(None);
        };
        let seen = (found.size(), found.ino(), found.mtime(), found.mtime_nsec());
        Ok(Some(Belonging {
            path: relative.to_owned(),
            size: seen.0,
            sha256: self.hash(path, seen)?,
        }))
    }

    fn hash(&self, path: &Path, seen: Seen) -> io::Result<String> {
        let mut hashes = self.hashes.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((known, hash)) = hashes.get(path)
            && *known == seen
        {
            return Ok(hash.clone());
        }
        drop(hashes);
        let hash = sha256(path)?;
        hashes = self.hashes.lock().unwrap_or_else(PoisonError::into_inner);
        if hashes.len() >= REMEMBERED {
            hashes.clear();
        }
        hashes.insert(path.to_owned(), (seen, hash.clone()));
        Ok(hash)
    }
}

/// The hash of a file's bytes, in hexadecimal.
pub(super) fn sha256(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 256 * 1024];
    loop {
        let read = file.read(&mut buffer)?;
        if read == 0 {
            break;
        }
        hasher.update(&buffer[..read]);
    }
    let mut text = String::with_capacity(64);
    for byte in hasher.finalize() {
        // Writing to a string can't fail.
        let _ = write!(text, "{byte:02x}");
    }
    Ok(text)
}

/// All plain files below, but for what a stage was told to write its outputs to: that is its own box's.
fn walk(directory: &Path, paths: &mut Vec<PathBuf>) -> io::Result<()> {
    let entries = match fs::read_dir(directory) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    for entry in entries {
        let entry = entry?;
        let kind = entry.file_type()?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if kind.is_dir() {
            walk(&entry.path(), paths)?;
        } else if kind.is_file() && !name.starts_with(".output-") && !name.ends_with(".part") {
            paths.push(entry.path());
        }
    }
    Ok(())
}
