//! The journal that shims write to, as the daemon reads it: `DATA_DIR/attempts/journal-NUMBER`.
//!
//! - Each daemon begins a file of its own, and another when one has grown large. A shim writes to the file that it was
//!   given, also when later ones are there.
//! - A file goes when no unfinished run is named in it. Within one daemon's life the file before the current one is kept as
//!   well: the ends in it may not have reached the database yet. (The engine's queue holds far fewer ends than one file.)
//!   For the same reason an earlier daemon's file stays until the next start, which learns from the database what it is
//!   still needed for: an end that was told and not committed when this daemon is killed is found there again.
//! - Only runs that are asked about are remembered.

use super::run_key;
use crate::shim::{End, Record};
use rustix::fs::{FallocateFlags, fallocate};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::PathBuf;

/// A file that has grown beyond this is followed by another. So much is also reserved on the disk, so that ends can be
/// written when the disk is full.
const FULL: u64 = 4 * 1024 * 1024;
const PREFIX: &str = "journal-";

/// The files and what is known from them.
#[derive(Debug)]
pub struct Journal {
    directory: PathBuf,
    /// The first file of this daemon's own.
    first: u64,
    current: u64,
    files: BTreeMap<u64, JournalFile>,
    runs: HashMap<String, Run>,
}

/// What the journal says of a run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Run {
    file: u64,
    /// The shim's process and the boot it belongs to.
    pub start: Option<(i32, String)>,
    /// The shim saw that its daemon was gone, and ran nothing.
    pub aborted: bool,
    /// How it ended.
    pub end: Option<End>,
}

#[derive(Debug)]
struct JournalFile {
    file: File,
    read_to: u64,
    live: usize,
}

impl Journal {
    /// Begins a new file in this directory. Earlier ones are neither read nor removed yet.
    ///
    /// # Errors
    /// When the file can't be made.
    pub fn open(directory: PathBuf) -> io::Result<Self> {
        std::fs::create_dir_all(&directory)?;
        let mut journal = Self {
            directory,
            first: 0,
            current: 0,
            files: BTreeMap::new(),
            runs: HashMap::new(),
        };
        journal.current = journal.numbers()?.last().copied().unwrap_or(0);
        journal.next_file()?;
        journal.first = journal.current;
        Ok(journal)
    }

    /// Remembers a run that is about to begin; gives the file that its shim shall write to.
    ///
    /// # Errors
    /// When there is no file to be had.
    pub fn begin(&mut self, key: &str) -> io::Result<File> {
        if self.runs.contains_key(key) {
            // It runs again: what an earlier shim wrote must not be read as the word of the new one.
            self.look(key)?;
            self.forget_run(key);
        }
        if self
            .files
            .get(&self.current)
            .is_none_or(|file| file.read_to > FULL)
        {
            self.next_file()?;
        }
        let file = self
            .files
            .get_mut(&self.current)
            .ok_or(io::ErrorKind::NotFound)?;
        let stdin = file.file.try_clone()?;
        file.live += 1;
        self.runs.insert(
            key.to_owned(),
            Run {
                file: self.current,
                ..Run::default()
            },
        );
        Ok(stdin)
    }

    /// What is known of a run by now.
    ///
    /// # Errors
    /// When the file can't be read.
    pub fn look(&mut self, key: &str) -> io::Result<Option<Run>> {
        let Some(number) = self.runs.get(key).map(|run| run.file) else {
            return Ok(None);
        };
        if let Some(file) = self.files.get_mut(&number) {
            let runs = &mut self.runs;
            read_new(file, &mut |record| {
                if let Some(run) = runs.get_mut(record.key()).filter(|run| run.file == number) {
                    run.take(record);
                }
            })?;
        }
        Ok(self.runs.get(key).cloned())
    }

    /// Forgets an attempt and its steps: its end was told.
    pub fn forget(&mut self, attempt: &str) {
        self.forget_run(attempt);
        let steps: Vec<String> = self
            .runs
            .keys()
            .filter(|key| run_key::attempt_of(key) == attempt)
            .cloned()
            .collect();
        for step in steps {
            self.forget_run(&step);
        }
    }

