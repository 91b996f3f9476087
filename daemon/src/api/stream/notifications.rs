//! What the video service's users are told (document 003), in its words: that their video is being fetched, is there, or
//! failed. Made from the event that it is about, so it is never told before that is on disk.

use crate::api::view::time::text;
use crate::domain::pipeline::Work;
use crate::domain::{Value, Workflow};
use crate::engine::feed::Committed;
use serde_json::{Map, Value as Json};

/// The channel of document 003.
const CHANNEL: &str = "video-download-update";

fn uses(work: &Work, names: &[&str]) -> bool {
    matches!(work, Work::BuiltIn { uses, .. } if names.contains(&uses.as_str()))
}

/// Whether its video is made elsewhere and fetched: only those are the video service's.
fn is_fetched(workflow: &Workflow) -> bool {
    workflow
        .plan
        .stages
        .iter()
        .any(|spec| uses(&spec.work, &["download", "external"]))
}

/// The notification that an event is to its workflow's user; mostly none.
pub(super) fn of(event: &Committed) -> Option<Map<String, Json>> {
    let kinds = ["stage.started", "workflow.completed", "workflow.failed"];
    if !kinds.contains(&event.kind) {
        return None;
    }
    let workflow = event
        .workflow
        .as_deref()
        .filter(|workflow| is_fetched(workflow))?;
    let (stage, status, message) = match event.kind {
        "workflow.completed" => (
            "complete",
            "success",
            "Video downloaded and uploaded successfully!",
        ),
        "workflow.failed" => ("error", "error", "Video creation failed. Please try again."),
        _ => {
            let data: Json = serde_json::from_str(&event.data).ok()?;
            let index = workflow.stage_index(data["stage"].as_str()?)?;
            if !uses(&workflow.plan.stages[index].work, &["download"]) {
                return None;
            }
            ("download", "progress", "Starting video download...")
        }
    };
    let mut fields = Map::new();
    for (name, value) in [
        ("channel", CHANNEL),
        ("userId", workflow.user.as_str()),
        ("stage", stage),
        ("status", status),
        ("message", message),
        ("videoId", workflow.id.as_str()),
        ("title", title(workflow)),
    ] {
        fields.insert(name.to_owned(), value.into());
    }
    fields.insert("timestamp".to_owned(), text(event.at).into());
    if let Some(Value::Int(size)) = workflow.outputs.get("fileSize") {
        fields.insert("size".to_owned(), (*size).into());
    }
    Some(fields)
}

fn title(workflow: &Workflow) -> &str {
    let given = workflow.params.get("title").and_then(Value::as_text);
    given
        .filter(|title| !title.is_empty())
        .unwrap_or(&workflow.name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::pipeline::{Pipeline, RetryPolicy};
    use crate::domain::{Submit, Timestamp, Values, evolve};
    use crate::pipeline::Defaults;
    use std::sync::{Arc, OnceLock};
    use std::time::Duration;

    const TEXT: &str = "description = \"x\"\n[[stages]]\nid = \"requesting\"\nrun = [\"true\"]\n[[stages]]\nid = \"downloading\"\nrun = [\"true\"]\n";

    fn workflow(fetches: bool) -> Arc<Workflow> {
        let second = Duration::from_secs(1);
        let retry = RetryPolicy {
            times: 0,
            first: second,
            max: second,
        };
        let mut plan: Pipeline =
            crate::pipeline::parse("avatar", TEXT, "test", &Defaults { retry }).unwrap();
        if fetches {
            plan.stages[1].work = Work::BuiltIn {
                uses: "download".into(),
                with: Values::new(),
            };
        }
        let submit = Submit {
            name: "First home".into(),
            user: "ana".into(),
            surface: "test".into(),
            request_id: "r1".into(),
            ..Submit::of("cm1", Arc::new(plan))
        };
        let mut workflow = evolve::create(&submit, Timestamp(0));
        workflow
            .outputs
            .insert("fileSize".into(), Value::Int(15_728_640));
        Arc::new(workflow)
    }

    fn told(fetches: bool, kind: &'static str, data: &str) -> Option<Map<String, Json>> {
        of(&Committed {
            seq: 1,
            at: Timestamp(0),
            workflow_id: Some("cm1".into()),
            kind,
            data: data.to_owned(),
            workflow: Some(workflow(fetches)),
            frame: OnceLock::new(),
        })
    }

    #[test]
    fn a_fetched_video_is_told_of_in_the_documents_words() {
        let start = told(true, "stage.started", r#"{"stage":"downloading"}"#).unwrap();
        assert_eq!(
            (&start["status"], &start["message"]),
            (&"progress".into(), &"Starting video download...".into())
        );
        let done = told(true, "workflow.completed", "{}").unwrap();
        assert_eq!(
            (&done["channel"], &done["userId"], &done["size"]),
            (&CHANNEL.into(), &"ana".into(), &15_728_640.into())
        );
        assert_eq!(
            (&done["videoId"], &done["title"]),
            (&"cm1".into(), &"First home".into())
        );
        assert_eq!(
            told(true, "workflow.failed", "{}").unwrap()["status"],
            "error"
        );
    }

    #[test]
    fn nobody_is_told_of_anything_else() {
        assert_eq!(
            told(true, "stage.started", r#"{"stage":"requesting"}"#),
            None
        );
        assert_eq!(told(true, "stage.completed", "{}"), None);
        assert_eq!(told(false, "workflow.completed", "{}"), None);
    }
}
