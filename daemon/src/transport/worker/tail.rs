//! An attempt's log on its way: whole lines as they stand in its file, in letters of at most `TEXT` bytes, each line once.
//!
//! While more than `BACKLOG` of log waits for the coordinator, lines are passed over and counted; one line says how many,
//! where they would have stood. Ends and outputs are never passed over.

use crate::attempt_log::{Level, LogName, Place, Query, read_at};
use std::io;

/// Bytes of a letter's text at most.
pub(super) const TEXT: usize = 64 * 1024;
/// Log that may wait for the coordinator.
pub(super) const BACKLOG: u64 = 64 << 20;
/// Lines that are read at once.
const LINES: usize = 512;

/// Where a log was read up to.
#[derive(Debug)]
pub(super) struct Tail {
    name: Option<LogName>,
    line: u64,
    place: Option<Place>,
    passed_over: u64,
    is_closed: bool,
}

impl Tail {
    /// The log of this name from this line on; without a name it is empty.
    pub fn new(name: Option<LogName>, line: u64) -> Self {
        Self {
            name,
            line,
            place: None,
            passed_over: 0,
            is_closed: false,
        }
    }

    /// Hands on what the log has grown by: each text with the number of the first line behind it. With `has_room` false for
    /// it, a text is passed over. An error leaves the rest for the next time.
    ///
    /// # Errors
    /// When the log can't be read.
    pub fn read(
        &mut self,
        has_room: impl Fn() -> bool,
        mut hand_on: impl FnMut(String, u64),
    ) -> io::Result<()> {
        let Some(name) = self.name.as_ref().filter(|_| !self.is_closed) else {
            return Ok(());
        };
        loop {
            let query = Query {
                from_line: self.line,
                limit: LINES,
                min_level: Level::Debug,
            };
            let page = read_at(name, query, self.place)?;
            let mut text = String::new();
            for line in &page.lines {
                // What the log itself cut out.
                self.passed_over += line.number - self.line;
                let whole = if line.timestamp.is_empty() {
                    format!("{}\n", line.text)
                } else {
                    format!("{} {} {}\n", line.timestamp, line.level, line.text)
                };
                if text.len() + whole.len() > TEXT && !text.is_empty() {
                    hand_on(std::mem::take(&mut text), line.number);
                }
                self.line = line.number + 1;
                if !has_room() {
                    self.passed_over += 1;
                    continue;
                }
                text.push_str(&said_of(std::mem::take(&mut self.passed_over)));
                text.push_str(&whole);
            }
            if !text.is_empty() {
                hand_on(text, self.line);
            }
            self.place = page.place;
            if page.end {
                return Ok(());
            }
        }
    }

    /// Hands on the rest; nothing comes afterwards.
    ///
    /// # Errors
    /// When the log can't be read.
    pub fn close(
        &mut self,
        has_room: impl Fn() -> bool,
        mut hand_on: impl FnMut(String, u64),
    ) -> io::Result<()> {
        let read = self.read(has_room, &mut hand_on);
        self.is_closed = true;
        let left = said_of(std::mem::take(&mut self.passed_over));
        if !left.is_empty() {
            hand_on(left, self.line);
        }
        read
    }
}

fn said_of(passed_over: u64) -> String {
    if passed_over == 0 {
        return String::new();
    }
    let now = jiff::Timestamp::now();
    format!("{now:.3} warn reel: {passed_over} lines were not carried over\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attempt_log::Writer;
    use std::cell::Cell;
    use tempfile::TempDir;

    fn log(dir: &TempDir) -> LogName {
        LogName::new(dir.path(), "w", "one", 1).unwrap()
    }

    fn all(tail: &mut Tail) -> Vec<(String, u64)> {
        let mut texts = Vec::new();
        tail.read(|| true, |text, upto| texts.push((text, upto)))
            .unwrap();
        texts
    }

    #[test]
    fn lines_come_once_in_order_and_in_bounded_letters() {
        let dir = TempDir::new().unwrap();
        let mut writer = Writer::new(log(&dir), 8 << 20);
        let mut tail = Tail::new(Some(log(&dir)), 0);
        let mut seen = String::new();
        let mut upto = 0;
        for round in 0..3 {
            for line in 0..3000 {
                writer.push(Level::Info, &format!("{round} {line} {}", "x".repeat(60)));
            }
            writer.flush();
            for (text, line) in all(&mut tail) {
                assert!(text.len() <= TEXT && text.ends_with('\n') && line > upto);
                upto = line;
                seen.push_str(&text);
            }
        }
        assert_eq!(upto, 9000);
        assert_eq!(seen, std::fs::read_to_string(log(&dir).head()).unwrap());
        // As after a restart: from a line that is known.
        writer.push(Level::Warn, "more");
        writer.flush();
        let again = all(&mut Tail::new(Some(log(&dir)), upto));
        assert!(again[0].0.ends_with(" warn more\n"), "{again:?}");
    }

    #[test]
    fn what_has_no_room_is_counted_and_told_once() {
        let dir = TempDir::new().unwrap();
        let mut writer = Writer::new(log(&dir), 8 << 20);
        (0..10).for_each(|line| writer.push(Level::Info, &line.to_string()));
        writer.flush();
        let room = Cell::new(4);
        let has_room = || {
            let left = room.get();
            room.set(left - 1);
            left > 0
        };
        let mut tail = Tail::new(Some(log(&dir)), 0);
        let mut texts = Vec::new();
        tail.close(has_room, |text, _| texts.push(text)).unwrap();
        let whole = texts.concat();
        let last: Vec<&str> = whole.lines().rev().take(2).collect();
        assert!(
            last[0].ends_with("warn reel: 6 lines were not carried over"),
            "{whole}"
        );
        assert!(last[1].ends_with("info 3"), "{whole}");
        writer.push(Level::Info, "late");
        writer.flush();
        assert_eq!(all(&mut tail), []);
    }

    #[test]
    fn an_attempt_that_said_nothing_has_nothing() {
        let dir = TempDir::new().unwrap();
        assert_eq!(all(&mut Tail::new(Some(log(&dir)), 0)), []);
        assert_eq!(all(&mut Tail::new(None, 0)), []);
    }
}
