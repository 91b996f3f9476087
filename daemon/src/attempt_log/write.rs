//! Appends to an attempt's log: lines are gathered and written by `flush`, under the lock, within the cap.
//!
//! A log that can't be written (a full disk) never stops the program it belongs to: lines are dropped, counted, and the
//! count is told in the log as soon as it can be written again.

use super::name::LogName;
use super::{Level, MAX_TEXT};
use jiff::Timestamp;
use jiff::fmt::temporal::DateTimePrinter;
use rustix::fs::{FlockOperation, flock};
use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};

/// Segments that are kept beside the head, each an eighth of the cap.
const SEGMENTS: usize = 4;
/// A cap below this would keep nothing of use.
const LEAST_CAP: u64 = 64 * 1024;
/// More than this is not gathered without a flush.
const BATCH: usize = 64 * 1024;
const PRINTER: DateTimePrinter = DateTimePrinter::new().precision(Some(3));

/// An open log. Nothing is on disk until the first `flush`.
#[derive(Debug)]
pub struct Writer {
    name: LogName,
    cap: u64,
    pending: Vec<u8>,
    /// The stamp's text, and the millisecond it belongs to.
    stamp: (i64, String),
    open: Option<Open>,
    dropped: u64,
}

#[derive(Debug)]
struct Open {
    head: File,
    /// The segment that is written to, and the number of its first line; none while the head has room.
    segment: Option<(u64, File)>,
}

impl Writer {
    /// A writer on this log, which keeps about `cap` bytes of it.
    #[must_use]
    pub fn new(name: LogName, cap: u64) -> Self {
        Self {
            name,
            cap: cap.max(LEAST_CAP),
            pending: Vec::new(),
            stamp: (i64::MIN, String::new()),
            open: None,
            dropped: 0,
        }
    }

    /// Adds a line as of now. A line end within the text begins a new line; a text that is too long is cut.
    pub fn push(&mut self, level: Level, text: &str) {
        for line in text.split('\n') {
            self.push_line(level, line);
        }
        if self.pending.len() >= BATCH {
            self.flush();
        }
    }

    /// Adds whole lines as they stand in another box's copy of this log, each with its stamp and level.
    pub fn push_raw(&mut self, lines: &str) {
        self.pending.extend_from_slice(lines.as_bytes());
        if !lines.is_empty() && !lines.ends_with('\n') {
            self.pending.push(b'\n');
        }
        if self.pending.len() >= BATCH {
            self.flush();
        }
    }

    /// Whether lines wait for `flush`.
    #[must_use]
    pub fn is_pending(&self) -> bool {
        !self.pending.is_empty()
    }

    /// Writes what was gathered. What can't be written is dropped and counted.
    pub fn flush(&mut self) {
        if self.pending.is_empty() {
            return;
        }
        let lines = std::mem::take(&mut self.pending);
        match self.write(&lines) {
            Ok(()) => {
                self.pending = lines;
                self.pending.clear();
                if self.dropped > 0 {
                    let dropped = std::mem::take(&mut self.dropped);
                    self.push_line(Level::Warn, &format!("{dropped} lines before this one could not be written to the log and are lost"));
                }
            }
            Err(_) => {
                // Whatever failed may mend itself (a full disk): begin anew with the next flush.
                self.open = None;
                self.dropped += line_ends(&lines);
            }
        }
    }

    fn push_line(&mut self, level: Level, text: &str) {
        // Lines that are written together were said together.
        if self.pending.is_empty() {
            let now = Timestamp::now();
            if self.stamp.0 != now.as_millisecond() {
                self.stamp.1.clear();
                // Printing to a string can't fail; were it to, the line would lack its stamp and still be kept.
                let _ = PRINTER.print_timestamp(&now, &mut self.stamp.1);
                self.stamp.0 = now.as_millisecond();
            }
        }
        let out = &mut self.pending;
        out.extend_from_slice(self.stamp.1.as_bytes());
        out.push(b' ');
        out.extend_from_slice(level.word().as_bytes());
        out.push(b' ');
        if text.len() <= MAX_TEXT {
            out.extend_from_slice(text.as_bytes());
        } else {
            out.extend_from_slice(&text.as_bytes()[..text.floor_char_boundary(MAX_TEXT)]);
            out.extend_from_slice(" … the rest of this line was too long".as_bytes());
        }
        out.push(b'\n');
    }

    fn write(&mut self, mut lines: &[u8]) -> io::Result<()> {
        let open = match self.open.take() {
            Some(open) => self.open.insert(open),
            None => {
                if let Some(directory) = self.name.head().parent() {
                    std::fs::create_dir_all(directory)?;
                }
                self.open.insert(Open {
                    head: append(&self.name, None)?,
                    segment: None,
                })
            }
        };
        flock(&open.head, FlockOperation::LockExclusive)?;
        let result = loop {
            if lines.is_empty() {
                break Ok(());
            }
            match open.write_some(&self.name, self.cap, lines) {
                Ok(written) => lines = &lines[written..],
                Err(error) => break Err(error),
            }
        };
        flock(&open.head, FlockOperation::Unlock)?;
        result
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.flush();
    }
}

impl Open {
    /// Writes the lines that the current file has room for, at least one.
    fn write_some(&mut self, name: &LogName, cap: u64, lines: &[u8]) -> io::Result<usize> {
        let (file, limit) = match &self.segment {
            None => (&self.head, cap / 2),
            Some((_, file)) => (file, cap / 8),
        };
        let size = file.metadata()?.len();
        if size >= limit {
            self.segment = Some(next_segment(name, cap / 8)?);
            return Ok(0);
        }
        let room = usize::try_from(limit - size).unwrap_or(usize::MAX);
        let end = if lines.len() <= room {
            lines.len()
        } else {
            lines[..room]
                .iter()
                .rposition(|byte| *byte == b'\n')
                .or_else(|| lines.iter().position(|byte| *byte == b'\n'))
                .map_or(lines.len(), |at| at + 1)
        };
        let mut file = file;
        file.write_all(&lines[..end])?;
        Ok(end)
    }
}

/// The newest segment if it has room, else a new one; the oldest goes when there are too many.
fn next_segment(name: &LogName, limit: u64) -> io::Result<(u64, File)> {
    let mut firsts = name.segments()?;
    if let Some(&newest) = firsts.last() {
        let file = append(name, Some(newest))?;
        if file.metadata()?.len() < limit {
            return Ok((newest, file));
        }
    }
    let newest = firsts.last().copied();
    let path = newest.map_or_else(|| name.head().to_owned(), |first| name.segment(first));
    let first = newest.unwrap_or(0) + line_ends(&std::fs::read(path)?);
    let file = append(name, Some(first))?;
    firsts.push(first);
    for old in firsts.iter().rev().skip(SEGMENTS) {
        std::fs::remove_file(name.segment(*old))?;
    }
    Ok((first, file))
}

fn append(name: &LogName, segment: Option<u64>) -> io::Result<File> {
    let path = segment.map_or_else(|| name.head().to_owned(), |first| name.segment(first));
    OpenOptions::new().append(true).create(true).open(path)
}

fn line_ends(bytes: &[u8]) -> u64 {
    bytes.iter().filter(|byte| **byte == b'\n').count() as u64
}
