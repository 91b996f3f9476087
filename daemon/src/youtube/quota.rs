//! The ledger as people read it: what each project has used of its day, and which channels share it.

use super::ledger::{Cost, Ledger, Used, day, midnight};
use crate::config::Youtube as Settings;
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::io;
use std::path::Path;

/// The day of every project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quota {
    /// The day, `YYYY-MM-DD`.
    pub day: String,
    /// When the next begins.
    pub until: Timestamp,
    /// What a day allows each project.
    pub allowed: Cost,
    /// Those whose channels are configured, and those that used something today, by their ids.
    pub projects: Vec<Project>,
}

/// A project's day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Project {
    /// The client id.
    pub id: String,
    /// The configured channels that use it.
    pub channels: Vec<String>,
    /// What was used.
    pub used: Used,
}

impl Project {
    /// Nothing more can be uploaded today.
    #[must_use]
    pub fn is_full(&self, allowed: Cost) -> bool {
        self.used.spent || self.used.uploads >= allowed.uploads
    }
}

/// The day as it stands. Reads only.
///
/// # Errors
/// The ledger's file can't be read.
pub fn today(settings: &Settings, data_dir: &Path, now: Timestamp) -> io::Result<Quota> {
    let ledger = Ledger::new(data_dir, settings.daily_uploads, settings.daily_units);
    let day = day(now);
    let none = || Used {
        day: day.clone(),
        ..Used::default()
    };
    let mut projects: BTreeMap<String, (Vec<String>, Used)> = ledger
        .today(now)?
        .into_iter()
        .map(|(id, used)| (id, (Vec::new(), used)))
        .collect();
    for (name, channel) in &settings.channels {
        // A channel without keys publishes into its folder.
        if !channel.client_id.is_empty() {
            let (channels, _) = projects
                .entry(channel.client_id.clone())
                .or_insert_with(|| (Vec::new(), none()));
            channels.push(name.clone());
        }
    }
    Ok(Quota {
        until: midnight(now),
        allowed: ledger.allowed(),
        projects: projects
            .into_iter()
            .map(|(id, (channels, used))| Project { id, channels, used })
            .collect(),
        day,
    })
}

#[cfg(test)]
mod tests {
    use super::super::ledger::UPLOAD;
    use super::*;
    use crate::config::Channel;

    fn channel(client_id: &str) -> Channel {
        Channel {
            client_id: client_id.to_owned(),
            client_secret: None,
            refresh_token: None,
        }
    }

    #[test]
    fn projects_are_told_with_their_channels_and_what_they_used_today() {
        let folder = tempfile::tempdir().unwrap();
        let settings = Settings {
            token_url: None,
            upload_url: None,
            daily_uploads: 1,
            approve: false,
            daily_units: 500,
            channels: [("a", "p"), ("b", "p"), ("c", "q"), ("folder", "")]
                .map(|(name, id)| (name.to_owned(), channel(id)))
                .into(),
        };
        let now: Timestamp = "2026-11-20T12:00:00Z".parse().unwrap();
        let ledger = Ledger::new(folder.path(), 1, 500);
        ledger.take("p", UPLOAD, now).unwrap();
        ledger.take("gone", UPLOAD, now).unwrap();
        let quota = today(&settings, folder.path(), now).unwrap();
        let told: Vec<_> = quota
            .projects
            .iter()
            .map(|one| {
                let full = one.is_full(quota.allowed);
                (one.id.as_str(), one.channels.len(), one.used.uploads, full)
            })
            .collect();
        assert_eq!(
            told,
            [("gone", 0, 1, true), ("p", 2, 1, true), ("q", 1, 0, false)]
        );
        let next = today(&settings, folder.path(), quota.until).unwrap();
        assert_eq!((next.day.as_str(), next.projects.len()), ("2026-11-21", 2));
        assert!(next.projects.iter().all(|one| one.used.uploads == 0));
    }
}
