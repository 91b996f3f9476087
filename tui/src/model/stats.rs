//! Numbers over a window, as `GET /api/stats` tells, and failures folded into families: equal errors are one row.

use super::Row;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// A window's numbers.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Stats {
    /// `24h`
    pub window: String,
    /// Workflows.
    pub videos: Videos,
    /// From start to end.
    pub processing_time: Times,
    /// By stage.
    pub stages: BTreeMap<String, StageStats>,
    /// What lies in the store.
    pub storage: Storage,
    /// Deliveries.
    pub webhooks: Hooks,
}

/// Workflows that ended in the window.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Videos {
    /// All that were made.
    pub total: u64,
    /// Well.
    pub completed: u64,
    /// Not well.
    pub failed: u64,
    /// By a person.
    pub cancelled: u64,
    /// 0 to 1 of those that ended; none where none did.
    pub success_rate: Option<f64>,
}

/// Milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Default, Deserialize)]
#[serde(default)]
pub struct Times {
    /// Half took no longer.
    pub p50: Option<f64>,
    /// Nine in ten took no longer.
    pub p90: Option<f64>,
    /// Ninety-nine in a hundred took no longer.
    pub p99: Option<f64>,
}

/// A stage's numbers.
#[derive(Debug, Clone, Copy, PartialEq, Default, Deserialize)]
#[serde(default)]
pub struct StageStats {
    /// How often it ran to its end.
    pub count: u64,
    /// Milliseconds.
    pub p50: Option<f64>,
    /// Milliseconds.
    pub p90: Option<f64>,
    /// Milliseconds.
    pub p99: Option<f64>,
    /// How often it failed.
    pub failed: u64,
}

/// What lies in the store.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Storage {
    /// In all.
    pub bytes: u64,
    /// How many.
    pub files: u64,
    /// Where the data directory is.
    pub free_bytes: Option<u64>,
}

/// Deliveries in the window.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Hooks {
    /// Got through.
    pub delivered: u64,
    /// Given up.
    pub failed: u64,
    /// Milliseconds.
    pub p90: Option<f64>,
}

impl Stats {
    /// Reads an answer.
    pub fn read(value: Value) -> Result<Self, String> {
        serde_json::from_value(value)
            .map_err(|error| format!("the numbers are not understood: {error}"))
    }

    /// Share of success in what ended before the window, from a window twice as long.
    #[must_use]
    pub fn before(&self, double: &Self) -> Option<f64> {
        let completed = double.videos.completed.checked_sub(self.videos.completed)?;
        let failed = double.videos.failed.checked_sub(self.videos.failed)?;
        let ended = completed + failed;
        (ended > 0).then(|| completed as f64 / ended as f64)
    }
}

/// Failures with the same cause.
#[derive(Debug, Clone, PartialEq)]
pub struct Family {
    /// Class and words, numbers and names left out.
    pub words: String,
    /// Where it happened, when it is one stage alone.
    pub stage: Option<String>,
    /// The boxes it happened on.
    pub boxes: Vec<String>,
    /// Since when, in Unix milliseconds.
    pub since_ms: i64,
    /// The workflows' keys, newest first.
    pub keys: Vec<String>,
}

/// Folds failed workflows by cause, the largest family first.
#[must_use]
pub fn families<'a>(rows: impl Iterator<Item = &'a Row>) -> Vec<Family> {
    let mut found: BTreeMap<(String, String), Family> = BTreeMap::new();
    for row in rows {
        let Some(error) = &row.view.error else {
            continue;
        };
        let stage = error.stage.clone().unwrap_or_default();
        let words = format!("{}: {}", error.class, folded(&error.message));
        let at = row.completed_ms.unwrap_or(row.updated_ms);
        let family = found
            .entry((words.clone(), stage.clone()))
            .or_insert_with(|| Family {
                words,
                stage: error.stage.clone(),
                boxes: Vec::new(),
                since_ms: at,
                keys: Vec::new(),
            });
        family.since_ms = family.since_ms.min(at);
        family.keys.push(row.key.clone());
        if let Some(name) = &row.view.box_name
            && !family.boxes.contains(name)
        {
            family.boxes.push(name.clone());
        }
    }
    let mut families: Vec<Family> = found.into_values().collect();
    families.sort_by(|a, b| {
        b.keys
            .len()
            .cmp(&a.keys.len())
            .then_with(|| a.words.cmp(&b.words))
    });
    families
}

/// A message without what differs from one failure to the next: runs of digits and quoted or slashed names.
fn folded(message: &str) -> String {
    let mut out = String::new();
    for word in message.split_whitespace() {
        if !out.is_empty() {
            out.push(' ');
        }
        if word.contains('/') && word.len() > 3 {
            out.push('…');
            continue;
        }
        let mut digits = false;
        for c in word.chars() {
            if c.is_ascii_digit() {
                // A status such as 429 says the cause; longer numbers are names.
                if word.trim_matches(|c: char| !c.is_ascii_digit()).len() <= 3 {
                    out.push(c);
                } else if !digits {
                    out.push('N');
                }
                digits = true;
            } else {
                digits = false;
                out.push(c);
            }
        }
    }
    super::log::clean(&out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_that_differ_in_names_alone_are_one_family() {
        assert_eq!(
            folded("could not read /a/b/c1.mp4 after 12345 bytes"),
            folded("could not read /d/e9.mp4 after 99 bytes").replace("99", "N")
        );
        assert_eq!(
            folded("the provider answered 429"),
            "the provider answered 429"
        );
    }

    #[test]
    fn the_time_before_is_the_double_window_without_the_window() {
        let stats = |completed, failed| Stats {
            videos: Videos {
                completed,
                failed,
                ..Videos::default()
            },
            ..Stats::default()
        };
        assert_eq!(stats(9, 1).before(&stats(18, 3)), Some(9.0 / 11.0));
        assert_eq!(stats(9, 1).before(&stats(9, 1)), None);
        assert_eq!(stats(9, 1).before(&stats(3, 1)), None);
    }
}
