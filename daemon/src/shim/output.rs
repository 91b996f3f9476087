//! A program's output on its way to the log: cut into lines, read for what they mean, gathered for hints.
//!
//! A line ends with `\n`. What stands before a `\r` was overwritten on a terminal: it is read for ffmpeg's running time and
//! not kept, so that a progress bar is one line of the log and not a thousand.

use super::hint::{Hint, HintSender};
use super::instructions::Instructions;
use super::program_line::{Meaning, meaning, media_length, running_time};
use super::record::Park;
use crate::attempt_log::{Level, LogName, MAX_TEXT, Writer};
use std::time::{Duration, Instant};

/// Between two hints.
const HINT_EVERY: Duration = Duration::from_millis(100);
/// What is kept of the output for a failure's message.
const LAST_WORDS: usize = 600;

/// Cuts one pipe's bytes into lines. A line longer than the log would keep is given in its first part only.
#[derive(Debug, Default)]
pub struct Lines {
    partial: Vec<u8>,
}

impl Lines {
    /// Takes what was read; gives each whole line, and each part that a `\r` ended.
    pub fn take(&mut self, mut bytes: &[u8], mut line: impl FnMut(&str, bool)) {
        // Not by memchr: lines are short, and its first use looks at the processor, which costs a short job dearly.
        while let Some(at) = bytes.iter().position(|byte| matches!(byte, b'\n' | b'\r')) {
            let kept = bytes[at] == b'\n';
            if self.partial.is_empty() {
                line(&String::from_utf8_lossy(&bytes[..at]), kept);
            } else {
                self.gather(&bytes[..at]);
                line(&String::from_utf8_lossy(&self.partial), kept);
                self.partial.clear();
            }
            // `\r\n` is one line end.
            let both = !kept && bytes.get(at + 1) == Some(&b'\n');
            if both {
                line("", true);
            }
            bytes = &bytes[at + if both { 2 } else { 1 }..];
        }
        self.gather(bytes);
    }

    /// At the end of the pipe: what had no line end.
    pub fn finish(&mut self, line: impl FnOnce(&str, bool)) {
        if !self.partial.is_empty() {
            line(&String::from_utf8_lossy(&self.partial), true);
            self.partial.clear();
        }
    }

    fn gather(&mut self, bytes: &[u8]) {
        // One byte more than is kept, so that the log says that something was cut.
        let room = (MAX_TEXT + 1).saturating_sub(self.partial.len());
        self.partial
            .extend_from_slice(&bytes[..bytes.len().min(room)]);
    }
}

/// What is known from a program's output.
#[derive(Debug)]
pub struct Output {
    log: Writer,
    hints: HintSender,
    key: String,
    expected: Option<Duration>,
    /// ffmpeg's reports were seen: their lines are not kept any more.
    reports: bool,
    park: Option<Park>,
    tail: String,
    tail_limit: usize,
    overwritten: Option<String>,
    due: Hint,
    next_hint: Instant,
}

impl Output {
    /// Of a run with these instructions.
    #[must_use]
    pub fn new(instructions: &Instructions) -> Self {
        Self {
            log: Writer::new(
                LogName::from_head(instructions.log.clone()),
                instructions.log_cap,
            ),
            hints: HintSender::new(instructions.attempts_dir.clone()),
            key: instructions.key.clone(),
            expected: instructions.expected,
            // Only ffmpeg's runs come with an expected length.
            reports: instructions.expected.is_some(),
            park: None,
            tail: String::new(),
            tail_limit: instructions.tail.max(LAST_WORDS),
            overwritten: None,
            due: Hint::default(),
            next_hint: Instant::now(),
        }
    }

    /// A line of the program; `kept` unless a `\r` ended it.
    pub fn line(&mut self, text: &str, kept: bool) {
        if !kept {
            self.media_time(running_time(text));
            self.overwritten = Some(text.to_owned());
            return;
        }
        let overwritten = self.overwritten.take();
        // A progress bar's last state stays when nothing was written over it.
        let text = if text.is_empty() {
            overwritten.as_deref().unwrap_or(text)
        } else {
            text
        };
        match meaning(text) {
            Meaning::Log(level, text) => self.say(level, text),
            Meaning::Progress(percent, message) => {
                self.due.progress = Some(percent);
                self.due.message = message.map(str::to_owned);
            }
            Meaning::Park(park) => self.park = Some(park),
            Meaning::MediaTime(made) => {
                self.reports = true;
                self.media_time(Some(made));
            }
            Meaning::MediaEnd => {
                self.reports = true;
                self.due.progress = Some(100.0);
            }
            Meaning::Noise if self.reports => {}
            Meaning::Noise | Meaning::Text => {
                if self.expected.is_none() {
                    self.expected = media_length(text);
                }
                self.say(Level::Info, text);
            }
        }
    }

