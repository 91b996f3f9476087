//! `JOB_MANAGER`: a job's life. What is told stands on disk already, so the line that begins an act and the one that ends it
//! come together.

use super::Happened;
use serde_json::{Map, Value, json};

const COMPONENT: &str = "JOB_MANAGER";

/// Tells what happened to the job, if it did.
pub(super) fn tell(happened: &Happened<'_>) {
    let workflow = happened.workflow;
    let id = workflow.id.as_str();
    let status = workflow.status().word();
    let say = |message: &str, more: Value| {
        let mut fields = Map::new();
        fields.insert("jobId".to_owned(), id.into());
        if let Value::Object(more) = more {
            fields.extend(more);
        }
        happened.timed(COMPONENT, message, None, &Value::Object(fields));
    };
    let error = || &happened.facts["error"];
    match (happened.kind, happened.facts["to"].as_str()) {
        ("workflow.created", _) => {
            say(
                "Creating job",
                json!({ "generationId": id, "userId": workflow.user, "pipeline": workflow.plan.name }),
            );
            say("Job created", json!({ "status": status }));
        }
        ("workflow.completed", _) => {
            let result = crate::pipeline::json::object(&workflow.outputs);
            say("Completing job", json!({ "result": result }));
            say("Job completed", json!({ "status": status }));
        }
        ("workflow.failed", _) => {
            say("Failing job", json!({ "error": error() }));
            say("Job failed", json!({ "status": status, "error": error() }));
        }
        (_, Some(to)) => {
            let from = &happened.facts["from"];
            say(
                "Updating job status",
                json!({ "oldStatus": from, "newStatus": to }),
            );
            say("Job status updated", json!({ "status": to }));
        }
        _ => {}
    }
}
