//! What a ready stage wants of a box, as the text that keys the `ready` table: `cpu=1,gpu=1|codec=nvenc|=box-a|compose`.
//!
//! Stages that want the same stand in one run of the index, so that the scheduler looks at the head of each run only.

use crate::domain::Workflow;
use crate::domain::pick::{self, Candidate, Place};
use std::fmt::Write;

/// The form of these texts: a database that was written in another is renewed.
pub const FORM: &str = "2";
const HOME: char = '@';
const NEAR: char = '=';

/// The text for a stage of a workflow.
#[must_use]
pub fn of(workflow: &Workflow, stage: usize) -> String {
    let mut text = String::new();
    for (index, (name, amount)) in workflow.resources(stage).iter().enumerate() {
        let comma = if index > 0 { "," } else { "" };
        // Writing into a String can't fail.
        let _ = write!(text, "{comma}{}={amount}", escape(name));
    }
    text.push('|');
    for (index, (key, value)) in workflow.plan.stages[stage].box_labels.iter().enumerate() {
        let comma = if index > 0 { "," } else { "" };
        let _ = write!(text, "{comma}{}={}", escape(key), escape(value));
    }
    text.push('|');
    match pick::place(workflow, stage) {
        Place::Anywhere => {}
        Place::Home => text.push(HOME),
        Place::Near(name) => {
            text.push(NEAR);
            text.push_str(&escape(&name));
        }
    }
    text.push('|');
    text.push_str(&escape(&pick::kind(workflow, stage)));
    text
}

/// The candidate that a row of `ready` stands for.
#[must_use]
pub fn candidate(signature: &str, rank: i64, workflow: String, stage: usize) -> Candidate {
    let mut parts = signature.splitn(4, '|');
    let pairs = |part: Option<&str>| -> Vec<(String, String)> {
        part.unwrap_or_default()
            .split(',')
            .filter_map(|pair| pair.split_once('='))
            .map(|(key, value)| (unescape(key), unescape(value)))
            .collect()
    };
    Candidate {
        workflow,
        stage,
        rank,
        wants: pairs(parts.next())
            .into_iter()
            .map(|(name, amount)| (name, amount.parse().unwrap_or(u64::MAX)))
            .collect(),
        labels: pairs(parts.next()).into_iter().collect(),
        place: place(parts.next().unwrap_or_default()),
        kind: parts.next().map(unescape).unwrap_or_default(),
    }
}

fn place(text: &str) -> Place {
    match text.strip_prefix(NEAR) {
        Some(name) => Place::Near(unescape(name)),
        None if text.starts_with(HOME) => Place::Home,
        None => Place::Anywhere,
    }
}

fn escape(text: &str) -> String {
    text.replace('%', "%25")
        .replace(',', "%2C")
        .replace('=', "%3D")
        .replace('|', "%7C")
}

fn unescape(text: &str) -> String {
    text.replace("%7C", "|")
        .replace("%3D", "=")
        .replace("%2C", ",")
        .replace("%25", "%")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn odd_names_come_back() {
        let signature = format!(
            "{}=3|{}={}|={}|{}",
            escape("a,b=%c|d"),
            escape("k|"),
            escape("v,="),
            escape("box|1"),
            escape("render|x")
        );
        let candidate = candidate(&signature, 7, "w".into(), 0);
        assert_eq!(candidate.wants.get("a,b=%c|d"), Some(&3));
        assert_eq!(candidate.labels.get("k|").map(String::as_str), Some("v,="));
        assert_eq!(candidate.place, Place::Near("box|1".to_owned()));
        assert_eq!(candidate.kind, "render|x");
    }
}
