//! Reads an attempt's log by the numbers of its lines. What is still being written is read up to its last whole line.

use super::name::LogName;
use super::{Level, Line};
use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read as _, Seek as _, SeekFrom};
use std::path::PathBuf;

/// A page never holds more text than this, so that a reader's memory is bounded however long the lines are.
const MAX_PAGE_BYTES: usize = 1024 * 1024;

/// What is wanted of a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Query {
    /// The first line wanted.
    pub from_line: u64,
    /// At most so many lines.
    pub limit: usize,
    /// Only those that matter this much.
    pub min_level: Level,
}

/// A part of a log.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Page {
    /// The lines, in order. A jump in their numbers is what the cap cut out.
    pub lines: Vec<Line>,
    /// The first line not looked at: where the next page begins, also when lines were left out by their level.
    pub next_line: u64,
    /// Lines at or after `from_line` and before `next_line` are gone: the log is over its cap.
    pub truncated: bool,
    /// Nothing more is there now.
    pub end: bool,
    /// Where `next_line` begins, for `read_at`; none where nothing was found.
    pub place: Option<Place>,
}

/// Where a line begins: what a reader that goes on hands back, so that nothing before it is looked at again. It holds as
/// long as the log does, for what is written never changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The first line of the file that it is in.
    file: u64,
    /// From the file's beginning.
    byte: u64,
}

/// Reads a page. A log that isn't there (the attempt said nothing) is empty.
///
/// # Errors
/// When a file is there and can't be read.
pub fn read(name: &LogName, query: Query) -> io::Result<Page> {
    read_at(name, query, None)
}

/// Reads a page whose first line begins at a place that is known.
///
/// # Errors
/// When a file is there and can't be read.
pub fn read_at(name: &LogName, query: Query, place: Option<Place>) -> io::Result<Page> {
    let mut page = Page {
        next_line: query.from_line,
        place,
        ..Page::default()
    };
    let mut bytes = 0;
    for (first, path) in files(name)? {
        let known = place.filter(|place| place.file == first);
        if place.is_some_and(|place| first < place.file) {
            continue;
        }
        let Some(mut file) = open(path)? else {
            continue;
        };
        if first > page.next_line {
            page.truncated = true;
            page.next_line = first;
        }
        let skip = match known {
            Some(place) => {
                file.seek(SeekFrom::Start(place.byte))?;
                0
            }
            None => page.next_line - first,
        };
        let mut reader = BufReader::with_capacity(64 * 1024, file);
        let Some(skipped) = skip_lines(&mut reader, skip)? else {
            continue;
        };
        let mut byte = known.map_or(skipped, |place| place.byte);
        let mut line = Vec::new();
        loop {
            page.place = Some(Place { file: first, byte });
            if page.lines.len() >= query.limit || bytes >= MAX_PAGE_BYTES {
                return Ok(page);
            }
            line.clear();
            let length = reader.read_until(b'\n', &mut line)?;
            if line.pop() != Some(b'\n') {
                break;
            }
            byte += length as u64;
            let parsed = parse(page.next_line, &line);
            page.next_line += 1;
            if parsed.level >= query.min_level {
                bytes += parsed.text.len();
                page.lines.push(parsed);
            }
        }
    }
    page.end = true;
    Ok(page)
}

/// The last `count` lines.
///
/// # Errors
/// When a file is there and can't be read.
pub fn last(name: &LogName, count: usize) -> io::Result<Page> {
    let mut lines = 0;
    for (first, path) in files(name)? {
        if let Some(file) = open(path)? {
            lines = first + count_lines(file)?;
        }
    }
    let from_line = lines.saturating_sub(count as u64);
    read(
        name,
        Query {
            from_line,
            limit: count,
            min_level: Level::Debug,
        },
    )
}

/// The text of the last lines, without stamps and levels, at most `bytes` of the files: what failure patterns are held against.
///
/// # Errors
/// When a file is there and can't be read.
pub fn tail_text(name: &LogName, bytes: u64) -> io::Result<String> {
    let mut parts = Vec::new();
    let mut left = bytes;
    for (_, path) in files(name)?.into_iter().rev() {
        let Some(mut file) = open(path)? else {
            continue;
        };
        let size = file.metadata()?.len();
        let from = size.saturating_sub(left);
        file.seek(SeekFrom::Start(from))?;
        let mut part = Vec::new();
        file.take(left).read_to_end(&mut part)?;
        left = left.saturating_sub(part.len() as u64);
        parts.push(part);
        if left == 0 {
            break;
        }
    }
    let raw: Vec<u8> = parts.into_iter().rev().flatten().collect();
    let mut text = String::with_capacity(raw.len());
    for line in raw
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty())
    {
        text.push_str(&parse(0, line).text);
        text.push('\n');
    }
    Ok(text)
}

/// The files in the order of their lines, each with the number of its first line.
fn files(name: &LogName) -> io::Result<Vec<(u64, PathBuf)>> {
    let segments = name.segments()?;
    Ok(std::iter::once((0, name.head().to_owned()))
        .chain(
            segments
                .into_iter()
                .map(|first| (first, name.segment(first))),
        )
        .collect())
}

/// The file, unless it is not there (or went, as the oldest segment does, since it was listed).
fn open(path: PathBuf) -> io::Result<Option<File>> {
    match File::open(path) {
        Ok(file) => Ok(Some(file)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Moves behind so many line ends, and tells how many bytes that were; none when there are fewer lines.
fn skip_lines(reader: &mut BufReader<File>, mut lines: u64) -> io::Result<Option<u64>> {
    let mut skipped = 0;
    while lines > 0 {
        let buffer = reader.fill_buf()?;
        if buffer.is_empty() {
            return Ok(None);
        }
        let mut used = buffer.len();
        for at in memchr::memchr_iter(b'\n', buffer) {
            lines -= 1;
            if lines == 0 {
                used = at + 1;
                break;
            }
        }
        skipped += used as u64;
        reader.consume(used);
    }
    Ok(Some(skipped))
}

fn count_lines(file: File) -> io::Result<u64> {
    let mut reader = BufReader::with_capacity(64 * 1024, file);
    let mut lines = 0;
    loop {
        let buffer = reader.fill_buf()?;
        if buffer.is_empty() {
            return Ok(lines);
        }
        lines += memchr::memchr_iter(b'\n', buffer).count() as u64;
        let used = buffer.len();
        reader.consume(used);
    }
}

/// A line of the file. One that has not our form (cut by a crash) is kept whole as text.
fn parse(number: u64, line: &[u8]) -> Line {
    let line = String::from_utf8_lossy(line);
    let mut parts = line.splitn(3, ' ');
    if let (Some(timestamp), Some(level), Some(text)) = (
        parts.next(),
        parts.next().and_then(Level::from_word),
        parts.next(),
    ) {
        return Line {
            number,
            timestamp: timestamp.to_owned(),
            level,
            text: text.to_owned(),
        };
    }
    Line {
        number,
        timestamp: String::new(),
        level: Level::Info,
        text: line.into_owned(),
    }
}
