//! `reeld check`: what is in force and who said it, and whether this machine has what that needs. It changes nothing
//! beyond making sure that the data directory can be written.
//!
//! Every finding is one line: what was looked at, what was found, and the remedy where one is needed. `missing` is
//! required and makes the check fail; `warning` is allowed but unwise.

mod machine;
mod places;
mod plans;
mod reach;
mod redis;
mod report;
mod version;
mod youtube;

#[cfg(test)]
mod tests;

pub use report::Report;

use crate::config::{Environment, Flags, load};
use serde::Serialize;

/// How something was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// As it should be.
    Ok,
    /// Allowed but unwise.
    Warning,
    /// Required and not there.
    Missing,
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What: `program ffmpeg`, `data directory`…
    pub subject: String,
    /// How it was found.
    pub verdict: Verdict,
    /// In words.
    pub detail: String,
    /// What helps; empty where nothing needs help.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub remedy: String,
}

impl Finding {
    fn ok(subject: impl Into<String>, detail: impl Into<String>) -> Self {
        Self {
            subject: subject.into(),
            verdict: Verdict::Ok,
            detail: detail.into(),
            remedy: String::new(),
        }
    }

    fn warning(
        subject: impl Into<String>,
        detail: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self {
            subject: subject.into(),
            verdict: Verdict::Warning,
            detail: detail.into(),
            remedy: remedy.into(),
        }
    }

    fn missing(
        subject: impl Into<String>,
        detail: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self {
            subject: subject.into(),
            verdict: Verdict::Missing,
            detail: detail.into(),
            remedy: remedy.into(),
        }
    }
}

/// Loads the configuration and looks at everything that it needs.
#[must_use]
pub fn check(flags: &Flags, environment: &Environment) -> Report {
    let loaded = match load(flags, environment) {
        Ok(loaded) => loaded,
        Err(problems) => return Report::refused(&problems),
    };
    let mut findings: Vec<Finding> = loaded
        .warnings
        .iter()
        .map(|warning| {
            let (detail, remedy) = warning.split_once("; ").unwrap_or((warning, ""));
            Finding::warning("configuration", detail, remedy)
        })
        .collect();
    findings.extend(places::look(&loaded.config, environment));
    findings.extend(machine::look(&loaded.config, environment));
    findings.extend(reach::look(&loaded.config));
    findings.extend(redis::look(&loaded.config));
    findings.extend(youtube::look(&loaded.config, jiff::Timestamp::now()));
    let (names, found) = plans::look(&loaded.config, environment);
    findings.extend(found);
    Report::new(loaded, names, findings)
}
