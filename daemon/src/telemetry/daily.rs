//! The daily file `workflow-YYYY-MM-DD.log` (UTC): a new one each day, old ones removed when it begins.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Writes each line to the file of the day.
pub(super) struct DailyFile {
    directory: PathBuf,
    keep: Duration,
    open: Option<(Date, File)>,
    today: fn() -> Date,
}

impl DailyFile {
    pub(super) fn new(directory: PathBuf, keep: Duration) -> Self {
        Self {
            directory,
            keep,
            open: None,
            today,
        }
    }

    /// The day's file, opened anew when the day has changed or the file was moved away.
    fn file(&mut self) -> io::Result<&mut File> {
        let today = (self.today)();
        let path = self.directory.join(format!("workflow-{today}.log"));
        if self.open.as_ref().is_none_or(|(day, _)| *day != today) || !path.exists() {
            std::fs::create_dir_all(&self.directory)?;
            let file = OpenOptions::new()
                .create(true)
                .append(true)
                .mode(0o640)
                .open(&path)?;
            self.open = Some((today, file));
            remove_old(&self.directory, today, self.keep);
        }
        self.open
            .as_mut()
            .map(|(_, file)| file)
            .ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}

impl Write for DailyFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file()?.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.open.as_mut().map_or(Ok(()), |(_, file)| file.flush())
    }
}

fn today() -> Date {
    jiff::Timestamp::now().to_zoned(TimeZone::UTC).date()
}

/// Removes the files whose day lies further back than `keep`; today's stays in any case. A file that can't be removed
/// is tried again the next day.
fn remove_old(directory: &Path, today: Date, keep: Duration) {
    let days = i64::try_from(keep.as_secs().div_ceil(86_400)).unwrap_or(i64::MAX);
    for entry in std::fs::read_dir(directory).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let day = name.to_str().and_then(|name| {
            name.strip_prefix("workflow-")?
                .strip_suffix(".log")?
                .parse::<Date>()
                .ok()
        });
        let age = day
            .and_then(|day| today.since(day).ok())
            .map(|span| i64::from(span.get_days()));
        if age.is_some_and(|age| age > days) {
            let _ = std::fs::remove_file(entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_day_begins_a_new_file_and_removes_the_old_ones() {
        let directory = tempfile::tempdir().unwrap();
        let mut log = DailyFile::new(directory.path().to_owned(), Duration::from_secs(7 * 86_400));
        for name in [
            "workflow-2026-01-01.log",
            "workflow-2026-02-20.log",
            "notes.txt",
            "workflow-x.log",
        ] {
            std::fs::write(directory.path().join(name), "").unwrap();
        }
        log.today = || jiff::civil::date(2026, 2, 26);
        log.write_all(b"one\n").unwrap();
        log.today = || jiff::civil::date(2026, 2, 28);
        log.write_all(b"two\n").unwrap();
        let mut names: Vec<_> = std::fs::read_dir(directory.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        assert_eq!(
            names,
            [
                "notes.txt",
                "workflow-2026-02-26.log",
                "workflow-2026-02-28.log",
                "workflow-x.log"
            ]
        );
        assert_eq!(
            std::fs::read_to_string(directory.path().join("workflow-2026-02-28.log")).unwrap(),
            "two\n"
        );
    }

    #[test]
    fn a_file_that_was_moved_away_is_begun_again() {
        let directory = tempfile::tempdir().unwrap();
        let mut log = DailyFile::new(directory.path().join("logs"), Duration::from_secs(1));
        log.today = || jiff::civil::date(2026, 2, 28);
        log.write_all(b"one\n").unwrap();
        let path = directory.path().join("logs/workflow-2026-02-28.log");
        std::fs::rename(&path, directory.path().join("away")).unwrap();
        log.write_all(b"two\n").unwrap();
        assert_eq!(std::fs::read_to_string(path).unwrap(), "two\n");
    }
}