    /// A line of the log, the shim's own or the program's.
    pub fn say(&mut self, level: Level, text: &str) {
        self.log.push(level, text);
        self.due.log_grew = true;
        self.tail.push_str(text);
        self.tail.push('\n');
        if self.tail.len() > 2 * self.tail_limit {
            let from = self
                .tail
                .floor_char_boundary(self.tail.len() - self.tail_limit);
            self.tail.drain(..from);
        }
    }

    /// Writes what was gathered, and sends a hint if one is due.
    pub fn flush(&mut self, now: Instant) {
        self.log.flush();
        if self.next_flush().is_some_and(|due| due <= now) {
            let hint = std::mem::take(&mut self.due);
            self.hints.send(Hint {
                key: self.key.clone(),
                ..hint
            });
            self.next_hint = now + HINT_EVERY;
        }
    }

    /// Writes what was gathered.
    pub fn flush_log(&mut self) {
        self.log.flush();
    }

    /// When `flush` has something to do again without any new line.
    #[must_use]
    pub fn next_flush(&self) -> Option<Instant> {
        (self.due != Hint::default()).then_some(self.next_hint)
    }

    /// The wait that was asked for.
    pub fn take_park(&mut self) -> Option<Park> {
        self.park.take()
    }

    /// The end of what was said.
    #[must_use]
    pub fn tail(&self) -> &str {
        &self.tail[self
            .tail
            .floor_char_boundary(self.tail.len().saturating_sub(self.tail_limit))..]
    }

    #[allow(
        clippy::cast_precision_loss,
        reason = "media is shorter than 2^53 microseconds"
    )]
    fn media_time(&mut self, made: Option<Duration>) {
        if let (Some(made), Some(expected)) = (made, self.expected) {
            self.due.progress = Some(
                (made.as_micros() as f64 / expected.as_micros().max(1) as f64 * 100.0).min(100.0),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(chunks: &[&[u8]]) -> Vec<(String, bool)> {
        let mut seen = Vec::new();
        let mut lines = Lines::default();
        for chunk in chunks {
            lines.take(chunk, |line, kept| seen.push((line.to_owned(), kept)));
        }
        lines.finish(|line, kept| seen.push((line.to_owned(), kept)));
        seen
    }

    #[test]
    fn lines_are_cut_across_reads() {
        assert_eq!(
            cut(&[b"on", b"e\ntwo\nth", b"ree"]),
            [
                ("one".into(), true),
                ("two".into(), true),
                ("three".into(), true)
            ]
        );
        assert_eq!(
            cut(&[b"10%\r20%\rdone\n"]),
            [
                ("10%".into(), false),
                ("20%".into(), false),
                ("done".into(), true)
            ]
        );
        assert_eq!(
            cut(&[b"dos\r\nline"]),
            [
                ("dos".into(), false),
                (String::new(), true),
                ("line".into(), true)
            ]
        );
        assert_eq!(cut(&[b"\xff\xfe\n"]), [("\u{fffd}\u{fffd}".into(), true)]);
    }

    #[test]
    fn a_line_without_end_does_not_grow_for_ever() {
        let mut lines = Lines::default();
        for _ in 0..1000 {
            lines.take(&[b'x'; 4096], |_, _| {});
        }
        assert!(lines.partial.len() <= MAX_TEXT + 1);
    }

    #[test]
    fn the_log_holds_text_and_the_rest_is_understood() {
        let directory = tempfile::TempDir::new().unwrap();
        let name = LogName::new(directory.path(), "wf", "one", 1).unwrap();
        let mut output = Output::new(&Instructions {
            log: name.head().to_owned(),
            log_cap: 1 << 20,
            ..Instructions::default()
        });
        let mut lines = Lines::default();
        lines.take(
            b"fps=30 is mine\nfps=30\n::log warn careful\n::progress 50 half\n::park 7 tired\n  Duration: 00:00:10.00, x\nout_time_us=2500000\nfps=30\nbar 10%\rbar 100%\r\ndos\r\n",
            |line, kept| output.line(line, kept),
        );
        assert_eq!(output.due.progress, Some(25.0));
        assert_eq!(output.due.message.as_deref(), Some("half"));
        assert_eq!(
            output.take_park(),
            Some(Park {
                wait_ms: 7_000,
                reason: "tired".into()
            })
        );
        assert_eq!(
            output.tail(),
            "fps=30 is mine\nfps=30\ncareful\n  Duration: 00:00:10.00, x\nbar 100%\ndos\n"
        );
        output.flush(Instant::now());
        let query = crate::attempt_log::Query {
            from_line: 0,
            limit: 99,
            min_level: Level::Debug,
        };
        let page = crate::attempt_log::read(&name, query).unwrap();
        assert_eq!((page.lines.len(), page.lines[2].level), (6, Level::Warn));
    }

    #[test]
    fn the_tail_is_bounded_and_whole() {
        let mut output = Output::new(&Instructions::default());
        for _ in 0..10_000 {
            output.say(Level::Info, "ééé");
        }
        assert!(output.tail().len() <= LAST_WORDS + 4 && output.tail().ends_with("ééé\n"));
    }
}