    /// Reads the files of earlier daemons for these attempts' runs, and removes those files that none of them is named in.
    ///
    /// # Errors
    /// When a file can't be read; the others are read all the same.
    pub fn load_earlier(&mut self, attempts: &HashSet<String>) -> io::Result<()> {
        let mut result = Ok(());
        for number in self.numbers()? {
            if self.files.contains_key(&number) {
                continue;
            }
            if let Err(error) = self.load_file(number, attempts) {
                result = Err(error);
            }
        }
        result
    }

    fn load_file(&mut self, number: u64, attempts: &HashSet<String>) -> io::Result<()> {
        let mut file = JournalFile {
            file: File::open(self.path(number))?,
            read_to: 0,
            live: 0,
        };
        let mut found = Vec::new();
        read_new(&mut file, &mut |record| {
            if attempts.contains(run_key::attempt_of(record.key())) {
                found.push(record);
            }
        })?;
        for record in found {
            let key = record.key().to_owned();
            if self.runs.get(&key).is_none_or(|run| run.file != number) {
                self.forget_run(&key);
                file.live += 1;
                self.runs.insert(
                    key.clone(),
                    Run {
                        file: number,
                        ..Run::default()
                    },
                );
            }
            if let Some(run) = self.runs.get_mut(&key) {
                run.take(record);
            }
        }
        if file.live == 0 {
            return std::fs::remove_file(self.path(number));
        }
        self.files.insert(number, file);
        Ok(())
    }

    fn forget_run(&mut self, key: &str) {
        let Some(run) = self.runs.remove(key) else {
            return;
        };
        if let Some(file) = self.files.get_mut(&run.file) {
            file.live -= 1;
        }
        self.remove_finished();
    }

    fn next_file(&mut self) -> io::Result<()> {
        self.current += 1;
        let file = OpenOptions::new()
            .read(true)
            .append(true)
            .create_new(true)
            .open(self.path(self.current))?;
        // A file system that can't reserve still can hold a journal.
        let _ = fallocate(&file, FallocateFlags::KEEP_SIZE, 0, FULL);
        self.files.insert(
            self.current,
            JournalFile {
                file,
                read_to: 0,
                live: 0,
            },
        );
        self.remove_finished();
        Ok(())
    }

    fn remove_finished(&mut self) {
        let keep_from = self.current.saturating_sub(1);
        while let Some((&number, _)) = self
            .files
            .iter()
            .find(|(number, file)| (self.first..keep_from).contains(*number) && file.live == 0)
        {
            self.files.remove(&number);
            // One that stays is removed at the next start.
            let _ = std::fs::remove_file(self.path(number));
        }
    }

    fn path(&self, number: u64) -> PathBuf {
        self.directory.join(format!("{PREFIX}{number:08}"))
    }

    fn numbers(&self) -> io::Result<Vec<u64>> {
        let mut numbers = Vec::new();
        for entry in std::fs::read_dir(&self.directory)? {
            let name = entry?.file_name();
            numbers.extend(
                name.to_str()
                    .and_then(|name| name.strip_prefix(PREFIX))
                    .and_then(|number| number.parse::<u64>().ok()),
            );
        }
        numbers.sort_unstable();
        Ok(numbers)
    }
}

impl Run {
    fn take(&mut self, record: Record) {
        match record {
            // A start begins anew: the last one counts.
            Record::Start { pid, boot, .. } => {
                *self = Self {
                    file: self.file,
                    start: Some((pid, boot)),
                    aborted: false,
                    end: None,
                }
            }
            Record::Aborted { .. } => self.aborted = true,
            Record::End { end, .. } => self.end = Some(end),
        }
    }
}

/// Gives each whole record behind what was read before. A line that is damaged is passed over.
fn read_new(file: &mut JournalFile, take: &mut dyn FnMut(Record)) -> io::Result<()> {
    let mut bytes = Vec::new();
    let mut chunk = [0; 16 * 1024];
    loop {
        let read = file
            .file
            .read_at(&mut chunk, file.read_to + bytes.len() as u64)?;
        bytes.extend_from_slice(&chunk[..read]);
        let mut from = 0;
        for end in memchr::memchr_iter(b'\n', &bytes) {
            if let Some(record) = Record::decode(&bytes[from..end]) {
                take(record);
            }
            from = end + 1;
        }
        file.read_to += from as u64;
        bytes.drain(..from);
        if read < chunk.len() {
            return Ok(());
        }
    }
}

#[cfg(test)]
#[path = "journal_tests.rs"]
mod tests;
