//! A workflow's transitions (document 000's log entries), made from its events: one entry each time `currentState` changes,
//! with the time that was spent in the state before.

use super::time::text;
use crate::store::events::EventRow;
use reel_shared::workflow::LogEntry;
use serde_json::{Value, json};
use std::time::Duration;

/// The most that are shown.
pub const MOST: usize = 200;

/// Kinds that lead through a state on the way to the next one, in the same moment.
const PASSING: [&str; 4] = [
    "workflow.created",
    "workflow.started",
    "workflow.went_on",
    "stage.completed",
];

/// One transaction's events are this close: it reads the clock again for what it starts.
const MOMENT: Duration = Duration::from_millis(50);

/// The transitions in events, oldest first; `stack` is the cause's chain and the last log lines of a failure.
#[must_use]
pub fn transitions(id: &str, events: &[EventRow], stack: Option<&str>) -> Vec<LogEntry> {
    let mut changes: Vec<(&str, &EventRow)> = Vec::new();
    for event in events {
        let Some(state) = event.state.as_deref() else {
            continue;
        };
        if changes.last().is_some_and(|(_, last)| {
            event.at.since(last.at) < MOMENT && PASSING.contains(&last.kind.as_str())
        }) {
            changes.pop();
        }
        if changes.last().is_none_or(|(last, _)| *last != state) {
            changes.push((state, event));
        }
    }
    let surplus = changes.len().saturating_sub(MOST);
    let mut before = surplus.checked_sub(1).map(|last| changes[last]);
    let mut entries = Vec::with_capacity(changes.len() - surplus);
    for (state, event) in changes.into_iter().skip(surplus) {
        let data: Value = serde_json::from_str(&event.data).unwrap_or_default();
        let duration = before.map(|(_, since)| event.at.since(since.at).as_millis());
        entries.push(LogEntry {
            video_id: id.to_owned(),
            timestamp: text(event.at),
            state: state.to_owned(),
            previous_state: before.map(|(name, _)| name.to_owned()),
            duration: duration.map(|ms| u64::try_from(ms).unwrap_or(u64::MAX)),
            metadata: metadata(event, &data, stack),
        });
        before = Some((state, event));
    }
    entries
}

fn metadata(event: &EventRow, data: &Value, stack: Option<&str>) -> Option<Value> {
    let mut made = serde_json::Map::new();
    if let Some(progress) = data.get("progress").filter(|progress| progress.is_number()) {
        made.insert("progress".to_owned(), progress.clone());
    }
    made.insert("details".to_owned(), details(event, data).into());
    if let Some(error) = data.get("error").filter(|error| error.is_object()) {
        let mut shown = json!({ "message": error.get("message"), "code": error.get("code") });
        if let (Some(stack), Some(shown)) = (
            stack.filter(|_| event.kind == "workflow.failed"),
            shown.as_object_mut(),
        ) {
            shown.insert("stack".to_owned(), stack.into());
        }
        made.insert("error".to_owned(), shown);
    }
    Some(Value::Object(made))
}

/// What happened, in words: the kind, and of what.
fn details(event: &EventRow, data: &Value) -> String {
    let word = |key: &str| data.get(key).and_then(Value::as_str);
    let kind = event.kind.replace(['.', '_'], " ");
    match (
        word("stage"),
        data.get("attempt").and_then(Value::as_u64),
        word("by"),
    ) {
        (Some(stage), Some(attempt), _) => format!("{kind}: {stage}, attempt {attempt}"),
        (Some(stage), None, _) => format!("{kind}: {stage}"),
        (None, _, Some(by)) => format!("{kind} by {by}"),
        (None, _, None) => kind,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Timestamp;

    fn event(seq: u64, at: i64, kind: &str, state: &str, data: Value) -> EventRow {
        EventRow {
            seq,
            at: Timestamp(at),
            workflow_id: Some("cm1".into()),
            user: None,
            kind: kind.into(),
            state: Some(state.into()),
            data: data.to_string(),
        }
    }

    #[test]
    fn one_entry_a_change_with_the_time_before_it() {
        let events = [
            event(
                1,
                1_000,
                "workflow.created",
                "blocked",
                json!({ "by": "anna" }),
            ),
            event(2, 1_000, "workflow.queued", "queued", json!({})),
            event(3, 3_500, "workflow.started", "running", json!({})),
            event(
                4,
                3_500,
                "stage.started",
                "generating_tts",
                json!({ "stage": "generating_tts", "attempt": 1 }),
            ),
            event(
                5,
                4_000,
                "stage.progress",
                "generating_tts",
                json!({ "progress": 10 }),
            ),
            event(
                6,
                9_500,
                "workflow.failed",
                "failed",
                json!({ "error": { "message": "broke", "code": "exit_1" } }),
            ),
        ];
        let entries = transitions("cm1", &events, Some("chain"));
        let shown: Vec<_> = entries
            .iter()
            .map(|one| {
                (
                    one.state.as_str(),
                    one.previous_state.as_deref(),
                    one.duration,
                )
            })
            .collect();
        assert_eq!(
            shown,
            [
                ("queued", None, None),
                ("generating_tts", Some("queued"), Some(2_500)),
                ("failed", Some("generating_tts"), Some(6_000))
            ]
        );
        let error = &entries[2].metadata.as_ref().unwrap()["error"];
        assert_eq!(
            error,
            &json!({ "message": "broke", "code": "exit_1", "stack": "chain" })
        );
    }

    #[test]
    fn only_the_last_are_kept() {
        let words = ["running", "waiting"];
        let events: Vec<_> = (0..500_u64)
            .map(|seq| {
                event(
                    seq,
                    i64::try_from(seq).unwrap(),
                    "workflow.waiting",
                    words[usize::from(seq % 2 == 0)],
                    json!({}),
                )
            })
            .collect();
        assert_eq!(transitions("cm1", &events, None).len(), MOST);
    }
}
