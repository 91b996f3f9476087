//! A sink: a bounded queue of lines and a thread that writes them. Whoever logs never waits for it.

use super::Format;
use super::line::Line;
use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

/// How many lines may wait. Beyond them lines are dropped and counted.
const CAPACITY: usize = 8192;

/// Bytes that are written in one go.
const TOGETHER: usize = 64 << 10;

/// How long the first of some lines waits for others. A line that wakes the thread costs whoever logs it more than the line
/// itself; while the thread lingers, lines only join the queue.
const LINGER: Duration = Duration::from_millis(5);

enum Word {
    Line(Arc<Line>),
    Flush(SyncSender<()>),
    End,
}

/// A sink with its thread.
pub(super) struct Sink {
    entrance: Entrance,
    thread: Option<JoinHandle<()>>,
}

/// Where lines go in; clones share the queue.
#[derive(Clone)]
pub(super) struct Entrance {
    queue: SyncSender<Word>,
    dropped: Arc<AtomicU64>,
}

impl Sink {
    pub(super) fn start(
        name: &str,
        target: impl Write + Send + 'static,
        format: Format,
    ) -> io::Result<Self> {
        let (queue, words) = sync_channel(CAPACITY);
        let dropped = Arc::new(AtomicU64::new(0));
        let lost = Arc::clone(&dropped);
        let thread = std::thread::Builder::new()
            .name(name.to_owned())
            .spawn(move || write_all(&words, target, format, &lost))?;
        Ok(Self {
            entrance: Entrance { queue, dropped },
            thread: Some(thread),
        })
    }

    pub(super) fn entrance(&self) -> Entrance {
        self.entrance.clone()
    }

    /// Waits until what was offered so far is written.
    pub(super) fn flush(&self) {
        let (done, wait) = sync_channel(1);
        if self.entrance.queue.send(Word::Flush(done)).is_ok() {
            // An error means the thread is gone, and with it what could be waited for.
            let _ = wait.recv();
        }
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        if self.entrance.queue.send(Word::End).is_ok()
            && let Some(thread) = self.thread.take()
        {
            let _ = thread.join();
        }
    }
}

impl Entrance {
    /// Takes a line, or drops and counts it when the queue is full.
    pub(super) fn offer(&self, line: &Arc<Line>) {
        if self.queue.try_send(Word::Line(Arc::clone(line))).is_err() {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// The thread: writes until told to end, whatever waits together in one go. A target that fails (a full disk, a closed pipe)
/// loses lines and no more.
fn write_all(words: &Receiver<Word>, mut target: impl Write, format: Format, dropped: &AtomicU64) {
    let mut text = String::new();
    while let Ok(first) = words.recv() {
        if matches!(&first, Word::Line(line) if !line.is_grave()) {
            std::thread::sleep(LINGER);
        }
        let mut lines = 0;
        let mut next = Some(first);
        let last = loop {
            match next {
                Some(Word::Line(line)) => {
                    line.write_to(format, &mut text);
                    lines += 1;
                }
                other => break other,
            }
            next = if text.len() < TOGETHER {
                words.try_recv().ok()
            } else {
                None
            };
        };
        if lines > 0 {
            write(&mut target, &text, lines, format, dropped);
            text.clear();
        }
        match last {
            Some(Word::Flush(done)) => {
                let _ = target.flush();
                let _ = done.send(());
            }
            Some(Word::End) => {
                let _ = target.flush();
                return;
            }
            Some(Word::Line(_)) | None => {}
        }
    }
}

/// Writes some lines, and after them how many were lost before.
fn write(target: &mut impl Write, text: &str, lines: u64, format: Format, dropped: &AtomicU64) {
    if target.write_all(text.as_bytes()).is_err() {
        dropped.fetch_add(lines, Ordering::Relaxed);
        return;
    }
    let lost = dropped.swap(0, Ordering::Relaxed);
    if lost > 0 {
        let mut text = String::new();
        gap(lost).write_to(format, &mut text);
        if target.write_all(text.as_bytes()).is_err() {
            dropped.fetch_add(lost, Ordering::Relaxed);
        }
    }
}

fn gap(lost: u64) -> Line {
    Line {
        level: "warn",
        time: jiff::Timestamp::now(),
        component: "TELEMETRY".to_owned(),
        message: "Log lines were lost: the log could not be written fast enough, or not at all"
            .to_owned(),
        fields: serde_json::Map::from_iter([(
            "metadata".to_owned(),
            serde_json::json!({ "lost": lost }),
        )]),
        json: std::sync::OnceLock::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Mutex;

    /// Fails while told to.
    #[derive(Clone, Default)]
    struct Target(Arc<Mutex<(bool, String)>>);

    impl Write for Target {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let mut inner = self.0.lock().unwrap();
            if inner.0 {
                return Err(io::ErrorKind::StorageFull.into());
            }
            inner.1.push_str(std::str::from_utf8(bytes).unwrap());
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn line(message: &str) -> Arc<Line> {
        Arc::new(Line {
            message: message.into(),
            ..gap(0)
        })
    }

    #[test]
    fn what_a_full_disk_swallowed_is_told_when_there_is_room_again() {
        let target = Target::default();
        let sink = Sink::start("t", target.clone(), Format::Json).unwrap();
        let entrance = sink.entrance();
        target.0.lock().unwrap().0 = true;
        entrance.offer(&line("one"));
        entrance.offer(&line("two"));
        sink.flush();
        target.0.lock().unwrap().0 = false;
        entrance.offer(&line("three"));
        drop(sink);
        let text = target.0.lock().unwrap().1.clone();
        assert!(
            !text.contains("\"msg\":\"one\"")
                && text.contains("three")
                && text.contains("\"lost\":2"),
            "{text}"
        );
    }
}
