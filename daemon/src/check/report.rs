//! The check's outcome, as lines for people and as one object for programs.

use super::{Finding, Verdict};
use crate::config::{ConfigProblem, Loaded};
use serde_json::{Value, json};
use std::fmt;

/// What a check found.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    files: Vec<String>,
    settings: Vec<(String, String, String)>,
    pipelines: Vec<String>,
    findings: Vec<Finding>,
}

impl Report {
    pub(super) fn new(loaded: Loaded, pipelines: Vec<String>, findings: Vec<Finding>) -> Self {
        let settings = loaded
            .effective
            .into_iter()
            .map(|value| (value.key, value.value, value.origin.to_string()))
            .collect();
        let files = loaded
            .files
            .iter()
            .map(|file| file.display().to_string())
            .collect();
        Self {
            files,
            settings,
            pipelines,
            findings,
        }
    }

    /// A configuration that does not hold: nothing else can be looked at.
    pub(super) fn refused(problems: &[ConfigProblem]) -> Self {
        let findings = problems
            .iter()
            .map(|problem| {
                let place = problem
                    .place
                    .as_ref()
                    .map(|place| format!("{}:{}: ", place.file.display(), place.line));
                let detail = format!(
                    "{}{}: {}",
                    place.unwrap_or_default(),
                    problem.key,
                    problem.problem
                );
                Finding::missing("configuration", detail, &problem.remedy)
            })
            .collect();
        Self {
            files: Vec::new(),
            settings: Vec::new(),
            pipelines: Vec::new(),
            findings,
        }
    }

    /// Nothing required is missing.
    #[must_use]
    pub fn passes(&self) -> bool {
        self.findings
            .iter()
            .all(|finding| finding.verdict != Verdict::Missing)
    }

    /// What was looked at.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// One object.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let settings: Vec<Value> = self
            .settings
            .iter()
            .map(|(key, value, origin)| json!({ "key": key, "value": value, "origin": origin }))
            .collect();
        json!({
            "ok": self.passes(),
            "files": self.files,
            "settings": settings,
            "pipelines": self.pipelines,
            "findings": self.findings,
        })
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.settings.is_empty() {
            let files = if self.files.is_empty() {
                "no file: defaults only".to_owned()
            } else {
                self.files.join(", ")
            };
            writeln!(f, "Configuration ({files})")?;
            let width = self
                .settings
                .iter()
                .map(|(key, ..)| key.chars().count())
                .max()
                .unwrap_or(0);
            for (key, value, origin) in &self.settings {
                writeln!(f, "  {key:width$} = {value}  ({origin})")?;
            }
            writeln!(f, "\nPipelines: {}\n", self.pipelines.join(", "))?;
        }
        writeln!(f, "Checks")?;
        for finding in &self.findings {
            let word = match finding.verdict {
                Verdict::Ok => "ok",
                Verdict::Warning => "warning",
                Verdict::Missing => "MISSING",
            };
            write!(f, "  {word:7}  {}: {}", finding.subject, finding.detail)?;
            if !finding.remedy.is_empty() {
                write!(f, "; {}", finding.remedy)?;
            }
            writeln!(f)?;
        }
        let count = |verdict| {
            self.findings
                .iter()
                .filter(|finding| finding.verdict == verdict)
                .count()
        };
        write!(
            f,
            "\n{} missing, {} warnings",
            count(Verdict::Missing),
            count(Verdict::Warning)
        )
    }
}
