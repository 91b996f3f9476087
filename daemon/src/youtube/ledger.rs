//! What a project may use a day, and what it has used: uploads and units, counted before they are asked for, in a file that
//! outlives the daemon. A day is one of Los Angeles, as YouTube counts.

use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

const ZONE: &str = "America/Los_Angeles";
/// Of a thumbnail.
pub const THUMBNAIL: Cost = Cost {
    uploads: 0,
    units: 50,
};
/// Of captions.
pub const CAPTIONS: Cost = Cost {
    uploads: 0,
    units: 400,
};
/// Of an upload.
pub const UPLOAD: Cost = Cost {
    uploads: 1,
    units: 0,
};

/// What a request uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cost {
    /// Of the day's uploads.
    pub uploads: u64,
    /// Of the day's units.
    pub units: u64,
}

/// What one project has used.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Used {
    /// The day, `YYYY-MM-DD`.
    pub day: String,
    /// Uploads begun.
    pub uploads: u64,
    /// Units.
    pub units: u64,
    /// YouTube itself said that nothing is left.
    #[serde(default)]
    pub spent: bool,
}

/// The ledger of all projects, by client id.
pub struct Ledger {
    file: PathBuf,
    uploads: u64,
    units: u64,
    turn: Mutex<()>,
}

/// Why a request must wait.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Full {
    /// Until the next day of the project.
    #[error("the project's day is used up: {what}; it goes on at {until}")]
    Day {
        /// What is used up.
        what: String,
        /// When the day ends.
        until: Timestamp,
    },
    /// The file can't be kept.
    #[error("the ledger of YouTube's quota can't be kept: {0}")]
    File(String),
}

impl Ledger {
    /// The ledger in this data directory.
    #[must_use]
    pub fn new(data_dir: &Path, uploads: u64, units: u64) -> Self {
        Self {
            file: data_dir.join("youtube-quota.json"),
            uploads,
            units,
            turn: Mutex::default(),
        }
    }

    fn read(&self) -> io::Result<BTreeMap<String, Used>> {
        match std::fs::read(&self.file) {
            // One that can't be understood is begun anew: YouTube itself still says when a day is used up.
            Ok(text) => Ok(serde_json::from_slice(&text).unwrap_or_default()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(BTreeMap::new()),
            Err(error) => Err(error),
        }
    }

    fn write(&self, all: &BTreeMap<String, Used>) -> io::Result<()> {
        let part = self.file.with_extension("part");
        let mut file = std::fs::File::create(&part)?;
        file.write_all(&serde_json::to_vec(all)?)?;
        file.sync_data()?;
        std::fs::rename(part, &self.file)
    }

    fn change<T>(
        &self,
        project: &str,
        now: Timestamp,
        act: impl FnOnce(&mut Used) -> Result<T, Full>,
    ) -> Result<T, Full> {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let file = |error: io::Error| Full::File(error.to_string());
        let mut all = self.read().map_err(file)?;
        let today = day(now);
        let used = all.entry(project.to_owned()).or_default();
        if used.day != today {
            *used = Used {
                day: today,
                ..Used::default()
            };
        }
        let done = act(used)?;
        self.write(&all).map_err(file)?;
        Ok(done)
    }

    /// Writes a request down before it is sent.
    ///
    /// # Errors
    /// The day has no room for it.
    pub fn take(&self, project: &str, cost: Cost, now: Timestamp) -> Result<(), Full> {
        self.change(project, now, |used| {
            let full = |what: String| {
                Err(Full::Day {
                    what,
                    until: midnight(now),
                })
            };
            if used.spent {
                return full("YouTube says so".to_owned());
            }
            if used.uploads + cost.uploads > self.uploads {
                return full(format!("{} of {} uploads", used.uploads, self.uploads));
            }
            if used.units + cost.units > self.units {
                return full(format!("{} of {} units", used.units, self.units));
            }
            used.uploads += cost.uploads;
            used.units += cost.units;
            Ok(())
        })
    }

    /// YouTube says that the day is used up, whatever was counted here. Answers when it ends.
    ///
    /// # Errors
    /// The file's.
    pub fn spent(&self, project: &str, now: Timestamp) -> Result<Timestamp, Full> {
        self.change(project, now, |used| {
            used.spent = true;
            Ok(midnight(now))
        })
    }

    /// What every project has used today.
    ///
    /// # Errors
    /// The file's.
    pub fn today(&self, now: Timestamp) -> io::Result<BTreeMap<String, Used>> {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let today = day(now);
        let mut all = self.read()?;
        all.retain(|_, used| used.day == today);
        Ok(all)
    }

    /// What a day allows: uploads and units.
    #[must_use]
    pub fn allowed(&self) -> Cost {
        Cost {
            uploads: self.uploads,
            units: self.units,
        }
    }
}

fn zoned(now: Timestamp) -> Zoned {
    let zone = TimeZone::get(ZONE).unwrap_or_else(|_| TimeZone::fixed(jiff::tz::offset(-8)));
    now.to_zoned(zone)
}

pub(super) fn day(now: Timestamp) -> String {
    zoned(now).date().to_string()
}

/// The end of the project's day.
#[must_use]
pub fn midnight(now: Timestamp) -> Timestamp {
    let local = zoned(now);
    local
        .tomorrow()
        .and_then(|tomorrow| tomorrow.start_of_day())
        .map_or_else(
            |_| now + Duration::from_secs(86_400),
            |start| start.timestamp(),
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_day_ends_at_midnight_in_los_angeles_in_summer_and_winter() {
        assert_eq!(
            midnight(at("2026-11-20T12:00:00Z")),
            at("2026-11-21T08:00:00Z")
        );
        assert_eq!(
            midnight(at("2026-07-20T06:59:59Z")),
            at("2026-07-20T07:00:00Z")
        );
    }

    #[test]
    fn a_day_has_so_much_and_the_next_has_it_again() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = || Ledger::new(folder.path(), 2, 500);
        let now = at("2026-11-20T12:00:00Z");
        ledger().take("p", UPLOAD, now).unwrap();
        ledger().take("p", UPLOAD, now).unwrap();
        let full = ledger().take("p", UPLOAD, now).unwrap_err();
        assert_eq!(
            full,
            Full::Day {
                what: "2 of 2 uploads".into(),
                until: at("2026-11-21T08:00:00Z")
            }
        );
        ledger().take("other", UPLOAD, now).unwrap();
        ledger().take("p", CAPTIONS, now).unwrap();
        assert!(ledger().take("p", CAPTIONS, now).is_err());
        assert_eq!(ledger().today(now).unwrap()["p"].units, 400);
        let next = at("2026-11-21T08:00:00Z");
        ledger().take("p", UPLOAD, next).unwrap();
        assert_eq!(
            ledger().spent("p", next).unwrap(),
            at("2026-11-22T08:00:00Z")
        );
        assert!(ledger().take("p", THUMBNAIL, next).is_err());
    }
}
